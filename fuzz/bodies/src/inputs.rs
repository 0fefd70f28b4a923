use crossorigin_inputs::{Described, Har, InputError, console, curl, fetch_call, har};
use url::Url;

use crate::tape::Tape;

/// Whatever is given for a curl command: it is read, or refused with a place in it.
pub fn curl_command(bytes: &[u8]) {
    const PIECES: [&str; 32] = [
        "curl",
        " ",
        " ",
        "'",
        "\"",
        "$'",
        "\\",
        "\\\n",
        "\n",
        "https://a.example/",
        "-X",
        "PUT",
        "-H",
        "Origin: ",
        "https://b.example",
        "-d",
        "--data-raw",
        "@x",
        "-sSL",
        "--json",
        "{}",
        "-u",
        "-b",
        "a=1",
        "$X",
        "`",
        "&",
        "|",
        "\\x4",
        "\\u00e9",
        "\u{e9}",
        "--",
    ];
    for text in texts(bytes, "curl 'https://a.example/'", &PIECES) {
        check(&text, curl(&text));
    }
}

/// Whatever is given for a call of fetch: it is read, or refused with a place in it.
pub fn fetch_literal(bytes: &[u8]) {
    const PIECES: [&str; 32] = [
        "fetch",
        "(",
        ")",
        "\"https://a.example/\"",
        ",",
        "{",
        "}",
        "[",
        "]",
        ":",
        "method",
        "\"PUT\"",
        "headers",
        "body",
        "mode",
        "'",
        "\"",
        "`",
        "${",
        "\\",
        "\\u{1f600}",
        "\\ud83d\\ude00",
        "//",
        "/*",
        "*/",
        "null",
        "true",
        "1e5",
        "-",
        "\n",
        "\u{e9}",
        "await ",
    ];
    let page = Url::parse("https://page.example/").ok();
    for text in texts(bytes, "fetch(\"https://a.example/\"", &PIECES) {
        check(&text, fetch_call(&text, page.as_ref()));
        check(&text, fetch_call(&text, None));
    }
}

/// Whatever a HAR file holds: it is read, or refused with a place in it; what is read was in the file.
pub fn har_file(bytes: &[u8]) {
    const PIECES: [&str; 32] = [
        "{\"log\":{\"entries\":[",
        "{\"request\":{\"method\":\"GET\",\"url\":\"https://a.example/\",\"headers\":[",
        "{\"request\":{\"method\":\"OPTIONS\",\"url\":\"https://a.example/\",\"headers\":[",
        "]}",
        "],",
        "}",
        "]",
        "{",
        "[",
        ",",
        "{\"name\":\"Origin\",\"value\":\"https://b.example\"}",
        "{\"name\":\"Access-Control-Request-Method\",\"value\":\"PUT\"}",
        "{\"name\":\"Location\",\"value\":\"/\"}",
        "\"response\":{\"status\":",
        "200",
        "302",
        "0",
        "-1",
        "1e99",
        ",\"headers\":[",
        "\"_resourceType\":\"xhr\"",
        "\"pageref\":\"p\"",
        "\"pages\":[{\"id\":\"p\",\"title\":\"https://b.example\"}]",
        "null",
        "\"\"",
        "\"\\ud800\"",
        "\n",
        "\u{feff}",
        "\u{e9}",
        "true",
        "\"cookies\":[",
        "]}}]}}",
    ];
    for text in texts(bytes, "", &PIECES) {
        match har("fuzzed.har", &text, None) {
            Ok(har) => check_har(&har, &text),
            Err(error) => check_error(&text, &error),
        }
    }
    // A file that is one, of entries drawn from few, so that many of them belong together.
    let text = drawn_har(&mut Tape::new(bytes));
    let read = har("drawn.har", &text, None).unwrap_or_else(|error| unreachable!("{error}: {text}"));
    check_har(&read, &text);
}

