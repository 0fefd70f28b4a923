//! What servers really send, told apart from what is no HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use crossorigin_agent::{MAX_HEADER_BYTES, MAX_HEADERS};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use http::HeaderName;

use self::support::{RawServer, Then, any_page, get};

/// Bytes as a server sends them; a `|` stands for carriage return and line feed.
fn wire(text: &str) -> Vec<u8> {
    text.replace('|', "\r\n").into_bytes()
}

/// Status, the value of `x`, body.
type Understood<'a> = (u16, &'a [u8], &'a str);

/// A page that sees all headers, since it is the server's own.
async fn understood(name: &str, answer: Vec<u8>, (status, x, body): Understood<'_>) {
    let server = RawServer::new(answer, Then::Close).await;
    let mut page = any_page();
    page.origin = server.url().trim_end_matches('/').parse().unwrap();
    let (response, record) = page.fetch_recorded(get(server.url())).await;
    let Ok(response) = response else { panic!("{name}: {:?}", record.outcome) };
    let seen = response.header(&HeaderName::from_static("x")).map(|value| value.as_bytes().to_vec());
    assert_eq!((response.status(), seen.unwrap_or_default()), (status, x.to_vec()), "{name}");
    assert_eq!(response.text().await.unwrap(), body, "{name}");
}

#[tokio::test]
async fn what_browsers_understand_is_understood() {
    let usual: Understood<'_> = (200, b"1", "hi");
    for (name, answer, expected) in [
        ("bare line feeds", "HTTP/1.1 200 OK\nx: 1\ncontent-length: 2\nA\n\nhi", usual),
        ("equal lengths", "HTTP/1.1 200 OK|x: 1|content-length: 2|content-length: 2||hi", usual),
        ("equal lengths in a list", "HTTP/1.1 200 OK|x: 1|content-length: 2, 2||hi", usual),
        (
            "a length beside chunks",
            "HTTP/1.1 200 OK|x: 1|content-length: 9|transfer-encoding: chunked||2|hi|0||",
            usual,
        ),
        ("more than the length", "HTTP/1.1 200 OK|x: 1|content-length: 2||hi there", usual),
        ("a folded line", "HTTP/1.1 200 OK|x: 1|  2|content-length: 2||hi", (200, b"1 2", "hi")),
        ("a space before the colon", "HTTP/1.1 200 OK|x : 1|content-length: 2||hi", usual),
        ("a line without a colon", "HTTP/1.1 200 OK|nonsense|x: 1|content-length: 2||hi", usual),
        ("no reason", "HTTP/1.1 404|x: 1|content-length: 2||hi", (404, b"1", "hi")),
        ("no length", "HTTP/1.0 200 OK|x: 1||hi", usual),
        ("an unknown status", "HTTP/1.1 799 Odd|x: 1|content-length: 2||hi", (799, b"1", "hi")),
        (
            "an early hint",
            "HTTP/1.1 103 Early Hints|link: </a>||HTTP/1.1 200 OK|x: 1|content-length: 2||hi",
            usual,
        ),
        ("lower case", "http/1.1 200 ok|x: 1|content-length: 2||hi", usual),
        ("a length that is none", "HTTP/1.1 200 OK|content-length: two|x: 1||hi", usual),
        ("a negative length", "HTTP/1.1 200 OK|content-length: -2|x: 1||hi", usual),
        ("no value of a length", "HTTP/1.1 200 OK|content-length:|x: 1||hi", usual),
        ("a length with a unit", "HTTP/1.1 200 OK|content-length: 2 bytes|x: 1||hi", usual),
        (
            "an odd hint",
            "http/1.1 103 x|content-length: x|||http/1.1 200 OK|content-length: x|x: 1||hi",
            usual,
        ),
        ("an empty line before", "|HTTP/1.1 200 OK|x: 1|content-length: 2||hi", usual),
    ] {
        understood(name, wire(answer), expected).await;
    }
    let beyond_ascii = b"HTTP/1.1 200 Gr\xfc\xdf\r\nx: \xc3\xbc\xff\r\ncontent-length: 2\r\n\r\nhi";
    understood("bytes beyond ASCII", beyond_ascii.to_vec(), (200, b"\xc3\xbc\xff", "hi")).await;
    let long = "y".repeat(100_000);
    let answer = format!("HTTP/1.1 200 OK|x: {long}|content-length: 2||hi");
    understood("a long line", wire(&answer), (200, long.as_bytes(), "hi")).await;
}

