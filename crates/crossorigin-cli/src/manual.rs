//! `crossorigin man` and `crossorigin completions`: what follows from the definitions of the flags.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Arguments;
use crate::policy::print;

/// Prints the manual page, or writes those of all subcommands into a folder.
#[derive(Args)]
pub(crate) struct Man {
    /// A folder to write a page for each subcommand into, such as `/usr/local/share/man/man1`.
    #[arg(long, value_name = "FOLDER")]
    all: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let command = Arguments::command();
        match self.all {
            Some(folder) => {
                std::fs::create_dir_all(&folder)
                    .and_then(|()| clap_mangen::generate_to(command, &folder))
                    .with_context(|| format!("can't write pages into {}", folder.display()))?;
            }
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(command).render(&mut page)?;
                print(&String::from_utf8_lossy(&page))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints a script that completes this program's arguments in a shell.
///
/// For bash: `crossorigin completions bash > /usr/share/bash-completion/completions/crossorigin`.
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "crossorigin", &mut script);
        let printed = print(&String::from_utf8_lossy(&script));
        printed.map_err(|error: io::Error| anyhow::anyhow!("can't print the script: {error}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
