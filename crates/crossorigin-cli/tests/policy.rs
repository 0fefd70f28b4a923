//! `crossorigin policy`, run as people run it.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const SITE: &str = r#"
[policies.public]
origins = "*"

[policies.api]
origins = ["https://app.example", "https://*.partner.example"]
credentials = true
methods = ["PUT"]
request_headers = ["content-type", "x-csrf-token"]
exposed_headers = ["etag"]
max_age = "10m"
forbid_refused_origins = true
public_url = "https://api.example"

[[listeners]]
address = "127.0.0.1:8080"
default_policy = "public"

[[listeners]]
address = "127.0.0.1:8081"
name = "inner"

[[routes]]
path = "/api/"
upstream = "http://127.0.0.1:9000"
policy = "api"

[[routes]]
path = "/legacy/"
upstream = "http://127.0.0.1:9001"
pass_through = true

[[routes]]
path = "/own/"
listener = "inner"
upstream = "http://127.0.0.1:9002"
policy = "public"
"#;

fn folder(file: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.toml"), file).unwrap();
    folder
}

fn crossorigin(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossorigin")).current_dir(folder).args(arguments).output().unwrap()
}

/// Exit code, standard output, standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = crossorigin(folder, arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn decide(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = folder(SITE);
    run(folder.path(), &[&["policy", "decide", "site.toml"], arguments].concat())
}

