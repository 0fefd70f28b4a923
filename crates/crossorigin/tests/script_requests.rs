//! What script's interfaces make of a request before it is fetched: what they refuse, drop, join and ask for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "support/fetches.rs"]
mod fetches;

use crossorigin::fetching::{CorsPreflightCache, NetworkErrorReason, Purpose, ResponseType, Step};
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{
    BodyKind, CredentialsMode, Destination, MAX_REQUEST_HEADERS, Mode, Request,
};
use fetches::{Answers, B, PAGE, SHARED, ending, headers, outcome, request, run};
use http::{HeaderName, HeaderValue, Method};

fn asked_by(initiator: Initiator, url: &str) -> Request {
    initiator.request(PAGE.parse().unwrap(), url.parse().unwrap(), CorsSettings::Anonymous)
}

#[test]
fn what_script_cannot_ask_for_is_not_sent() {
    use NetworkErrorReason as R;
    for (method, url, mode, expected) in [
        ("TRACE", B, Mode::Cors, Err(R::ForbiddenMethod)),
        ("track", PAGE, Mode::SameOrigin, Err(R::ForbiddenMethod)),
        ("CONNECT", B, Mode::NoCors, Err(R::ForbiddenMethod)),
        ("CONNECT", B, Mode::WebTransport, Ok(ResponseType::Basic)),
        ("PUT", B, Mode::NoCors, Err(R::NoCorsMethod)),
        ("get", B, Mode::NoCors, Err(R::NoCorsMethod)),
        ("POST", B, Mode::NoCors, Ok(ResponseType::Opaque)),
        ("GET", "blob:https://a.example/1-2", Mode::Cors, Err(R::BlobUrl)),
        ("GET", "blob:https://b.example/1-2", Mode::NoCors, Err(R::BlobUrl)),
        ("GET", "blob:https://b.example/1-2", Mode::Cors, Err(R::UrlScheme)),
        ("GET", "about:blank", Mode::Cors, Err(R::UrlScheme)),
        ("GET", "about:config", Mode::Navigate, Err(R::UrlScheme)),
        // Only handshakes speak this scheme.
        ("GET", "wss://b.example/", Mode::NoCors, Err(R::UrlScheme)),
        ("GET", "wss://b.example/", Mode::Navigate, Err(R::UrlScheme)),
        ("GET", "wss://b.example/", Mode::WebSocket, Ok(ResponseType::Basic)),
        ("GET", "wss://b.example:25/", Mode::WebSocket, Err(R::BadPort)),
    ] {
        let mut request = request(url, mode);
        request.method = Method::from_bytes(method.as_bytes()).unwrap();
        let answers: Answers<'_> = if expected.is_ok() { &[(200, &[])] } else { &[] };
        assert_eq!(ending(request, answers).0, expected, "{method} {url} {mode:?}");
    }
    let (sent, step) = run(request("about:blank", Mode::Navigate), &mut CorsPreflightCache::default(), &[]);
    assert!(
        sent.is_empty()
            && matches!(step, Step::ReadDataUrl(url) if url.as_str() == "data:text/html;charset=utf-8,")
    );
}

#[test]
fn only_fetch_refuses_urls_with_a_user_name() {
    use NetworkErrorReason::UrlContainsCredentials;
    for (initiator, url, refused) in [
        (Initiator::Fetch, "https://user@b.example/", true),
        (Initiator::Fetch, "https://:word@b.example/", true),
        (Initiator::Fetch, "https://user@a.example/", true),
        (Initiator::Xhr, "https://user:word@b.example/", false),
        (Initiator::EventSource, "https://user@b.example/", false),
        (Initiator::Image, "https://user@b.example/", false),
    ] {
        let answers: Answers<'_> = if refused { &[] } else { &[(200, &[SHARED])] };
        let (result, _) = ending(asked_by(initiator, url), answers);
        assert_eq!(
            result,
            if refused { Err(UrlContainsCredentials) } else { Ok(ResponseType::Cors) },
            "{url}"
        );
    }
    // A redirect within the origin is followed.
    let to = [("location", "https://user@a.example/next")];
    let (result, urls) = ending(asked_by(Initiator::Fetch, PAGE), &[(302, &to), (200, &[])]);
    assert_eq!((result, urls.len()), (Ok(ResponseType::Basic), 2));
}

