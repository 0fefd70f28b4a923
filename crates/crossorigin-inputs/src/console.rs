//! Messages of browsers' consoles.

use crossorigin::profiles::Profile;
use crossorigin_verdict::{ConsoleReading, read_console};

use crate::input_error::InputError;

/// The longest text that is read, in bytes.
pub const MAX_CONSOLE_BYTES: usize = 256 << 10;
/// The most lines that are read.
pub const MAX_CONSOLE_LINES: usize = 2000;

const SOURCE: &str = "--console";

/// What Chromium's network stack says in the lines of the requests themselves (`net/base/net_error_list.h`).
const NETWORK: &[(&str, &str)] = &[
    ("net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep", "embedder-policy"),
    ("net::ERR_BLOCKED_BY_RESPONSE.NotSame", "resource-policy"),
    ("net::ERR_UNSAFE_PORT", "bad-port"),
    ("net::ERR_TOO_MANY_REDIRECTS", "too-many-redirects"),
    ("net::ERR_INVALID_REDIRECT", "redirect-location"),
    ("net::ERR_UNSAFE_REDIRECT", "redirect-scheme"),
    ("net::ERR_NAME_NOT_RESOLVED", "transport"),
    ("net::ERR_ADDRESS_UNREACHABLE", "transport"),
    ("net::ERR_CONNECTION_", "transport"),
    ("net::ERR_CERT_", "transport"),
    ("net::ERR_SSL_", "transport"),
    ("net::ERR_EMPTY_RESPONSE", "transport"),
    ("net::ERR_TIMED_OUT", "transport"),
];

/// What says that a request failed, and not why: the reason is in another line, and script gets no more than this.
const TELL_NOTHING: &[(&str, Option<Profile>)] = &[
    ("net::ERR_FAILED", Some(Profile::Chromium)),
    ("TypeError: Failed to fetch", Some(Profile::Chromium)),
    ("NetworkError when attempting to fetch resource.", Some(Profile::Firefox)),
    ("due to access control checks.", Some(Profile::WebKit)),
    ("TypeError: Load failed", Some(Profile::WebKit)),
    ("AxiosError: Network Error", None),
];

/// What is blocked for reasons that are not CORS: the words, what it is, and what to do.
const OTHER_POLICIES: &[(&str, &str, &str)] = &[
    (
        "Content Security Policy",
        "this is the page's own Content Security Policy, and not CORS",
        "add the URL's origin to the directive that the message names, in the page's Content-Security-Policy",
    ),
    (
        "Content-Security-Policy",
        "this is the page's own Content Security Policy, and not CORS",
        "add the URL's origin to the directive that the message names, in the page's Content-Security-Policy",
    ),
    (
        "ERR_BLOCKED_BY_ORB",
        "this is opaque response blocking: an element asked without CORS for what is no image, script or the like",
        "see that the URL answers with what the element asks for, and with its Content-Type, and not with an error page",
    ),
    (
        "OpaqueResponseBlocking",
        "this is opaque response blocking: an element asked without CORS for what is no image, script or the like",
        "see that the URL answers with what the element asks for, and with its Content-Type, and not with an error page",
    ),
    (
        "ERR_BLOCKED_BY_CLIENT",
        "an extension of the browser blocked this, and not CORS",
        "switch off extensions that block advertisements and trackers, and try again",
    ),
    (
        "address space",
        "this is local network access, and not CORS: a page asks for an address in its visitor's own network",
        "open the page by https, and let the visitor permit it when the browser asks",
    ),
    (
        "Tainted canvases may not be exported",
        "this is a canvas, or WebGL, that was given an image of another origin: it was asked for without CORS",
        "set crossorigin on the image before its src, and let its server send Access-Control-Allow-Origin; see what it \
         sends by crossorigin check URL --from ORIGIN --as image --crossorigin",
    ),
    (
        "has been tainted by cross-origin data",
        "this is a canvas, or WebGL, that was given an image of another origin: it was asked for without CORS",
        "set crossorigin on the image before its src, and let its server send Access-Control-Allow-Origin; see what it \
         sends by crossorigin check URL --from ORIGIN --as image --crossorigin",
    ),
    (
        "contains cross-origin data, and may not be loaded",
        "this is a canvas, or WebGL, that was given an image of another origin: it was asked for without CORS",
        "set crossorigin on the image before its src, and let its server send Access-Control-Allow-Origin; see what it \
         sends by crossorigin check URL --from ORIGIN --as image --crossorigin",
    ),
];

