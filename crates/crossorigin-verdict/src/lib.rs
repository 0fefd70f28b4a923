//! What came of a cross-origin fetch, told to people.
//!
//! A [`Record`] holds all that a user agent knows of one fetch. What is made of it here is for people: the
//! verdict, its [cause](Record::cause), [where the fault is](Record::guilty), the [way it went](Record::timeline),
//! what [consoles print](Record::console), the [smallest fix](Record::fixes) for the server that answered, and
//! what [would fail next](Record::next_failures). [`explanation`] is all of it as text. Script never gets to see
//! any of it.

mod catalogue;
mod cause;
mod console;
mod curl;
mod explanation;
mod fixes;
mod guilty;
mod heads;
mod next_failure;
mod record;
mod redact;
mod replay;
mod servers;
mod timeline;

pub use catalogue::{PAGES, ReasonPage, page, reasons_index};
pub use console::{ConsoleMessage, ConsoleReading, read_console};
pub use curl::{MAX_BODY_BYTES, curl_command, shell_word};
pub use explanation::{
    Role, Style, explanation, explanation_in_process, explanation_styled, fix_text, guilty_text,
    timeline_text,
};
pub use fixes::{Fix, Needs, PreflightNeeds};
pub use guilty::Guilty;
pub use next_failure::NextFailure;
pub use record::{AnswerHead, Exchange, Outcome, Record, TransportFailure, TransportFailureKind, Verdict};
pub use redact::{REDACTED, redacted_exchange, redacted_header_value, redacted_headers, redacted_url};
pub use servers::Server;
pub use timeline::TimelineItem;
