use std::process::ExitCode;

/// Checks policy files and explains their decisions.
#[derive(clap::Args)]
pub(crate) struct PolicyCommand {}

impl PolicyCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not written yet")
    }
}
