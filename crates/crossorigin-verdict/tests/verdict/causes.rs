//! The cause in one sentence, and the bytes at fault.

use crossorigin::fetching::EmbedderPolicyValue;
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{BodyKind, Mode, RedirectMode};
use crossorigin::profiles::Profile;
use crossorigin_verdict::Record;

use crate::support::{Fetch, URL};

/// The reason's code, the line at fault with the guilty bytes in `[ ]`, and the note.
fn told(record: &Record) -> (Option<&'static str>, String, String) {
    let (line, note) = record.guilty().map_or_else(Default::default, |guilty| {
        let mut line = guilty.line.clone();
        line.insert(guilty.range.end, ']');
        line.insert(guilty.range.start, '[');
        (line, guilty.note)
    });
    (record.code(), line, note)
}

#[test]
fn the_guilty_bytes_of_an_origin() {
    let missing = "no access-control-allow-origin among the headers";
    let several = "it holds more than one value, and only one counts";
    for (value, marked, note) in [
        ("https://app.example/", "https://app.example[/]", "an origin has no slash at its end"),
        ("https://app.example/x", "https://app.example[/x]", "an origin has no path"),
        ("https://app.example:443", "https://app.example[:443]", "an origin has no default port"),
        ("https://app.Example", "https://app.[E]xample", "an origin is in lower case"),
        ("http://app.example", "[http]://app.example", "another scheme is another origin"),
        ("https://app.example.evil", "https://app.example[.evil]", "it goes on after the origin"),
        ("https://other.example", "https://[other.example]", "another host is another origin"),
        ("https://app.example:8443", "https://app.example[:8443]", "an origin has no default port"),
        ("app.example", "[]app.example", "the scheme is missing"),
        ("https://app.example, https://b.example", "https://app.example[, https://b.example]", several),
        ("https://app.example https://b.example", "https://app.example[ https://b.example]", several),
        (
            "https://*.example",
            "https://[*].example",
            "browsers know no patterns: a * stands for all, or for itself",
        ),
        ("null", "[null]", "null is the origin of sandboxes and local files, not of this page"),
        ("", "[]", "it is empty"),
    ] {
        let record = Fetch::new(URL).answered(&[&format!("200\naccess-control-allow-origin: {value}")]);
        let line = format!("access-control-allow-origin: {marked}");
        assert_eq!(told(&record), (Some("allow-origin-mismatch"), line, note.to_owned()), "{value}");
        let cause = record.cause();
        let wanted = "must be, to the byte, https://app.example: ";
        assert!(cause.contains(wanted) && cause.contains(value) && cause.ends_with('.'), "{cause}");
        assert_eq!(
            record.guilty().unwrap().wanted.unwrap(),
            "access-control-allow-origin: https://app.example"
        );
    }
    let record = Fetch::new(URL).answered(&["500\nserver: x"]);
    let line = "HTTP/1.1 500 Internal Server Error[]".to_owned();
    assert_eq!(told(&record), (Some("allow-origin-missing"), line, missing.to_owned()));
    assert!(record.cause().ends_with("its status is 500."), "{}", record.cause());
}

#[test]
fn a_header_that_stands_twice_and_credentials() {
    const OWN: &str = "access-control-allow-origin: https://app.example";
    for (headers, code, line, note) in [
        (
            "access-control-allow-origin: *".to_owned(),
            "allow-origin-wildcard",
            "access-control-allow-origin: [*]",
            "with credentials the wildcard does not count",
        ),
        (
            format!("{OWN}\n{OWN}"),
            "allow-origin-mismatch",
            "[access-control-allow-origin: https://app.example]",
            "access-control-allow-origin stands 2 times",
        ),
        (
            OWN.to_owned(),
            "allow-credentials",
            "access-control-allow-origin: https://app.example[]",
            "no access-control-allow-credentials among the headers",
        ),
        (
            format!("{OWN}\naccess-control-allow-credentials: True"),
            "allow-credentials",
            "access-control-allow-credentials: [True]",
            "not in lower case",
        ),
        (
            format!("{OWN}\naccess-control-allow-credentials: yes"),
            "allow-credentials",
            "access-control-allow-credentials: [yes]",
            "not true",
        ),
    ] {
        let record = Fetch::new(URL).credentials().answered(&[&format!("200\n{headers}")]);
        assert_eq!(told(&record), (Some(code), line.to_owned(), note.to_owned()));
        assert!(record.cause().starts_with("The response of api.example has "), "{}", record.cause());
    }
}

