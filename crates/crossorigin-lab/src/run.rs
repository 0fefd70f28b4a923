//! The state of a run: what is to be done, what was seen, and how it stands.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossorigin::profiles::Profile;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::attempt::Attempt;
use crate::case::{Case, Host, Realm};
use crate::generate::generate;
use crate::judge::Judgement;
use crate::observed::{Observed, Seen, Sent};
use crate::page;
use crate::places::Places;
use crate::setting::Setting;

/// How many cases a page gets at a time.
const BATCH: usize = 240;
/// How often a case that nothing explains is run again, to find those that a browser answers now so, now so.
const AGAIN: u32 = 2;
/// How many of the cases that nothing explains the page shows.
const SHOWN: usize = 50;

/// A run of cases in one browser at a time.
#[derive(Debug)]
pub struct Run {
    /// Where its hosts are.
    pub places: Places,
    /// What the cases are made from.
    pub seed: u64,
    /// Which cases are run.
    pub numbers: Vec<u64>,
    expected: Option<Profile>,
    inner: Mutex<State>,
    /// Told whenever a report comes.
    pub progress: Notify,
    /// Told whenever a server saw a request.
    pub(crate) sent: Notify,
}

/// How far the present visit is. A new one begins anew.
#[derive(Debug, Default)]
struct State {
    visit: u32,
    handed_out: usize,
    again: VecDeque<(Attempt, u64)>,
    wire: HashMap<(Attempt, u64), Vec<Sent>>,
    user_agent: String,
    cookie_hosts: HashMap<Realm, Vec<Host>>,
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
    /// The entries that were needed.
    pub entries: BTreeMap<&'static str, Needed>,
    /// Cases that nothing explains.
    pub unexplained: Vec<Disagreement>,
    /// Cases that the browser answered now so, now so.
    pub unsteady: Vec<u64>,
    /// How the only case came out, where there is one only.
    pub only: Option<Disagreement>,
}

/// How an entry was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// In how many cases.
    pub cases: usize,
    /// The one of them in which the least is asked and answered.
    pub smallest: u64,
    /// Whether no other entry was needed in that one.
    pub alone: bool,
}

impl Tally {
    /// How many cases are done.
    pub fn done(&self) -> usize {
        self.agree + self.explained + self.unexplained.len() + self.unsteady.len()
    }
}

/// A case as a browser did it, beside what was foretold.
#[derive(Clone, Debug, Serialize)]
pub struct Disagreement {
    /// Its number.
    pub number: u64,
    /// How it was judged.
    pub judgement: String,
    /// The case itself, in words.
    pub case: String,
    /// What the browser did.
    pub observed: Observed,
    /// What its profile foretells, and the standard where that is something else.
    pub foretold: Vec<Foretold>,
}

/// What the algorithm foretells of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Foretold {
    /// By which profile.
    pub profile: &'static str,
    /// What is foretold.
    pub observed: Observed,
    /// The steps that lead there.
    pub steps: Vec<String>,
}

