//! `crossorigin check` as a process, against servers that answer as they are told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::net::TcpListener;
use std::process::{Command, Output};

use serde_json::Value;
use support::scripted::{Scripted, answer};

const APP: &str = "https://app.example";
const ALLOW: &str = "Access-Control-Allow-Origin: https://app.example";
const ANY: &str = "Access-Control-Allow-Origin: *";
const METHODS: &str = "Access-Control-Allow-Methods: PUT";
const HEADERS: &str = "Access-Control-Allow-Headers: content-type,x-a";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials: true";

fn check(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    for proxy in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command.arg("check").args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(arguments: &[&str]) -> (Value, i32) {
    let output = check(&[arguments, &["--format", "json"]].concat());
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr)));
    (value, code(&output))
}

/// Verdict and reason, by profile, where they differ; else once.
fn told(result: &Value) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for one in result["results"].as_array().unwrap() {
        let reason = one["reason"].as_str().or(one["failure"]["kind"].as_str());
        let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
        told.push(format!("{}{reason}", one["verdict"].as_str().unwrap()));
    }
    if told.iter().all(|one| *one == told[0]) {
        told.truncate(1);
    }
    told
}

/// A server that answers preflights and requests each in their way.
fn server(
    preflight: (&'static str, &'static [&'static str]),
    request: (&'static str, &'static [&'static str]),
) -> Scripted {
    Scripted::start(move |asked| {
        let (status, headers) = if asked.is_preflight() { preflight } else { request };
        answer(status, headers)
    })
}

type Answer = (&'static str, &'static [&'static str]);
/// Flags, the answers to preflight and request, verdicts, and how it exits.
type Row<'a> = (&'a [&'a str], Answer, Answer, &'a [&'a str], i32);

#[test]
fn verdicts_and_exit_codes() {
    const NONE: Answer = ("200 OK", &[]);
    const SHARED: Answer = ("200 OK", &[ALLOW]);
    const PERMITTED: Answer = ("204 No Content", &[ALLOW, METHODS, HEADERS]);
    let put: &[&str] = &["-X", "PUT", "-H", "X-A: 1"];
    let rows: &[Row<'_>] = &[
        (&[], NONE, SHARED, &["shared"], 0),
        (&[], NONE, ("200 OK", &[ANY]), &["shared"], 0),
        (&[], NONE, NONE, &["blocked allow-origin-missing"], 1),
        (&[], NONE, ("500 Oops", &[]), &["blocked allow-origin-missing"], 1),
        (&[], NONE, ("404 Not Found", &[ALLOW]), &["shared"], 0),
        (
            &[],
            NONE,
            ("200 OK", &["Access-Control-Allow-Origin: https://app.example/"]),
            &["blocked allow-origin-mismatch"],
            1,
        ),
        (
            &["--credentials", "include"],
            NONE,
            ("200 OK", &[ANY, CREDENTIALS]),
            &["blocked allow-origin-wildcard"],
            1,
        ),
        (&["--credentials", "include"], NONE, SHARED, &["blocked allow-credentials"], 1),
        (&["--credentials", "include"], NONE, ("200 OK", &[ALLOW, CREDENTIALS]), &["shared"], 0),
        (&["--mode", "no-cors"], NONE, NONE, &["opaque"], 0),
        (&["--mode", "same-origin"], NONE, SHARED, &["blocked same-origin-mode"], 1),
        (&["--as", "image"], NONE, NONE, &["opaque"], 0),
        (&["--as", "image", "--crossorigin"], NONE, NONE, &["blocked allow-origin-missing"], 1),
        (
            &["--as", "image", "--crossorigin", "use-credentials"],
            NONE,
            ("200 OK", &[ANY]),
            &["blocked allow-origin-wildcard"],
            1,
        ),
        (&["--as", "font"], NONE, NONE, &["blocked allow-origin-missing"], 1),
        (
            &["--as", "image"],
            NONE,
            ("200 OK", &["Cross-Origin-Resource-Policy: same-origin"]),
            &["blocked resource-policy"],
            1,
        ),
        (
            &["--as", "image", "--embedder-policy", "require-corp"],
            NONE,
            NONE,
            &["blocked embedder-policy"],
            1,
        ),
        (put, PERMITTED, SHARED, &["shared"], 0),
        (put, PERMITTED, NONE, &["blocked allow-origin-missing"], 1),
        (put, ("204 No Content", &[ALLOW, METHODS]), SHARED, &["blocked preflight-header"], 1),
        (put, ("204 No Content", &[ALLOW, HEADERS]), SHARED, &["blocked preflight-method"], 1),
        (put, ("403 Forbidden", &[ALLOW, METHODS, HEADERS]), SHARED, &["blocked preflight-status"], 1),
        (put, ("301 Moved", &[ALLOW, "Location: /"]), SHARED, &["blocked preflight-redirect"], 1),
        (&["-d", "{}", "-H", "Content-Type: application/json"], PERMITTED, SHARED, &["shared"], 0),
        (
            &["-d", "{}", "-H", "Content-Type: application/json"],
            NONE,
            SHARED,
            &["blocked preflight-allow-origin-missing"],
            1,
        ),
        (&["-d", "a"], NONE, SHARED, &["shared"], 0),
        (
            &["--redirect", "error"],
            NONE,
            ("302 Found", &[ALLOW, "Location: /x"]),
            &["blocked redirect-in-error-mode"],
            1,
        ),
        (&["--redirect", "manual"], NONE, ("302 Found", &[ALLOW, "Location: /x"]), &["opaque"], 0),
    ];
    for (flags, preflight, request, verdicts, exit) in rows {
        let server = server(*preflight, *request);
        let url = server.url("/items");
        let (found, code) = json(&[&[&url, "--from", APP], *flags].concat());
        assert_eq!(
            (told(&found), code),
            (verdicts.iter().map(|&row| row.into()).collect(), *exit),
            "{flags:?} {preflight:?} {request:?}"
        );
    }
}

#[test]
fn browsers_differ_where_they_do() {
    let answers: Answer = ("204 No Content", &[ALLOW, "Access-Control-Allow-Headers: *"]);
    let server = server(answers, ("200 OK", &[ALLOW]));
    let url = server.url("/");
    let (found, code) = json(&[&url, "--from", APP, "-H", "Authorization: Bearer x"]);
    assert_eq!(told(&found), ["blocked preflight-header", "shared", "shared", "shared"]);
    assert_eq!(code, 1, "by the worst");
    assert_eq!(server.lines(), ["OPTIONS /", "GET /"], "what browsers would all send is sent once");
    let (found, code) =
        json(&[&url, "--from", APP, "-H", "Authorization: Bearer x", "--profile", "chromium"]);
    assert_eq!((told(&found), code), (vec!["shared".to_owned()], 0));
}

#[test]
fn unreachable_is_no_block() {
    let closes = Scripted::start(|_| String::new());
    let nonsense = Scripted::start(|_| "SSH-2.0-x\r\n\r\n".to_owned());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let many: String = (0..10_000).map(|nth| format!("X-{nth}: 1\r\n")).collect();
    let many = Scripted::start(move |_| format!("HTTP/1.1 200 OK\r\n{many}\r\n"));
    for (url, kind) in [
        (closes.url("/"), "reset"),
        (nonsense.url("/"), "malformed"),
        (format!("http://{free}/"), "refused"),
        (format!("http://{}/", silent.local_addr().unwrap()), "timed-out"),
        (many.url("/"), "too-large"),
        (format!("https://{}/", nonsense.address), "tls"),
    ] {
        let (found, code) = json(&[&url, "--from", APP, "--max-time", "0.5"]);
        assert_eq!((told(&found), code), (vec![format!("unreachable {kind}")], 3), "{found:#}");
    }
}

#[test]
fn requests_are_as_a_page_sends_them() {
    let server = server(
        ("204 No Content", &[ALLOW, METHODS, HEADERS, CREDENTIALS]),
        ("200 OK", &[ALLOW, CREDENTIALS]),
    );
    let url = server.url("/items?x=1#part");
    let flags = ["-X", "put", "-H", "X-A: 1", "-H", "Content-Type: application/json", "-d", "{\"a\":1}"];
    let (found, _) = json(&[&[&url, "--from", APP, "--credentials", "include"], &flags[..]].concat());
    assert_eq!(told(&found), ["shared"]);
    let asked = server.asked();
    let [preflight, request] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(preflight.line, "OPTIONS /items?x=1");
    assert_eq!(preflight.header("origin"), Some(APP));
    assert_eq!(preflight.header("access-control-request-method"), Some("PUT"));
    assert_eq!(preflight.header("access-control-request-headers"), Some("content-type,x-a"));
    assert_eq!(request.line, "PUT /items?x=1");
    assert_eq!((request.header("origin"), request.header("x-a")), (Some(APP), Some("1")));
    assert_eq!(request.body, b"{\"a\":1}");
}

#[test]
fn a_repetition_finds_the_permission_kept() {
    let kept = server(
        ("204 No Content", &[ALLOW, METHODS, HEADERS, "Access-Control-Max-Age: 60"]),
        ("200 OK", &[ALLOW]),
    );
    let url = kept.url("/");
    let (found, _) = json(&[&url, "--from", APP, "-X", "PUT", "--repeat", "3", "--profile", "firefox"]);
    assert_eq!(kept.lines(), ["OPTIONS /", "PUT /", "PUT /", "PUT /"]);
    let sent = |nth: usize| found["results"][nth]["exchanges"].as_array().unwrap().len();
    assert_eq!([sent(0), sent(1), sent(2)], [2, 1, 1]);
    assert_eq!(found["results"][2]["repetition"], 3);

    let never = server(
        ("204 No Content", &[ALLOW, METHODS, HEADERS, "Access-Control-Max-Age: 0"]),
        ("200 OK", &[ALLOW]),
    );
    let url = never.url("/");
    let _ = json(&[&url, "--from", APP, "-X", "PUT", "--repeat", "2"]);
    assert_eq!(never.lines(), ["OPTIONS /", "PUT /", "OPTIONS /", "PUT /"], "for all four profiles together");
}

fn server_with_wildcard() -> Scripted {
    Scripted::always("204 No Content", &[ALLOW, METHODS, "Access-Control-Allow-Headers: *"])
}

#[test]
fn preflight_only_changes_nothing() {
    let server = server(("204 No Content", &[ALLOW, METHODS, HEADERS]), ("200 OK", &[]));
    let url = server.url("/");
    let (found, code) = json(&[&url, "--from", APP, "-X", "PUT", "--preflight-only"]);
    assert_eq!((told(&found), code), (vec!["shared".to_owned()], 0));
    assert_eq!(server.lines(), ["OPTIONS /"]);
    assert!(found["notes"][0].as_str().unwrap().contains("assumed"), "{}", found["notes"]);
    // One browser stops at the preflight, the others go on.
    let wildcard = server_with_wildcard();
    let url = wildcard.url("/");
    let flags = ["--from", APP, "-X", "PUT", "-H", "Authorization: x", "--preflight-only"];
    let (found, _) = json(&[&[url.as_str()], &flags[..]].concat());
    assert_eq!(told(&found), ["blocked preflight-header", "shared", "shared", "shared"]);
    assert_eq!(wildcard.lines(), ["OPTIONS /"]);
    let url = server.url("/");
    // A command that is a preflight asks for no more, and is no request by the method OPTIONS.
    let curl = format!("curl -X OPTIONS {url} -H 'Origin: {APP}' -H 'Access-Control-Request-Method: PUT'");
    let (found, code) = json(&["--curl", &curl]);
    assert_eq!((found["results"][0]["request"]["method"].as_str(), code), (Some("PUT"), 0));
    assert_eq!(server.lines(), ["OPTIONS /", "OPTIONS /"]);
    // A POST that needs no preflight can't be judged without sending it.
    let (found, code) = json(&[&url, "--from", APP, "-d", "a", "--preflight-only"]);
    assert_eq!((told(&found), code), (vec!["unreachable aborted".to_owned()], 3));
    let cause = found["results"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("is not known") && !cause.contains("CORS is not why"), "{cause}");
    assert_eq!(server.lines(), ["OPTIONS /", "OPTIONS /"]);
}

#[test]
fn hosts_are_resolved_as_told() {
    let server = Scripted::always("200 OK", &[ANY]);
    let port = server.address.port();
    let (url, resolve) = (format!("http://api.example:{port}/"), format!("api.example:{port}:127.0.0.1"));
    let (found, code) = json(&[&url, "--from", "http://app.example", "--resolve", &resolve]);
    assert_eq!((told(&found), code), (vec!["shared".to_owned()], 0));
    assert_eq!(server.asked()[0].header("host"), Some(format!("api.example:{port}").as_str()));
    let command = found["results"][0]["exchanges"][0]["curl"].as_str().unwrap();
    assert!(command.starts_with(&format!("curl --resolve {resolve} -i ")), "{command}");
}

#[test]
fn requests_are_read_from_curl_commands_and_fetch_calls() {
    let server = server(("204 No Content", &[ALLOW, METHODS, HEADERS]), ("200 OK", &[ALLOW]));
    let url = server.url("/items");
    let curl = format!("curl '{url}' -X PUT -H 'Origin: {APP}' -H 'X-A: 1'");
    assert_eq!(told(&json(&["--curl", &curl]).0), ["shared"]);
    let call = format!(
        "await fetch(\"{url}\", {{ method: \"PUT\", headers: {{ \"x-b\": \"1\" }}, referrer: \"{APP}/page\" }});"
    );
    assert_eq!(told(&json(&["--js", &call]).0), ["blocked preflight-header"]);
    assert_eq!(
        told(&json(&["--js", "fetch('/items')", "--from", &server.url("")]).0),
        ["shared"],
        "the page's own origin"
    );
    assert_eq!(server.asked().last().unwrap().line, "GET /items");
}

#[test]
fn wrong_arguments_exit_with_two_and_name_the_place() {
    for (arguments, place, remedy) in [
        (&[][..], "nothing to check", "--curl"),
        (&["https://api.example/"], "which page asks", "--from https://app.example"),
        (&["api.example", "--from", APP], "URL:1:1", "https://api.example"),
        (&["https://api.example:99999/", "--from", APP], "URL:1:1", "invalid port"),
        (&["ftp://api.example/", "--from", APP], "the scheme ftp:", "https:"),
        (&["https://api.example/", "--from", "app.example"], "--from", "write https://app.example"),
        (&["https://api.example/", "--from", "https://"], "--from", "empty host"),
        (&["https://api.example/", "--from", APP, "-X", "P T"], "--request", "such as PUT"),
        (&["https://api.example/", "--from", APP, "-X", "TRACE"], "script can't send it", "POST"),
        (&["https://api.example/", "--from", APP, "-H", "X-A"], "no colon", "X-Requested-With"),
        (&["https://api.example/", "--from", APP, "-H", "Origin: x"], "browsers set it", "--from"),
        (
            &["https://api.example/", "--from", APP, "-X", "GET", "-d", "x"],
            "throws for a body with GET",
            "-X POST",
        ),
        (
            &["https://api.example/", "--from", APP, "-d", "@/no/such/file"],
            "--data @/no/such/file",
            "can be read",
        ),
        (
            &["https://api.example/", "--from", APP, "--as", "image", "-X", "PUT"],
            "<img> chooses its method",
            "--as fetch",
        ),
        (
            &["https://api.example/", "--from", APP, "--as", "font", "--crossorigin"],
            "no crossorigin attribute",
            "another --as",
        ),
        (&["https://api.example/", "--from", APP, "--cookie", "a"], "--cookie", "session=1"),
        (&["http://api.example/", "--from", APP, "--cookie", "a=1; Secure"], "it is Secure", ""),
        (
            &["https://api.example/", "--from", APP, "--host-permission", "x"],
            "no match pattern",
            "https://*.example.com/*",
        ),
        (&["https://api.example/", "--from", APP, "--upload-listener"], "no upload progress", "--as xhr"),
        (&["https://u:p@api.example/", "--from", APP], "throws for a URL with a user name", "leave them out"),
        (
            &["https://api.example/", "--from", APP, "--as", "xhr", "--redirect", "error"],
            "XMLHttpRequest follows redirects",
            "--as fetch",
        ),
        (
            &["https://api.example/", "--from", APP, "--as", "xhr", "--credentials", "omit"],
            "withCredentials",
            "same-origin",
        ),
        (
            &["https://api.example/", "--from", APP, "--as", "eventsource", "--mode", "no-cors"],
            "always of the mode cors",
            "--as fetch",
        ),
        (&["https://api.example/", "--from", ""], "--from", "https://app.example"),
        (&["https://api.example/", "--from", "https://*.example"], "no wildcard", "https://app.example"),
        (&["https://api.example/", "--from", APP, "--max-time", "-1"], "--max-time", "such as 10"),
        (
            &["https://api.example/", "--from", APP, "-H", "X-A: \u{20ac}"],
            "beyond ISO 8859-1",
            "percent-encode",
        ),
        (
            &[
                "https://api.example/",
                "--from",
                APP,
                "--policy",
                "../../docs/example.toml",
                "--listener",
                "x",
            ],
            "error: --listener x",
            "listeners are",
        ),
        (
            &["https://api.example/", "--from", APP, "--mode", "no-cors", "-X", "PUT"],
            "throws for PUT",
            "--mode cors",
        ),
        (
            &["https://api.example/", "--from", APP, "--resolve", "a:b"],
            "--resolve",
            "api.example:443:127.0.0.1",
        ),
        (&["https://api.example/", "--from", APP, "--max-time", "0"], "--max-time", "seconds"),
        (&["https://api.example/", "--from", APP, "--cacert", "/no/such"], "--cacert /no/such", "PEM"),
        (&["https://api.example/", "--from", APP, "--policy", "/no/such"], "/no/such", ""),
        (&["https://api.example/", "--curl", "curl x"], "cannot be used with", "Usage"),
        (&["--curl", "curl https://a.example -X 'P T'"], "--curl:1:27", "PUT"),
        (&["--js", "fetch(url)"], "--js:1:7", "the value itself"),
        (&["--har", "/no/such.har"], "--har /no/such.har", "a file that can be read"),
        (&["--har", "Cargo.toml"], "Cargo.toml:1:", "save the HAR file again"),
        (&["--console", "nothing"], "--console:1:1", "paste the whole line"),
        (&["--console", "TypeError: Failed to fetch", "--format", "json"], "--console", "leave --format out"),
    ] {
        let output = check(arguments);
        let said = text(&output.stderr);
        assert_eq!(code(&output), 2, "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
        assert!(said.contains(place) && said.contains(remedy), "{arguments:?}: {said}");
    }
}

#[test]
fn the_text_tells_in_the_order_that_people_ask() {
    let server =
        server(("204 No Content", &[ALLOW, "Access-Control-Allow-Methods: put"]), ("200 OK", &[ALLOW]));
    let url = server.url("/items");
    let output = check(&[&url, "--from", APP, "-X", "PUT"]);
    let said = text(&output.stdout);
    let mut rest = said.as_str();
    for part in [
        "PUT http://127.0.0.1:",
        "\nblocked",
        "standard, chromium, firefox, webkit\n",
        "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        "crossorigin explain preflight-method",
        "How it went\n  1. another origin",
        "OPTIONS /items HTTP/1.1\n",
        "access-control-request-method: PUT\n",
        "HTTP/1.1 204 No Content\n",
        "access-control-allow-methods: put\n",
        "[CORS-preflight fetch, step 7.5, https://fetch.spec.whatwg.org/#cors-preflight-fetch-0]",
        "Where the fault is, in the answer to the preflight\n  access-control-allow-methods: put\n                                ^^^",
        "What consoles print\n",
        "chromium: Access to fetch at",
        "firefox: Cross-Origin Request Blocked",
        "webkit: Method PUT is not allowed",
        "How to fix it\n",
        "To send the same by hand\n  curl -i",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not where it should be in:\n{said}"));
        rest = &rest[at + part.len()..];
    }
    assert!(!said.contains('\x1b'), "no colour where there is no terminal");
    assert!(output.stderr.is_empty());
}

#[test]
fn colour_is_for_those_who_ask() {
    let server = Scripted::always("200 OK", &[]);
    let url = server.url("/");
    assert!(
        text(&check(&[&url, "--from", APP, "--color", "always"]).stdout).contains("\x1b[31mblocked\x1b[0m")
    );
    assert!(!text(&check(&[&url, "--from", APP, "--color", "never"]).stdout).contains('\x1b'));
}

#[test]
fn cookies_go_along_as_in_a_browser() {
    let server = Scripted::always("200 OK", &[ALLOW, CREDENTIALS]);
    let url = server.url("/");
    let near = &format!("http://127.0.0.1:{}", server.address.port());
    for (page, flags, sent) in [
        (APP, &["--cookie", "a=1; b=2", "--credentials", "include"][..], Some("a=1; b=2")),
        (APP, &["--cookie", "a=1"], None),
        (APP, &["--cookie", "a=1; SameSite=Lax", "--credentials", "include"], None),
        (APP, &["--cookie", "a=1; SameSite=None; Secure", "--credentials", "include"], Some("a=1")),
        (near, &["--cookie", "a=1; SameSite=Strict"], Some("a=1")),
        (APP, &["--cookie", "a=1", "--as", "image"], Some("a=1")),
        (APP, &["--cookie", "a=1", "--as", "image", "--crossorigin"], None),
    ] {
        let (_, code) = json(&[&[&url, "--from", page], flags].concat());
        let asked = server.asked();
        assert_eq!((asked.last().unwrap().header("cookie"), code), (sent, 0), "{page} {flags:?}");
    }
}

#[test]
fn extensions_read_what_they_have_permission_for() {
    let server = Scripted::always("200 OK", &[]);
    let url = server.url("/");
    let flags = [url.as_str(), "--from", "chrome-extension://abcdefghijklmnop"];
    assert_eq!(told(&json(&flags).0), ["blocked allow-origin-missing"]);
    let (found, _) = json(&[&flags[..], &["--host-permission", "http://127.0.0.1/*"]].concat());
    assert_eq!(told(&found), ["shared"]);
    let cause = found["results"][0]["cause"].as_str().unwrap();
    assert!(cause.starts_with("The extension has permission for 127.0.0.1:"), "{cause}");
}

#[test]
fn a_redirect_that_lacks_the_header_is_called_a_redirect() {
    let server = Scripted::always("301 Moved Permanently", &["Location: /items/"]);
    let (found, _) = json(&[&server.url("/items"), "--from", APP]);
    assert_eq!(told(&found), ["blocked allow-origin-missing"]);
    let cause = found["results"][0]["cause"].as_str().unwrap();
    assert!(cause.ends_with("; it is a redirect, 301 to /items/, and those are checked, too."), "{cause}");
}

/// Many servers leave all headers out where they don't permit what a preflight asks for.
#[test]
fn a_server_that_refuses_a_preflight_is_told_from_one_that_knows_none() {
    for (vary, told) in [("Vary: Origin, access-control-request-method", true), ("Vary: Origin", false)] {
        let server = Scripted::always("204 No Content", &[vary]);
        let (found, _) = json(&[&server.url("/"), "--from", APP, "-X", "DELETE"]);
        let cause = found["results"][0]["cause"].as_str().unwrap();
        assert_eq!(cause.contains("it refuses the origin, the method or a header"), told, "{vary}: {cause}");
    }
}

/// The picture comes, and is of no use there.
#[test]
fn what_webgl_makes_of_an_opaque_image_is_told() {
    let server = Scripted::always("200 OK", &[]);
    for (initiator, told) in [("webgl-texture", true), ("image", false)] {
        let (found, _) = json(&[&server.url("/"), "--from", APP, "--as", initiator]);
        assert_eq!(found["results"][0]["verdict"], "opaque");
        let cause = found["results"][0]["cause"].as_str().unwrap();
        assert_eq!(cause.contains("texImage2D() throws a SecurityError"), told, "{cause}");
    }
}

#[test]
fn more_than_is_read_is_said_to_be_so() {
    let server = Scripted::start(|_| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(10_000)));
    let (found, code) = json(&[&server.url("/"), "--from", APP]);
    assert_eq!((told(&found), code), (vec!["unreachable too-large".to_owned()], 3));
    let cause = found["results"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("answers with more than is read: "), "{cause}");
}

/// The head decides, as for script: what comes behind it, or not, is another matter.
#[test]
fn bodies_are_not_waited_for() {
    let head = format!("HTTP/1.1 200 OK\r\n{ALLOW}\r\n");
    for rest in [
        "Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n",
        "Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
        "Content-Type: text/event-stream\r\n\r\ndata: 1\n\n",
        "Transfer-Encoding: chunked\r\n\r\nzz",
    ] {
        let answer = format!("{head}{rest}");
        let server = Scripted::start(move |_| answer.clone());
        let (found, code) = json(&[&server.url("/"), "--from", APP]);
        assert_eq!((told(&found), code), (vec!["shared".to_owned()], 0), "{rest}");
    }
}

/// A slow server is asked once, for all browsers: what it was asked to do may take effect although no answer came.
#[test]
fn what_is_not_answered_in_time_is_not_sent_again() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let (result, code) = json(&[&url, "--from", APP, "-d", "x", "--max-time", "0.3"]);
    assert_eq!((told(&result), code), (vec!["unreachable timed-out".to_owned()], 3));
    silent.set_nonblocking(true).unwrap();
    let connections = std::iter::from_fn(|| silent.accept().ok()).count();
    assert_eq!(connections, 1, "one for four profiles");
}

/// The commands that are printed are read again, and ask the same.
#[test]
fn printed_curl_commands_can_be_checked() {
    const BOTH: &[&str] = &[ALLOW, METHODS, HEADERS];
    let server = server(("204 No Content", BOTH), ("200 OK", BOTH));
    let url = server.url("/a?b=c&d=%27");
    let put: &[&str] =
        &[&url, "-X", "PUT", "-H", "X-A: it's", "-d", "{\"a\": 1}", "--resolve", "a.example:1:127.0.0.1"];
    for arguments in [put, &[&url, "--as", "image", "--crossorigin"]] {
        let (first, _) = json(&[arguments, &["--from", APP, "--profile", "standard"]].concat());
        let exchanges = first["results"][0]["exchanges"].as_array().unwrap();
        let command = exchanges.last().unwrap()["curl"].as_str().unwrap().replace("@body", "'{\"a\": 1}'");
        let (again, code) = json(&["--curl", &command, "--profile", "standard"]);
        assert_eq!(code, 0, "{command}: {again:#}");
        let again = again["results"][0]["exchanges"].as_array().unwrap();
        let requests =
            |exchanges: &[Value]| exchanges.iter().map(|one| one["request"].clone()).collect::<Vec<_>>();
        assert_eq!(requests(again), requests(exchanges), "{command}");
    }
}
