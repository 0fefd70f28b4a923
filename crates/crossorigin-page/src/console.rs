//! What a page's console prints.

use serde::Serialize;

/// One line of a page's console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// Where it comes from.
    pub kind: Kind,
    /// How serious it is.
    pub level: Level,
    /// What it says.
    pub text: String,
    /// The URL that it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why a request failed: a code of the catalogue of reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `console.log` and the like.
    Console,
    /// An exception or a rejection that nobody caught.
    Exception,
    /// A request that failed, in the words of the profile's browser.
    Network,
}

/// How serious a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `console.debug`.
    Debug,
    /// `console.log`.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, and all that fails.
    Error,
}

impl Level {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "warn" => Self::Warn,
            "error" => Self::Error,
            _ => Self::Log,
        }
    }
}
