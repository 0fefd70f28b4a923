//! The documents of services against what is published of their form, and Azure Storage's against azurite.
//!
//! The packages are installed into `target/`, at these versions.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crossorigin::server::{Outcome, Policy, RequestHead};
use crossorigin_export::{Options, Target, export};
use crossorigin_policy::PolicyDocument;
use crossorigin_policy::witness::{Asks, Witness, WitnessOrigin, Witnesses};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

const MODELS: &[&str] = &[
    "@kubernetes-models/gateway-api@2.0.0",
    "@kubernetes-models/istio@3.0.1",
    "@kubernetes-models/traefik@2.0.0",
    "js-yaml@4.1.0",
];
const AZURITE: &[&str] = &["azurite@3.37.0"];
const PYTHON: &[&str] = &["botocore==1.44.5", "google-api-python-client==2.202.0"];
/// Only its types are read: what it needs to run is left out.
const CLOUDFLARE: &[&str] = &["--no-deps", "--no-compile", "cloudflare==5.9.0"];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A folder of the target folder, with what npm installs there.
fn npm(name: &str, packages: &[&str]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
    assert!(npm.arg(&folder).args(packages).status().unwrap().success(), "npm install {packages:?}");
    folder
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    text
}

#[test]
#[ignore = "needs npm: cargo xtask test"]
fn custom_resources_are_what_their_schemas_say() {
    let folder = npm("kubernetes-models", MODELS);
    let script = folder.join("kubernetes.mjs");
    std::fs::copy(tests().join("schemas/kubernetes.mjs"), &script).unwrap();
    let told = succeeds(Command::new("node").arg(script).arg(tests().join("services")));
    assert!(told.contains("14 checked, 0 wrong"), "{told}");
}

#[test]
#[ignore = "needs pip: cargo xtask test"]
fn documents_of_clouds_are_what_their_models_say() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("service-models");
    for (name, packages) in [("botocore", PYTHON), ("cloudflare", CLOUDFLARE)] {
        if !folder.join(name).exists() {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
            assert!(pip.arg(&folder).args(packages).status().unwrap().success(), "pip install {packages:?}");
        }
    }
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", &folder).arg(tests().join("schemas/clouds.py")).arg(tests().join("services"));
    let told = succeeds(&mut python);
    assert!(told.contains("12 checked, 0 wrong"), "{told}");
}

/// Policies that Azure Storage can say, with what is let through by name.
const POLICIES: &[(&str, &[&str])] = &[
    ("origins = \"*\"\nmax_age = \"1m\"", &["preflight-credentials", "vary-without-origin"]),
    (
        "origins = [\"https://app.example\", \"http://localhost:3000\", \"https://b.app.example:8443\"]\ncredentials = true\n\
         methods = [\"PUT\", \"DELETE\"]\nrequest_headers = [\"content-type\", \"x-ms-blob-type\"]\n\
         exposed_headers = [\"etag\", \"x-ms-request-id\"]\nmax_age = \"10m\"",
        &["vary-without-origin"],
    ),
    (
        "origins = [\"https://*.app.example\", \"https://b.example:8443\"]\ncredentials = true\nrequest_headers = \"x-a\"\nmax_age = \"0s\"",
        &["vary-without-origin"],
    ),
    (
        "origins = \"https://*.app.example\"\ncredentials = true\nrequest_headers = [\"*\", \"authorization\"]\nmax_age = \"1m\"",
        &["vary-without-origin"],
    ),
];

#[test]
#[ignore = "needs npm: cargo xtask test"]
fn azurite_answers_browsers_as_the_policy_says() {
    let folder = npm("azurite", AZURITE);
    std::fs::copy(tests().join("schemas/azurite.mjs"), folder.join("azurite.mjs")).unwrap();
    for (keys, accepted) in POLICIES {
        let text = format!("[policies.p]\npreflight_status = 200\n{keys}\n");
        let document = PolicyDocument::parse(Path::new("site.toml"), &text);
        let (site, _) = document.compile().unwrap();
        let configurations = document.configurations();
        let mut options = Options::default();
        options.accepted = accepted.iter().map(ToString::to_string).collect();
        let exported = export(&site, &configurations, Target::AzureStorage, &options).expect(keys);
        std::fs::write(folder.join("cors.xml"), &exported.files[0].text).unwrap();

        let policy = &site.policies[0].1;
        let witnesses = Witnesses::new([&configurations[0].1]);
        let requests = requests(policy, &witnesses);
        let answers = ask(&folder, &requests);
        assert_eq!(answers.len(), requests.len());
        for (request, answer) in requests.iter().zip(&answers) {
            compare(policy, request, answer, keys, accepted);
        }
        println!("{} requests: {keys}", requests.len());
    }
}

