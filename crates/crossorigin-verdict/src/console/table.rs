//! What consoles print, word for word. These sentences are the browsers' own, quoted so that people can find
//! them again.

use crossorigin::profiles::Profile;

use super::{chromium, firefox, webkit};

/// One sentence of one console. What stands in braces is filled in by [`Facts`](super::Facts); see
/// [`PARTS`] for those that stand for other text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence {
    /// Whose console.
    pub(super) browser: Profile,
    /// The reasons for which it is printed.
    pub(super) codes: &'static [&'static str],
    /// Which of these, where that decides.
    pub(super) when: When,
    /// The sentence.
    pub(super) text: &'static str,
    /// Where it is to be found.
    pub(super) source: &'static str,
}

/// What beside the reason decides which sentence is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Nothing.
    Always,
    /// The value has a comma or a space.
    SeveralValues,
    /// The value is no URL.
    InvalidValue,
    /// The value is one URL, or null.
    OneValue,
    /// The header stands in several lines.
    SeveralLines,
    /// The header stands in one line.
    OneLine,
    /// The value has a comma.
    Comma,
    /// The value has none.
    NoComma,
    /// Script asked by `fetch()`.
    Fetch,
    /// Script asked by `fetch()`, `XMLHttpRequest` or `EventSource`, whose name is known.
    Script,
    /// An image was asked for.
    Image,
    /// A classic script was asked for.
    ClassicScript,
    /// A script was asked for, by CORS.
    ScriptByCors,
    /// A style sheet was asked for, by CORS.
    StylesheetByCors,
    /// A style sheet was asked for.
    Stylesheet,
    /// It was asked for by CORS.
    ByCors,
    /// A text track was asked for.
    Track,
    /// The redirect leads to a URL of this scheme.
    ToScheme(&'static str),
    /// The redirect, if there is one, leads to one of another scheme.
    ToOtherSchemes(&'static str),
    /// The redirect leads to one of another scheme; or script asked for it, but not by `fetch()`.
    OtherSchemes(&'static str),
    /// The connection failed in this way.
    Transport(&'static str),
}

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
