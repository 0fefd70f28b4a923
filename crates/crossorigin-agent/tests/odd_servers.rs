//! What servers really send, told apart from what is no HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use crossorigin_agent::{MAX_HEADER_BYTES, MAX_HEADERS};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use http::HeaderName;

use self::support::{RawServer, Then, any_page, get};

/// Status, the value of `x`, body.
type Understood<'a> = (u16, &'a [u8], &'a str);

#[tokio::test]
async fn what_browsers_understand_is_understood() {
    let long = format!("x: {}", "y".repeat(100_000));
    for (name, answer, (status, x, body)) in [
        ("bare line feeds", &b"HTTP/1.1 200 OK\nx: 1\nContent-Length: 2\nA\n\nhi"[..], (200, &b"1"[..], "hi")),
        ("bytes beyond ASCII", b"HTTP/1.1 200 Gr\xfc\xdf\r\nx: \xc3\xbc\xff\r\nContent-Length: 2\r\n\r\nhi", (200, b"\xc3\xbc\xff", "hi")),
        ("equal lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", (200, b"", "hi")),
        ("equal lengths in a list", b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", (200, b"", "hi")),
        ("a length beside chunks", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", (200, b"", "hi")),
        ("a folded line", b"HTTP/1.1 200 OK\r\nx: 1\r\n  2\r\nContent-Length: 2\r\n\r\nhi", (200, b"1 2", "hi")),
        ("a space before the colon", b"HTTP/1.1 200 OK\r\nx : 1\r\nContent-Length: 2\r\n\r\nhi", (200, b"1", "hi")),
        ("a line without a colon", b"HTTP/1.1 200 OK\r\nnonsense\r\nx: 1\r\nContent-Length: 2\r\n\r\nhi", (200, b"1", "hi")),
        ("no reason", b"HTTP/1.1 404\r\nx: 1\r\nContent-Length: 2\r\n\r\nhi", (404, b"1", "hi")),
        ("no length", b"HTTP/1.0 200 OK\r\nx: 1\r\n\r\nhi", (200, b"1", "hi")),
        ("an unknown status", b"HTTP/1.1 799 Odd\r\nx: 1\r\nContent-Length: 2\r\n\r\nhi", (799, b"1", "hi")),
        ("an early hint", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nx: 1\r\nContent-Length: 2\r\n\r\nhi", (200, b"1", "hi")),
        ("a long line", format!("HTTP/1.1 200 OK\r\n{long}\r\nContent-Length: 2\r\n\r\nhi").as_bytes(), (200, &long.as_bytes()[3..], "hi")),
    ] as [(&str, &[u8], Understood<'_>); 13] {
        let server = RawServer::new(answer, Then::Close).await;
        // Same-origin, so that all headers are to be seen.
        let mut page = any_page();
        page.origin = server.url().trim_end_matches('/').parse().unwrap();
        let (response, record) = page.fetch_recorded(get(server.url())).await;
        let Ok(response) = response else { panic!("{name}: {:?}", record.outcome) };
        let seen = response.header(&HeaderName::from_static("x")).map(|value| value.as_bytes().to_vec());
        assert_eq!((response.status(), seen.unwrap_or_default()), (status, x.to_vec()), "{name}");
        assert_eq!(response.text().await.unwrap(), body, "{name}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_from_what_is_blocked() {
    let headers = |count: usize| {
        let lines: String = (0..count).map(|nth| format!("x-{nth}: 1\r\n")).collect();
        format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n")
    };
    let long = "y".repeat(MAX_HEADER_BYTES);
    for (name, answer, then, kind) in [
        ("HTTP/0.9", "<p>hello</p>", Then::Close, Kind::Malformed),
        ("another protocol", "SSH-2.0-OpenSSH_9.9\r\n", Then::Close, Kind::Malformed),
        (
            "different lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
            Then::Close,
            Kind::Malformed,
        ),
        (
            "a length that is none",
            "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi",
            Then::Close,
            Kind::Malformed,
        ),
        (
            "a negative length",
            "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi",
            Then::Close,
            Kind::Malformed,
        ),
        ("nothing", "", Then::Close, Kind::Reset),
        ("half a head", "HTTP/1.1 200 OK\r\nx: 1\r\n", Then::Close, Kind::Reset),
        (
            "half a body",
            "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nContent-Length: 9\r\n\r\nhi",
            Then::Close,
            Kind::Reset,
        ),
        (
            "half a chunk",
            "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhi",
            Then::Close,
            Kind::Reset,
        ),
        (
            "no last chunk",
            "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
            Then::Close,
            Kind::Reset,
        ),
        (
            "a chunk of no size",
            "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
            Then::Close,
            Kind::Malformed,
        ),
        ("a reset", "", Then::Reset, Kind::Reset),
        ("10,000 headers", &headers(10_000), Then::Keep, Kind::TooLarge),
        ("one header too many", &headers(MAX_HEADERS), Then::Keep, Kind::TooLarge),
        (
            "a head that is too long",
            &format!("HTTP/1.1 200 OK\r\nx: {long}\r\n\r\n"),
            Then::Keep,
            Kind::TooLarge,
        ),
    ] {
        let server = RawServer::new(answer, then).await;
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
    let lines: String = (1..MAX_HEADERS).map(|nth| format!("x-{nth}: 1\r\n")).collect();
    let answer = format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n");
    let server = RawServer::new(answer, Then::Keep).await;
    let (_, record) = any_page().fetch_recorded(get(server.url())).await;
    assert!(matches!(record.outcome, Outcome::Blocked(_)), "{:?}", record.outcome);
}
