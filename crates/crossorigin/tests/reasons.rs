//! Every reason for which a fetch ends, reached by the smallest fetch that ends so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "support/fetches.rs"]
mod fetches;

use std::collections::BTreeSet;
use std::time::Duration;

use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, MAX_KEEPALIVE_BYTES, Machine, NetworkErrorReason,
    ResponseHead, Step,
};
use crossorigin::infrastructure::request::{
    BodyKind, CredentialsMode, Destination, InitiatorType, MAX_REQUEST_HEADERS, Mode, RedirectMode, Request,
};
use crossorigin::profiles::Profile;
use fetches::{Answers, B, PAGE, SHARED, headers, outcome, request, run};
use http::{HeaderName, HeaderValue, Method, StatusCode};

const NAMED: (&str, &str) = ("access-control-allow-origin", PAGE);
const REDIRECT: &[(&str, &str)] = &[SHARED, ("location", "/next")];
const METHODS: (&str, &str) = ("access-control-allow-methods", "*");

fn changed(url: &str, mode: Mode, change: impl FnOnce(&mut Request)) -> Request {
    let mut request = request(url, mode);
    change(&mut request);
    request
}

fn by_cors(change: impl FnOnce(&mut Request)) -> Request {
    changed(B, Mode::Cors, change)
}

fn put() -> Request {
    by_cors(|put| put.method = Method::PUT)
}

fn stream(url: &str, mode: Mode) -> Request {
    changed(url, mode, |post| {
        (post.method, post.body, post.initiator_type) =
            (Method::POST, BodyKind::Stream, InitiatorType::Fetch);
    })
}

fn with_credentials(mut request: Request) -> Request {
    request.credentials_mode = CredentialsMode::Include;
    request
}

/// What ends a fetch of a page that embeds only what says that it may be, by a range that another asked for.
fn ends(request: Request, answer: &[(&str, &str)]) -> NetworkErrorReason {
    let mut cache = CorsPreflightCache::default();
    let mut context = Context { cache: &mut cache, now: Duration::ZERO };
    let mut machine = Machine::new(request, EmbedderPolicyValue::RequireCorp, Profile::Standard);
    assert!(matches!(machine.start(&mut context), Step::Send(_)));
    let headers = headers(answer);
    let mut head = ResponseHead::new(StatusCode::PARTIAL_CONTENT, &headers);
    head.range_requested = true;
    outcome(&machine.response(head, &mut context)).unwrap_err()
}

