//! Answers from a HAR file.

use crossorigin_agent::{Body, Transport};
use crossorigin_inputs::{Recorded, RecordedAnswer};
use crossorigin_verdict::{Exchange, Record, TransportFailure, TransportFailureKind};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use url::{Position, Url};

use super::assume::{is_preflight, permission};
use super::remember::answered;

/// Answers with what was recorded for one fetch.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    recorded: Vec<Recorded>,
}

impl Replay {
    pub(super) fn new(recorded: Vec<Recorded>) -> Self {
        Self { recorded }
    }

    /// What a verdict rests on that the file doesn't hold.
    pub(super) fn told(&self, record: &Record) -> Option<String> {
        let is_assumed = |exchange: &Exchange| {
            let url = exchange.request.url.as_str();
            let is_it = |recorded: &Recorded| recorded.is_preflight && same_url(&recorded.url, url);
            exchange.is_preflight() && exchange.answer.is_ok() && !self.recorded.iter().any(is_it)
        };
        record.exchanges.iter().any(is_assumed).then(|| {
            "no preflight is in the file, but the request went out: it is assumed to have been permitted as asked, as \
             where a browser keeps the permission"
                .to_owned()
        })
    }

    fn answer(
        &mut self,
        request: &Request<Body>,
    ) -> Result<(Version, StatusCode, HeaderMap), TransportFailure> {
        let is_preflight = is_preflight(request.method(), request.headers());
        let url = request.uri().to_string();
        let is_it = |recorded: &Recorded| {
            recorded.is_preflight == is_preflight
                && (is_preflight || recorded.method == *request.method())
                && same_url(&recorded.url, &url)
        };
        match self.recorded.iter().find(|recorded| is_it(recorded)).map(|recorded| &recorded.answer) {
            Some(RecordedAnswer::Head { version, status, headers }) => {
                Ok((*version, *status, headers.clone()))
            }
            Some(RecordedAnswer::Missing(why)) => Err(withheld(why)),
            None if is_preflight && self.recorded.iter().any(|recorded| was_sent(recorded, &url)) => {
                Ok((Version::HTTP_11, StatusCode::NO_CONTENT, permission(request.headers())))
            }
            _ => Err(withheld("")),
        }
    }
}

/// Whether a browser went on to the request itself.
fn was_sent(recorded: &Recorded, url: &str) -> bool {
    !recorded.is_preflight
        && same_url(&recorded.url, url)
        && matches!(recorded.answer, RecordedAnswer::Head { .. })
}

/// Whether it was sent for this URL: requests have no fragments, and no users.
fn same_url(recorded: &Url, asked: &str) -> bool {
    let (before, behind) =
        (&recorded[..Position::BeforeUsername], &recorded[Position::BeforeHost..Position::AfterQuery]);
    asked.split('#').next().and_then(|asked| asked.strip_prefix(before)) == Some(behind)
}

fn withheld(why: &str) -> TransportFailure {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    TransportFailure::new(
        TransportFailureKind::Aborted,
        format!("the file holds no answer to this request{why}: browsers leave some out that they blocked"),
    )
}

impl Transport for Replay {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        self.answer(&request).map(|(version, status, headers)| answered(version, status, headers))
    }
}