impl Run {
    /// A run of these cases, held against a profile, or against that of the browser that comes.
    pub fn new(places: Places, seed: u64, numbers: Vec<u64>, profile: Option<Profile>) -> Self {
        Self {
            places,
            seed,
            numbers,
            expected: profile,
            inner: Mutex::default(),
            progress: Notify::new(),
            sent: Notify::new(),
        }
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

    /// The profile that is held against the browser.
    pub fn profile(&self) -> Profile {
        self.expected.unwrap_or_else(|| profile_of(&self.state().user_agent))
    }

    /// Whether every case is done.
    pub fn is_over(&self) -> bool {
        self.state().tally.done() >= self.numbers.len()
    }

    /// The case of a number.
    pub fn case(&self, number: u64) -> Case {
        generate(self.seed, number)
    }

    /// Begins with a browser that comes; its visit's number.
    pub(crate) fn visited(&self, user_agent: &str) -> u32 {
        let mut state = self.state();
        let visit = state.visit + 1;
        *state = State { visit, user_agent: user_agent.to_owned(), ..State::default() };
        visit
    }

    /// Takes note of a host to which a cookie came along.
    pub(crate) fn saw_cookie(&self, realm: Realm, authority: &str) {
        let host = Host::ALL.into_iter().find(|host| self.places.authority(*host) == authority);
        let mut state = self.state();
        let hosts = state.cookie_hosts.entry(realm).or_default();
        hosts.extend(host.filter(|host| !hosts.contains(host)));
    }

    /// Takes note of what a server saw.
    pub(crate) fn saw(&self, attempt: Attempt, number: u64, sent: Sent) {
        self.state().wire.entry((attempt, number)).or_default().push(sent);
        self.sent.notify_waiters();
    }

    /// How many requests of an attempt at a case the servers saw so far.
    pub(crate) fn requests_so_far(&self, attempt: Attempt, number: u64) -> usize {
        self.state().wire.get(&(attempt, number)).map_or(0, Vec::len)
    }

    /// How many requests are foretold of it.
    pub(crate) fn foretold_requests(&self, attempt: Attempt, number: u64) -> usize {
        let (profile, case) = (self.profile(), self.case(number));
        let hosts = self.state().cookie_hosts.get(&case.realm).cloned().unwrap_or_default();
        let name = attempt.to_string();
        let setting = Setting { places: &self.places, run: &name, profile, cookie_hosts: &hosts };
        setting.foretell(&case, profile.behavior()).map_or(0, |foretold| foretold.wire.len())
    }

    /// The next cases for the page of a visit; `None` where another page came since.
    pub(crate) fn batch(&self, visit: u32) -> Option<Value> {
        let mut state = self.state();
        if visit != state.visit {
            return None;
        }
        let first = Attempt { visit, nth: 0, replay: false };
        let mut batch = Vec::new();
        while batch.len() < BATCH && state.handed_out < self.numbers.len() {
            batch.push((first, self.numbers[state.handed_out]));
            state.handed_out += 1;
        }
        let again = state.again.len().min(BATCH - batch.len());
        batch.extend(state.again.drain(..again));
        let cases: Vec<_> = batch
            .into_iter()
            .map(|(attempt, number)| page::describe(&self.case(number), attempt, &self.places))
            .collect();
        Some(self.standing(&state, cases))
    }

    /// One case again, for somebody who wants to see it.
    pub(crate) fn replay(&self, number: u64) -> Value {
        let mut state = self.state();
        state.replays += 1;
        let attempt = Attempt { visit: state.visit, nth: state.replays, replay: true };
        page::describe(&self.case(number), attempt, &self.places)
    }

    /// Takes what a page reports of one case; tells of a replay what came of it.
    pub(crate) fn reported(&self, attempt: Attempt, number: u64, asks: Vec<Seen>) -> Option<Disagreement> {
        let profile = self.profile();
        let case = self.case(number);
        let mut state = self.state();
        if attempt.visit != state.visit {
            return None;
        }
        let wire = state.wire.remove(&(attempt, number)).unwrap_or_default();
        let observed = Observed { asks, wire };
        let hosts = state.cookie_hosts.get(&case.realm).cloned().unwrap_or_default();
        let name = attempt.to_string();
        let setting = Setting { places: &self.places, run: &name, profile, cookie_hosts: &hosts };
        let judgement = setting.judge(&case, &observed).unwrap_or(Judgement::Unexplained);
        if attempt.replay {
            return Some(Disagreement::new(&case, &setting, &judgement, observed));
        }
        let tally = &mut state.tally;
        if self.numbers.len() == 1 {
            tally.only = Some(Disagreement::new(&case, &setting, &judgement, observed.clone()));
        }
        match judgement {
            // What comes out right once it is run again is no matter of rules.
            Judgement::Agrees | Judgement::Explained(_) if attempt.nth > 0 => tally.unsteady.push(number),
            Judgement::Agrees => tally.agree += 1,
            Judgement::Explained(entries) => {
                tally.explained += 1;
                let alone = entries.len() == 1;
                for entry in entries {
                    let first = Needed { cases: 0, smallest: number, alone };
                    let needed = tally.entries.entry(entry).or_insert(first);
                    needed.cases += 1;
                    let rank = |alone: bool, case: &Case| (!alone, case.size());
                    if rank(alone, &case) < rank(needed.alone, &self.case(needed.smallest)) {
                        (needed.smallest, needed.alone) = (number, alone);
                    }
                }
            }
            Judgement::Unexplained if attempt.nth < AGAIN => {
                state.again.push_back((Attempt { nth: attempt.nth + 1, ..attempt }, number));
            }
            Judgement::Unexplained => {
                tally.unexplained.push(Disagreement::new(&case, &setting, &judgement, observed));
            }
        }
        drop(state);
        self.progress.notify_waiters();
        None
    }

    fn standing(&self, state: &State, cases: Vec<Value>) -> Value {
        let tally = &state.tally;
        let profile = self.expected.unwrap_or_else(|| profile_of(&state.user_agent));
        let entries = profile.entries().iter().filter_map(|entry| {
            let needed = tally.entries.get(entry.id)?;
            Some(json!({ "id": entry.id, "what": entry.what, "cases": needed.cases, "smallest": needed.smallest }))
        });
        json!({
            "browser": format!("{} {}", profile.name(), version_of(&state.user_agent)),
            "total": self.numbers.len(),
            "agree": tally.agree,
            "explained": tally.explained,
            "entries": entries.collect::<Vec<_>>(),
            "unexplained": tally.unexplained.len(),
            "disagreements": &tally.unexplained[..tally.unexplained.len().min(SHOWN)],
            "unsteady": tally.unsteady,
            "cases": cases,
            "over": tally.done() >= self.numbers.len(),
        })
    }
}

impl Disagreement {
    fn new(case: &Case, setting: &Setting<'_>, judgement: &Judgement, observed: Observed) -> Self {
        let foretold = |profile: Profile| Foretold {
            profile: profile.name(),
            observed: setting.foretell(case, profile.behavior()).unwrap_or_default(),
            steps: setting.steps(case, profile.behavior()).unwrap_or_default(),
        };
        let mut all = vec![foretold(setting.profile)];
        let standard = foretold(Profile::Standard);
        if standard.observed != all[0].observed {
            all.push(standard);
        }
        let (number, case, judgement) = (case.number, case.to_string(), judgement.to_string());
        Self { number, judgement, case, observed, foretold: all }
    }

