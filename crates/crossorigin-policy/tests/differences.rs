//! What two policy files answer differently: each kind in a table, and no difference missed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use crossorigin_policy::{Differences, PolicyDocument, Question, Site, differences};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

const SITE: &str = "[[listeners]]\naddress = \"127.0.0.1:80\"\n[[routes]]\npath = \"/a\"\n\
                    upstream = \"http://u\"\npolicy = \"p\"\n[policies.p]\n";

fn document(text: &str) -> PolicyDocument {
    PolicyDocument::parse(Path::new("site.toml"), text)
}

fn compare(before: &str, after: &str) -> Differences {
    differences(&document(before), &document(after)).expect("both files can be used")
}

/// Each difference as `code: message`, then each setting.
fn told(found: &Differences) -> Vec<String> {
    let requests = found.requests.iter().map(|one| format!("{}: {}", one.code, one.message));
    let settings = found.settings.iter().map(|one| {
        let seen = if one.is_unseen { "unseen" } else { "setting" };
        format!("{seen}: {}, {}: {} to {}", one.place, one.key, one.before, one.after)
    });
    requests.chain(settings).collect()
}

#[test]
fn each_key_of_a_policy_shows_in_a_request() {
    const ONE: &str = "origins = \"https://a.example\"";
    const LIST: &str = "origins = [\"https://a.example\", \"https://b.example\"]";
    let rows: &[(&str, &str, &[&str])] = &[
        (LIST, "origins = [\"https://b.example\", \"https://a.example\", \"https://a.example\"]", &[]),
        (ONE, LIST, &["origin-allowed: https://b.example may now read"]),
        (LIST, ONE, &["origin-refused: https://b.example may no longer read"]),
        (
            ONE,
            "origins = [\"https://a.example\", \"https://*.a.example:*\"]",
            &[
                "origin-allowed: every origin that https://*.a.example:* takes in may now read, such as https://any.a.example:8443",
            ],
        ),
        // What a wider item takes in already is no difference.
        (
            "origins = [\"https://*.a.example\"]",
            "origins = [\"https://*.a.example\", \"https://b.a.example\", \"https://*.b.a.example\"]",
            &[],
        ),
        (
            "origins = \"http://localhost:*\"",
            "origins = [\"http://localhost:3000\", \"http://localhost\"]",
            &[
                "origin-refused: every origin that http://localhost:* takes in may no longer read, such as http://localhost:8443",
            ],
        ),
        (
            ONE,
            "origins = \"*\"",
            &[
                "vary: caches are told by Vary to keep responses apart: nothing, not \"Origin\"",
                "origin-answer: the answer to an origin that may read names *, not the origin itself",
                "origin-allowed: every origin that is not named may now read, such as https://any.example",
                "origin-allowed: null may now read",
            ],
        ),
        (
            ONE,
            "origins = [\"https://a.example\", \"null\"]\ndangerously_allow_null_origin = true",
            &["origin-allowed: null may now read"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\ncredentials = true",
            &["credentials-allowed: responses to requests with credentials may now be read"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\nmethods = [\"PUT\", \"GET\"]",
            &["method-granted: PUT is now granted"],
        ),
        (
            "origins = \"https://a.example\"\nmethods = \"*\"",
            "origins = \"https://a.example\"\nmethods = [\"PUT\"]",
            &["method-refused: every method, such as WITNESS, is no longer granted"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\nmethods = \"GET\"",
            &[
                "wording: the same is granted in other words: access-control-allow-methods: \"GET\", not nothing",
            ],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\nrequest_headers = \"X-A\"",
            &["header-granted: the request header x-a is now granted"],
        ),
        (
            "origins = \"https://a.example\"\nrequest_headers = [\"*\", \"authorization\"]",
            "origins = \"https://a.example\"\nrequest_headers = \"*\"",
            &["header-refused: the request header authorization is no longer granted"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\nexposed_headers = \"ETag\"",
            &["exposed-headers: script may read these headers: \"etag\", not nothing"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\nmax_age = \"1m\"",
            &["max-age: preflights may be kept for so many seconds: \"60\", not nothing"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\npreflight_status = 200",
            &["preflight-status: the status is 200 OK, not 204 No Content"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\ntiming_allow_origin = \"*\"",
            &["timing: the response's timing is shown to \"*\", not nothing"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\ncross_origin_resource_policy = \"same-site\"",
            &["resource-policy: who may embed the response without CORS: \"same-site\", not nothing"],
        ),
        (
            ONE,
            "origins = \"https://a.example\"\nforbid_refused_origins = true\npublic_url = \"https://own.example\"",
            &[
                "forbidden: the status is 403 Forbidden, not the service's own",
                "vary: caches are told by Vary to keep responses apart: \"Origin, Sec-Fetch-Site\", not \"Origin\"",
            ],
        ),
        // No request can show the methods: each is refused by one of the two.
        (
            "origins = \"https://a.example\"\nmethods = [\"PUT\"]",
            "origins = \"https://b.example\"\nmethods = [\"DELETE\"]",
            &[
                "origin-refused: https://a.example may no longer read",
                "origin-allowed: https://b.example may now read",
                "unseen: /a, methods: PUT to DELETE",
            ],
        ),
    ];
    for (before, after, expected) in rows {
        let found = compare(&format!("{SITE}{before}"), &format!("{SITE}{after}"));
        assert_eq!(told(&found), *expected, "{before}\nto\n{after}");
        assert_eq!(found.is_empty(), expected.is_empty());
    }
}

#[test]
fn routes_listeners_and_limits_show_too() {
    let policies = "[policies.p]\norigins = \"https://a.example\"\n[policies.q]\norigins = []\n";
    let route = |rest: &str| format!("[[routes]]\npath = \"/a\"\nupstream = \"http://u\"\n{rest}\n");
    let base = route("policy = \"p\"");
    let rows: &[(String, &[&str])] = &[
        (base.clone(), &[]),
        (
            String::new(),
            &[
                "answers: 404 Not Found answers, not the upstream http://u",
                "vary: caches are told by Vary to keep responses apart: nothing, not \"Origin\"",
                "origin-refused: https://a.example may no longer read",
            ],
        ),
        (
            route("policy = \"q\""),
            &[
                "vary: caches are told by Vary to keep responses apart: nothing, not \"Origin\"",
                "origin-refused: https://a.example may no longer read",
            ],
        ),
        (
            route("pass_through = true"),
            &["pass-through: CORS is left to the upstream, and preflights go to it"],
        ),
        (route("policy = \"p\"\nmax_body = 1"), &["setting: /a, max_body: limits.body_bytes to 1 bytes"]),
        (
            format!(
                "{base}{}",
                route("policy = \"q\"\nhost = \"h.example\"\nextensions = [\"png\"]\nmethods = [\"PUT\"]")
            ),
            &[
                "vary: caches are told by Vary to keep responses apart: nothing, not \"Origin\"",
                "origin-refused: https://a.example may no longer read",
            ],
        ),
        (format!("{base}[limits]\nconnections = 1\n"), &["setting: [limits], connections: 10000 to 1"]),
        (
            format!("[[listeners]]\naddress = \"127.0.0.1:81\"\n{base}"),
            &["setting: the listener 127.0.0.1:81, address: none to 127.0.0.1:81"],
        ),
        (
            format!("{base}[admin]\n"),
            &["setting: [admin], address: none to 127.0.0.1:9180", "setting: [admin], public: none to false"],
        ),
        (
            format!("{base}[log]\nformat = \"json\"\nsample = 0.25\n"),
            &["setting: [log], format: human to json", "setting: [log], sample: 1 to 0.25"],
        ),
    ];
    let before = format!("{policies}{base}");
    for (after, expected) in rows {
        let found = compare(&before, &format!("{policies}{after}"));
        assert_eq!(told(&found), *expected, "{after}");
    }
    let found = compare(&before, &format!("{policies}{}", rows[5].0));
    let (request, path) = (&found.requests[0], "/a/x.png");
    assert_eq!((request.method.as_str(), &*request.path), ("PUT", path));
    assert_eq!(request.headers["host"], "h.example");
    assert_eq!(request.places, ["/a, host h.example, extensions png, methods PUT"]);
}

#[test]
fn the_first_file_that_is_faulty_is_told_of() {
    let faulty = format!("{SITE}origins = \"nonsense\"");
    let good = format!("{SITE}origins = []");
    let report = differences(&document(&good), &document(&faulty)).unwrap_err();
    assert_eq!(report.problems()[0].code(), "origin-scheme");
}

const ORIGINS: &[&str] = &[
    "https://a.example",
    "https://b.a.example",
    "https://*.a.example",
    "https://*.b.a.example",
    "https://*.a.example:*",
    "https://a.example:*",
    "https://a.example:8443",
    "https://*.a.example:8443",
    "http://localhost:*",
    "app://a",
];

/// The keys of two policies, mostly valid, which are the same in about half of the keys.
fn policies() -> impl Strategy<Value = [String; 2]> {
    (keys(), keys(), vec(any::<bool>(), 5)).prop_map(|(before, other, kept)| {
        let after = before.iter().zip(&other).zip(kept);
        let after: Vec<_> =
            after.map(|((own, other), kept)| if kept { own } else { other }.clone()).collect();
        [before.join("\n"), after.join("\n")]
    })
}

/// The keys of one.
fn keys() -> impl Strategy<Value = Vec<String>> {
    let some = |items: &'static [&'static str], most| vec(prop::sample::select(items), 0..most);
    let origins = prop_oneof![9 => some(ORIGINS, 4), 1 => Just(vec!["*"])];
    let methods = some(&["PUT", "DELETE", "patch", "*", "GET"], 3);
    let headers = some(&["x-a", "x-b", "authorization", "*"], 3);
    let exposed = some(&["etag", "x-a"], 3);
    let rest = some(
        &[
            "credentials = true",
            "max_age = \"1m\"",
            "max_age = \"0s\"",
            "preflight_status = 200",
            "timing_allow_origin = \"*\"",
            "timing_allow_origin = \"allowed-origins\"",
            "cross_origin_resource_policy = \"same-site\"",
            "forbid_refused_origins = true\npublic_url = \"https://own.example\"",
        ],
        3,
    );
    (origins, methods, headers, exposed, rest).prop_map(|(origins, methods, headers, exposed, rest)| {
        vec![
            format!("origins = {origins:?}"),
            format!("methods = {methods:?}"),
            format!("request_headers = {headers:?}"),
            format!("exposed_headers = {exposed:?}"),
            rest.join("\n"),
        ]
    })
}

/// A request that a browser could send.
fn request() -> impl Strategy<Value = (Method, HeaderMap)> {
    let origins = [
        "https://a.example",
        "https://b.a.example",
        "https://c.b.a.example",
        "https://z.a.example:8443",
        "https://z.a.example:1",
        "https://a.example:8443",
        "https://a.example:1",
        "http://localhost",
        "http://localhost:3000",
        "https://za.example",
        "app://a",
        "null",
        "https://own.example",
    ];
    let origin = prop::option::weighted(0.9, prop::sample::select(origins.to_vec()));
    let method = prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "OPTIONS", "patch", "PATCH"]);
    let names = prop::sample::select(vec!["", "x-a", "x-a,x-b", "authorization", "x-z"]);
    (origin, method, any::<bool>(), names).prop_map(|(origin, method, preflight, names)| {
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, value: &str| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        };
        if let Some(origin) = origin {
            add("origin", origin);
        }
        if preflight {
            add("access-control-request-method", method);
            if !names.is_empty() {
                add("access-control-request-headers", names);
            }
            return (Method::OPTIONS, headers);
        }
        (Method::from_bytes(method.as_bytes()).unwrap(), headers)
    })
}

fn answer(site: &Site, method: &Method, headers: &HeaderMap) -> (Option<u16>, HeaderMap) {
    let question = Question { host: "127.0.0.1", path: "/a/b", method, headers };
    let answer = site.answer(Some(&site.listeners[0]), &question);
    (answer.status.map(|status| status.as_u16()), answer.headers)
}

fn config() -> Config {
    const SEED: u64 = 0xd1ff;
    println!("seed {SEED}");
    Config {
        cases: 1000,
        max_global_rejects: 100_000,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(SEED),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever request two policies answer differently, it is told by the kind of its difference; and each that is
    /// told is one.
    #[test]
    fn no_difference_is_missed([before, after] in policies(), requests in vec(request(), 24)) {
        let documents = [&before, &after].map(|policy| document(&format!("{SITE}{policy}")));
        let [Ok((old, _)), Ok((new, _))] = documents.each_ref().map(PolicyDocument::compile) else {
            return Err(TestCaseError::reject("an invalid policy"));
        };
        let found = differences(&documents[0], &documents[1]).unwrap();
        let has = |codes: &[&str]| found.requests.iter().any(|one| codes.contains(&one.code));
        let both = |method: &Method, headers: &HeaderMap| {
            (answer(&old, method, headers), answer(&new, method, headers))
        };
        let is_shared = |answer: &(Option<u16>, HeaderMap)| answer.1.contains_key("access-control-allow-origin");
        for (method, headers) in &requests {
            let (then, now) = both(method, headers);
            let context = format!("{method} {headers:?}\n{before}\nto\n{after}\n{:?}", told(&found));
            prop_assert!(then == now || !found.is_empty(), "{context}");
            let change = (is_shared(&then), is_shared(&now));
            let Some(origin) = headers.get("origin").filter(|_| change.0 != change.1) else { continue };
            let plain = HeaderMap::from_iter([(http::header::ORIGIN, origin.clone())]);
            let by_itself = both(&Method::GET, &plain);
            let codes: &[&str] = match ((is_shared(&by_itself.0), is_shared(&by_itself.1)), change.1) {
                ((true, true), true) => &["method-granted", "header-granted"],
                ((true, true), false) => &["method-refused", "header-refused"],
                ((false, true), _) => &["origin-allowed"],
                ((true, false), _) => &["origin-refused"],
                ((false, false), _) => &[],
            };
            prop_assert!(has(codes), "{codes:?}: {context}");
        }
        for one in &found.requests {
            let (then, now) = both(&one.method, &one.headers);
            prop_assert_ne!(&then, &now, "{}", one.message);
            prop_assert_eq!((&then.1, &now.1), (&one.before.headers, &one.after.headers));
        }
        if before == after {
            prop_assert!(found.is_empty());
        }
    }
}
