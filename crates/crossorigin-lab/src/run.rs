//! The state of a run: what is to be done, what was seen, and how it stands.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossorigin::profiles::Profile;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::case::{Case, Host};
use crate::generate::generate;
use crate::judge::Judgement;
use crate::observed::{Observed, Seen, Sent};
use crate::page;
use crate::places::{Places, run_name};
use crate::setting::Setting;

/// How many cases a page gets at a time.
const BATCH: usize = 240;
/// How often a case that nothing explains is run again, to find those that a browser answers now so, now so.
const AGAIN: u32 = 2;

/// The first attempt that is a replay, which counts for nothing.
const FIRST_REPLAY: u32 = 1000;

/// A run of cases in one browser.
#[derive(Debug)]
pub struct Run {
    /// Where its hosts are.
    pub places: Places,
    /// What the cases are made from.
    pub seed: u64,
    /// Which cases are run.
    pub numbers: Vec<u64>,
    /// The profile that is held against the browser; `None` to go by its `User-Agent`.
    pub profile: Option<Profile>,
    inner: Mutex<State>,
    /// Told whenever a report comes.
    pub progress: Notify,
}

#[derive(Debug, Default)]
struct State {
    handed_out: usize,
    again: VecDeque<(u32, u64)>,
    wire: HashMap<(u32, u64), Vec<Sent>>,
    user_agent: String,
    cookie_hosts: Vec<Host>,
    tally: Tally,
    replays: u32,
}

/// How a run stands.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cases that agree with the standard.
    pub agree: usize,
    /// Cases that entries of the profile explain.
    pub explained: usize,
    /// The entries that were needed: how often, and the case in which the least was asked.
    pub entries: BTreeMap<&'static str, (usize, u64)>,
    /// Cases that nothing explains.
    pub unexplained: Vec<Disagreement>,
    /// Cases that the browser answered now so, now so.
    pub unsteady: Vec<u64>,
}

impl Tally {
    /// How many cases are done.
    pub fn done(&self) -> usize {
        self.agree + self.explained + self.unexplained.len() + self.unsteady.len()
    }
}

/// A case in which the browser does what nothing foretells.
#[derive(Clone, Debug, Serialize)]
pub struct Disagreement {
    /// Its number.
    pub number: u64,
    /// What the browser did.
    pub observed: Observed,
    /// What was foretold.
    pub foretold: Observed,
    /// The case itself, in words.
    pub case: String,
}

