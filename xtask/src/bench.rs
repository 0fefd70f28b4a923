//! `cargo xtask bench`: the benchmarks, and the page that shows them.

use std::process::ExitCode;

use crate::steps::{cargo, run};
use crate::tools;

/// Measures, prints, and writes docs/benchmarks.md with its plot.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// Few rounds, to see that it works; writes nothing
    #[arg(long)]
    quick: bool,
    /// Only how fast pages are run; writes nothing
    #[arg(long)]
    pages: bool,
    /// Only what the gateway costs; writes nothing
    #[arg(long)]
    gateways: bool,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if let Err(error) = tools::install_libraries_in("benches/dom") {
            eprintln!("jsdom and happy-dom are left out: {error:#}");
        }
        if let Err(error) = tools::install_bench_packages().and_then(|()| tools::install_envoy()) {
            eprintln!("the gateway is not measured beside others: {error:#}");
        }
        // What is measured as a whole process, and what measures it.
        let packages = ["--package", "crossorigin-cli", "--package", "crossorigin-bench"];
        run(cargo(["build", "--release", "--locked", "--bins"]).args(packages))?;
        let mut command = cargo(["run", "--release", "--locked", "--package", "crossorigin-bench", "--"]);
        if self.quick {
            command.arg("--quick");
        }
        if self.pages {
            command.arg("--pages");
        }
        if self.gateways {
            command.arg("--gateways");
        }
        command.env("PATH", tools::path_with_envoy()?);
        run(&mut command)?;
        Ok(ExitCode::SUCCESS)
    }
}