#[test]
fn the_guilty_bytes_of_a_preflight() {
    let put = |answer: &str| {
        let answer = format!("{answer}\naccess-control-allow-origin: https://app.example");
        Fetch::new(URL).method("PATCH").header("x-token", "1").answered(&[&answer])
    };
    let methods = |list: &str| put(&format!("204\naccess-control-allow-methods: {list}"));
    let headers = |list: &str| {
        put(&format!("204\naccess-control-allow-methods: PATCH\naccess-control-allow-headers: {list}"))
    };
    for (record, code, line, note) in [
        (put("404"), "preflight-status", "HTTP/1.1 [404] Not Found", "not from 200 to 299"),
        (
            put("301\nlocation: /x/"),
            "preflight-redirect",
            "HTTP/1.1 [301] Moved Permanently",
            "a preflight is never redirected",
        ),
        (
            methods("GET, PUT PATCH"),
            "preflight-allow-methods-syntax",
            "access-control-allow-methods: GET, [PUT PATCH]",
            "no method",
        ),
        (
            methods("GET, PUT"),
            "preflight-method",
            "access-control-allow-methods: GET, PUT[]",
            "PATCH is missing",
        ),
        (
            methods("patch"),
            "preflight-method",
            "access-control-allow-methods: [patch]",
            "methods count case: PATCH",
        ),
        (
            headers("x-token x-other"),
            "preflight-allow-headers-syntax",
            "access-control-allow-headers: [x-token x-other]",
            "no header name",
        ),
        (
            headers("content-type"),
            "preflight-header",
            "access-control-allow-headers: content-type[]",
            "x-token is missing",
        ),
    ] {
        assert_eq!(told(&record), (Some(code), line.to_owned(), note.to_owned()));
        assert!(record.cause().contains("preflight"), "{}", record.cause());
    }
    let record = Fetch::new(URL)
        .header("authorization", "Bearer x")
        .answered(&["204\naccess-control-allow-origin: *\naccess-control-allow-headers: *"]);
    let (_, line, note) = told(&record);
    assert_eq!(line, "access-control-allow-headers: [*]");
    assert_eq!(note, "the wildcard does not cover authorization: name it");
    assert_eq!(record.guilty().unwrap().wanted.unwrap(), "access-control-allow-headers: *, authorization");
}

#[test]
fn what_is_not_sent_at_all() {
    for (fetch, code, line) in [
        (Fetch::new(URL).mode(Mode::SameOrigin), "same-origin-mode", "[https://api.example]/items"),
        (Fetch::new("ftp://api.example/x"), "url-scheme", "[ftp]://api.example/x"),
        (Fetch::new("https://api.example:6667/x"), "bad-port", "https://api.example:[6667]/x"),
    ] {
        let record = fetch.answered(&[]);
        let (found, marked, _) = told(&record);
        assert_eq!((found, marked.as_str()), (Some(code), line));
        assert!(record.guilty().unwrap().exchange.is_none() && record.cause().ends_with('.'));
        assert!(!record.fixes().is_empty(), "{code}");
    }
}

#[test]
fn an_insecure_url_of_a_secure_page() {
    for (profile, messages) in [
        (Profile::Chromium, &["requested an insecure resource 'http://api.example/x'."][..]),
        (Profile::Firefox, &["Blocked loading mixed active content “http://api.example/x”"]),
        (Profile::WebKit, &["from http://api.example/x.", "Not allowed to request", "due to access control"]),
    ] {
        let record = Fetch::new("http://api.example/x").profile(profile).answered(&[]);
        let (code, marked, _) = told(&record);
        assert_eq!((code, marked.as_str()), (Some("mixed-content"), "[http]://api.example/x"));
        assert_eq!(record.guilty().unwrap().wanted.unwrap(), "https://api.example/x");
        assert!(record.cause().starts_with("http://api.example/x is insecure"), "{}", record.cause());
        let printed = record.console();
        assert_eq!(printed.len(), messages.len(), "{printed:?}");
        for (printed, message) in printed.iter().zip(messages) {
            assert!(printed.text.contains(message), "{printed:?}");
        }
    }
}

#[test]
fn types_that_do_not_fit() {
    let nosniff = "content-type: text/html\nx-content-type-options: nosniff";
    for (initiator, headers, code, line, wanted) in [
        (
            Initiator::Script,
            "content-type: image/png",
            "script-mime-type",
            "content-type: [image/png]",
            "content-type: text/javascript",
        ),
        (Initiator::Script, nosniff, "nosniff", "content-type: [text/html]", "content-type: text/javascript"),
        (Initiator::Stylesheet, nosniff, "nosniff", "content-type: [text/html]", "content-type: text/css"),
        (
            Initiator::Stylesheet,
            "x-content-type-options: nosniff",
            "nosniff",
            "HTTP/1.1 200 OK[]",
            "content-type: text/css",
        ),
    ] {
        let record = Fetch::by(initiator, URL).mode(Mode::NoCors).answered(&[&format!("200\n{headers}")]);
        let (found, marked, _) = told(&record);
        assert_eq!((found, marked.as_str()), (Some(code), line));
        assert_eq!(record.guilty().unwrap().wanted.unwrap(), wanted);
        assert!(record.cause().starts_with(URL) && record.cause().ends_with('.'), "{}", record.cause());
    }
}

