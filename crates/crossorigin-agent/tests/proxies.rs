//! What goes to proxies, what goes through them, and what of them goes no further.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;

use crossorigin::html::Initiator;
use crossorigin_agent::{HttpTransportBuilder, Limits, Proxies};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use self::support::authority::authority;
use self::support::{RawServer, Then, get, page, response, transport};

/// All requests go to this proxy, which asks who sends them.
fn through(proxy: SocketAddr) -> HttpTransportBuilder {
    let url = format!("http://user:word@{proxy}");
    transport().proxies(Proxies::from_variables(|name| (name == "all_proxy").then(|| url.clone())).unwrap())
}

#[track_caller]
fn assert_says(outcome: Outcome, told: &str) {
    match outcome {
        Outcome::Unreachable(failure) => {
            assert!(failure.kind == Kind::Proxy && failure.message.contains(told), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn proxies_are_spoken_to_as_they_expect() {
    let proxy = RawServer::by(|head| {
        let answer = if head.starts_with("CONNECT refused") { "HTTP/1.1 407 No\r\n\r\n" } else { "" };
        if head.starts_with("GET") { (response(&[], "hi"), Then::Keep) } else { (answer.into(), Then::Close) }
    })
    .await;
    let mut page = page(through(proxy.address).build(), Limits::default());
    let fetched =
        page.fetch(get("http://own:secret@api.example/a?b").initiator(Initiator::Xhr)).await.unwrap();
    assert_eq!(fetched.text().await.unwrap(), "hi");
    let head = proxy.heads().remove(0);
    assert!(head.starts_with("GET http://api.example/a?b HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: api.example\r\n"), "{head}");
    assert!(head.contains("\r\nproxy-authorization: Basic dXNlcjp3b3Jk\r\n"), "{head}");
    for (url, told) in [
        ("https://refused.example/", "refused CONNECT refused.example:443: HTTP/1.1 407 No"),
        ("https://gone.example:8443/", "did not answer CONNECT gone.example:8443 in HTTP"),
    ] {
        let (_, record) = page.fetch_recorded(get(url)).await;
        assert_says(record.outcome, told);
    }
}

#[tokio::test]
async fn a_proxy_writes_no_control_bytes_into_a_failure() {
    let proxy = RawServer::by(|_| {
        let answer = format!("HTTP/1.1 403 \x1b[2J\x07{}\r\n\r\n", "x".repeat(10_000));
        (answer.into_bytes(), Then::Close)
    })
    .await;
    let mut page = page(through(proxy.address).build(), Limits::default());
    let (_, record) = page.fetch_recorded(get("https://api.example/")).await;
    let Outcome::Unreachable(failure) = record.outcome else { panic!("{:?}", record.outcome) };
    assert_eq!(failure.kind, Kind::Proxy);
    assert!(!failure.message.contains(char::is_control) && failure.message.len() < 300, "{failure}");
}

#[tokio::test]
async fn a_proxy_that_asks_for_a_password_is_not_the_server() {
    let asks =
        "HTTP/1.1 407 Who are you\r\nproxy-authenticate: Basic\r\naccess-control-allow-origin: *\r\n\r\n";
    let proxy = RawServer::new(asks, Then::Close).await;
    let mut page = page(through(proxy.address).build(), Limits::default());
    let (_, record) = page.fetch_recorded(get("http://api.example/")).await;
    assert_says(record.outcome, "the proxy asks for a user name and password");
}

#[tokio::test]
async fn a_proxy_can_not_answer_without_end() {
    let proxy = RawServer::new(vec![b'x'; 1024 * 1024], Then::Keep).await;
    let mut page = page(through(proxy.address).build(), Limits::default());
    let (_, record) = page.fetch_recorded(get("https://api.example/")).await;
    assert_says(record.outcome, "did not answer CONNECT api.example:443 in HTTP");
}

#[tokio::test]
async fn what_a_proxy_is_told_goes_no_further() {
    let (pem, acceptor) = authority(&["http/1.1"], false);
    let tunnel = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tunnel.local_addr().unwrap();
    let heads = tokio::spawn(async move {
        let (mut stream, _) = tunnel.accept().await.unwrap();
        let to_proxy = read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let to_server = read_head(&mut stream).await;
        stream.write_all(&response(&[], "hi")).await.unwrap();
        // The answer is read before TLS ends.
        let _ = stream.read_u8().await;
        [to_proxy, to_server]
    });
    let trusting = through(address).root_certificates(pem.as_bytes()).unwrap();
    let mut tunnelled = page(trusting.build(), Limits::default());
    assert_eq!(tunnelled.fetch(get("https://api.example/")).await.unwrap().text().await.unwrap(), "hi");
    drop(tunnelled);
    let [to_proxy, to_server] = heads.await.unwrap();
    assert!(to_proxy.starts_with("CONNECT") && to_proxy.contains("\r\nproxy-authorization: "), "{to_proxy}");
    assert!(to_server.starts_with("GET / ") && !to_server.contains("proxy-"), "{to_server}");
    // A redirect leads from what is asked through the proxy to what is not.
    let server = RawServer::new(response(&[], "hi"), Then::Keep).await;
    let onward = format!("location: http://direct.example:{}/", server.address.port());
    let head = format!(
        "HTTP/1.1 302 Found\r\naccess-control-allow-origin: *\r\n{onward}\r\ncontent-length: 0\r\n\r\n"
    );
    let proxy = RawServer::new(head, Then::Keep).await;
    let url = format!("http://user:word@{}", proxy.address);
    let proxies = Proxies::from_variables(|name| match name {
        "http_proxy" => Some(url.clone()),
        "no_proxy" => Some("direct.example".to_owned()),
        _ => None,
    });
    let direct = transport().resolve("direct.example", server.address.port(), server.address);
    let mut page = page(direct.proxies(proxies.unwrap()).build(), Limits::default());
    assert_eq!(page.fetch(get("http://api.example/")).await.unwrap().text().await.unwrap(), "hi");
    assert!(proxy.heads()[0].contains("\r\nproxy-authorization: "));
    assert!(!server.heads()[0].contains("proxy-"), "{}", server.heads()[0]);
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
