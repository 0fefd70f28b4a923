//! What comes before and after an answer: informational answers, and trailers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::net::SocketAddr;
use std::sync::mpsc;

use support::http2::Http2;
use support::{Client, PATIENCE, answering, gateway, request, upstream};

fn site(upstream: SocketAddr) -> String {
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\nexposed_headers = [\"x-sum\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n"
    )
}

const WITH_TRAILERS: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
                             5\r\nhello\r\n0\r\nX-Sum: abc\r\nX-Other: no\r\n\r\n";
const ORIGIN: &str = "Origin: https://app.example";

#[test]
fn trailers_of_an_answer_reach_those_who_take_them() {
    let (_gateway, address) = gateway(&site(answering(WITH_TRAILERS)));
    let mut client = Client::connect(address);
    for _ in 0..3 {
        client.send(request("GET", "/", &[ORIGIN, "TE: trailers", "Connection: TE"]));
        let head = client.head();
        assert_eq!(
            (head.header("trailer"), head.allow_origin()),
            (Some("X-Sum"), Some("https://app.example"))
        );
        // Only what was announced.
        client.read_until("5\r\nhello\r\n0\r\nx-sum: abc\r\n\r\n");
        client.clear();
    }
    // Who does not say so gets the body alone, and the connection goes on.
    for _ in 0..3 {
        let response = client.send(request("GET", "/", &[ORIGIN])).response();
        assert_eq!((response.text().as_str(), response.is_whole), ("hello", true));
    }
}

#[test]
fn a_connection_that_carried_trailers_carries_the_next_request() {
    let upstream = upstream(|mut connection| {
        while connection.head().is_some() {
            let number = connection.number;
            connection.send(format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Connection: {number}\r\n\r\n2\r\nok\r\n0\r\nX-Sum: a\r\n\r\n"
            ));
        }
    });
    let (_gateway, address) = gateway(&site(upstream));
    let mut client = Client::connect(address);
    for lines in [&["TE: trailers"][..], &[], &["TE: trailers"], &[]] {
        let response = client.send(request("GET", "/", lines)).response();
        assert_eq!((response.text().as_str(), response.header("x-connection")), ("ok", Some("0")));
    }
}

#[tokio::test]
async fn trailers_of_an_answer_reach_clients_of_http2() {
    let (_gateway, address) = gateway(&site(answering(WITH_TRAILERS)));
    let client = Http2::connect(address).await;
    let mut requests = client.requests().ready().await.unwrap();
    let request = http::Request::get("http://gateway.example/").body(()).unwrap();
    let (response, _) = requests.send_request(request, true).unwrap();
    let mut body = response.await.unwrap().into_body();
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        bytes.extend_from_slice(&piece);
    }
    assert_eq!(bytes, b"hello");
    // Here nothing has to be announced.
    let trailers = body.trailers().await.unwrap().unwrap();
    assert_eq!((&trailers["x-sum"], &trailers["x-other"]), (&"abc".parse().unwrap(), &"no".parse().unwrap()));
}

#[test]
fn trailers_of_a_request_reach_the_upstream() {
    let upstream = upstream(|mut connection| {
        while let Some(head) = connection.head() {
            let announces = head.to_lowercase().contains("\r\ntrailer: x-sum\r\n");
            let mut body = Vec::new();
            while !body.ends_with(b"\r\n\r\n") {
                body.extend(connection.some().unwrap());
            }
            let body = format!("{announces} {}", String::from_utf8_lossy(&body));
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        }
    });
    let (_gateway, address) = gateway(&site(upstream));
    let mut client = Client::connect(address);
    for _ in 0..3 {
        client.send(request("POST", "/", &["Transfer-Encoding: chunked", "Trailer: X-Sum"]));
        let response = client.send("5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n").response();
        assert_eq!(response.text(), "true 5\r\nhello\r\n0\r\nx-sum: abc\r\n\r\n");
    }
}

#[test]
fn early_hints_go_before_the_answer_to_those_who_navigate() {
    let (go, going) = mpsc::channel::<()>();
    let going = std::sync::Mutex::new(going);
    let upstream = upstream(move |mut connection| {
        while connection.head().is_some() {
            connection.send(
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\
                 Set-Cookie: a=b\r\nAccess-Control-Allow-Origin: *\r\n\r\n",
            );
            going.lock().unwrap().recv_timeout(PATIENCE).unwrap();
            connection.send("HTTP/1.1 103 Early Hints\r\nLink: </c.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let (_gateway, address) = gateway(&site(upstream));
    let mut client = Client::connect(address);
    for _ in 0..3 {
        client.send(request("GET", "/", &[ORIGIN, "Sec-Fetch-Mode: navigate"]));
        let hints = client.head();
        assert_eq!(hints.status, 103);
        let link = |value: &str| ("link".to_owned(), value.to_owned());
        assert_eq!(hints.headers, [link("</a.css>; rel=preload"), link("</b.js>; rel=preload")]);
        // They come at once, not with the answer.
        go.send(()).unwrap();
        let more = client.head();
        assert_eq!((more.status, more.headers), (103, vec![link("</c.css>")]));
        let response = client.response();
        assert_eq!((response.status, response.text().as_str()), (200, "ok"));
        assert_eq!(response.allow_origin(), Some("https://app.example"));
    }
    // Others are told nothing but the answer.
    for lines in [&[ORIGIN][..], &["Sec-Fetch-Mode: cors"]] {
        go.send(()).unwrap();
        assert_eq!(client.send(request("GET", "/", lines)).response().status, 200);
    }
}

#[test]
fn a_body_is_asked_for_when_the_upstream_asks() {
    let upstream = upstream(|mut connection| {
        while let Some(head) = connection.head() {
            let head = head.to_lowercase();
            assert!(head.contains("\r\nexpect: 100-continue\r\n"), "{head}");
            if head.starts_with("put /no ") {
                connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
                // Nothing of the body comes.
                assert_eq!(connection.some(), None);
                return;
            }
            connection.send("HTTP/1.1 100 Continue\r\n\r\n");
            let body = String::from_utf8(connection.body(5)).unwrap();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}"));
        }
    });
    let (_gateway, address) = gateway(&site(upstream));
    let lines = [ORIGIN, "Expect: 100-continue", "Content-Length: 5"];
    let mut client = Client::connect(address);
    for _ in 0..3 {
        client.send(request("PUT", "/yes", &lines));
        assert_eq!(client.head().status, 100);
        assert_eq!(client.send("hello").response().text(), "hello");
    }
    // What is refused is refused before the client has sent it.
    client.send(request("PUT", "/no", &lines));
    let response = client.response();
    assert_eq!((response.status, response.allow_origin()), (401, Some("https://app.example")));
    // Nobody can tell whether what comes next is the body or a request: it is read as neither.
    client.try_send(request("GET", "/smuggled", &[]));
    assert!(client.is_closed());
}

#[test]
fn an_upstream_that_does_not_ask_gets_the_body_after_a_while() {
    let upstream = upstream(|mut connection| {
        connection.head().unwrap();
        let body = String::from_utf8(connection.body(5)).unwrap();
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}"));
    });
    let (_gateway, address) = gateway(&site(upstream));
    let mut client = Client::connect(address);
    client.send(request("PUT", "/", &["Expect: 100-continue", "Content-Length: 5"]));
    assert_eq!(client.head().status, 100);
    assert_eq!(client.send("hello").response().text(), "hello");
}
