//! Whole traces: every step that a fetch takes, in order, with its number and what it came to.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::time::Duration;

use crossorigin::fetching::trace::{Event, TraceStep};
use crossorigin::fetching::{Context, CorsPreflightCache, EmbedderPolicyValue, Machine, ResponseHead, Step};
use crossorigin::infrastructure::request::{BodyKind, CredentialsMode, Destination, Mode, Request};
use crossorigin::profiles::Profile;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

const B: &str = "https://b.example/";
type Pairs = &'static [(&'static str, &'static str)];
const SHARED: (&str, &str) = ("access-control-allow-origin", "*");
const NAMED: (&str, &str) = ("access-control-allow-origin", "https://a.example");

fn headers(pairs: Pairs) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

fn request(url: &str, change: impl FnOnce(&mut Request)) -> Request {
    let mut request = Request::new("https://a.example".parse().unwrap(), url.parse().unwrap());
    (request.mode, request.unsafe_request) = (Mode::Cors, true);
    change(&mut request);
    request
}

fn trace(request: Request, cache: &mut CorsPreflightCache, answers: &[(u16, Pairs)]) -> String {
    let mut context = Context { cache, now: Duration::ZERO };
    let mut machine: Machine<Vec<TraceStep>> =
        Machine::traced(request, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
    let (mut step, mut answers) = (machine.start(&mut context), answers.iter());
    while let Step::Send(_) = step {
        step = match answers.next() {
            Some((status, pairs)) => {
                let (status, head) = (StatusCode::from_u16(*status).unwrap(), headers(pairs));
                machine.response(ResponseHead::new(status, &head), &mut context)
            }
            None => machine.transport_failed(&mut context),
        };
    }
    let mut text = String::new();
    for TraceStep { step, event, .. } in machine.into_trace() {
        writeln!(text, "{step}: {event}").unwrap();
    }
    text
}

macro_rules! assert_trace {
    ($trace:expr, $($line:literal)*) => {
        assert_eq!($trace, concat!($($line, "\n"),*));
    };
}
#[test]
fn a_safelisted_get() {
    let request = request(B, |_| {});
    let trace = trace(
        request,
        &mut CorsPreflightCache::default(),
        &[(200, &[SHARED, ("access-control-expose-headers", "etag, x-foo")])],
    );
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides; method and headers need no preflight"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "CORS check, step 3: Access-Control-Allow-Origin is *: everyone may read what comes without credentials"
        "HTTP fetch, step 4.4: the CORS check passes"
        "HTTP fetch, step 4.5: its timing is withheld"
        "main fetch, step 14.1: script may see these headers, too: etag, x-foo"
        "main fetch, step 14.2: script gets a response of type cors"
    );
}

#[test]
fn the_pages_own() {
    let request = request("https://a.example/", |get| get.headers = headers(&[("cookie", "a=b")]));
    let trace = trace(request, &mut CorsPreflightCache::default(), &[(200, &[])]);
    assert_trace!(
        trace,
        "Headers append, step 2: script can't set cookie: taken out"
        "main fetch, step 12: the URL is of the page's own origin: no permission is needed"
        "HTTP fetch, step 4.3: the request is sent, with credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "HTTP fetch, step 4.5: its timing may be seen"
        "main fetch, step 14.2: script gets a response of type basic"
    );
}

