//! The server's half: a configuration, the policy compiled from it, and the decision on a request.

mod config;
mod counters;
mod decide;
mod decision;
mod exact_origins;
mod origin_pattern;
mod origin_set;
mod policy;
mod problem;
mod reason;
mod response_headers;
mod shared_policy;
mod trace;

pub use config::{CrossOriginResourcePolicy, MAX_ORIGINS, PolicyConfig, TimingAllowOrigin};
pub use counters::DecisionCounters;
pub use decision::{Decision, RequestHead};
pub use origin_pattern::{OriginPattern, PortPattern};
pub use origin_set::{OriginMatch, OriginSet};
pub use policy::Policy;
pub use problem::{PolicyError, Problem, ProblemKind, Setting};
pub use reason::{Outcome, Reason};
pub use response_headers::{is_cors_response_header, merge_vary};
pub use shared_policy::{PolicySource, SharedPolicy};
pub use trace::Branch;