fn decide_json(arguments: &[&str]) -> Value {
    let (code, out, error) = decide(&[arguments, &["--format", "json"]].concat());
    assert_eq!((code, error.as_str()), (Some(0), ""), "{out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_good_file_is_told_in_one_line() {
    let folder = folder(SITE);
    let (code, out, error) = run(folder.path(), &["policy", "check", "site.toml"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert_eq!(out, "site.toml: no problem in 2 policies, 2 listeners, 3 routes (2 origins)\n");
}

#[test]
fn every_problem_is_shown_with_its_line_and_a_caret() {
    let folder = folder(
        "[policies.api]\norigins = [\n  \"https://app.example\",\n  \"https://b.app.example/\",\n]\nmax-age = \"10m\"\n\n\
         [[routes]]\npath = \"/api\"\npolicy = \"api\"\n",
    );
    let (code, out, error) = run(folder.path(), &["policy", "check", "site.toml"]);
    let expected = r#"error[origin-path]: `origins` "https://b.app.example/": an origin ends with its host or port, without a slash, path or query
 --> site.toml:4:3
  |
4 |   "https://b.app.example/",
  |   ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write "https://b.app.example"

error[unknown-key]: a policy has no key `max-age`
 --> site.toml:6:1
  |
6 | max-age = "10m"
  | ^^^^^^^
  |
  = help: did you mean `max_age`?

error[missing-key]: nothing answers on this route
 --> site.toml:8:1
  |
8 | [[routes]]
  | ^^^^^^^^^^
  |
  = help: write `files = "folder"` or `upstream = "http://127.0.0.1:9000"`

note[no-listener]: the file names no listener
 --> site.toml:1:1
  |
1 | [policies.api]
  | ^
  |
  = help: write `[[listeners]]` and `address = "127.0.0.1:8080"` to serve it

site.toml: 3 problems, 1 note
"#;
    assert_eq!(out, expected);
    assert_eq!((code, error.as_str()), (Some(1), ""));
}

#[test]
fn ambiguous_routes_are_both_shown() {
    let route = "[[routes]]\npath = \"/api\"\nupstream = \"http://u\"\npass_through = true\n";
    let folder = folder(&format!("{route}\n{route}"));
    let (_, out, _) = run(folder.path(), &["policy", "check", "site.toml"]);
    let expected = r#" --> site.toml:7:8
  |
1 | [[routes]]
  | ---------- the other route
...
7 | path = "/api"
  |        ^^^^^^
"#;
    assert!(out.contains(expected), "{out}");
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let policy = "[policies.p]\norigins = \"*\"\nmethods = [\"GET\"]\n[[listeners]]\naddress = \"127.0.0.1:80\"\ndefault_policy = \"p\"\n";
    let folder = folder(policy);
    let (code, out, _) = run(folder.path(), &["policy", "check", "site.toml"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("warning[needless-name]: \"GET\" needs no permission\n --> site.toml:3:12\n"),
        "{out}"
    );
    assert!(out.ends_with("; 1 warning\n"), "{out}");
    let (code, denied, _) = run(folder.path(), &["policy", "check", "--deny-warnings", "site.toml"]);
    assert_eq!((code, denied), (Some(1), out));

    // A note is no warning.
    std::fs::write(folder.path().join("site.toml"), "").unwrap();
    let (code, out, _) = run(folder.path(), &["policy", "check", "--deny-warnings", "site.toml"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.ends_with("; 1 note\n"), "{out}");
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = run(folder.path(), &["policy", "check", "nowhere.toml"]);
    assert_eq!(code, Some(1));
    let first = "error[unreadable-file]: nowhere.toml: can't read the policy file: No such file";
    assert!(out.starts_with(first), "{out}");
    assert!(!out.contains('^'), "there is no line to point at: {out}");
}

#[test]
fn what_is_piped_is_plain_even_where_colour_is_asked_for() {
    let folder = folder("x = 1\n");
    for arguments in
        [&["policy", "check", "site.toml"][..], &["policy", "decide", "site.toml", "--url", "http://h"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
            .current_dir(folder.path())
            .args(arguments)
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        let all = [output.stdout, output.stderr].concat();
        assert_eq!(output.status.code(), Some(1));
        assert!(!all.contains(&0x1b) && all.is_ascii(), "{}", String::from_utf8_lossy(&all));
    }
}

#[test]
fn wrong_usage_exits_2_and_says_why() {
    let table: &[(&[&str], &str)] = &[
        (&["policy"], "Usage: crossorigin policy <COMMAND>"),
        (&["policy", "check"], "<FILE>"),
        (&["policy", "check", "site.toml", "--strict"], "unexpected argument '--strict'"),
        (&["policy", "decide", "site.toml"], "--url <URL>"),
        (&["policy", "decide", "site.toml", "--url", "api.example/x"], "it has no scheme; write one such as"),
        (&["policy", "decide", "site.toml", "--url", "https://"], "empty host"),
        (
            &["policy", "decide", "site.toml", "--url", "ftp://h/"],
            "its scheme is ftp; write an http: or https: URL",
        ),
        (&["policy", "decide", "site.toml", "--url", "http://me:x@h/"], "it holds a user name or password"),
        (&["policy", "decide", "site.toml", "--url", "http://h/", "--method", "A B"], "it is no method name"),
        (
            &["policy", "decide", "site.toml", "--url", "http://h/", "--header", "a b"],
            "\"a b\" is no header name",
        ),
        (&["policy", "decide", "site.toml", "--url", "http://h/", "--header", "origin: x"], "--origin"),
        (
            &["policy", "decide", "site.toml", "--url", "http://h/", "--origin", "a\nb"],
            "no control characters",
        ),
        (&["policy", "decide", "site.toml", "--url", "http://h/", "--preflight"], "--origin <ORIGIN>"),
        (
            &["policy", "decide", "site.toml", "--url", "http://h/", "--format", "xml"],
            "[possible values: text, json]",
        ),
        (
            &["policy", "decide", "site.toml", "--url", "http://h/", "--listener", "x"],
            "error: --listener x: the file's listeners are 127.0.0.1:8080, inner",
        ),
    ];
    let folder = folder(SITE);
    for (arguments, expected) in table {
        let (code, out, error) = run(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}\n{error}");
        assert!(error.contains(expected), "{arguments:?}\n{error}");
    }
}

#[test]
fn help_names_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let table: &[(&[&str], &[&str])] = &[
        (&["policy", "--help"], &["check", "decide", "schema"]),
        (&["policy", "check", "--help"], &["<FILE>", "--deny-warnings", "Exits 0"]),
        (
            &["policy", "decide", "--help"],
            &[
                "--url",
                "--origin",
                "--method",
                "--header",
                "--preflight",
                "--listener",
                "--format",
                "Exits 0",
            ],
        ),
    ];
    for (arguments, expected) in table {
        let (code, out, error) = run(folder.path(), arguments);
        assert_eq!((code, error.as_str()), (Some(0), ""));
        for word in *expected {
            assert!(out.contains(word), "{word} is missing from\n{out}");
        }
    }
}

#[test]
fn a_preflight_is_built_as_browsers_build_it_and_answered_exactly() {
    let (code, out, error) = decide(&[
        "--url=http://api.example:8080/api/x?q",
        "--origin=https://a.partner.example",
        "--method=put",
        "--header=X-CSRF-Token",
        "--header=Content-Type",
        "--header=x-csrf-token",
        "--preflight",
    ]);
    let expected = r#"OPTIONS /api/x
  host: api.example:8080
  origin: https://a.partner.example
  access-control-request-method: PUT
  access-control-request-headers: content-type,x-csrf-token

listener  127.0.0.1:8080
route     /api/ to the upstream http://127.0.0.1:9000
policy    api

Is it a preflight? yes: OPTIONS with Origin and Access-Control-Request-Method
Is the origin allowed? yes: "https://*.partner.example" takes "https://a.partner.example" in
Is the requested method allowed? yes: "PUT"
Are the requested headers allowed? yes: "content-type,x-csrf-token"

allowed: one of the policy's patterns takes the origin in (origin-matches-pattern)

HTTP/1.1 204 No Content
"#;
    let (told, headers) = out.split_at(out.find("access-control-allow-").unwrap());
    assert_eq!(told, expected);
    let mut headers: Vec<_> = headers.lines().collect();
    headers.sort_unstable();
    let expected = [
        "access-control-allow-credentials: true",
        "access-control-allow-headers: content-type,x-csrf-token",
        "access-control-allow-methods: PUT",
        "access-control-allow-origin: https://a.partner.example",
        "access-control-max-age: 600",
        "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ];
    assert_eq!(headers, expected);
    assert_eq!((code, error.as_str()), (Some(0), ""));
}

/// What is decided: outcome, reason, route, policy, status, and some response header.
fn told(arguments: &[&str]) -> Value {
    let answer = decide_json(arguments);
    let headers = answer["response"]["headers"].as_array().unwrap();
    let header =
        |name: &str| headers.iter().find(|header| header["name"] == name).map(|header| &header["value"]);
    json!([
        answer["outcome"],
        answer["reason"]["code"],
        answer["route"]["path"],
        answer["policy"],
        answer["response"]["status"],
        header("access-control-allow-origin"),
    ])
}

#[test]
fn decisions_are_told_as_json() {
    const APP: &str = "--origin=https://app.example";
    const EVIL: &str = "--origin=https://evil.example";
    const API: &str = "--url=http://h:8080/api/x";
    let table: &[(&[&str], Value)] = &[
        (&[API, APP], json!(["allowed", "origin-listed", "/api/", "api", null, "https://app.example"])),
        (&[API], json!(["no-origin", "no-origin", "/api/", "api", null, null])),
        (&[API, EVIL], json!(["refused", "origin-not-allowed", "/api/", "api", null, null])),
        (&[API, EVIL, "--method=PUT"], json!(["refused", "origin-not-allowed", "/api/", "api", 403, null])),
        (
            &[API, "--origin=https://api.example", "--method=PUT"],
            json!(["same-origin", "same-origin", "/api/", "api", null, null]),
        ),
        (
            &[API, EVIL, "--method=PUT", "--header=Sec-Fetch-Site: same-origin"],
            json!(["same-origin", "same-origin", "/api/", "api", null, null]),
        ),
        (
            &[API, "--origin=https://app.example/"],
            json!(["refused", "origin-malformed", "/api/", "api", null, null]),
        ),
        (&[API, "--origin=null"], json!(["refused", "null-not-allowed", "/api/", "api", null, null])),
        (&[API, EVIL, "--preflight"], json!(["refused", "origin-not-allowed", "/api/", "api", 204, null])),
        (
            &[API, APP, "--preflight", "--method=patch"],
            json!(["refused", "method-not-allowed", "/api/", "api", 204, null]),
        ),
        (
            &[API, APP, "--preflight", "--header=authorization"],
            json!(["refused", "header-not-allowed", "/api/", "api", 204, null]),
        ),
        // No route: the default policy of the listener that has the URL's port.
        (&["--url=http://h:8080/x", APP], json!(["allowed", "any-origin", null, "public", 404, "*"])),
        (
            &["--url=http://h:8080/x", APP, "--preflight"],
            json!(["allowed", "any-origin", null, "public", 204, "*"]),
        ),
        (
            &["--url=http://h:8080/%2e%2e/api", APP],
            json!(["allowed", "any-origin", null, "public", 400, "*"]),
        ),
        (
            &["--url=http://h:8080/a/../api/x", APP],
            json!(["allowed", "any-origin", null, "public", 400, "*"]),
        ),
        (&["--url=http://h:8080/a%2fb"], json!(["no-origin", "no-origin", null, "public", 400, "*"])),
        (&["--url=http://h:8081/x", APP], json!(["no-policy", "no-policy", null, null, 404, null])),
        (&["--url=https://h/x", APP], json!(["no-policy", "no-policy", null, null, 404, null])),
        (&["--url=http://h:8080/own/x", APP], json!(["allowed", "any-origin", null, "public", 404, "*"])),
        (&["--url=http://h:8081/own/x", APP], json!(["allowed", "any-origin", "/own/", "public", null, "*"])),
        (
            &["--url=https://h/own/x", APP, "--listener=inner"],
            json!(["allowed", "any-origin", "/own/", "public", null, "*"]),
        ),
        (
            &["--url=http://h:8080/legacy/x", APP],
            json!(["passed-through", "passed-through", "/legacy/", null, null, null]),
        ),
        (
            &["--url=http://h:8080/%6cegacy", APP],
            json!(["passed-through", "passed-through", "/legacy/", null, null, null]),
        ),
        (
            &[
                "--url=wss://h:8080/api/x",
                EVIL,
                "--header=upgrade: websocket",
                "--header=connection: upgrade",
            ],
            json!(["refused", "origin-not-allowed", "/api/", "api", 403, null]),
        ),
    ];
    for (arguments, expected) in table {
        assert_eq!(told(arguments), *expected, "{arguments:?}");
    }
}

#[test]
fn json_has_the_members_that_are_documented() {
    let answer =
        decide_json(&["--url=http://h:8080/api/a b?q#f", "--origin=https://app.example", "--header=x-a: 1"]);
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    let documented = [
        "branches",
        "listener",
        "outcome",
        "policy",
        "reason",
        "refused_path",
        "request",
        "response",
        "route",
    ];
    assert_eq!(members, documented);
    assert_eq!(
        answer["request"],
        json!({
            "method": "GET",
            "path": "/api/a%20b",
            "headers": [
                { "name": "host", "value": "h:8080" },
                { "name": "origin", "value": "https://app.example" },
                { "name": "x-a", "value": "1" },
            ],
        })
    );
    assert_eq!(answer["route"], json!({ "path": "/api/", "upstream": "http://127.0.0.1:9000/" }));
    assert_eq!(answer["branches"][0]["question"], "Is it a preflight?");
}

#[test]
fn a_file_with_problems_decides_nothing() {
    let folder = folder("[policies.p]\norigins = \"x\"\n");
    let (code, out, error) = run(folder.path(), &["policy", "decide", "site.toml", "--url", "http://h/"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(error.starts_with("error[origin-scheme]: "), "{error}");
}

#[test]
fn a_file_without_listeners_decides_too() {
    let folder = folder(
        "[policies.p]\norigins = \"*\"\n[[routes]]\npath = \"/\"\nupstream = \"http://u\"\npolicy = \"p\"\n",
    );
    let (code, out, _) = run(folder.path(), &["policy", "decide", "site.toml", "--url", "http://h/x"]);
    assert_eq!(code, Some(0));
    let end = "The response of the upstream http://u gets:\naccess-control-allow-origin: *\n";
    assert!(out.ends_with(end), "{out}");
}

#[test]
fn the_schema_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = run(folder.path(), &["policy", "schema"]);
    assert_eq!(code, Some(0));
    let schema: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_change_is_told_in_requests() {
    let folder = folder(SITE);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "next.toml",
        &SITE.replace("https://app.example\"", "https://app.example\", \"https://new.example\""),
    );
    write("same.toml", &format!("# as before\n{}", SITE.replace("[\"PUT\"]", "\"PUT\"")));
    write("faulty.toml", "[policies.api]\n");
    let (code, out, error) = run(folder.path(), &["policy", "diff", "site.toml", "next.toml"]);
    let expected = "\
At /api/, through 127.0.0.1:8080; /api/, through inner

https://new.example may now read (origin-allowed)
  GET /api/x
    host: 127.0.0.1:8080
    origin: https://new.example
  site.toml  refused by the policy api: the policy does not allow the origin (origin-not-allowed)
               vary: Origin
  next.toml  allowed by the policy api: the policy lists the origin (origin-listed)
               access-control-expose-headers: etag
               access-control-allow-origin: https://new.example
               access-control-allow-credentials: true
               vary: Origin

site.toml to next.toml: 1 change in what requests are answered
";
    assert_eq!((code, out.as_str(), error.as_str()), (Some(1), expected, ""));

    let (code, out, _) = run(folder.path(), &["policy", "diff", "--format=json", "next.toml", "site.toml"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["same"], &json["left_out"]), (Some(1), &json!(false), &json!(0)));
    let one = &json["requests"][0];
    assert_eq!(one["code"], "origin-refused");
    assert_eq!(one["request"]["headers"][1], json!({ "name": "origin", "value": "https://new.example" }));
    assert_eq!((&one["before"]["outcome"], &one["after"]["outcome"]), (&json!("allowed"), &json!("refused")));

    let (code, out, _) = run(folder.path(), &["policy", "diff", "site.toml", "same.toml"]);
    assert_eq!((code, out.as_str()), (Some(0), "site.toml and same.toml answer every request alike\n"));
    let (code, out, error) = run(folder.path(), &["policy", "diff", "site.toml", "faulty.toml"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("faulty.toml:1:1"), "{error}");
    let (code, _, error) = run(folder.path(), &["policy", "diff", "gone.toml", "site.toml"]);
    assert!(code == Some(2) && error.contains("gone.toml: can't read the policy file"), "{error}");
}
