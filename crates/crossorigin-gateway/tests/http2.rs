//! HTTP/2 with clients: many requests at once, limits and time-outs of connections and streams, and their end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossorigin_gateway::{Gateway, Options};
use http::{Method, Request};
use support::http2::{Http2, block, frame, receive};
use support::{Client, PATIENCE, Response, answering, echoing, gateway, gateway_in, nobody, upstream};
use tokio::time::timeout;

const ORIGIN: (&str, &str) = ("origin", "https://app.example");
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

fn site(upstream: impl std::fmt::Display, limits: &str) -> String {
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"app\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n[limits]\n{limits}\n"
    )
}

/// An answer of the gateway's own, with the policy's headers.
#[track_caller]
fn is_own(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.allow_origin(), Some("https://app.example"));
    assert_eq!(response.vary(), ["origin"]);
    assert!(response.text().starts_with(&format!("{status} ")), "{}", response.text());
    assert_eq!(response.header("connection"), None);
}

fn request(method: Method, path: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(format!("http://a.example{path}"));
    request.header(ORIGIN.0, ORIGIN.1).body(()).unwrap()
}

#[tokio::test]
async fn requests_that_overlap_are_answered_in_any_order() {
    let (first, second) = (Arc::new(Mutex::new(None)), mpsc::channel::<()>());
    let (release, wait) = second;
    *first.lock().unwrap() = Some(wait);
    let upstream = upstream(move |mut connection| {
        while let Some(head) = connection.head() {
            if head.starts_with("GET /slow ") {
                first.lock().unwrap().take().unwrap().recv().unwrap();
            }
            let path = head.split(' ').nth(1).unwrap();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len()));
        }
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    let client = Arc::new(tokio::sync::Mutex::new(Http2::connect(address).await));
    let mut slow = Http2::connect(address).await;
    let slow = tokio::spawn(async move { slow.get("http://a/slow", &[ORIGIN]).await });
    let requests = client.lock().await.requests();
    let answers = (0..100).map(|nth| {
        let mut requests = requests.clone();
        tokio::spawn(async move {
            let (response, _) =
                requests.send_request(request(Method::GET, &format!("/{nth}")), true).unwrap();
            receive(response.await.unwrap()).await.unwrap()
        })
    });
    for (nth, answer) in answers.collect::<Vec<_>>().into_iter().enumerate() {
        let response = answer.await.unwrap();
        assert_eq!((response.status, response.text()), (200, format!("/{nth}")));
        assert_eq!(response.allow_origin(), Some("https://app.example"));
    }
    assert!(!slow.is_finished());
    release.send(()).unwrap();
    assert_eq!(slow.await.unwrap().text(), "/slow");
}

#[tokio::test]
async fn preflights_are_answered() {
    let (_gateway, address) = gateway(&site(nobody(), "").replace("]\n[[l", "]\nmethods = [\"PUT\"]\n[[l"));
    let mut client = Http2::connect(address).await;
    let mut preflight = request(Method::OPTIONS, "/");
    preflight.headers_mut().insert("access-control-request-method", "PUT".parse().unwrap());
    let response = client.send(preflight, None).await.unwrap();
    assert_eq!((response.status, response.allow_origin()), (204, Some("https://app.example")));
    assert_eq!(response.header("access-control-allow-methods"), Some("PUT"));
}

#[tokio::test]
async fn large_bodies_pass_both_ways() {
    let upstream = upstream(|mut connection| {
        while let Some(head) = connection.head() {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let body = connection.body(length.parse().unwrap());
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
            connection.send(body);
        }
    });
    let (_gateway, address) = gateway(&site(upstream, ""));
    let client = Http2::connect(address).await;
    let body: Vec<u8> = (0..5_000_000_u32).map(|nth| (nth % 251) as u8).collect();
    let mut post = request(Method::POST, "/");
    post.headers_mut().insert("content-length", body.len().into());
    let (response, mut stream) = client.requests().send_request(post, false).unwrap();
    let sent = body.clone();
    let sending = tokio::spawn(async move {
        for piece in sent.chunks(10_000) {
            stream.reserve_capacity(piece.len());
            let mut rest = piece;
            while !rest.is_empty() {
                let capacity =
                    std::future::poll_fn(|context| stream.poll_capacity(context)).await.unwrap().unwrap();
                let (now, later) = rest.split_at(capacity.min(rest.len()));
                stream.send_data(Bytes::copy_from_slice(now), false).unwrap();
                rest = later;
            }
        }
        stream.send_data(Bytes::new(), true).unwrap();
    });
    let response = receive(response.await.unwrap()).await.unwrap();
    sending.await.unwrap();
    assert!(response.status == 200 && response.body == body);
}