#[test]
fn streams_ask_first_and_are_sent_once() {
    use NetworkErrorReason as R;
    let stream = |initiator, url, mode| {
        let mut post = asked_by(initiator, url);
        (post.method, post.mode, post.body) = (Method::POST, mode, BodyKind::Stream);
        post
    };
    let (sent, step) = run(
        stream(Initiator::Fetch, B, Mode::Cors),
        &mut CorsPreflightCache::default(),
        &[(204, &[SHARED]), (200, &[SHARED])],
    );
    let purposes: Vec<_> = sent.iter().map(|sent| sent.purpose).collect();
    assert_eq!(purposes, [Purpose::Preflight, Purpose::Actual]);
    assert_eq!(outcome(&step), Ok(ResponseType::Cors));
    assert_eq!(ending(stream(Initiator::Fetch, B, Mode::NoCors), &[]).0, Err(R::NoCorsStream));
    // A password would have to be sent with the body, which is gone; by CORS none is tried.
    for (url, answers, expected) in [
        (PAGE, &[(401, &[][..])][..], Err(R::AuthenticationBody)),
        (PAGE, &[(403, &[])], Ok(ResponseType::Basic)),
        (B, &[(204, &[SHARED]), (401, &[SHARED])], Ok(ResponseType::Cors)),
    ] {
        let answers: Answers<'_> = answers;
        assert_eq!(
            ending(stream(Initiator::Fetch, url, Mode::Cors), answers).0,
            expected,
            "{url} {answers:?}"
        );
    }
    let mut by_cors = stream(Initiator::Fetch, B, Mode::Cors);
    by_cors.credentials_mode = CredentialsMode::Include;
    let shared = [("access-control-allow-origin", PAGE), ("access-control-allow-credentials", "true")];
    assert_eq!(ending(by_cors, &[(204, &shared), (401, &shared)]).0, Ok(ResponseType::Cors));
    let mut without = stream(Initiator::Fetch, PAGE, Mode::Cors);
    without.credentials_mode = CredentialsMode::Omit;
    assert_eq!(ending(without, &[(401, &[])]).0, Ok(ResponseType::Basic));
    let mut replayable = stream(Initiator::Fetch, PAGE, Mode::Cors);
    replayable.body = BodyKind::Replayable;
    assert_eq!(ending(replayable, &[(401, &[])]).0, Ok(ResponseType::Basic));
}

/// The lines of a header as they are sent, parted by `|`, and how many requests there are.
fn sent_lines(request: Request, name: &str) -> (String, usize) {
    let (sent, _) = run(request, &mut CorsPreflightCache::default(), &[]);
    let lines = sent[0].headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned());
    (
        lines.collect::<Vec<_>>().join("|"),
        sent.iter().filter(|sent| sent.purpose == Purpose::Preflight).count(),
    )
}

#[test]
fn without_cors_headers_are_judged_as_the_value_they_come_to() {
    let (half, rest) = ("a".repeat(64), "a".repeat(62));
    let too_much = format!("{rest}a");
    for (name, lines, kept) in [
        ("content-type", &["text/plain"][..], "text/plain"),
        ("content-type", &["text/plain", "text/plain"], "text/plain"),
        ("content-type", &["application/json", "text/plain"], "text/plain"),
        ("content-type", &["text/plain;a=b", "x"], "text/plain;a=b|x"),
        ("accept", &[half.as_str(), &rest], &format!("{half}|{rest}")),
        ("accept", &[half.as_str(), &too_much], &half),
        ("accept", &[half.as_str(), &too_much, "b"], &format!("{half}|b")),
        ("accept", &["(", "b"], "b"),
        ("range", &["bytes=0-"], ""),
    ] {
        let mut post = asked_by(Initiator::Fetch, B);
        (post.method, post.mode) = (Method::POST, Mode::NoCors);
        for line in lines {
            post.headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), line.parse().unwrap());
        }
        assert_eq!(sent_lines(post, name), (kept.to_owned(), 0), "{name} {lines:?}");
    }
}

