//! TLS and HTTP/2, with authorities that are made for one test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use crossorigin::html::Initiator;
use crossorigin_agent::{Environment, HttpTransportBuilder, Limits, Proxies};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use http::{Method, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use self::support::authority::{authority, self_signed};
use self::support::{RawServer, Then, get, page, response, transport};

/// Answers with the version, the path and the body that came.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let host = head.uri.authority().map_or_else(String::new, ToString::to_string);
    let text = format!("{:?} {} {host} {body}", head.version, head.uri.path());
    let mut response = Response::new(Full::from(text));
    response.headers_mut().insert("access-control-allow-origin", "*".parse().unwrap());
    if head.uri.path() == "/many" {
        for nth in 0..10_000 {
            let name = format!("x-{nth}").parse::<http::HeaderName>().unwrap();
            response.headers_mut().insert(name, "a value of some length".parse().unwrap());
        }
    }
    Ok(response)
}

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn new(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(acceptor.clone(), stream));
            }
        });
        Self { address, connections }
    }

    fn page(&self, transport: HttpTransportBuilder) -> Environment {
        let transport = transport.resolve("api.example", 443, self.address);
        page(transport.resolve("other.example", 443, self.address).build(), Limits::default())
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let (stream, service) = (TokioIo::new(stream), service_fn(echo));
    // How the agent leaves is its own matter.
    if is_http2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(stream, service).await;
    }
}

fn trusting(pem: &str) -> HttpTransportBuilder {
    transport().root_certificates(pem.as_bytes()).unwrap()
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    for (protocols, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["h2"], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let (pem, acceptor) = authority(protocols, false);
        let server = Server::new(acceptor).await;
        let mut page = server.page(trusting(&pem));
        for _ in 0..2 {
            let post = get("https://user:word@api.example/path").method(Method::POST).body("body");
            let post = post.initiator(Initiator::Xhr);
            let (response, record) = page.fetch_recorded(post).await;
            let text = response.unwrap_or_else(|_| panic!("{:?}", record.outcome)).text().await.unwrap();
            let host = if version == Version::HTTP_2 { "api.example" } else { "" };
            assert_eq!(text, format!("{version:?} /path {host} body"));
            assert_eq!(record.exchanges[0].answer.as_ref().unwrap().version, version);
        }
        assert_eq!(server.connections.load(Ordering::Relaxed), 1, "{protocols:?}");
    }
}