#[tokio::test]
async fn what_is_no_http_is_told_from_what_is_blocked() {
    let headers = |count: usize| {
        let lines: String = (0..count).map(|nth| format!("x-{nth}: 1|")).collect();
        format!("HTTP/1.1 200 OK|{lines}content-length: 0||")
    };
    let long = "y".repeat(MAX_HEADER_BYTES);
    const SHARED: &str = "HTTP/1.1 200 OK|access-control-allow-origin: *|";
    let shared = |rest: &str| format!("{SHARED}{rest}");
    let (keep, close) = (Then::Keep, Then::Close);
    for (name, answer, then, kind) in [
        ("HTTP/0.9", "<p>hello</p>".to_owned(), close, Kind::Malformed),
        ("another protocol", "SSH-2.0-OpenSSH_9.9|".into(), close, Kind::Malformed),
        ("different lengths", shared("content-length: 2|content-length: 3||hi!"), close, Kind::Malformed),
        ("different lengths in a list", shared("content-length: 2, 3||hi!"), close, Kind::Malformed),
        ("different lengths that are none", shared("content-length: two, three||hi"), close, Kind::Malformed),
        ("a length and none", shared("content-length: 2,||hi"), close, Kind::Malformed),
        (
            "a chunk where the length is none",
            shared("content-length: x|transfer-encoding: chunked||2|hi|"),
            close,
            Kind::Reset,
        ),
        ("an endless line", format!("HTTP/1.1 200 OK|x: {long}"), keep, Kind::TooLarge),
        ("another protocol that goes on", "SSH-2.0-OpenSSH_9.9|".into(), keep, Kind::Malformed),
        ("nothing", String::new(), close, Kind::Reset),
        ("half a head", "HTTP/1.1 200 OK|x: 1|".into(), close, Kind::Reset),
        ("half a body", shared("content-length: 9||hi"), close, Kind::Reset),
        ("half a chunk", shared("transfer-encoding: chunked||9|hi"), close, Kind::Reset),
        ("no last chunk", shared("transfer-encoding: chunked||2|hi|"), close, Kind::Reset),
        ("a chunk of no size", shared("transfer-encoding: chunked||zz|hi|0||"), close, Kind::Malformed),
        ("a reset", String::new(), Then::Reset, Kind::Reset),
        ("10,000 headers", headers(10_000), keep, Kind::TooLarge),
        ("one header too many", headers(MAX_HEADERS), keep, Kind::TooLarge),
        ("a head that is too long", format!("HTTP/1.1 200 OK|x: {long}||"), keep, Kind::TooLarge),
    ] {
        let server = RawServer::new(wire(&answer), then).await;
        let (response, record) = any_page().fetch_recorded(get(server.url())).await;
        assert!(response.is_err(), "{name}");
        match record.outcome {
            Outcome::Unreachable(failure) => assert_eq!(failure.kind, kind, "{name}: {failure}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn as_many_headers_as_are_read_are_blocked_for_what_they_lack() {
    let lines: String = (1..MAX_HEADERS).map(|nth| format!("x-{nth}: 1|")).collect();
    let server =
        RawServer::new(wire(&format!("HTTP/1.1 200 OK|{lines}content-length: 0||")), Then::Keep).await;
    let (_, record) = any_page().fetch_recorded(get(server.url())).await;
    assert!(matches!(record.outcome, Outcome::Blocked(_)), "{:?}", record.outcome);
}
