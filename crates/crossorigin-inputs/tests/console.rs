//! Messages as the consoles of browsers print them, and as people paste them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crossorigin_inputs::{ConsoleMessage, console};

fn told(message: &ConsoleMessage) -> String {
    let browser = message.browser.map_or("-", |browser| browser.name());
    let mut parts = vec![browser.to_owned(), message.reasons.join("|")];
    let Some(reading) = &message.reading else { return parts.join("; ") };
    for (name, value) in [
        ("at", reading.url.clone()),
        ("redirected from", reading.first_url.clone()),
        ("from", reading.origin.clone()),
        ("by", reading.kind.clone()),
        ("value", reading.value.clone()),
        ("method", reading.method.clone()),
        ("header", reading.header.clone()),
        ("status", reading.status.map(|status| status.to_string())),
    ] {
        parts.extend(value.map(|value| format!("{name} {value}")));
    }
    parts.join("; ")
}

const CHROMIUM: &str = "Access to fetch at 'https://api.example/items' from origin 'https://app.example' has been blocked by CORS policy: ";
const PREFLIGHT: &str = "Response to preflight request doesn't pass access control check: ";
const FIREFOX: &str = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/items. ";

#[test]
fn what_messages_say() {
    const OF: &str = "at https://api.example/items; from https://app.example; by fetch";
    const AT: &str = "at https://api.example/items";
    for (message, expected) in [
        (
            format!("{CHROMIUM}No 'Access-Control-Allow-Origin' header is present on the requested resource. If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled."),
            format!("chromium; allow-origin-missing; {OF}"),
        ),
        (
            format!("page.html:1 {CHROMIUM}{PREFLIGHT}No 'Access-Control-Allow-Origin' header is present on the requested resource."),
            format!("chromium; preflight-allow-origin-missing; {OF}"),
        ),
        (
            "Access to XMLHttpRequest at 'https://b.example/2' (redirected from 'https://b.example/1') from origin 'null' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.".into(),
            "chromium; allow-origin-missing; at https://b.example/2; redirected from https://b.example/1; from null; by XMLHttpRequest".into(),
        ),
        (
            format!("{CHROMIUM}The 'Access-Control-Allow-Origin' header has a value 'https://other.example' that is not equal to the supplied origin. Have the server send the header with a valid value."),
            format!("chromium; allow-origin-mismatch; {OF}; value https://other.example"),
        ),
        (
            format!("{CHROMIUM}The 'Access-Control-Allow-Origin' header contains multiple values '*, *', but only one is allowed."),
            format!("chromium; allow-origin-mismatch; {OF}; value *, *"),
        ),
        (
            format!("{CHROMIUM}{PREFLIGHT}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'."),
            format!("chromium; preflight-allow-origin-wildcard; {OF}"),
        ),
        (
            format!("{CHROMIUM}The value of the 'Access-Control-Allow-Credentials' header in the response is 'True' which must be 'true' when the request's credentials mode is 'include'. The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute."),
            format!("chromium; allow-credentials; {OF}; value True"),
        ),
        (format!("{CHROMIUM}{PREFLIGHT}It does not have HTTP ok status."), format!("chromium; preflight-status; {OF}")),
        (
            format!("{CHROMIUM}{PREFLIGHT}Redirect is not allowed for a preflight request."),
            format!("chromium; preflight-redirect; {OF}"),
        ),
        (
            format!("{CHROMIUM}Method PUT is not allowed by Access-Control-Allow-Methods in preflight response."),
            format!("chromium; preflight-method; {OF}; method PUT"),
        ),
        (
            format!("{CHROMIUM}Request header field x-csrf-token is not allowed by Access-Control-Allow-Headers in preflight response."),
            format!("chromium; preflight-header; {OF}; header x-csrf-token"),
        ),
        (
            "GET https://b.example/a.png net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin 200 (OK)".into(),
            "chromium; resource-policy".into(),
        ),
        (
            "app.js:3 GET https://b.example/ net::ERR_CONNECTION_REFUSED".into(),
            "chromium; transport".into(),
        ),
        (
            format!("{FIREFOX}(Reason: CORS header \u{2018}Access-Control-Allow-Origin\u{2019} missing). Status code: 200."),
            format!("firefox; allow-origin-missing|preflight-allow-origin-missing; {AT}; status 200"),
        ),
        (
            format!("{FIREFOX}(Reason: CORS header \u{2018}Access-Control-Allow-Origin\u{2019} does not match \u{2018}https://b.example\u{2019})."),
            format!("firefox; allow-origin-mismatch|preflight-allow-origin-mismatch; {AT}; value https://b.example"),
        ),
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \u{2018}https://api.example/items\u{2019}. (Reason: Credential is not supported if the CORS header \u{2018}Access-Control-Allow-Origin\u{2019} is \u{2018}*\u{2019}).".into(),
            format!("firefox; allow-origin-wildcard|preflight-allow-origin-wildcard; {AT}"),
        ),
        (
            format!("{FIREFOX}(Reason: CORS preflight response did not succeed). Status code: 403."),
            format!("firefox; preflight-status; {AT}; status 403"),
        ),
        (
            format!("{FIREFOX}(Reason: CORS preflight response did not succeed). Status code: 301."),
            format!("firefox; preflight-redirect; {AT}; status 301"),
        ),
        (
            format!("{FIREFOX}(Reason: header \u{2018}x-a\u{2019} is not allowed according to header \u{2018}Access-Control-Allow-Headers\u{2019} from CORS preflight response)."),
            format!("firefox; preflight-header; {AT}; header x-a"),
        ),
        (
            format!("{FIREFOX}(Reason: CORS request did not succeed). Status code: (null)."),
            format!("firefox; transport; {AT}"),
        ),
        (
            "[Error] Origin https://app.example is not allowed by Access-Control-Allow-Origin. Status code: 200".into(),
            "webkit; allow-origin-missing|preflight-allow-origin-missing; from https://app.example; status 200".into(),
        ),
        ("[Error] Preflight response is not successful. Status code: 403".into(), "webkit; preflight-status; status 403".into()),
        (
            "Request header field x-a is not allowed by Access-Control-Allow-Headers.".into(),
            "webkit; preflight-header; header x-a".into(),
        ),
        (
            "[Error] Fetch API cannot load https://api.example/items due to access control checks.".into(),
            "webkit; ; at https://api.example/items".into(),
        ),
        ("Uncaught (in promise) TypeError: Failed to fetch".into(), "chromium; ".into()),
        // What older versions print, and what people quote.
        (
            format!("{FIREFOX}(Reason: CORS header 'Access-Control-Allow-Origin' missing)."),
            format!("firefox; allow-origin-missing|preflight-allow-origin-missing; {AT}"),
        ),
        (
            "XMLHttpRequest cannot load https://b.example/. No 'Access-Control-Allow-Origin' header is present on the requested resource. Origin 'https://a.example' is therefore not allowed access.".into(),
            "chromium; allow-origin-missing".into(),
        ),
        (
            "Request header field x-a is not allowed by Access-Control-Allow-Headers in preflight response.".into(),
            "chromium; preflight-header; header x-a".into(),
        ),
        ("Response to preflight request doesn't pass access control check: It does not have HTTP ok status.".into(), "chromium; preflight-status".into()),
        (
            "[Error] Origin https://app.example is not allowed by Access-Control-Allow-Origin.".into(),
            "webkit; allow-origin-missing|preflight-allow-origin-missing; from https://app.example".into(),
        ),
        ("[Error] Preflight response is not successful".into(), "webkit; preflight-redirect|preflight-status".into()),
        (
            "Access to script at 'file:///C:/a.js' from origin 'null' has been blocked by CORS policy: Cross origin requests are only supported for protocol schemes: http, data, chrome, https.".into(),
            "chromium; url-scheme|redirect-scheme; at file:///C:/a.js; from null; by script".into(),
        ),
        // Insecure URLs.
        (
            "Mixed Content: The page at 'https://app.example/x' was loaded over HTTPS, but requested an insecure XMLHttpRequest endpoint 'http://api.example/items'. This request has been blocked; the content must be served over HTTPS.".into(),
            "chromium; mixed-content; at http://api.example/items; from https://app.example".into(),
        ),
        (
            "Blocked loading mixed active content \u{201c}http://api.example/items\u{201d}".into(),
            "firefox; mixed-content; at http://api.example/items".into(),
        ),
        (
            "[Warning] [blocked] The page at https://app.example/ requested insecure content from http://api.example/items. This content was blocked and must be served over HTTPS.".into(),
            "webkit; mixed-content; at http://api.example/items; from https://app.example".into(),
        ),
    ] {
        let read = console(&message).unwrap_or_else(|error| panic!("{message}: {error}"));
        assert_eq!(read.iter().map(told).collect::<Vec<_>>(), [expected], "{message}");
    }
}

