//! Values that no browser sends: nothing matches, nothing panics, and the reason is exact.

mod support;

use crossorigin::server::{Outcome, Reason};
use support::{policy, request};

/// Values of `Origin` that leave the standard's grammar, or that no user agent could serialize.
const ORIGINS: &[&str] = &[
    "",
    " ",
    "*",
    "NULL",
    "Null",
    "null ",
    "null, null",
    "null,https://app.example",
    "undefined",
    "none",
    "about:blank",
    "https://",
    "https:",
    "https",
    "https:/app.example",
    "https:///app.example",
    "//app.example",
    "app.example",
    "://app.example",
    "https:app.example",
    "HTTPS://app.example",
    "Https://app.example",
    "https://APP.example",
    "https://app.Example",
    "https://app.example/",
    "https://app.example//",
    "https://app.example/path",
    "https://app.example?",
    "https://app.example?q",
    "https://app.example#",
    "https://app.example#f",
    "https://app.example\\",
    "https://app.example\\.evil.example",
    "https://app.example:",
    "https://app.example:443",
    "http://app.example:80",
    "https://app.example:0443",
    "https://app.example:00",
    "https://app.example:65536",
    "https://app.example:99999",
    "https://app.example:100000",
    "https://app.example:-1",
    "https://app.example:+1",
    "https://app.example:8 ",
    "https://app.example:8a",
    "https://app.example:*",
    "https://app.example:80:80",
    "https://app.example:8443/",
    "https://app.example:8443:",
    "https://.app.example",
    "https://app.example.",
    "https://app..example",
    "https://.",
    "https://..",
    "https://-app.example",
    "https://app-.example",
    "https://app.-example",
    "https://app.example-",
    "https://a_b.app.example",
    "https://_.app.example",
    "https://*.app.example",
    "https://a*.app.example",
    "https://%61.app.example",
    "https://app%2eexample",
    "https://a.app.example%00",
    "https://user@app.example",
    "https://user:pass@app.example",
    "https://evil.example@app.example",
    "https://a.app.example@evil.example",
    "https://evil.example, https://app.example",
    "https://evil.example,https://app.example",
    "https://evil.example https://app.example",
    "https://evil.com, x.app.example",
    "https://app.example,",
    ",https://app.example",
    "https://app.example https://app.example",
    "https://app.example;",
    "https://app.example{.evil.example",
    "https://app.example`.evil.example",
    "https://app.example'.evil.example",
    "https://app.example+.evil.example",
    "https://app.example!.evil.example",
    "https://app.example&.evil.example",
    "https://app.example=.evil.example",
    "https://app.example$.evil.example",
    "https://app.example(.evil.example",
    "https://app.example~.evil.example",
    "https://evil{.app.example",
    "https://evil`.app.example",
    "https://evil!.app.example",
    "https://evil\".app.example",
    "https://evil}.app.example",
    "https://evil|.app.example",
    "https://evil^.app.example",
    "https://evil<.app.example",
    "https://[::1",
    "https://::1",
    "https://[::1]]",
    "https://[::1]x",
    "https://[::1]:",
    "https://[::1]:x",
    "https://[]",
    "https://[0:0:0:0:0:0:0:1]",
    "https://[::01]",
    "https://[::A]",
    "https://[::ffff:127.0.0.1]",
    "https://[1::2::3]",
    "https://[::1%25eth0]",
    "https://[::1%eth0]",
    "https://[v1.x]",
    "https://[1:2:3:4:5:6:7]",
    "https://[1:2:3:4:5:6:7:8:9]",
    "https://[1::0:0:0:0:2:3]",
    "https://127.1",
    "https://127.0.0.01",
    "https://0x7f.0.0.1",
    "https://2130706433",
    "https://256.0.0.1",
    "https://1.2.3.4.5",
    "https://a.1",
    "https://a.0x1",
    "https://1.2.3.4.",
    "file://",
    "file:///",
    "data:text/html,x",
    "blob:https://app.example/1",
    "javascript://app.example/",
    "1https://app.example",
    "-https://app.example",
    "ht_tps://app.example",
    "ht tps://app.example",
    "https ://app.example",
    "https:// app.example",
    "https://app.example\t",
    "\thttps://app.example",
    "https://app.example\u{e9}",
    "https://\u{fc}.app.example",
    "https://app.example\u{3002}evil",
    "https://app。example",
    "https://ａpp.example",
    "\u{feff}https://app.example",
    "\"https://app.example\"",
    "'https://app.example'",
    "<https://app.example>",
    "(https://app.example)",
    "https://app.example.:8443",
    "https://app.example:8443.",
    "wss://app.example:443",
    "ws://app.example:80",
    "ftp://app.example:21",
];