#[test]
fn xml_http_request_joins_lines_and_fetch_does_not() {
    let long = "a".repeat(70);
    for (initiator, lines, sent, preflights) in [
        (Initiator::Fetch, [("content-type", "text/plain"); 2], "text/plain|text/plain", 0),
        (Initiator::Xhr, [("content-type", "text/plain"); 2], "", 1),
        (Initiator::Xhr, [("accept", "a"), ("accept", "b")], "a, b", 0),
        (Initiator::Xhr, [("accept", long.as_str()); 2], "*/*", 1),
        (Initiator::Xhr, [("x-http-method", "a"), ("x-http-method", "TRACE")], "", 1),
    ] {
        let mut post = asked_by(initiator, B);
        (post.method, post.headers) = (Method::POST, headers(&lines));
        assert_eq!(sent_lines(post, lines[0].0), (sent.to_owned(), preflights), "{initiator} {lines:?}");
    }
}

#[test]
fn the_default_accept_counts_among_the_safelisted_bytes() {
    let full = "a".repeat(128);
    for (accept, last, asked) in [
        (None, &full[..125], None),
        (None, &full[..126], Some("accept,content-language")),
        (Some("*/*"), &full[..125], None),
        (Some("*/*"), &full[..126], Some("accept,content-language")),
        (Some(""), &full[..], None),
    ] {
        let mut get = asked_by(Initiator::Fetch, B);
        let mut lines = vec![("content-language", full.as_str()); 7];
        lines.push(("content-language", last));
        lines.extend(accept.map(|accept| ("accept", accept)));
        get.headers = headers(&lines);
        let (sent, _) = run(get, &mut CorsPreflightCache::default(), &[]);
        let names = sent[0].headers.get("access-control-request-headers");
        assert_eq!(names.map(|names| names.to_str().unwrap()), asked, "{accept:?} {}", last.len());
    }
}

#[test]
fn what_no_server_would_take_is_not_sent() {
    for (lines, expected) in
        [(MAX_REQUEST_HEADERS, Ok(ResponseType::Cors)), (30_000, Err(NetworkErrorReason::TooManyHeaders))]
    {
        let mut get = asked_by(Initiator::EventSource, B);
        for nth in 0..lines.min(24_000) {
            let name = HeaderName::from_bytes(format!("x-{nth}").as_bytes()).unwrap();
            get.headers.append(name, HeaderValue::from_static("1"));
        }
        let answers: Answers<'_> = if expected.is_ok() { &[(200, &[SHARED])] } else { &[] };
        assert_eq!(ending(get, answers).0, expected, "{lines}");
    }
    // Lines count, not names.
    let mut get = asked_by(Initiator::EventSource, B);
    for _ in 0..=MAX_REQUEST_HEADERS {
        get.headers.append("x-foo", HeaderValue::from_static("1"));
    }
    assert_eq!(ending(get, &[]).0, Err(NetworkErrorReason::TooManyHeaders));
}

#[test]
fn data_urls_are_held_to_the_checks_of_whole_responses() {
    use Destination::{Empty, Image, Script};
    use NetworkErrorReason as R;
    for (url, destination, method, integrity, expected) in [
        ("data:image/png,x", Script, "GET", false, Err(R::ScriptMimeType)),
        ("data: TEXT/csv ;base64,eA==", Script, "GET", false, Err(R::ScriptMimeType)),
        ("data:video/mp4?x,y", Script, "GET", false, Ok(())),
        ("data:text/javascript,image/png,x", Script, "GET", false, Ok(())),
        ("data:;charset=utf-8,x", Script, "GET", false, Ok(())),
        ("data:,x", Script, "GET", true, Ok(())),
        ("data:,x", Empty, "HEAD", true, Err(R::Integrity)),
        ("data:,x", Empty, "HEAD", false, Ok(())),
        ("data:image/png,x", Image, "GET", false, Ok(())),
    ] {
        let mut request = request(url, Mode::NoCors);
        (request.destination, request.has_integrity_metadata) = (destination, integrity);
        request.method = method.parse().unwrap();
        let (sent, step) = run(request, &mut CorsPreflightCache::default(), &[]);
        let found = match step {
            Step::ReadDataUrl(_) => Ok(()),
            Step::NetworkError(reason) => Err(reason),
            other => panic!("{other:?}"),
        };
        assert_eq!((sent.len(), found), (0, expected), "{url} {destination:?} {method}");
    }
}
