//! Commands, as browsers copy them and as people write them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{CredentialsMode, Mode};
use crossorigin_inputs::{Described, MAX_COMMAND_BYTES, MAX_HEADERS, curl};

/// What a command comes to, in one line.
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
    if let Some(cookies) = &described.cookies {
        text.push_str(&format!(" | cookies {cookies}"));
    }
    text
}

#[test]
fn what_commands_ask() {
    const FORM: &str = "content-type: application/x-www-form-urlencoded";
    for (command, expected) in [
        ("curl https://a.example/x", "GET https://a.example/x".to_owned()),
        ("$ curl -sSL 'https://a.example/x' | jq .", "GET https://a.example/x".into()),
        ("/usr/bin/curl a.example:8080/x", "GET http://a.example:8080/x".into()),
        ("curl https://a.example -X put", "PUT https://a.example/".into()),
        ("curl https://a.example -XPATCH", "PATCH https://a.example/".into()),
        ("curl https://a.example --request patch", "patch https://a.example/".into()),
        ("curl -I https://a.example", "HEAD https://a.example/".into()),
        // A preflight by hand, as everybody tries it, and one that is none.
        (
            "curl -X OPTIONS https://a.example -H 'Origin: https://b.example' -H 'Access-Control-Request-Method: PUT' \
             -H 'Access-Control-Request-Headers: content-type, x-a'",
            "PUT https://a.example/ | content-type: application/json | x-a: 1 | body  | from https://b.example".into(),
        ),
        ("curl -X OPTIONS https://a.example", "OPTIONS https://a.example/".into()),
        ("curl https://a.example -d a=1 -d b=2", format!("POST https://a.example/ | {FORM} | body a=1&b=2")),
        ("curl https://a.example -da=1", format!("POST https://a.example/ | {FORM} | body a=1")),
        ("curl https://a.example --data-raw @x", format!("POST https://a.example/ | {FORM} | body @x")),
        (
            "curl https://a.example --data-urlencode 'q=a b&c'",
            format!("POST https://a.example/ | {FORM} | body q=a%20b%26c"),
        ),
        ("curl -G https://a.example/?x=1 -d a=1", "GET https://a.example/?x=1&a=1".into()),
        (
            "curl https://a.example -H 'Content-Type: text/plain' --data-binary 'a\nb'",
            r"POST https://a.example/ | content-type: text/plain | body a\nb".into(),
        ),
        ("curl https://a.example -H 'Content-Type:' -d a", "POST https://a.example/ | body a".into()),
        (
            "curl https://a.example --json '{\"a\":1}'",
            r#"POST https://a.example/ | content-type: application/json | accept: application/json | body {\"a\":1}"#.into(),
        ),
        ("curl https://a.example -H 'X-Empty;'", "GET https://a.example/ | x-empty: ".into()),
        ("curl https://a.example -u me:secret", "GET https://a.example/ | authorization: Basic bWU6c2VjcmV0".into()),
        ("curl https://a.example --oauth2-bearer abc", "GET https://a.example/ | authorization: Bearer abc".into()),
        ("curl https://a.example -H 'Origin: null'", "GET https://a.example/ | from null".into()),
        ("curl https://a.example -e https://b.example/page?x", "GET https://a.example/ | from https://b.example".into()),
        (
            "curl https://a.example -H 'Referer: https://c.example/' -H 'Origin: https://b.example'",
            "GET https://a.example/ | from https://b.example".into(),
        ),
        ("curl https://a.example -b 'a=1; b=2' -A me", "GET https://a.example/ | cookies a=1; b=2".into()),
        ("curl \\\n  https://a.example \\\r\n  -X \"PUT\" # why", "PUT https://a.example/".into()),
        (r#"curl "https://a.example/\"x\"" -H "X-A: \$1 \n""#, r"GET https://a.example/%22x%22 | x-a: $1 \n".into()),
        (
            r"curl https://a.example -X POST -H 'Content-Type: text/plain' --data-raw $'it\'s \u00e9\x21\n\101'",
            r"POST https://a.example/ | content-type: text/plain | body it\'s \xc3\xa9!\nA".into(),
        ),
        (r"curl 'https://a.example/it'\''s'", "GET https://a.example/it's".into()),
        ("curl https://a.example -k --compressed --max-time 3 -o /dev/null -w '%{http_code}'", "GET https://a.example/".into()),
        ("curl --url https://a.example --no-buffer -- ", "GET https://a.example/".into()),
    ] {
        let described = curl(command).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!(told(&described), expected, "{command}");
    }
}

/// Chromium 156, Firefox 153 and Safari copy all that went over the wire.
#[test]
fn what_browsers_copy() {
    let chromium = "curl 'https://api.example/items/1' \\
  -X 'PUT' \\
  -H 'accept: */*' \\
  -H 'accept-language: en-GB,en;q=0.9' \\
  -H 'authorization: Bearer abc' \\
  -H 'cache-control: no-cache' \\
  -H 'content-type: application/json' \\
  -b 'session=abc' \\
  -H 'origin: https://app.example' \\
  -H 'pragma: no-cache' \\
  -H 'priority: u=1, i' \\
  -H 'referer: https://app.example/' \\
  -H 'sec-ch-ua: \"Chromium\";v=\"156\"' \\
  -H 'sec-fetch-dest: empty' \\
  -H 'sec-fetch-mode: cors' \\
  -H 'sec-fetch-site: cross-site' \\
  -H 'user-agent: Mozilla/5.0' \\
  --data-raw '{\"a\":1}'";
    let described = curl(chromium).unwrap();
    assert_eq!(
        told(&described),
        "PUT https://api.example/items/1 | authorization: Bearer abc | content-type: application/json | \
         body {\\\"a\\\":1} | from https://app.example | cookies session=abc"
    );
    assert_eq!((described.mode, described.credentials), (Some(Mode::Cors), Some(CredentialsMode::Include)));
    assert_eq!(described.initiator, Some(Initiator::Fetch));
    assert!(
        described.notes[0].contains("cache-control, pragma, priority, user-agent were left out"),
        "{:?}",
        described.notes
    );

    let image = "curl 'https://img.example/a.png' --compressed -H 'User-Agent: Mozilla/5.0 (X11)' -H 'Accept: image/avif,*/*;q=0.8' \
                 -H 'Accept-Language: en' -H 'Referer: https://app.example/page' -H 'Sec-Fetch-Dest: image' -H 'Sec-Fetch-Mode: no-cors'";
    let described = curl(image).unwrap();
    assert_eq!(told(&described), "GET https://img.example/a.png | from https://app.example");
    assert_eq!((described.mode, described.initiator), (Some(Mode::NoCors), Some(Initiator::Image)));
}

#[test]
fn what_commands_are_refused() {
    for (command, place, message, remedy) in [
        ("", "1:1", "no command", "paste one"),
        ("wget https://a.example", "1:1", "\"wget\" is not curl", "Copy as cURL"),
        ("curl", "1:5", "no URL", "https://api.example/items"),
        ("curl 'https://a.example", "1:6", "the quote ' is not closed", "close it"),
        ("curl \\\n  \"https://a.example", "2:3", "the quote \" is not closed", "close it"),
        ("curl https://a.example -H $'X: \\xzz'", "1:32", "no digits", "\\x41"),
        ("curl https://a.example/?a=1&b=2", "1:28", "a shell takes '&'", "quotes"),
        ("curl https://a.example > out", "1:24", "'>'", "leave it out"),
        ("curl https://a.example -H \"X-Token: $TOKEN\"", "1:37", "another text", "for a secret"),
        ("curl https://a.example; rm x", "1:25", "second command", "one command"),
        ("curl https://a.example\n  -X PUT", "2:3", "a line continues without a backslash", "backslash"),
        ("curl ^\"https://a.example^\"", "1:6", "Windows", "cURL (bash)"),
        ("curl https://a.example https://b.example", "1:24", "second URL", "one URL"),
        ("curl https://a.example -X", "1:24", "-X has no value", "write one"),
        ("curl https://a.example -X 'P T'", "1:27", "\"P T\" is no method", "PUT"),
        ("curl https://a.example -X TRACE", "1:27", "script can't send TRACE", "POST"),
        ("curl https://a.example --dat a", "1:24", "--dat is not known", "--data was meant"),
        ("curl https://a.example -s9", "1:24", "-9 is not known", "leave it out"),
        ("curl https://a.example -H nonsense", "1:27", "\"nonsense\" is no header", "name and value"),
        ("curl https://a.example -H 'X Y: 1'", "1:27", "no header name", "letters"),
        ("curl https://a.example -H $'X: a\\nb'", "1:27", "control characters", "line ends"),
        ("curl https://a.example -d @file", "1:27", "in a file", "--data @FILE"),
        ("curl https://a.example -F a=b", "1:24", "--form can't be followed", "--data-binary"),
        ("curl https://a.example -b jar.txt", "1:27", "cookies are in a file", "session=1"),
        ("curl -X GET https://a.example -d a=b", "1:13", "script can't send a body with GET", "-G"),
        ("curl ftp://a.example", "1:6", "scheme ftp:", "http:"),
        ("curl https://", "1:6", "is no URL", "whole URL"),
        ("curl file:///etc/passwd", "1:6", "scheme file:", "http:"),
    ] {
        let error = curl(command).err().unwrap_or_else(|| panic!("{command:?} is taken"));
        let line = error.to_string();
        assert!(line.starts_with(&format!("--curl:{place}: ")), "{command:?}: {line}");
        assert!(error.message().contains(message) && error.remedy().contains(remedy), "{command:?}: {line}");
    }
}

#[test]
fn errors_show_the_place() {
    let error = curl("curl https://a.example \\\n  -X \"P T\" --compressed").unwrap_err();
    let shown = error.render(false, 100);
    assert!(shown.contains("--> --curl:2:6"), "{shown}");
    assert!(shown.contains("2 |   -X \"P T\" --compressed\n  |      ^^^^^"), "{shown}");
    assert!(shown.contains("help: write one such as PUT"), "{shown}");
}

#[test]
fn limits_are_kept() {
    let headers = |count: usize| (0..count).map(|nth| format!(" -H 'X-{nth}: 1'")).collect::<String>();
    assert!(curl(&format!("curl https://a.example{}", headers(MAX_HEADERS))).is_ok());
    let error = curl(&format!("curl https://a.example{}", headers(MAX_HEADERS + 1))).unwrap_err();
    assert!(error.message().contains("more than 1000 headers"), "{error}");
    let error = curl(&format!("curl https://a.example -d {}", "a".repeat(MAX_COMMAND_BYTES))).unwrap_err();
    assert!(error.message().contains("longer than 4194304 bytes"), "{error}");
}
