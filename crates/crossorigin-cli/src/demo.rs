use std::process::ExitCode;

/// Shows CORS at work in your browser.
#[derive(clap::Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not written yet")
    }
}