#[tokio::test]
async fn one_connection_of_http2_serves_many_at_a_time() {
    let (pem, acceptor) = authority(&["h2"], false);
    let server = Server::new(acceptor).await;
    let mut page = server.page(trusting(&pem));
    page.fetch(get("https://api.example/")).await.unwrap();
    let fetches = (0..20).map(|nth| {
        let mut page = page.clone();
        tokio::spawn(async move {
            page.fetch(get(format!("https://api.example/{nth}"))).await.unwrap().text().await
        })
    });
    for (nth, fetch) in fetches.collect::<Vec<_>>().into_iter().enumerate() {
        assert!(fetch.await.unwrap().unwrap().contains(&format!("/{nth} ")));
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn failures_of_tls_are_told_apart() {
    let (pem, acceptor) = authority(&["h2"], false);
    let server = Server::new(acceptor).await;
    let (old_pem, old_acceptor) = authority(&["h2"], true);
    let old = Server::new(old_acceptor).await;
    let own = Server::new(self_signed()).await;
    let (unknown, itself) = ("of no authority that is trusted here", "is an authority's");
    for (name, server, transport, url, told) in [
        ("unknown authority", &server, transport(), "https://api.example/", unknown),
        (
            "another name",
            &server,
            trusting(&pem),
            "https://other.example/",
            "not for other.example but for api.example",
        ),
        ("expired", &old, trusting(&old_pem), "https://api.example/", "its certificate expired "),
        ("of itself", &own, transport(), "https://api.example/", itself),
    ] {
        let (response, record) = server.page(transport).fetch_recorded(get(url)).await;
        assert!(response.is_err(), "{name}");
        match record.outcome {
            Outcome::Unreachable(failure) => {
                assert_eq!(failure.kind, Kind::Tls, "{name}: {failure}");
                assert!(failure.message.contains(told), "{name}: {failure}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    // A server that speaks no TLS.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    let answer = tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let (_, record) = page(transport().build(), Limits::default()).fetch_recorded(get(url)).await;
    let Outcome::Unreachable(failure) = &record.outcome else { panic!("{:?}", record.outcome) };
    assert_eq!(failure.kind, Kind::Tls);
    assert!(failure.message.contains("answered what is no TLS"), "{failure}");
    answer.await.unwrap();
}

#[tokio::test]
async fn ten_thousand_headers_of_http2_are_too_many() {
    let (pem, acceptor) = authority(&["h2"], false);
    let server = Server::new(acceptor).await;
    let mut page = server.page(trusting(&pem));
    let (_, record) = page.fetch_recorded(get("https://api.example/many")).await;
    match record.outcome {
        Outcome::Unreachable(failure) => assert_eq!(failure.kind, Kind::TooLarge, "{failure}"),
        other => panic!("{other:?}"),
    }
    assert!(page.fetch(get("https://api.example/")).await.is_ok());
}

#[tokio::test]
async fn tls_goes_through_proxies() {
    let (pem, acceptor) = authority(&["h2"], false);
    let server = Server::new(acceptor).await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (name, target) = (proxy.local_addr().unwrap().to_string(), server.address);
    let asked = tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n").await.unwrap();
        let mut onward = TcpStream::connect(target).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
        String::from_utf8(head).unwrap()
    });
    let proxies =
        Proxies::from_variables(|variable| (variable == "https_proxy").then(|| name.clone())).unwrap();
    let mut page = page(trusting(&pem).proxies(proxies).build(), Limits::default());
    let text = page.fetch(get("https://api.example/")).await.unwrap().text().await.unwrap();
    assert!(text.starts_with("HTTP/2.0 / api.example"), "{text}");
    drop(page);
    assert!(
        asked.await.unwrap().starts_with("CONNECT api.example:443 HTTP/1.1\r\nhost: api.example:443\r\n")
    );
}

#[tokio::test]
async fn addresses_have_certificates_too_and_are_not_named() {
    for host in ["127.0.0.1", "[::1]"] {
        let (pem, acceptor) = authority(&["http/1.1"], false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let transport = trusting(&pem).resolve(host, address.port(), address);
        let named = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.write_all(&response(&[], "hi")).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
            stream.get_ref().1.server_name().map(ToOwned::to_owned)
        });
        let mut page = page(transport.build(), Limits::default());
        let (response, record) =
            page.fetch_recorded(get(format!("https://{host}:{}/", address.port()))).await;
        assert!(response.is_ok(), "{host}: {:?}", record.outcome);
        drop(page);
        assert_eq!(named.await.unwrap(), None, "{host}");
    }
}

#[tokio::test]
async fn what_is_asked_for_in_tls_never_goes_without() {
    let (pem, acceptor) = authority(&["http/1.1"], false);
    let server = Server::new(acceptor).await;
    let plain = RawServer::new(response(&[], "plain"), Then::Keep).await;
    let transport = trusting(&pem).resolve("api.example", 443, server.address);
    let mut page = page(transport.resolve("api.example", 80, plain.address).build(), Limits::default());
    for _ in 0..2 {
        for (url, expected) in [("http://api.example/", "plain"), ("https://api.example/", "HTTP/1.1 /  ")] {
            assert_eq!(page.fetch(get(url)).await.unwrap().text().await.unwrap(), expected, "{url}");
        }
    }
    assert_eq!((server.connections.load(Ordering::Relaxed), plain.connections()), (1, 1));
}

#[tokio::test]
async fn an_end_without_a_farewell_is_an_end() {
    let shared = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\n";
    for (name, rest, whole) in [
        ("no length", "\r\nhi", true),
        ("half a body", "content-length: 9\r\n\r\nhi", false),
        ("no last chunk", "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n", false),
        ("half a head", "x: 1\r\n", false),
    ] {
        let (pem, acceptor) = authority(&["http/1.1"], false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let transport = trusting(&pem).resolve("api.example", 443, listener.local_addr().unwrap());
        let answer = format!("{shared}{rest}");
        let served = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            // The connection ends, and TLS does not say so.
            drop(stream.into_inner());
        });
        let mut page = page(transport.build(), Limits::default());
        let (response, record) = page.fetch_recorded(get("https://api.example/")).await;
        served.await.unwrap();
        match response {
            Ok(response) => {
                assert!(whole, "{name}");
                assert_eq!(response.text().await.unwrap(), "hi", "{name}");
            }
            Err(_) => match record.outcome {
                Outcome::Unreachable(failure) if !whole => {
                    assert_eq!(failure.kind, Kind::Reset, "{name}: {failure}");
                }
                other => panic!("{name}: {other:?}"),
            },
        }
    }
}

#[tokio::test]
async fn any_certificate_is_accepted_where_that_is_asked_for() {
    for acceptor in [authority(&["h2"], false).1, authority(&["h2"], true).1, self_signed()] {
        let server = Server::new(acceptor).await;
        assert!(server.page(transport()).fetch(get("https://other.example/")).await.is_err());
        let mut page = server.page(transport().accept_any_certificate());
        assert!(page.fetch(get("https://other.example/")).await.is_ok());
    }
}
