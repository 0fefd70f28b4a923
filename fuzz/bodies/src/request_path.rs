use std::cell::RefCell;

use crossorigin_gateway::steps::{self, Seen};
use tokio::runtime::{Builder, Runtime};

use crate::tape::Tape;

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_time().build().expect("a runtime"));
}

/// Whatever clients send, the gate before hyper lets through what hyper takes, and reads it alike however it comes in
/// pieces; and a request by HTTP/2 that is admitted is a good one of HTTP/1.1.
pub fn request_path(bytes: &[u8]) {
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            check_http1(bytes).await;
            check_http1(&near_requests(&mut Tape::new(bytes))).await;
            check_http2(bytes).await;
            check_http2(&near_frames(&mut Tape::new(bytes))).await;
        });
    });
}

async fn check_http1(bytes: &[u8]) {
    let (seen, count) = steps::http1(bytes, usize::MAX).await;
    for request in admitted(&seen) {
        assert!(lines(request, "host") <= 1, "{request:?}");
        assert!(lines(request, "content-length") + lines(request, "transfer-encoding") <= 1, "{request:?}");
        check_length(request);
    }
    if count > seen.len() {
        // Hyper reads on in case the client leaves, but begins nothing after the last request.
        let ends = seen.last().is_some_and(|last| {
            last.refused.is_some() || last.body.is_none() || lines(last, "connection") > 0 || is_old(bytes)
        });
        assert!(ends && count == seen.len() + 1, "hyper refuses a head of {}", bytes.escape_ascii());
    }
    let (again, _) = steps::http1(bytes, 1).await;
    assert!(admitted(&seen).eq(admitted(&again)), "{seen:?}\nbyte by byte is\n{again:?}");
}

