//! An observation held against what is foretold.

use std::fmt;

use crossorigin::fetching::trace::TraceStep;
use crossorigin::profiles::{Behavior, Entry, Profile};

use crate::case::Case;
use crate::observed::Observed;
use crate::predict::predict;
use crate::setting::Setting;

/// How an observation stands to what was foretold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The browser does what the standard says.
    Agrees,
    /// It does not, and these entries of its profile, all of them needed, foretell what it does.
    Explained(Vec<&'static str>),
    /// Nothing foretells what it does.
    Unexplained,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agrees => f.write_str("agrees with the standard"),
            Self::Explained(entries) => write!(f, "explained by {}", entries.join(", ")),
            Self::Unexplained => f.write_str("unexplained"),
        }
    }
}

impl Setting<'_> {
    /// What is foretold of a case for a behaviour.
    ///
    /// # Errors
    /// The case can't be: one of its URLs or headers is none.
    pub fn foretell(&self, case: &Case, behavior: Behavior) -> anyhow::Result<Observed> {
        predict(case, self, behavior, |()| {})
    }

    /// The steps that the algorithm takes for a case, a line each; each request's begin with its number.
    ///
    /// # Errors
    /// As for [`foretell`](Self::foretell).
    pub fn steps(&self, case: &Case, behavior: Behavior) -> anyhow::Result<Vec<String>> {
        let mut lines = Vec::new();
        predict(case, self, behavior, |steps: Vec<TraceStep>| {
            lines.extend(steps.iter().map(|taken| format!("{}: {}", taken.step, taken.event)));
        })?;
        Ok(lines)
    }

    /// Judges what was observed of a case.
    ///
    /// # Errors
    /// As for [`foretell`](Self::foretell).
    pub fn judge(&self, case: &Case, observed: &Observed) -> anyhow::Result<Judgement> {
        if *observed == self.foretell(case, Behavior::STANDARD)? {
            return Ok(Judgement::Agrees);
        }
        if *observed != self.foretell(case, self.profile.behavior())? {
            return Ok(Judgement::Unexplained);
        }
        let mut needed = Vec::new();
        for entry in self.profile.entries() {
            if self.foretell(case, without(self.profile, entry))? != *observed {
                needed.push(entry.id);
            }
        }
        // Where two entries foretell the same, neither is needed by itself: then each that does so alone counts.
        if needed.is_empty() {
            for entry in self.profile.entries() {
                let mut behavior = Behavior::STANDARD;
                entry.apply(&mut behavior);
                if self.foretell(case, behavior)? == *observed {
                    needed.push(entry.id);
                }
            }
        }
        Ok(Judgement::Explained(needed))
    }
}

fn without(profile: Profile, left_out: &Entry) -> Behavior {
    let mut behavior = Behavior::STANDARD;
    for entry in profile.entries().iter().filter(|entry| entry.id != left_out.id) {
        entry.apply(&mut behavior);
    }
    behavior
}
