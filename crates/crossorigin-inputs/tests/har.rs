//! HAR files as Chromium, Firefox and Safari write them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{CredentialsMode, Mode};
use crossorigin_inputs::{Har, MAX_HEADERS, RecordedAnswer, har};
use serde_json::{Value, json};

fn read(file: &Value) -> Har {
    har("page.har", &file.to_string(), None).unwrap()
}

fn pairs(headers: &[(&str, &str)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn entry(method: &str, url: &str, sent: &[(&str, &str)], status: u16, came: &[(&str, &str)]) -> Value {
    json!({
        "startedDateTime": "2026-11-01T12:00:00.000Z",
        "request": { "method": method, "url": url, "httpVersion": "h2", "headers": pairs(sent), "cookies": [] },
        "response": { "status": status, "statusText": "", "httpVersion": "h2", "headers": pairs(came) },
        "time": 1, "timings": {}, "cache": {},
    })
}

fn with(mut entry: Value, members: &[(&str, Value)]) -> Value {
    for (name, value) in members {
        entry[name] = value.clone();
    }
    entry
}

fn file(browser: (&str, &str), entries: &[Value]) -> Value {
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": browser.0, "version": browser.1 },
        "pages": [{ "id": "page_1", "title": "https://app.example/page", "startedDateTime": "" }],
        "entries": entries,
    } })
}

const APP: (&str, &str) = ("Origin", "https://app.example");
const CORS: (&str, &str) = ("Sec-Fetch-Mode", "cors");

/// One line a fetch: what script asked, and the entries that belong to it.
fn told(har: &Har) -> Vec<String> {
    let one = |fetch: &crossorigin_inputs::HarFetch| {
        let described = &fetch.described;
        let mut text = format!("{} {}", described.method.as_ref().unwrap(), described.url);
        text.push_str(&format!(" from {}:", described.from.as_ref().unwrap().serialized().to_str().unwrap()));
        for recorded in &fetch.recorded {
            let kind = if recorded.is_preflight { "preflight " } else { "" };
            let answer = match &recorded.answer {
                RecordedAnswer::Head { status, .. } => status.as_u16().to_string(),
                RecordedAnswer::Missing(why) => format!("missing ({why})"),
                _ => unreachable!("there are two"),
            };
            text.push_str(&format!(" {kind}{}={answer}", recorded.entry));
        }
        text
    };
    har.fetches.iter().map(one).collect()
}

