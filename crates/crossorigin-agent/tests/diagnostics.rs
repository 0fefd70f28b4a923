//! What failures tell, and what they keep to themselves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::time::Duration;

use crossorigin::html::Initiator;
use crossorigin_agent::{Body, Transport as _};
use crossorigin_verdict::{Outcome, TransportFailureKind as Kind};
use http_body_util::{BodyExt as _, Empty};
use tokio::net::TcpListener;

use self::support::{any_page, get, transport};

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