#[test]
fn a_preflight_that_permits() {
    let request = request(B, |put| {
        (put.method, put.credentials_mode) = (Method::PUT, CredentialsMode::Include);
        put.headers = headers(&[("x-foo", "1"), ("authorization", "x")]);
    });
    let trace = trace(
        request,
        &mut CorsPreflightCache::default(),
        &[
            (
                204,
                &[
                    NAMED,
                    ("access-control-allow-credentials", "true"),
                    ("access-control-allow-methods", "PUT"),
                    ("access-control-allow-headers", "x-foo, authorization"),
                    ("access-control-max-age", "10"),
                ],
            ),
            (200, &[NAMED, ("access-control-allow-credentials", "true")]),
        ],
    );
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides, and a preflight is needed: the method PUT is not safelisted; the headers authorization, x-foo are not safelisted"
        "HTTP fetch, step 4.1: the preflight cache does not hold the permission"
        "CORS-preflight fetch, step 6: the preflight is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 204 No Content"
        "CORS check, step 4: Access-Control-Allow-Origin is https://a.example, as the request's origin"
        "CORS check, step 7: Access-Control-Allow-Credentials is true"
        "CORS-preflight fetch, step 7: the CORS check passes"
        "CORS-preflight fetch, step 7: the preflight's status 204 is from 200 to 299"
        "CORS-preflight fetch, step 7.5: the method PUT is listed"
        "CORS-preflight fetch, step 7.6: the header authorization is listed"
        "CORS-preflight fetch, step 7.7: the header x-foo is listed"
        "CORS-preflight fetch, step 7.15: the preflight cache keeps PUT, x-foo, authorization for 10 s"
        "HTTP fetch, step 4.3: the request is sent, with credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "CORS check, step 4: Access-Control-Allow-Origin is https://a.example, as the request's origin"
        "CORS check, step 7: Access-Control-Allow-Credentials is true"
        "HTTP fetch, step 4.4: the CORS check passes"
        "HTTP fetch, step 4.5: its timing is withheld"
        "main fetch, step 14.2: script gets a response of type cors"
    );
}

#[test]
fn a_preflight_that_does_not() {
    let request = request(B, |put| put.method = Method::PUT);
    let trace = trace(
        request,
        &mut CorsPreflightCache::default(),
        &[(204, &[SHARED, ("access-control-allow-methods", "GET")])],
    );
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides, and a preflight is needed: the method PUT is not safelisted"
        "HTTP fetch, step 4.1: the preflight cache does not hold the permission"
        "CORS-preflight fetch, step 6: the preflight is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 204 No Content"
        "CORS check, step 3: Access-Control-Allow-Origin is *: everyone may read what comes without credentials"
        "CORS-preflight fetch, step 7: the CORS check passes"
        "CORS-preflight fetch, step 7: the preflight's status 204 is from 200 to 299"
        "CORS-preflight fetch, step 7.5: network error: Access-Control-Allow-Methods does not list the method; add it, in the same case"
        "main fetch, step 12: what the preflight cache held for the request is forgotten"
    );
}

#[test]
fn a_wildcard_with_credentials() {
    let request = request(B, |get| get.credentials_mode = CredentialsMode::Include);
    let trace = trace(request, &mut CorsPreflightCache::default(), &[(200, &[SHARED])]);
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides; method and headers need no preflight"
        "HTTP fetch, step 4.3: the request is sent, with credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "HTTP fetch, step 4.4: the CORS check fails: Access-Control-Allow-Origin is * for a request with credentials; send the request's origin"
        "CORS check, step 4: network error: the response: Access-Control-Allow-Origin is * for a request with credentials; send the request's origin"
    );
}

#[test]
fn credentials_not_allowed() {
    let request = request(B, |get| get.credentials_mode = CredentialsMode::Include);
    let trace = trace(request, &mut CorsPreflightCache::default(), &[(200, &[NAMED])]);
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides; method and headers need no preflight"
        "HTTP fetch, step 4.3: the request is sent, with credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "CORS check, step 4: Access-Control-Allow-Origin is https://a.example, as the request's origin"
        "HTTP fetch, step 4.4: the CORS check fails: Access-Control-Allow-Credentials is missing; send true"
        "CORS check, step 8: network error: the response: Access-Control-Allow-Credentials is missing; send true"
    );
}