/// Whatever is pasted from a console: messages are found in it, or it is refused with a place in it.
pub fn console_messages(bytes: &[u8]) {
    const PIECES: [&str; 16] = [
        "Access to fetch at 'https://a.example/' ",
        "(redirected from 'https://b.example/') ",
        "from origin 'null' has been blocked by CORS policy: ",
        "Response to preflight request doesn't pass access control check: ",
        "It does not have HTTP ok status.",
        "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
        "Method ",
        " is not allowed by Access-Control-Allow-Methods.",
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://a.example/. ",
        "(Reason: CORS header \u{2018}Access-Control-Allow-Origin\u{2019} missing).",
        " Status code: 99999999.",
        "Origin ",
        " cannot load ",
        " due to access control checks.",
        "\n",
        "\u{e9}",
    ];
    for text in texts(bytes, "", &PIECES) {
        match console(&text) {
            Ok(messages) => {
                assert!(!messages.is_empty());
                assert!(
                    messages.iter().all(|message| message.line <= text.lines().count().max(1)),
                    "{text:?}"
                );
            }
            Err(error) => check_error(&text, &error),
        }
    }
}

/// The bytes as text, and pieces that they choose behind a beginning that is good.
fn texts(bytes: &[u8], start: &str, pieces: &[&str]) -> [String; 2] {
    let mut tape = Tape::new(bytes);
    let mut built = start.to_owned();
    while !tape.is_over() {
        built.push_str(tape.one_of(pieces));
    }
    [String::from_utf8_lossy(bytes).into_owned(), built]
}

fn check(text: &str, read: Result<Described, InputError>) {
    match read {
        Ok(described) => {
            let body = described.body.is_some();
            let method = described.method.as_ref().map_or("", |method| method.as_str());
            assert!(!(body && matches!(method, "GET" | "HEAD")), "a body with {method}: {text:?}");
            assert!(matches!(described.url.scheme(), "http" | "https" | "data"), "{}", described.url);
        }
        Err(error) => check_error(text, &error),
    }
}

fn check_error(text: &str, error: &InputError) {
    if let Some(span) = error.span() {
        assert!(span.start <= span.end && span.end <= text.len(), "{error} lies outside of {text:?}");
    }
    assert!(!error.message().is_empty() && !error.remedy().is_empty(), "{error} says too little");
    assert!(error.render(false, 80).contains(error.source_name()));
}

fn check_har(har: &Har, text: &str) {
    let mut seen = Vec::new();
    for fetch in &har.fetches {
        assert!(fetch.described.from.is_some(), "nobody asks: {text}");
        assert!(!fetch.recorded.is_empty(), "nothing was sent: {text}");
        seen.extend(fetch.recorded.iter().map(|recorded| recorded.entry));
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all, "an entry belongs to two fetches: {text}");
}

fn drawn_har(tape: &mut Tape<'_>) -> String {
    const URLS: [&str; 4] =
        ["https://a.example/1", "https://a.example/2", "https://b.example/1", "https://a.example/?token=x"];
    let mut entries = Vec::new();
    while !tape.is_over() && entries.len() < 64 {
        let method = tape.one_of(&["GET", "PUT", "OPTIONS", "POST"]);
        let url = tape.one_of(&URLS);
        let asks = match method {
            "OPTIONS" => r#",{"name":"Access-Control-Request-Method","value":"PUT"}"#,
            _ => "",
        };
        let (status, location) = (tape.one_of(&["200", "302", "0", "404"]), tape.one_of(&URLS));
        entries.push(format!(
            r#"{{"request":{{"method":"{method}","url":"{url}","headers":[{{"name":"Origin","value":"https://page.example"}}{asks}]}},
            "response":{{"status":{status},"headers":[{{"name":"Location","value":"{location}"}}]}}}}"#
        ));
    }
    format!(r#"{{"log":{{"entries":[{}]}}}}"#, entries.join(","))
}
