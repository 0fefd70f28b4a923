//! Several upstreams a route: who gets a request, and what happens when one fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{Client, Response, gateway, get, nobody, request, send, upstream};

const ORIGIN: &str = "Origin: https://app.example";

fn site(upstreams: &[SocketAddr], lines: &str) -> String {
    let upstreams: Vec<_> = upstreams.iter().map(|address| format!("\"http://{address}\"")).collect();
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\n[[listeners]]\naddress = \"127.0.0.1:0\"\n\
         [[routes]]\npath = \"/\"\nupstreams = [{}]\npolicy = \"app\"\n{lines}\n",
        upstreams.join(", ")
    )
}

/// An upstream that answers with its name, and counts the requests.
fn named(name: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let address = upstream(move |mut connection| {
        while connection.head().is_some() {
            counted.fetch_add(1, Ordering::SeqCst);
            let length = name.len();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{name}"));
        }
    });
    (address, count)
}

/// An upstream that closes every connection after the head of a request; counts them.
fn breaking() -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let address = upstream(move |mut connection| {
        if connection.head().is_some() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, count)
}

#[track_caller]
fn is_readable(response: &Response) {
    assert_eq!(response.allow_origin(), Some("https://app.example"));
    assert_eq!(response.vary(), ["origin"]);
}

#[test]
fn each_upstream_has_its_turn() {
    let addresses = [named("one").0, named("two").0, named("three").0];
    let (_gateway, address) = gateway(&site(&addresses, ""));
    // In one connection, for each worker has an order of its own.
    let mut client = Client::connect(address);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..30 {
        let response = client.send(request("GET", "/", &[ORIGIN])).response();
        is_readable(&response);
        *seen.entry(response.text()).or_default() += 1;
    }
    let expected = [("one", 10), ("three", 10), ("two", 10)].map(|(name, count)| (name.to_owned(), count));
    assert_eq!(seen, BTreeMap::from(expected));
}

#[test]
fn one_that_takes_no_connections_is_gone_round() {
    let (two, _) = named("two");
    let (_gateway, address) = gateway(&site(&[nobody(), two], ""));
    // Nothing of the request was sent: any may go on, with its body.
    for method in ["GET", "POST", "PUT"] {
        for _ in 0..4 {
            let request = request(method, "/", &[ORIGIN, "Content-Length: 0"]);
            let response = send(address, &request);
            is_readable(&response);
            assert_eq!((response.status, response.text().as_str()), (200, "two"), "{method}");
        }
    }
}

#[test]
fn one_that_breaks_off_costs_only_what_is_not_idempotent() {
    for (method, status) in [("GET", 200), ("DELETE", 200), ("POST", 502), ("PATCH", 502)] {
        let ((one, broken), (two, answered)) = (breaking(), named("two"));
        let (_gateway, address) = gateway(&site(&[one, two], ""));
        let response = send(address, &request(method, "/", &[ORIGIN]));
        is_readable(&response);
        assert_eq!(response.status, status, "{method}");
        assert_eq!(broken.load(Ordering::SeqCst), 1, "{method}");
        assert_eq!(answered.load(Ordering::SeqCst), usize::from(status == 200), "{method}");
    }
    // Not twice to the same one.
    let (one, broken) = breaking();
    let (_gateway, address) = gateway(&site(&[one], ""));
    assert_eq!(get(address, "/", &[ORIGIN]).status, 502);
    assert_eq!(broken.load(Ordering::SeqCst), 1);
}

#[test]
fn one_that_keeps_failing_is_left_out() {
    let ((one, broken), (two, answered)) = (breaking(), named("two"));
    let (_gateway, address) = gateway(&site(&[one, two], ""));
    let mut client = Client::connect(address);
    for _ in 0..40 {
        let response = client.send(request("GET", "/", &[ORIGIN])).response();
        assert_eq!((response.status, response.text().as_str()), (200, "two"));
    }
    // Three failures, and no further request within the time that the test takes.
    assert_eq!(broken.load(Ordering::SeqCst), 3);
    assert_eq!(answered.load(Ordering::SeqCst), 40);
}

