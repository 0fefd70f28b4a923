//! `cargo xtask fuzz`: the fuzz targets, with coverage for guidance.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::steps::{Steps, cargo, run};

/// Coverage as libFuzzer reads it. Without a sanitizer: there is no unsafe code to watch.
const INSTRUMENTATION: &str = "--cfg=fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Ccodegen-units=1";

/// The targets, each of them a function of the crate crossorigin-fuzz-bodies.
const TARGETS: [&str; 12] = [
    "console_messages",
    "curl_command",
    "decision",
    "fetch_literal",
    "fetch_machine",
    "har_file",
    "origin_grammar",
    "origin_set",
    "page",
    "policy_file",
    "request_header_list",
    "request_path",
];

/// Fuzzes one target, or each of them, for a while.
///
/// Stable tests run the same functions on drawn input; this adds libFuzzer, which evolves input by the coverage
/// that it reaches. The compiler flags for that are unstable, so the stable compiler is told to take them
/// (`RUSTC_BOOTSTRAP`). Needs a C++ compiler. The corpus is kept in fuzz/corpus, what fails in fuzz/artifacts.
#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// The target; all of them where none is given
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    target: Option<String>,
    /// How long, for each target, in seconds
    #[arg(long, default_value_t = 30)]
    seconds: u32,
}

impl Fuzz {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut steps = Steps::new();
        for target in TARGETS {
            if self.target.as_deref().is_none_or(|chosen| chosen == target) {
                steps.run(target, || fuzz(target, self.seconds));
            }
        }
        Ok(steps.finish())
    }
}

fn fuzz(target: &str, seconds: u32) -> anyhow::Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    let artifacts = format!("fuzz/artifacts/{target}/");
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let mut command = cargo(["run", "--release", "--manifest-path=fuzz/targets/Cargo.toml", "--bin", target]);
    // With a target triple named, the flags hold for it alone, not for build scripts.
    command.arg(format!("--target={}", host()?)).arg("--").arg(corpus);
    command.arg(format!("-artifact_prefix={artifacts}")).arg(format!("-max_total_time={seconds}"));
    run(command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", INSTRUMENTATION))
}

/// The target that the compiler itself runs on.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("can't run rustc")?;
    let facts = String::from_utf8(output.stdout)?;
    let host = facts.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}
