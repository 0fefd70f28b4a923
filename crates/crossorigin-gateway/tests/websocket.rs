//! WebSocket connections through the gateway.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use support::{Client, PATIENCE, answering, gateway, nobody, request, upstream};
use tungstenite::handshake::client::generate_key;
use tungstenite::{Message, WebSocket};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

fn site(upstream: SocketAddr, lines: &str) -> String {
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\ncredentials = true\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n{lines}\n"
    )
}

/// A server that sends messages back, until it is told to close.
fn echo() -> SocketAddr {
    upstream(|connection| {
        let mut socket = tungstenite::accept(connection.stream).unwrap();
        loop {
            match socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message).unwrap(),
                Ok(Message::Close(_)) | Err(_) => break,
                Ok(_) => {}
            }
        }
        // The answer to the client's closing.
        while socket.flush().is_ok() && socket.read().is_ok() {}
    })
}

fn connect(address: SocketAddr, origin: Option<&str>) -> tungstenite::Result<WebSocket<TcpStream>> {
    let mut request = http::Request::get(format!("ws://{address}/chat"))
        .header("host", "gateway.example")
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "WebSocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key());
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    match tungstenite::client(request.body(()).unwrap(), stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
        Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("the handshake stopped in the middle"),
    }
}

fn handshake(lines: &[&str]) -> String {
    let own = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    request("GET", "/", &[&own, lines].concat())
}

#[test]
fn messages_pass_both_ways_until_one_side_closes() {
    let (_gateway, address) = gateway(&site(echo(), ""));
    for origin in [None, Some("https://app.example"), Some("https://evil.example")] {
        let mut socket = connect(address, origin).unwrap();
        for length in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
            let message = Message::text("x".repeat(length));
            socket.send(message.clone()).unwrap();
            assert_eq!(socket.read().unwrap(), message, "{length}");
        }
        socket.send(Message::binary(vec![0, 13, 10, 13, 10, 255])).unwrap();
        assert_eq!(socket.read().unwrap().into_data().as_ref(), [0, 13, 10, 13, 10, 255]);
        socket.close(None).unwrap();
        assert!(socket.read().unwrap().is_close());
        assert!(matches!(socket.read(), Err(tungstenite::Error::ConnectionClosed)));
    }
}

#[test]
fn handshakes_of_refused_origins_are_refused_where_the_route_says_so() {
    let (_gateway, address) = gateway(&site(echo(), "websocket = \"allowed-origins\""));
    for (origin, is_taken) in [
        (Some("https://app.example"), true),
        // A program that is no browser sends none.
        (None, true),
        (Some("https://evil.example"), false),
        (Some("https://app.example.evil.example"), false),
        (Some("http://app.example"), false),
        (Some("null"), false),
    ] {
        match connect(address, origin) {
            Ok(mut socket) => {
                assert!(is_taken, "{origin:?}");
                socket.send(Message::text("hello")).unwrap();
                assert_eq!(socket.read().unwrap(), Message::text("hello"));
            }
            Err(tungstenite::Error::Http(response)) => {
                assert!(!is_taken, "{origin:?}");
                assert_eq!(response.status(), 403, "{origin:?}");
                assert_eq!(response.headers().get("vary").unwrap(), "Origin");
            }
            Err(error) => panic!("{origin:?}: {error}"),
        }
    }
    // The connection goes on as one of HTTP.
    let mut client = Client::connect(address);
    assert_eq!(client.send(handshake(&["Origin: https://evil.example"])).response().status, 403);
    assert_eq!(client.send(handshake(&["Origin: https://evil.example"])).response().status, 403);
}