#[test]
fn where_all_are_left_out_they_are_tried_anyway() {
    let (one, first) = breaking();
    let (two, second) = breaking();
    let (_gateway, address) = gateway(&site(&[one, two], ""));
    for _ in 0..10 {
        let response = get(address, "/", &[ORIGIN]);
        assert_eq!(response.status, 502);
        is_readable(&response);
    }
    let tried = first.load(Ordering::SeqCst) + second.load(Ordering::SeqCst);
    assert_eq!(tried, 20, "each request goes to both");
}

#[test]
fn a_reload_changes_nothing_for_those_who_stay() {
    let ((one, broken), (two, answered)) = (breaking(), named("two"));
    let text = site(&[one, two], "");
    let (gateway, address) = gateway(&text);
    for _ in 0..10 {
        assert_eq!(get(address, "/", &[ORIGIN]).text(), "two");
    }
    assert_eq!(broken.load(Ordering::SeqCst), 3);
    let (three, _) = named("three");
    let more = site(&[three, one, two], "[limits]\nupstream_timeout = \"9s\"");
    let folder = std::path::Path::new(".");
    gateway.handle().reload(support::site(folder, &more)).unwrap();
    for _ in 0..10 {
        assert_eq!(get(address, "/", &[ORIGIN]).status, 200);
    }
    assert_eq!(broken.load(Ordering::SeqCst), 3, "it is still left out");
    assert!(answered.load(Ordering::SeqCst) > 10);
}

#[test]
fn kept_connections_that_were_closed_lose_no_request() {
    // Each connection is good for one request and is closed when the next has come.
    let upstream = upstream(|mut connection| {
        connection.head().unwrap();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let _ = connection.some();
    });
    let (_gateway, address) = gateway(&site(&[upstream], ""));
    let mut client = Client::connect(address);
    for number in 0..100 {
        let response = client.send(request("GET", "/", &[ORIGIN])).response();
        assert_eq!((response.status, response.text().as_str()), (200, "ok"), "{number}");
        is_readable(&response);
    }
    // What is not idempotent is not sent twice, and is told so.
    assert_eq!(client.send(request("POST", "/", &[ORIGIN, "Content-Length: 0"])).response().status, 502);
}

#[test]
fn kept_connections_that_are_seen_to_be_closed_cost_nothing() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let upstream = upstream(move |mut connection| {
        connection.head().unwrap();
        counted.fetch_add(1, Ordering::SeqCst);
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        // It ends, and the gateway sees that before it sends the next request.
    });
    let (_gateway, address) = gateway(&site(&[upstream], ""));
    let mut client = Client::connect(address);
    for number in 1..=20 {
        let response = client.send(request("POST", "/", &[ORIGIN, "Content-Length: 0"])).response();
        assert_eq!(response.status, 200, "{number}");
        assert_eq!(count.load(Ordering::SeqCst), number);
        // Long enough for the end of the connection to come in.
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn one_that_never_answers_is_left_out_and_the_others_go_on() {
    let silent = upstream(|mut connection| while connection.head().is_some() {});
    let (two, _) = named("two");
    let (_gateway, address) = gateway(&site(&[silent, two], "[limits]\nupstream_timeout = \"200ms\""));
    let mut client = Client::connect(address);
    let mut late = 0;
    for _ in 0..30 {
        let response = client.send(request("GET", "/", &[ORIGIN])).response();
        is_readable(&response);
        match response.status {
            200 => assert_eq!(response.text(), "two"),
            504 => late += 1,
            status => panic!("{status}"),
        }
    }
    assert_eq!(late, 3, "three were waited for, and no more");
}

/// Sends requests on several connections at once, of which each may fail as `may_fail` says.
fn load(address: SocketAddr, method: &'static str, each: usize, may_fail: &[u16]) -> BTreeMap<u16, usize> {
    let clients: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut statuses = Vec::new();
                let mut client = Client::connect(address);
                for _ in 0..each {
                    let response = client.send(request(method, "/", &[ORIGIN])).response();
                    is_readable(&response);
                    assert!(response.is_whole);
                    statuses.push(response.status);
                    if response.header("connection") == Some("close") {
                        client = Client::connect(address);
                    }
                }
                statuses
            })
        })
        .collect();
    let mut seen = BTreeMap::new();
    for client in clients {
        for status in client.join().unwrap() {
            assert!(status == 200 || may_fail.contains(&status), "{status}");
            *seen.entry(status).or_default() += 1;
        }
    }
    seen
}