/// A sentence that stands for more reasons than this tells none of them.
const MAX_REASONS: usize = 4;

/// What one message says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleMessage {
    /// The line, from 1.
    pub line: usize,
    /// Whose message it is; `None` where several browsers print it.
    pub browser: Option<Profile>,
    /// The codes of the reasons for which it is printed, the likeliest first. Empty where it only says that a request
    /// failed.
    pub reasons: Vec<&'static str>,
    /// Which request it is about, as far as it says.
    pub reading: Option<ConsoleReading>,
}

/// Reads what a console printed: one message or several, each on a line of its own. Lines that say nothing of
/// cross-origin requests are passed over.
///
/// # Errors
/// No line is a message that is known.
pub fn console(text: &str) -> Result<Vec<ConsoleMessage>, InputError> {
    if text.len() > MAX_CONSOLE_BYTES {
        let message = format!("the text is longer than {MAX_CONSOLE_BYTES} bytes");
        return Err(InputError::at(SOURCE, text, 0..1, message, "paste the lines around one failure"));
    }
    let lines = text.lines().enumerate();
    if lines.clone().nth(MAX_CONSOLE_LINES).is_some() {
        let message = format!("the text has more than {MAX_CONSOLE_LINES} lines");
        return Err(InputError::at(SOURCE, text, 0..1, message, "paste the lines around one failure"));
    }
    let mut found: Vec<_> = lines.filter_map(|(nth, line)| read(nth + 1, line)).collect();
    // A terminal or a mail may have wrapped the line.
    if found.iter().all(|message| message.reasons.is_empty()) {
        let whole = read(1, text).filter(|message| !message.reasons.is_empty());
        found = whole.map_or(found, |whole| vec![whole]);
    }
    if !found.is_empty() {
        return Ok(found);
    }
    for (words, message, remedy) in OTHER_POLICIES {
        if let Some(at) = text.find(words) {
            return Err(InputError::at(SOURCE, text, at..at + words.len(), *message, *remedy));
        }
    }
    let start = text.len() - text.trim_start().len();
    let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let message = if start == text.len() {
        "there is no message"
    } else {
        "this is no message of Chromium, Firefox or WebKit on cross-origin requests that is known here"
    };
    let remedy = "paste the whole line from the console, such as Access to fetch at '…' from origin '…' has been \
                  blocked by CORS policy: …";
    Err(InputError::at(SOURCE, text, start..end, message, remedy))
}

fn read(line: usize, text: &str) -> Option<ConsoleMessage> {
    let text = text.replace('\u{a0}', " ");
    if let Some(reading) = read_console(&text) {
        let (browser, reasons) = (Some(reading.browser), reasons(&reading, &text));
        return Some(ConsoleMessage { line, browser, reasons, reading: Some(reading) });
    }
    if let Some((_, code)) = NETWORK.iter().find(|(words, _)| text.contains(words)) {
        return Some(ConsoleMessage {
            line,
            browser: Some(Profile::Chromium),
            reasons: vec![code],
            reading: None,
        });
    }
    let (_, browser) = TELL_NOTHING.iter().find(|(words, _)| text.contains(words))?;
    Some(ConsoleMessage { line, browser: *browser, reasons: Vec::new(), reading: None })
}

/// The reasons that a sentence can stand for, as far as its status and our experience tell them apart.
fn reasons(reading: &ConsoleReading, text: &str) -> Vec<&'static str> {
    // Firefox has it for preflights of other tabs too, and mostly means the network.
    if text.contains("(Reason: CORS request did not succeed)") {
        return vec!["transport"];
    }
    let is_redirect = reading.status.map(|status| matches!(status, 301 | 302 | 303 | 307 | 308));
    let fits = |code: &&&str| match (**code, is_redirect) {
        ("preflight-redirect", Some(is_redirect)) => is_redirect,
        ("preflight-status", Some(is_redirect)) => !is_redirect,
        _ => true,
    };
    let mut reasons: Vec<&'static str> = reading.codes.iter().filter(fits).copied().collect();
    if reasons.len() > MAX_REASONS {
        return Vec::new();
    }
    // Where a browser doesn't tell which response was at fault, it is mostly the request's own.
    reasons.sort_by_key(|code| {
        code.strip_prefix("preflight-").is_some_and(|of_request| reading.codes.contains(&of_request))
    });
    reasons
}