#[tokio::test]
async fn files_and_heads_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let site = site("x", "").replace("upstream = \"http://x\"", "files = \".\"");
    let (_gateway, address) = gateway_in(folder.path(), &site);
    let mut client = Http2::connect(address).await;
    for (method, body) in [(Method::GET, "text"), (Method::HEAD, "")] {
        let response = client.send(request(method, "/a.txt"), None).await.unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, body));
        assert_eq!(response.header("content-length"), Some("4"));
        assert_eq!(response.allow_origin(), Some("https://app.example"));
    }
}

#[tokio::test]
async fn the_gateways_own_answers_have_the_policys_headers() {
    let (_gateway, address) =
        gateway(&site(nobody(), "head_bytes = \"8KiB\"\nheader_lines = 5\nbody_bytes = 10"));
    let mut client = Http2::connect(address).await;
    is_own(&client.get("http://a/", &[ORIGIN]).await, 502);
    is_own(&client.get("http://a/%2e%2e/x", &[ORIGIN]).await, 400);
    is_own(&client.get("http://a/", &[ORIGIN, ("x", &"y".repeat(9000))]).await, 431);
    is_own(&client.get(&format!("http://a/{}", "y".repeat(9000)), &[ORIGIN]).await, 414);
    is_own(
        &client.get("http://a/", &[ORIGIN, ("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")]).await,
        431,
    );
    // Cookies are one line, however they come.
    let cookies = [
        ORIGIN,
        ("cookie", "a=b"),
        ("cookie", "c=d"),
        ("cookie", "e=f"),
        ("cookie", "g=h"),
        ("cookie", "i=j"),
    ];
    is_own(&client.get("http://a/", &cookies).await, 502);
    is_own(&client.send(request(Method::POST, "/"), Some(b"more than ten bytes")).await.unwrap(), 502);
    let mut post = request(Method::POST, "/");
    post.headers_mut().insert("content-length", 19.into());
    is_own(&client.send(post, Some(b"more than ten bytes")).await.unwrap(), 413);
    // And the connection has survived it all.
    is_own(&client.get("http://a/", &[ORIGIN]).await, 502);
}

#[tokio::test]
async fn a_body_that_stands_still_is_a_408_and_others_go_on() {
    let (_gateway, address) = gateway(&site(echoing(), "stall_timeout = \"300ms\""));
    let mut client = Http2::connect(address).await;
    let mut post = request(Method::POST, "/");
    post.headers_mut().insert("content-length", 4.into());
    let (response, mut stream) = client.requests().send_request(post, false).unwrap();
    stream.send_data(Bytes::from_static(b"a"), false).unwrap();
    let stalled = tokio::spawn(async move { receive(response.await.unwrap()).await.unwrap() });
    assert_eq!(client.get("http://a/", &[ORIGIN]).await.status, 200);
    // The upstream of this test answers without waiting for the body: what it says is passed on.
    let response = timeout(PATIENCE, stalled).await.unwrap().unwrap();
    assert!(matches!(response.status, 200 | 408), "{}", response.status);
    assert_eq!(response.allow_origin(), Some("https://app.example"));

    let upstream = upstream(|mut connection| {
        connection.head();
        while connection.some().is_some() {}
    });
    let (_gateway, address) = gateway(&site(upstream, "stall_timeout = \"300ms\""));
    let client = Http2::connect(address).await;
    let (response, mut stream) = client.requests().send_request(request(Method::POST, "/"), false).unwrap();
    stream.send_data(Bytes::from_static(b"a"), false).unwrap();
    is_own(&receive(response.await.unwrap()).await.unwrap(), 408);
}

