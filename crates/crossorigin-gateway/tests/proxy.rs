//! What passes through the gateway, and what does not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::sync::mpsc;
use std::time::Duration;

use support::{Client, PATIENCE, answering, echoing, gateway, get, request, send, upstream};

fn site(upstream: impl std::fmt::Display) -> String {
    format!(
        "[policies.all]\norigins = \"*\"\n[[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"all\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"all\"\n"
    )
}

/// The head that an upstream sees, in lines.
fn seen(request: &str) -> Vec<String> {
    let (_gateway, address) = gateway(&site(echoing()));
    let response = send(address, request);
    assert_eq!(response.status, 200, "{}", response.text());
    response.text().to_lowercase().lines().map(str::to_owned).collect()
}

#[test]
fn hop_by_hop_headers_go_no_further() {
    let lines = seen(&request(
        "GET",
        "/a?b=c",
        &[
            "Connection: keep-alive, X-Named",
            "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive",
            "Proxy-Authorization: Basic eA==",
            "TE: trailers, deflate",
            "Upgrade: h2c",
            "X-Named: one",
            "X-Kept: two",
            "Expect: 100-continue",
            "Cookie: a=b",
        ],
    ));
    assert_eq!(lines[0], "get /a?b=c http/1.1");
    let names: Vec<&str> = lines[1..].iter().filter_map(|line| line.split(':').next()).collect();
    for gone in ["keep-alive", "proxy-connection", "proxy-authorization", "upgrade", "x-named", "expect"] {
        assert!(!names.contains(&gone), "{gone} in {lines:?}");
    }
    for kept in [
        "te: trailers",
        "connection: te",
        "x-kept: two",
        "cookie: a=b",
        "host: gateway.example",
        "via: 1.1 crossorigin",
    ] {
        assert!(lines.contains(&kept.to_owned()), "{kept} not in {lines:?}");
    }

    let response = "HTTP/1.1 200 OK\r\nConnection: X-Named\r\nX-Named: one\r\nKeep-Alive: timeout=5\r\n\
                    Proxy-Authenticate: Basic\r\nX-Kept: two\r\nContent-Length: 2\r\n\r\nok";
    let (_gateway, address) = gateway(&site(answering(response)));
    let response = get(address, "/", &[]);
    for gone in ["connection", "x-named", "keep-alive", "proxy-authenticate"] {
        assert_eq!(response.header(gone), None, "{gone}");
    }
    assert_eq!(response.header("x-kept"), Some("two"));
}

#[test]
fn the_upstream_learns_who_asked_and_clients_cannot_lie_about_it() {
    let lines = seen(&request(
        "GET",
        "/",
        &[
            "X-Forwarded-For: 10.0.0.1",
            "X-Forwarded-For: 10.0.0.2",
            "X-Forwarded-Host: evil.example",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Port: 1",
            "X-Real-IP: 10.0.0.1",
            "Forwarded: for=10.0.0.1",
        ],
    ));
    let about: Vec<&String> = lines
        .iter()
        .filter(|line| {
            line.starts_with("x-forwarded") || line.starts_with("forwarded") || line.starts_with("x-real")
        })
        .collect();
    let mut about: Vec<&str> = about.into_iter().map(String::as_str).collect();
    about.sort_unstable();
    assert_eq!(
        about,
        [
            "forwarded: for=127.0.0.1;host=\"gateway.example\";proto=http",
            "x-forwarded-for: 127.0.0.1",
            "x-forwarded-host: gateway.example",
            "x-forwarded-proto: http",
        ]
    );
}

#[test]
fn an_absolute_target_counts_before_host() {
    let lines = seen("GET http://other.example/a HTTP/1.1\r\nHost: gateway.example\r\n\r\n");
    assert_eq!(lines[0], "get /a http/1.1");
    assert!(lines.contains(&"host: other.example".to_owned()), "{lines:?}");
    assert!(!lines.contains(&"host: gateway.example".to_owned()), "{lines:?}");
}

