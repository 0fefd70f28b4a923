//! Requests that two servers could read in two ways, and headers that say more than they may: each is refused, with
//! the CORS headers of its route where that can be known, or forwarded as one request that nobody can read in another way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use crossorigin_gateway::Gateway;
use support::http2::Http2;
use support::{Accepted, Client, Response, gateway, upstream};

/// What is to become of a case.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// Refused, with the headers of the route's policy.
    Refused(u16),
    /// Refused, with the headers of the listener's policy, for nobody can say which route it is.
    Unroutable(u16),
    /// HTTP/2: the stream is reset, or the connection ended, without an answer.
    Reset,
    /// Forwarded as these requests: the request line, the header lines beside those that the gateway adds to every
    /// request, in alphabetical order, and the body, parted by `|`.
    Forwarded(&'static [&'static str]),
}

use Expected::{Forwarded, Refused, Reset, Unroutable};

/// An upstream that keeps what it received.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn start(&self) -> SocketAddr {
        let this = self.clone();
        upstream(move |mut connection| {
            while let Some(request) = whole_request(&mut connection) {
                this.0.lock().unwrap().push(request);
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        })
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A request as it came, in one line; `None` where it did not come whole.
fn whole_request(connection: &mut Accepted) -> Option<String> {
    let head = connection.head()?;
    let mut lines = head.trim_end_matches("\r\n").split("\r\n");
    let mut told = vec![lines.next()?.to_owned()];
    let lines: Vec<_> = lines.map(|line| line.split_once(": ").expect("a header line")).collect();
    let length = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: Vec<_> = length.map(|(_, value)| value.parse::<usize>().expect("a length")).collect();
    let encoding = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    let encoding: Vec<_> = encoding.map(|(_, value)| *value).collect();
    let body = match (&length[..], &encoding[..]) {
        ([], []) => String::new(),
        ([length], []) => text(connection.try_body(*length)?),
        ([], ["chunked"]) => chunks(connection)?,
        other => panic!("the upstream can't tell the length by {other:?}"),
    };
    let mut kept: Vec<_> = lines.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value)).collect();
    kept.retain(|(name, value)| {
        let expected = match name.as_str() {
            "x-forwarded-for" => Some("127.0.0.1"),
            "x-forwarded-proto" => Some("http"),
            "x-forwarded-host" => {
                lines.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|host| host.1)
            }
            "forwarded" if value.starts_with("for=127.0.0.1;") && !value.contains(',') => return false,
            "via" if value.ends_with(" crossorigin") && !value.contains(',') => return false,
            "origin" => Some("https://app.example"),
            _ => None,
        };
        expected != Some(*value)
    });
    kept.sort();
    told.extend(kept.iter().map(|(name, value)| format!("{name}: {value}")));
    if !length.is_empty() || !encoding.is_empty() {
        told.push(body);
    }
    Some(told.join("|"))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// A chunked body, with its trailers in brackets.
fn chunks(connection: &mut Accepted) -> Option<String> {
    let mut body = String::new();
    loop {
        let line = connection.line()?;
        let size = usize::from_str_radix(&line, 16).expect("a size and nothing else");
        if size == 0 {
            break;
        }
        body += &text(connection.try_body(size)?);
        assert_eq!(connection.line()?, "");
    }
    loop {
        match connection.line()?.as_str() {
            "" => return Some(body),
            trailer => body += &format!("[{trailer}]"),
        }
    }
}

fn site(recorder: &Recorder) -> (Gateway, SocketAddr) {
    let upstream = recorder.start();
    gateway(&format!(
        "[policies.app]\norigins = [\"https://app.example\"]\nexposed_headers = [\"x-route\"]\n\
         [policies.listener]\norigins = [\"https://app.example\"]\nexposed_headers = [\"x-listener\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"listener\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n"
    ))
}

/// Whether a refusal is as it is expected, and with the right headers.
#[track_caller]
fn is_refused(name: &str, response: &Response, expected: Expected) {
    let (status, exposed) = match expected {
        Refused(status) => (status, "x-route"),
        Unroutable(status) => (status, "x-listener"),
        _ => panic!("{name}: expected {expected:?}, but there came {} {}", response.status, response.text()),
    };
    assert_eq!(response.status, status, "{name}: {}", response.text());
    assert_eq!(response.allow_origin(), Some("https://app.example"), "{name}");
    assert_eq!(response.header("access-control-expose-headers"), Some(exposed), "{name}");
    assert!(response.vary().contains(&"origin".to_owned()), "{name}");
}

