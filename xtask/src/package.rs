//! `cargo xtask package`: the Debian package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::steps::{cargo, run, target};
use crate::tools::DEB;

/// What the package must hold; manual pages may be compressed.
const FILES: [&str; 9] = [
    "./usr/bin/crossorigin",
    "./etc/crossorigin/site.toml",
    "./usr/lib/systemd/system/crossorigin.service",
    "./usr/lib/systemd/system/crossorigin.socket",
    "./usr/share/man/man1/crossorigin-serve.1",
    "./usr/share/bash-completion/completions/crossorigin",
    "./usr/share/fish/vendor_completions.d/crossorigin.fish",
    "./usr/share/zsh/vendor-completions/_crossorigin",
    "./usr/share/doc/crossorigin/copyright",
];

/// Builds the Debian package, and looks into it.
///
/// It holds the program, its manual pages and completions, units for systemd and a policy file to begin with.
#[derive(clap::Args)]
pub(crate) struct Package {
    /// Of the program as tests build it, which is built sooner
    #[arg(long)]
    debug: bool,
}

impl Package {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        DEB.install()?;
        build(self.debug)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Builds the package and checks what is in it.
pub(crate) fn build(of_tests: bool) -> anyhow::Result<()> {
    let (profile, folder) = if of_tests { ("dev", "debug") } else { ("release", "release") };
    run(&mut cargo(["build", "--locked", "--package", "crossorigin-cli", "--profile", profile]))?;
    // The tool packs what a release has built, and only that.
    let staged = target()?.join("package");
    let built = staged.join("release");
    fs::create_dir_all(&built)?;
    fs::copy(target()?.join(folder).join("crossorigin"), built.join("crossorigin"))?;
    generate(&built)?;
    let package = staged.join("crossorigin.deb");
    let mut deb = DEB.command()?;
    deb.args(["--no-build", "--package", "crossorigin-cli", "--output"]).arg(&package);
    if of_tests {
        // What it weighs doesn't matter.
        deb.arg("--fast");
    }
    run(deb.env("CARGO_TARGET_DIR", &staged))?;
    check(&package)?;
    println!("{} holds what it should", package.display());
    Ok(())
}

/// Lets the program write what follows from its flags.
fn generate(built: &Path) -> anyhow::Result<()> {
    let (program, folder) = (built.join("crossorigin"), built.join("packaging"));
    // Pages of subcommands that are no more would be packed too.
    let _ = fs::remove_dir_all(&folder);
    run(Command::new(&program).args(["man", "--all"]).arg(folder.join("man")))?;
    for (shell, file) in [("bash", "crossorigin.bash"), ("fish", "crossorigin.fish"), ("zsh", "_crossorigin")]
    {
        fs::write(folder.join(file), output(Command::new(&program).args(["completions", shell]))?)?;
    }
    Ok(())
}

fn check(package: &PathBuf) -> anyhow::Result<()> {
    let contents = String::from_utf8(output(Command::new("dpkg-deb").arg("--contents").arg(package))?)?;
    // Mode, owner, size, date and time before the name.
    let lines: Vec<Vec<&str>> = contents.lines().map(|line| line.split_whitespace().collect()).collect();
    for file in FILES {
        let line =
            lines.iter().find(|line| line.get(5).is_some_and(|name| name.trim_end_matches(".gz") == file));
        let line = line.with_context(|| format!("the package has no {file}:\n{contents}"))?;
        let mode = if file.starts_with("./usr/bin/") { "-rwxr-xr-x" } else { "-rw-r--r--" };
        ensure!(
            line[0] == mode && ["root/root", "0/0"].contains(&line[1]),
            "{file} is {} {}",
            line[0],
            line[1]
        );
    }
    let conffiles = output(Command::new("dpkg-deb").arg("--info").arg(package).arg("conffiles"))?;
    ensure!(conffiles.trim_ascii() == b"/etc/crossorigin/site.toml", "what a user changes is a conffile");
    let name = output(Command::new("dpkg-deb").arg("--field").arg(package).args(["Package", "Depends"]))?;
    let name = String::from_utf8(name)?;
    ensure!(name.contains("Package: crossorigin\n") && name.contains("libc6"), "it says {name}");
    Ok(())
}

fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("can't run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}