#[test]
fn old_clients_are_served() {
    let (_gateway, address) = gateway(&site(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
    let mut client = Client::connect(address);
    let response = client.send("GET / HTTP/1.0\r\n\r\n").response();
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    assert!(client.is_closed());
}

#[test]
fn bodies_pass_both_ways() {
    let upstream = upstream(|mut connection| {
        while let Some(head) = connection.head() {
            let head = head.to_lowercase();
            let body = if head.contains("transfer-encoding: chunked") {
                let mut body = Vec::new();
                while !body.ends_with(b"0\r\n\r\n") {
                    body.extend(connection.some().unwrap());
                }
                body
            } else {
                let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
                connection.body(length.parse().unwrap())
            };
            connection
                .send(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len()));
            connection.send(body);
            connection.send("\r\n0\r\n\r\n");
        }
    });
    let (_gateway, address) = gateway(&site(upstream));
    let mut client = Client::connect(address);
    let large = "x".repeat(1_000_000);
    let by_length = request("PUT", "/", &["Content-Length: 1000000"]);
    let response = client.send(by_length).send(&large).response();
    assert!(response.is_whole && response.body == large.as_bytes(), "{}", response.body.len());
    // In the same connection, in chunks.
    let response =
        client.send(request("PUT", "/", &["Transfer-Encoding: chunked"])).send("5\r\nhello\r\n0\r\n\r\n");
    assert_eq!(response.response().text(), "5\r\nhello\r\n0\r\n\r\n");
}

#[test]
fn server_sent_events_arrive_at_once() {
    let (go, going) = mpsc::channel::<()>();
    let going = std::sync::Mutex::new(going);
    let upstream = upstream(move |mut connection| {
        connection.head();
        connection
            .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.send("9\r\ndata: 1\n\n\r\n");
        // The second event is not sent until the first has come through.
        let going = going.lock().unwrap();
        going.recv_timeout(PATIENCE).unwrap();
        connection.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    });
    // Also when nothing comes for longer than an upstream may take otherwise.
    let (_gateway, address) = gateway(&format!("{}[limits]\nupstream_timeout = \"100ms\"", site(upstream)));
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &["Origin: https://app.example"]));
    client.read_until("data: 1\n\n");
    std::thread::sleep(Duration::from_millis(300));
    go.send(()).unwrap();
    let response = client.response();
    assert_eq!((response.text().as_str(), response.is_whole), ("data: 1\n\ndata: 2\n\n", true));
    assert_eq!(response.allow_origin(), Some("*"));
}

