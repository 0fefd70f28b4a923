//! Configuration → everything that is wrong with it.

mod support;

use crossorigin::server::{Policy, ProblemKind, Setting};
use support::config;

/// Configurations and the problems of each: place, code, and the remedy's `write` where there is one.
const TABLE: &[(&str, &[&str])] = &[
    // Origins that are none, or that no browser would send.
    ("null", &["origins[0] origin-null"]),
    ("https://a.example,https://b.example", &["origins[0] origin-list"]),
    ("app.example", &["origins[0] origin-scheme"]),
    ("//app.example", &["origins[0] origin-scheme"]),
    ("1s://app.example", &["origins[0] origin-scheme"]),
    ("file://", &["origins[0] origin-file"]),
    ("file:///home/me", &["origins[0] origin-file"]),
    ("https://me@app.example", &["origins[0] origin-userinfo"]),
    ("https://app.example/", &["origins[0] origin-path \"https://app.example\""]),
    ("https://app.example/path", &["origins[0] origin-path \"https://app.example\""]),
    ("https://App.example/", &["origins[0] origin-path \"https://app.example\""]),
    ("HTTPS://App.example:443/path", &["origins[0] origin-path \"https://app.example\""]),
    ("https://Bücher.example/", &["origins[0] origin-path \"https://xn--bcher-kva.example\""]),
    ("https://app.example?q", &["origins[0] origin-path \"https://app.example\""]),
    ("https://app.example#f", &["origins[0] origin-path \"https://app.example\""]),
    ("https://App.example", &["origins[0] origin-upper-case \"https://app.example\""]),
    ("HTTPS://app.example", &["origins[0] origin-upper-case \"https://app.example\""]),
    ("https://bücher.example", &["origins[0] origin-unicode \"https://xn--bcher-kva.example\""]),
    ("https://*.bücher.example:*", &["origins[0] origin-unicode \"https://*.xn--bcher-kva.example:*\""]),
    ("https://xn--a.example", &["origins[0] origin-host"]),
    ("https://app.example:443", &["origins[0] origin-default-port \"https://app.example\""]),
    ("http://app.example:80", &["origins[0] origin-default-port \"http://app.example\""]),
    ("https://*.app.example:443", &["origins[0] origin-default-port \"https://*.app.example\""]),
    ("https://app.example:", &["origins[0] origin-port"]),
    ("https://app.example:65536", &["origins[0] origin-port"]),
    ("https://app.example:08", &["origins[0] origin-port"]),
    ("https://app.example:**", &["origins[0] origin-port"]),
    ("https://127.1", &["origins[0] origin-address \"https://127.0.0.1\""]),
    ("https://0x7f000001", &["origins[0] origin-address \"https://127.0.0.1\""]),
    ("http://[0:0::1]:8080", &["origins[0] origin-address \"http://[::1]:8080\""]),
    ("https://256.0.0.1", &["origins[0] origin-host"]),
    ("https://", &["origins[0] origin-host"]),
    ("https://a_b.example", &["origins[0] origin-host"]),
    ("https://app.example.", &["origins[0] origin-host"]),
    ("https://-a.example", &["origins[0] origin-host"]),
    ("https://*", &["origins[0] origin-wildcard-place"]),
    ("https://*:*", &["origins[0] origin-wildcard-place"]),
    ("https://app.*.example", &["origins[0] origin-wildcard-place"]),
    ("https://*app.example", &["origins[0] origin-wildcard-place"]),
    ("https://*.*.example", &["origins[0] origin-wildcard-place"]),
    ("*://app.example", &["origins[0] origin-scheme"]),
    ("https://*.127.0.0.1", &["origins[0] origin-wildcard-address"]),
    ("https://*.[::1]", &["origins[0] origin-wildcard-address"]),
    ("* https://app.example", &["origins[0] any-origin-not-alone"]),
    // What credentials rule out.
    ("*; credentials", &["origins[0] any-origin-with-credentials"]),
    ("*; credentials; any", &[]),
    ("http://app.example; credentials", &["origins[0] insecure-origin-with-credentials"]),
    ("http://*.app.example:*; credentials", &["origins[0] insecure-origin-with-credentials"]),
    ("http://app.example; credentials; insecure", &[]),
    ("http://app.example", &[]),
    (
        "http://localhost http://localhost:* http://*.localhost http://127.0.0.1:3000 http://[::1]; credentials",
        &[],
    ),
    ("http://127.0.0.1.app.example; credentials", &["origins[0] insecure-origin-with-credentials"]),
    ("https://*.github.io; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.co.uk; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.com:*; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.compute.amazonaws.com; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.amazonaws.com; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.core.windows.net:*; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.xn--55qx5d.cn; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.ck; credentials", &["origins[0] public-suffix-with-credentials"]),
    ("https://*.www.ck https://*.example.com https://*.a.b.co.uk https://*.localhost; credentials", &[]),
    ("https://*.github.io; credentials; suffixes", &[]),
    ("https://*.github.io", &[]),
    ("https://*.me.github.io https://github.io https://*.internal; credentials", &[]),
    ("https://a.example; credentials; expose *", &["exposed_headers[0] expose-all-with-credentials"]),
    // Names.
    (
        "https://a.example; methods PUT TRACE connect",
        &["methods[1] method-forbidden", "methods[2] method-forbidden"],
    ),
    ("https://a.example; methods patch", &["methods[0] method-case \"PATCH\""]),
    ("https://a.example; methods Put", &["methods[0] method-case \"PUT\""]),
    ("https://a.example; methods PUT,DELETE", &["methods[0] method-syntax"]),
    ("https://a.example; methods purge *", &[]),
    (
        "https://a.example; headers Cookie sec-fetch-site proxy-x Origin",
        &[
            "request_headers[0] request-header-forbidden",
            "request_headers[1] request-header-forbidden",
            "request_headers[2] request-header-forbidden",
            "request_headers[3] request-header-forbidden",
        ],
    ),
    ("https://a.example; headers x-a:", &["request_headers[0] header-syntax"]),
    (
        "https://a.example; headers Access-Control-Allow-Origin",
        &["request_headers[0] request-header-of-responses"],
    ),
    (
        "https://a.example; expose Set-Cookie x;",
        &["exposed_headers[0] exposed-header-forbidden", "exposed_headers[1] header-syntax"],
    ),
    ("*; expose *", &[]),
    // Numbers.
    ("*; max-age 86400", &[]),
    ("*; max-age 86401", &["max_age max-age"]),
    ("*; status 200", &[]),
    ("*; status 201", &["preflight_status preflight-status"]),
    ("https://a.example; forbid", &["forbid_refused_origins public-url-missing"]),
    ("https://a.example; forbid; url https://api.example", &[]),
    ("https://a.example; url https://api.example/", &[]),
    ("https://a.example; url https://api.example/v1", &["public_url public-url \"https://api.example\""]),
    ("https://a.example; url https://API.example:443", &["public_url public-url \"https://api.example\""]),
    ("https://a.example; url api.example", &["public_url public-url"]),
    ("https://a.example; url ftp://api.example", &["public_url public-url"]),
    // All at once, in the order of the fields.
    (
        "https://a.example/ null http://b.example; credentials; methods TRACE; headers Cookie; expose *; max-age 99999; status 418; forbid",
        &[
            "origins[0] origin-path \"https://a.example\"",
            "origins[1] origin-null",
            "origins[2] insecure-origin-with-credentials",
            "methods[0] method-forbidden",
            "request_headers[0] request-header-forbidden",
            "exposed_headers[0] expose-all-with-credentials",
            "max_age max-age",
            "preflight_status preflight-status",
            "forbid_refused_origins public-url-missing",
        ],
    ),
];

