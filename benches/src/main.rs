//! How fast crossorigin is, beside others.

mod algorithm;
mod fetches;
mod gateways;
mod measure;
mod page;
mod pages;
mod plot;
mod processes;
mod soak;
mod study;
mod web;

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;

use crate::study::Study;

/// Measures, prints, and writes docs/benchmarks.md.
#[derive(Parser)]
struct Arguments {
    /// Few rounds, to see that it works; writes nothing
    #[arg(long)]
    quick: bool,
    /// Only how fast pages are run; writes nothing
    #[arg(long)]
    pages: bool,
    /// Only what the gateway costs; writes nothing
    #[arg(long)]
    gateways: bool,
    /// Only the gateway under load for so many minutes, while its policy changes and its upstream comes and goes; writes
    /// docs/reliability.md, with --quick a few seconds and nothing
    #[arg(long, value_name = "MINUTES")]
    soak: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.pages {
        println!("{}", pages::section(if arguments.quick { 3 } else { 31 })?);
        return Ok(());
    }
    if let Some(minutes) = arguments.soak {
        let time = if arguments.quick { Duration::from_secs(20) } else { Duration::from_secs(60 * minutes) };
        let page = (!arguments.quick).then(soak::page);
        anyhow::ensure!(soak::run(time, page.as_deref())?, "something was lost or wrong: see above");
        return Ok(());
    }
    let gateway_rounds = if arguments.quick { 2 } else { 11 };
    if arguments.gateways {
        println!("{}", gateways::section(gateway_rounds)?);
        return Ok(());
    }
    let rounds = if arguments.quick { 5 } else { 101 };
    let study = Study::run(rounds, |round| {
        if std::io::stderr().is_terminal() {
            eprint!("\rround {} of {rounds} ", round + 1);
            // Only the progress is lost where it can't be shown.
            let _ = std::io::stderr().flush();
        }
    })?;
    eprintln!();
    let algorithm = algorithm::section(rounds)?;
    let processes = processes::section(if arguments.quick { 5 } else { 51 })?;
    let fetches = fetches::section(if arguments.quick { 5 } else { 101 })?;
    let pages = pages::section(if arguments.quick { 3 } else { 31 })?;
    let gateways = gateways::section(gateway_rounds)?;
    let page = page::page(&study, &[algorithm, gateways, fetches, processes, pages])?;
    println!("{page}");
    if !arguments.quick {
        fs::write("docs/benchmarks.svg", plot::plot(&study)).context("docs/benchmarks.svg")?;
        fs::write("docs/benchmarks.md", page).context("docs/benchmarks.md")?;
        eprintln!("written: docs/benchmarks.md, docs/benchmarks.svg");
    }
    Ok(())
}
