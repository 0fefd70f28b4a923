//! `cargo xtask bench`: the benchmarks, and the page that shows them.

use std::process::ExitCode;

use crate::steps::{cargo, run};

/// Measures, prints, and writes docs/benchmarks.md with its plot.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// Few rounds, to see that it works; writes nothing
    #[arg(long)]
    quick: bool,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        // What is measured as a whole process, and what measures it.
        let packages = ["--package", "crossorigin-cli", "--package", "crossorigin-bench"];
        run(cargo(["build", "--release", "--locked", "--bins"]).args(packages))?;
        let mut command = cargo(["run", "--release", "--locked", "--package", "crossorigin-bench", "--"]);
        if self.quick {
            command.arg("--quick");
        }
        run(&mut command)?;
        Ok(ExitCode::SUCCESS)
    }
}
