//! The bounds within which an agent works.

use std::time::Duration;

/// How long an agent waits for the head of a response, from the moment it begins to connect.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an agent waits for the next piece of a body.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest body that is read, in bytes, after it is decompressed.
pub const MAX_BODY_BYTES: u64 = 256 * 1024 * 1024;

/// The bounds of one agent. [`Limits::default`] has those of the constants here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long a head may take, [`HEAD_TIMEOUT`] at first; `None` for any time. It is tokio's clock that
    /// measures: where there is none, there can be no bound.
    pub head_timeout: Option<Duration>,
    /// How long a piece of a body may take, [`IDLE_TIMEOUT`] at first; `None` for any time.
    pub idle_timeout: Option<Duration>,
    /// How long a body may be when it is decompressed, in bytes, [`MAX_BODY_BYTES`] at first.
    pub max_body_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Some(HEAD_TIMEOUT),
            idle_timeout: Some(IDLE_TIMEOUT),
            max_body_bytes: MAX_BODY_BYTES,
        }
    }
}
