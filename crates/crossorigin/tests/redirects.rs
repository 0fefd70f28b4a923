//! Redirects: where they lead, what goes along, and what they leave in the preflight cache.
#![allow(clippy::unwrap_used, clippy::panic, reason = "only tests use it")]

#[path = "support/fetches.rs"]
mod fetches;

use crossorigin::fetching::{CorsPreflightCache, NetworkErrorReason, ResponseType, Step};
use crossorigin::infrastructure::request::{BodyKind, Mode, RedirectMode};
use fetches::{Answers, B, PAGE, SHARED, ending, headers, outcome, request, run};
use http::Method;

#[test]
fn a_redirect_back_home_brings_no_credentials_back() {
    let answers: Answers<'_> = &[(302, &[SHARED, ("location", PAGE)]), (200, &[])];
    let (sent, _) = run(request(B, Mode::Cors), &mut CorsPreflightCache::default(), answers);
    assert_eq!(sent.iter().map(|sent| sent.includes_credentials).collect::<Vec<_>>(), [false, false]);
}

#[test]
fn redirects_and_the_preflight_cache() {
    let asked = |url| {
        let mut put = request(url, Mode::Cors);
        put.method = Method::PUT;
        put
    };
    let allowed = [SHARED, ("access-control-allow-methods", "PUT")];
    let permitted: Answers<'_> = &[(204, &allowed), (200, &[SHARED])];
    let (c, mut cache) = ("https://c.example/", CorsPreflightCache::default());
    for url in [B, c] {
        run(asked(url), &mut cache, permitted);
    }
    // What c permitted to the page it did not permit to an origin of null.
    let led_on: Answers<'_> = &[(307, &[SHARED, ("location", c)]), (404, &[])];
    let (sent, _) = run(asked(B), &mut cache, led_on);
    assert_eq!(sent.iter().map(|sent| sent.method.as_str()).collect::<Vec<_>>(), ["PUT", "OPTIONS"]);
    // A failure on a hop that needed no permission clears the cache for it all the same: one before did.
    let next = "https://b.example/next";
    for url in [B, next] {
        run(asked(url), &mut cache, &permitted[usize::from(url == B)..]);
    }
    let to_get: Answers<'_> = &[(303, &[SHARED, ("location", next)]), (200, &[])];
    let (sent, _) = run(asked(B), &mut cache, to_get);
    assert_eq!(sent.iter().map(|sent| sent.method.as_str()).collect::<Vec<_>>(), ["PUT", "GET"]);
    assert_eq!(run(asked(next), &mut cache, permitted).0.len(), 2);
}

#[test]
fn redirects_go_by_their_rules() {
    use NetworkErrorReason as R;
    let to = |location: &'static str| [SHARED, ("location", location)];
    for (status, location, expected) in [
        (302, "https://c.example/", Ok(ResponseType::Cors)),
        (302, "/relative", Ok(ResponseType::Cors)),
        (308, "data:,x", Err(R::RedirectScheme)),
        (301, "https://user@c.example/", Err(R::RedirectContainsCredentials)),
        (301, "https://user:word@a.example/", Err(R::RedirectContainsCredentials)),
        (307, "https://:99999/", Err(R::RedirectLocation)),
    ] {
        let (redirect, last) = (to(location), [SHARED]);
        let both: Answers<'_> = &[(status, &redirect), (200, &last)];
        let answers = if expected.is_ok() { both } else { &both[..1] };
        let (_, step) = run(request(B, Mode::Cors), &mut CorsPreflightCache::default(), answers);
        assert_eq!(outcome(&step), expected, "{status} {location}");
    }
    // What is no redirect by its status leads nowhere, and two targets are none.
    for (status, expected) in [
        (300, Ok(ResponseType::Basic)),
        (304, Ok(ResponseType::Basic)),
        (305, Ok(ResponseType::Basic)),
        (302, Err(R::RedirectLocation)),
    ] {
        let twice = [("location", "/next"), ("location", "/next")];
        assert_eq!(ending(request(PAGE, Mode::Cors), &[(status, &twice)]).0, expected, "{status}");
    }
    // Without a Location the response stands.
    let (_, step) = run(request(B, Mode::Cors), &mut CorsPreflightCache::default(), &[(302, &[SHARED])]);
    assert_eq!(outcome(&step), Ok(ResponseType::Cors));
    // Twenty are followed, no more.
    let again = to("/again");
    let endless: Vec<(u16, &[(&str, &str)])> = vec![(302, &again); 21];
    let (sent, step) = run(request(B, Mode::Cors), &mut CorsPreflightCache::default(), &endless);
    assert_eq!((sent.len(), outcome(&step)), (21, Err(R::TooManyRedirects)));
    // The other redirect modes.
    for (mode, expected) in [
        (RedirectMode::Error, Err(R::RedirectInErrorMode)),
        (RedirectMode::Manual, Ok(ResponseType::OpaqueRedirect)),
    ] {
        let mut request = request(B, Mode::Cors);
        request.redirect_mode = mode;
        let (_, step) = run(request, &mut CorsPreflightCache::default(), &[(302, &again)]);
        assert_eq!(outcome(&step), expected);
    }
    // A user name in the target counts only where CORS decides.
    for (mode, expected) in [(Mode::NoCors, ResponseType::Opaque), (Mode::Navigate, ResponseType::Basic)] {
        let answers: Answers<'_> = &[(302, &[("location", "https://user@b.example/")]), (200, &[])];
        assert_eq!(ending(request(PAGE, mode), answers).0, Ok(expected), "{mode:?}");
    }
    let mut stream = request(B, Mode::Cors);
    (stream.method, stream.body) = (Method::POST, BodyKind::Stream);
    let (_, step) = run(stream, &mut CorsPreflightCache::default(), &[(307, &again)]);
    assert_eq!(outcome(&step), Err(R::RedirectBody));
    // A 303 wants no body again.
    let mut stream = request(PAGE, Mode::Cors);
    (stream.method, stream.body) = (Method::POST, BodyKind::Stream);
    let answers: Answers<'_> = &[(303, &[("location", "/next")]), (200, &[])];
    assert_eq!(ending(stream, answers).0, Ok(ResponseType::Basic));
}