/// Values of `Access-Control-Request-Headers` that are no lists of header names.
const REQUEST_HEADERS: &[&str] = &[
    "x a",
    "x\ta",
    "x-a x-b",
    "x-a;x-b",
    "x-a:",
    ":x-a",
    "x-a=1",
    "(x-a)",
    "[x-a]",
    "{x-a}",
    "<x-a>",
    "\"x-a\"",
    "x-a/y",
    "x\\a",
    "x@a",
    "x-a?",
    "x-ä",
    "\u{7f3a}",
    "x-a, x b",
    "x-a,, x b",
    "x-a,\"",
    ",;",
    "*;",
    "x-a\u{a0}",
];

#[test]
fn no_malformed_origin_matches() {
    let malformed: Vec<String> = ORIGINS
        .iter()
        .map(|&value| value.to_owned())
        .chain([
            format!("https://{}.app.example", "a".repeat(64)),
            format!("https://{}app.example", "a.".repeat(126)),
            format!("https://{}", "a".repeat(100_000)),
            format!("https://app.example:{}", "1".repeat(100_000)),
            format!("{}://app.example", "a".repeat(65)),
            ".".repeat(10_000),
        ])
        .collect();
    println!("{} malformed origins", malformed.len());
    assert!(malformed.len() >= 100);
    for text in [
        "https://app.example https://*.app.example:* http://*.app.example:* http://localhost:* wss://app.example:*",
        "*; credentials; any",
    ] {
        let policy = policy(&format!("{text}; insecure").replace("; insecure; insecure", "; insecure"));
        for value in &malformed {
            let mut actual = request("GET");
            let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            actual.headers_mut().insert("origin", value.clone());
            let (decision, branches) = policy.explain(&actual);
            assert_eq!(
                (decision.outcome(), decision.reason()),
                (Outcome::Refused, Reason::OriginMalformed),
                "{value:?} under {text}: {branches:?}"
            );
            let mut preflight = request("OPTIONS | access-control-request-method: GET");
            preflight.headers_mut().insert("origin", value);
            assert_eq!(policy.decide(&preflight).outcome(), Outcome::Refused);
        }
    }
}

#[test]
fn no_malformed_header_list_is_granted() {
    println!("{} malformed header lists", REQUEST_HEADERS.len());
    let preflight = |value: &[u8]| {
        let mut preflight =
            request("OPTIONS | origin: https://app.example | access-control-request-method: GET");
        preflight
            .headers_mut()
            .insert("access-control-request-headers", http::HeaderValue::from_bytes(value).unwrap());
        preflight
    };
    for text in
        ["https://app.example; headers *", "*; headers *", "https://app.example; credentials; headers *"]
    {
        let policy = policy(text);
        for value in REQUEST_HEADERS {
            let decision = policy.decide(&preflight(value.as_bytes()));
            let found = (decision.outcome(), decision.reason());
            assert_eq!(found, (Outcome::Refused, Reason::RequestHeadersMalformed), "{value:?} under {text}");
        }
        for value in ["x".repeat(4097), "x,".repeat(128) + "x", ",".repeat(128), "x,".repeat(2_000_000)] {
            let decision = policy.decide(&preflight(value.as_bytes()));
            let found = (decision.outcome(), decision.reason());
            assert_eq!(found, (Outcome::Refused, Reason::RequestHeadersTooLong), "{} bytes", value.len());
        }
    }
}
