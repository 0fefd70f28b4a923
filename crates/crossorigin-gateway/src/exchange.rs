//! What becomes of a request: counted when it has ended, and a line in the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crossorigin_policy::{Route, Target};
use http::header::ORIGIN;
use http::{HeaderValue, Method, StatusCode, Uri, request};

use crate::context::Context;
use crate::request_host;
use crate::running::Serving;
use crate::telemetry::metrics::UpstreamError;
use crate::telemetry::redact::{redacted, redacted_target};

/// The end of one request in the ledger, among the counters and in the log: all happen when it is dropped, also
/// when the client has left.
#[derive(Debug)]
pub(crate) struct Exchange {
    context: Arc<Context>,
    serving: Arc<Serving>,
    /// The place of its route.
    route: Option<usize>,
    is_proxied: bool,
    began: Instant,
    status: Option<StatusCode>,
    sent: u64,
    end: End,
    line: Option<Box<Line>>,
}

/// What only the log wants to know.
#[derive(Debug)]
struct Line {
    peer: SocketAddr,
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
    origin: Option<HeaderValue>,
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
    pub(crate) fn begin(context: Arc<Context>, serving: Arc<Serving>, request: &request::Parts) -> Self {
        let is_logged = tracing::enabled!(target: "crossorigin::access", tracing::Level::INFO)
            && context.local.dice.is_in(serving.log.sample);
        let line = is_logged.then(|| {
            let host = request_host::of(request).and_then(|host| HeaderValue::from_str(host).ok());
            Box::new(Line {
                peer: context.peer,
                method: request.method.clone(),
                uri: request.uri.clone(),
                host: host.or_else(|| request.headers.get(http::header::HOST).cloned()),
                origin: request.headers.get(ORIGIN).cloned(),
                note: String::new(),
            })
        });
        Self {
            context,
            serving,
            route: None,
            is_proxied: false,
            began: Instant::now(),
            status: None,
            sent: 0,
            end: End::Open,
            line,
        }
    }

    /// Its route has been found.
    pub(crate) fn routed(&mut self, route: &Route) {
        self.route = Some(route.index());
        self.is_proxied = matches!(route.target, Target::Upstream(_));
    }

    pub(crate) fn answered(&mut self, status: StatusCode, is_bodiless: bool) {
        self.status = Some(status);
        if is_bodiless {
            self.end = End::Whole;
        }
    }

    /// Adds to the line why the answer is what it is.
    pub(crate) fn note(&mut self, note: &str) {
        if let Some(line) = &mut self.line {
            line.note = note.to_owned();
        }
    }

    /// Its upstream did something wrong.
    pub(crate) fn upstream_error(&self, error: UpstreamError) {
        self.serving.series.route(self.route, self.context.local.number).upstream_error(error);
    }

    pub(crate) fn sent(&mut self, bytes: usize, is_whole: bool) {
        self.sent += bytes as u64;
        if is_whole {
            self.end = End::Whole;
        }
    }

    pub(crate) fn broken(&mut self, error: &(dyn std::error::Error + 'static)) {
        tracing::warn!(error = %crate::errors::causes(error), "a response broke off; its connection is closed");
        self.end = End::Broken;
        if self.is_proxied {
            self.upstream_error(UpstreamError::BodyBrokeOff);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.context.ledger.end();
        let took = self.began.elapsed();
        let counts = self.serving.series.route(self.route, self.context.local.number);
        counts.ended(self.status, took, self.sent);
        let Some(line) = &self.line else { return };
        tracing::info!(
            target: "crossorigin::access",
            peer = %line.peer,
            method = %line.method,
            uri = %redacted_target(&line.uri),
            host = line.host.as_ref().map(told),
            origin = line.origin.as_ref().map(told),
            status = self.status.map(|status| status.as_u16()),
            bytes = self.sent,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            end = match self.end {
                End::Open => "client left",
                End::Whole => "whole",
                End::Broken => "broken",
            },
            note = (!line.note.is_empty()).then_some(line.note.as_str()),
        );
    }
}

fn told(value: &HeaderValue) -> impl tracing::Value + '_ {
    tracing::field::display(redacted(value.as_bytes()))
}