impl Run {
    /// A run of these cases.
    pub fn new(places: Places, seed: u64, numbers: Vec<u64>, profile: Option<Profile>) -> Self {
        Self { places, seed, numbers, profile, inner: Mutex::default(), progress: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands.
    pub fn tally(&self) -> Tally {
        self.state().tally.clone()
    }

    /// The browser's `User-Agent`, once it came.
    pub fn user_agent(&self) -> String {
        self.state().user_agent.clone()
    }

    /// Whether every case is done.
    pub fn is_over(&self) -> bool {
        self.state().tally.done() >= self.numbers.len()
    }

    /// The case of a number.
    pub fn case(&self, number: u64) -> Case {
        generate(self.seed, number)
    }

    /// Takes note of a host to which a cookie came along.
    pub(crate) fn saw_cookie(&self, authority: &str) {
        let host = Host::ALL.into_iter().find(|host| self.places.authority(*host) == authority);
        let mut state = self.state();
        if let Some(host) = host.filter(|host| !state.cookie_hosts.contains(host)) {
            state.cookie_hosts.push(host);
        }
    }

    /// Takes note of what a server saw.
    pub(crate) fn saw(&self, attempt: u32, number: u64, sent: Sent) {
        self.state().wire.entry((attempt, number)).or_default().push(sent);
    }

    /// The next cases for a page.
    pub(crate) fn batch(&self, user_agent: &str) -> Value {
        let mut state = self.state();
        user_agent.clone_into(&mut state.user_agent);
        let mut batch = Vec::new();
        while batch.len() < BATCH && state.handed_out < self.numbers.len() {
            batch.push((0, self.numbers[state.handed_out]));
            state.handed_out += 1;
        }
        let rest = BATCH - batch.len();
        let again = state.again.len().min(rest);
        batch.extend(state.again.drain(..again));
        let cases: Vec<_> = batch
            .into_iter()
            .map(|(attempt, number)| page::describe(&self.case(number), attempt, &self.places))
            .collect();
        self.standing(&state, cases)
    }

    /// One case again, for somebody who wants to see it.
    pub(crate) fn replay(&self, number: u64) -> Value {
        let mut state = self.state();
        state.replays += 1;
        page::describe(&self.case(number), FIRST_REPLAY + state.replays, &self.places)
    }

    /// Takes what a page reports of one case; tells of a replay what came of it.
    pub(crate) fn reported(&self, attempt: u32, number: u64, asks: Vec<Seen>) -> Value {
        let case = self.case(number);
        let mut state = self.state();
        let wire = state.wire.remove(&(attempt, number)).unwrap_or_default();
        let observed = Observed { asks, wire };
        let profile = self.profile.unwrap_or_else(|| profile_of(&state.user_agent));
        let hosts = state.cookie_hosts.clone();
        let name = run_name(attempt);
        let setting = Setting { places: &self.places, run: &name, profile, cookie_hosts: &hosts };
        let judgement = setting.judge(&case, &observed).unwrap_or(Judgement::Unexplained);
        if attempt > FIRST_REPLAY {
            return json!({
                "number": number,
                "case": case.to_string(),
                "profile": profile.name(),
                "judgement": judgement.to_string(),
                "observed": observed,
                "foretold": setting.foretell(&case, profile.behavior()).unwrap_or_default(),
                "steps": setting.steps(&case, profile.behavior()).unwrap_or_default(),
            });
        }
        let tally = &mut state.tally;
        match judgement {
            // What comes out right once it is run again is no matter of rules.
            Judgement::Agrees | Judgement::Explained(_) if attempt > 0 => tally.unsteady.push(number),
            Judgement::Agrees => tally.agree += 1,
            Judgement::Explained(entries) => {
                tally.explained += 1;
                for entry in entries {
                    let (count, smallest) = tally.entries.entry(entry).or_insert((0, number));
                    *count += 1;
                    if case.size() < self.case(*smallest).size() {
                        *smallest = number;
                    }
                }
            }
            Judgement::Unexplained if attempt < AGAIN => state.again.push_back((attempt + 1, number)),
            Judgement::Unexplained => {
                let foretold = setting.foretell(&case, profile.behavior()).unwrap_or_default();
                tally.unexplained.push(Disagreement { number, observed, foretold, case: case.to_string() });
            }
        }
        drop(state);
        self.progress.notify_waiters();
        Value::Null
    }

    fn standing(&self, state: &State, cases: Vec<Value>) -> Value {
        let tally = &state.tally;
        json!({
            "total": self.numbers.len(),
            "agree": tally.agree,
            "explained": tally.explained,
            "entries": tally.entries,
            "unexplained": tally.unexplained,
            "unsteady": tally.unsteady,
            "cases": cases,
            "over": tally.done() >= self.numbers.len(),
        })
    }
}

/// The profile of a browser by what it says of itself.
pub fn profile_of(user_agent: &str) -> Profile {
    if user_agent.contains("Firefox/") {
        Profile::Firefox
    } else if user_agent.contains("Chrome/") || user_agent.contains("Chromium/") {
        Profile::Chromium
    } else if user_agent.contains("AppleWebKit/") {
        Profile::WebKit
    } else {
        Profile::Standard
    }
}

/// The version of a browser by what it says of itself, such as `156.0.0.0`.
pub fn version_of(user_agent: &str) -> &str {
    let named = ["Firefox/", "Chrome/", "Version/"];
    let after = named.iter().find_map(|name| user_agent.split_once(name)).map_or("", |(_, after)| after);
    after.split(' ').next().unwrap_or_default()
}
