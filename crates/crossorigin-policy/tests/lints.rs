//! What is worth knowing about files that can be used: a table of warnings and notes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::net::SocketAddr;
use std::path::Path;

use crossorigin::server::PolicyConfig;
use crossorigin_policy::{PolicyDocument, Severity, ShortForm, Target};
use http::{HeaderMap, Method};

/// Warnings and notes, each as `severity code line:column message; remedy`.
fn warnings(text: &str) -> Vec<String> {
    let found = match PolicyDocument::parse(Path::new("p.toml"), text).compile() {
        Ok((_, warnings)) => warnings,
        Err(report) => panic!("{report}\n{text}"),
    };
    let lines = found.iter().map(|finding| {
        let severity = match finding.severity() {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        format!("{severity} {} {finding}", finding.code()).replace("p.toml:", "")
    });
    lines.collect()
}

/// A file that uses one policy, written from the given lines, and serves it.
fn with_policy(lines: &str) -> String {
    format!(
        "[policies.p]\n{lines}\n[[routes]]\npath = '/'\nupstream = 'http://u'\npolicy = 'p'\n\
         [[listeners]]\naddress = '127.0.0.1:80'\n"
    )
}

#[test]
fn lints_of_policies() {
    let table: &[(&str, &[&str])] = &[
        ("origins = '*'", &[]),
        ("origins = []", &[]),
        (
            "origins = ['https://a.example', 'https://b.example', 'https://a.example']",
            &[
                "warning duplicate-origin 2:54: \"https://a.example\" stands in the list twice; leave one of the two out",
            ],
        ),
        (
            "origins = ['https://x.a.example', 'https://*.a.example']",
            &[
                "warning covered-origin 2:12: \"https://x.a.example\" is covered by \"https://*.a.example\"; leave it out",
            ],
        ),
        (
            "origins = ['https://a.example', 'https://*.a.example', 'https://x.a.example:8443', 'http://localhost:*']",
            &[],
        ),
        (
            "origins = ['https://x.a.example:8443', 'https://*.a.example:*']",
            &[
                "warning covered-origin 2:12: \"https://x.a.example:8443\" is covered by \"https://*.a.example:*\"; leave it out",
            ],
        ),
        (
            "origins = ['https://*.b.a.example', 'https://*.a.example']",
            &[
                "warning covered-origin 2:12: \"https://*.b.a.example\" is covered by \"https://*.a.example\"; leave it out",
            ],
        ),
        (
            "origins = ['https://*.a.example', 'https://*.a.example:*', 'http://localhost:3000', 'http://localhost:*']",
            &[
                "warning covered-origin 2:12: \"https://*.a.example\" is covered by \"https://*.a.example:*\"; leave it out",
                "warning covered-origin 2:60: \"http://localhost:3000\" is covered by \"http://localhost:*\"; leave it out",
            ],
        ),
        (
            "origins = ['http://[::1]:3000', 'http://[::1]:*']",
            &[
                "warning covered-origin 2:12: \"http://[::1]:3000\" is covered by \"http://[::1]:*\"; leave it out",
            ],
        ),
        (
            "origins = ['http://a.example', 'http://localhost:3000', 'capacitor://localhost']",
            &[
                "warning insecure-origin 2:12: \"http://a.example\": anyone on the network path of an http: page can read as that page; use https",
            ],
        ),
        (
            "origins = ['https://*.github.io', 'https://*.me.github.io']",
            &[
                "warning public-suffix 2:12: github.io is a public suffix or the parent of one: anyone who registers a name there may read; name the registered domain",
                "warning covered-origin 2:35: \"https://*.me.github.io\" is covered by \"https://*.github.io\"; leave it out",
            ],
        ),
        (
            "origins = '*'\nmethods = ['PUT', 'GET', 'PUT', 'POST']",
            &[
                "warning needless-name 3:19: \"GET\" needs no permission; leave it out",
                "warning duplicate-name 3:26: \"PUT\" stands in `methods` twice; leave it out",
                "warning needless-name 3:33: \"POST\" needs no permission; leave it out",
            ],
        ),
        (
            "origins = '*'\nrequest_headers = ['Accept', 'content-type', 'range', 'X-A', 'x-a']",
            &[
                "note needless-name 3:20: \"Accept\" needs no permission, unless its value is out of the ordinary; leave it out",
                "warning duplicate-name 3:62: \"x-a\" stands in `request_headers` twice; leave it out",
            ],
        ),
        (
            "origins = '*'\nexposed_headers = ['ETag', 'Content-Type', 'content-length']",
            &[
                "warning needless-name 3:28: \"Content-Type\" can always be read; leave it out",
                "warning needless-name 3:44: \"content-length\" can always be read; leave it out",
            ],
        ),
        (
            "origins = '*'\nrequest_headers = '*'",
            &[
                "note authorization-not-named 3:19: `*` does not cover the header `authorization`; where requests carry it, write `request_headers = [\"*\", \"authorization\"]`",
            ],
        ),
        ("origins = '*'\nrequest_headers = ['*', 'Authorization']", &[]),
        (
            "origins = '*'\nmethods = ['*', 'PUT']\nrequest_headers = ['x-a', '*', 'authorization']\nexposed_headers = ['*', 'etag']",
            &[
                "warning names-beside-any 3:12: `*` in `methods` already stands for the names beside it; keep either the `*` or the names",
                "warning names-beside-any 4:27: `*` in `request_headers` already stands for the names beside it; keep either the `*` or the names",
                "warning names-beside-any 5:20: `*` in `exposed_headers` already stands for the names beside it; keep either the `*` or the names",
            ],
        ),
        ("origins = '*'\nmax_age = '10m'", &[]),
        (
            "origins = '*'\nmax_age = '2h'",
            &[
                "note max-age-above-browsers 3:11: WebKit keeps the answer to a preflight for 10 minutes at most",
            ],
        ),
        (
            "origins = '*'\nmax_age = '24h'",
            &[
                "note max-age-above-browsers 3:11: Chromium keeps the answer to a preflight for 2 hours at most, WebKit for 10 minutes",
            ],
        ),
        (
            "origins = '*'\nforbid_refused_origins = true\npublic_url = 'https://api.example'",
            &[
                "warning nothing-to-forbid 3:26: `origins = \"*\"` refuses no origin, so there is nothing to forbid; list the origins, or leave `forbid_refused_origins` out",
            ],
        ),
        // With credentials and the option that lifts the rule, the author has said so already.
        (
            "origins = ['http://a.example', 'https://*.github.io']\ncredentials = true\n\
             dangerously_allow_insecure_origins_with_credentials = true\n\
             dangerously_allow_public_suffixes_with_credentials = true",
            &[],
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(warnings(&with_policy(lines)), *expected, "{lines}");
    }
}

#[test]
fn lints_of_files() {
    let table: &[(&str, &[&str])] = &[
        (
            "",
            &[
                "note no-listener 1:1: the file names no listener; write `[[listeners]]` and `address = \"127.0.0.1:8080\"` to serve it",
            ],
        ),
        (
            "[[listeners]]\naddress = '127.0.0.1:80'\n[policies.p]\norigins = '*'\n",
            &[
                "warning unused-policy 3:11: no route and no listener names the policy `p`; leave it out, or name it in a route",
            ],
        ),
        ("[[listeners]]\naddress = '127.0.0.1:80'\ndefault_policy = 'p'\n[policies.p]\norigins = '*'\n", &[]),
        (
            "[[listeners]]\naddress = '127.0.0.1:80'\n[[routes]]\npath = '/'\nupstream = 'http://u'\n",
            &[
                "warning route-without-policy 3:1: this route has no policy, so no other site may read what it answers; write `policy = \"…\"`, or `pass_through = true` to leave CORS to the upstream",
            ],
        ),
        (
            "[[listeners]]\naddress = '127.0.0.1:80'\n[[routes]]\npath = '/'\nupstream = 'http://u'\npass_through = true\n",
            &[],
        ),
        (
            "[policies.p]\norigins = '*'\n[[listeners]]\naddress = '127.0.0.1:80'\n[[routes]]\npath = '/'\nfiles = 'nowhere'\npolicy = 'p'\n",
            &[
                "warning no-folder 7:9: nowhere is no folder: every request gets 404; the path is relative to the policy file; make the folder, or mend the path",
            ],
        ),
    ];
    for (file, expected) in table {
        assert_eq!(warnings(file), *expected, "{file}");
    }
}

#[test]
fn an_origins_file_is_watched_and_its_lines_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let origins = folder.path().join("origins.txt");
    std::fs::write(&origins, "# ours\nhttps://a.example\nhttps://a.example\nhttps://b.example\n").unwrap();
    let text = with_policy("origins = ['https://b.example']\norigins_file = 'origins.txt'");
    let (site, found) = PolicyDocument::parse(&folder.path().join("p.toml"), &text).compile().unwrap();
    assert_eq!(site.watched, std::slice::from_ref(&origins));
    let found: Vec<_> =
        found.iter().map(|finding| (finding.code(), finding.file(), finding.line())).collect();
    let file = origins.to_str().unwrap();
    assert_eq!(found, [("duplicate-origin", file, 3), ("duplicate-origin", file, 4)]);

    // A file that is faulty, or not there, is watched too: mending it mends the policy.
    std::fs::remove_file(&origins).unwrap();
    let report = PolicyDocument::parse(&folder.path().join("p.toml"), &text).compile().unwrap_err();
    assert_eq!(report.watched(), [origins]);
}

#[test]
fn a_route_without_a_policy_lets_nobody_read() {
    let text = "[[routes]]\npath = '/'\nupstream = 'http://u'\n";
    let (site, _) = PolicyDocument::parse(Path::new("p.toml"), text).compile().unwrap();
    let (_, policy) = site.routes[0].policy.as_ref().expect("only pass_through leaves a route without one");
    let mut request = http::Request::new(());
    request.headers_mut().insert("origin", http::HeaderValue::from_static("https://app.example"));
    let mut headers = HeaderMap::new();
    headers.insert("access-control-allow-origin", http::HeaderValue::from_static("*"));
    policy.decide(&request).decorate(&mut headers);
    assert!(!headers.contains_key("access-control-allow-origin"));
}

fn short_form() -> ShortForm {
    let mut policy = PolicyConfig::default();
    policy.origins = vec!["http://localhost:3000".into()];
    let listen: SocketAddr = "127.0.0.1:8080".parse().unwrap();
    ShortForm { listen, files: None, upstream: Some("http://127.0.0.1:9000".into()), policy }
}

#[test]
fn the_short_form_makes_a_site() {
    let (site, found) = short_form().compile().unwrap();
    assert_eq!(found, []);
    let listener = &site.listeners[0];
    assert_eq!(listener.address.port(), 8080);
    assert!(listener.default_policy.is_some());
    let found = site.find(listener, Some("any"), "/x/y", &Method::PUT, &HeaderMap::new()).unwrap();
    let crossorigin_policy::Found::Route(route) = found else { panic!("no route") };
    assert_eq!(route.policy.as_ref().unwrap().1.origin_count(), 1);
    assert!(
        matches!(&route.target, Target::Upstream(uri) if uri.first().authority().unwrap() == "127.0.0.1:9000")
    );
}

#[test]
fn problems_of_the_short_form_name_the_flags() {
    type Change = fn(&mut ShortForm);
    let table: &[(Change, &[&str])] = &[
        (
            |form| form.policy.origins = vec!["http://localhost:3000/".into(), "https://A.example".into()],
            &[
                "--allow-origin \"http://localhost:3000/\": an origin ends with its host or port, without a slash, path or query; write \"http://localhost:3000\"",
                "--allow-origin \"https://A.example\": browsers send origins in lower case, so it would never match; write \"https://a.example\"",
            ],
        ),
        (
            |form| {
                form.policy.origins = vec!["*".into()];
                form.policy.credentials = true;
            },
            &[
                "--allow-origin \"*\": with credentials, every site on the web could read what only the signed-in user may; list the origins, or turn credentials off; dangerously_allow_any_origin_with_credentials lifts this rule",
            ],
        ),
        (
            |form| form.policy.origins = Vec::new(),
            &[
                "--allow-origin: no origin is allowed; write `--allow-origin https://app.example`, or `--allow-origin '*'` for everyone",
            ],
        ),
        (
            |form| form.upstream = Some("127.0.0.1:9000".into()),
            &[
                "--upstream \"127.0.0.1:9000\": \"127.0.0.1:9000\" does not begin with http://; write \"http://127.0.0.1:9000\"",
            ],
        ),
        (
            |form| form.upstream = None,
            &[
                "--files: nothing is there to answer; write `--files FOLDER` or `--upstream http://127.0.0.1:9000`",
            ],
        ),
        (
            |form| form.files = Some(".".into()),
            &[
                "--upstream \"http://127.0.0.1:9000\": there are both --files and --upstream; keep one of the two",
            ],
        ),
        (
            |form| {
                form.upstream = None;
                form.files = Some("nowhere".into());
            },
            &["--files \"nowhere\": nowhere is no folder; make the folder, or mend the path"],
        ),
        (
            |form| form.policy.methods = vec!["put".into()],
            &[
                "--allow-method \"put\": methods are case-sensitive, so it would not cover the one that is meant; write \"PUT\"",
            ],
        ),
    ];
    for (change, expected) in table {
        let mut form = short_form();
        change(&mut form);
        let report = form.compile().unwrap_err();
        let found: Vec<_> = report.problems().iter().map(ToString::to_string).collect();
        assert_eq!(found, *expected);
    }
    let mut form = short_form();
    form.policy.origins.push("http://localhost:*".into());
    let (_, found) = form.compile().unwrap();
    assert_eq!(
        found[0].to_string(),
        "--allow-origin \"http://localhost:3000\": \"http://localhost:3000\" is covered by \"http://localhost:*\"; leave it out"
    );
}
