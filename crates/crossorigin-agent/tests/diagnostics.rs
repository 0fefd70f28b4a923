//! What failures tell, and what they keep to themselves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::time::Duration;

use crossorigin::html::Initiator;
use crossorigin_agent::{Body, Limits, Proxies, Transport as _};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use http_body_util::{BodyExt as _, Empty};
use tokio::net::TcpListener;

use self::support::{RawServer, Then, any_page, get, page, transport};

fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

#[tokio::test]
async fn no_failure_tells_the_password_of_a_url() {
    let long = format!("http://user:s3cret@api.example/{}", "x".repeat(70_000));
    for url in ["http://user:s3cret@a`b.example/path", &long] {
        let (response, record) = any_page().fetch_recorded(get(url).initiator(Initiator::Xhr)).await;
        assert!(response.is_err());
        match record.outcome {
            Outcome::Unreachable(failure) => {
                assert_eq!(failure.kind, Kind::Malformed);
                let told = &failure.message;
                assert!(told.contains(".example") && !told.contains("s3cret") && told.len() < 200, "{told}");
            }
            other => panic!("{other:?}"),
        }
    }
    let direct = http::Request::get("ftp://user:s3cret@api.example/").body(empty()).unwrap();
    let failure = transport().build().send(direct).await.unwrap_err();
    assert!(!failure.message.contains("s3cret"), "{failure}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let direct = http::Request::get(format!("http://user:s3cret@{closed}/")).body(empty()).unwrap();
    let mut slow = transport().connect_timeout(Duration::ZERO).build();
    let failure = slow.send(direct).await.unwrap_err();
    assert!(!failure.message.contains("s3cret"), "{failure}");
}

#[tokio::test]
async fn a_proxy_writes_no_control_bytes_into_a_failure() {
    let proxy = RawServer::by(|_| {
        let answer = format!("HTTP/1.1 403 \x1b[2J\x07{}\r\n\r\n", "x".repeat(10_000));
        (answer.into_bytes(), Then::Close)
    })
    .await;
    let address = proxy.address.to_string();
    let proxies = Proxies::from_variables(|name| (name == "all_proxy").then(|| address.clone())).unwrap();
    let mut page = page(transport().proxies(proxies).build(), Limits::default());
    let (_, record) = page.fetch_recorded(get("https://api.example/")).await;
    let Outcome::Unreachable(failure) = record.outcome else { panic!("{:?}", record.outcome) };
    assert_eq!(failure.kind, Kind::Proxy);
    assert!(!failure.message.contains(char::is_control) && failure.message.len() < 300, "{failure}");
}
