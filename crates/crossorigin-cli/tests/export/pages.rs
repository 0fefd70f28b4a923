//! What pages get from a server, by the user agent's algorithm: the same as from the project's own engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bytes::Bytes;
use crossorigin::infrastructure::request::{CredentialsMode, Mode};
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin_agent::{Agent, Body, FetchRequest, HttpTransport, Transport};
use crossorigin_policy::Site;
use crossorigin_verdict::{Outcome, Record, TransportFailure};
use http::header::{HeaderName, HeaderValue, ORIGIN};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use url::Url;

use crate::cases::{self, Case};

/// Origins beyond that many say nothing new of a policy.
const MOST_ORIGINS: usize = 60;
/// Names and values.
type Headers = &'static [(&'static str, &'static str)];
/// What pages ask with: a method, headers, and whether credentials go along.
const REQUESTS: &[(&str, Headers, bool)] = &[
    ("GET", &[], false),
    ("GET", &[], true),
    ("POST", &[("content-type", "text/plain")], true),
    ("PUT", &[("content-type", "application/json")], true),
    ("PUT", &[], false),
    ("DELETE", &[("x-csrf-token", "1"), ("content-type", "application/json")], false),
    ("M-SEARCH", &[("authorization", "Bearer x")], false),
    ("PATCH", &[("x-a.b", "1")], true),
    ("GET", &[("range", "bytes=5-")], false),
    ("HEAD", &[("x-other", "1")], false),
];
/// Headers of the upstream, which scripts may see where they are exposed.
const EXPOSED: [&str; 2] = ["etag", "x-total"];

/// A fetch by a page.
pub(crate) struct Fetch {
    origin: String,
    url: Url,
    method: Method,
    headers: Headers,
    credentials: bool,
    mode: Mode,
}

impl fmt::Display for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, url, method, headers, credentials, mode } = self;
        write!(f, "{origin} fetches {method} {url} {mode:?} with {headers:?}, credentials: {credentials}")
    }
}

/// Fetches from the origins and at the places of these cases.
pub(crate) fn fetches(cases: &[Case]) -> Vec<Fetch> {
    let origins: BTreeSet<_> = cases
        .iter()
        .filter(|case| case.by_browsers)
        .filter_map(|case| case.headers().get(ORIGIN)?.to_str().ok())
        .filter(|origin| *origin == "null" || is_a_pages(origin))
        .collect();
    let step = origins.len().div_ceil(MOST_ORIGINS).max(1);
    // A page's own place always comes to the same host.
    let places: BTreeMap<_, _> = cases
        .iter()
        .filter(|case| case.by_browsers)
        .filter_map(|case| Some((Url::parse(&case.url()?).ok()?, ())))
        .collect();
    let places: Vec<_> = places.into_keys().collect();
    let mut fetches = Vec::new();
    for (nth, origin) in origins.iter().step_by(step).enumerate() {
        for (which, (method, headers, credentials)) in REQUESTS.iter().enumerate() {
            fetches.push(Fetch {
                origin: (*origin).to_owned(),
                url: places[(nth * REQUESTS.len() + which) * 7 % places.len()].clone(),
                method: method.parse().unwrap(),
                headers,
                credentials: *credentials,
                mode: if which == 0 && nth % 4 == 0 { Mode::NoCors } else { Mode::Cors },
            });
        }
    }
    fetches
}

/// Whether a page can be of that origin: it is spelled as browsers spell it.
fn is_a_pages(origin: &str) -> bool {
    origin.parse::<Origin>().is_ok_and(|parsed| parsed.serialized() == origin)
}

/// What the page gets.
pub(crate) async fn seen(fetch: &Fetch, transport: impl Transport + Clone) -> String {
    let origin = match fetch.origin.as_str() {
        "null" => Origin::opaque(),
        text => text.parse().unwrap(),
    };
    let mut request = FetchRequest::new(fetch.url.clone()).method(fetch.method.clone()).mode(fetch.mode);
    for (name, value) in fetch.headers {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if fetch.credentials {
        request = request.credentials(CredentialsMode::Include);
    }
    if fetch.method == Method::POST {
        request = request.body("x");
    }
    let mut page = Agent::with_transport(transport).environment(origin);
    let (response, record) = page.fetch_recorded(request).await;
    let exposed: Vec<_> = response
        .iter()
        .flat_map(crossorigin_agent::Response::headers)
        .filter(|(name, _)| EXPOSED.contains(&name.as_str()))
        .collect();
    format!("{}, of what is exposed {exposed:?}, after {} requests", outcome(&record), record.exchanges.len())
}

fn outcome(record: &Record) -> String {
    match &record.outcome {
        Outcome::Blocked(reason) => format!("blocked: {}", reason.code()),
        // What can't be reached is the test's own fault.
        Outcome::Unreachable(failure) => format!("unreachable: {}", failure.message),
        other => other.verdict().to_string(),
    }
}

/// To the server.
pub(crate) fn network() -> HttpTransport {
    HttpTransport::default()
}

/// To the project's own engine, in front of the same upstream.
#[derive(Clone)]
pub(crate) struct Engine<'s>(pub(crate) &'s Site);

impl Transport for Engine<'_> {
    fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Body>, TransportFailure>> + Send {
        let answer = cases::whole_answer(self.0, &request);
        let empty = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        async move { Ok(answer.map(|()| empty)) }
    }
}
