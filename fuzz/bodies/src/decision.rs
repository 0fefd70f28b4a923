use crossorigin::server::{Outcome, Policy, PolicyConfig, is_cors_response_header};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request};

use crate::tape::Tape;

/// Whatever is configured and sent: nothing panics, a refusal carries no CORS header, and what is allowed is
/// allowed to the one who asked, or to everyone without credentials.
pub fn decision(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let Ok(policy) = Policy::new(&config(&mut tape)) else { return };
    let request = request(&mut tape);
    let decision = policy.decide(&request);
    let (explained, branches) = policy.explain(&request);
    assert_eq!((decision.outcome(), decision.reason()), (explained.outcome(), explained.reason()));
    assert!(!branches.is_empty() && branches.iter().all(|branch| !branch.to_string().contains('\n')));

    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("https://upstream.example"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    match decision.response::<()>() {
        Some(response) => headers = response.headers().clone(),
        None => {
            decision.clone().decorate(&mut headers);
            let once = headers.clone();
            decision.clone().decorate(&mut headers);
            assert_eq!(headers, once, "decorating twice is decorating once");
            assert!(vary(&headers).any(|name| name == "accept-encoding"), "Vary is merged: {headers:?}");
        }
    }
    let shared_with: Vec<_> = headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).into_iter().collect();
    let origins: Vec<_> = request.headers().get_all(ORIGIN).into_iter().collect();
    let with_credentials = headers.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    match shared_with[..] {
        [] => assert!(!headers.keys().any(is_cors_response_header), "{headers:?}"),
        [any] if any == "*" => assert!(!with_credentials && policy.allows_any_origin(), "{headers:?}"),
        [origin] => assert_eq!(origins, [origin], "{headers:?}"),
        _ => unreachable!("{headers:?}"),
    }
    if decision.outcome() == Outcome::Refused {
        assert!(shared_with.is_empty(), "{headers:?}");
    }
    let varies = vary(&headers).any(|name| name == "origin");
    let same_for_all =
        policy.allows_any_origin() && !policy.allows_credentials() && *request.method() != Method::OPTIONS;
    assert_eq!(varies, !same_for_all, "{headers:?}");
}

fn vary(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let lines = headers.get_all(VARY).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_ascii_lowercase())
}

fn config(tape: &mut Tape<'_>) -> PolicyConfig {
    let mut config = PolicyConfig::default();
    config.origins = match tape.below(4) {
        0 => vec!["*".to_owned()],
        count => (0..count).map(|_| tape.pattern()).collect(),
    };
    let flags = tape.byte();
    config.credentials = flags & 1 != 0;
    config.dangerously_allow_null_origin = flags & 2 != 0;
    config.dangerously_allow_any_origin_with_credentials = flags & 4 != 0;
    config.dangerously_allow_insecure_origins_with_credentials = flags & 8 != 0;
    config.dangerously_allow_public_suffixes_with_credentials = flags & 16 != 0;
    if flags & 32 != 0 {
        config.forbid_refused_origins = true;
        config.public_url = Some(tape.origin());
    }
    if flags & 64 != 0 {
        config.methods = vec![tape.one_of(&["*", "PUT", "DELETE", "put", "CONNECT", "a b"]).to_owned()];
        config.request_headers = vec![tape.one_of(&["*", "x-foo", "authorization", "host", ""]).to_owned()];
        config.exposed_headers = vec![tape.one_of(&["*", "etag", "set-cookie"]).to_owned()];
    }
    config
}

fn request(tape: &mut Tape<'_>) -> Request<()> {
    let mut request = Request::new(());
    let method = tape.one_of(&["GET", "OPTIONS", "OPTIONS", "POST", "PUT", "DELETE", "HEAD", "PATCH"]);
    *request.method_mut() = method.parse().expect("a method");
    let headers = request.headers_mut();
    let mut append = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(name, value);
        }
    };
    for _ in 0..[1, 1, 1, 0, 2][tape.below(5)] {
        append(ORIGIN, &if tape.below(8) == 0 { "null".to_owned() } else { tape.origin() });
    }
    for _ in 0..[1, 1, 0, 2][tape.below(4)] {
        append(ACCESS_CONTROL_REQUEST_METHOD, tape.one_of(&["PUT", "GET", "put", "TRACE", "a b", ""]));
    }
    for _ in 0..[0, 1, 2][tape.below(3)] {
        append(
            ACCESS_CONTROL_REQUEST_HEADERS,
            tape.one_of(&["x-foo", "authorization", "X-Foo, x-bar", ",", "a b", ""]),
        );
    }
    request
}
