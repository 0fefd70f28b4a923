//! One sentence of one console, and when it is printed.

use crossorigin::profiles::Profile;

/// One sentence of one console. What stands in braces is filled in by [`Facts`](super::Facts); see
/// [`PARTS`](super::table::PARTS) for those that stand for other text.
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
