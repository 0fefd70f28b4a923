//! `crossorigin import`: another server's configuration as a policy file.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use crossorigin_export::import::{self, Finding, Format, Severity};
use crossorigin_policy::PolicyDocument;

use crate::policy::{print, rendered};

/// Reads another server's CORS configuration back into a policy file, and says what it could not read.
///
/// What the server gets wrong is told too, such as a missing Vary, or an origin that a regular expression lets in by
/// mistake. Prints the policy file, and what was found to standard error. Exits 0 when all was read, 1 when something was
/// not, and 2 on wrong usage.
#[derive(Args)]
pub(crate) struct Import {
    /// Whose configuration it is.
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    from: Format,

    /// The configuration; - reads standard input.
    file: PathBuf,

    /// Write the policy file here, rather than to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Overwrite the file of --output, if it is there.
    #[arg(long, requires = "output")]
    force: bool,
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    let names = Format::ALL.iter().map(|format| format.name());
    PossibleValuesParser::new(names).map(|name| {
        let found = Format::ALL.iter().copied().find(|format| format.name() == name);
        found.unwrap_or(Format::ALL[0])
    })
}

impl Import {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let name = if self.file == Path::new("-") {
            "standard input".to_owned()
        } else {
            self.file.display().to_string()
        };
        let text = self.text(&name)?;
        let imported = match import::import(self.from, &text) {
            Ok(imported) => imported,
            Err(error) => {
                eprintln!("error: {name}:{}: {}\n  help: {}", error.line, error.message, error.remedy);
                return Ok(ExitCode::FAILURE);
            }
        };
        for finding in &imported.findings {
            eprint!("{}", told(&name, finding));
        }
        if imported.policies.is_empty() {
            eprintln!("{name}: there is no policy to write");
            return Ok(ExitCode::FAILURE);
        }
        let policy = imported.policy_file(&name);
        let written = self.output.as_deref().unwrap_or(Path::new("policy.toml"));
        match PolicyDocument::parse(written, &policy).compile() {
            Ok((_, warnings)) => eprint!("{}", rendered(&warnings, &std::io::stderr())),
            Err(report) => {
                let problems: Vec<_> = report
                    .problems()
                    .iter()
                    .filter(|problem| problem.code() != "bad-target")
                    .cloned()
                    .collect();
                eprint!("{}", rendered(&problems, &std::io::stderr()));
            }
        }
        match &self.output {
            None => print(&policy)?,
            Some(path) => write_whole(path, &policy, self.force)?,
        }
        Ok(if imported.is_partial() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        let limit = import::MAX_BYTES as u64 + 1;
        if self.file == Path::new("-") {
            std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(&self.file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
        }
        .with_context(|| format!("can't read {name}; check the path and its permissions"))?;
        String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
            anyhow::anyhow!("{name} is not UTF-8 in line {line}; save it as UTF-8")
        })
    }
}

fn told(name: &str, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Unread => "not read",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let help =
        if finding.remedy.is_empty() { String::new() } else { format!("  help: {}\n", finding.remedy) };
    format!("{level}[{}]: {name}:{}: {}\n{help}\n", finding.code, finding.line, finding.message)
}

/// Writes a file whole or not at all, and over another only where that is said.
fn write_whole(path: &Path, text: &str, overwrites: bool) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("can't write into {}; name a folder that is there", folder.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("can't write {}", path.display()))?;
    let written = if overwrites {
        file.persist(path).map_err(|error| error.error)
    } else {
        file.persist_noclobber(path).map_err(|error| error.error)
    };
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already; give --force to overwrite it", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("can't write {}", path.display())),
    }
}
