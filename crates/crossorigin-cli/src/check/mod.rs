//! `crossorigin check`: what browsers will do with a request, and why.

mod arguments;
mod assume;
mod console;
mod cookies;
mod github;
mod json;
mod network;
mod plan;
mod redacted;
mod remember;
mod replay;
mod run;
mod sarif;
mod simulate;
mod terminal;
mod text;
mod told;
mod usage;

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use crossorigin_inputs::{Described, InputError, MAX_HAR_BYTES};
use crossorigin_policy::PolicyDocument;

use arguments::Format;
pub(crate) use arguments::{Check, Resolve, resolve};
use assume::PreflightOnly;
use crossorigin_verdict::Verdict;
use plan::Plan;
use replay::Replay;
use run::{Judged, Progress, judge};
use simulate::Simulation;
use usage::Usage;

/// Why nothing was judged, for standard error.
enum Stop {
    /// Wrong arguments, or what else is told in a sentence.
    Text(String),
    /// An input that can't be used, whose place is shown.
    Input(InputError),
}

impl From<Usage> for Stop {
    fn from(usage: Usage) -> Self {
        Self::Text(format!("error: {}\n", usage.0))
    }
}

impl From<InputError> for Stop {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

/// What a run found, for all formats.
struct Findings {
    judged: Vec<Judged>,
    /// What holds for all results.
    notes: Vec<String>,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let stop = match self.output() {
            Ok((text, code)) => match crate::policy::print(&text) {
                Ok(()) => return Ok(code),
                // By 1 it would say that a browser blocks.
                Err(error) => Stop::Text(format!("error: standard output: {error}\n")),
            },
            Err(stop) => stop,
        };
        eprint!(
            "{}",
            match stop {
                Stop::Text(text) => text,
                Stop::Input(error) => {
                    error.render(terminal::colours(self.color, &std::io::stderr()), terminal::width())
                }
            }
        );
        Ok(ExitCode::from(2))
    }

    fn output(&self) -> Result<(String, ExitCode), Stop> {
        if let Some(messages) = &self.console {
            if self.format != Format::Text {
                return Err(Usage("--console is explained as text; leave --format out".into()).into());
            }
            let found = crossorigin_inputs::console(messages)?;
            return Ok((console::explained(&found), ExitCode::SUCCESS));
        }
        let (plans, mut notes) = self.plans()?;
        let simulation = self.simulation()?;
        if simulation.is_some() {
            notes.push(simulate::ASSUMED.to_owned());
        }
        if plans.iter().any(|plan| plan.preflight_only) {
            notes.push(assume::PREFLIGHT_ONLY.to_owned());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Stop::Text(format!("error: no event loop: {error}\n")))?;
        let judged = runtime.block_on(self.judge(plans, simulation))?;
        let code = exit_code(&judged);
        let findings = Findings { judged, notes };
        let text = match self.format {
            Format::Text => text::text(&findings, terminal::colours(self.color, &std::io::stdout())),
            Format::Json => json::json(&findings),
            Format::Github => github::github(&findings),
            Format::Sarif => sarif::sarif(&findings),
        };
        Ok((text, code))
    }

    /// The requests that are to be judged.
    fn plans(&self) -> Result<(Vec<Plan>, Vec<String>), Stop> {
        if let Some(file) = &self.har {
            return self.recorded(file);
        }
        let page = self.from.as_ref().and_then(|from| from.url.as_ref());
        let described = match (&self.url, &self.curl, &self.js) {
            (Some(url), ..) => Described::new(crossorigin_inputs::address(url, page)?),
            (None, Some(command), _) => crossorigin_inputs::curl(command)?,
            (None, None, Some(call)) => crossorigin_inputs::fetch_call(call, page)?,
            (None, None, None) => {
                return Err(Stop::Text(
                    "error: there is nothing to check; give a URL, or --curl, --js, --har or --console\n"
                        .into(),
                ));
            }
        };
        Ok((vec![self.plan(described, None, None)?], Vec::new()))
    }

