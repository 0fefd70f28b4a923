//! `crossorigin export`: a policy file as another server's configuration.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use crossorigin_export::{Difference, Export as Exported, Options, Sender, Target, export};
use crossorigin_policy::PolicyDocument;

use crate::policy;

/// Writes a policy file as the configuration of another server or service, which then answers every browser as the policy
/// says.
///
/// What the target can't say exactly is refused, with a request that would be answered differently and what to change in
/// the policy. Exits 0 when it is written, 1 when it is refused, and 2 when the file or the flags can't be used.
#[derive(Args)]
pub(crate) struct Export {
    /// The policy file.
    file: PathBuf,

    /// What to write for.
    #[arg(long, value_name = "TARGET", value_parser = target, long_help = targets())]
    to: Target,

    /// The version of the target, where it is not the one that this is tested with.
    #[arg(long, value_name = "V", value_parser = version)]
    target_version: Option<String>,

    /// The folder to write into, which is made where it is not there. Without it, everything is printed.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Only the part to paste into a configuration that is there already.
    #[arg(long)]
    snippet: bool,

    /// Lets one difference through, by the name that its refusal gives. May be repeated.
    #[arg(long, value_name = "REASON")]
    accept: Vec<String>,

    /// Overwrites files that are there already.
    #[arg(long, requires = "output")]
    force: bool,
}

fn targets() -> String {
    let named = |is_service: bool| {
        let named = Target::ALL.iter().filter(|target| target.is_service() == is_service);
        named.map(|target| format!("{target} {}", target.version())).collect::<Vec<_>>().join(", ")
    };
    format!(
        "What to write for.\n\nServers, with the version that each is tested with: {}.\n\nServices, unproven (checked against \
         what is published of their form, not by running them), with the version of their interface: {}.",
        named(false),
        named(true)
    )
}

fn target(name: &str) -> Result<Target, String> {
    name.parse().map_err(|()| {
        let names: Vec<_> = Target::ALL.iter().map(|target| target.name()).collect();
        let near = names.iter().max_by(|left, right| {
            strsim::jaro_winkler(name, left).total_cmp(&strsim::jaro_winkler(name, right))
        });
        let hint = near.filter(|near| strsim::jaro_winkler(name, near) > 0.8);
        let hint = hint.map_or(String::new(), |near| format!("; did you mean {near}?"));
        format!("there is no such target{hint} (targets: {})", names.join(", "))
    })
}

fn version(text: &str) -> Result<String, String> {
    let is_number =
        |part: &str| !part.is_empty() && part.len() < 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('.').all(is_number) {
        true => Ok(text.to_owned()),
        false => Err("a version is numbers with dots between them, such as 1.24".into()),
    }
}

