//! What servers do to streams and connections of HTTP/2.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use crossorigin_agent::{Environment, Limits};
use h2::Reason;
use http::{Method, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use self::support::authority::authority;
use self::support::{get, page, transport};

/// What becomes of the second request on the first connection.
#[derive(Clone, Copy, Debug)]
enum Second {
    /// Its stream is reset for this reason.
    Reset(Reason),
    /// Nothing comes of it, nor of the connection.
    Silence,
}

/// A server whose first connection answers once; all others always do.
async fn server(second: Second) -> (Environment, Arc<AtomicUsize>) {
    let (pem, acceptor) = authority(&["h2"], false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(stream).await.unwrap();
            let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                let mut requests = 0;
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    requests += 1;
                    if is_first && requests == 2 {
                        match second {
                            Second::Reset(reason) => respond.send_reset(reason),
                            Second::Silence => std::future::pending().await,
                        }
                        continue;
                    }
                    let head =
                        Response::builder().header("access-control-allow-origin", "*").body(()).unwrap();
                    let mut body = respond.send_response(head, false).unwrap();
                    body.send_data(Bytes::from_static(b"hi"), true).unwrap();
                }
            });
        }
    });
    (page_of(&pem, address), connections)
}

fn page_of(pem: &str, address: SocketAddr) -> Environment {
    let transport = transport().root_certificates(pem.as_bytes()).unwrap();
    let mut limits = Limits::default();
    // Time that is paused leaps while a connection is made.
    limits.head_timeout = Some(Duration::from_secs(600));
    page(transport.resolve("api.example", 443, address).build(), limits)
}

#[tokio::test]
async fn a_stream_that_was_not_taken_is_begun_again() {
    const TAKEN: Second = Second::Reset(Reason::INTERNAL_ERROR);
    const REFUSED: Second = Second::Reset(Reason::REFUSED_STREAM);
    for (second, method, body, expected) in [
        (REFUSED, Method::GET, None, true),
        (REFUSED, Method::POST, None, true),
        (REFUSED, Method::POST, Some("x"), true),
        (TAKEN, Method::GET, None, true),
        (TAKEN, Method::POST, None, false),
        (TAKEN, Method::POST, Some("x"), false),
    ] {
        let (mut page, connections) = server(second).await;
        page.fetch(get("https://api.example/")).await.unwrap().text().await.unwrap();
        let mut request = get("https://api.example/").method(method.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        let (response, record) = page.fetch_recorded(request).await;
        assert_eq!(response.is_ok(), expected, "{second:?} {method} {body:?}: {:?}", record.outcome);
        let connections = connections.load(Ordering::Relaxed);
        assert_eq!(connections, if expected { 2 } else { 1 }, "{second:?} {method} {body:?}");
    }
}

/// [Source](https://www.rfc-editor.org/rfc/rfc9113#section-4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// A server that speaks in frames. Each connection answers one request; the first answers another with what is made of
/// the number of the stream that it took, and then says no more.
async fn server_in_frames(last_words: fn(u32) -> Vec<u8>) -> (Environment, Arc<AtomicUsize>) {
    let (pem, acceptor) = authority(&["h2"], false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.read_exact(&mut [0; b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()]).await.unwrap();
            stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
            let mut taken = 0;
            loop {
                let mut head = [0; 9];
                stream.read_exact(&mut head).await.unwrap();
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                stream.read_exact(&mut vec![0; length as usize]).await.unwrap();
                let id = u32::from_be_bytes(head[5..].try_into().unwrap());
                let (answer, is_last) = match head[3] {
                    SETTINGS if head[4] == 0 => (frame(SETTINGS, 1, 0, &[]), false),
                    HEADERS if taken == 0 => {
                        taken = id;
                        let shared = b"\x88\x00\x1baccess-control-allow-origin\x01*";
                        ([frame(HEADERS, 4, id, shared), frame(DATA, 1, id, b"hi")].concat(), !is_first)
                    }
                    HEADERS => (last_words(taken), true),
                    _ => continue,
                };
                stream.write_all(&answer).await.unwrap();
                if is_last {
                    break;
                }
            }
            held.push(stream);
        }
    });
    (page_of(&pem, address), connections)
}

#[tokio::test]
async fn what_a_leaving_server_did_not_take_is_begun_again() {
    let leaves = |taken: u32| frame(GOAWAY, 0, 0, &[taken.to_be_bytes(), [0; 4]].concat());
    let (mut page, connections) = server_in_frames(leaves).await;
    for _ in 0..2 {
        let request = get("https://api.example/").method(Method::POST).body("x");
        let (response, record) = page.fetch_recorded(request).await;
        assert!(response.is_ok(), "{:?}", record.outcome);
    }
    assert_eq!(connections.load(Ordering::Relaxed), 2);
}

/// It is this side that leaves then, and the server may have done what it was asked.
#[tokio::test]
async fn what_a_server_answers_against_the_protocol_is_not_begun_again() {
    let (mut page, connections) = server_in_frames(|_| frame(DATA, 0, 0, b"of no stream")).await;
    for is_first in [true, false] {
        let request = get("https://api.example/").method(Method::POST).body("x");
        let (response, record) = page.fetch_recorded(request).await;
        assert_eq!(response.is_ok(), is_first, "{:?}", record.outcome);
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_connection_that_has_died_in_silence_is_found_out() {
    let (mut page, connections) = server(Second::Silence).await;
    page.fetch(get("https://api.example/")).await.unwrap().text().await.unwrap();
    tokio::time::pause();
    let (response, record) = page.fetch_recorded(get("https://api.example/")).await;
    assert!(response.is_ok(), "{:?}", record.outcome);
    assert_eq!(connections.load(Ordering::Relaxed), 2);
}
