//! Every chore of crossorigin, as a program: `cargo xtask --help`.

mod bench;
mod fuzz;
mod lab;
mod package;
mod soak;
mod steps;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Every chore of crossorigin.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    Test(test::Test),
    Bench(bench::Bench),
    Fuzz(fuzz::Fuzz),
    Lab(lab::Lab),
    Package(package::Package),
    Soak(soak::Soak),
}

fn main() -> ExitCode {
    let chore = Arguments::parse().chore;
    let outcome = enter_repository().and_then(|()| match chore {
        Chore::Test(test) => test.run(),
        Chore::Bench(bench) => bench.run(),
        Chore::Fuzz(fuzz) => fuzz.run(),
        Chore::Lab(lab) => lab.run(),
        Chore::Package(package) => package.run(),
        Chore::Soak(soak) => soak.run(),
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Makes the repository's root the working directory, so that chores work from anywhere in it.
fn enter_repository() -> anyhow::Result<()> {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    std::env::set_current_dir(&root).with_context(|| format!("can't enter {}", root.display()))
}
