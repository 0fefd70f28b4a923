//! The fifteen things about CORS that people report to hurt, in front of real sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::fs;

use support::{answering, echoing, gateway, gateway_in, get, nobody, preflight, request, send, upstream};

const APP: &str = "https://app.example";
const STRANGER: &str = "https://stranger.example";

/// A site with `/api/` on an upstream for our application, and everything else under the policy `api` too.
fn api(upstream: impl std::fmt::Display) -> String {
    format!(
        r#"
        [policies.api]
        origins = ["{APP}"]
        credentials = true
        methods = ["PUT", "DELETE"]
        request_headers = ["content-type", "x-csrf-token", "authorization"]
        [[listeners]]
        address = "127.0.0.1:0"
        default_policy = "api"
        [[routes]]
        path = "/api/"
        upstream = "http://{upstream}"
        policy = "api"
        "#
    )
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn pain_01_the_upstreams_own_cors_headers_do_not_double_ours() {
    let own = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Origin: https://x.example\r\n\
               Access-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: *\r\n\
               Access-Control-Allow-Methods: *\r\nAccess-Control-Allow-Headers: *\r\n\
               Access-Control-Max-Age: 5\r\nContent-Length: 2\r\n\r\nok";
    let upstream = answering(own);
    let (_gateway, address) = gateway(&api(upstream));
    let response = get(address, "/api/x", &[&format!("Origin: {APP}")]);
    assert_eq!(response.allow_origin(), Some(APP));
    assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(response.header("access-control-expose-headers"), None);
    assert_eq!(response.header("access-control-allow-methods"), None);
    assert_eq!(get(address, "/api/x", &[&format!("Origin: {STRANGER}")]).allow_origin(), None);

    let through = format!(
        "[[listeners]]\naddress = \"127.0.0.1:0\"\n[[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\n\
         pass_through = true"
    );
    let (_gateway, address) = gateway(&through);
    let response = get(address, "/", &[&format!("Origin: {APP}")]);
    let lines = response.headers.iter().filter(|(name, _)| name == "access-control-allow-origin").count();
    assert_eq!(lines, 2, "a route that passes through changes nothing");
}

#[test]
fn pain_02_errors_carry_the_headers() {
    let origin = format!("Origin: {APP}");
    for status in ["400 Bad Request", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable"]
    {
        let (_gateway, address) =
            gateway(&api(answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))));
        let response = get(address, "/api/x", &[&origin]);
        assert_eq!(response.status.to_string(), status[..3]);
        assert_eq!(response.allow_origin(), Some(APP), "{status}");
    }
    // The gateway's own: 502, 404, 413, 431, 400.
    let (_gateway, address) = gateway(&format!("{}\n[limits]\nbody_bytes = 10", api(nobody())));
    let large = format!("X-Large: {}", "x".repeat(40_000));
    let table: [(u16, String); 5] = [
        (502, request("GET", "/api/x", &[&origin])),
        (404, request("GET", "/elsewhere", &[&origin])),
        (413, request("POST", "/api/x", &[&origin, "Content-Length: 11"])),
        (431, request("GET", "/api/x", &[&origin, &large])),
        (400, request("GET", "/api/../x", &[&origin])),
    ];
    for (status, request) in table {
        let response = send(address, &request);
        assert_eq!(response.status, status);
        assert_eq!(response.allow_origin(), Some(APP), "{status}");
        assert_eq!(response.header("access-control-allow-credentials"), Some("true"), "{status}");
        assert_eq!(response.vary(), ["origin"], "{status}");
    }
}

