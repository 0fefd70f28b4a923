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
