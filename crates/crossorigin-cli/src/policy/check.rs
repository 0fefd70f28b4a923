use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use crossorigin_policy::{Finding, PolicyDocument, Severity, Site};

/// Prints what is wrong with a policy file, and what is worth knowing about it.
///
/// Exits 0 when the file can be used, 1 when it can't.
#[derive(Args)]
pub(crate) struct Check {
    /// The policy file.
    file: PathBuf,

    /// Exit 1 for warnings too (never for notes).
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let compiled = PolicyDocument::read(&self.file).and_then(|document| document.compile());
        let (problems, warnings, site) = match &compiled {
            Ok((site, warnings)) => (&[][..], &warnings[..], Some(site)),
            Err(report) => (report.problems(), report.warnings(), None),
        };
        let mut text = super::rendered(problems, &std::io::stdout());
        text.push_str(&super::rendered(warnings, &std::io::stdout()));
        text.push_str(&self.summary(problems, warnings, site));
        super::print(&text)?;
        let denied = self.deny_warnings && count(warnings, Severity::Warning) > 0;
        Ok(if site.is_none() || denied { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn summary(&self, problems: &[Finding], warnings: &[Finding], site: Option<&Site>) -> String {
        let file = self.file.display();
        let mut counts = Vec::new();
        if site.is_none() {
            counts.push(plural(problems.len(), "problem", "problems"));
        }
        for (severity, one, many) in
            [(Severity::Warning, "warning", "warnings"), (Severity::Note, "note", "notes")]
        {
            match count(warnings, severity) {
                0 => {}
                found => counts.push(plural(found, one, many)),
            }
        }
        let counts = counts.join(", ");
        match site {
            None => format!("{file}: {counts}\n"),
            Some(site) => {
                let what = [
                    plural(site.policies.len(), "policy", "policies"),
                    plural(site.listeners.len(), "listener", "listeners"),
                    plural(site.routes.len(), "route", "routes"),
                ];
                let origins: usize = site.policies.iter().map(|(_, policy)| policy.origin_count()).sum();
                let what = format!("{} ({})", what.join(", "), plural(origins, "origin", "origins"));
                let counts = if counts.is_empty() { counts } else { format!("; {counts}") };
                format!("{file}: no problem in {what}{counts}\n")
            }
        }
    }
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity() == severity).count()
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
