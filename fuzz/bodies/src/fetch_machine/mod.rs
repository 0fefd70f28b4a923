//! Fetches of any shape, answered in any way, in each browser.

mod naive;

use std::time::Duration;

use crossorigin::fetching::trace::TraceStep;
use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, FilteredResponse, HttpRequest, Machine,
    NetworkErrorReason, ResponseHead, Step,
};
use crossorigin::infrastructure::request::{
    BodyKind, CredentialsMode, Destination, InitiatorType, Mode, RedirectMode, Request,
};
use crossorigin::profiles::Profile;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::tape::Tape;

/// What was sent, and what came back.
pub(crate) struct Exchange {
    sent: HttpRequest,
    answer: Option<(StatusCode, HeaderMap)>,
}

/// How a fetch ended.
pub(crate) enum End {
    Response(FilteredResponse),
    DataUrl,
    Error(NetworkErrorReason),
}

/// No answer makes a fetch go on forever, or hands to script what the answers, read naively, withhold.
pub fn fetch_machine(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let profile = Profile::ALL[tape.below(4)];
    let (mut cache, mut now, mut granted) = (CorsPreflightCache::default(), Duration::ZERO, Vec::new());
    // Several in turn, so that what the cache holds counts.
    for _ in 0..=tape.below(3) {
        let request = request(&mut tape);
        let embedder_policy = [
            EmbedderPolicyValue::UnsafeNone,
            EmbedderPolicyValue::RequireCorp,
            EmbedderPolicyValue::Credentialless,
        ][tape.below(3)];
        now += Duration::from_secs([0, 1, 10][tape.below(3)]);
        let mut context = Context { cache: &mut cache, now };
        let mut machine = Machine::traced(request.clone(), embedder_policy, profile);
        let (exchanges, end) = run(&mut machine, &mut context, &mut tape);
        check_trace(machine.trace(), &exchanges, &end);
        naive::check(&request, profile, &exchanges, &end, &mut granted);
        // What is over stays over.
        let headers = HeaderMap::new();
        let late = machine.response(ResponseHead::new(StatusCode::OK, &headers), &mut context);
        assert!(matches!(late, Step::NetworkError(NetworkErrorReason::UnexpectedResponse)), "{late:?}");
    }
}

fn run(
    machine: &mut Machine<Vec<TraceStep>>,
    context: &mut Context<'_>,
    tape: &mut Tape<'_>,
) -> (Vec<Exchange>, End) {
    let (mut exchanges, mut step) = (Vec::new(), machine.start(context));
    loop {
        let sent = match step {
            Step::Send(sent) => *sent,
            Step::Response(response) => return (exchanges, End::Response(response)),
            Step::NetworkError(reason) => return (exchanges, End::Error(reason)),
            Step::ReadDataUrl(_) => return (exchanges, End::DataUrl),
        };
        let answer = (tape.below(16) != 15).then(|| answer(tape, &sent));
        step = match &answer {
            Some((status, headers)) => {
                let mut head = ResponseHead::new(*status, headers);
                head.range_requested = tape.below(8) == 7;
                machine.response(head, context)
            }
            None => machine.transport_failed(context),
        };
        exchanges.push(Exchange { sent, answer });
        assert!(exchanges.len() <= 42, "twenty redirects, each with a preflight, and no more");
    }
}

/// The trace tells of everything that is sent, and ends as the fetch does.
fn check_trace(trace: &[TraceStep], exchanges: &[Exchange], end: &End) {
    use crossorigin::fetching::trace::Event;
    let sent = trace.iter().filter(|step| matches!(step.event, Event::Sent { .. })).count();
    assert_eq!(sent, exchanges.len(), "{trace:?}");
    let failures: Vec<_> = trace
        .iter()
        .filter_map(|step| match &step.event {
            Event::Failed(reason) => Some((reason, step.step)),
            _ => None,
        })
        .collect();
    match end {
        End::Error(reason) => assert_eq!(failures, [(reason, reason.step())]),
        End::Response(_) | End::DataUrl => assert!(failures.is_empty(), "{failures:?}"),
    }
    for step in trace {
        assert!(!step.event.to_string().is_empty() && step.step.section.url().contains('#'));
    }
}

const ORIGINS: [&str; 5] = [
    "https://a.example",
    "https://b.example",
    "https://sub.a.example",
    "http://a.example",
    "http://localhost",
];

