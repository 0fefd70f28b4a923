//! What came of a cross-origin fetch, told to people.
//!
//! A [`Record`] holds all that a user agent knows of one fetch. What is made of it here is for people: the
//! verdict, its cause, and the way it went. Script never gets to see any of it.

mod cause;
mod console;
mod curl;
mod guilty;
mod heads;
mod record;
mod redact;
mod replay;

pub use console::{ConsoleMessage, ConsoleReading, read_console};
pub use curl::{MAX_BODY_BYTES, curl_command, shell_word};
pub use guilty::Guilty;
pub use record::{AnswerHead, Exchange, Outcome, Record, TransportFailure, TransportFailureKind, Verdict};
pub use redact::{REDACTED, redacted_exchange, redacted_header_value, redacted_headers, redacted_url};