#[test]
fn pain_03_a_route_has_one_policy_and_inherits_nothing() {
    let upstream = answering(OK);
    let (_gateway, address) = gateway(&format!(
        r#"
        [policies.all]
        origins = "*"
        exposed_headers = ["etag"]
        [policies.some]
        origins = ["{APP}"]
        [[listeners]]
        address = "127.0.0.1:0"
        [[routes]]
        path = "/"
        upstream = "http://{upstream}"
        policy = "all"
        [[routes]]
        path = "/some/"
        upstream = "http://{upstream}"
        policy = "some"
        "#
    ));
    let outer = get(address, "/x", &[&format!("Origin: {APP}")]);
    assert_eq!(
        (outer.allow_origin(), outer.header("access-control-expose-headers")),
        (Some("*"), Some("etag"))
    );
    let inner = get(address, "/some/x", &[&format!("Origin: {APP}")]);
    assert_eq!((inner.allow_origin(), inner.header("access-control-expose-headers")), (Some(APP), None));
}

#[test]
fn pain_04_an_echoed_origin_comes_with_vary_and_vary_is_merged() {
    let upstream =
        answering("HTTP/1.1 200 OK\r\nVary: Accept-Language\r\nVary: Cookie\r\nContent-Length: 2\r\n\r\nok");
    let (_gateway, address) = gateway(&api(upstream));
    let response = get(address, "/api/x", &[&format!("Origin: {APP}")]);
    assert_eq!(response.allow_origin(), Some(APP));
    assert_eq!(response.vary(), ["accept-language", "cookie", "origin"]);
}

#[test]
fn pain_05_without_origin_there_is_vary_too() {
    let (_gateway, address) = gateway(&api(answering(OK)));
    let response = get(address, "/api/x", &[]);
    assert_eq!((response.allow_origin(), response.vary()), (None, vec!["origin".to_owned()]));
}

#[test]
fn pain_06_a_refusal_has_vary_too() {
    let (_gateway, address) = gateway(&api(answering(OK)));
    let response = get(address, "/api/x", &[&format!("Origin: {STRANGER}")]);
    assert_eq!((response.status, response.text().as_str()), (200, "ok"), "the normal response");
    assert_eq!((response.allow_origin(), response.vary()), (None, vec!["origin".to_owned()]));
}

#[test]
fn pain_07_a_preflight_is_answered_before_authentication() {
    let upstream = answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    let (_gateway, address) = gateway(&api(upstream));
    let response =
        preflight(address, "/api/x", APP, "PUT", &["Access-Control-Request-Headers: authorization"]);
    assert_eq!(response.status, 204);
    assert_eq!(response.allow_origin(), Some(APP));
    let methods = response.header("access-control-allow-methods").unwrap();
    assert!(methods.split(',').any(|method| method.trim() == "PUT"), "{methods}");
    let headers = response.header("access-control-allow-headers").unwrap();
    assert!(headers.split(',').any(|name| name.trim() == "authorization"), "{headers}");
    // OPTIONS that is no preflight is the service's.
    for lines in [&[][..], &["Origin: https://app.example"], &["Access-Control-Request-Method: PUT"]] {
        assert_eq!(send(address, &request("OPTIONS", "/api/x", lines)).status, 401, "{lines:?}");
    }
}

#[test]
fn pain_08_401_and_429_carry_the_headers() {
    for status in ["401 Unauthorized", "429 Too Many Requests"] {
        let (_gateway, address) =
            gateway(&api(answering(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))));
        let response = get(address, "/api/x", &[&format!("Origin: {APP}")]);
        assert_eq!(response.status.to_string(), status[..3]);
        assert_eq!(response.allow_origin(), Some(APP), "{status}");
    }
}

#[test]
fn pain_09_a_preflight_is_never_redirected() {
    let redirects =
        "HTTP/1.1 301 Moved Permanently\r\nLocation: https://x.example/\r\nContent-Length: 0\r\n\r\n";
    let (_gateway, address) = gateway(&api(answering(redirects)));
    assert_eq!(preflight(address, "/api", APP, "PUT", &[]).status, 204);
    assert_eq!(preflight(address, "/api/x", APP, "PUT", &[]).status, 204);

    // Nor by the gateway itself, where a folder's slash is missing; that redirect carries the headers.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("files/sub")).unwrap();
    let (_gateway, address) = gateway_in(
        folder.path(),
        "[policies.all]\norigins = \"*\"\n[[listeners]]\naddress = \"127.0.0.1:0\"\n[[routes]]\npath = \"/\"\n\
         files = \"files\"\npolicy = \"all\"",
    );
    assert_eq!(preflight(address, "/sub", APP, "GET", &[]).status, 204);
    let response = get(address, "/sub?a=b", &[&format!("Origin: {APP}")]);
    assert_eq!((response.status, response.header("location")), (301, Some("/sub/?a=b")));
    assert_eq!(response.allow_origin(), Some("*"));
}

