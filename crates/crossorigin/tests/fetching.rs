//! Whole fetches: what is sent for a request, and what comes of the responses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "only tests use it")]

#[path = "support/fetches.rs"]
mod fetches;

use std::time::Duration;

use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, MAX_KEEPALIVE_BYTES, Machine, NetworkErrorReason,
    Purpose, ResponseHead, ResponseType, Step,
};
use crossorigin::infrastructure::request::{BodyKind, CredentialsMode, Destination, Mode, RedirectMode};
use crossorigin::profiles::Profile;
use fetches::{Answers, B, PAGE, SHARED, ending, headers, outcome, request, run};
use http::{HeaderName, Method, StatusCode};

#[test]
fn modes_decide_how_a_response_is_filtered() {
    use NetworkErrorReason as R;
    let corp = ("cross-origin-resource-policy", "same-origin");
    for (url, mode, answers, expected) in [
        ("https://a.example/x", Mode::Cors, &[(200, &[][..])][..], Ok(ResponseType::Basic)),
        ("https://a.example/x", Mode::SameOrigin, &[(200, &[])], Ok(ResponseType::Basic)),
        (B, Mode::SameOrigin, &[], Err(R::CrossOriginInSameOriginMode)),
        (B, Mode::NoCors, &[(200, &[])], Ok(ResponseType::Opaque)),
        (B, Mode::NoCors, &[(206, &[])], Ok(ResponseType::Opaque)),
        ("http://b.example:6000/", Mode::Cors, &[], Err(R::BadPort)),
        (B, Mode::Cors, &[(302, &[SHARED, ("location", "http://b.example:25/")])], Err(R::BadPort)),
        (B, Mode::Navigate, &[(200, &[corp])], Ok(ResponseType::Basic)),
        (B, Mode::Cors, &[(200, &[SHARED, corp])], Ok(ResponseType::Cors)),
        (B, Mode::Cors, &[(404, &[SHARED])], Ok(ResponseType::Cors)),
        (B, Mode::Cors, &[], Err(R::Transport)),
        ("file:///etc/hosts", Mode::Cors, &[], Err(R::UrlScheme)),
        ("ftp://b.example/", Mode::NoCors, &[], Err(R::UrlScheme)),
    ] {
        let (_, step) = run(request(url, mode), &mut CorsPreflightCache::default(), answers);
        assert_eq!(outcome(&step), expected, "{url} {mode:?} {answers:?}");
    }
    let (_, step) = run(request(B, Mode::NoCors), &mut CorsPreflightCache::default(), &[(200, &[corp])]);
    assert!(matches!(outcome(&step), Err(R::ResourcePolicy(_))));
    let (_, step) = run(request(B, Mode::Cors), &mut CorsPreflightCache::default(), &[(200, &[])]);
    assert!(matches!(outcome(&step), Err(R::CorsCheck(_))));
    for mode in [Mode::Cors, Mode::SameOrigin, Mode::NoCors] {
        let (sent, step) = run(request("data:,x", mode), &mut CorsPreflightCache::default(), &[]);
        assert!(sent.is_empty() && matches!(step, Step::ReadDataUrl(_)), "{mode:?}");
    }
    for (url, redirect_mode, expected) in [
        (B, RedirectMode::Manual, Err(R::NoCorsRedirectMode)),
        (B, RedirectMode::Error, Err(R::NoCorsRedirectMode)),
        (PAGE, RedirectMode::Manual, Ok(ResponseType::Basic)),
    ] {
        let mut request = request(url, Mode::NoCors);
        request.redirect_mode = redirect_mode;
        let answers: Answers<'_> = if expected.is_ok() { &[(200, &[])] } else { &[] };
        assert_eq!(ending(request, answers).0, expected, "{url} {redirect_mode:?}");
    }
}

#[test]
fn permission_is_asked_for_once() {
    let mut put = request(B, Mode::Cors);
    put.method = Method::PUT;
    put.body = BodyKind::Replayable;
    let mut cache = CorsPreflightCache::default();
    let allowed = [SHARED, ("access-control-allow-methods", "PUT")];
    let (sent, step) = run(put.clone(), &mut cache, &[(204, &allowed), (200, &[SHARED])]);
    assert_eq!(outcome(&step), Ok(ResponseType::Cors));
    let purposes: Vec<_> =
        sent.iter().map(|sent| (sent.purpose, sent.method.as_str(), sent.has_body)).collect();
    assert_eq!(purposes, [(Purpose::Preflight, "OPTIONS", false), (Purpose::Actual, "PUT", true)]);
    // The second time the cache answers; a failure then clears it, so that the third asks again.
    let (sent, step) = run(put.clone(), &mut cache, &[(200, &[])]);
    assert!(sent.len() == 1 && outcome(&step).is_err());
    let (sent, step) = run(put, &mut cache, &[(403, &[SHARED])]);
    assert_eq!((sent.len(), outcome(&step)), (1, Err(NetworkErrorReason::PreflightStatus(403))));
}

