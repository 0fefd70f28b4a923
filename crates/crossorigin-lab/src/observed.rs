//! What a page and the servers saw of a case, told by a browser or foretold by the algorithm.

use std::fmt;

use serde::{Deserialize, Serialize};

/// All that is compared of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// What script saw of each request, in turn.
    pub asks: Vec<Seen>,
    /// What went over the wire, in turn.
    pub wire: Vec<Sent>,
}

/// What script saw of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// `error`; the type of a `fetch()`'s response; `load` or `open` for others.
    pub result: String,
    /// The status; 0 where it is hidden.
    pub status: u16,
    /// The names of the scripted headers that script saw, sorted.
    pub headers: Vec<String>,
    /// Whether the body could be read: its text by fetch, the pixels of an image, the rules of a stylesheet, what
    /// a script's error said.
    pub readable: bool,
}

/// What a server saw of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Which hop was asked.
    pub hop: usize,
    /// The method.
    pub method: String,
    /// `Origin`.
    pub origin: Option<String>,
    /// `Access-Control-Request-Method`.
    pub request_method: Option<String>,
    /// `Access-Control-Request-Headers`.
    pub request_headers: Option<String>,
    /// Whether `Authorization` came along.
    pub authorization: bool,
    /// Whether a cookie came along.
    pub cookie: bool,
}

impl fmt::Display for Observed {
    /// What script saw and what was sent, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Seen { result, status, headers, readable } in &self.asks {
            write!(f, "script: {result}")?;
            if *status != 0 {
                write!(f, " {status}")?;
            }
            if *readable {
                f.write_str(" readable")?;
            }
            writeln!(f, " {}", headers.join(" "))?;
        }
        for sent in &self.wire {
            write!(f, "hop {}: {}", sent.hop, sent.method)?;
            for (what, value) in [
                ("origin", &sent.origin),
                ("asks for", &sent.request_method),
                ("with", &sent.request_headers),
            ] {
                if let Some(value) = value {
                    write!(f, ", {what} {value}")?;
                }
            }
            f.write_str(if sent.authorization { ", authorization" } else { "" })?;
            writeln!(f, "{}", if sent.cookie { ", cookie" } else { "" })?;
        }
        Ok(())
    }
}
