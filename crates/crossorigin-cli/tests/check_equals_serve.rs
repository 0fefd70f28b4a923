//! `check --policy` foretells what `check` finds when the same policy file is served, for every browser.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::process::Command;

use serde_json::Value;
use support::program::Program;

const POLICIES: &str = r#"
[policies.api]
origins = ["https://app.example", "https://*.partner.example"]
credentials = true
methods = ["PUT"]
request_headers = ["content-type", "authorization"]
exposed_headers = ["etag"]
max_age = "10m"
forbid_refused_origins = true
public_url = "https://api.example"

[policies.public]
origins = "*"
request_headers = ["*"]
cross_origin_resource_policy = "cross-origin"

[policies.closed]
origins = []

[[listeners]]
address = "127.0.0.1:0"
default_policy = "api"

[[routes]]
path = "/public/"
files = "files"
policy = "public"

[[routes]]
path = "/closed/"
files = "files"
policy = "closed"

[[routes]]
path = "/api/"
files = "files"
policy = "api"
"#;

const REQUESTS: &[&[&str]] = &[
    &[],
    &["--credentials", "include"],
    &["-X", "PUT"],
    &["-X", "PATCH"],
    &["-X", "PUT", "--credentials", "include", "-H", "Content-Type: application/json", "-d", "{}"],
    &["-H", "X-Other: 1"],
    &["-H", "Authorization: Bearer x"],
    &["--as", "image"],
    &["--as", "image", "--crossorigin"],
    &["--as", "font"],
    &["--mode", "same-origin"],
    &["--as", "image", "--embedder-policy", "require-corp"],
];
const PAGES: &[&str] = &["https://app.example", "https://x.partner.example", "https://evil.example", "null"];
const PATHS: &[&str] = &["/public/a.txt", "/closed/a.txt", "/api/a.txt", "/elsewhere"];

/// Verdict and reason of each profile.
fn told(arguments: &[&str]) -> Vec<(Value, Value)> {
    let output = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .env("NO_PROXY", "*")
        .arg("check")
        .args(arguments)
        .output();
    let output = output.unwrap();
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let results = found["results"].as_array().unwrap();
    results.iter().map(|one| (one["verdict"].clone(), one["reason"].clone())).collect()
}

#[test]
fn what_is_foretold_comes_true() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("files")).unwrap();
    std::fs::write(folder.path().join("files/a.txt"), "a").unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, POLICIES).unwrap();
    let policy = policy.to_str().unwrap();
    let served = Program::start(&["serve", policy, "--log", "error"], "listening on http://");
    let (_, address) = served.printed.split_once("http://").unwrap();
    let address = address.split([' ', '/', '\n', ',']).next().unwrap();

    let mut seen = std::collections::BTreeSet::new();
    for path in PATHS {
        let url = format!("http://{address}{path}");
        for page in PAGES {
            for request in REQUESTS {
                let asked = [&[&url, "--from", page, "--format", "json"], *request].concat();
                let foretold = told(&[&asked[..], &["--policy", policy]].concat());
                let found = told(&asked);
                assert_eq!(foretold, found, "{path} from {page}: {request:?}");
                seen.extend(found.iter().map(|(verdict, _)| verdict.as_str().unwrap().to_owned()));
            }
        }
    }
    let seen: Vec<_> = seen.iter().map(String::as_str).collect();
    assert_eq!(seen, ["blocked", "opaque", "shared"]);
}