#[test]
fn a_redirect_to_a_third() {
    let request = request(B, |post| {
        (post.method, post.body) = (Method::POST, BodyKind::Replayable);
        post.headers = headers(&[("authorization", "x")]);
    });
    let trace = trace(
        request,
        &mut CorsPreflightCache::default(),
        &[
            (204, &[SHARED, ("access-control-allow-headers", "authorization")]),
            (303, &[SHARED, ("location", "https://c.example/")]),
            (200, &[NAMED]),
        ],
    );
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides, and a preflight is needed: the header authorization is not safelisted"
        "HTTP fetch, step 4.1: the preflight cache does not hold the permission"
        "CORS-preflight fetch, step 6: the preflight is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 204 No Content"
        "CORS check, step 3: Access-Control-Allow-Origin is *: everyone may read what comes without credentials"
        "CORS-preflight fetch, step 7: the CORS check passes"
        "CORS-preflight fetch, step 7: the preflight's status 204 is from 200 to 299"
        "CORS-preflight fetch, step 7.5: the method POST is safelisted, and needs no listing"
        "CORS-preflight fetch, step 7.6: the header authorization is listed"
        "CORS-preflight fetch, step 7.15: the preflight cache keeps authorization for 5 s"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 303 See Other"
        "CORS check, step 3: Access-Control-Allow-Origin is *: everyone may read what comes without credentials"
        "HTTP fetch, step 4.4: the CORS check passes"
        "HTTP fetch, step 4.5: its timing is withheld"
        "HTTP-redirect fetch, step 18: a redirect leads to https://c.example/; the method becomes GET; Authorization is left behind; from here on the origin is sent as null"
        "main fetch, step 12: another origin, so CORS decides; method and headers need no preflight"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "HTTP fetch, step 4.4: the CORS check fails: Access-Control-Allow-Origin is \"https://a.example\"; send the request's origin, byte for byte and once"
        "CORS check, step 4: network error: the response: Access-Control-Allow-Origin is \"https://a.example\"; send the request's origin, byte for byte and once"
        "main fetch, step 12: what the preflight cache held for the request is forgotten"
    );
}

#[test]
fn an_image() {
    let request = request(B, |get| (get.mode, get.destination) = (Mode::NoCors, Destination::Image));
    let trace = trace(
        request,
        &mut CorsPreflightCache::default(),
        &[(200, &[("cross-origin-resource-policy", "same-site")])],
    );
    assert_trace!(
        trace,
        "main fetch, step 12: the no-cors mode: the request goes out, its response stays opaque"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "HTTP fetch, step 4.5: its timing is withheld"
        "HTTP fetch, step 5: the resource policy keeps it from the page"
        "cross-origin resource policy check, step 3: network error: Cross-Origin-Resource-Policy keeps the response from this page"
    );
}

#[test]
fn an_insecure_image() {
    let request =
        request("http://b.example/", |get| (get.mode, get.destination) = (Mode::NoCors, Destination::Image));
    let trace = trace(request, &mut CorsPreflightCache::default(), &[(200, &[("timing-allow-origin", "*")])]);
    assert_trace!(
        trace,
        "main fetch, step 6: the page is secure, so that https://b.example/ is asked for by https"
        "main fetch, step 12: the no-cors mode: the request goes out, its response stays opaque"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "HTTP fetch, step 4.5: its timing may be seen"
        "HTTP fetch, step 5: the resource policy lets the page embed it"
        "main fetch, step 14.2: script gets a response of type opaque"
    );
}

#[test]
fn an_insecure_fetch() {
    let request = request("http://b.example/", |_| {});
    let trace = trace(request, &mut CorsPreflightCache::default(), &[]);
    assert_trace!(
        trace,
        "main fetch, step 7: network error: a page that came securely asks for an insecure URL; serve it by https"
    );
}

