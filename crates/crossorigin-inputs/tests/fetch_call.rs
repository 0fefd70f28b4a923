//! `fetch()` calls, as developer tools copy them and as people write them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use crossorigin_inputs::{Described, fetch_call};
use url::Url;

fn told(described: &Described) -> String {
    let method = described.method.as_ref().map_or("-", |method| method.as_str());
    let mut text = format!("{method} {}", described.url);
    for (name, value) in &described.headers {
        text.push_str(&format!(" | {name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    if let Some(body) = &described.body {
        text.push_str(&format!(" | body {}", body.escape_ascii()));
    }
    if let Some(from) = &described.from {
        text.push_str(&format!(" | from {}", from.serialized().to_str().unwrap()));
    }
    text
}

#[test]
fn what_calls_ask() {
    const TEXT: &str = "content-type: text/plain;charset=UTF-8";
    for (call, expected) in [
        (r#"fetch("https://a.example/x")"#, "GET https://a.example/x".to_owned()),
        (r#"await fetch('https://a.example/x');"#, "GET https://a.example/x".into()),
        (r#" window.fetch(`https://a.example/x`, ) ; // why"#, "GET https://a.example/x".into()),
        (r#"fetch("/x?y#z")"#, "GET https://page.example/x?y#z".into()),
        (r#"fetch("https://a.example", { method: "put" })"#, "PUT https://a.example/".into()),
        (r#"fetch("https://a.example", { 'method': 'patch', })"#, "patch https://a.example/".into()),
        (
            r#"fetch("https://a.example", { method: "PUT", method: "POST" })"#,
            "POST https://a.example/".into(),
        ),
        (
            r#"fetch("https://a.example", { headers: { "X-A": "1", x_b: 2, 'x-c': true } })"#,
            "GET https://a.example/ | x-a: 1 | x_b: 2 | x-c: true".into(),
        ),
        (
            r#"fetch("https://a.example", { headers: [["X-A", "1"], ["X-A", "2"]] })"#,
            "GET https://a.example/ | x-a: 1 | x-a: 2".into(),
        ),
        (
            r#"fetch("https://a.example", { method: "POST", body: "a" })"#,
            format!("POST https://a.example/ | {TEXT} | body a"),
        ),
        (
            r#"fetch("https://a.example", { method: "POST", body: "{\"a\":1}", headers: {"content-type": "application/json"} })"#,
            r#"POST https://a.example/ | content-type: application/json | body {\"a\":1}"#.into(),
        ),
        (
            r#"fetch("https://a.example", { body: null, headers: undefined, method: "DELETE" })"#,
            "DELETE https://a.example/".into(),
        ),
        (
            r#"fetch("https://a.example/\u00e9\x41\u{42}\
c", /* why */ {})"#,
            "GET https://a.example/%C3%A9ABc".into(),
        ),
        (
            r#"fetch("https://a.example", { method: "POST", body: "\ud83d\ude00\n" })"#,
            format!("POST https://a.example/ | {TEXT} | body \\xf0\\x9f\\x98\\x80\\n"),
        ),
        (
            r#"fetch("https://a.example", { headers: { cookie: "a=1", "sec-x": "1" } })"#,
            "GET https://a.example/".into(),
        ),
        (
            r#"fetch("https://a.example", { headers: { "user-agent": "me" } })"#,
            "GET https://a.example/ | user-agent: me".into(),
        ),
        (
            r#"fetch("https://a.example", { headers: { "x-a": "\u00e9" } })"#,
            "GET https://a.example/ | x-a: \u{fffd}".into(),
        ),
    ] {
        let page = Url::parse("https://page.example/dir/page").unwrap();
        let described = fetch_call(call, Some(&page)).unwrap_or_else(|error| panic!("{call}: {error}"));
        assert_eq!(told(&described), expected, "{call}");
    }
}

#[test]
fn what_browsers_copy() {
    let chromium = r#"fetch("https://api.example/items/1", {
  "headers": {
    "accept": "*/*",
    "accept-language": "en-GB,en;q=0.9",
    "content-type": "application/json",
    "priority": "u=1, i",
    "sec-ch-ua": "\"Chromium\";v=\"156\"",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "x-csrf-token": "1"
  },
  "referrer": "https://app.example/page",
  "referrerPolicy": "strict-origin-when-cross-origin",
  "body": "{\"name\":\"x\"}",
  "method": "PUT",
  "mode": "cors",
  "credentials": "include"
});"#;
    let described = fetch_call(chromium, None).unwrap();
    assert_eq!(
        told(&described),
        "PUT https://api.example/items/1 | content-type: application/json | x-csrf-token: 1 | \
         body {\\\"name\\\":\\\"x\\\"} | from https://app.example"
    );
    assert_eq!((described.mode, described.credentials), (Some(Mode::Cors), Some(CredentialsMode::Include)));

    let firefox = r#"await fetch("https://api.example/items", {
    "credentials": "omit",
    "headers": {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "Accept": "*/*",
        "Accept-Language": "en-US,en;q=0.5"
    },
    "referrer": "http://localhost:3000/",
    "method": "GET",
    "mode": "cors",
    "redirect": "error"
});"#;
    let described = fetch_call(firefox, None).unwrap();
    assert_eq!(told(&described), "GET https://api.example/items | from http://localhost:3000");
    assert_eq!(described.credentials, Some(CredentialsMode::Omit));
    assert_eq!(described.redirect, Some(RedirectMode::Error));
}

#[test]
fn what_fetch_takes_no_notice_of_is_told() {
    for (call, note) in [
        (r#"fetch("https://a.example", { withCredentials: true })"#, "if credentials: \"include\" was meant"),
        (r#"fetch("https://a.example", { credential: "include" })"#, "if credentials was meant"),
        (r#"fetch("https://a.example", { timeout: 5 })"#, "no option timeout"),
        (r#"fetch("https://a.example", { mode: "navigate" })"#, "taken as cors"),
    ] {
        let notes = fetch_call(call, None).unwrap().notes;
        assert!(notes.len() == 1 && notes[0].contains(note), "{call}: {notes:?}");
    }
}

#[test]
fn what_calls_are_refused() {
    for (call, place, message, remedy) in [
        ("", "1:1", "the end stands where fetch( should", "fetch(\"https"),
        ("axios.get('https://a.example')", "1:1", "axios stands", "fetch(\"https"),
        ("fetch 'https://a.example'", "1:7", "( is missing before '", "fetch("),
        ("fetch(url)", "1:7", "url is no literal", "the value itself"),
        ("fetch(new URL('x'))", "1:7", "new is no literal", "the value itself"),
        ("fetch()", "1:7", ") is no literal", "the value itself"),
        ("fetch('https://a.example' + path)", "1:7", "an expression", "as one literal"),
        ("fetch(`https://a.example/${id}`)", "1:26", "puts a value into the text", "as it would be"),
        ("fetch('https://a.example)", "1:7", "not closed", "close it"),
        ("fetch('https://a.example'", "1:26", ") is missing before the end", "close the call"),
        ("fetch('https://a.example').then(r => r.json())", "1:27", ". follows the call", "the call alone"),
        (
            "fetch('https://a.example', {\n  method: METHOD })",
            "2:11",
            "METHOD is no literal",
            "the value itself",
        ),
        ("fetch('https://a.example', { method: 'P T' })", "1:38", "\"P T\" is no method", "PUT"),
        ("fetch('https://a.example', { method: 'trace' })", "1:38", "throws for the method trace", "POST"),
        ("fetch('https://a.example', { mode: 'crs' })", "1:36", "throws for \"crs\"", "\"no-cors\""),
        ("fetch('https://a.example', { credentials: true })", "1:43", "throws for \"true\"", "\"include\""),
        (
            "fetch('https://a.example', { headers: 'x' })",
            "1:39",
            "headers are a string",
            "{ \"content-type\"",
        ),
        (
            "fetch('https://a.example', { headers: {'a b': 'x'} })",
            "1:40",
            "\"a b\" is no header name",
            "letters",
        ),
        ("fetch('https://a.example', { headers: {'a': 'x\\ny'} })", "1:45", "a line end", "leave"),
        ("fetch('https://a.example', { headers: {a: '\u{20ac}'} })", "1:43", "8859-1", "percent-encode"),
        ("fetch('https://a.example', { headers: [['a']] })", "1:40", "no pair", "{ \"content-type\""),
        ("fetch('https://a.example', { ...options })", "1:30", "nothing can be spread", "write out"),
        ("fetch('https://a.example', { method })", "1:30", "no value of its own", "method: \"PUT\""),
        ("fetch('https://a.example', { method: 'PUT'; })", "1:43", "} is missing before ;", "commas"),
        ("fetch('https://a.example', { body: 'x' })", "1:36", "throws for a body with GET", "POST"),
        (
            "fetch('https://a.example', { method: 'POST', body: {a: 1} })",
            "1:52",
            "[object Object]",
            "JSON.stringify",
        ),
        (
            "fetch('https://a.example', { method: 'POST', body: JSON.stringify({}) })",
            "1:52",
            "JSON is no literal",
            "a string",
        ),
        ("fetch('https://a.example', 'PUT')", "1:28", "the options are a string", "an object"),
        ("fetch('/x')", "1:7", "no scheme and no host", "whole URL"),
        ("fetch('ftp://a.example')", "1:7", "scheme ftp:", "http:"),
        ("fetch('https://me:x@a.example')", "1:7", "user name or password", "leave them out"),
        ("fetch('https://a.example', {a: 0x})", "1:32", "no decimal number", "digits"),
        ("fetch('\\u12')", "1:8", "hexadecimal digits", "\\u00e9"),
        ("fetch('\\ud800')", "1:8", "no character", "itself"),
    ] {
        let error = fetch_call(call, None).err().unwrap_or_else(|| panic!("{call:?} is taken"));
        let line = error.to_string();
        assert!(line.starts_with(&format!("--js:{place}: ")), "{call:?}: {line}");
        assert!(error.message().contains(message) && error.remedy().contains(remedy), "{call:?}: {line}");
    }
    let deep = format!("fetch('https://a.example', {}", "[".repeat(100_000));
    assert!(fetch_call(&deep, None).unwrap_err().message().contains("levels deep"));
}