#[test]
fn pain_10_a_preflight_goes_where_its_method_goes() {
    let upstream = answering("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
    let (_gateway, address) = gateway(&format!(
        r#"
        [policies.read]
        origins = "*"
        [policies.write]
        origins = ["{APP}"]
        methods = ["PUT"]
        [[listeners]]
        address = "127.0.0.1:0"
        [[routes]]
        path = "/x/"
        methods = ["GET"]
        upstream = "http://{upstream}"
        policy = "read"
        [[routes]]
        path = "/x/"
        methods = ["PUT"]
        upstream = "http://{upstream}"
        policy = "write"
        "#
    ));
    let write = preflight(address, "/x/1", APP, "PUT", &[]);
    assert_eq!((write.status, write.allow_origin()), (204, Some(APP)));
    let read = preflight(address, "/x/1", APP, "GET", &[]);
    assert_eq!((read.status, read.allow_origin()), (204, Some("*")));
    assert_eq!(preflight(address, "/x/1", STRANGER, "PUT", &[]).allow_origin(), None);
}

#[test]
fn pain_11_the_gateways_own_404_has_a_policy() {
    let (_gateway, address) = gateway(&api(answering(OK)));
    let response = get(address, "/nowhere", &[&format!("Origin: {APP}")]);
    assert_eq!((response.status, response.allow_origin()), (404, Some(APP)));
    assert_eq!(preflight(address, "/nowhere", APP, "PUT", &[]).status, 204);
    let response = get(address, "/nowhere", &[&format!("Origin: {STRANGER}")]);
    assert_eq!((response.status, response.allow_origin()), (404, None));
}

#[test]
fn pain_12_there_is_one_origin_in_the_answer() {
    let (_gateway, address) = gateway(&format!(
        r#"
        [policies.many]
        origins = ["{APP}", "https://other.example", "https://*.wild.example"]
        [[listeners]]
        address = "127.0.0.1:0"
        [[routes]]
        path = "/"
        upstream = "http://{}"
        policy = "many"
        "#,
        answering(OK)
    ));
    for origin in [APP, "https://other.example", "https://a.b.wild.example"] {
        assert_eq!(get(address, "/", &[&format!("Origin: {origin}")]).allow_origin(), Some(origin));
    }
    let evil = "Origin: https://evil.example, https://a.wild.example";
    assert_eq!(get(address, "/", &[evil]).allow_origin(), None);
    let twice = [&*format!("Origin: {APP}"), "Origin: https://other.example"];
    assert_eq!(get(address, "/", &twice).allow_origin(), None);
}

#[test]
fn pain_13_requested_headers_may_stand_in_several_lines() {
    let (_gateway, address) = gateway(&api(answering(OK)));
    let lines =
        ["Access-Control-Request-Headers: X-CSRF-Token", "Access-Control-Request-Headers:  content-type ,"];
    let response = preflight(address, "/api/x", APP, "PUT", &lines);
    assert_eq!((response.status, response.allow_origin()), (204, Some(APP)));
    let allowed = response.header("access-control-allow-headers").unwrap().to_owned();
    for name in ["x-csrf-token", "content-type"] {
        assert!(allowed.split(',').any(|allowed| allowed.trim() == name), "{name} is not in {allowed:?}");
    }
}

#[test]
fn pain_14_any_header_is_not_authorization() {
    let policy = |headers: &str| {
        format!(
            "[policies.any]\norigins = \"*\"\nrequest_headers = {headers}\n[[listeners]]\naddress = \"127.0.0.1:0\"\n\
             [[routes]]\npath = \"/\"\nupstream = \"http://{}\"\npolicy = \"any\"",
            answering(OK)
        )
    };
    let asks = ["Access-Control-Request-Headers: authorization"];
    let (_gateway, address) = gateway(&policy("[\"*\"]"));
    assert_eq!(preflight(address, "/", APP, "GET", &asks).allow_origin(), None);
    let (_gateway, address) = gateway(&policy("[\"*\", \"authorization\"]"));
    assert_eq!(preflight(address, "/", APP, "GET", &asks).allow_origin(), Some("*"));
}

#[test]
fn pain_15_patterns_are_no_regexes() {
    let (_gateway, address) = gateway(&format!(
        "[policies.p]\norigins = [\"https://*.app.example\", \"http://localhost:*\"]\n[[listeners]]\n\
         address = \"127.0.0.1:0\"\n[[routes]]\npath = \"/\"\nupstream = \"http://{}\"\npolicy = \"p\"",
        answering(OK)
    ));
    for origin in
        ["https://a.app.example", "https://a.b.app.example", "http://localhost:3000", "http://localhost"]
    {
        assert_eq!(get(address, "/", &[&format!("Origin: {origin}")]).allow_origin(), Some(origin));
    }
    for origin in [
        "https://aXapp.example",
        "https://app.example",
        "https://a.app.example.evil.example",
        "https://evil.example/a.app.example",
        "https://evil.example#.app.example",
        "http://a.app.example",
        "https://a.app.example:444",
        "http://localhost.evil.example",
        "http://localhost:3000.evil.example",
        "https://-.app.example,",
    ] {
        assert_eq!(get(address, "/", &[&format!("Origin: {origin}")]).allow_origin(), None, "{origin}");
    }
}

#[test]
fn a_304_carries_what_a_200_would() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("files")).unwrap();
    fs::write(folder.path().join("files/a.txt"), "text").unwrap();
    let (_gateway, address) = gateway_in(
        folder.path(),
        &format!(
            "[policies.p]\norigins = [\"{APP}\"]\ncredentials = true\nexposed_headers = [\"etag\"]\n[[listeners]]\n\
             address = \"127.0.0.1:0\"\n[[routes]]\npath = \"/\"\nfiles = \"files\"\npolicy = \"p\""
        ),
    );
    for origin in [Some(APP), Some(STRANGER), None] {
        let origin = origin.map(|origin| format!("Origin: {origin}"));
        let mut lines: Vec<&str> = origin.as_deref().into_iter().collect();
        let whole = get(address, "/a.txt", &lines);
        let condition = format!("If-None-Match: {}", whole.header("etag").unwrap());
        lines.push(&condition);
        let unchanged = get(address, "/a.txt", &lines);
        assert_eq!((whole.status, unchanged.status), (200, 304));
        assert_eq!(cors(&whole), cors(&unchanged), "{origin:?}");
    }
}

fn cors(response: &support::Response) -> Vec<&(String, String)> {
    let is_cors = |name: &str| name.starts_with("access-control-") || name == "vary";
    response.headers.iter().filter(|(name, _)| is_cors(name)).collect()
}

#[test]
fn an_upstream_learns_the_origin_and_a_refused_one_is_served_unless_the_policy_forbids_it() {
    let echo = echoing();
    let (_gateway, address) = gateway(&api(echo));
    let response = get(address, "/api/x", &[&format!("Origin: {STRANGER}")]);
    assert!(response.text().to_lowercase().contains(&format!("origin: {STRANGER}")), "{}", response.text());

    let reached = upstream(|_| panic!("a forbidden request reached the upstream"));
    let text = api(reached).replace(
        "credentials = true",
        "credentials = true\nforbid_refused_origins = true\npublic_url = \"https://api.example\"",
    );
    let (_gateway, address) = gateway(&text);
    let response =
        send(address, &request("POST", "/api/x", &[&format!("Origin: {STRANGER}"), "Content-Length: 0"]));
    assert_eq!((response.status, response.allow_origin()), (403, None));
    assert!(response.vary().contains(&"origin".to_owned()), "{:?}", response.vary());
}
