//! What a decision may cost: allocations and steps, which are the same on every machine.

use std::cell::Cell;
use std::hint::black_box;

use allocation_counter::measure;
use bytes::Bytes;
use crossorigin::infrastructure::request_header_list::{
    HeaderListError, MAX_BYTES, MAX_NAMES, RequestHeaderList,
};
use crossorigin::server::{Outcome, Policy, PolicyConfig};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

fn policy(origins: &[&str]) -> Policy {
    let mut config = PolicyConfig::default();
    config.origins = origins.iter().map(ToString::to_string).collect();
    config.credentials = true;
    config.methods = vec!["PUT".into()];
    config.request_headers = vec!["content-type".into(), "x-csrf-token".into()];
    config.exposed_headers = vec!["etag".into()];
    config.max_age = Some(std::time::Duration::from_secs(600));
    Policy::new(&config).expect("a valid policy")
}

/// A request whose values are slices of one buffer, as hyper's are: cloning such a value allocates nothing.
fn request(method: Method, lines: &[(&'static str, &str)]) -> Request<()> {
    let head = Bytes::from(lines.iter().map(|(_, value)| *value).collect::<String>());
    let mut request = Request::new(());
    *request.method_mut() = method;
    let mut start = 0;
    for (name, value) in lines {
        let value = head.slice(start..start + value.len());
        start += value.len();
        let value = HeaderValue::from_maybe_shared(value).expect("visible ASCII");
        request.headers_mut().append(HeaderName::from_static(name), value);
    }
    request
}

/// A service's headers, with room as `http` makes it for one header and more.
fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

/// Allocations of a decision and of what comes of it. The first decision of a policy may turn its own values
/// into shared ones, so the second is counted.
fn allocations(policy: &Policy, request: &Request<()>) -> (Outcome, u64) {
    let decide = |headers: &mut HeaderMap| {
        let decision = policy.decide(request);
        match decision.response::<()>() {
            Some(response) => drop(black_box(response)),
            None => decision.clone().decorate(headers),
        }
        decision.outcome()
    };
    let mut outcome = decide(&mut headers());
    let mut headers = headers();
    let info = measure(|| outcome = decide(&mut headers));
    (outcome, info.count_total)
}

#[test]
fn an_actual_request_allocates_nothing() {
    let many: Vec<_> = (0..1000).map(|number| format!("https://app-{number}.example")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let wildcards = ["https://*.app.example", "http://localhost:*", "https://*.a.b.c.d.example:*"];
    for (policy, origin, expected) in [
        (policy(&["https://app.example"]), "https://app.example", Outcome::Allowed),
        (policy(&many), "https://app-999.example", Outcome::Allowed),
        (policy(&many), "https://app-1000.example", Outcome::Refused),
        (policy(&wildcards), "https://x.y.app.example", Outcome::Allowed),
        (policy(&wildcards), "http://localhost:65535", Outcome::Allowed),
        (policy(&wildcards), "https://x.a.b.c.d.example:1", Outcome::Allowed),
        (policy(&wildcards), "https://evil.example", Outcome::Refused),
        (policy(&wildcards), "http://[2001:db8::1:0:0:1]:8080", Outcome::Refused),
        (policy(&wildcards), "null", Outcome::Refused),
        (policy(&wildcards), "https://a.example, https://b.example", Outcome::Refused),
    ] {
        for method in [Method::GET, Method::PUT, Method::OPTIONS] {
            let request = request(method, &[("host", "api.example"), ("origin", origin)]);
            assert_eq!(allocations(&policy, &request), (expected, 0), "{origin}, {}", request.method());
        }
    }
    let without = request(Method::GET, &[("host", "api.example")]);
    assert_eq!(allocations(&policy(&many), &without), (Outcome::NoOrigin, 0));
}

#[test]
fn a_preflight_allocates_its_response_and_no_more() {
    let policy = policy(&["https://app.example", "https://*.app.example"]);
    for (names, expected) in [
        ("content-type,x-csrf-token", Outcome::Allowed),
        ("X-CSRF-Token , content-type", Outcome::Allowed),
        ("x-other", Outcome::Refused),
        ("not a name", Outcome::Refused),
    ] {
        for origin in ["https://app.example", "https://a.app.example"] {
            let lines = [
                ("origin", origin),
                ("access-control-request-method", "PUT"),
                ("access-control-request-headers", names),
            ];
            let (outcome, count) = allocations(&policy, &request(Method::OPTIONS, &lines));
            // An empty map of headers with room for six is two allocations: the table and the entries.
            assert_eq!((outcome, count <= 2), (expected, true), "{names}: {count} allocations");
        }
    }
}

#[test]
fn answering_the_requested_names_allocates_their_text_and_no_more() {
    let mut config = PolicyConfig::default();
    config.origins = vec!["https://app.example".into()];
    config.credentials = true;
    config.methods = vec!["*".into()];
    config.request_headers = vec!["*".into()];
    let policy = Policy::new(&config).expect("a valid policy");
    let sorted: Vec<_> = (100..200).map(|number| format!("x-{number}")).collect();
    let (sorted, reversed) =
        (sorted.join(","), sorted.iter().rev().map(String::as_str).collect::<Vec<_>>().join(", "));
    for (names, most) in [(&*sorted, 2), (&*reversed, 4), ("X-B,x-a", 4)] {
        let lines = [
            ("origin", "https://app.example"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", names),
        ];
        let (outcome, count) = allocations(&policy, &request(Method::OPTIONS, &lines));
        // Beside the two of the map, a text that counts references is two: the text and its count.
        assert_eq!((outcome, count <= most), (Outcome::Allowed, true), "{names}: {count} allocations");
    }
}

#[test]
fn what_the_service_said_before_is_replaced_without_allocating() {
    let policy = policy(&["https://app.example"]);
    let request = request(Method::GET, &[("origin", "https://app.example")]);
    let decision = policy.decide(&request);
    let mut before = headers();
    before.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    before.insert(VARY, HeaderValue::from_static("Origin"));
    decision.clone().decorate(&mut before.clone());
    assert_eq!(measure(|| decision.decorate(&mut before)).count_total, 0);
    assert_eq!(before[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
}

#[test]
fn a_hostile_list_is_left_where_its_bound_is_reached() {
    for (line, most) in [("a", MAX_NAMES), ("", MAX_NAMES), (",", MAX_NAMES / 2), ("abcdefg", MAX_NAMES)] {
        let line = HeaderValue::from_str(line).unwrap();
        let read = Cell::new(0);
        let endless = std::iter::repeat_with(|| {
            read.set(read.get() + 1);
            &line
        });
        assert_eq!(RequestHeaderList::parse(endless).map(|_| ()), Err(HeaderListError::TooLong));
        assert!(read.get() <= most + 1, "{} lines {line:?} were read", read.get());
    }
    // A line past the bound isn't looked into at all: what is wrong in its first byte isn't noticed.
    let line = [HeaderValue::from_str(&"(".repeat(MAX_BYTES + 1)).unwrap()];
    assert_eq!(RequestHeaderList::parse(&line).map(|_| ()), Err(HeaderListError::TooLong));
    assert_eq!(measure(|| assert!(RequestHeaderList::parse(&line).is_err())).count_total, 0);
}
