//! HAR files: what a browser recorded, as fetches with the answers that were given.

mod entry;
mod format;
mod join;

use crossorigin::infrastructure::request_origin::Origin;
use http::{HeaderMap, Method, StatusCode, Version};
use url::Url;

use crate::described::Described;
use crate::input_error::InputError;

/// The largest HAR file that is read, in bytes: 256 MiB.
pub const MAX_HAR_BYTES: usize = 256 << 20;

/// What a HAR file holds, without its secrets: values of cookies, tokens and the like are taken out as it is read,
/// and bodies are not kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Har {
    /// What wrote the file, such as `Firefox 153.0`.
    pub creator: String,
    /// The cross-origin fetches, in the order of the file.
    pub fetches: Vec<HarFetch>,
    /// Entries that are no such fetch although they may look like one, and why.
    pub skipped: Vec<Skipped>,
    /// How many entries never left the page's own origin.
    pub same_origin: usize,
}

/// A fetch, and what was sent and answered in its course.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HarFetch {
    /// The entry of the first request, from 0.
    pub entry: usize,
    /// The request as script made it.
    pub described: Described,
    /// What was recorded for it: preflights, redirects, the last response.
    pub recorded: Vec<Recorded>,
}

/// A request that was sent, and its answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// The entry, from 0.
    pub entry: usize,
    /// Whether it is a CORS-preflight request.
    pub is_preflight: bool,
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: Url,
    /// What came back.
    pub answer: RecordedAnswer,
}

/// What the file says of an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecordedAnswer {
    /// Its head.
    Head {
        /// The version of HTTP.
        version: Version,
        /// The status.
        status: StatusCode,
        /// The headers.
        headers: HeaderMap,
    },
    /// Nothing: there was none, or the browser kept it back. With what it says of that, which may be nothing.
    Missing(String),
}

/// An entry that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The entry, from 0.
    pub entry: usize,
    /// Why, in a few words.
    pub why: String,
}

/// Reads a HAR file. `name` is what it is called in errors. `page` is the origin of the page, for entries that don't
/// tell it.
///
/// # Errors
/// What is no HAR file, with line and column, or with the member that can't be used.
pub fn har(name: &str, text: &str, page: Option<&Origin>) -> Result<Har, InputError> {
    if text.len() > MAX_HAR_BYTES {
        let message = format!("the file is larger than {MAX_HAR_BYTES} bytes");
        return Err(InputError::at(name, text, 0..1, message, "record fewer requests, or without bodies"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file: format::File = serde_json::from_str(text).map_err(|error| malformed(name, text, &error))?;
    let creator = file.log.browser.as_ref().unwrap_or(&file.log.creator);
    let creator = shown(format!("{} {}", creator.name, creator.version).trim());
    let entries = entry::entries(name, &file.log)?;
    let (fetches, skipped, same_origin) = join::join(entries, page);
    Ok(Har { creator, fetches, skipped, same_origin })
}

/// The beginning of a text of the file, without what a terminal might act upon.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(100).collect()
}

fn malformed(name: &str, text: &str, error: &serde_json::Error) -> InputError {
    // The error ends with its place, which is shown by itself.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let line = std::iter::once(0).chain(starts).nth(error.line().saturating_sub(1)).unwrap_or(text.len());
    let at = (line + error.column().saturating_sub(1)).min(text.len());
    let remedy = if error.is_data() {
        "it is JSON, but no HAR file: in developer tools, choose Save all as HAR"
    } else {
        "it is no JSON: save the HAR file again"
    };
    InputError::at(name, text, at..at + 1, message, remedy)
}