fn request(tape: &mut Tape<'_>) -> Request {
    const URLS: [&str; 12] = [
        "https://b.example/",
        "https://a.example/",
        "https://sub.a.example/",
        "http://b.example/",
        "https://b.example:25/",
        "https://user:word@b.example/",
        "data:,x",
        "blob:https://a.example/1",
        "about:blank",
        "ftp://b.example/",
        "wss://b.example/",
        "data:image/png,x",
    ];
    let origin = tape.one_of(&[ORIGINS[0], ORIGINS[0], ORIGINS[2], ORIGINS[3], ORIGINS[4], "null"]);
    let (origin, url) = (origin.parse(), tape.one_of(&URLS).parse());
    let mut request = Request::new(origin.expect("an origin"), url.expect("a URL"));
    request.mode = [Mode::Cors, Mode::Cors, Mode::NoCors, Mode::SameOrigin, Mode::Navigate, Mode::WebSocket]
        [tape.below(6)];
    request.credentials_mode =
        [CredentialsMode::SameOrigin, CredentialsMode::Include, CredentialsMode::Omit][tape.below(3)];
    request.redirect_mode =
        [RedirectMode::Follow, RedirectMode::Follow, RedirectMode::Manual, RedirectMode::Error]
            [tape.below(4)];
    request.body = [BodyKind::None, BodyKind::Replayable, BodyKind::Stream][tape.below(3)];
    request.destination =
        [Destination::Empty, Destination::Script, Destination::Image, Destination::Style][tape.below(4)];
    let method = tape.one_of(&["GET", "PUT", "POST", "HEAD", "patch", "DELETE", "TRACE"]);
    request.method = Method::from_bytes(method.as_bytes()).expect("a method");
    request.initiator_type =
        [InitiatorType::Other, InitiatorType::Fetch, InitiatorType::XmlHttpRequest][tape.below(3)];
    let flags = tape.byte();
    request.unsafe_request = flags & 1 == 0;
    request.use_cors_preflight = flags & 6 == 6;
    request.has_integrity_metadata = flags & 24 == 24;
    request.keepalive = flags & 32 != 0;
    request.body_bytes = [None, Some(1), Some(1 << 20)][tape.below(3)];
    for _ in 0..tape.below(4) {
        let name =
            tape.one_of(&["x-foo", "authorization", "cookie", "content-type", "accept", "range", "origin"]);
        let value = tape.one_of(&["1", "text/plain", "application/json", "bytes=0-", "a=b", "("]);
        request.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    }
    request
}

fn answer(tape: &mut Tape<'_>, sent: &HttpRequest) -> (StatusCode, HeaderMap) {
    const STATUSES: [u16; 14] = [200, 204, 200, 302, 307, 303, 301, 308, 401, 404, 206, 407, 304, 299];
    // Mostly what lets a fetch go on, for else few get far.
    let status = STATUSES[if tape.below(3) == 0 { tape.below(STATUSES.len()) } else { tape.below(5) }];
    let mut headers = HeaderMap::new();
    let mut append = |name, value: &str| {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    };
    let asked = sent.headers.get("origin").and_then(|value| value.to_str().ok()).unwrap_or("null");
    for _ in 0..[1, 1, 1, 0, 2][tape.below(5)] {
        let other =
            tape.one_of(&["*", "null", "", "https://a.example", "https://A.example", "https://a.example/"]);
        append("access-control-allow-origin", if tape.below(3) == 0 { other } else { asked });
    }
    for _ in 0..[1, 0, 1, 2][tape.below(4)] {
        append("access-control-allow-credentials", tape.one_of(&["true", "true", "True", "false"]));
    }
    for _ in 0..[1, 0, 1, 2][tape.below(4)] {
        append("access-control-allow-methods", tape.one_of(&["*", "PUT, DELETE", "patch", "PUT", "a b", ""]));
    }
    for _ in 0..[1, 0, 1, 2][tape.below(4)] {
        let list = tape.one_of(&["*", "x-foo, authorization", "X-FOO", "content-type", "range", "a b", ""]);
        append("access-control-allow-headers", list);
    }
    if tape.below(3) == 0 {
        append(
            "access-control-max-age",
            tape.one_of(&["5", "0", "-1", "x", "86400", "99999999999999999999", "+5"]),
        );
    }
    if tape.below(2) == 0 {
        append("access-control-expose-headers", tape.one_of(&["*", "x-secret", "set-cookie", "a b"]));
    }
    for _ in 0..[1, 1, 0, 2][tape.below(4)] {
        let path =
            tape.one_of(&["/next", "https://user@c.example/", "data:,x", "https://[", "//b.example:25"]);
        let origin = tape.one_of(&ORIGINS);
        append("location", &if tape.below(4) == 0 { path.to_owned() } else { format!("{origin}/x") });
    }
    append("content-type", tape.one_of(&["text/plain", "image/png", "text/javascript", "text/css"]));
    if tape.below(4) == 0 {
        append("x-content-type-options", "nosniff");
        append("cross-origin-resource-policy", tape.one_of(&["same-origin", "same-site", "cross-origin"]));
    }
    if tape.below(4) == 0 {
        append("referrer-policy", tape.one_of(&["no-referrer", "unsafe-url", "x"]));
    }
    (StatusCode::from_u16(status).expect("a status"), headers)
}
