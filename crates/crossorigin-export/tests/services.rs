//! Services: the documents, and what is refused, each with a request on which policy and service part.
//!
//! `UPDATE_DOCS=1` writes the documents anew; `schemas` holds them against what is published of their form.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use crossorigin_export::{Export, Options, Refused, Sender, Target, export};
use crossorigin_policy::PolicyDocument;

/// A policy that most services can say, routes and all.
const ROUTES: &str = r#"
[policies.api]
origins = ["https://app.example", "https://*.partner.example"]
credentials = true
methods = ["PUT", "DELETE"]
request_headers = ["content-type", "x-csrf-token"]
exposed_headers = ["etag"]
max_age = "10m"
preflight_status = 200

[policies.images]
origins = "*"
max_age = "1h"
preflight_status = 200
cross_origin_resource_policy = "cross-origin"

[[listeners]]
address = "127.0.0.1:8080"

[[routes]]
path = "/api/"
host = "api.example"
upstream = "http://api:9000"
policy = "api"

[[routes]]
path = "/"
upstream = "http://web:9001"
policy = "images"
"#;

/// One policy for everything, of exact origins.
const ONE: &str = r#"
[policies.one]
origins = ["https://app.example", "http://localhost:3000"]
methods = ["PUT", "DELETE"]
request_headers = ["content-type", "etag"]
exposed_headers = ["content-type", "etag"]
max_age = "10m"
preflight_status = 200
"#;

fn run(policy: &str, target: Target, accepted: &[&str]) -> Result<Export, Refused> {
    let document = PolicyDocument::parse(Path::new("site.toml"), policy);
    let (site, _) = document.compile().expect(policy);
    let mut options = Options::default();
    options.accepted = accepted.iter().map(ToString::to_string).collect();
    export(&site, &document.configurations(), target, &options)
}

fn named(name: &str) -> Target {
    name.parse().unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services")
}

#[test]
fn documents_are_what_the_services_take() {
    let without_corp = ROUTES.replace("cross_origin_resource_policy = \"cross-origin\"\n", "");
    let spring = without_corp.replace("host = \"api.example\"\n", "");
    let patterns = ONE.replace("http://localhost:3000", "https://*.partner.example");
    let rows: &[(&str, &str, &[&str])] = &[
        ("istio", ROUTES, &[]),
        ("gateway-api", ROUTES, &[]),
        ("traefik", ROUTES, &[]),
        ("spring", &spring, &["refused-requests"]),
        ("s3", &patterns, &["credentials", "vary-without-origin"]),
        ("cloudfront", &patterns, &[]),
        ("api-gateway", ONE, &["vary"]),
        ("gcs", ONE, &["vary-without-origin"]),
        ("azure-storage", &patterns, &["credentials", "vary-without-origin"]),
        ("r2", ONE, &["vary-without-origin"]),
    ];
    assert_eq!(rows.len(), Target::ALL.iter().filter(|target| target.is_service()).count());
    for (name, policy, accepted) in rows {
        let exported = run(policy, named(name), accepted).expect(name);
        assert_eq!(exported.files.len(), 1, "{name}");
        let file = &exported.files[0];
        let path = folder().join(format!("{name}-{}", file.name));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &file.text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(file.text, expected, "{name}: UPDATE_DOCS=1 writes it");
        assert_eq!(exported.start, None);
        // The same from run to run.
        assert_eq!(run(policy, named(name), accepted).unwrap().files[0].text, file.text);
    }
}