#[test]
fn an_upstream_that_flaps_under_load_costs_nothing_while_another_is_well() {
    // Every seventh request ends its connection, before the answer or in place of the next request.
    let count = Arc::new(AtomicUsize::new(0));
    let flapping = upstream(move |mut connection| {
        while connection.head().is_some() {
            match count.fetch_add(1, Ordering::SeqCst) % 7 {
                3 => return connection.reset(),
                5 => return,
                _ => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            }
        }
    });
    let (well, _) = named("well");
    let (_gateway, address) = gateway(&site(&[flapping, well], ""));
    assert_eq!(load(address, "GET", 200, &[]), BTreeMap::from([(200, 1600)]));
    // Of what is not idempotent some is lost, and each such request is told so.
    let seen = load(address, "POST", 100, &[502]);
    assert_eq!(seen.values().sum::<usize>(), 800);
}

#[test]
fn one_that_closes_in_the_middle_of_a_body_breaks_only_that_answer() {
    let count = Arc::new(AtomicUsize::new(0));
    let upstream = upstream(move |mut connection| {
        while connection.head().is_some() {
            if count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let (_gateway, address) = gateway(&site(&[upstream], ""));
    for _ in 0..10 {
        let response = get(address, "/", &[ORIGIN]);
        assert_eq!((response.is_whole, response.text().as_str()), (false, "half"));
        is_readable(&response);
        let response = get(address, "/", &[ORIGIN]);
        assert_eq!((response.is_whole, response.text().as_str()), (true, "ok"));
    }
}

#[test]
fn an_upstream_of_http2_is_reached_by_prior_knowledge() {
    // Another gateway is the upstream: it says in `Via` what it was spoken to in.
    let (_behind, upstream) = gateway(&site(&[support::echoing()], ""));
    let text = site(&[upstream], "").replace("\"http://", "\"h2c://");
    let (_gateway, address) = gateway(&text.replace("h2c://127.0.0.1:0", "127.0.0.1:0"));
    let mut client = Client::connect(address);
    for _ in 0..10 {
        let response = client.send(request("GET", "/a?b", &[ORIGIN])).response();
        is_readable(&response);
        let text = response.text().to_lowercase();
        assert!(text.starts_with("get /a?b http/1.1\r\n"), "{text}");
        assert!(text.contains("\r\nhost: gateway.example\r\n"), "{text}");
        assert!(text.contains("\r\nvia: 1.1 crossorigin\r\nvia: 2 crossorigin\r\n"), "{text}");
    }
    assert_eq!(load(address, "POST", 50, &[]), BTreeMap::from([(200, 400)]));
}

#[test]
fn an_upstream_is_reached_by_https_and_its_certificate_has_to_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let authority = support::tls::Authority::new();
    authority.write(folder.path(), "right", &["localhost"]);
    authority.write(folder.path(), "other", &["other.example"]);
    std::fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
    let behind = |file: &str| {
        let tls = format!("tls = [{{ certificate = \"{file}.pem\", key = \"{file}.key\" }}]\n[[routes]]");
        support::gateway_in(folder.path(), &site(&[support::echoing()], "").replace("[[routes]]", &tls))
    };
    let ((_right, right), (_other, other)) = (behind("right"), behind("other"));
    for (port, authorities, status) in [
        (right.port(), "upstream_ca = \"ca.pem\"", 200),
        (right.port(), "", 502),
        (other.port(), "upstream_ca = \"ca.pem\"", 502),
    ] {
        let text = site(&[right], authorities);
        let text = text.replace(&format!("http://{right}"), &format!("https://localhost:{port}"));
        if authorities.is_empty() && rustls_native_certs::load_native_certs().certs.is_empty() {
            continue;
        }
        let (_gateway, address) = support::gateway_in(folder.path(), &text);
        let response = get(address, "/a", &[ORIGIN]);
        assert_eq!(response.status, status, "{port} {authorities}: {}", response.text());
        is_readable(&response);
        if status == 200 {
            let text = response.text().to_lowercase();
            assert!(text.contains("\r\nvia: 2 crossorigin\r\n"), "HTTP/2 was agreed on: {text}");
            assert!(text.contains("proto=https"), "{text}");
        }
    }
}