    /// The cross-origin requests of a HAR file.
    fn recorded(&self, file: &Path) -> Result<(Vec<Plan>, Vec<String>), Stop> {
        let name = file.display().to_string();
        let text = read_bounded(file).map_err(|why| Stop::Text(format!("error: --har {name}: {why}\n")))?;
        let page = self.from.as_ref().map(|from| &from.origin);
        let har = crossorigin_inputs::har(&name, &text, page)?;
        let mut plans = Vec::new();
        for fetch in har.fetches {
            let label = format!("{name}, entry {}", fetch.entry);
            plans.push(self.plan(fetch.described, Some(label), Some(fetch.recorded))?);
        }
        let creator = if har.creator.is_empty() { "a browser".to_owned() } else { har.creator };
        let mut notes = vec![format!(
            "the answers are those that {creator} recorded; passed over: {} of the page's own",
            count(har.same_origin, "request", "requests")
        )];
        if let Some(first) = har.skipped.first() {
            notes.push(format!(
                "passed over: {}, the first of them entry {}: {}",
                count(har.skipped.len(), "entry of another kind", "entries of other kinds"),
                first.entry,
                first.why
            ));
        }
        Ok((plans, notes))
    }

    fn simulation(&self) -> Result<Option<Simulation>, Stop> {
        let Some(file) = &self.policy else { return Ok(None) };
        let compiled = PolicyDocument::read(file).and_then(|document| document.compile());
        let (site, _) = compiled
            .map_err(|report| Stop::Text(crate::policy::rendered(report.problems(), &std::io::stderr())))?;
        let site = Arc::new(site);
        Ok(Some(Simulation::new(site, self.listener.clone())))
    }

    async fn judge(&self, plans: Vec<Plan>, simulation: Option<Simulation>) -> Result<Vec<Judged>, Stop> {
        let all = plans.len() * self.profile.0.len() * self.repeat as usize;
        let mut progress = Progress::new(all);
        let mut judged = Vec::new();
        let network = network::transport(self)?;
        for mut plan in plans {
            let recorded = plan.recorded.take();
            let plan = Rc::new(plan);
            judged.extend(match (recorded, &simulation) {
                (Some(recorded), _) => {
                    let replay = Replay::new(recorded);
                    let mut judged = judge(self, &plan, replay.clone(), &mut progress).await;
                    judged.iter_mut().for_each(|one| one.notes.extend(replay.told(&one.record)));
                    judged
                }
                (None, Some(simulation)) => {
                    let simulation = simulation.of(plan.request.current_url())?;
                    let mut judged = judge(self, &plan, simulation.clone(), &mut progress).await;
                    judged.iter_mut().for_each(|one| one.notes.extend(simulation.told(&one.record)));
                    judged
                }
                (None, None) if plan.preflight_only => {
                    judge(self, &plan, PreflightOnly::new(network.clone()), &mut progress).await
                }
                (None, None) => judge(self, &plan, network.clone(), &mut progress).await,
            });
        }
        progress.finish();
        Ok(judged)
    }
}

/// By the worst result: 3 for one that could not be reached, 1 for one that is blocked.
fn exit_code(judged: &[Judged]) -> ExitCode {
    let has = |verdict| judged.iter().any(|one| one.verdict() == verdict);
    ExitCode::from(match () {
        () if has(Verdict::Unreachable) => 3,
        () if has(Verdict::Blocked) => 1,
        () => 0,
    })
}

fn read_bounded(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(|error| unreadable(&error))?;
    let read = opened.take(MAX_HAR_BYTES as u64 + 1).read_to_string(&mut text);
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => "it is no UTF-8, and so no HAR file; save it again".to_owned(),
        _ => unreadable(&error),
    })?;
    if text.len() > MAX_HAR_BYTES {
        return Err(format!(
            "it is larger than {MAX_HAR_BYTES} bytes; record fewer requests, or without bodies"
        ));
    }
    Ok(text)
}

fn unreadable(error: &std::io::Error) -> String {
    format!("{error}; name a file that can be read")
}

fn count(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