#[test]
fn several_lines_are_several_messages() {
    let text = format!(
        "Navigated to https://app.example/\n{CHROMIUM}No 'Access-Control-Allow-Origin' header is present on the requested \
         resource.\n(anonymous) @ app.js:3\n{CHROMIUM}Method PUT is not allowed by Access-Control-Allow-Methods in \
         preflight response.\n"
    );
    let read = console(&text).unwrap();
    let found: Vec<_> = read.iter().map(|message| (message.line, message.reasons.as_slice())).collect();
    assert_eq!(found, [(2, &["allow-origin-missing"][..]), (4, &["preflight-method"])]);
}

#[test]
fn a_wrapped_line_is_one_message() {
    let text = format!(
        "{CHROMIUM}No\n  'Access-Control-Allow-Origin' header is present on the\n  requested resource."
    );
    let read = console(&text).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].reasons, ["allow-origin-missing"]);
}

#[test]
fn other_texts_are_refused() {
    for (text, place, message) in [
        ("", "1:1", "there is no message"),
        ("\n  \n", "3:1", "there is no message"),
        ("x\n".repeat(2001).as_str(), "1:1", "more than 2000 lines"),
        (
            "Refused to connect to 'https://a.example/' because it violates the following Content Security Policy directive: \"default-src 'self'\".",
            "1:78",
            "page's own Content Security Policy",
        ),
        ("GET https://a.example/a.png net::ERR_BLOCKED_BY_ORB", "1:34", "opaque response blocking"),
        (
            "SecurityError: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.",
            "1:70",
            "without CORS",
        ),
        (
            "Failed to execute 'getImageData' on 'CanvasRenderingContext2D': The canvas has been tainted by cross-origin data.",
            "1:76",
            "without CORS",
        ),
        ("\n  Uncaught ReferenceError: x is not defined\n", "2:3", "no message of Chromium"),
    ] {
        let error = console(text).unwrap_err();
        let line = error.to_string();
        assert!(line.starts_with(&format!("--console:{place}: ")), "{text:?}: {line}");
        assert!(error.message().contains(message), "{text:?}: {line}");
    }
}
