//! The branches that a decision takes.

use std::fmt;

/// One question that a decision turned on, and its answer; [`Policy::explain`](super::Policy::explain) collects them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Branch {
    /// What was asked, such as `Is the origin allowed?`.
    pub question: &'static str,
    /// What was found, such as `yes: "https://app.example" is listed`.
    pub answer: String,
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.question, self.answer)
    }
}

/// Keeps the branches taken, where somebody asked for them.
pub(super) trait Trace {
    fn branch(&mut self, question: &'static str, answer: impl FnOnce() -> String);
}

impl Trace for () {
    fn branch(&mut self, _: &'static str, _: impl FnOnce() -> String) {}
}

impl Trace for Vec<Branch> {
    fn branch(&mut self, question: &'static str, answer: impl FnOnce() -> String) {
        self.push(Branch { question, answer: answer() });
    }
}