#[test]
fn credentials_go_where_they_may() {
    use CredentialsMode::{Include, Omit, SameOrigin};
    for (url, mode, credentials_mode, included) in [
        ("https://a.example/", Mode::Cors, SameOrigin, true),
        ("https://a.example/", Mode::Cors, Omit, false),
        (B, Mode::Cors, SameOrigin, false),
        (B, Mode::Cors, Include, true),
        (B, Mode::NoCors, Include, true),
        (B, Mode::NoCors, SameOrigin, false),
    ] {
        let mut request = request(url, mode);
        request.credentials_mode = credentials_mode;
        let (sent, _) = run(request, &mut CorsPreflightCache::default(), &[]);
        assert_eq!(sent[0].includes_credentials, included, "{url} {mode:?} {credentials_mode:?}");
    }
}

#[test]
fn ranges_that_others_asked_for_are_not_handed_over() {
    let unasked = Err(NetworkErrorReason::UnaskedRange);
    for (mode, status, answers_a_range, asks, expected) in [
        (Mode::NoCors, 206, true, false, unasked.clone()),
        (Mode::NoCors, 416, true, false, unasked),
        (Mode::NoCors, 200, true, false, Ok(ResponseType::Opaque)),
        (Mode::NoCors, 206, false, false, Ok(ResponseType::Opaque)),
        (Mode::NoCors, 206, true, true, Ok(ResponseType::Opaque)),
        (Mode::Cors, 206, true, false, Ok(ResponseType::Cors)),
    ] {
        let mut get = request(B, mode);
        get.destination = Destination::Video;
        if asks {
            get.headers = headers(&[("range", "bytes=0-")]);
        }
        let mut cache = CorsPreflightCache::default();
        let mut context = Context { cache: &mut cache, now: Duration::ZERO };
        let mut machine = Machine::new(get, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
        machine.start(&mut context);
        let (status, shared) = (StatusCode::from_u16(status).unwrap(), headers(&[SHARED]));
        let mut head = ResponseHead::new(status, &shared);
        head.range_requested = answers_a_range;
        assert_eq!(outcome(&machine.response(head, &mut context)), expected, "{mode:?} {status} {asks}");
    }
}

#[test]
fn forbidden_headers_are_neither_sent_nor_asked_for() {
    let mut request = request(B, Mode::Cors);
    request.headers = headers(&[
        ("cookie", "a=b"),
        ("origin", "https://evil.example"),
        ("x-http-method", "TRACE"),
        ("accept", "*/*"),
    ]);
    let (sent, _) = run(request, &mut CorsPreflightCache::default(), &[]);
    assert_eq!(sent.len(), 1, "no preflight");
    assert_eq!(sent[0].headers, headers(&[("accept", "*/*"), ("origin", PAGE)]));
}

#[test]
fn script_sees_what_is_exposed() {
    let exposed = |value: &'static str| ("access-control-expose-headers", value);
    for (credentials, expose, name, seen) in [
        (false, "", "content-type", true),
        (false, "", "x-foo", false),
        (false, "X-Foo", "x-foo", true),
        (false, "*", "x-foo", true),
        (true, "*", "x-foo", false),
        (true, "x-foo", "x-foo", true),
        (false, "*", "set-cookie", false),
        (false, "set-cookie", "set-cookie", false),
        (false, "x-foo, a b", "x-foo", false),
    ] {
        let mut request = request(B, Mode::Cors);
        if credentials {
            request.credentials_mode = CredentialsMode::Include;
        }
        let answer = [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-credentials", "true"),
            exposed(expose),
        ];
        let (_, step) = run(request, &mut CorsPreflightCache::default(), &[(200, &answer)]);
        let Step::Response(response) = step else { panic!("{step:?}") };
        assert_eq!(
            response.shows_header(&HeaderName::from_static(name)),
            seen,
            "{credentials} {expose} {name}"
        );
    }
}

#[test]
fn a_machine_that_is_over_stays_over() {
    let mut cache = CorsPreflightCache::default();
    let mut context = Context { cache: &mut cache, now: Duration::ZERO };
    let mut machine =
        Machine::new(request(B, Mode::SameOrigin), EmbedderPolicyValue::UnsafeNone, Profile::Standard);
    assert!(matches!(machine.start(&mut context), Step::NetworkError(_)));
    let head = headers(&[SHARED]);
    let step = machine.response(ResponseHead::new(StatusCode::OK, &head), &mut context);
    assert!(matches!(step, Step::NetworkError(NetworkErrorReason::UnexpectedResponse)));
    // What comes after the end clears no cache.
    let mut put = request(B, Mode::Cors);
    put.method = Method::PUT;
    let allowed = headers(&[SHARED, ("access-control-allow-methods", "PUT")]);
    let mut machine = Machine::new(put, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
    machine.start(&mut context);
    for _ in 0..2 {
        machine.response(ResponseHead::new(StatusCode::OK, &allowed), &mut context);
    }
    assert!(matches!(machine.transport_failed(&mut context), Step::NetworkError(_)));
    assert_eq!(context.cache.len(), 1);
}

#[test]
fn a_safelisted_get_allocates_nothing_beyond_its_request() {
    let mut cache = CorsPreflightCache::default();
    let shared = headers(&[SHARED]);
    let mut fetch = || {
        let mut get = request(B, Mode::Cors);
        get.headers = headers(&[("accept", "*/*")]);
        // A value counts its references, by an allocation, from its first clone on.
        drop(get.headers.clone());
        let mut machine = Machine::new(get, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
        let mut context = Context { cache: &mut cache, now: Duration::ZERO };
        let mut sent = None;
        let start = allocation_counter::measure(|| sent = Some(machine.start(&mut context)));
        // What the request itself costs: its box, its URL, and its headers with Origin among them.
        assert!(matches!(sent, Some(Step::Send(_))));
        let request = allocation_counter::measure(|| {
            let mut headers = machine.request().headers.clone();
            headers.append(http::header::ORIGIN, machine.request().origin.serialized());
            let copy = (headers, machine.request().current_url().clone());
            drop(Box::new(copy));
        });
        let mut last = None;
        let response = allocation_counter::measure(|| {
            last = Some(machine.response(ResponseHead::new(StatusCode::OK, &shared), &mut context));
        });
        assert!(matches!(last, Some(Step::Response(_))));
        (start.count_total, request.count_total, response.count_total)
    };
    fetch();
    let (start, request, response) = fetch();
    assert_eq!((start, response), (request, 0));
}

#[test]
fn a_credentialless_page_embeds_without_credentials() {
    for (url, mode, included) in [
        (B, Mode::NoCors, false),
        ("https://a.example/", Mode::NoCors, false),
        (B, Mode::Cors, true),
        (PAGE, Mode::SameOrigin, true),
        (B, Mode::Navigate, true),
    ] {
        let mut request = request(url, mode);
        request.credentials_mode = CredentialsMode::Include;
        let mut cache = CorsPreflightCache::default();
        let mut context = Context { cache: &mut cache, now: Duration::ZERO };
        let mut machine = Machine::new(request, EmbedderPolicyValue::Credentialless, Profile::Standard);
        let Step::Send(sent) = machine.start(&mut context) else { panic!("{url} is sent for") };
        assert_eq!(sent.includes_credentials, included, "{url} {mode:?}");
    }
}

#[test]
fn extensions_read_hosts_that_they_have_permission_for() {
    let permitted = |url: &str| {
        let mut request = request(url, Mode::Cors);
        request.method = Method::PUT;
        request.host_permissions = vec!["https://*.b.example/*".parse().unwrap()];
        request
    };
    let run = |request, answers: Answers<'_>| {
        let (sent, step) = run(request, &mut CorsPreflightCache::default(), answers);
        (sent, outcome(&step))
    };
    // Neither preflight nor check, and cookies as for the page's own origin.
    let (sent, outcome) = run(permitted("https://api.b.example/"), &[(200, &[])]);
    assert_eq!(outcome, Ok(ResponseType::Basic));
    assert!(sent.len() == 1 && sent[0].purpose == Purpose::Actual && sent[0].includes_credentials);
    // Elsewhere the protocol holds, after a redirect too, and a foreign hop stays one.
    let (sent, outcome) = run(permitted("https://b.example.test/"), &[(200, &[])]);
    assert!(sent[0].purpose == Purpose::Preflight && outcome.is_err());
    let abroad = [("location", "https://c.example/")];
    let (sent, outcome) = run(permitted(B), &[(307, &abroad), (200, &[])]);
    assert!(sent[1].purpose == Purpose::Preflight && outcome.is_err());
    let mut back = permitted("https://c.example/");
    back.method = Method::GET;
    let (sent, outcome) = run(back, &[(302, &[SHARED, ("location", B)]), (200, &[])]);
    assert!(sent[1].headers.contains_key("origin") && outcome.is_err());
}

#[test]
fn secure_pages_fetch_securely() {
    use Destination::{Audio, Document, Empty, Font, Image, Video};
    use NetworkErrorReason::MixedContent;
    let (plain, secure) = ("http://b.example:8080/x", "https://b.example:8080/x");
    for (page, url, mode, destination, expected) in [
        (PAGE, plain, Mode::Cors, Empty, Err(MixedContent)),
        (PAGE, plain, Mode::NoCors, Font, Err(MixedContent)),
        (PAGE, plain, Mode::NoCors, Image, Ok(secure)),
        (PAGE, plain, Mode::NoCors, Audio, Ok(secure)),
        (PAGE, plain, Mode::Cors, Video, Ok(secure)),
        (PAGE, "http://192.0.2.1/", Mode::NoCors, Image, Err(MixedContent)),
        (PAGE, "http://127.0.0.1:1234/", Mode::NoCors, Image, Ok("http://127.0.0.1:1234/")),
        (PAGE, "http://localhost:1234/", Mode::Cors, Empty, Ok("http://localhost:1234/")),
        (PAGE, plain, Mode::Navigate, Document, Ok(plain)),
        (PAGE, "ws://b.example/", Mode::WebSocket, Empty, Err(MixedContent)),
        ("http://a.example", plain, Mode::NoCors, Image, Ok(plain)),
        ("http://a.example", plain, Mode::Cors, Empty, Ok(plain)),
        ("http://localhost", plain, Mode::Cors, Empty, Err(MixedContent)),
        ("null", plain, Mode::Cors, Empty, Ok(plain)),
    ] {
        let mut request = request(url, mode);
        (request.origin, request.destination) = (page.parse().unwrap(), destination);
        let answers: Answers<'_> = if expected.is_ok() { &[(200, &[SHARED])] } else { &[] };
        let (result, urls) = ending(request, answers);
        assert_eq!(result.err(), expected.clone().err(), "{page} {url} {mode:?} {destination:?}");
        assert_eq!(urls, expected.ok().into_iter().collect::<Vec<_>>(), "{page} {url} {mode:?}");
    }
    // What was upgraded was never on the way insecurely: it is the same origin again, and taints nothing.
    let mut image = request(B, Mode::Cors);
    image.destination = Image;
    let back = [SHARED, ("location", "http://b.example/next")];
    let (sent, step) = run(image, &mut CorsPreflightCache::default(), &[(302, &back), (200, &[SHARED])]);
    assert_eq!(
        (sent[1].url.as_str(), &sent[1].headers["origin"]),
        ("https://b.example/next", &PAGE.parse().unwrap())
    );
    assert_eq!(outcome(&step), Ok(ResponseType::Cors));
    // A redirect is held to it, too.
    let to = [SHARED, ("location", "http://c.example/")];
    assert_eq!(ending(request(B, Mode::Cors), &[(302, &to)]).0, Err(MixedContent));
}

#[test]
fn the_whole_response_is_looked_at_whatever_script_sees() {
    use Destination::{Empty, Script, Style};
    use NetworkErrorReason as R;
    let (image, nosniff) = (("content-type", "image/png"), ("x-content-type-options", "nosniff"));
    for (mode, destination, integrity, status, headers, expected) in [
        (Mode::NoCors, Script, false, 200, &[image][..], Err(R::ScriptMimeType)),
        (Mode::Cors, Script, false, 200, &[image, SHARED], Err(R::ScriptMimeType)),
        (Mode::NoCors, Style, false, 200, &[nosniff], Err(R::Nosniff)),
        (Mode::NoCors, Style, false, 200, &[image], Ok(ResponseType::Opaque)),
        (Mode::Cors, Empty, false, 200, &[image, nosniff, SHARED], Ok(ResponseType::Cors)),
        (Mode::NoCors, Style, true, 200, &[], Err(R::Integrity)),
        (Mode::Cors, Style, true, 200, &[SHARED], Ok(ResponseType::Cors)),
        (Mode::Cors, Style, true, 101, &[SHARED], Err(R::Integrity)),
        (Mode::Cors, Style, true, 103, &[SHARED], Err(R::Integrity)),
        (Mode::Cors, Style, true, 204, &[SHARED], Err(R::Integrity)),
        (Mode::Cors, Style, true, 205, &[SHARED], Err(R::Integrity)),
        (Mode::Cors, Style, true, 304, &[SHARED], Err(R::Integrity)),
        (Mode::Cors, Empty, false, 407, &[SHARED], Err(R::ProxyAuthentication)),
    ] {
        let mut request = request(B, mode);
        (request.destination, request.has_integrity_metadata) = (destination, integrity);
        assert_eq!(ending(request, &[(status, headers)]).0, expected, "{mode:?} {destination:?} {headers:?}");
    }
    let mut head = request(B, Mode::Cors);
    (head.method, head.has_integrity_metadata) = (Method::HEAD, true);
    assert_eq!(ending(head, &[(200, &[SHARED])]).0, Err(R::Integrity));
    // What fails so late clears no cache.
    let mut cache = CorsPreflightCache::default();
    let mut put = request(B, Mode::Cors);
    (put.method, put.destination) = (Method::PUT, Script);
    let allowed = [SHARED, ("access-control-allow-methods", "PUT")];
    let (_, step) = run(put.clone(), &mut cache, &[(204, &allowed), (200, &[SHARED, image])]);
    assert_eq!(outcome(&step), Err(R::ScriptMimeType));
    assert_eq!(run(put, &mut cache, &[(200, &[SHARED])]).0.len(), 1, "the permission is still there");
}

#[test]
fn requests_that_outlive_their_page_are_short() {
    for (keepalive, bytes, expected) in [
        (true, Some(MAX_KEEPALIVE_BYTES), Ok(ResponseType::Cors)),
        (true, Some(MAX_KEEPALIVE_BYTES + 1), Err(NetworkErrorReason::KeepaliveBody)),
        (false, Some(MAX_KEEPALIVE_BYTES + 1), Ok(ResponseType::Cors)),
        (true, None, Ok(ResponseType::Cors)),
    ] {
        let mut post = request(B, Mode::Cors);
        (post.method, post.body) = (Method::POST, BodyKind::Replayable);
        (post.keepalive, post.body_bytes) = (keepalive, bytes);
        let answers: Answers<'_> = if expected.is_ok() { &[(200, &[SHARED])] } else { &[] };
        assert_eq!(ending(post, answers).0, expected, "{keepalive} {bytes:?}");
    }
    // What a redirect left without a body is short.
    let mut get = request(B, Mode::Cors);
    (get.keepalive, get.body_bytes) = (true, Some(MAX_KEEPALIVE_BYTES + 1));
    assert_eq!(ending(get, &[(200, &[SHARED])]).0, Ok(ResponseType::Cors));
}

#[test]
fn requests_without_cors_carry_few_headers() {
    for (destination, kept) in
        [(Destination::Empty, &["accept"][..]), (Destination::Video, &["accept", "range"])]
    {
        let mut get = request(B, Mode::NoCors);
        get.destination = destination;
        get.headers = headers(&[
            ("accept", "*/*"),
            ("range", "bytes=0-"),
            ("x-foo", "1"),
            ("authorization", "x"),
            ("content-type", "application/json"),
        ]);
        let (sent, _) = run(get, &mut CorsPreflightCache::default(), &[]);
        let mut names: Vec<_> = sent[0].headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, kept, "{destination:?}");
    }
}

#[test]
fn passwords_are_tried_only_where_the_page_may() {
    use CredentialsMode::{Include, Omit, SameOrigin};
    for (url, mode, credentials, body, may) in [
        (PAGE, Mode::Cors, SameOrigin, BodyKind::None, true),
        (PAGE, Mode::Cors, Omit, BodyKind::None, false),
        (PAGE, Mode::Cors, SameOrigin, BodyKind::Stream, false),
        (B, Mode::Cors, Include, BodyKind::None, false),
        (B, Mode::NoCors, Include, BodyKind::None, true),
        (B, Mode::NoCors, SameOrigin, BodyKind::None, false),
    ] {
        let mut post = request(url, mode);
        (post.method, post.credentials_mode, post.body) = (Method::POST, credentials, body);
        let (sent, _) = run(post, &mut CorsPreflightCache::default(), &[]);
        assert_eq!(sent[0].may_authenticate, may, "{url} {mode:?} {credentials:?} {body:?}");
    }
}
