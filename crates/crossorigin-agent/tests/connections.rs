//! Which connections are used again, and how long they are kept.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use crossorigin_agent::{
    Body, Environment, IDLE_CONNECTION_TIMEOUT, Limits, MAX_IDLE_CONNECTIONS, MAX_IDLE_CONNECTIONS_PER_HOST,
};
use crossorigin_verdict::TransportFailure;
use futures_util::stream;
use http::Method;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};
use tokio::time::Instant;

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

#[tokio::test]
async fn what_was_misdirected_goes_to_another_connection_once() {
    for (method, body, statuses, expected, connections) in [
        (Method::GET, None, &["421", "200"][..], 200, 2),
        (Method::GET, None, &["421", "421", "200"], 421, 2),
        (Method::POST, Some("x"), &["421", "200"], 200, 2),
        (Method::GET, None, &["200", "421", "200"], 200, 2),
        (Method::GET, None, &["404", "200"], 404, 1),
    ] {
        let answered = AtomicUsize::new(0);
        let server = RawServer::by(move |_| {
            let status = statuses[answered.fetch_add(1, Ordering::Relaxed)];
            let head = format!(
                "HTTP/1.1 {status} x\r\naccess-control-allow-origin: *\r\ncontent-length: 2\r\n\r\nhi"
            );
            (head.into_bytes(), Then::Keep)
        })
        .await;
        let mut page = any_page();
        if statuses[0] == "200" {
            page.fetch(get(server.url())).await.unwrap().text().await.unwrap();
        }
        let mut request = get(server.url()).method(method);
        if let Some(body) = body {
            request = request.body(body);
        }
        let status = page.fetch(request).await.unwrap().status();
        assert_eq!((status, server.connections()), (expected, connections), "{statuses:?}");
    }
    // A stream is gone.
    let server = RawServer::new(&b"HTTP/1.1 421 x\r\ncontent-length: 0\r\n\r\n"[..], Then::Keep).await;
    let mut page = any_page();
    page.origin = server.url().trim_end_matches('/').parse().unwrap();
    let (body, pieces) = upload();
    drop(pieces);
    let status = page.fetch(get(server.url()).method(Method::POST).stream(body)).await.unwrap().status();
    assert_eq!((status, server.connections()), (421, 1));
}

/// A server that answers once on each connection, after so many have asked, and tells which hosts the agent has left.
async fn leavings(asked: usize) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (left, leavings) = mpsc::unbounded_channel();
    let all_asked = Arc::new(Barrier::new(asked));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (left, all_asked) = (left.clone(), Arc::clone(&all_asked));
            tokio::spawn(async move {
                let mut read = Vec::new();
                while !read.ends_with(b"\r\n\r\n") {
                    stream.read_buf(&mut read).await.unwrap();
                }
                let head = String::from_utf8(read.clone()).unwrap();
                let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
                all_asked.wait().await;
                stream.write_all(&response(&[], "hi")).await.unwrap();
                let _ = stream.read_to_end(&mut read).await;
                left.send(host.to_owned()).unwrap();
            });
        }
    });
    (address, leavings)
}

/// A page for which these hosts are one server.
fn page_of(hosts: &[String], address: SocketAddr) -> Environment {
    let transport = hosts.iter().fold(transport(), |transport, host| transport.resolve(host, 80, address));
    page(transport.build(), Limits::default())
}

async fn visit(page: &mut Environment, host: &str) {
    let fetched = page.fetch(get(format!("http://{host}/"))).await.unwrap();
    assert_eq!(fetched.text().await.unwrap(), "hi");
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_in_time() {
    let host = "a.example".to_owned();
    let (address, mut leavings) = leavings(1).await;
    let mut page = page_of(std::slice::from_ref(&host), address);
    visit(&mut page, &host).await;
    tokio::time::pause();
    let begin = Instant::now();
    assert_eq!(leavings.recv().await.unwrap(), host);
    let kept = begin.elapsed();
    let bound = 2 * IDLE_CONNECTION_TIMEOUT + Duration::from_secs(1);
    assert!(kept >= IDLE_CONNECTION_TIMEOUT && kept <= bound, "{kept:?}");
    // The next one is too.
    tokio::time::resume();
    visit(&mut page, &host).await;
    tokio::time::pause();
    assert_eq!(leavings.recv().await.unwrap(), host);
    drop(page);
}

#[tokio::test]
async fn a_connection_that_has_waited_too_long_is_not_taken() {
    let hosts = ["a.example".to_owned(), "b.example".to_owned()];
    let (address, mut leavings) = leavings(1).await;
    let mut page = page_of(&hosts, address);
    let leap = async |seconds| {
        // Whoever looks after them begins before that.
        tokio::task::yield_now().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    };
    visit(&mut page, &hosts[0]).await;
    leap(30).await;
    visit(&mut page, &hosts[1]).await;
    // Then idle connections are looked after, and not again for a minute.
    leap(31).await;
    assert_eq!(leavings.recv().await.unwrap(), hosts[0]);
    leap(30).await;
    visit(&mut page, &hosts[1]).await;
    assert_eq!(leavings.recv().await.unwrap(), hosts[1]);
    drop(page);
}

#[tokio::test]
async fn the_connection_that_waited_longest_makes_room() {
    let hosts: Vec<_> = (0..=MAX_IDLE_CONNECTIONS).map(|nth| format!("h{nth}.example")).collect();
    let (address, mut leavings) = leavings(1).await;
    let mut page = page_of(&hosts, address);
    for host in &hosts {
        visit(&mut page, host).await;
    }
    assert_eq!(leavings.recv().await.unwrap(), hosts[0]);
    assert!(leavings.try_recv().is_err());
    drop(page);
}

#[tokio::test]
async fn one_host_has_so_many_connections_and_no_more() {
    let host = "a.example".to_owned();
    let (address, mut leavings) = leavings(MAX_IDLE_CONNECTIONS_PER_HOST + 1).await;
    let page = page_of(std::slice::from_ref(&host), address);
    let visits = (0..=MAX_IDLE_CONNECTIONS_PER_HOST).map(|_| {
        let mut page = page.clone();
        async move { visit(&mut page, "a.example").await }
    });
    futures_util::future::join_all(visits).await;
    assert_eq!(leavings.recv().await.unwrap(), host);
    assert!(leavings.try_recv().is_err());
    drop(page);
}
