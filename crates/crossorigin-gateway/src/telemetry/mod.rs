//! What is kept of what happens: counters, the last refused requests, and what of a request may be told.

pub(crate) mod dice;
pub(crate) mod metrics;
pub(crate) mod redact;
pub(crate) mod refusals;