/// Name, what is sent (with `^` for the lines that every request has), and what is to become of it.
const HTTP1: &[(&str, &[u8], Expected)] = &[
    // How long the body is.
    ("both lengths", b"POST /x HTTP/1.1\r\n^Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("both lengths, the other way", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", Refused(400)),
    ("a length twice", b"POST /x HTTP/1.1\r\n^Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", Refused(400)),
    ("two lengths", b"POST /x HTTP/1.1\r\n^Content-Length: 2\r\nContent-Length: 0\r\n\r\nok", Refused(400)),
    ("a list of lengths", b"POST /x HTTP/1.1\r\n^Content-Length: 2, 2\r\n\r\nok", Refused(400)),
    ("a length with a sign", b"POST /x HTTP/1.1\r\n^Content-Length: +2\r\n\r\nok", Refused(400)),
    ("a negative length", b"POST /x HTTP/1.1\r\n^Content-Length: -2\r\n\r\nok", Refused(400)),
    ("a hexadecimal length", b"POST /x HTTP/1.1\r\n^Content-Length: 0x2\r\n\r\nok", Refused(400)),
    ("a length with a fraction", b"POST /x HTTP/1.1\r\n^Content-Length: 2.0\r\n\r\nok", Refused(400)),
    ("a length with a blank", b"POST /x HTTP/1.1\r\n^Content-Length: 2 0\r\n\r\nok", Refused(400)),
    ("an empty length", b"POST /x HTTP/1.1\r\n^Content-Length:\r\n\r\n", Refused(400)),
    ("a length beyond all numbers", b"POST /x HTTP/1.1\r\n^Content-Length: 18446744073709551618\r\n\r\nok", Refused(400)),
    ("a length in other digits", b"POST /x HTTP/1.1\r\n^Content-Length: \xd9\xa2\r\n\r\nok", Refused(400)),
    ("a length with zeros in front", b"POST /x HTTP/1.1\r\n^Content-Length: 002\r\n\r\nok", Refused(400)),
    ("an encoding that is not known", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Refused(501)),
    ("identity", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", Refused(501)),
    ("chunked twice", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", Refused(501)),
    ("chunked, then identity", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", Refused(501)),
    ("gzip, then chunked", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Refused(501)),
    ("two lines of encodings", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", Refused(400)),
    ("chunked with a parameter", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked;x\r\n\r\n0\r\n\r\n", Refused(501)),
    ("an empty encoding", b"POST /x HTTP/1.1\r\n^Transfer-Encoding:\r\nContent-Length: 2\r\n\r\nok", Refused(400)),
    ("a blank before the colon", b"POST /x HTTP/1.1\r\n^Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("a tab before the colon", b"POST /x HTTP/1.1\r\n^Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("a vertical tab before the value", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("an encoding in the next line", b"POST /x HTTP/1.1\r\n^Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("an encoding in HTTP/1.0", b"POST /x HTTP/1.0\r\n^Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    ("an encoding in capitals", b"POST /x HTTP/1.1\r\n^TRANSFER-ENCODING: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n", Forwarded(&["POST /x HTTP/1.1|host: a|transfer-encoding: chunked|ok"])),
    ("an underscore for a dash", b"POST /x HTTP/1.1\r\n^Content-Length: 2\r\nTransfer_Encoding: chunked\r\n\r\nok", Forwarded(&["POST /x HTTP/1.1|content-length: 2|host: a|ok"])),
    ("the next request in the body", b"POST /x HTTP/1.1\r\n^Content-Length: 35\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n.", Forwarded(&["POST /x HTTP/1.1|content-length: 35|host: a|GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n."])),
    ("a body of GET", b"GET /x HTTP/1.1\r\n^Content-Length: 2\r\n\r\nok", Forwarded(&["GET /x HTTP/1.1|content-length: 2|host: a|ok"])),
    ("two requests at once", b"POST /x HTTP/1.1\r\n^Content-Length: 2\r\n\r\nokGET /y HTTP/1.1\r\n^\r\n", Forwarded(&["POST /x HTTP/1.1|content-length: 2|host: a|ok", "GET /y HTTP/1.1|host: a"])),
    // Chunks.
    ("chunks with extensions", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\nok\r\n0;c\r\n\r\n", Forwarded(&["POST /x HTTP/1.1|host: a|transfer-encoding: chunked|ok"])),
    ("a line feed after a size", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n", Refused(400)),
    ("a line feed after an extension", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2;\nok\r\n0\r\n\r\n", Refused(400)),
    ("a line feed after a chunk", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n", Refused(400)),
    ("a chunk that is longer than it says", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n", Refused(400)),
    ("a size with 0x", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n", Refused(400)),
    ("a size with a blank", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n", Refused(400)),
    ("a negative size", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n", Refused(400)),
    ("a size beyond all numbers", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\nok\r\n0\r\n\r\n", Refused(400)),
    ("an end without its lines", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n0\r\nGET /evil HTTP/1.1\r\n\r\n", Refused(400)),
    ("a length among trailers", b"POST /x HTTP/1.1\r\n^Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\nHost: evil\r\n\r\n", Forwarded(&["POST /x HTTP/1.1|host: a|transfer-encoding: chunked|ok"])),
    // Whom and what it asks for.
    ("two hosts", b"GET /x HTTP/1.1\r\n^Host: evil\r\n\r\n", Unroutable(400)),
    ("no host", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\n\r\n", Refused(400)),
    ("an empty host", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\nHost:\r\n\r\n", Refused(400)),
    ("a user in the host", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\nHost: a@evil\r\n\r\n", Refused(400)),
    ("a path in the host", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\nHost: a/evil\r\n\r\n", Refused(400)),
    ("a list of hosts", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\nHost: a, evil\r\n\r\n", Refused(400)),
    ("two ports", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\nHost: a:80:81\r\n\r\n", Refused(400)),
    ("a host with a quote", b"GET /x HTTP/1.1\r\nOrigin: https://app.example\r\nHost: a\";x=\"\r\n\r\n", Refused(400)),
    ("a URL beside another host", b"GET http://b/x HTTP/1.1\r\n^\r\n", Forwarded(&["GET /x HTTP/1.1|host: b"])),
    ("a URL with a user", b"GET http://b@c/x HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("another scheme", b"GET ftp://a/x HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("CONNECT", b"CONNECT a:80 HTTP/1.1\r\n^\r\n", Unroutable(501)),
    ("a fragment", b"GET /x#y HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("a path without its slash", b"GET x HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("the server, by GET", b"GET * HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("an encoded line in the path", b"GET /x%0d%0aevil:%20y HTTP/1.1\r\n^\r\n", Forwarded(&["GET /x%0d%0aevil:%20y HTTP/1.1|host: a"])),
    ("a path beyond ASCII", b"GET /\xc3\xa9 HTTP/1.1\r\n^\r\n", Forwarded(&["GET /\u{e9} HTTP/1.1|host: a"])),
    ("a path that is no text", b"GET /\xe9 HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("two blanks", b"GET  /x HTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("a tab in the request line", b"GET /x\tHTTP/1.1\r\n^\r\n", Unroutable(400)),
    ("a blank in the path", b"GET /x y HTTP/1.1\r\n^\r\n", Refused(400)),
    ("no version", b"GET /x\r\n^\r\n", Refused(400)),
    ("a version in small letters", b"GET /x http/1.1\r\n^\r\n", Refused(400)),
    ("a version with zeros in front", b"GET /x HTTP/01.1\r\n^\r\n", Refused(400)),
    ("another version", b"GET /x HTTP/1.2\r\n^\r\n", Refused(505)),
    ("a method in small letters", b"get /x HTTP/1.1\r\n^\r\n", Forwarded(&["get /x HTTP/1.1|host: a"])),
    ("a method that is no token", b"GE(T /x HTTP/1.1\r\n^\r\n", Refused(400)),
    // Lines.
    ("a line feed alone", b"GET /x HTTP/1.1\r\n^X: y\nEvil: z\r\n\r\n", Refused(400)),
    ("a carriage return alone", b"GET /x HTTP/1.1\r\n^X: y\rEvil: z\r\n\r\n", Refused(400)),
    ("a NUL", b"GET /x HTTP/1.1\r\n^X: y\0z\r\n\r\n", Refused(400)),
    ("a line that goes on", b"GET /x HTTP/1.1\r\n^X: y\r\n z\r\n\r\n", Refused(400)),
    ("a first line that goes on", b"GET /x HTTP/1.1\r\n X: y\r\n^\r\n", Refused(400)),
    ("a line without a colon", b"GET /x HTTP/1.1\r\n^X\r\n\r\n", Refused(400)),
    ("a blank in a name", b"GET /x HTTP/1.1\r\n^X y: z\r\n\r\n", Refused(400)),
    ("no name", b"GET /x HTTP/1.1\r\n^: z\r\n\r\n", Refused(400)),
    ("a name beyond ASCII", b"GET /x HTTP/1.1\r\n^X\xe9: z\r\n\r\n", Refused(400)),
    // What headers may say.
    ("Connection names the length", b"POST /x HTTP/1.1\r\n^Content-Length: 2\r\nConnection: content-length\r\n\r\nok", Forwarded(&["POST /x HTTP/1.1|content-length: 2|host: a|ok"])),
    ("Connection names the host", b"GET /x HTTP/1.1\r\n^Cookie: a=b\r\nConnection: host, cookie, origin\r\n\r\n", Forwarded(&["GET /x HTTP/1.1|cookie: a=b|host: a"])),
    ("Connection names the address", b"GET /x HTTP/1.1\r\n^Connection: x-forwarded-for, forwarded\r\n\r\n", Forwarded(&["GET /x HTTP/1.1|host: a"])),
    ("an upgrade to HTTP/2", b"GET /x HTTP/1.1\r\n^Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", Forwarded(&["GET /x HTTP/1.1|host: a"])),
    ("another's address", b"GET /x HTTP/1.1\r\n^X-Forwarded-For: 1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n\r\n", Forwarded(&["GET /x HTTP/1.1|host: a"])),
    ("another's address, with underscores", b"GET /x HTTP/1.1\r\n^X_Forwarded_For: 1.2.3.4\r\nX_Forwarded-Proto: https\r\nX_Real_IP: 1.2.3.4\r\nX_other: kept\r\n\r\n", Forwarded(&["GET /x HTTP/1.1|host: a|x_other: kept"])),
    ("an expectation", b"POST /x HTTP/1.1\r\n^Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok", Forwarded(&["POST /x HTTP/1.1|content-length: 2|expect: 100-continue|host: a|ok"])),
    ("blanks around a value", b"GET /x HTTP/1.1\r\n^X: \t y \t\r\n\r\n", Forwarded(&["GET /x HTTP/1.1|host: a|x: y"])),
];

#[test]
fn http1_is_refused_or_forwarded_unambiguously() {
    assert!(HTTP1.len() >= 60, "{}", HTTP1.len());
    let recorder = Recorder::default();
    let (_gateway, address) = site(&recorder);
    let mut wrong = Vec::new();
    for &(name, request, expected) in HTTP1 {
        let case = || http1(&recorder, address, name, request, expected);
        if catch_unwind(AssertUnwindSafe(case)).is_err() {
            wrong.push(name);
            recorder.take();
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn http1(recorder: &Recorder, address: SocketAddr, name: &str, request: &[u8], expected: Expected) {
    let lines = b"Host: a\r\nOrigin: https://app.example\r\n";
    let request = request.split(|&byte| byte == b'^').collect::<Vec<_>>().join(&lines[..]);
    let mut client = Client::connect(address);
    client.send(&request);
    let Forwarded(requests) = expected else {
        is_refused(name, &client.response(), expected);
        assert!(client.is_closed(), "{name}: what follows is taken for a request");
        assert_eq!(recorder.take(), [""; 0], "{name}");
        return;
    };
    for _ in requests {
        let response = client.response();
        assert_eq!(response.status, 200, "{name}: {}", response.text());
        assert_eq!(response.header("access-control-expose-headers"), Some("x-route"), "{name}");
    }
    // What comes next is the next request, and nothing is left over.
    assert_eq!(client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").response().status, 200, "{name}");
    let mut received = recorder.take();
    assert_eq!(received.pop().as_deref(), Some("GET /next HTTP/1.1|host: a"), "{name}");
    assert_eq!(received, requests, "{name}");
}

type Fields = &'static [(&'static str, &'static [u8])];

const GET: Fields = &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"a")];
const POST: Fields = &[(":method", b"POST"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"a")];

/// Name, the pseudo-header fields and the others, the body, and what is to become of it.
type Http2Case = (&'static str, Fields, Fields, Option<&'static [u8]>, Expected);

const HTTP2: &[Http2Case] = &[
    ("a request", GET, &[], None, Forwarded(&["GET /x HTTP/1.1|host: a"])),
    // Whom and what it asks for.
    ("CONNECT", &[(":method", b"CONNECT"), (":authority", b"a:80")], &[], None, Unroutable(501)),
    (
        "CONNECT for WebSocket",
        &[
            (":method", b"CONNECT"),
            (":protocol", b"websocket"),
            (":scheme", b"http"),
            (":path", b"/x"),
            (":authority", b"a"),
        ],
        &[],
        None,
        Reset,
    ),
    ("no method", &[(":scheme", b"http"), (":path", b"/x"), (":authority", b"a")], &[], None, Reset),
    ("no scheme", &[(":method", b"GET"), (":path", b"/x"), (":authority", b"a")], &[], None, Reset),
    ("no path", &[(":method", b"GET"), (":scheme", b"http"), (":authority", b"a")], &[], None, Reset),
    (
        "no authority",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x")],
        &[],
        None,
        Unroutable(400),
    ),
    (
        "an empty path",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b""), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "two paths",
        &[
            (":method", b"GET"),
            (":scheme", b"http"),
            (":path", b"/x"),
            (":path", b"/y"),
            (":authority", b"a"),
        ],
        &[],
        None,
        Reset,
    ),
    (
        "two methods",
        &[
            (":method", b"GET"),
            (":method", b"POST"),
            (":scheme", b"http"),
            (":path", b"/x"),
            (":authority", b"a"),
        ],
        &[],
        None,
        Reset,
    ),
    (
        "two authorities",
        &[
            (":method", b"GET"),
            (":scheme", b"http"),
            (":path", b"/x"),
            (":authority", b"a"),
            (":authority", b"evil"),
        ],
        &[],
        None,
        Reset,
    ),
    (
        "a pseudo-header of answers",
        &[
            (":method", b"GET"),
            (":scheme", b"http"),
            (":path", b"/x"),
            (":authority", b"a"),
            (":status", b"200"),
        ],
        &[],
        None,
        Reset,
    ),
    (
        "an unknown pseudo-header",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"a"), (":evil", b"x")],
        &[],
        None,
        Reset,
    ),
    (
        "a pseudo-header behind others",
        &[(":method", b"GET"), (":scheme", b"http"), (":authority", b"a")],
        &[(":path", b"/x")],
        None,
        Reset,
    ),
    (
        "a path without its slash",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"x"), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "a URL for a path",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"http://evil/x"), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "a blank in the path",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x HTTP/1.1"), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "lines in the path",
        &[
            (":method", b"GET"),
            (":scheme", b"http"),
            (":path", b"/x HTTP/1.1\r\nevil: x\r\n"),
            (":authority", b"a"),
        ],
        &[],
        None,
        Reset,
    ),
    (
        "a NUL in the path",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x\0"), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "a path that is no text",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/\xe9"), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "a fragment, which is none of the server's",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x#y"), (":authority", b"a")],
        &[],
        None,
        Forwarded(&["GET /x HTTP/1.1|host: a"]),
    ),
    (
        "the server, by GET",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"*"), (":authority", b"a")],
        &[],
        None,
        Unroutable(400),
    ),
    (
        "another scheme",
        &[(":method", b"GET"), (":scheme", b"ftp"), (":path", b"/x"), (":authority", b"a")],
        &[],
        None,
        Unroutable(400),
    ),
    (
        "lines in the scheme",
        &[(":method", b"GET"), (":scheme", b"http://evil/\r\n"), (":path", b"/x"), (":authority", b"a")],
        &[],
        None,
        Reset,
    ),
    (
        "the scheme of TLS without it",
        &[(":method", b"GET"), (":scheme", b"https"), (":path", b"/x"), (":authority", b"a")],
        &[],
        None,
        Forwarded(&["GET /x HTTP/1.1|host: a"]),
    ),
    (
        "a request line for a method",
        &[
            (":method", b"GET /evil HTTP/1.1\r\nHost: evil\r\n\r\nGET"),
            (":scheme", b"http"),
            (":path", b"/x"),
            (":authority", b"a"),
        ],
        &[],
        None,
        Reset,
    ),
    (
        "a user in the authority",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"a@evil")],
        &[],
        None,
        Unroutable(400),
    ),
    (
        "a path in the authority",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"a/evil")],
        &[],
        None,
        Reset,
    ),
    (
        "lines in the authority",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"a\r\nevil: x")],
        &[],
        None,
        Reset,
    ),
    (
        "an empty authority",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x"), (":authority", b"")],
        &[],
        None,
        Reset,
    ),
    (
        "a host in place of the authority",
        &[(":method", b"GET"), (":scheme", b"http"), (":path", b"/x")],
        &[("host", b"a")],
        None,
        Forwarded(&["GET /x HTTP/1.1|host: a"]),
    ),
    ("the same host", GET, &[("host", b"A")], None, Forwarded(&["GET /x HTTP/1.1|host: a"])),
    ("another host", GET, &[("host", b"evil")], None, Unroutable(400)),
    ("two hosts", GET, &[("host", b"a"), ("host", b"a")], None, Unroutable(400)),
    // What concerns one connection.
    ("Connection", GET, &[("connection", b"close")], None, Reset),
    ("Keep-Alive", GET, &[("keep-alive", b"timeout=5")], None, Reset),
    ("Proxy-Connection", GET, &[("proxy-connection", b"close")], None, Reset),
    (
        "Transfer-Encoding",
        POST,
        &[("transfer-encoding", b"chunked")],
        Some(b"0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"),
        Reset,
    ),
    ("Upgrade", GET, &[("upgrade", b"h2c")], None, Reset),
    ("TE other than trailers", GET, &[("te", b"gzip")], None, Reset),
    ("TE with more than trailers", GET, &[("te", b"trailers, chunked")], None, Reset),
    (
        "TE",
        GET,
        &[("te", b"trailers")],
        None,
        Forwarded(&["GET /x HTTP/1.1|connection: te|host: a|te: trailers"]),
    ),
    // How long the body is.
    (
        "a body without a length",
        POST,
        &[],
        Some(b"ok"),
        Forwarded(&["POST /x HTTP/1.1|host: a|transfer-encoding: chunked|ok"]),
    ),
    (
        "a length",
        POST,
        &[("content-length", b"2")],
        Some(b"ok"),
        Forwarded(&["POST /x HTTP/1.1|content-length: 2|host: a|ok"]),
    ),
    (
        "the next request in the body",
        POST,
        &[("content-length", b"22")],
        Some(b"GET /evil HTTP/1.1\r\n\r\n"),
        Forwarded(&["POST /x HTTP/1.1|content-length: 22|host: a|GET /evil HTTP/1.1\r\n\r\n"]),
    ),
    ("less than the length", POST, &[("content-length", b"3")], Some(b"ok"), Reset),
    // A length of 0 makes a request whole that may be forwarded before the body comes that it does not have.
    ("more than the length", POST, &[("content-length", b"1")], Some(b"GET /evil HTTP/1.1\r\n\r\n"), Reset),
    ("a length and no body", POST, &[("content-length", b"2")], None, Reset),
    ("two lengths", POST, &[("content-length", b"2"), ("content-length", b"0")], Some(b"ok"), Reset),
    (
        "a length twice",
        POST,
        &[("content-length", b"2"), ("content-length", b"2")],
        Some(b"ok"),
        Refused(400),
    ),
    ("a list of lengths", POST, &[("content-length", b"2, 2")], Some(b"ok"), Reset),
    ("a length with a sign", POST, &[("content-length", b"+2")], Some(b"ok"), Reset),
    ("an empty length", POST, &[("content-length", b"")], Some(b"ok"), Reset),
    (
        "an underscore for a dash",
        POST,
        &[("transfer_encoding", b"chunked")],
        Some(b"ok"),
        Forwarded(&["POST /x HTTP/1.1|host: a|transfer-encoding: chunked|ok"]),
    ),
    // Fields.
    ("lines in a value", GET, &[("x", b"y\r\nevil: z")], None, Reset),
    (
        "a request in a value",
        GET,
        &[("x", b"y\r\n\r\nGET /evil HTTP/1.1\r\nhost: evil\r\n\r\n")],
        None,
        Reset,
    ),
    ("a line feed in a value", GET, &[("x", b"y\nevil: z")], None, Reset),
    ("a NUL in a value", GET, &[("x", b"y\0z")], None, Reset),
    ("a blank before a value", GET, &[("x", b" y")], None, Refused(400)),
    ("a tab behind a value", GET, &[("x", b"y\t")], None, Refused(400)),
    ("a name in capitals", GET, &[("X", b"y")], None, Reset),
    ("lines in a name", GET, &[("x: y\r\nevil", b"z")], None, Reset),
    ("a colon in a name", GET, &[("transfer-encoding: chunked\r\nx", b"y")], None, Reset),
    ("a blank in a name", GET, &[("x y", b"z")], None, Reset),
    ("no name", GET, &[("", b"x")], None, Reset),
    ("a name beyond ASCII", GET, &[("x\u{e9}", b"y")], None, Reset),
    // What headers may say.
    (
        "cookies in pieces",
        GET,
        &[("cookie", b"a=b"), ("x", b"y"), ("cookie", b"c=d")],
        None,
        Forwarded(&["GET /x HTTP/1.1|cookie: a=b; c=d|host: a|x: y"]),
    ),
    (
        "another's address",
        GET,
        &[("x-forwarded-for", b"1.2.3.4"), ("forwarded", b"for=1.2.3.4"), ("x-real-ip", b"1.2.3.4")],
        None,
        Forwarded(&["GET /x HTTP/1.1|host: a"]),
    ),
    (
        "another's address, with underscores",
        GET,
        &[("x_forwarded_for", b"1.2.3.4"), ("x_other", b"kept")],
        None,
        Forwarded(&["GET /x HTTP/1.1|host: a|x_other: kept"]),
    ),
    (
        "an expectation",
        POST,
        &[("expect", b"100-continue"), ("content-length", b"2")],
        Some(b"ok"),
        Forwarded(&["POST /x HTTP/1.1|content-length: 2|host: a|ok"]),
    ),
];

#[tokio::test]
async fn http2_is_refused_or_forwarded_unambiguously() {
    assert!(HTTP2.len() >= 60, "{}", HTTP2.len());
    let recorder = Recorder::default();
    let (_gateway, address) = site(&recorder);
    let mut wrong = Vec::new();
    for case in HTTP2 {
        if tokio::spawn(http2(recorder.clone(), address, case)).await.is_err() {
            wrong.push(case.0);
            recorder.take();
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

async fn http2(recorder: Recorder, address: SocketAddr, case: &Http2Case) {
    let &(name, pseudo, others, body, expected) = case;
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    fields.extend(pseudo.iter().map(|(name, value)| (name.as_bytes(), *value)));
    fields.push((b"origin", b"https://app.example"));
    fields.extend(others.iter().map(|(name, value)| (name.as_bytes(), *value)));
    let mut client = Http2::connect(address).await;
    let response = client.send_fields(&fields, body).await;
    match (expected, response) {
        (Reset, Err(_)) => {}
        (Reset, Ok(response)) => panic!("{name}: {} {}", response.status, response.text()),
        (_, Err(error)) => panic!("{name}: {error}"),
        (Forwarded(_), Ok(response)) => {
            assert_eq!(response.status, 200, "{name}: {}", response.text());
            assert_eq!(response.header("access-control-expose-headers"), Some("x-route"), "{name}");
        }
        (_, Ok(response)) => is_refused(name, &response, expected),
    }
    let mut other = Http2::connect(address).await;
    assert_eq!(other.get("http://a/next", &[]).await.status, 200, "{name}");
    let mut received = recorder.take();
    assert_eq!(received.pop().as_deref(), Some("GET /next HTTP/1.1|host: a"), "{name}");
    match expected {
        Forwarded(requests) => assert_eq!(received, requests, "{name}"),
        _ => assert_eq!(received, [""; 0], "{name}"),
    }
}
