//! A response that a test's page may read.

use std::fmt::Write as _;

use bytes::Bytes;
use crossorigin_verdict::{Record, explanation_in_process};
use http::{HeaderMap, StatusCode};
use url::Url;

use super::fail;
use crate::Response;

/// A response as script reads it: with the headers that it may see, and no others.
#[derive(Debug)]
pub struct SharedResponse {
    record: Record,
    response: Response,
    visible: HeaderMap,
    body: Bytes,
}

impl SharedResponse {
    pub(super) fn new(record: Record, response: Response) -> Self {
        let visible = response.headers().map(|(name, value)| (name.clone(), value.clone())).collect();
        let body = response.body.when_read().cloned().unwrap_or_default();
        Self { record, response, visible, body }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// The headers that script sees.
    pub fn headers(&self) -> &HeaderMap {
        &self.visible
    }

    /// The URL that it came from, after redirects.
    pub fn url(&self) -> &Url {
        &self.response.url
    }

    /// The body. It is empty for a stream of events (`text/event-stream`), which may have no end:
    /// [`into_response`](Self::into_response) reads it as it comes.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body as UTF-8, whatever it is.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Script sees this value of a header: the first, where there are several.
    ///
    /// # Panics
    /// It sees another, or none. It says then what the service sent.
    #[track_caller]
    pub fn expect_header(&self, name: &str, value: &str) -> &Self {
        if self.visible.get(name).is_none_or(|seen| seen.as_bytes() != value.as_bytes()) {
            self.fail(&format!("script sees {name}: {value}"), name);
        }
        self
    }

    /// Script does not see this header, whether the service sends it or not.
    ///
    /// # Panics
    /// It does.
    #[track_caller]
    pub fn expect_hidden(&self, name: &str) -> &Self {
        if self.visible.contains_key(name) {
            self.fail(&format!("script does not see {name}"), name);
        }
        self
    }

    /// What happened and why, step by step.
    pub fn explanation(&self) -> String {
        explanation_in_process(&self.record)
    }

    /// The response as an [`Environment`](crate::Environment) gives it.
    pub fn into_response(self) -> Response {
        self.response
    }

    #[track_caller]
    fn fail(&self, expected: &str, name: &str) -> ! {
        let mut text = format!("expected: {expected}\n");
        for value in self.visible.get_all(name) {
            let _ = writeln!(text, "     got: {name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        if !self.visible.contains_key(name) {
            match self.response.headers.get(name) {
                Some(sent) => {
                    let sent = String::from_utf8_lossy(sent.as_bytes());
                    let _ = writeln!(
                        text,
                        "     got: the service sent {name}: {sent}, and script doesn't see it"
                    );
                    let _ = writeln!(text, "     fix: Access-Control-Expose-Headers: {name}");
                    let _ = writeln!(
                        text,
                        "          (with crossorigin-tower: config.exposed_headers = vec![{name:?}.into()];)"
                    );
                }
                None => {
                    let _ = writeln!(text, "     got: the service did not send {name}");
                }
            }
        }
        let names: Vec<_> = self.visible.keys().map(http::HeaderName::as_str).collect();
        let names = if names.is_empty() { "no header".to_owned() } else { names.join(", ") };
        let _ = write!(text, "script sees {names}\n\n{}", self.explanation());
        fail(text.trim_end());
    }
}