#[test]
fn a_body_goes_up_while_it_comes_in() {
    let (arrived, arriving) = mpsc::channel();
    let upstream = upstream(move |mut connection| {
        connection.head();
        let mut body = Vec::new();
        while !body.ends_with(b"0\r\n\r\n") {
            body.extend(connection.some().unwrap());
            arrived.send(String::from_utf8_lossy(&body).into_owned()).unwrap();
        }
        connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    let (_gateway, address) = gateway(&site(upstream));
    let mut client = Client::connect(address);
    client.send(request("POST", "/", &["Transfer-Encoding: chunked"])).send("5\r\nfirst\r\n");
    while !arriving.recv_timeout(PATIENCE).unwrap().contains("first") {}
    assert_eq!(client.send("0\r\n\r\n").response().status, 204);
}

#[test]
fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let upstream = upstream(|mut connection| {
        connection.head().unwrap();
        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
        let body = String::from_utf8(connection.body(5)).unwrap();
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}"));
    });
    let (_gateway, address) = gateway(&format!("{}[limits]\nbody_bytes = 100", site(upstream)));
    let mut client = Client::connect(address);
    client.send(request("POST", "/", &["Expect: 100-continue", "Content-Length: 5"]));
    client.read_until("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.send("hello").response().text(), "hello");
    // One that will be refused is not.
    let mut client = Client::connect(address);
    client.send(request("POST", "/", &["Expect: 100-continue", "Content-Length: 101"]));
    assert_eq!(client.head().status, 413);
}

#[test]
fn trailers_pass_to_who_takes_them() {
    let response = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n";
    let (_gateway, address) = gateway(&site(answering(response)));
    let mut client = Client::connect(address);
    client.send(request("GET", "/", &["TE: trailers"]));
    client.read_until("\r\n0\r\nx-sum: 42\r\n\r\n");
}

#[test]
fn a_request_that_two_servers_could_read_in_two_ways_is_refused() {
    let upstream = upstream(|mut connection| {
        if let Some(head) = connection.head() {
            assert!(head.starts_with("GET /good "), "a refused request reached the upstream: {head}");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let (_gateway, address) = gateway(&site(upstream));
    const HOST: &str = "Host: gateway.example\r\n";
    let table: &[(u16, &str)] = &[
        (400, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
        (400, "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
        (400, "transfer-encoding: chunked\r\ncontent-length: 0\r\n"),
        (400, "Content-Length: 3\r\nContent-Length: 4\r\n"),
        (400, "Content-Length: 3\r\nContent-Length: 3\r\n"),
        (400, "Content-Length: 3, 3\r\n"),
        (400, "Content-Length: +3\r\n"),
        (400, "Content-Length: -3\r\n"),
        (400, "Content-Length: 0x3\r\n"),
        (400, "Content-Length: 3 3\r\n"),
        (400, "Content-Length:\r\n"),
        (400, "Content-Length: 99999999999999999999999999\r\n"),
        (400, "Content-Length : 3\r\n"),
        (400, "Content-Length\t: 3\r\n"),
        (400, " Content-Length: 3\r\n"),
        (400, "X: y\r\n Content-Length: 3\r\n"),
        (400, "X: y\r\n\tfolded\r\n"),
        (400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        (400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        (501, "Transfer-Encoding: identity\r\n"),
        (501, "Transfer-Encoding: gzip, chunked\r\n"),
        (501, "Transfer-Encoding: chunked, gzip\r\n"),
        (501, "Transfer-Encoding: xchunked\r\n"),
        (501, "Transfer-Encoding: \"chunked\"\r\n"),
        (400, "Transfer-Encoding: \x0bchunked\r\n"),
        (400, "Transfer-Encoding : chunked\r\n"),
        (400, "X: a\rContent-Length: 3\r\n"),
        (400, "X: a\nContent-Length: 3\r\n"),
        (400, "X: a\0b\r\n"),
        (400, "X: a\x7fb\r\n"),
        (400, "no colon\r\n"),
        (400, ": no name\r\n"),
        (400, "bad name: x\r\n"),
        (400, "näme: x\r\n"),
        (400, "Host: other.example\r\n"),
        (400, "Host: gateway.example\r\n"),
    ];
    for (status, lines) in table {
        let origin = "Origin: https://app.example\r\n";
        let head = format!("POST /bad HTTP/1.1\r\n{HOST}{origin}{lines}\r\n");
        refused(address, &format!("{head}abc"), *status);
        // The bad request is the second in its connection, and what follows it is never read as a third.
        let mut client = Client::connect(address);
        client.send(format!("GET /good HTTP/1.1\r\n{HOST}\r\n{head}GET /smuggled HTTP/1.1\r\n{HOST}\r\n"));
        assert_eq!(client.response().status, 200, "{lines:?}");
        assert_eq!(client.response().status, *status, "{lines:?}");
        assert!(client.is_closed(), "{lines:?}");
    }
    let table: &[(u16, &str)] = &[
        (400, "GET /bad HTTP/1.1\r\nOrigin: https://app.example\r\n\r\n"),
        (400, "GET /bad HTTP/1.1\r\nHost:\r\nOrigin: https://app.example\r\n\r\n"),
        (400, "GET /bad HTTP/1.1\r\nHost: a b\r\n\r\n"),
        (400, "GET /bad HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        (400, "GET /bad HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        (400, "GET /bad HTTP/1.1\nHost: a\n\n"),
        (400, "GET  /bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /bad  HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /bad\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /bad\r\nHost: a\r\n\r\n"),
        (400, "GET /bad http/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /bad HTTP/1.1 \r\nHost: a\r\n\r\n"),
        (400, "G@T /bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /b\x01d HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET ftp://a/bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET http://user@a/bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "POST /bad HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (501, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
        (505, "GET /bad HTTP/2.0\r\nHost: a\r\n\r\n"),
        (505, "GET /bad HTTP/0.9\r\nHost: a\r\n\r\n"),
        (505, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
        (400, "\x16\x03\x01\x02\x00\x01\x00\x01"),
        (400, "\n\nGET /bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET /bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /a/%2e%2e/bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, "GET /a%2fbad HTTP/1.1\r\nHost: a\r\n\r\n"),
    ];
    for (status, head) in table {
        refused(address, head, *status);
    }
}

#[track_caller]
fn refused(address: std::net::SocketAddr, bytes: &str, status: u16) {
    let mut client = Client::connect(address);
    let response = client.send(bytes).response();
    assert_eq!(response.status, status, "{bytes:?}: {}", response.text());
    assert_eq!(response.allow_origin(), Some("*"), "{bytes:?}");
    assert!(response.text().starts_with(&format!("{status} ")), "{bytes:?}: {}", response.text());
    if response.header("connection") != Some("close") {
        // Only what is well-formed and asks for a path that is refused may go on.
        assert!(bytes.contains("%2"), "{bytes:?}");
    }
}

#[test]
fn a_chunked_body_with_bad_framing_is_refused() {
    let upstream = upstream(|mut connection| {
        connection.head();
        while connection.some().is_some() {}
    });
    let (_gateway, address) = gateway(&site(upstream));
    for body in [
        "x\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloo\r\n0\r\n\r\n",
        "-5\r\nhello\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "0\r\nbad trailer\x01: x\r\n\r\n",
        "\r\n",
    ] {
        let mut client = Client::connect(address);
        client.send(request("POST", "/", &["Transfer-Encoding: chunked", "Origin: https://app.example"]));
        client.try_send(format!("{body}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
        let response = client.response();
        assert_eq!((response.status, response.allow_origin()), (400, Some("*")), "{body:?}");
        assert!(client.is_closed(), "{body:?}");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let (_gateway, address) = gateway(&site(echoing()));
    let mut client = Client::connect(address);
    let many: String = (0..50).map(|number| request("GET", &format!("/{number}"), &[])).collect();
    // In pieces that end anywhere.
    for piece in many.as_bytes().chunks(97) {
        client.send(piece);
    }
    for number in 0..50 {
        assert!(client.response().text().starts_with(&format!("GET /{number} ")), "{number}");
    }
}

#[test]
fn empty_lines_before_a_request_are_overlooked() {
    let (_gateway, address) = gateway(&site(echoing()));
    let mut client = Client::connect(address);
    client.send(format!("\r\n{}", request("GET", "/one", &[])));
    assert!(client.response().text().starts_with("GET /one "));
    client.send(format!("\r\n\r\n{}", request("GET", "/two", &[])));
    assert!(client.response().text().starts_with("GET /two "));
}

#[test]
fn options_about_the_server_itself_is_answered() {
    let (_gateway, address) = gateway(&site(echoing()));
    assert_eq!(send(address, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);
}
