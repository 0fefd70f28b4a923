//! What consoles print, word for word. These sentences are the browsers' own, quoted so that people can find
//! them again.

use super::sentence::Sentence;
use super::{chromium, firefox, webkit};

/// Text that stands for a name in braces: all ways it can read, the first where nothing else decides. What else a
/// part may be is what older versions print, and what people leave out when they quote.
pub(super) const PARTS: &[(&str, &[&str])] = &[
    (
        "blocked",
        &[
            "Access to {kind} at '{url}' {redirected}from origin '{origin}' has been blocked by CORS policy: ",
            "",
        ],
    ),
    ("preflight", &["Response to preflight request doesn't pass access control check: "]),
    ("redirected", &["", "(redirected from '{first_url}') "]),
    (
        "credentials_hint",
        &[
            "",
            " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute.",
        ],
    ),
    (
        "value_hint",
        &[
            "",
            " Have the server send the header with a valid value.",
            " Have the server send the header with a valid value, or, if an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
        ],
    ),
    (
        "missing_hint",
        &[
            "",
            " If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.",
        ],
    ),
    (
        "disallows",
        &["Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "],
    ),
    // Versions before 2022 print no status.
    ("firefox_status", &[" Status code: {status}.", ""]),
    ("webkit_status", &[". Status code: {status}", ".", ""]),
    (
        "redirection",
        &["", "Cross-origin redirection to {location} denied by Cross-Origin Resource Sharing policy: "],
    ),
];

/// Every sentence of every console.
pub(super) fn sentences() -> impl Iterator<Item = &'static Sentence> {
    [chromium::SENTENCES, firefox::SENTENCES, webkit::SENTENCES].into_iter().flatten()
}