/// Chromium alone refuses to embed them.
#[test]
fn the_guilty_bytes_of_urls_with_credentials() {
    for (url, line) in [
        ("https://u:p@api.example/x", "https://[u:p]@api.example/x"),
        ("https://key@api.example/x", "https://[key]@api.example/x"),
        ("https://:p@api.example/x", "https://[:p]@api.example/x"),
    ] {
        let fetch = Fetch::by(Initiator::Image, url).mode(Mode::NoCors).profile(Profile::Chromium);
        let (found, marked, _) = told(&fetch.answered(&[]));
        assert_eq!((found, marked.as_str()), (Some("url-credentials"), line));
    }
}

#[test]
fn the_guilty_bytes_of_redirects_and_embeddings() {
    let redirected = |location: &str| {
        Fetch::new(URL).answered(&[&format!("302\naccess-control-allow-origin: *\nlocation: {location}")])
    };
    let mut strict = Fetch::new(URL);
    strict.request.redirect_mode = RedirectMode::Error;
    let mut embedder = Fetch::by(Initiator::Image, URL).mode(Mode::NoCors);
    embedder.embedder_policy = EmbedderPolicyValue::RequireCorp;
    let stream = Fetch::new(URL).method("POST").body(BodyKind::Stream);
    for (record, code, line) in [
        (redirected("http://["), "redirect-location", "location: [http://[]"),
        (redirected("ftp://x.example/"), "redirect-scheme", "location: [ftp]://x.example/"),
        (redirected("https://u:p@x.example/"), "redirect-credentials", "location: https://[u:p]@x.example/"),
        (
            strict.answered(&["302\naccess-control-allow-origin: *\nlocation: /x"]),
            "redirect-in-error-mode",
            "HTTP/1.1 [302] Found",
        ),
        (
            stream.answered(&[
                "204\naccess-control-allow-origin: *",
                "307\naccess-control-allow-origin: *\nlocation: /x",
            ]),
            "redirect-body",
            "HTTP/1.1 [307] Temporary Redirect",
        ),
        (
            Fetch::by(Initiator::Image, URL)
                .mode(Mode::NoCors)
                .answered(&["200\ncross-origin-resource-policy: same-site"]),
            "resource-policy",
            "cross-origin-resource-policy: [same-site]",
        ),
        (embedder.answered(&["200"]), "embedder-policy", "HTTP/1.1 200 OK[]"),
    ] {
        let (found, marked, _) = told(&record);
        assert_eq!((found, marked.as_str()), (Some(code), line));
        assert!(record.cause().ends_with('.') && !record.fixes().is_empty(), "{code}");
    }
}

#[test]
fn a_tainted_origin_is_not_to_be_shared_by_name() {
    let to_third = "302\naccess-control-allow-origin: *\nlocation: https://cdn.example/x";
    let record = Fetch::new(URL).answered(&[to_third, "200"]);
    assert!(record.cause().contains("null, since redirects"), "{}", record.cause());
    assert_eq!(record.guilty().unwrap().wanted.unwrap(), "access-control-allow-origin: *");
    let to_third = "302\naccess-control-allow-origin: https://app.example\naccess-control-allow-credentials: true\n\
                    location: https://cdn.example/x";
    let record = Fetch::new(URL).credentials().answered(&[to_third, "200\naccess-control-allow-origin: *"]);
    assert_eq!(record.guilty().unwrap().wanted, None);
    assert!(record.fixes().iter().all(|fix| !fix.snippet.contains("null")));
}

#[test]
fn shared_responses_tell_what_they_hide() {
    let record = Fetch::new(URL).answered(&["200\naccess-control-allow-origin: *\netag: 1\nserver: nginx"]);
    assert!(record.cause().contains("its header etag, which"), "{}", record.cause());
    let shown = "200\naccess-control-allow-origin: *\naccess-control-expose-headers: ETag\netag: 1";
    let record = Fetch::new(URL).answered(&[shown]);
    assert_eq!(record.cause(), "api.example shares its response with https://app.example.");
    let own = Fetch::new("https://app.example/x").answered(&["200"]);
    assert!(own.cause().contains("the page's own origin"), "{}", own.cause());
}
