//! What an audit of a live service looks for, asked of our own decisions: no policy that needs no option named
//! dangerously shows it.

mod support;

use crossorigin::server::{Outcome, Policy};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, VARY,
};
use http::{HeaderMap, HeaderValue, Request};
use support::{config, request};

/// Policies as people write them, each naming `app.example.com` in one way: the probes below are none of theirs.
const POLICIES: &[&str] = &[
    "https://app.example.com",
    "https://app.example.com; credentials",
    "https://app.example.com; credentials; methods *; headers * authorization",
    "https://app.example.com https://b.app.example.com; credentials; expose etag; max-age 600",
    "https://app.example.com capacitor://app https://localhost:8443; credentials",
    "https://app.example.com; credentials; forbid; url https://api.example.com",
    "https://app.example.com; credentials; timing origins; corp; status 200",
    "; credentials",
    "",
];

/// Origins that each of these policies must refuse, by the finding that they would prove.
const PROBES: &[(&str, &[&str])] = &[
    ("any origin", &["https://nonce.test", "https://other.test:8443", "http://nonce.test"]),
    ("null trusted", &["null"]),
    (
        "suffix match",
        &["https://nonceapp.example.com", "https://nonce-app.example.com", "https://nonceexample.com"],
    ),
    (
        "prefix match",
        &[
            "https://app.example.com.nonce.test",
            "https://app.example.comnonce.test",
            "https://app.example.com-nonce.test",
        ],
    ),
    ("substring match", &["https://app.example.co", "https://example.co", "https://pp.example.com"]),
    ("unescaped dot", &["https://appxexample.com", "https://app.examplexcom", "https://app-example.com"]),
    (
        "any port",
        &["https://app.example.com:1337", "https://app.example.com:80", "https://app.example.com:0"],
    ),
    ("http trusted by https", &["http://app.example.com", "http://nonce.app.example.com"]),
    ("any subdomain", &["https://nonce.app.example.com", "https://nonce.example.com", "https://example.com"]),
    ("public suffix or shared host", &["https://nonce.github.io", "https://nonce.s3.amazonaws.com"]),
    (
        "development origins",
        &[
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://[::1]:3000",
            "https://localhost.nonce.test",
            "https://codepen.io",
        ],
    ),
    (
        "application and extension schemes",
        &[
            "capacitor://localhost",
            "ionic://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "file://",
            "app://app.example.com",
        ],
    ),
    (
        "loose reading",
        &[
            "https://app.example.com/",
            "https://app.example.com:443",
            "https://app.example.com.",
            "HTTPS://app.example.com",
            "https://APP.example.com",
            "https://app.example.com https://nonce.test",
            "https://nonce.test, https://app.example.com",
            "https://app.example.com,https://nonce.test",
            "https://nonce.test@app.example.com",
            "https://app.example.com@nonce.test",
            "https://app.example.com%00.nonce.test",
            "https://xn--app-.example.com",
        ],
    ),
];

/// Characters that Chromium keeps in host names and sends in `Origin`, and the others below 0x80 that a value
/// may have.
fn special_characters() -> impl Iterator<Item = char> {
    (0x21..0x7f_u8).map(char::from).filter(|c| !c.is_ascii_alphanumeric())
}

fn ask(policy: &Policy, request: &Request<()>) -> (Outcome, HeaderMap) {
    let decision = policy.decide(request);
    let headers = match decision.response::<()>() {
        Some(response) => response.headers().clone(),
        None => {
            // What the service says of CORS by itself shows nothing either.
            let mut headers = HeaderMap::new();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("https://nonce.test"));
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            decision.clone().decorate(&mut headers);
            headers
        }
    };
    (decision.outcome(), headers)
}

/// The requests that an origin can send: read, write and preflight.
fn requests(origin: &str) -> [Request<()>; 4] {
    let preflight = "access-control-request-method: PUT | access-control-request-headers: x-nonce";
    [
        request(&format!("GET | origin: {origin}")),
        request(&format!("POST | origin: {origin} | content-type: text/plain")),
        request(&format!("OPTIONS | origin: {origin}")),
        request(&format!("OPTIONS | origin: {origin} | {preflight}")),
    ]
}

fn assert_refused(text: &str, policy: &Policy, finding: &str, origin: &str) {
    for request in requests(origin) {
        let (outcome, headers) = ask(policy, &request);
        assert_eq!(outcome, Outcome::Refused, "{finding}: {origin:?} under {text:?}, {request:?}");
        let shown = headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(shown, None, "{finding}: {origin:?} under {text:?}, {request:?}");
    }
}

#[test]
fn no_probe_finds_anything() {
    for text in POLICIES {
        let policy = support::policy(text);
        for (finding, origins) in PROBES {
            for origin in *origins {
                assert_refused(text, &policy, finding, origin);
            }
        }
        for c in special_characters() {
            for origin in [
                format!("https://app.example.com{c}.nonce.test"),
                format!("https://app.example.com{c}nonce.test"),
                format!("https://nonce.test{c}app.example.com"),
                format!("https://nonce.test{c}.app.example.com"),
            ] {
                // `.` and `-` make hosts, `:` ports, which other rows probe.
                assert_refused(text, &policy, "special characters", &origin);
            }
        }
    }
}

