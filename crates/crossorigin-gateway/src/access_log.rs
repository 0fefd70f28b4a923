//! One line in the log for each request, when it has ended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::ORIGIN;
use http::{HeaderValue, Method, StatusCode, Uri, request};

use crate::ledger::Ledger;

/// The log's line of one request, and its end in the ledger: both happen when it is dropped, also when the
/// client has left.
#[derive(Debug)]
pub(crate) struct Exchange {
    ledger: Arc<Ledger>,
    line: Option<Box<Line>>,
}

#[derive(Debug)]
struct Line {
    began: Instant,
    peer: SocketAddr,
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
    origin: Option<HeaderValue>,
    status: Option<StatusCode>,
    sent: u64,
    end: End,
    note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client left before.
    Open,
    Whole,
    Broken,
}

impl Exchange {
    pub(crate) fn begin(ledger: Arc<Ledger>, peer: SocketAddr, request: &request::Parts) -> Self {
        let line = tracing::enabled!(target: "crossorigin::access", tracing::Level::INFO).then(|| {
            Box::new(Line {
                began: Instant::now(),
                peer,
                method: request.method.clone(),
                uri: request.uri.clone(),
                host: request.headers.get(http::header::HOST).cloned(),
                origin: request.headers.get(ORIGIN).cloned(),
                status: None,
                sent: 0,
                end: End::Open,
                note: String::new(),
            })
        });
        Self { ledger, line }
    }

    pub(crate) fn answered(&mut self, status: StatusCode, is_bodiless: bool) {
        if let Some(line) = &mut self.line {
            line.status = Some(status);
            if is_bodiless {
                line.end = End::Whole;
            }
        }
    }

    /// Adds to the line why the answer is what it is.
    pub(crate) fn note(&mut self, note: &str) {
        if let Some(line) = &mut self.line {
            line.note = note.to_owned();
        }
    }

    pub(crate) fn sent(&mut self, bytes: usize, is_whole: bool) {
        if let Some(line) = &mut self.line {
            line.sent += bytes as u64;
            if is_whole {
                line.end = End::Whole;
            }
        }
    }

    pub(crate) fn broken(&mut self, error: &(dyn std::error::Error + 'static)) {
        tracing::warn!(error = %crate::proxy::causes(error), "a response broke off; its connection is closed");
        if let Some(line) = &mut self.line {
            line.end = End::Broken;
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.ledger.end();
        let Some(line) = &self.line else { return };
        let text = |value: &Option<HeaderValue>| {
            value.as_ref().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        tracing::info!(
            target: "crossorigin::access",
            peer = %line.peer,
            method = %line.method,
            uri = %line.uri,
            host = text(&line.host),
            origin = text(&line.origin),
            status = line.status.map(|status| status.as_u16()),
            bytes = line.sent,
            milliseconds = u64::try_from(line.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            end = match line.end {
                End::Open => "client left",
                End::Whole => "whole",
                End::Broken => "broken",
            },
            note = (!line.note.is_empty()).then_some(line.note.as_str()),
        );
    }
}
