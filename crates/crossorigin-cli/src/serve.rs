use std::process::ExitCode;

/// Puts a CORS policy in front of an HTTP server or a folder.
#[derive(clap::Args)]
pub(crate) struct Serve {}

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not written yet")
    }
}