    /// The beginning of a profile's entry for it, in Rust, for a browser that no record knows.
    pub fn entry_to_write(&self, profile: Profile, version: &str, seed: u64) -> String {
        format!(
            "Entry {{\n    id: \"{name}-…\",\n    profile: Profile::{profile:?},\n    versions: \"{version}\",\n    \
             source: \"measured: crossorigin lab --seed {seed} --case {}\",\n    \
             what: \"…; the standard …\",\n    example: example::…,\n    apply: |behavior| behavior.… = …,\n}}",
            self.number,
            name = profile.name(),
        )
    }
}

impl fmt::Display for Disagreement {
    /// The case, what the browser did, and what was foretold with its steps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indented = |f: &mut fmt::Formatter<'_>, text: &str| {
            text.lines().try_for_each(|line| writeln!(f, "    {}", line.trim_end()))
        };
        writeln!(f, "case {}: {}", self.number, self.judgement)?;
        indented(f, &self.case)?;
        writeln!(f, "  the browser:")?;
        indented(f, &self.observed.to_string())?;
        for Foretold { profile, observed, steps } in &self.foretold {
            writeln!(f, "  {profile} foretells:")?;
            indented(f, &observed.to_string())?;
            writeln!(f, "  by these steps:")?;
            indented(f, &steps.join("\n"))?;
        }
        Ok(())
    }
}

/// The profile of a browser by what it says of itself.
pub(crate) fn profile_of(user_agent: &str) -> Profile {
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
