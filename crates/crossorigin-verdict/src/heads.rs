//! Heads of requests and responses as text.

use crossorigin::fetching::Purpose;
use http::header::HOST;
use http::{HeaderMap, HeaderName, Version};

use crate::record::{AnswerHead, Exchange};

impl Exchange {
    /// Whether it asked for permission.
    pub fn is_preflight(&self) -> bool {
        self.request.purpose == Purpose::Preflight
    }

    /// The head of the request, a line each: the request line, `Host`, and all headers in the order in which they
    /// went out. What else the connection adds by itself, such as `Content-Length`, is there where it was recorded.
    pub fn request_lines(&self) -> Vec<String> {
        let url = &self.request.url;
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let is_http_2 = self.is_http_2();
        let version = if is_http_2 { "HTTP/2" } else { "HTTP/1.1" };
        let mut lines = vec![format!("{} {target} {version}", self.request.method)];
        if !self.sent_headers.contains_key(HOST) {
            let name = if is_http_2 { ":authority" } else { "host" };
            lines.push(format!("{name}: {}", &url[url::Position::BeforeHost..url::Position::AfterPort]));
        }
        lines.extend(header_lines(&self.sent_headers));
        lines
    }

    /// Whether it went over HTTP/2, as far as the answer tells.
    pub(crate) fn is_http_2(&self) -> bool {
        self.answer.as_ref().is_ok_and(|answer| answer.version == Version::HTTP_2)
    }
}

impl AnswerHead {
    /// The head, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.status_line()];
        lines.extend(header_lines(&self.headers));
        lines
    }

    /// The first line.
    pub fn status_line(&self) -> String {
        let line = format!("{} {}", version(self.version), self.status.as_u16());
        match self.status.canonical_reason() {
            Some(reason) if self.version < Version::HTTP_2 => format!("{line} {reason}"),
            _ => line,
        }
    }
}

fn header_lines(headers: &HeaderMap) -> impl Iterator<Item = String> {
    headers.iter().map(|(name, value)| header_line(name, value.as_bytes()))
}

/// One header as a line; what a terminal might act upon is spelled out.
pub(crate) fn header_line(name: &HeaderName, value: &[u8]) -> String {
    format!("{name}: {}", printable(value))
}

/// Text in which what a terminal might act upon is spelled out.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for letter in String::from_utf8_lossy(bytes).chars() {
        if letter.is_control() {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text
}

/// All lines of a header as one value, as the algorithm reads them; `None` without one.
pub(crate) fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).collect();
    (!lines.is_empty()).then(|| lines.join(&b", "[..]))
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}
