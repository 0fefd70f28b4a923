//! What is told of fetches whose responses are written down.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod causes;
mod console;
mod curl;
mod explanations;
mod fixes;
mod hostile;
mod next_failures;
mod redact;
mod support;
