//! `cargo xtask soak`: the gateway under load for minutes.

use std::process::ExitCode;

use crate::steps::{cargo, run};

/// Runs the gateway under load while its policy changes and its upstream comes and goes; writes docs/reliability.md.
#[derive(clap::Args)]
pub(crate) struct Soak {
    /// How long
    #[arg(long, default_value = "10")]
    minutes: u64,
    /// A few seconds, to see that it works; writes nothing
    #[arg(long)]
    quick: bool,
}

impl Soak {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let packages = ["--package", "crossorigin-cli", "--package", "crossorigin-bench"];
        run(cargo(["build", "--release", "--locked", "--bins"]).args(packages))?;
        let mut command =
            cargo(["run", "--release", "--locked", "--package", "crossorigin-bench", "--", "--soak"]);
        command.arg(self.minutes.to_string());
        if self.quick {
            command.arg("--quick");
        }
        run(&mut command)?;
        Ok(ExitCode::SUCCESS)
    }
}
