//! Requests, read from what people have at hand: a `curl` command, a `fetch()` call, a HAR file, and the
//! messages of browsers' consoles.
//!
//! Everything here is a pure function from text. Whatever the text is, nothing panics: an [`InputError`] names the
//! place, the value and the remedy.
//!
//! ```
//! let described = crossorigin_inputs::curl(
//!     "curl 'https://api.example/items' -X PUT -H 'Origin: https://app.example' --data-raw '{}'",
//! )?;
//! assert_eq!(described.method.as_ref().map(http::Method::as_str), Some("PUT"));
//! assert_eq!(described.from, Some("https://app.example".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod browser_headers;
mod console;
mod curl;
mod described;
mod fetch_call;
mod har;
mod input_error;
mod urls;

pub use console::{ConsoleMessage, MAX_CONSOLE_BYTES, MAX_CONSOLE_LINES, console};
pub use curl::{MAX_COMMAND_BYTES, curl};
pub use described::{Described, MAX_HEADERS};
pub use fetch_call::{MAX_CALL_BYTES, MAX_DEPTH, fetch_call};
pub use har::{Har, HarFetch, MAX_HAR_BYTES, Recorded, RecordedAnswer, Skipped, har};
pub use input_error::{InputError, MAX_SHOWN_BYTES};
pub use urls::address;
