//! How much of a response's head is read.

/// The most headers that a response may have.
pub const MAX_HEADERS: usize = 256;
/// The longest head of a response, in bytes.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// The longest list of headers that is decoded in HTTP/2, in bytes as that counts them: more than are taken, so that
/// what is too large can be told from what is malformed.
pub(super) const MAX_HTTP2_HEADER_LIST_BYTES: u32 = 1024 * 1024;