#[test]
fn a_script_of_the_wrong_type() {
    let request = request(B, |get| get.destination = Destination::Script);
    let trace = trace(
        request,
        &mut CorsPreflightCache::default(),
        &[(200, &[SHARED, ("content-type", "image/png")])],
    );
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides; method and headers need no preflight"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "CORS check, step 3: Access-Control-Allow-Origin is *: everyone may read what comes without credentials"
        "HTTP fetch, step 4.4: the CORS check passes"
        "HTTP fetch, step 4.5: its timing is withheld"
        "main fetch, step 14.2: script gets a response of type cors"
        "main fetch, step 20: network error: the response's Content-Type is of an image, audio, video or table; send text/javascript"
    );
}

#[test]
fn a_server_that_is_away() {
    let request = request(B, |_| {});
    let trace = trace(request, &mut CorsPreflightCache::default(), &[]);
    assert_trace!(
        trace,
        "main fetch, step 12: another origin, so CORS decides; method and headers need no preflight"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.1: network error: the server could not be reached, or did not answer in HTTP"
    );
}

#[test]
fn a_no_cors_request_with_headers() {
    let request = request(B, |get| {
        get.mode = Mode::NoCors;
        get.headers = headers(&[("x-foo", "1"), ("accept", "*/*")]);
    });
    let trace = trace(request, &mut CorsPreflightCache::default(), &[(200, &[])]);
    assert_trace!(
        trace,
        "Headers append, step 3.4: the no-cors mode does not send x-foo: taken out"
        "main fetch, step 12: the no-cors mode: the request goes out, its response stays opaque"
        "HTTP fetch, step 4.3: the request is sent, without credentials"
        "HTTP-network fetch, step 8.5: a response came: 200 OK"
        "HTTP fetch, step 4.5: its timing is withheld"
        "HTTP fetch, step 5: the resource policy lets the page embed it"
        "main fetch, step 14.2: script gets a response of type opaque"
    );
}

#[test]
fn why_there_is_a_preflight() {
    let event = |method: Option<Method>, names: &[&'static str], upload_listener, streams| {
        let header_names = names.iter().map(|name| HeaderName::from_static(name)).collect();
        Event::CorsWithPreflight { method, header_names, upload_listener, streams }.to_string()
    };
    for (event, why) in [
        (event(Some(Method::PUT), &[], false, false), "the method PUT is not safelisted"),
        (event(None, &["x-foo"], false, false), "the header x-foo is not safelisted"),
        (event(None, &[], true, false), "there are listeners for upload progress"),
        (event(None, &[], false, true), "the body is a stream"),
        // Some browsers go on to ask when nothing is left to ask for.
        (event(None, &[], false, false), "it was on an earlier hop"),
    ] {
        assert_eq!(event, format!("another origin, so CORS decides, and a preflight is needed: {why}"));
    }
}

#[test]
fn with_credentials_the_wildcard_exposes_nothing() {
    for (mode, list, told) in [
        (CredentialsMode::Include, "*", "Access-Control-Expose-Headers shows nothing more"),
        (CredentialsMode::Include, "etag, *", "script may see these headers, too: etag"),
        (CredentialsMode::Omit, "*", "script may see these headers, too: *"),
        (CredentialsMode::Omit, "", "Access-Control-Expose-Headers shows nothing more"),
    ] {
        let request = request(B, |get| get.credentials_mode = mode);
        let mut cache = CorsPreflightCache::default();
        let mut context = Context { cache: &mut cache, now: Duration::ZERO };
        let mut machine: Machine<Vec<TraceStep>> =
            Machine::traced(request, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
        machine.start(&mut context);
        let mut head = headers(&[NAMED, ("access-control-allow-credentials", "true")]);
        head.insert("access-control-expose-headers", HeaderValue::from_static(list));
        machine.response(ResponseHead::new(StatusCode::OK, &head), &mut context);
        let trace = machine.into_trace();
        let step = trace.iter().find(|step| matches!(step.event, Event::Exposed(_))).unwrap();
        assert_eq!(step.event.to_string(), told, "{mode:?} {list}");
    }
}
