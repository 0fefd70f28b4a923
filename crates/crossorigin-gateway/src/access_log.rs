//! What becomes of a request: counted when it has ended, and a line in the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crossorigin_policy::{Route, Target};
use http::header::ORIGIN;
use http::{HeaderValue, Method, StatusCode, Uri, request};

use crate::connection::Context;
use crate::metrics::UpstreamError;
use crate::redact::{redacted, redacted_target};
use crate::running::Serving;
use crate::service;

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
            let host = service::host(request).and_then(|host| HeaderValue::from_str(host).ok());
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
        tracing::warn!(error = %crate::proxy::causes(error), "a response broke off; its connection is closed");
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

/// Throws for the log's sample; a worker has its own.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Whether a request is in a sample of this part of all.
    pub(crate) fn is_in(&self, sample: f64) -> bool {
        if sample >= 1.0 {
            return true;
        }
        // SplitMix64: https://doi.org/10.1145/2714064.2660195.
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper 53 bits, as a fraction of 1.
        let thrown = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        thrown < sample
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn a_sample_is_about_its_part_of_all() {
        for (sample, least, most) in
            [(0.0, 0, 0), (0.01, 850, 1_150), (0.5, 49_000, 51_000), (1.0, 100_000, 100_000)]
        {
            for seed in 0..4 {
                let dice = Dice::new(seed);
                let taken = (0..100_000).filter(|_| dice.is_in(sample)).count();
                assert!((least..=most).contains(&taken), "{taken} of 100000 at {sample}, seed {seed}");
            }
        }
    }
}