#[test]
fn a_redirect_changes_what_is_sent() {
    let c = ("location", "https://c.example/");
    for (method, status, then, keeps_body) in [
        ("POST", 301, "GET", false),
        ("POST", 302, "GET", false),
        ("POST", 303, "GET", false),
        ("POST", 307, "POST", true),
        ("POST", 308, "POST", true),
    ] {
        let mut request = request("https://a.example/", Mode::Cors);
        request.method = Method::from_bytes(method.as_bytes()).unwrap();
        request.body = BodyKind::Replayable;
        request.headers = headers(&[("authorization", "x"), ("content-type", "text/plain")]);
        let (sent, step) =
            run(request, &mut CorsPreflightCache::default(), &[(status, &[c]), (200, &[SHARED])]);
        assert_eq!(outcome(&step), Ok(ResponseType::Cors), "{method} {status}");
        let last = &sent[1];
        assert_eq!((last.method.as_str(), last.has_body), (then, keeps_body), "{method} {status}");
        assert_eq!(last.headers.contains_key("content-type"), keeps_body, "{method} {status}");
        assert!(sent[0].headers.contains_key("authorization"));
        assert!(!last.headers.contains_key("authorization"), "another origin does not get it");
        assert_eq!(last.headers["origin"], PAGE);
    }
    for (method, status, then) in [
        ("HEAD", 301, "HEAD"),
        ("HEAD", 302, "HEAD"),
        ("HEAD", 303, "HEAD"),
        ("GET", 303, "GET"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("PUT", 307, "PUT"),
        ("patch", 303, "GET"),
    ] {
        let mut request = request(PAGE, Mode::Cors);
        request.method = Method::from_bytes(method.as_bytes()).unwrap();
        let answers: Answers<'_> = &[(status, &[("location", "/next")]), (200, &[])];
        let (sent, _) = run(request, &mut CorsPreflightCache::default(), answers);
        assert_eq!(sent[1].method, then, "{method} {status}");
    }
    // With the body goes all that describes it, and nothing else.
    let mut post = request(PAGE, Mode::Cors);
    (post.method, post.body) = (Method::POST, BodyKind::Replayable);
    let names = ["content-encoding", "content-language", "content-location", "content-type", "content-md5"];
    post.headers = headers(&names.map(|name| (name, "en")));
    let answers: Answers<'_> = &[(302, &[("location", "/next")]), (200, &[])];
    let (sent, _) = run(post, &mut CorsPreflightCache::default(), answers);
    assert_eq!(sent[1].headers, headers(&[("content-md5", "en")]));
    // From a foreign origin on to another, or back home, the origin is null and stays CORS.
    for target in ["https://c.example/", "https://a.example/"] {
        let shared_null = [("access-control-allow-origin", "null")];
        let (sent, step) = run(
            request(B, Mode::Cors),
            &mut CorsPreflightCache::default(),
            &[(302, &[SHARED, ("location", target)]), (200, &shared_null)],
        );
        assert_eq!(sent[1].headers["origin"], "null", "{target}");
        assert_eq!(outcome(&step), Ok(ResponseType::Cors), "{target}");
    }
}

#[test]
fn hops_pass_on_fragment_and_withheld_timing() {
    let (open, to) = (("timing-allow-origin", "*"), ("location", "https://c.example/x"));
    for (first, timing) in [(&[SHARED, to, open][..], true), (&[SHARED, to], false)] {
        let (sent, step) = run(
            request("https://b.example/#there", Mode::Cors),
            &mut CorsPreflightCache::default(),
            &[(302, first), (200, &[("access-control-allow-origin", "null"), open])],
        );
        // From one foreign origin to another the origin is null.
        assert_eq!(sent[1].url.as_str(), "https://c.example/x#there");
        let Step::Response(response) = step else { panic!("{step:?}") };
        assert_eq!(response.timing_allowed(), timing, "{first:?}");
    }
    // A fragment of the target's own counts more.
    let answers: Answers<'_> = &[(302, &[("location", "/x#here")]), (200, &[])];
    let (_, urls) = ending(request("https://a.example/#there", Mode::Cors), answers);
    assert_eq!(urls[1], "https://a.example/x#here");
}

#[test]
fn a_redirect_says_how_much_is_told_of_where_a_request_comes_from() {
    // From a page of another origin, a POST of a navigation says null where the policy has it so.
    for (policy, origin) in [(None, PAGE), (Some("no-referrer"), "null"), (Some("no-referrer, x"), "null")] {
        let mut post = request(B, Mode::Navigate);
        (post.method, post.body) = (Method::POST, BodyKind::Replayable);
        let mut redirect = vec![("location", "/next")];
        redirect.extend(policy.map(|policy| ("referrer-policy", policy)));
        let (sent, _) = run(post, &mut CorsPreflightCache::default(), &[(307, &redirect), (200, &[])]);
        assert_eq!(sent[1].headers["origin"], origin, "{policy:?}");
    }
}
