//! `crossorigin lab`: the algorithm held against a browser.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use crossorigin_lab::{Authority, Engine, Record, Run, version_of};

/// The longest that a browser may take to begin, and to go on after its last report.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hold the algorithm against a browser, case by case.
///
/// Serves a page whose script makes cross-origin requests of every kind to servers with scripted responses, and
/// compares what the browser does with what the standard, and the browser's profile, foretell. Without --engine
/// the page's URL is printed, to be opened in a browser of your own on this machine; each visit begins anew.
///
/// The last line says how many cases agree with the standard, how many are explained by an entry of the browser's
/// profile (docs/browsers.md lists them all), and how many by nothing. With --case everything about that case is
/// told.
///
/// Exit status: 0 where every case agrees or is explained, 1 where one is not, 2 for flags that are wrong.
#[derive(Args)]
pub(crate) struct Lab {
    /// How many cases.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    cases: u64,
    /// What the cases are made from; the same seed makes the same cases.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Run only the case of this number.
    #[arg(long, value_name = "NUMBER", conflicts_with = "cases")]
    case: Option<u64>,
    /// Start this browser, without a window, and end it when it is done. Several can be named.
    #[arg(long, value_name = "ENGINE")]
    engine: Vec<EngineName>,
    /// Write what it came to into this folder, one JSON file a browser.
    #[arg(long, value_name = "FOLDER", requires = "engine")]
    record: Option<PathBuf>,
    /// The port of the page; any that is free where it is 0.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

#[derive(Clone, Copy, ValueEnum)]
enum EngineName {
    Chromium,
    Firefox,
    Webkit,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Chromium => Self::Chromium,
            EngineName::Firefox => Self::Firefox,
            EngineName::Webkit => Self::WebKit,
        }
    }
}

impl Lab {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            if self.engine.is_empty() {
                return self.serve().await;
            }
            let mut all_explained = true;
            for engine in &self.engine {
                all_explained &= self.send((*engine).into()).await?;
            }
            Ok(if all_explained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }

    fn numbers(&self) -> Vec<u64> {
        self.case.map_or_else(|| (0..self.cases).collect(), |case| vec![case])
    }

    /// Serves the page to one browser after the other.
    async fn serve(&self) -> anyhow::Result<ExitCode> {
        let run = crossorigin_lab::start(self.port, self.seed, self.numbers(), None, None).await?;
        println!("lab: http://a.x.localhost:{}/ (seed {})", run.places.own, self.seed);
        println!("Open it in a browser on this machine. Ctrl-C ends it.");
        let told = async {
            loop {
                wait(&run, |_| false).await;
                report(&run, version_of(&run.user_agent()));
                while run.is_over() {
                    run.progress.notified().await;
                }
            }
        };
        tokio::select! {
            () = told => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        let tally = run.tally();
        Ok(if tally.unexplained.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Sends a browser to the page; whether all that it did is explained.
    async fn send(&self, engine: Engine) -> anyhow::Result<bool> {
        let version = engine.version()?;
        let authority = engine.takes_authorities().then(Authority::new).transpose()?;
        let (numbers, profile) = (self.numbers(), Some(engine.profile()));
        let run = crossorigin_lab::start(self.port, self.seed, numbers, profile, authority.as_ref()).await?;
        let folder = tempfile::Builder::new().prefix("crossorigin-lab-").tempdir()?;
        let url = format!("http://a.x.localhost:{}/", run.places.own);
        let mut visit = engine.visit(&url, folder.path(), authority.as_ref())?;
        let mut idle = Idle::default();
        wait(&run, |run| visit.is_over() || idle.too_long(run.tally().done())).await;
        drop(visit);
        if !run.is_over() {
            let done = run.tally().done();
            bail!("{engine:?} went away, or stopped, after {done} of {} cases", run.numbers.len());
        }
        if let Some(folder) = &self.record {
            write_record(&Record::of(&run, &version, &today()), folder)?;
        }
        report(&run, &version);
        Ok(run.tally().unexplained.is_empty())
    }
}

/// Today in UTC, such as `23 Nov 2026`.
fn today() -> String {
    let date = httpdate::fmt_http_date(SystemTime::now());
    date.split(' ').skip(1).take(3).collect::<Vec<_>>().join(" ")
}

fn write_record(record: &Record, folder: &Path) -> anyhow::Result<()> {
    let file = folder.join(format!("{}.json", record.browser));
    let text = format!("{}\n", serde_json::to_string_pretty(record)?);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, text))
        .with_context(|| format!("the record can't be written to {}", file.display()))
}

/// Waits for the end, showing how far it is, unless `gives_up`.
async fn wait(run: &Arc<Run>, mut gives_up: impl FnMut(&Run) -> bool) {
    let shows = std::io::stderr().is_terminal();
    while !run.is_over() && !gives_up(run) {
        // Reports wake it; the time-out is for browsers that die.
        let _ = tokio::time::timeout(Duration::from_secs(1), run.progress.notified()).await;
        if shows {
            eprint!("\r{} of {} cases", run.tally().done(), run.numbers.len());
            let _ = std::io::stderr().flush();
        }
    }
    if shows {
        eprintln!();
    }
}

/// Notices when nothing happens any more.
#[derive(Default)]
struct Idle {
    done: usize,
    since: Option<tokio::time::Instant>,
}

impl Idle {
    fn too_long(&mut self, done: usize) -> bool {
        let now = tokio::time::Instant::now();
        if done != self.done {
            (self.done, self.since) = (done, None);
        }
        now - *self.since.get_or_insert(now) > PATIENCE
    }
}

fn report(run: &Run, version: &str) {
    let (tally, profile) = (run.tally(), run.profile());
    for (entry, needed) in &tally.entries {
        println!("{:>6}  {entry} (case {})", needed.cases, needed.smallest);
    }
    for number in &tally.unsteady {
        println!("case {number} is answered differently from run to run");
    }
    match &tally.only {
        Some(told) => print!("{told}"),
        None => tally.unexplained.iter().for_each(|told| print!("{told}")),
    }
    let name = profile.name();
    if !tally.unexplained.is_empty() && Record::of_release(profile, version).is_none() {
        println!(
            "No record knows {name} {version}: it may have changed. What to write, for each way in which it did:"
        );
        let smallest = tally.unexplained.iter().min_by_key(|told| told.case.len());
        smallest.iter().for_each(|told| println!("{}", told.entry_to_write(profile, version, run.seed)));
    }
    println!(
        "{} cases in {name} {version}, {} agree, {} explained, {} unexplained",
        tally.done(),
        tally.agree,
        tally.explained,
        tally.unexplained.len()
    );
}