#[test]
fn entries_of_one_fetch_are_joined() {
    let ask = [APP, ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a")];
    let har = read(&file(
        ("Firefox", "153.0"),
        &[
            // The page itself, and a picture of its own.
            entry("GET", "https://app.example/page", &[("Sec-Fetch-Dest", "document")], 200, &[]),
            entry("GET", "https://app.example/own.png", &[("Referer", "https://app.example/page")], 200, &[]),
            // A preflight before its request.
            entry("OPTIONS", "https://api.example/1", &ask, 204, &[]),
            entry("PUT", "https://api.example/1", &[APP, CORS, ("X-A", "1")], 200, &[]),
            // One behind it, as Chromium lists them.
            entry("PUT", "https://api.example/2", &[APP, CORS, ("X-A", "1")], 200, &[]),
            entry("OPTIONS", "https://api.example/2", &ask, 204, &[]),
            // A redirect from the page's own origin to another, and back.
            entry(
                "GET",
                "https://app.example/go",
                &[("Referer", "https://app.example/page"), CORS],
                302,
                &[("Location", "https://api.example/3")],
            ),
            entry("GET", "https://api.example/3", &[APP, CORS], 302, &[("location", "/4#part")]),
            entry("GET", "https://api.example/4", &[("Origin", "https://app.example"), CORS], 200, &[]),
            // A preflight that was refused, whose request was never sent.
            entry("OPTIONS", "https://api.example/5", &ask, 403, &[]),
            // The same URL twice.
            entry("GET", "https://api.example/6", &[APP, CORS], 200, &[]),
            entry("GET", "https://api.example/6", &[APP, CORS], 500, &[]),
        ],
    ));
    assert_eq!(har.creator, "Firefox 153.0");
    assert_eq!(
        told(&har),
        [
            "PUT https://api.example/1 from https://app.example: preflight 2=204 3=200",
            "PUT https://api.example/2 from https://app.example: preflight 5=204 4=200",
            "GET https://app.example/go from https://app.example: 6=302 7=302 8=200",
            "PUT https://api.example/5 from https://app.example: preflight 9=403",
            "GET https://api.example/6 from https://app.example: 10=200",
            "GET https://api.example/6 from https://app.example: 11=500",
        ]
    );
    assert_eq!(har.same_origin, 1);
    assert_eq!(har.skipped.len(), 1, "the navigation: {:?}", har.skipped);
    assert_eq!(har.fetches[3].described.headers["x-a"], "1", "its value is made up");
}

/// What a 304 confirms is what the browser kept, with the headers that it kept: the CORS check is on both.
#[test]
fn a_304_is_not_judged_by_its_own_headers_alone() {
    let allow = ("Access-Control-Allow-Origin", "*");
    let har = read(&file(
        ("WebInspector", "537.36"),
        &[
            entry("GET", "https://api.example/kept", &[APP, CORS], 304, &[("ETag", "1")]),
            entry("GET", "https://api.example/said", &[APP, CORS], 304, &[allow]),
            entry("GET", "https://img.example/", &[("Referer", "https://app.example/")], 304, &[]),
        ],
    ));
    assert_eq!(
        told(&har),
        [
            "GET https://api.example/kept from https://app.example: 0=missing (its 304 confirms what the browser kept)",
            "GET https://api.example/said from https://app.example: 1=304",
            "GET https://img.example/ from https://app.example: 2=304",
        ]
    );
}

/// Exported by Firefox 153 from a page that makes requests of many kinds. It keeps the answers that it blocked, and
/// lists a preflight behind its request.
#[test]
fn a_file_of_firefox_is_understood() {
    let har = har("firefox-153.har", include_str!("data/firefox-153.har"), None).unwrap();
    assert_eq!(har.creator, "Firefox 153.7.0");
    let (api, from) = ("http://localhost:9102", "from http://127.0.0.1:9101");
    assert_eq!(
        told(&har),
        [
            format!("GET {api}/ok {from}: 1=200"),
            format!("GET {api}/no {from}: 3=200"),
            format!("PUT {api}/pre {from}: preflight 5=204 4=200"),
            format!("PUT {api}/nopre {from}: preflight 7=204 6=missing ()"),
            format!("GET {api}/redir {from}: 8=302 9=200"),
            format!("GET {api}/cred {from}: 10=200"),
            format!("GET {api}/nc {from}: 11=200"),
            format!("GET {api}/ok?xhr {from}: 12=200"),
            format!("GET {api}/img.png {from}: 13=200"),
        ]
    );
    let modes: Vec<_> = har.fetches.iter().map(|fetch| fetch.described.mode.unwrap().name()).collect();
    assert_eq!(modes, ["cors", "cors", "cors", "cors", "cors", "cors", "no-cors", "cors", "no-cors"]);
    let by_script: Vec<_> = har.fetches.iter().flat_map(|fetch| fetch.described.headers.keys()).collect();
    assert_eq!(by_script, ["x-a"], "the browser's own headers are none of script's");
    assert_eq!((har.same_origin, har.skipped.len()), (1, 1));
}

/// The same page in Chromium 156. It keeps the answers that it blocked too, and lists no preflight whose permission it
/// had kept.
#[test]
fn a_file_of_chromium_is_understood() {
    let har = har("chromium-156.har", include_str!("data/chromium-156.har"), None).unwrap();
    let (api, from) = ("http://localhost:9102", "from http://127.0.0.1:9101");
    assert_eq!(
        told(&har),
        [
            format!("GET {api}/ok {from}: 1=200"),
            format!("GET {api}/no {from}: 3=200"),
            format!("PUT {api}/pre {from}: 4=200"),
            format!("PUT {api}/nopre {from}: preflight 6=204 5=missing (net::ERR_FAILED)"),
            format!("GET {api}/redir {from}: 7=302 8=200"),
            format!("GET {api}/cred {from}: 9=200"),
            format!("GET {api}/nc {from}: 10=200"),
            format!("GET {api}/ok?xhr {from}: 11=200"),
            format!("GET {api}/img.png {from}: 12=200"),
        ]
    );
    let initiators: Vec<_> =
        har.fetches.iter().map(|fetch| fetch.described.initiator.unwrap().name()).collect();
    assert_eq!(initiators, ["fetch", "fetch", "fetch", "fetch", "fetch", "fetch", "fetch", "xhr", "image"]);
    let by_script: Vec<_> = har.fetches.iter().flat_map(|fetch| fetch.described.headers.keys()).collect();
    assert_eq!(by_script, ["x-a"], "the browser's own headers are none of script's");
}

#[test]
fn browsers_write_different_things() {
    let page = |entry| with(entry, &[("pageref", json!("page_1"))]);
    let har = read(&file(
        ("WebInspector", "537.36"),
        &[
            // Chromium: what it blocked has status 0; a font's Referer is a style sheet's.
            page(with(
                with(
                    entry("GET", "https://api.example/blocked", &[APP], 0, &[]),
                    &[("_resourceType", json!("xhr"))],
                ),
                &[("response", json!({ "status": 0, "headers": [], "_error": "net::ERR_FAILED" }))],
            )),
            page(with(
                entry(
                    "GET",
                    "https://cdn.example/a.png",
                    &[("Referer", "https://cdn.example/style.css")],
                    200,
                    &[],
                ),
                &[("_resourceType", json!("image"))],
            )),
            // HTTP/2's own names, and lines joined by line ends.
            page(entry(
                "GET",
                "https://api.example/h2",
                &[(":authority", "api.example"), APP],
                200,
                &[("vary", "Origin\nAccept")],
            )),
            page(with(
                entry("GET", "wss://api.example/", &[APP], 101, &[]),
                &[("_resourceType", json!("websocket"))],
            )),
            entry("GET", "data:text/plain,x", &[], 200, &[]),
            // Nobody says whose it is.
            entry("GET", "https://api.example/whose", &[], 200, &[]),
            // Safari: cookies in a list of their own.
            json!({
                "request": {
                    "method": "POST", "url": "https://api.example/form", "headers": pairs(&[APP]),
                    "cookies": [{ "name": "session", "value": "abc" }], "postData": { "mimeType": "text/plain", "text": "x" },
                },
                "response": { "status": 200, "headers": [] },
            }),
        ],
    ));
    assert_eq!(
        told(&har),
        [
            "GET https://api.example/blocked from https://app.example: 0=missing (net::ERR_FAILED)",
            "GET https://cdn.example/a.png from https://app.example: 1=200",
            "GET https://api.example/h2 from https://app.example: 2=200",
            "POST https://api.example/form from https://app.example: 6=200",
        ]
    );
    assert_eq!(har.fetches[0].described.initiator, Some(Initiator::Xhr));
    assert_eq!(har.fetches[1].described.initiator, Some(Initiator::Image));
    let RecordedAnswer::Head { headers, .. } = &har.fetches[2].recorded[0].answer else { unreachable!() };
    assert_eq!(headers.get_all("vary").iter().count(), 2);
    let form = &har.fetches[3].described;
    assert_eq!(form.credentials, Some(CredentialsMode::Include));
    assert!(form.body.is_some());
    let skipped: Vec<_> = har.skipped.iter().map(|skipped| (skipped.entry, skipped.why.as_str())).collect();
    assert_eq!(
        skipped,
        [
            (3, "not fetched over HTTP"),
            (4, "not fetched over HTTP"),
            (5, "it doesn't say which page asked; --from does"),
        ]
    );
}

#[test]
fn no_secret_is_kept() {
    let secret = "s3cr3t";
    let har = read(&file(
        ("Firefox", "153.0"),
        &[with(
            entry(
                "GET",
                &format!("https://api.example/?access_token={secret}&page=2"),
                &[
                    APP,
                    CORS,
                    ("Cookie", &format!("session={secret}")),
                    ("Authorization", &format!("Bearer {secret}")),
                    ("X-Api-Key", secret),
                ],
                302,
                &[
                    ("Set-Cookie", &format!("session={secret}; Path=/")),
                    ("Location", &format!("https://api.example/?access_token={secret}")),
                ],
            ),
            &[("_comment", json!(secret))],
        )],
    ));
    assert_eq!(har.fetches.len(), 1);
    let told = format!("{har:?}");
    assert!(!told.contains(secret), "{told}");
    assert!(told.contains("page=2") && told.contains("Bearer redacted"), "{told}");
    assert_eq!(har.fetches[0].described.mode, Some(Mode::Cors));
    assert_eq!(har.fetches[0].described.cookies.as_deref(), Some("session=redacted"));
}

#[test]
fn what_is_no_har_file_is_refused_with_its_place() {
    for (text, place, message, remedy) in [
        ("", "page.har:1:1", "EOF", "no JSON"),
        ("{\"log\": {\n\"entries\": [}", "page.har:2:13", "expected value", "no JSON"),
        ("[]", "page.har:1:", "invalid length 0", "Save all as HAR"),
        ("{\"log\": {}}", "page.har:1:10", "missing field `entries`", "Save all as HAR"),
        (
            "{\"log\": {\"entries\": [\n {\"request\": {\"method\": \"GET\"}}]}}",
            "page.har:2:30",
            "missing field `url`",
            "Save all",
        ),
    ] {
        let error = har("page.har", text, None).unwrap_err();
        let line = error.to_string();
        assert!(line.starts_with(place), "{text}: {line}");
        assert!(error.message().contains(message) && error.remedy().contains(remedy), "{text}: {line}");
    }
    for (method, url, member, message) in [
        ("GET", "no url", "log.entries[1].request.url", "\"no url\" is no URL"),
        ("G T", "https://a.example/", "log.entries[1].request.method", "\"G T\" is no method"),
    ] {
        let good = entry("GET", "https://a.example/", &[], 200, &[]);
        let text = file(("x", "1"), &[good, entry(method, url, &[], 200, &[])]).to_string();
        let line = har("page.har", &text, None).unwrap_err().to_string();
        assert!(line.starts_with(&format!("page.har: {member}: {message}")), "{line}");
    }
}

#[test]
fn nothing_of_a_file_acts_upon_a_terminal() {
    let blocked = with(
        entry("GET", "https://api.example/", &[APP], 0, &[]),
        &[("response", json!({ "status": 0, "headers": [], "_error": "net::\u{1b}[31mERR" }))],
    );
    let har = read(&file(("Fire\u{1b}]0;x\u{7}fox", "1\n2"), &[blocked]));
    assert_eq!(har.creator, "Fire]0;xfox 12");
    assert_eq!(told(&har), ["GET https://api.example/ from https://app.example: 0=missing (net::[31mERR)"]);
}

/// What no map of headers could hold is cut off, and a body is passed over.
#[test]
fn large_entries_are_bounded() {
    let many: Vec<Value> =
        (0..40_000).map(|nth| json!({ "name": format!("x-{nth}"), "value": "1" })).collect();
    let mut large = entry("GET", "https://api.example/", &[APP], 200, &[]);
    large["request"]["headers"].as_array_mut().unwrap().extend(many.clone());
    large["response"]["headers"] = many.into();
    large["response"]["content"] = json!({ "text": "x".repeat(1 << 20) });
    let har = read(&file(("Firefox", "153.0"), &[large]));
    let RecordedAnswer::Head { headers, .. } = &har.fetches[0].recorded[0].answer else { unreachable!() };
    assert_eq!(headers.len(), MAX_HEADERS);
    assert!(har.fetches[0].described.headers.len() <= MAX_HEADERS);
}
