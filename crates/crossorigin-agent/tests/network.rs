//! Fetches over sockets: connections that are kept, and failures told apart.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Mode;
use crossorigin_agent::{Limits, Proxies};
use crossorigin_verdict::{Outcome, Record, TransportFailureKind as Kind};
use http::Method;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use self::support::{RawServer, Then, any_page, get, page, response, transport};

fn kind(record: &Record) -> Kind {
    match &record.outcome {
        Outcome::Unreachable(failure) => failure.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let server = RawServer::new(response(&[], "hi"), Then::Keep).await;
    let mut page = any_page();
    for _ in 0..3 {
        assert_eq!(page.fetch(get(server.url())).await.unwrap().text().await.unwrap(), "hi");
    }
    // A body that nobody reads does not cost the connection either, once it has come.
    drop(page.fetch(get(server.url())).await.unwrap());
    tokio::task::yield_now().await;
    let head = page.fetch(get(server.url()).method(Method::HEAD)).await;
    assert!(head.is_ok());
    assert_eq!((server.connections(), server.heads().len()), (1, 5));
    assert!(server.heads()[0].starts_with("GET / HTTP/1.1\r\n"), "{}", server.heads()[0]);
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_not_waited_for_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_buf(&mut Vec::new()).await.unwrap();
        let mut whole = response(&[], "hello");
        whole.pop();
        stream.write_all(&whole).await.unwrap();
        stream
    };
    let mut page = any_page();
    let (response, mut stream) = tokio::join!(page.fetch(get(url)), serve);
    // From here on, time goes by as soon as nothing else can happen.
    tokio::time::pause();
    drop(response.unwrap());
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(3600), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the connection is open after an hour");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_made_anew() {
    let server = RawServer::new(response(&[], "hi"), Then::Close).await;
    let mut page = any_page();
    for _ in 0..5 {
        assert_eq!(page.fetch(get(server.url())).await.unwrap().text().await.unwrap(), "hi");
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn a_request_is_sent_again_where_the_server_left_at_that_moment() {
    for (method, body, sent) in [
        (Method::GET, None, true),
        (Method::HEAD, None, true),
        (Method::DELETE, None, true),
        (Method::PUT, Some("x"), true),
        // What may have been done already is not done again.
        (Method::POST, None, false),
        (Method::POST, Some("x"), false),
        (Method::PATCH, None, false),
    ] {
        let count = AtomicUsize::new(0);
        // It takes the second request, and leaves.
        let server = RawServer::by(move |_| match count.fetch_add(1, Ordering::Relaxed) {
            1 => (Vec::new(), Then::Close),
            _ => (response(&[], "hi"), Then::Keep),
        })
        .await;
        let mut page = any_page();
        page.origin = server.url().trim_end_matches('/').parse().unwrap();
        page.fetch(get(server.url())).await.unwrap().text().await.unwrap();
        let mut again = get(server.url()).method(method.clone());
        if let Some(body) = body {
            again = again.body(body);
        }
        let (response, record) = page.fetch_recorded(again).await;
        assert_eq!(response.is_ok(), sent, "{method} {body:?}: {:?}", record.outcome);
        assert_eq!(server.connections(), if sent { 2 } else { 1 }, "{method} {body:?}");
    }
}

#[test]
fn an_agent_outlives_the_runtime_of_its_connections() {
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = servers.block_on(RawServer::new(response(&[], "hi"), Then::Keep));
    let mut page = any_page();
    for connections in 1..=3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for _ in 0..2 {
                assert_eq!(page.fetch(get(server.url())).await.unwrap().text().await.unwrap(), "hi");
            }
        });
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn hosts_are_where_they_are_said_to_be() {
    let server = RawServer::new(response(&[], "hi"), Then::Keep).await;
    let resolving = transport().resolve("api.example", 80, server.address).build();
    let mut page = page(resolving, Limits::default());
    let fetched =
        page.fetch(get("http://user:word@API.example/a?b#c").initiator(Initiator::Xhr)).await.unwrap();
    assert_eq!(fetched.text().await.unwrap(), "hi");
    let head = server.heads().remove(0);
    assert!(
        head.starts_with("GET /a?b HTTP/1.1\r\n") && head.contains("\r\nhost: api.example\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn failures_are_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stalls = RawServer::new(
        "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 9\r\n\r\nhi",
        Then::Keep,
    )
    .await;
    let large = RawServer::new(response(&[], &"x".repeat(2000)), Then::Keep).await;
    let blocked = RawServer::new("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Then::Keep).await;
    let mut limits = Limits::default();
    limits.max_body_bytes = 1000;
    let patient = page(transport().build(), limits);
    limits.head_timeout = Some(Duration::from_millis(200));
    limits.idle_timeout = Some(Duration::from_millis(200));
    let hasty = page(transport().build(), limits);
    for (url, page, expected) in [
        ("http://no-such-host.invalid/".to_owned(), &patient, Kind::Dns),
        (format!("http://{closed}/"), &patient, Kind::Refused),
        (format!("http://{}/", silent.local_addr().unwrap()), &hasty, Kind::TimedOut),
        (stalls.url(), &hasty, Kind::TimedOut),
        (large.url(), &patient, Kind::TooLarge),
    ] {
        let mut page = page.clone();
        let (response, record) = page.fetch_recorded(get(&url)).await;
        assert!(response.is_err(), "{url}");
        assert_eq!(kind(&record), expected, "{url}: {:?}", record.outcome);
        assert_eq!(record.exchanges.len(), 1, "{url}");
    }
    let (_, record) = patient.clone().fetch_recorded(get(blocked.url())).await;
    assert!(matches!(record.outcome, Outcome::Blocked(_)));
}

#[tokio::test]
async fn nothing_is_told_of_a_body_that_script_cannot_see() {
    let broken = RawServer::new("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", Then::Close).await;
    for initiator in [Initiator::Fetch, Initiator::Image] {
        let opaque = || get(broken.url()).initiator(initiator).mode(Mode::NoCors);
        assert!(any_page().fetch(opaque()).await.is_ok(), "{initiator:?}");
        let (response, record) = any_page().fetch_recorded(opaque()).await;
        assert_eq!(response.unwrap().text().await.unwrap(), "", "{initiator:?}");
        assert!(matches!(record.outcome, Outcome::Opaque(_)), "{initiator:?}: {:?}", record.outcome);
    }
}

#[tokio::test]
async fn a_dropped_fetch_is_aborted() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut page = any_page();
    let fetch = tokio::spawn(async move { page.fetch(get(url)).await.is_ok() });
    let (mut connection, _) = silent.accept().await.unwrap();
    let mut bytes = [0; 16];
    tokio::io::AsyncReadExt::read_exact(&mut connection, &mut bytes).await.unwrap();
    fetch.abort();
    let mut rest = Vec::new();
    // The connection ends with the fetch.
    tokio::io::AsyncReadExt::read_to_end(&mut connection, &mut rest).await.unwrap();
    assert!(fetch.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_length_of_a_body_is_said_as_the_standard_has_it() {
    for (method, body, expected) in [
        (Method::GET, None, None),
        (Method::POST, None, Some("0")),
        (Method::PUT, None, Some("0")),
        (Method::POST, Some(""), Some("0")),
        (Method::POST, Some("hi"), Some("2")),
        (Method::PATCH, None, None),
        (Method::DELETE, None, None),
        (Method::DELETE, Some("hi"), Some("2")),
    ] {
        let server = RawServer::new(response(&[], "hi"), Then::Close).await;
        let mut page = any_page();
        page.origin = server.url().trim_end_matches('/').parse().unwrap();
        let mut request = get(server.url()).method(method.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        page.fetch(request).await.unwrap();
        let head = server.heads().remove(0);
        let said: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("content-length: ")).collect();
        assert_eq!(said, Vec::from_iter(expected), "{method} {body:?}");
    }
}

#[tokio::test]
async fn connecting_has_a_bound_of_its_own() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let mut limits = Limits::default();
    limits.head_timeout = None;
    let proxy = Proxies::from_variables(|name| (name == "https_proxy").then(|| address.to_string())).unwrap();
    for (name, transport) in [("TLS", transport()), ("a proxy", transport().proxies(proxy))] {
        let mut page = page(transport.connect_timeout(Duration::from_millis(100)).build(), limits);
        let (_, record) = page.fetch_recorded(get(format!("https://{address}/"))).await;
        assert_eq!(kind(&record), Kind::TimedOut, "{name}");
    }
}

#[tokio::test]
async fn a_long_body_that_nobody_wants_is_not_read() {
    const LONG: usize = 1 << 40;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let written = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        let head =
            format!("HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: {LONG}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let (piece, mut written) = (vec![b'x'; 64 * 1024], 0);
        while stream.write_all(&piece).await.is_ok() {
            written += piece.len();
        }
        written
    });
    let mut page = any_page();
    drop(page.fetch(get(url)).await.unwrap());
    // Socket buffers take what nobody reads.
    assert!(written.await.unwrap() < 32 * 1024 * 1024);
}