#[test]
fn what_a_service_can_not_say_is_refused_by_name() {
    let with = |keys: &str| format!("[policies.p]\npreflight_status = 200\n{keys}\n");
    let list = "origins = \"https://app.example\"\nmax_age = \"1m\"";
    let rows: &[(&str, String, &[&str])] = &[
        // Nobody may read: every service can say that.
        ("s3", with("origins = []"), &[]),
        ("gcs", with("origins = []"), &[]),
        ("azure-storage", with("origins = []"), &[]),
        ("cloudfront", with("origins = []"), &[]),
        // What everyone may read, without Origin too.
        ("s3", with("origins = \"*\""), &["vary-without-origin"]),
        ("cloudfront", with("origins = \"*\""), &[]),
        ("s3", with(list), &["credentials", "vary-without-origin"]),
        ("s3", with(&format!("{list}\ncredentials = true")), &["vary-without-origin"]),
        (
            "s3",
            with(&format!("{list}\ncredentials = true\nmethods = [\"PATCH\"]")),
            &["methods", "vary-without-origin"],
        ),
        (
            "s3",
            with(&format!("{list}\ncredentials = true\nrequest_headers = \"*\"")),
            &["authorization", "vary-without-origin"],
        ),
        (
            "s3",
            with("origins = \"https://*.app.example:*\"\ncredentials = true"),
            &["any-port", "vary-without-origin"],
        ),
        ("s3", with("origins = \"*\"\nexposed_headers = \"*\""), &["any-exposed", "vary-without-origin"]),
        ("r2", with(&format!("{list}\ncredentials = true")), &["credentials", "vary-without-origin"]),
        ("r2", with("origins = \"https://*.app.example\""), &["origin-patterns", "vary-without-origin"]),
        ("gcs", with("origins = \"https://app.example\""), &["max-age-left-out", "vary-without-origin"]),
        (
            "gcs",
            with(&format!("{list}\nexposed_headers = [\"etag\"]")),
            &["vary-without-origin", "one-header-list"],
        ),
        (
            "azure-storage",
            with("origins = \"*\""),
            &["max-age-left-out", "vary-without-origin", "preflight-credentials"],
        ),
        (
            "azure-storage",
            with("origins = \"https://*.app.example:8443\"\ncredentials = true\nmax_age = \"1m\""),
            &["vary-without-origin", "port-beside-wildcard"],
        ),
        (
            "azure-storage",
            with(&format!("{list}\ncredentials = true\nmethods = [\"PATCH\"]")),
            &["vary-without-origin", "method-case"],
        ),
        ("api-gateway", with("origins = \"https://*.app.example\""), &["origin-patterns", "vary"]),
        (
            "api-gateway",
            with("origins = \"*\"\ncredentials = true\ndangerously_allow_any_origin_with_credentials = true"),
            &["any-origin-with-credentials", "vary"],
        ),
        ("cloudfront", with("origins = \"https://app.example:*\""), &["any-port"]),
        ("cloudfront", with("origins = \"https://app.example\"\nmethods = \"*\""), &["any-method"]),
        ("cloudfront", with("origins = \"capacitor://localhost\""), &["other-schemes"]),
        ("gateway-api", with("origins = [\"null\"]\ndangerously_allow_null_origin = true"), &["null-origin"]),
        ("gateway-api", with("origins = \"http://[::1]:3000\""), &["ipv6-origin"]),
        ("gateway-api", with("origins = \"https://app.example\"\nmax_age = \"0s\""), &["max-age"]),
        ("gateway-api", with("origins = \"https://app.example\"\nmethods = [\"PURGE\"]"), &["methods"]),
        (
            "gateway-api",
            with(&format!(
                "origins = {:?}",
                (0..65).map(|n| format!("https://a{n}.example")).collect::<Vec<_>>()
            )),
            &["too-many-origins"],
        ),
        (
            "istio",
            with("origins = \"*\"\ncredentials = true\ndangerously_allow_any_origin_with_credentials = true"),
            &["any-origin-with-credentials"],
        ),
        ("istio", with(&format!("{list}\ntiming_allow_origin = \"allowed-origins\"")), &["timing"]),
        (
            "istio",
            with(&format!("{list}\nforbid_refused_origins = true\npublic_url = \"https://own.example\"")),
            &["forbid-refused-origins"],
        ),
        ("traefik", with("origins = \"https://app.example\""), &["max-age-left-out"]),
        ("traefik", with(&format!("{list}\ncredentials = true\nrequest_headers = \"*\"")), &["any-header"]),
        (
            "s3",
            "[[routes]]\npath = \"/\"\nupstream = \"http://u\"\npass_through = true\n".into(),
            &["pass-through"],
        ),
        ("spring", with(list), &["refused-requests"]),
        (
            "spring",
            with(&format!("{list}\ncross_origin_resource_policy = \"same-site\"")),
            &["resource-policy", "refused-requests"],
        ),
        ("s3", ROUTES.replace("host = \"api.example\"\n", ""), &["several-policies", "vary-without-origin"]),
    ];
    for (target, policy, names) in rows {
        let found: Vec<_> = match run(policy, named(target), &[]) {
            Ok(exported) => {
                assert!(exported.warnings.iter().all(|warning| warning.sender == Sender::OtherProgram));
                Vec::new()
            }
            Err(refused) => {
                for difference in &refused.differences {
                    let told = [
                        &difference.explanation,
                        &difference.request,
                        &difference.ours,
                        &difference.theirs,
                        &difference.remedy,
                    ];
                    assert!(told.iter().all(|text| !text.is_empty()), "{target}: {difference}");
                    assert_ne!(difference.ours, difference.theirs, "{target}: {difference}");
                }
                refused.differences.iter().map(|difference| difference.name).collect()
            }
        };
        assert_eq!(found, *names, "{target}\n{policy}");
        // Each is let through by its name.
        let accepted = run(policy, named(target), names).unwrap();
        let of_browsers = accepted.warnings.iter().filter(|warning| warning.sender == Sender::Browser);
        assert_eq!(of_browsers.map(|warning| warning.name).collect::<Vec<_>>(), *names, "{target}");
    }
}

#[test]
fn a_status_that_no_page_sees_is_a_warning() {
    let exported = run("[policies.p]\norigins = \"*\"", named("cloudfront"), &[]).unwrap();
    assert_eq!(exported.warnings.len(), 1);
    let warning = &exported.warnings[0];
    assert_eq!((warning.name, warning.sender), ("preflight-status", Sender::OtherProgram));
    assert!(warning.ours == "204" && warning.theirs == "200", "{warning}");
}