#[test]
fn everything_wrong_is_said_at_once() {
    for (text, expected) in TABLE {
        let problems = match Policy::new(&config(text)) {
            Ok(_) => Vec::new(),
            Err(error) => error.problems().to_vec(),
        };
        let found: Vec<String> = problems
            .iter()
            .map(|problem| {
                let index = problem.index.map(|index| format!("[{index}]")).unwrap_or_default();
                let written = problem.remedy();
                let written = written.strip_prefix("write \"").filter(|rest| !rest.contains(' '));
                let written = written.map(|rest| format!(" \"{rest}")).unwrap_or_default();
                format!("{}{index} {}{written}", problem.setting.key(), problem.code())
            })
            .collect();
        assert_eq!(found, *expected, "{text}");
        for problem in &problems {
            // What a problem says to write is right: writing it leaves no problem of that kind.
            if let ProblemKind::OriginPath { write }
            | ProblemKind::OriginUpperCase { write }
            | ProblemKind::OriginDefaultPort { write }
            | ProblemKind::OriginAddress { write }
            | ProblemKind::OriginUnicode { write: Some(write) } = &problem.kind
            {
                assert!(Policy::new(&config(write)).is_ok(), "{text}: {write}");
            }
            assert!(problem.to_string().starts_with(problem.setting.key()), "{problem}");
        }
    }
}

#[test]
fn a_problem_reads_as_one_line_with_place_value_reason_and_remedy() {
    let error =
        Policy::new(&config("https://ok.example https://app.example:443; methods patch")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "origins[1] = \"https://app.example:443\": browsers leave out the port that is the scheme's default, so it would \
         never match; write \"https://app.example\"\n\
         methods[0] = \"patch\": methods are case-sensitive, so it would not cover the one that is meant; write \"PATCH\""
    );
    assert_eq!(error.problems()[0].setting, Setting::Origins);
}

#[test]
fn the_empty_string_is_no_origin() {
    let mut config = config("https://a.example");
    config.origins.push(String::new());
    assert_eq!(Policy::new(&config).unwrap_err().problems()[0].code(), "origin-empty");
}

#[test]
fn a_list_of_nothing_but_stars_takes_no_longer_than_its_length() {
    let mut config = config("* https://a.example");
    config.origins.extend(std::iter::repeat_n("*".to_owned(), 200_000));
    let problems = Policy::new(&config).unwrap_err().problems().len();
    assert_eq!(problems, 200_001, "each star is named");
    config.origins.remove(1);
    assert!(Policy::new(&config).is_ok(), "to repeat the star is no problem");
}

#[test]
fn more_origins_than_a_policy_holds_are_one_problem() {
    let mut config = config("");
    config.origins = vec![String::new(); crossorigin::server::MAX_ORIGINS + 1];
    let error = Policy::new(&config).unwrap_err();
    let codes: Vec<_> = error.problems().iter().map(|problem| (problem.code(), &*problem.value)).collect();
    assert_eq!(codes, [("too-many-origins", "4194305")]);
}

#[test]
fn a_wildcard_leaves_place_for_a_label() {
    let host = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
    let codes = |origin: String| {
        let mut config = config("");
        config.origins.push(origin);
        Policy::new(&config).err().map(|error| error.problems()[0].code())
    };
    assert_eq!(codes(format!("https://{host}")), None);
    assert_eq!(codes(format!("https://*.{}", &host[2..])), None);
    assert_eq!(codes(format!("https://*.{}", &host[1..])), Some("origin-host"));
}

#[test]
fn a_fraction_of_a_second_is_no_max_age() {
    let mut config = config("https://a.example");
    config.max_age = Some(std::time::Duration::from_millis(1500));
    assert_eq!(Policy::new(&config).unwrap_err().problems()[0].code(), "max-age");
}
