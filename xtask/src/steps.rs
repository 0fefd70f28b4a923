//! Steps run one after the other, each named with its duration, and a table of them at the end.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// What ran so far. A failed step doesn't stop the next: one run shows everything that is wrong.
pub(crate) struct Steps {
    begun: Instant,
    done: Vec<Done>,
}

struct Done {
    name: String,
    took: Duration,
    failure: Option<String>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { begun: Instant::now(), done: Vec::new() }
    }

    /// Runs one step; says whether it passed.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<()>) -> bool {
        println!("\n━━ {name}");
        flush();
        let begun = Instant::now();
        let failure = step().err().map(|error| format!("{error:#}"));
        let took = begun.elapsed();
        match &failure {
            None => println!("━━ {name}: passed in {}", seconds(took)),
            Some(failure) => println!("━━ {name}: FAILED after {}: {failure}", seconds(took)),
        }
        flush();
        let passed = failure.is_none();
        self.done.push(Done { name: name.to_owned(), took, failure });
        passed
    }

    /// Prints the table; success where every step passed.
    pub(crate) fn finish(self) -> ExitCode {
        let width = self.done.iter().map(|done| done.name.chars().count()).max().unwrap_or(0);
        println!();
        for Done { name, took, failure } in &self.done {
            let took = seconds(*took);
            match failure {
                None => println!("  passed  {took:>9}  {name}"),
                Some(failure) => println!("  FAILED  {took:>9}  {name:width$}  {failure}"),
            }
        }
        let failed = self.done.iter().filter(|done| done.failure.is_some()).count();
        let took = seconds(self.begun.elapsed());
        match failed {
            0 => println!("\nAll {} steps passed in {took}.", self.done.len()),
            _ => println!("\n{failed} of {} steps failed, in {took}.", self.done.len()),
        }
        flush();
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn flush() {
    // The children write to the same terminal by their own handles. Nobody is left to tell where it's closed.
    let _ = std::io::stdout().flush();
}

fn seconds(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    match tenths / 600 {
        0 => format!("{}.{} s", tenths / 10, tenths % 10),
        minutes => format!("{minutes} min {:02} s", tenths % 600 / 10),
    }
}

/// The target directory: this program is in a folder of it.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target =
        program.ancestors().nth(2).context("cargo runs this from a folder of its target directory")?;
    Ok(target.to_owned())
}

/// A `cargo` command with these arguments.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    // Cargo sets CARGO to itself for what it runs.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs a command with its output shown; an error where it doesn't exit with 0.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    println!("$ {}", shown(command));
    flush();
    let status = command.status().with_context(|| format!("can't run {}", shown(command)))?;
    anyhow::ensure!(status.success(), "`{}` ended with {status}", shown(command));
    Ok(())
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let words = program.file_name().into_iter().chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
