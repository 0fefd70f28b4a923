//! Request → answer, whole: what the policy says, to the header.

mod support;

use support::{answer, policy, request};

/// Policy, request, and the answer with each header.
const TABLE: &[(&str, &str, &str)] = &[
    // A static `*`: the same for everyone, so no Vary.
    ("*", "GET", "no-origin → service | access-control-allow-origin: *"),
    ("*", "GET | origin: https://a.example", "any-origin → service | access-control-allow-origin: *"),
    ("*", "HEAD | origin: null", "any-origin → service | access-control-allow-origin: *"),
    ("*", "POST | origin: not an origin", "any-origin → service | access-control-allow-origin: *"),
    (
        "*; expose etag X-Total",
        "GET",
        "no-origin → service | access-control-allow-origin: * | access-control-expose-headers: etag,x-total",
    ),
    (
        "*; expose *",
        "GET | origin: https://a.example",
        "any-origin → service | access-control-allow-origin: * | access-control-expose-headers: *",
    ),
    (
        "*; timing *; corp",
        "GET",
        "no-origin → service | access-control-allow-origin: * | cross-origin-resource-policy: cross-origin | timing-allow-origin: *",
    ),
    (
        "*; timing origins",
        "GET",
        "no-origin → service | access-control-allow-origin: * | timing-allow-origin: *",
    ),
    // An allowlist: Vary with and without Origin, allowed or refused.
    ("https://a.example", "GET", "no-origin → service | vary: Origin"),
    (
        "https://a.example",
        "GET | origin: https://a.example",
        "origin-listed → service | access-control-allow-origin: https://a.example | vary: Origin",
    ),
    ("https://a.example", "GET | origin: https://b.example", "origin-not-allowed → service | vary: Origin"),
    ("https://a.example", "GET | origin: http://a.example", "origin-not-allowed → service | vary: Origin"),
    (
        "https://a.example",
        "GET | origin: https://a.example:8443",
        "origin-not-allowed → service | vary: Origin",
    ),
    ("https://a.example", "GET | origin: null", "null-not-allowed → service | vary: Origin"),
    (
        "https://a.example",
        "GET | origin: https://a.example | origin: https://a.example",
        "several-origins → service | vary: Origin",
    ),
    ("https://a.example", "GET | origin:", "origin-malformed → service | vary: Origin"),
    (
        "https://a.example; expose etag",
        "GET | origin: https://b.example",
        "origin-not-allowed → service | vary: Origin",
    ),
    (
        "https://a.example; expose etag",
        "GET | origin: https://a.example",
        "origin-listed → service | access-control-allow-origin: https://a.example | access-control-expose-headers: etag | vary: Origin",
    ),
    (
        "https://a.example; credentials",
        "GET | origin: https://a.example",
        "origin-listed → service | access-control-allow-credentials: true | access-control-allow-origin: https://a.example | vary: Origin",
    ),
    (
        "https://a.example; credentials",
        "GET | origin: https://b.example",
        "origin-not-allowed → service | vary: Origin",
    ),
    (
        "https://a.example; timing origins; corp",
        "GET | origin: https://a.example",
        "origin-listed → service | access-control-allow-origin: https://a.example | cross-origin-resource-policy: cross-origin | timing-allow-origin: https://a.example | vary: Origin",
    ),
    (
        "https://a.example; timing origins; corp",
        "GET",
        "no-origin → service | cross-origin-resource-policy: cross-origin | vary: Origin",
    ),
    (
        "https://*.a.example",
        "GET | origin: https://b.c.a.example",
        "origin-matches-pattern → service | access-control-allow-origin: https://b.c.a.example | vary: Origin",
    ),
    ("https://*.a.example", "GET | origin: https://a.example", "origin-not-allowed → service | vary: Origin"),
    (
        "https://*.a.example",
        "GET | origin: https://evil.com, x.a.example",
        "origin-malformed → service | vary: Origin",
    ),
    (
        "https://*.a.example",
        "GET | origin: https://a.example{.a.example",
        "origin-malformed → service | vary: Origin",
    ),
    (
        "http://localhost:*",
        "GET | origin: http://localhost",
        "origin-matches-pattern → service | access-control-allow-origin: http://localhost | vary: Origin",
    ),
    (
        "http://localhost:*",
        "GET | origin: http://localhost:5173",
        "origin-matches-pattern → service | access-control-allow-origin: http://localhost:5173 | vary: Origin",
    ),
    (
        "capacitor://localhost",
        "GET | origin: capacitor://localhost",
        "origin-listed → service | access-control-allow-origin: capacitor://localhost | vary: Origin",
    ),
    (
        "https://a.example; null",
        "GET | origin: null",
        "null-allowed → service | access-control-allow-origin: null | vary: Origin",
    ),
    (
        "*; credentials; any",
        "GET | origin: https://a.example",
        "any-origin → service | access-control-allow-credentials: true | access-control-allow-origin: https://a.example | vary: Origin",
    ),
    ("*; credentials; any", "GET", "no-origin → service | vary: Origin"),
    ("*; credentials; any", "GET | origin: null", "null-not-allowed → service | vary: Origin"),
    ("*; credentials; any", "GET | origin: HTTPS://a.example", "origin-malformed → service | vary: Origin"),
    // Preflights.
    (
        "*",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET",
        "any-origin → 204 | access-control-allow-origin: * | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "*; status 200",
        "OPTIONS | origin: null | access-control-request-method: POST",
        "any-origin → 200 | access-control-allow-origin: * | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "*",
        "OPTIONS | origin: https://a.example, https://b.example | access-control-request-method: GET",
        "origin-malformed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "*; methods *; headers *",
        "OPTIONS | origin: https://a.example | access-control-request-method: PUT | access-control-request-headers: x-a",
        "any-origin → 204 | access-control-allow-headers: * | access-control-allow-methods: * | access-control-allow-origin: * | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "*; headers *",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: authorization",
        "authorization-not-named → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "*; headers * Authorization x-a",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: authorization,x-b",
        "any-origin → 204 | access-control-allow-headers: *,authorization | access-control-allow-origin: * | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; credentials; methods PUT DELETE; headers X-CSRF-Token content-type; max-age 600",
        "OPTIONS | origin: https://a.example | access-control-request-method: PUT | access-control-request-headers: content-type",
        "origin-listed → 204 | access-control-allow-credentials: true | access-control-allow-headers: content-type,x-csrf-token | access-control-allow-methods: DELETE,PUT | access-control-allow-origin: https://a.example | access-control-max-age: 600 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; max-age 0",
        "OPTIONS | origin: https://a.example | access-control-request-method: POST",
        "origin-listed → 204 | access-control-allow-origin: https://a.example | access-control-max-age: 0 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; max-age 600",
        "OPTIONS | origin: https://b.example | access-control-request-method: POST",
        "origin-not-allowed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; methods PATCH",
        "OPTIONS | origin: https://a.example | access-control-request-method: patch",
        "method-not-allowed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; methods *",
        "OPTIONS | origin: https://a.example | access-control-request-method: TRACE",
        "request-method-malformed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; methods *",
        "OPTIONS | origin: https://a.example | access-control-request-method: PUT, DELETE",
        "request-method-malformed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; methods *",
        "OPTIONS | origin: https://a.example | access-control-request-method: PUT | access-control-request-method: GET",
        "several-request-methods → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: x-a",
        "header-not-allowed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; headers *",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: x-a;",
        "request-headers-malformed → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; headers x-a x-b",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: X-B | access-control-request-headers: , x-a",
        "origin-listed → 204 | access-control-allow-headers: x-a,x-b | access-control-allow-origin: https://a.example | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    // With credentials `*` is never sent: the requested names are.
    (
        "https://a.example; credentials; methods *; headers *; max-age 5",
        "OPTIONS | origin: https://a.example | access-control-request-method: PATCH | access-control-request-headers: x-b, X-A",
        "origin-listed → 204 | access-control-allow-credentials: true | access-control-allow-headers: x-a,x-b | access-control-allow-methods: PATCH | access-control-allow-origin: https://a.example | access-control-max-age: 5 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; credentials; headers *",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: authorization,x-a",
        "authorization-not-named → 204 | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example; credentials; headers * authorization",
        "OPTIONS | origin: https://a.example | access-control-request-method: GET | access-control-request-headers: authorization,x-a",
        "origin-listed → 204 | access-control-allow-credentials: true | access-control-allow-headers: authorization,x-a | access-control-allow-origin: https://a.example | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    // OPTIONS that is no preflight goes to the service.
    (
        "https://a.example",
        "OPTIONS",
        "no-origin → service | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example",
        "OPTIONS | origin: https://a.example",
        "origin-listed → service | access-control-allow-origin: https://a.example | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example",
        "OPTIONS | access-control-request-method: PUT",
        "no-origin → service | vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ),
    (
        "https://a.example",
        "GET | origin: https://a.example | access-control-request-method: PUT",
        "origin-listed → service | access-control-allow-origin: https://a.example | vary: Origin",
    ),
    // Forbidding what refused origins would change.
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://b.example",
        "origin-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: null",
        "null-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "DELETE | origin: https://b.example | origin: https://a.example",
        "several-origins → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "GET | origin: https://b.example",
        "origin-not-allowed → service | vary: Origin",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST",
        "no-origin → service | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://a.example",
        "origin-listed → service | access-control-allow-origin: https://a.example | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://api.example",
        "same-origin → service | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://api.example | sec-fetch-site: same-site",
        "origin-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://alias.example | sec-fetch-site: same-origin",
        "same-origin → service | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://b.example | sec-fetch-site: same-origin | sec-fetch-site: same-origin",
        "origin-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "POST | origin: https://api.example | sec-fetch-site: same-origin | sec-fetch-site: same-origin",
        "origin-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "GET | upgrade: websocket | origin: https://b.example",
        "origin-not-allowed → service | vary: Origin",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "GET | connection: upgrade | upgrade: h2c | origin: https://b.example",
        "origin-not-allowed → service | vary: Origin",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "GET | connection: keep-alive, Upgrade | upgrade: websocket | origin: https://b.example",
        "origin-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    (
        "https://a.example; forbid; url https://api.example",
        "GET | connection: upgrade | upgrade: WebSocket | origin: https://a.example",
        "origin-listed → service | access-control-allow-origin: https://a.example | vary: Origin, Sec-Fetch-Site",
    ),
    // Nobody.
    ("", "GET | origin: https://a.example", "origin-not-allowed → service"),
    ("", "GET", "no-origin → service"),
    (
        "; forbid; url https://api.example",
        "POST | origin: https://a.example",
        "origin-not-allowed → 403 | vary: Origin, Sec-Fetch-Site",
    ),
    ("; null", "GET", "no-origin → service | vary: Origin"),
];

#[test]
fn each_request_gets_its_answer() {
    let mut wrong = Vec::new();
    for (policy_text, request_text, expected) in TABLE {
        let policy = policy(policy_text);
        let request = request(request_text);
        let (explained, branches) = policy.explain(&request);
        let found = answer(&policy.decide(&request));
        assert_eq!(found, answer(&explained), "explaining changes nothing: {policy_text} / {request_text}");
        assert!(!branches.is_empty(), "{request_text}");
        if found != *expected {
            wrong.push(format!("{policy_text} / {request_text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
}

#[test]
fn the_services_own_timing_header_is_replaced_where_the_policy_has_one() {
    for (text, origin, expected) in [
        ("https://a.example", "https://b.example", Some("https://b.example")),
        ("https://a.example; timing *", "https://b.example", Some("*")),
        ("https://a.example; timing origins", "https://b.example", None),
        ("https://a.example; timing origins", "https://a.example", Some("https://a.example")),
    ] {
        let mut response = request("GET | timing-allow-origin: https://b.example");
        let decision = policy(text).decide(&request(&format!("GET | origin: {origin}")));
        decision.decorate(response.headers_mut());
        let found = response.headers().get("timing-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(found, expected, "{text}, {origin}");
    }
}

#[test]
fn the_services_own_headers_are_replaced() {
    let headers = [
        "access-control-allow-origin: *",
        "access-control-allow-origin: https://other.example",
        "access-control-allow-credentials: true",
        "access-control-allow-methods: PUT",
        "access-control-allow-headers: x-a",
        "access-control-max-age: 5",
        "access-control-expose-headers: *",
        "vary: Accept-Encoding",
        "etag: \"1\"",
    ];
    for (origin, expected) in [
        (
            "https://a.example",
            "access-control-allow-origin: https://a.example | etag: \"1\" | vary: Accept-Encoding, Origin",
        ),
        ("https://b.example", "etag: \"1\" | vary: Accept-Encoding, Origin"),
    ] {
        let mut response = request(&format!("GET | {}", headers.join(" | ")));
        let decision = policy("https://a.example").decide(&request(&format!("GET | origin: {origin}")));
        decision.decorate(response.headers_mut());
        let mut lines: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort();
        assert_eq!(lines.join(" | "), expected);
    }
}

#[test]
fn vary_is_merged_once() {
    for (there, expected) in [
        (&[][..], "Origin"),
        (&["Origin"], "Origin"),
        (&["origin"], "origin"),
        (&["Accept-Encoding"], "Accept-Encoding, Origin"),
        (&["Accept-Encoding,  Accept", "Cookie"], "Accept-Encoding, Accept, Cookie, Origin"),
        (&["*"], "*"),
        (&["Accept, *"], "Accept, *"),
        (&["X-Origin"], "X-Origin, Origin"),
        (&[""], "Origin"),
    ] {
        let lines: String = there.iter().map(|line| format!(" | vary: {line}")).collect();
        let mut response = request(&format!("GET{lines}"));
        policy("https://a.example").decide(&request("GET")).decorate(response.headers_mut());
        let found: Vec<_> =
            response.headers().get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(found, [expected], "{there:?}");
    }
}

#[test]
fn a_swapped_policy_is_decided_by_whole() {
    use crossorigin::server::{PolicySource, SharedPolicy};
    let (old, new) = (policy("https://a.example; credentials"), policy("https://b.example"));
    let shared = SharedPolicy::new(old.clone());
    let swapping = shared.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for round in 0..20_000 {
                swapping.store(if round % 2 == 0 { new.clone() } else { old.clone() });
            }
        });
        let request = request("GET | origin: https://a.example");
        for _ in 0..20_000 {
            let answer = answer(&shared.load().decide(&request));
            assert!(
                answer == "origin-not-allowed → service | vary: Origin"
                    || answer
                        == "origin-listed → service | access-control-allow-credentials: true | \
                            access-control-allow-origin: https://a.example | vary: Origin",
                "{answer}"
            );
        }
    });
}