async fn check_http2(bytes: &[u8]) {
    let seen = steps::http2(bytes, usize::MAX).await;
    for request in admitted(&seen) {
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
        let has_authority = lines(request, ":authority") > 0;
        for (name, value) in request.headers.iter().filter(|(name, _)| !(has_authority && name == "host")) {
            let name = if name == ":authority" { "host" } else { name };
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head.extend(b"\r\n");
        assert!(steps::is_good_head(&head), "{}", head.escape_ascii());
        assert!(lines(request, "cookie") <= 1, "{request:?}");
        check_length(request);
    }
    // How much comes at once may decide which request is still answered, but not what it says.
    let again = steps::http2(bytes, 1).await;
    let shared = admitted(&seen).zip(admitted(&again));
    for (request, other) in shared {
        let same = (&request.method, &request.target, &request.headers)
            == (&other.method, &other.target, &other.headers);
        assert!(same, "{request:?}\nbyte by byte is\n{other:?}");
    }
}

fn admitted(seen: &[Seen]) -> impl Iterator<Item = &Seen> {
    seen.iter().filter(|request| request.refused.is_none())
}

fn lines(request: &Seen, name: &str) -> usize {
    request.headers.iter().filter(|(known, _)| known == name).count()
}

fn is_old(bytes: &[u8]) -> bool {
    bytes.windows(8).any(|window| window == b"HTTP/1.0")
}

fn check_length(request: &Seen) {
    let length = request.headers.iter().find(|(name, _)| name == "content-length");
    if let (Some((_, length)), Some(body)) = (length, &request.body) {
        assert_eq!(String::from_utf8_lossy(length), body.len().to_string(), "{request:?}");
    }
}

fn near_requests(tape: &mut Tape<'_>) -> Vec<u8> {
    const PIECES: [&str; 48] = [
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\n",
        "GET http://b/x HTTP/1.1\r\nHost: a\r\n",
        "OPTIONS * HTTP/1.0\r\n",
        "\r\n",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n",
        "content-length: 05\r\n",
        "Content-Length:",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:",
        "Host: b\r\n",
        "Host:",
        "Connection: close\r\n",
        "Connection: content-length\r\n",
        "Expect: 100-continue\r\n",
        "Upgrade: h2c\r\n",
        "Origin: https://app.example\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "0\r\nX: y\r\n\r\n",
        "5;a=b\r\n",
        "hello",
        "GET",
        "CONNECT",
        " ",
        "/",
        "/%2e%2e/",
        "http://",
        "a@b",
        "HTTP/1.1",
        "HTTP/2.0",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "X: y\r\n",
        "X:\r\n y\r\n",
        ":",
        "\t",
        "\0",
        "\u{e9}",
        "\"{}|\\^`<>#",
        "[::1]:80",
        "chunked",
        ",",
    ];
    let mut bytes = Vec::new();
    while !tape.is_over() {
        bytes.extend(tape.one_of(&PIECES).bytes());
        if tape.below(64) == 63 {
            bytes.push(tape.byte());
        }
    }
    bytes
}

/// Frames that begin as a client's do.
fn near_frames(tape: &mut Tape<'_>) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
    let mut stream = 1_u32;
    while !tape.is_over() {
        match tape.below(8) {
            0..=4 => {
                let block = near_block(tape);
                let has_body = tape.below(3) == 0;
                frame(&mut bytes, 1, if has_body { 4 } else { 5 }, stream, &block);
                if has_body {
                    frame(&mut bytes, 0, 1, stream, b"hello");
                }
                stream += 2;
            }
            5 => frame(&mut bytes, 3, 0, stream.saturating_sub(2), &[0, 0, 0, 8]),
            6 => frame(&mut bytes, 6, 0, 0, &[0; 8]),
            _ => {
                let (kind, flags, length) = (tape.byte(), tape.byte(), tape.below(16));
                let payload: Vec<_> = (0..length).map(|_| tape.byte()).collect();
                frame(&mut bytes, kind, flags, u32::from(tape.byte()), &payload);
            }
        }
    }
    bytes
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    bytes.extend(&length[1..]);
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
}

fn near_block(tape: &mut Tape<'_>) -> Vec<u8> {
    const NAMES: [&str; 16] = [
        "host",
        "content-length",
        "cookie",
        "origin",
        "te",
        "expect",
        "x",
        "x_y",
        "transfer-encoding",
        "connection",
        "X",
        "x y",
        ":path",
        ":status",
        "",
        "keep-alive",
    ];
    const VALUES: [&str; 20] = [
        "a",
        "b",
        "A",
        "5",
        "0",
        "05",
        "+5",
        "trailers",
        "gzip",
        " a",
        "a ",
        "\ta",
        "a\r\nb: c",
        "a\0",
        "",
        "a=b",
        "\u{e9}",
        "\x7f",
        "chunked",
        "100-continue",
    ];
    let mut block = Vec::new();
    let mut field = |name: &str, value: &str| {
        block.push(0);
        for text in [name, value] {
            // All of these are short.
            block.push(text.len() as u8);
            block.extend(text.bytes());
        }
    };
    // One byte for four fields, most of which are good.
    let odd = tape.below(32);
    let mut pick = |nth, good, odds: &[&'static str]| if odd == nth { tape.one_of(odds) } else { good };
    field(":method", pick(0, "POST", &["GET", "OPTIONS", "CONNECT", "ge", "A B", ""]));
    field(":scheme", pick(1, "http", &["https", "ftp", "h\r\n", ""]));
    let paths = ["/x?y", "/x#y", "*", "x", "//x", "/%2e", "/\"{}|\\^`<>", "/\u{e9}", "/ ", "", "http://a/"];
    field(":path", pick(2, "/", &paths));
    let authority = pick(3, "a", &["A", "a:80", "[::1]:8", "a@b", "a/b", "a b", "", "a:b", "-"]);
    if authority != "-" {
        field(":authority", authority);
    }
    for _ in 0..tape.below(5) {
        let name = tape.one_of(&NAMES);
        field(name, tape.one_of(&VALUES));
    }
    block
}
