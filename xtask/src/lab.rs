//! `cargo xtask lab`: the algorithm held against the browsers that Debian has.

use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;

use crate::steps::{cargo, run, target};
use crate::tools;

/// Where the lab keeps what browsers did.
const RECORDS: &str = "crates/crossorigin-lab/src/records";

/// Holds the algorithm against real browsers, case by case.
///
/// Installs the browsers where they are missing. Ends with one line a browser: how many cases agree with the
/// standard, how many are explained by entries of its profile, how many by nothing. Fails where that is not 0.
#[derive(clap::Args)]
pub(crate) struct Lab {
    /// How many cases each browser runs
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    cases: u64,
    /// What the cases are made from
    #[arg(long, value_name = "S", default_value_t = 11)]
    seed: u64,
    /// Only this browser: chromium, firefox or webkit; can be given more than once
    #[arg(long, value_name = "ENGINE", value_parser = ENGINES)]
    engine: Vec<String>,
    /// Keep what came of it: the records that make a version known, and docs/browsers.md
    #[arg(long)]
    record: bool,
}

const ENGINES: [&str; 3] = ["chromium", "firefox", "webkit"];

impl Lab {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        tools::install_packages()?;
        run(&mut cargo(["build", "--locked", "--package", "crossorigin-cli"]))?;
        let program = target()?.join("debug/crossorigin");
        let engines = if self.engine.is_empty() { ENGINES.map(str::to_owned).to_vec() } else { self.engine };
        let mut lines = Vec::new();
        let mut all_explained = true;
        for engine in &engines {
            println!("\n━━ {engine}");
            let mut command = Command::new(&program);
            command.args(["lab", "--engine", engine]);
            command.args(["--cases", &self.cases.to_string(), "--seed", &self.seed.to_string()]);
            if self.record {
                command.args(["--record", RECORDS]);
            }
            let output = command.stderr(Stdio::inherit()).output();
            let output = output.with_context(|| format!("{} does not run", program.display()))?;
            let printed = String::from_utf8_lossy(&output.stdout);
            print!("{printed}");
            let last = printed.lines().last().filter(|_| matches!(output.status.code(), Some(0 | 1)));
            lines.push(last.map_or_else(|| format!("{engine}: the lab did not end"), str::to_owned));
            all_explained &= output.status.success();
        }
        if self.record {
            update_page()?;
        }
        println!("\n{}", lines.join("\n"));
        Ok(if all_explained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Writes docs/browsers.md from the records.
fn update_page() -> anyhow::Result<()> {
    let package = ["--package", "crossorigin-lab", "--test", "documentation"];
    run(cargo(["test", "--locked"]).args(package).env("UPDATE_DOCS", "1"))
}
