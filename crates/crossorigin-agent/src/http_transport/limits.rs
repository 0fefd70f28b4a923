//! How much of a response's head is read, and how long a connection is trusted.

use std::time::Duration;

/// The most headers that a response may have.
pub const MAX_HEADERS: usize = 256;
/// The longest head of a response, in bytes.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// The longest list of headers that is decoded in HTTP/2, in bytes as that counts them: more than are taken, so that
/// what is too large can be told from what is malformed.
pub(super) const MAX_HTTP2_HEADER_LIST_BYTES: u32 = 1024 * 1024;
/// How long a connection of HTTP/2 on which something is awaited may be silent before it is asked whether it is alive.
pub(super) const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long its answer may take. Together they end before [`HEAD_TIMEOUT`](crate::HEAD_TIMEOUT), so that there is time
/// for another connection.
pub(super) const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(20);