#[test]
fn every_reason_is_reached() {
    let endless: Vec<(u16, &[(&str, &str)])> = vec![(302, REDIRECT); 21];
    let cases: Vec<(&str, Request, Answers<'_>)> = vec![
        ("forbidden-method", by_cors(|get| get.method = Method::TRACE), &[]),
        ("no-cors-method", changed(B, Mode::NoCors, |put| put.method = Method::PUT), &[]),
        ("no-cors-stream", stream(B, Mode::NoCors), &[]),
        (
            "url-credentials",
            changed("https://user@b.example/", Mode::Cors, |get| get.initiator_type = InitiatorType::Fetch),
            &[],
        ),
        (
            "too-many-headers",
            by_cors(|get| {
                for nth in 0..=MAX_REQUEST_HEADERS {
                    let name = HeaderName::from_bytes(format!("x-{nth}").as_bytes()).unwrap();
                    get.headers.append(name, HeaderValue::from_static("1"));
                }
            }),
            &[],
        ),
        ("bad-port", request("https://b.example:25/", Mode::Cors), &[]),
        ("mixed-content", request("http://b.example/", Mode::Cors), &[]),
        ("same-origin-mode", request(B, Mode::SameOrigin), &[]),
        (
            "no-cors-redirect-mode",
            changed(B, Mode::NoCors, |get| get.redirect_mode = RedirectMode::Error),
            &[],
        ),
        ("url-scheme", request("ftp://b.example/", Mode::NoCors), &[]),
        ("blob-url", request("blob:https://a.example/1", Mode::Cors), &[]),
        (
            "keepalive-body",
            by_cors(|post| {
                (post.method, post.body, post.keepalive) = (Method::POST, BodyKind::Replayable, true);
                post.body_bytes = Some(MAX_KEEPALIVE_BYTES + 1);
            }),
            &[],
        ),
        ("preflight-allow-origin-missing", put(), &[(204, &[])]),
        ("preflight-allow-origin-wildcard", with_credentials(put()), &[(204, &[SHARED])]),
        (
            "preflight-allow-origin-mismatch",
            put(),
            &[(204, &[("access-control-allow-origin", "https://b.example")])],
        ),
        ("preflight-allow-credentials", with_credentials(put()), &[(204, &[NAMED])]),
        ("preflight-redirect", put(), &[(308, &[SHARED])]),
        ("preflight-status", put(), &[(404, &[SHARED])]),
        (
            "preflight-allow-methods-syntax",
            put(),
            &[(204, &[SHARED, ("access-control-allow-methods", "a b")])],
        ),
        (
            "preflight-allow-headers-syntax",
            put(),
            &[(204, &[SHARED, METHODS, ("access-control-allow-headers", "a b")])],
        ),
        ("preflight-method", put(), &[(204, &[SHARED])]),
        ("preflight-header", by_cors(|get| get.headers = headers(&[("x-foo", "1")])), &[(204, &[SHARED])]),
        ("transport", request(B, Mode::Cors), &[]),
        ("proxy-authentication", request(B, Mode::Cors), &[(407, &[SHARED])]),
        ("authentication-body", stream(PAGE, Mode::Cors), &[(401, &[])]),
        ("allow-origin-missing", request(B, Mode::Cors), &[(200, &[])]),
        ("allow-origin-wildcard", with_credentials(request(B, Mode::Cors)), &[(200, &[SHARED])]),
        (
            "allow-origin-mismatch",
            request(B, Mode::Cors),
            &[(200, &[("access-control-allow-origin", "null")])],
        ),
        ("allow-credentials", with_credentials(request(B, Mode::Cors)), &[(200, &[NAMED])]),
        (
            "resource-policy",
            request(B, Mode::NoCors),
            &[(200, &[("cross-origin-resource-policy", "same-site")])],
        ),
        (
            "redirect-in-error-mode",
            by_cors(|get| get.redirect_mode = RedirectMode::Error),
            &[(302, REDIRECT)],
        ),
        ("redirect-location", request(B, Mode::Cors), &[(302, &[SHARED, ("location", "http://[")])]),
        ("redirect-scheme", request(B, Mode::Cors), &[(302, &[SHARED, ("location", "ftp://b.example/")])]),
        ("too-many-redirects", request(B, Mode::Cors), &endless),
        (
            "redirect-credentials",
            request(B, Mode::Cors),
            &[(302, &[SHARED, ("location", "https://user@a.example/")])],
        ),
        ("redirect-body", stream(B, Mode::Cors), &[(204, &[SHARED]), (307, REDIRECT)]),
        (
            "script-mime-type",
            changed(B, Mode::NoCors, |get| get.destination = Destination::Script),
            &[(200, &[("content-type", "image/png")])],
        ),
        (
            "nosniff",
            changed(B, Mode::NoCors, |get| get.destination = Destination::Style),
            &[(200, &[("x-content-type-options", "nosniff")])],
        ),
        ("integrity", changed(B, Mode::NoCors, |get| get.has_integrity_metadata = true), &[(200, &[])]),
    ];
    let mut reached = BTreeSet::new();
    for (code, request, answers) in cases {
        let (_, step) = run(request, &mut CorsPreflightCache::default(), answers);
        assert_eq!(outcome(&step).err().map(|reason| reason.code()), Some(code));
        reached.insert(code);
    }
    // What only other pages, service workers and drivers bring about.
    let corp = ("cross-origin-resource-policy", "cross-origin");
    for (code, reason) in [
        ("embedder-policy", ends(request(B, Mode::NoCors), &[])),
        ("unasked-range", ends(request(B, Mode::NoCors), &[corp])),
        ("unexpected-response", {
            let mut cache = CorsPreflightCache::default();
            let mut context = Context { cache: &mut cache, now: Duration::ZERO };
            let mut machine =
                Machine::new(request(B, Mode::Cors), EmbedderPolicyValue::UnsafeNone, Profile::Standard);
            outcome(&machine.response(ResponseHead::new(StatusCode::OK, &headers(&[])), &mut context))
                .unwrap_err()
        }),
    ] {
        assert_eq!(reason.code(), code);
        reached.insert(code);
    }
    assert_eq!(reached, NetworkErrorReason::CODES.iter().copied().collect());
}
