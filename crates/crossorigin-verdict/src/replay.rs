//! The algorithm once more, over the responses that a record holds.

use std::time::Duration;

use crossorigin::fetching::trace::Event;
use crossorigin::fetching::{
    Context, CorsPreflightCache, HttpRequest, Machine, Purpose, ResponseHead, ResponseType, Step,
};
use crossorigin::infrastructure::request::Request;
use crossorigin::profiles::Profile;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode, Version};

use crate::record::{AnswerHead, Exchange, Outcome, Record};

/// Where a fetch came to over responses that are known already.
pub(crate) struct Replay {
    /// What was asked and answered, as far as it went.
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) end: ReplayEnd,
    /// The request as it stands at the end.
    pub(crate) request: Request,
}

pub(crate) enum ReplayEnd {
    /// It ended.
    Over(Outcome),
    /// It would send what was never answered.
    Unanswered(Box<HttpRequest>),
}

/// The same fetch as another browser would have done it; `None` where it would have asked what was not asked.
pub(crate) fn replay_as(record: &Record, profile: Profile) -> Option<Record> {
    let replay = replay(record, profile, &record.exchanges);
    match replay.end {
        ReplayEnd::Over(outcome) => {
            Some(Record { profile, exchanges: replay.exchanges, outcome, ..record.clone() })
        }
        ReplayEnd::Unanswered(_) => None,
    }
}

/// Runs the algorithm over these exchanges.
pub(crate) fn replay(record: &Record, profile: Profile, known: &[Exchange]) -> Replay {
    let mut cache = CorsPreflightCache::default();
    let mut context = Context { cache: &mut cache, now: Duration::ZERO };
    let mut machine = Machine::new(record.request.clone(), record.embedder_policy, profile);
    let had_permission = record.steps.iter().any(|step| step.event == Event::PermissionCached);
    let mut exchanges = Vec::new();
    let mut step = machine.start(&mut context);
    // Each turn consumes an exchange, or ends.
    let mut used = vec![false; known.len()];
    let end = loop {
        let sent = match step {
            Step::Send(sent) => sent,
            Step::ReadDataUrl(_) => {
                break ReplayEnd::Over(record.outcome.clone());
            }
            Step::Response(filtered) => {
                let opaque =
                    matches!(filtered.response_type(), ResponseType::Opaque | ResponseType::OpaqueRedirect);
                break ReplayEnd::Over(if opaque {
                    Outcome::Opaque(filtered)
                } else {
                    Outcome::Shared(filtered)
                });
            }
            Step::NetworkError(reason) => break ReplayEnd::Over(Outcome::Blocked(reason)),
        };
        let answers = |nth: &usize| {
            let asked = &known[*nth].request;
            !used[*nth]
                && asked.purpose == sent.purpose
                && asked.method == sent.method
                && asked.url == sent.url
        };
        let exchange = match (0..known.len()).find(answers) {
            Some(nth) => {
                used[nth] = true;
                Exchange { request: (*sent).clone(), ..known[nth].clone() }
            }
            // What the cache permitted then is not known here: the preflight is answered as it must have been.
            None if had_permission && sent.purpose == Purpose::Preflight => Exchange {
                sent_headers: sent.headers.clone(),
                answer: Ok(permission(&sent)),
                request: (*sent).clone(),
            },
            None => break ReplayEnd::Unanswered(sent),
        };
        step = match &exchange.answer {
            Ok(answer) => {
                let mut head = ResponseHead::new(answer.status, &answer.headers);
                head.range_requested = exchange.request.headers.contains_key(RANGE);
                machine.response(head, &mut context)
            }
            Err(failure) => {
                let failure = failure.clone();
                exchanges.push(exchange);
                break ReplayEnd::Over(Outcome::Unreachable(failure));
            }
        };
        exchanges.push(exchange);
    };
    Replay { exchanges, end, request: machine.request().clone() }
}

/// The answer to a preflight that permits all that it asks for.
fn permission(preflight: &HttpRequest) -> AnswerHead {
    let mut headers = HeaderMap::new();
    for (asked, answered) in [
        (ORIGIN, ACCESS_CONTROL_ALLOW_ORIGIN),
        (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
        (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
    ] {
        if let Some(value) = preflight.headers.get(asked) {
            headers.insert(answered, value.clone());
        }
    }
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    AnswerHead { version: Version::HTTP_11, status: StatusCode::NO_CONTENT, headers }
}