#[test]
fn what_was_sent_right_behind_a_handshake_gets_through() {
    let upstream = upstream(|mut connection| {
        let head = connection.head().unwrap().to_lowercase();
        assert!(head.contains("\r\nupgrade: websocket\r\n"), "{head}");
        assert!(head.contains("\r\nconnection: upgrade\r\n"), "{head}");
        // The upstream's first bytes come with its answer.
        connection.send(format!("{SWITCH}early"));
        let mut seen = Vec::new();
        while let Some(bytes) = connection.some() {
            seen.extend(bytes);
            if seen.ends_with(b"end") {
                connection.send(&seen);
                return;
            }
        }
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    let mut client = Client::connect(address);
    // What looks like a head is none any more.
    client.send(handshake(&[])).send("GET / HTTP/1.1\r\n\r\n\x00\x01");
    let response = client.head();
    assert_eq!(response.status, 101);
    assert_eq!(response.header("upgrade"), Some("websocket"));
    assert_eq!(response.header("connection"), Some("upgrade"));
    client.send("end");
    client.read_until("earlyGET / HTTP/1.1\r\n\r\n\x00\x01end");
}

#[test]
fn an_answer_that_does_not_switch_is_an_answer() {
    let answer = "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nno";
    let (_gateway, address) = gateway(&site(answering(answer), ""));
    let mut client = Client::connect(address);
    for _ in 0..3 {
        let response = client.send(handshake(&["Origin: https://app.example"])).response();
        assert_eq!((response.status, response.text().as_str()), (426, "no"));
        assert_eq!(response.allow_origin(), Some("https://app.example"));
    }
    let (_gateway, address) = gateway(&site(nobody(), ""));
    assert_eq!(Client::connect(address).send(handshake(&[])).response().status, 502);
}

#[test]
fn nothing_else_switches() {
    // The upstream says 101 to everything.
    let upstream = upstream(|mut connection| {
        while let Some(head) = connection.head() {
            let asks = head.to_lowercase().contains("\r\nupgrade:");
            let protocol = head
                .split("\r\nx-answer: ")
                .nth(1)
                .map_or("websocket", |rest| rest.split("\r\n").next().unwrap());
            connection.send(format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {protocol}\r\nX-Asked: {asks}\r\nConnection: Upgrade\r\n\r\n"
            ));
        }
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let requests = [
        request("GET", "/", &[]),
        request("GET", "/", &["Connection: Upgrade", "Upgrade: h2c", key]),
        request("GET", "/", &["Connection: Upgrade", "Upgrade: websocket, h2c", key]),
        request("GET", "/", &["Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c", key]),
        // No handshake: without its key, without `Connection`, by another method, with a body, in HTTP/1.0.
        request("GET", "/", &["Connection: Upgrade", "Upgrade: websocket"]),
        request("GET", "/", &["Upgrade: websocket", key]),
        request("POST", "/", &["Connection: Upgrade", "Upgrade: websocket", key, "Content-Length: 0"]),
        request("GET", "/", &["Connection: Upgrade", "Upgrade: websocket", key, "Content-Length: 1"]) + "x",
        "GET / HTTP/1.0\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
            .to_owned(),
        // A handshake that is answered with another protocol.
        handshake(&["X-Answer: h2c"]),
    ];
    for request in requests {
        let mut client = Client::connect(address);
        let response = client.send(&request).response();
        assert_eq!(response.status, 502, "{request}");
        assert!(!response.text().is_empty());
    }
}

#[test]
fn a_connection_that_carries_nothing_is_ended() {
    let limits = "[limits]\nwebsocket_timeout = \"200ms\"";
    let (_gateway, address) = gateway(&site(echo(), limits));
    let mut socket = connect(address, None).unwrap();
    let began = Instant::now();
    // What moves stays, for longer than that.
    while began.elapsed() < Duration::from_millis(600) {
        socket.send(Message::text("still here")).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("still here"));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(socket.read().is_err());
}

#[test]
fn the_gateways_end_ends_them_within_its_bound() {
    let (gateway, address) = gateway(&site(echo(), "[limits]\ndrain_timeout = \"300ms\""));
    let mut socket = connect(address, None).unwrap();
    socket.send(Message::text("one")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("one"));
    gateway.handle().shutdown();
    // It goes on while the gateway drains.
    socket.send(Message::text("two")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("two"));
    let began = Instant::now();
    assert!(!gateway.wait(), "the connection did not end by itself");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(socket.read().is_err());
}

#[test]
fn they_count_among_a_listeners_connections() {
    let (_gateway, address) = gateway(&site(echo(), "[limits]\nconnections = 1"));
    let mut socket = connect(address, None).unwrap();
    socket.send(Message::text("one")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("one"));
    assert_eq!(support::get(address, "/", &[]).status, 503);
}
