//! Whole fetches, run on scripted answers.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::time::Duration;

use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, HttpRequest, Machine, NetworkErrorReason, ResponseHead,
    ResponseType, Step,
};
use crossorigin::infrastructure::request::{Mode, Request};
use crossorigin::profiles::Profile;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub(crate) const PAGE: &str = "https://a.example";
pub(crate) const B: &str = "https://b.example/";
pub(crate) const SHARED: (&str, &str) = ("access-control-allow-origin", "*");

pub(crate) fn request(url: &str, mode: Mode) -> Request {
    let mut request = Request::new(PAGE.parse().unwrap(), url.parse().unwrap());
    request.mode = mode;
    request.unsafe_request = true;
    request
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

pub(crate) type Answers<'a> = &'a [(u16, &'a [(&'a str, &'a str)])];

/// Runs a fetch to its end on these answers, in turn, and says what was sent.
pub(crate) fn run(
    request: Request,
    cache: &mut CorsPreflightCache,
    answers: Answers<'_>,
) -> (Vec<HttpRequest>, Step) {
    let mut context = Context { cache, now: Duration::from_secs(1) };
    let mut machine = Machine::new(request, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
    let (mut sent, mut step) = (Vec::new(), machine.start(&mut context));
    let mut answers = answers.iter();
    while let Step::Send(http_request) = step {
        sent.push(*http_request);
        step = match answers.next() {
            Some((status, pairs)) => {
                let (status, headers) = (StatusCode::from_u16(*status).unwrap(), headers(pairs));
                machine.response(ResponseHead::new(status, &headers), &mut context)
            }
            None => machine.transport_failed(&mut context),
        };
    }
    assert!(answers.next().is_none(), "every answer is used: {step:?}");
    (sent, step)
}

pub(crate) fn outcome(step: &Step) -> Result<ResponseType, NetworkErrorReason> {
    match step {
        Step::Response(response) => Ok(response.response_type()),
        Step::NetworkError(reason) => Err(reason.clone()),
        Step::Send(_) | Step::ReadDataUrl(_) => panic!("the fetch is not over: {step:?}"),
    }
}

/// The reason that a fetch ends with, if any, and the URLs that were asked.
pub(crate) fn ending(
    request: Request,
    answers: Answers<'_>,
) -> (Result<ResponseType, NetworkErrorReason>, Vec<String>) {
    let (sent, step) = run(request, &mut CorsPreflightCache::default(), answers);
    (outcome(&step), sent.iter().map(|sent| sent.url.to_string()).collect())
}