impl Export {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let read = PolicyDocument::read(&self.file).and_then(|document| Ok((document.compile()?, document)));
        let ((site, warnings), document) = match read {
            Ok(read) => read,
            Err(report) => {
                eprint!("{}", policy::rendered(report.problems(), &std::io::stderr()));
                return Ok(ExitCode::from(2));
            }
        };
        eprint!("{}", policy::rendered(&warnings, &std::io::stderr()));
        if site.listeners.is_empty() && !self.snippet && !self.to.is_service() {
            eprintln!(
                "error: {}: it has no [[listeners]], so there is nothing to listen on; add one, or ask for a --snippet",
                self.file.display()
            );
            return Ok(ExitCode::from(2));
        }
        if let Some(version) = &self.target_version
            && !self.takes(version)
        {
            return Ok(ExitCode::from(2));
        }
        let mut options = Options::default();
        options.version = self.target_version.clone();
        options.accepted = self.accept.clone();
        options.snippet = self.snippet;
        if let Some(folder) = &self.output {
            options.folder =
                std::path::absolute(folder).with_context(|| format!("--output {}", folder.display()))?;
        }
        let exported = match export(&site, &document.configurations(), self.to, &options) {
            Ok(exported) => exported,
            Err(refused) => {
                for difference in &refused.differences {
                    eprintln!("error: {difference}\n  accept   --accept {}\n", difference.name);
                }
                for name in &refused.unknown {
                    eprintln!("error: --accept {name}: nothing differs by that name");
                }
                eprintln!("{}: not exported to {}", self.file.display(), self.to);
                return Ok(if refused.differences.is_empty() {
                    ExitCode::from(2)
                } else {
                    ExitCode::FAILURE
                });
            }
        };
        for warning in &exported.warnings {
            eprintln!("{}", warned(warning));
        }
        if self.to.is_service() {
            eprintln!(
                "note: {} is unproven: the document is checked against what is published of its form, and not by running the service",
                self.to
            );
        }
        match &options.folder {
            folder if folder.as_os_str().is_empty() => self.print(&exported),
            folder => self.write(folder, &exported),
        }
    }

    /// Whether the version is one of the target's; what it is not proven with is told.
    fn takes(&self, version: &str) -> bool {
        let Some(known) = self.to.major_versions() else {
            let is_it = version == self.to.version();
            if !is_it {
                eprintln!(
                    "error: --target-version {version}: {} has one interface; leave the flag out",
                    self.to
                );
            }
            return is_it;
        };
        let major = version.split('.').next().and_then(|major| major.parse().ok());
        if !major.is_some_and(|major| known.contains(&major)) {
            let known = known.map(|major| major.to_string()).collect::<Vec<_>>().join(", ");
            eprintln!(
                "error: --target-version {version}: no version {} of {} is known (known: {known})",
                version.split('.').next().unwrap_or_default(),
                self.to
            );
            return false;
        }
        let proven = self.to.version();
        if !self.to.is_service() && version != proven && !version.starts_with(&format!("{proven}.")) {
            eprintln!(
                "warning: untested-version: what is written is proven with {} {proven}, not with {version}; what the versions \
                 differ in shows when it is started",
                self.to
            );
        }
        true
    }

    fn print(&self, exported: &Exported) -> anyhow::Result<ExitCode> {
        if let [file, _, ..] = &exported.files[..] {
            let many = exported.files.len();
            eprintln!(
                "error: {} and {} more files are to be written: name a folder with --output",
                file.name,
                many - 1
            );
            return Ok(ExitCode::from(2));
        }
        policy::print(&exported.files.iter().map(|file| file.text.as_str()).collect::<String>())?;
        Ok(ExitCode::SUCCESS)
    }

    /// Writes all files or none: they take their names only when all are whole.
    fn write(&self, folder: &Path, exported: &Exported) -> anyhow::Result<ExitCode> {
        let there = exported.files.iter().map(|file| folder.join(&file.name)).find(|path| path.exists());
        if let (Some(path), false) = (there, self.force) {
            eprintln!("error: {} is there already: --force overwrites it", path.display());
            return Ok(ExitCode::from(2));
        }
        if folder.exists() && !folder.is_dir() {
            eprintln!("error: --output {} is no folder", folder.display());
            return Ok(ExitCode::from(2));
        }
        let in_the_way = exported.files.iter().map(|file| folder.join(&file.name)).find(|path| path.is_dir());
        if let Some(path) = in_the_way {
            eprintln!("error: {} is a folder, where a file is to be written", path.display());
            return Ok(ExitCode::from(2));
        }
        std::fs::create_dir_all(folder).with_context(|| format!("--output {}", folder.display()))?;
        let mut whole = Vec::new();
        for file in &exported.files {
            let path = folder.join(&file.name);
            let write = || {
                let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
                temporary.write_all(file.text.as_bytes())?;
                // As other files are: a server that drops its rights reads them too.
                let rights = std::os::unix::fs::PermissionsExt::from_mode(0o644);
                temporary.as_file().set_permissions(rights)?;
                std::io::Result::Ok(temporary)
            };
            whole.push((write().with_context(|| format!("{} can't be written", path.display()))?, path));
        }
        let mut told = String::new();
        for (temporary, path) in whole {
            temporary.persist(&path).with_context(|| format!("{} can't be written", path.display()))?;
            let _ = writeln!(told, "{}", path.display());
        }
        if let Some(start) = &exported.start {
            let _ = writeln!(told, "start: {start}");
        }
        policy::print(&told)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn warned(difference: &Difference) -> String {
    match difference.sender {
        Sender::Browser => format!("warning: accepted: {difference}\n"),
        Sender::OtherProgram => {
            format!(
                "warning: {}: {} (no browser sends such a request)",
                difference.name, difference.explanation
            )
        }
    }
}
