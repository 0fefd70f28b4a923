//! Which connections are used again, and how long they are kept.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use crossorigin_agent::{Body, IDLE_CONNECTION_TIMEOUT, Limits, MAX_IDLE_CONNECTIONS};
use crossorigin_verdict::TransportFailure;
use futures_util::stream;
use http::Method;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use self::support::{RawServer, Then, any_page, get, page, response, transport};

/// A body that goes on as long as somebody sends pieces of it.
fn upload() -> (Body, mpsc::Sender<Bytes>) {
    let (pieces, receiver) = mpsc::channel(1);
    let frames = stream::unfold(receiver, |mut receiver| async move {
        let piece: Bytes = receiver.recv().await?;
        Some((Ok::<_, TransportFailure>(Frame::data(piece)), receiver))
    });
    (StreamBody::new(frames).boxed_unsync(), pieces)
}

#[tokio::test]
async fn a_connection_that_still_takes_a_request_is_not_used_for_another() {
    let server = RawServer::new(response(&[], "hi"), Then::Keep).await;
    let mut limits = Limits::default();
    limits.head_timeout = Some(Duration::from_secs(5));
    let mut page = page(transport().build(), limits);
    page.origin = server.url().trim_end_matches('/').parse().unwrap();
    let (body, pieces) = upload();
    pieces.send("x".into()).await.unwrap();
    let early = page.fetch(get(server.url()).method(Method::POST).stream(body)).await.unwrap();
    assert_eq!(early.text().await.unwrap(), "hi");
    assert!(page.fetch(get(server.url())).await.is_ok());
    assert_eq!(server.connections(), 2);
    // What is not wanted any more is not asked for.
    pieces.closed().await;
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_body_went_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..3 {
            let mut read = Vec::new();
            while !read.ends_with(b"0\r\n\r\n") {
                stream.read_buf(&mut read).await.unwrap();
            }
            stream.write_all(&response(&[], "hi")).await.unwrap();
        }
    });
    let mut page = any_page();
    page.origin = url.trim_end_matches('/').parse().unwrap();
    for _ in 0..3 {
        let (body, pieces) = upload();
        pieces.send("x".into()).await.unwrap();
        drop(pieces);
        let fetched = page.fetch(get(&url).method(Method::POST).stream(body)).await.unwrap();
        assert_eq!(fetched.text().await.unwrap(), "hi");
    }
    served.await.unwrap();
}

#[tokio::test]
async fn a_connection_whose_end_of_response_is_in_doubt_is_not_used_again() {
    let shared = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\n";
    let evil = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 4\r\n\r\nevil";
    for (name, rest) in [
        (
            "a length beside chunks",
            "content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n".into(),
        ),
        ("more than the length", format!("content-length: 2\r\n\r\nhi{evil}")),
        ("more than the chunks", format!("transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n{evil}")),
    ] {
        let server = RawServer::new(format!("{shared}{rest}"), Then::Keep).await;
        let mut page = any_page();
        for nth in 1..=3 {
            assert_eq!(page.fetch(get(server.url())).await.unwrap().text().await.unwrap(), "hi", "{name}");
            assert_eq!(server.connections(), nth, "{name}");
        }
    }
}

/// A server that answers once on each connection, and tells when the agent has left it.
async fn leavings() -> (String, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (left, leavings) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let left = left.clone();
            tokio::spawn(async move {
                let mut read = Vec::new();
                while !read.ends_with(b"\r\n\r\n") {
                    stream.read_buf(&mut read).await.unwrap();
                }
                stream.write_all(&response(&[], "hi")).await.unwrap();
                let _ = stream.read_to_end(&mut read).await;
                left.send(()).unwrap();
            });
        }
    });
    (url, leavings)
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_in_time() {
    let (url, mut leavings) = leavings().await;
    let mut page = any_page();
    page.fetch(get(&url)).await.unwrap().text().await.unwrap();
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    leavings.recv().await.unwrap();
    let kept = begin.elapsed();
    assert!(
        kept >= IDLE_CONNECTION_TIMEOUT && kept <= 2 * IDLE_CONNECTION_TIMEOUT + Duration::from_secs(1),
        "{kept:?}"
    );
    // The next one is too.
    tokio::time::resume();
    page.fetch(get(&url)).await.unwrap().text().await.unwrap();
    tokio::time::pause();
    leavings.recv().await.unwrap();
    drop(page);
}

#[tokio::test]
async fn the_connection_that_waited_longest_makes_room() {
    let (url, mut leavings) = leavings().await;
    let address = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let hosts: Vec<_> = (0..=MAX_IDLE_CONNECTIONS).map(|nth| format!("h{nth}.example")).collect();
    let resolving = hosts.iter().fold(transport(), |transport, host| transport.resolve(host, 80, address));
    let mut page = page(resolving.build(), Limits::default());
    for host in &hosts {
        page.fetch(get(format!("http://{host}/"))).await.unwrap().text().await.unwrap();
    }
    leavings.recv().await.unwrap();
    assert!(leavings.try_recv().is_err());
    drop(page);
}