#[tokio::test]
async fn an_upstream_that_breaks_off_resets_the_stream() {
    let upstream = answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
    let (_gateway, address) = gateway(&site(upstream, "upstream_timeout = \"200ms\""));
    let client = Http2::connect(address).await;
    for _ in 0..2 {
        let (response, _) = client.requests().send_request(request(Method::GET, "/"), true).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
        assert!(receive(response).await.unwrap_err().is_reset());
    }
}

/// An upstream whose answer never ends.
fn endless() -> SocketAddr {
    upstream(|mut connection| {
        while let Some(head) = connection.head() {
            if head.starts_with("GET /endless ") {
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
                while connection.try_send(&chunk) {}
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    })
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_an_answer_loses_the_stream_and_no_other() {
    let (_gateway, address) = gateway(&site(endless(), "stall_timeout = \"300ms\""));
    let mut client = Http2::connect(address).await;
    let began = Instant::now();
    let (response, _) = client.requests().send_request(request(Method::GET, "/endless"), true).unwrap();
    let mut stuck = response.await.unwrap().into_body();
    let mut others = 0;
    let error = loop {
        let response = client.get("http://a/", &[ORIGIN]).await;
        assert_eq!((response.status, response.allow_origin()), (200, Some("https://app.example")));
        others += 1;
        // Data that came before is kept; the window for more is never opened.
        let polled = timeout(Duration::from_millis(1), async {
            while let Some(data) = stuck.data().await {
                data?;
            }
            Ok::<_, h2::Error>(())
        });
        match polled.await {
            Ok(ended) => break ended.unwrap_err(),
            Err(_) => assert!(began.elapsed() < PATIENCE),
        }
    };
    assert!(error.is_reset() && others > 1, "{error}, {others} others");
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_client_that_opens_no_window_loses_the_stream() {
    let (_gateway, address) = gateway(&site(endless(), "stall_timeout = \"300ms\""));
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut requests, connection) =
        h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(stream).await.unwrap();
    tokio::spawn(connection);
    let began = Instant::now();
    let (response, _) = requests.send_request(request(Method::GET, "/endless"), true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
    let data = timeout(PATIENCE, response.into_body().data()).await.unwrap();
    assert!(data.unwrap().unwrap_err().is_reset());
    assert!(began.elapsed() >= Duration::from_millis(300));
    // And what has no body is answered.
    assert_eq!(
        requests.send_request(request(Method::HEAD, "/"), true).unwrap().0.await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn a_connection_without_requests_is_told_to_leave() {
    let (_gateway, address) = gateway(&site(echoing(), "idle_timeout = \"300ms\""));
    let mut client = Http2::connect(address).await;
    let began = Instant::now();
    assert_eq!(client.get("http://a/", &[ORIGIN]).await.status, 200);
    let ended = timeout(PATIENCE, &mut client.connection).await.unwrap().unwrap();
    assert!(ended.is_ok(), "by GOAWAY: {ended:?}");
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[test]
fn one_that_says_nothing_is_closed() {
    let (_gateway, address) = gateway(&site(echoing(), "idle_timeout = \"300ms\"\nhead_timeout = \"200ms\""));
    for beginning in [&b""[..], PREFACE, &[PREFACE, SETTINGS].concat()] {
        let began = Instant::now();
        let mut client = Client::connect(address);
        client.send(beginning);
        client.read_to_end();
        let elapsed = began.elapsed();
        assert!(elapsed >= Duration::from_millis(200) && elapsed < PATIENCE / 2, "{elapsed:?}");
    }
    // Part of the preface is part of a head of HTTP/1.1.
    let mut client = Client::connect(address);
    client.send(&PREFACE[..10]);
    is_own_of_nobody(&client.response());
}

#[track_caller]
fn is_own_of_nobody(response: &Response) {
    assert_eq!((response.status, response.allow_origin()), (408, None));
}

#[test]
fn slow_heads_end_their_connection() {
    let (_gateway, address) = gateway(&site(echoing(), "head_timeout = \"300ms\""));
    let head = block(&[(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"a")]);
    let begun = [PREFACE, SETTINGS].concat();
    for (name, rest) in [
        ("half a frame header", frame(1, 5, 1, &head)[..5].to_vec()),
        ("half a frame", frame(1, 5, 1, &head)[..15].to_vec()),
        ("no end of the head", frame(1, 1, 1, &head)),
        ("half a ping", frame(6, 0, 0, &[0; 8])[..12].to_vec()),
    ] {
        let began = Instant::now();
        let mut client = Client::connect(address);
        client.send([&begun[..], &rest].concat());
        client.read_to_end();
        let elapsed = began.elapsed();
        assert!(elapsed >= Duration::from_millis(300) && elapsed < PATIENCE / 2, "{name}: {elapsed:?}");
    }
    // One that drips is no better.
    let began = Instant::now();
    let mut client = Client::connect(address);
    client.send([&begun[..], &frame(1, 1, 1, &[0; 16_000])[..100]].concat());
    while client.try_send(b"\0") {
        assert!(began.elapsed() < PATIENCE, "it goes on for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn only_so_many_streams_are_open_at_once() {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let upstream = upstream(move |mut connection| {
        while connection.head().is_some() {
            let _ = wait.lock().unwrap().recv();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let (_gateway, address) = gateway(&site(upstream, "streams = 3"));
    // Once the settings of the gateway have come, the client keeps to them.
    let mut client = Http2::connect(address).await;
    is_own(&client.get("http://a/%2e/", &[ORIGIN]).await, 400);
    let requests = client.requests();
    let answers: Vec<_> = (0..6)
        .map(|_| {
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut requests = requests.ready().await?;
                receive(requests.send_request(request(Method::GET, "/"), true)?.0.await?).await
            })
        })
        .collect();
    assert_eq!(requests.current_max_send_streams(), 3);
    for _ in 0..6 {
        release.send(()).unwrap();
    }
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_gateway_that_ends_lets_streams_end() {
    let (release, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let upstream = upstream(move |mut connection| {
        while connection.head().is_some() {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
            begun.send(()).unwrap();
            let _ = wait.lock().unwrap().recv();
            connection.send("ok");
        }
    });
    let options = Options::with_workers(NonZeroUsize::MIN);
    let gateway = Gateway::bind(support::site(".".as_ref(), &site(upstream, "")), options).unwrap();
    let address = gateway.addresses()[0];
    let mut idle = Http2::connect(address).await;
    is_own(&idle.get("http://a/%2e/", &[ORIGIN]).await, 400);
    let mut client = Http2::connect(address).await;
    let (response, _) = client.requests().send_request(request(Method::GET, "/"), true).unwrap();
    let response = response.await.unwrap();
    has_begun.recv().unwrap();

    gateway.handle().shutdown();
    let waiting = tokio::task::spawn_blocking(move || gateway.wait());
    assert!(timeout(PATIENCE, &mut idle.connection).await.unwrap().unwrap().is_ok());
    assert!(!waiting.is_finished());
    // No new stream is begun on a connection that is to end.
    let refused = async {
        loop {
            match client.requests().ready().await {
                Err(_) => break,
                Ok(_) => tokio::task::yield_now().await,
            }
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
    release.send(()).unwrap();
    assert_eq!(receive(response).await.unwrap().text(), "okok");
    assert!(timeout(PATIENCE, &mut client.connection).await.unwrap().unwrap().is_ok());
    assert!(waiting.await.unwrap(), "all requests ended by themselves");
}

#[tokio::test]
async fn beyond_its_connections_a_listener_says_so() {
    let (_gateway, address) = gateway(&site(echoing(), "connections = 1"));
    let mut first = Http2::connect(address).await;
    assert_eq!(first.get("http://a/", &[ORIGIN]).await.status, 200);
    let mut second = Http2::connect(address).await;
    let response = second.get("http://a/", &[ORIGIN]).await;
    is_own(&response, 503);
    assert_eq!(response.header("retry-after"), Some("1"));
    assert!(timeout(PATIENCE, &mut second.connection).await.unwrap().unwrap().is_ok());
    assert_eq!(first.get("http://a/", &[ORIGIN]).await.status, 200);
}
