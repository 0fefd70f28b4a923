//! What a target can't say exactly.

use std::fmt;

/// Something that a target answers otherwise than the policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Its name, by which it is accepted.
    pub name: &'static str,
    /// What the target does, and why.
    pub explanation: String,
    /// A request that would be answered differently.
    pub request: String,
    /// What the policy answers.
    pub ours: String,
    /// What the target would answer.
    pub theirs: String,
    /// What to change in the policy, where that makes both the same.
    pub remedy: String,
    /// Who can send such a request.
    pub sender: Sender,
}

/// Who can send a request that is answered differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A browser: the difference is refused unless it is accepted.
    Browser,
    /// Only other programs: nothing that a page can see differs.
    OtherProgram,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.explanation)?;
        writeln!(f, "  request  {}", self.request)?;
        writeln!(f, "  policy   {}", self.ours)?;
        writeln!(f, "  target   {}", self.theirs)?;
        write!(f, "  remedy   {}", self.remedy)
    }
}

/// An export that was refused: everything that stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// In the order in which they were found, each name once.
    pub differences: Vec<Difference>,
    /// Names that were accepted and that nothing differs by.
    pub unknown: Vec<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.differences.iter().map(ToString::to_string);
        let unknown =
            self.unknown.iter().map(|name| format!("--accept {name}: nothing differs by that name"));
        f.write_str(&all.chain(unknown).collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for Refused {}

/// The differences found so far.
pub(crate) struct Differences<'a> {
    accepted: &'a [String],
    found: Vec<Difference>,
}

impl<'a> Differences<'a> {
    pub(crate) fn new(accepted: &'a [String]) -> Self {
        Self { accepted, found: Vec::new() }
    }

    /// Adds one; of each name the first stays.
    pub(crate) fn add(&mut self, difference: Difference) {
        if !self.found.iter().any(|found| found.name == difference.name) {
            self.found.push(difference);
        }
    }

    /// What only has to be told; or what stands against the export.
    pub(crate) fn finish(self) -> Result<Vec<Difference>, Refused> {
        let is_let = |difference: &Difference| {
            difference.sender == Sender::OtherProgram
                || self.accepted.iter().any(|name| name == difference.name)
        };
        let names: Vec<_> = self.found.iter().map(|difference| difference.name).collect();
        let unknown: Vec<_> =
            self.accepted.iter().filter(|name| !names.contains(&name.as_str())).cloned().collect();
        if unknown.is_empty() && self.found.iter().all(is_let) {
            return Ok(self.found);
        }
        let differences = self.found.iter().filter(|difference| !is_let(difference)).cloned().collect();
        Err(Refused { differences, unknown })
    }
}