/// What browsers can send: actual requests and preflights from every origin, and preflights for every method and header.
fn requests(policy: &Policy, witnesses: &Witnesses<'_>) -> Vec<Witness> {
    let origins: Vec<WitnessOrigin> =
        witnesses.origins().into_iter().filter(WitnessOrigin::is_by_browsers).collect();
    let mut requests = Vec::new();
    for origin in &origins {
        requests.extend(origin.request(Method::GET));
        requests.extend(origin.preflight("GET", None, Asks::Preflight));
    }
    let is_granted = |origin: &&WitnessOrigin| {
        origin.request(Method::GET).is_some_and(|request| is_allowed(policy, &request))
    };
    for origin in origins.iter().filter(is_granted).take(2) {
        requests.extend(witnesses.preflights(origin).into_iter().filter(|request| request.by_browsers));
    }
    requests
}

fn is_allowed(policy: &Policy, request: &Witness) -> bool {
    policy.decide(RequestHead { method: &request.method, headers: &request.headers }).outcome()
        == Outcome::Allowed
}

fn ask(folder: &Path, requests: &[Witness]) -> Vec<Value> {
    let headers = |headers: &HeaderMap| {
        let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), Value::from(value.to_str().unwrap()))
        };
        headers.iter().map(pair).collect::<serde_json::Map<_, _>>()
    };
    let requests: Vec<Value> = requests
        .iter()
        .map(|request| json!({ "method": request.method.as_str(), "headers": headers(&request.headers) }))
        .collect();
    let mut node = Command::new("node");
    node.current_dir(folder).args(["azurite.mjs", "cors.xml"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = node.spawn().unwrap();
    let input = serde_json::to_vec(&requests).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The outcome for a browser, and the headers that script sees of it.
fn compare(policy: &Policy, request: &Witness, answer: &Value, keys: &str, accepted: &[&str]) {
    let context = format!("{keys}\n{} {:?}\n{answer:#}", request.method, request.headers);
    let value = |name: &str| answer["headers"][name].as_str();
    let origin = request.headers["origin"].to_str().unwrap();
    let decision = policy.decide(RequestHead { method: &request.method, headers: &request.headers });
    let mut ours = HeaderMap::new();
    decision.clone().decorate(&mut ours);
    let allow_origin = value("access-control-allow-origin");
    let shared = allow_origin.is_some_and(|value| value == "*" || value == origin);
    let listed = |name: &str, wanted: &str| {
        let list = value(name).unwrap_or_default();
        list.split(',').any(|own| own.trim().eq_ignore_ascii_case(wanted) || own.trim() == "*")
    };
    let granted = match request.headers.get("access-control-request-method") {
        None => shared,
        Some(method) => {
            let method = method.to_str().unwrap();
            let names = request.headers.get("access-control-request-headers");
            let names = names.map_or("", |names| names.to_str().unwrap());
            let method =
                ["GET", "HEAD", "POST"].contains(&method) || listed("access-control-allow-methods", method);
            let names = names.split(',').filter(|name| !name.is_empty());
            let names = names.into_iter().all(|name| listed("access-control-allow-headers", name));
            answer["status"] == 200 && shared && method && names
        }
    };
    assert_eq!(granted, decision.outcome() == Outcome::Allowed, "{context}");
    // What is accepted by name is that preflights say more of credentials.
    if !granted || decision.is_preflight() && accepted.contains(&"preflight-credentials") {
        return;
    }
    let mine = |name: &str| ours.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(allow_origin, mine("access-control-allow-origin"), "{context}");
    assert_eq!(
        value("access-control-allow-credentials"),
        mine("access-control-allow-credentials"),
        "{context}"
    );
    if decision.is_preflight() {
        assert_eq!(value("access-control-max-age"), mine("access-control-max-age"), "{context}");
        return;
    }
    let exposed = mine("access-control-expose-headers").unwrap_or_default();
    for name in exposed.split(',').filter(|name| !name.is_empty()) {
        assert!(listed("access-control-expose-headers", name), "{context}");
    }
    if mine("vary").is_some() {
        assert!(listed("vary", "origin"), "{context}");
    }
}