/// Wildcards take in what they say and no more.
#[test]
fn wildcards_show_what_they_name_alone() {
    let policy = support::policy("https://*.example.com http://localhost:*; credentials");
    for origin in ["https://nonce.example.com", "https://a.b.example.com", "http://localhost:3000"] {
        assert_eq!(
            ask(&policy, &request(&format!("GET | origin: {origin}"))).0,
            Outcome::Allowed,
            "{origin}"
        );
    }
    for origin in [
        "https://example.com",
        "https://nonceexample.com",
        "https://nonce.examplexcom",
        "https://nonce.example.com.nonce.test",
        "https://nonce.example.com:1337",
        "http://nonce.example.com",
        "https://localhost:3000",
        "http://localhost.nonce.test:3000",
        "http://nonce.localhost:3000",
        "http://127.0.0.1:3000",
        "http://localhost:",
        "http://localhost:3000.nonce.test",
        "http://localhost:3000@nonce.test",
        "null",
    ] {
        assert_refused("wildcards", &policy, "wildcards", origin);
    }
    for c in special_characters().filter(|c| !matches!(c, '.' | '-')) {
        for origin in [
            format!("https://nonce.test{c}.example.com"),
            format!("https://nonce.test{c}x.example.com"),
            format!("https://x.example.com{c}.nonce.test"),
            format!("http://localhost{c}3000.nonce.test"),
        ] {
            assert_refused("wildcards", &policy, "special characters", &origin);
        }
    }
}

/// Findings that a policy would have to ask for: it is refused, and the option that lifts the rule says so.
#[test]
fn what_would_be_found_is_no_policy() {
    for (finding, text, code) in [
        ("any origin with credentials", "*; credentials", "any-origin-with-credentials"),
        ("any origin with credentials", "https://*; credentials", "origin-wildcard-place"),
        ("any origin with credentials", "*://*; credentials", "origin-scheme"),
        ("null trusted", "null", "origin-null"),
        ("null trusted", "null; credentials", "origin-null"),
        ("http trusted by https", "http://app.example.com; credentials", "insecure-origin-with-credentials"),
        ("http trusted by https", "http://*.example.com; credentials", "insecure-origin-with-credentials"),
        ("http trusted by https", "http://192.168.0.1; credentials", "insecure-origin-with-credentials"),
        (
            "http trusted by https",
            "http://localhost.nonce.test:*; credentials",
            "insecure-origin-with-credentials",
        ),
        ("public suffix", "https://*.github.io; credentials", "public-suffix-with-credentials"),
        ("public suffix", "https://*.com; credentials", "public-suffix-with-credentials"),
        ("shared host", "https://*.amazonaws.com; credentials", "public-suffix-with-credentials"),
        ("shared host", "https://*.s3.amazonaws.com:*; credentials", "public-suffix-with-credentials"),
        ("suffix match", "https://*example.com", "origin-wildcard-place"),
        ("prefix match", "https://app.example.com*", "origin-wildcard-place"),
        ("a list", "https://a.example https://b.example,https://c.example", "origin-list"),
        ("a slash", "https://app.example.com/", "origin-path"),
        ("upper case", "https://App.example.com", "origin-upper-case"),
        (
            "* taken literally with credentials",
            "https://a.example; credentials; expose *",
            "expose-all-with-credentials",
        ),
        ("methods in the wrong case", "https://a.example; methods patch", "method-case"),
        ("max-age above what browsers keep", "https://a.example; max-age 86401", "max-age"),
    ] {
        let error = Policy::new(&config(text)).expect_err(finding);
        assert!(error.problems().iter().any(|problem| problem.code() == code), "{finding}: {text}: {error}");
    }
}

/// Findings in the answers to those who are allowed.
#[test]
fn what_is_shared_is_shared_in_the_standards_words() {
    let allowed = "https://app.example.com";
    for text in POLICIES.iter().filter(|text| text.starts_with("https:")) {
        let policy = support::policy(text);
        let methods = if text.contains("methods *") { "PUT" } else { "GET" };
        let headers = if text.contains("headers *") { "X-Nonce, authorization" } else { "" };
        let [get, preflight, absent, refused] = [
            format!("GET | origin: {allowed}"),
            format!(
                "OPTIONS | origin: {allowed} | access-control-request-method: {methods} | \
                 access-control-request-headers: {headers}"
            ),
            "GET".to_owned(),
            "GET | origin: https://nonce.test".to_owned(),
        ]
        .map(|text| ask(&policy, &request(&text)));
        for (outcome, headers) in [&get, &preflight] {
            assert_eq!(*outcome, Outcome::Allowed, "{text}");
            let lines: Vec<_> = headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().collect();
            assert_eq!(lines, [allowed], "a list, a duplicate or a slash: {text}");
            let lines: Vec<_> = headers.get_all(ACCESS_CONTROL_ALLOW_CREDENTIALS).iter().collect();
            let expected: &[&str] = if policy.allows_credentials() { &["true"] } else { &[] };
            assert_eq!(lines, expected, "credentials `True`, doubled or unasked: {text}");
            for name in
                [ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_EXPOSE_HEADERS]
            {
                assert!(
                    headers.get(&name).is_none_or(|value| value != "*"),
                    "{name}: * with credentials: {text}"
                );
            }
        }
        if !headers.is_empty() {
            assert_eq!(preflight.1[ACCESS_CONTROL_ALLOW_HEADERS], "authorization,x-nonce", "{text}");
        }
        for (_, headers) in [&get, &absent, &refused] {
            let names = headers[VARY].to_str().unwrap();
            assert!(names.split(", ").any(|name| name == "Origin"), "missing Vary: {text}");
        }
    }
}
