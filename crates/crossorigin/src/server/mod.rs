//! The server's half: a configuration, the policy compiled from it, and the decision on a request.

mod config;
mod decision;
mod policy;

pub use config::{
    CrossOriginResourcePolicy, PolicyConfig, PolicyError, Problem, ProblemKind, Setting, TimingAllowOrigin,
};
pub use decision::{Branch, Decision, Outcome, Reason, RequestHead};
pub use policy::{Policy, PolicySource, SharedPolicy};
