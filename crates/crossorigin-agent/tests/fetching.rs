//! Fetches of a page, over a service of the same process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use crossorigin::fetching::trace::{Event, TraceStep};
use crossorigin::fetching::{NetworkErrorReason, ResponseType};
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Mode;
use crossorigin_agent::{Agent, Body, Environment, FetchRequest, InProcess};
use crossorigin_verdict::{Outcome, Verdict};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower_service::Service;

/// Answers everything alike, and keeps what it was asked.
#[derive(Clone)]
struct Server {
    headers: &'static [(&'static str, &'static str)],
    asked: Arc<Mutex<Vec<Request<()>>>>,
}

impl Server {
    fn new(headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, asked: Arc::default() }
    }

    fn methods(&self) -> Vec<Method> {
        self.asked.lock().unwrap().iter().map(|request| request.method().clone()).collect()
    }

    fn page(&self) -> Environment<InProcess<Self>> {
        Agent::with_transport(InProcess::new(self.clone()))
            .environment("https://app.example".parse().unwrap())
    }
}

impl Service<Request<Body>> for Server {
    type Response = Response<Full<bytes::Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.asked.lock().unwrap().push(request.map(|_| ()));
        let mut response = Response::new(Full::from("hello"));
        for (name, value) in self.headers {
            response.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        ready(Ok(response))
    }
}

fn get(url: &str) -> FetchRequest {
    FetchRequest::new(url.parse().unwrap())
}

#[tokio::test]
async fn script_sees_what_is_shared() {
    let server = Server::new(&[
        ("access-control-allow-origin", "https://app.example"),
        ("access-control-expose-headers", "x-shown"),
        ("x-shown", "1"),
        ("x-hidden", "1"),
        ("set-cookie", "a=b"),
        ("cache-control", "no-store"),
    ]);
    let response = server.page().fetch(get("https://api.example/a#b")).await.unwrap();
    assert_eq!(response.response_type(), ResponseType::Cors);
    assert_eq!((response.status(), response.ok(), response.redirected()), (200, true, false));
    assert_eq!(response.url().map(url::Url::as_str), Some("https://api.example/a"));
    let mut names: Vec<_> = response.headers().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cache-control", "x-shown"]);
    assert!(response.header(&HeaderName::from_static("x-hidden")).is_none());
    assert_eq!(response.text().await.unwrap(), "hello");
    let asked = server.asked.lock().unwrap();
    assert_eq!(
        (asked[0].headers()["origin"].as_bytes(), asked[0].uri().path()),
        (&b"https://app.example"[..], "/a")
    );
}

#[tokio::test]
async fn script_sees_nothing_of_what_is_opaque_or_blocked() {
    let mut page = Server::new(&[]).page();
    let response = page.fetch(get("https://api.example/").mode(Mode::NoCors)).await.unwrap();
    assert_eq!((response.response_type(), response.status()), (ResponseType::Opaque, 0));
    assert_eq!((response.url(), response.headers().count()), (None, 0));
    assert_eq!(response.text().await.unwrap(), "");
    let error = page.fetch(get("https://api.example/")).await.unwrap_err();
    assert_eq!(
        (error.to_string(), format!("{error:?}")),
        ("failed to fetch".into(), "NetworkError(())".into())
    );
}

#[tokio::test]
async fn the_record_tells_all() {
    let server = Server::new(&[
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "PUT"),
        ("x-hidden", "1"),
    ]);
    let mut page = server.page();
    for methods in [&[Method::OPTIONS, Method::PUT][..], &[Method::OPTIONS, Method::PUT, Method::PUT]] {
        let put = get("https://api.example/").method(Method::PUT).body("x");
        let (response, record) = page.fetch_recorded(put).await;
        assert_eq!(response.unwrap().text().await.unwrap(), "hello");
        assert!(matches!(record.outcome, Outcome::Shared(_)) && !record.steps.is_empty());
        let exchange = record.exchanges.last().unwrap();
        assert_eq!(exchange.answer.as_ref().unwrap().headers["x-hidden"], "1");
        assert_eq!(exchange.sent_headers["accept"], "*/*");
        // What the preflight permitted is kept for the second time.
        assert_eq!(server.methods(), methods);
    }
    let (response, record) = page.fetch_recorded(get("https://api.example/").method(Method::DELETE)).await;
    assert!(response.is_err());
    assert_eq!(record.outcome.verdict(), Verdict::Blocked);
}

#[tokio::test]
async fn data_urls_are_read() {
    let mut page = Server::new(&[]).page();
    let response = page.fetch(get("data:text/plain;charset=utf-8;base64,aMO8#x")).await.unwrap();
    assert_eq!(response.header(&http::header::CONTENT_TYPE).unwrap(), "text/plain;charset=utf-8");
    assert_eq!(response.text().await.unwrap(), "hü");
    let head = page.fetch(get("data:,text").method(Method::HEAD)).await.unwrap();
    assert_eq!((head.status(), head.text().await.unwrap().as_str()), (200, ""));
    for malformed in ["data:x", "data:;base64,a"] {
        assert!(page.fetch(get(malformed)).await.is_err(), "{malformed}");
    }
}

#[tokio::test]
async fn what_script_cannot_make_is_not_sent() {
    use NetworkErrorReason::{ForbiddenMethod, NoCorsMethod, UrlContainsCredentials};
    let server = Server::new(&[("access-control-allow-origin", "*")]);
    let url = "https://api.example/";
    for (request, reason) in [
        (get(url).method(Method::TRACE), Some(ForbiddenMethod)),
        (get(url).mode(Mode::NoCors).method(Method::PUT), Some(NoCorsMethod)),
        (get(url).body("x"), None),
        (get("https://user@api.example/"), Some(UrlContainsCredentials)),
    ] {
        let (response, record) = server.page().fetch_recorded(request).await;
        assert!(response.is_err(), "{reason:?}");
        match (record.outcome, reason) {
            (Outcome::Blocked(told), Some(reason)) => assert_eq!(told, reason),
            (Outcome::Unreachable(_), None) => {}
            (other, reason) => panic!("{reason:?}: {other:?}"),
        }
    }
    assert!(server.methods().is_empty());
}

#[tokio::test]
async fn streams_ask_for_permission_and_get_has_no_body() {
    let server = Server::new(&[("access-control-allow-origin", "*")]);
    let stream = || Full::from("x").map_err(|never: Infallible| match never {}).boxed_unsync();
    let post = || get("https://api.example/").method(Method::POST);
    let xhr = || get("https://api.example/").initiator(Initiator::Xhr);
    for (name, request, methods) in [
        ("a body", post().body("x"), &["POST"][..]),
        ("a stream", post().stream(stream()), &["OPTIONS", "POST"]),
        (
            "a stream to the own origin",
            get("https://app.example/").method(Method::POST).stream(stream()),
            &["POST"],
        ),
        ("a stream in the mode no-cors", post().mode(Mode::NoCors).stream(stream()), &[]),
        ("a body with GET", get("https://api.example/").body("x"), &[]),
        ("a body with GET of XMLHttpRequest", xhr().body("x"), &["GET"]),
    ] {
        server.asked.lock().unwrap().clear();
        let response = server.page().fetch(request).await;
        assert_eq!(response.is_ok(), !methods.is_empty(), "{name}");
        assert_eq!(server.methods(), methods, "{name}");
    }
}

#[tokio::test]
async fn no_cors_requests_carry_little_of_what_was_set() {
    let server = Server::new(&[]);
    let (fetch, video) = (Initiator::Fetch, Initiator::Video);
    for (initiator, name, values, sent, steps) in [
        (fetch, "accept-language", &["de", "{"][..], &["de"][..], 1),
        (fetch, "accept-language", &["de", "fr"], &["de", "fr"], 0),
        (fetch, "x-foo", &["1"], &[], 1),
        (fetch, "range", &["bytes=0-"], &[], 1),
        (video, "range", &["bytes=0-"], &["bytes=0-"], 0),
    ] {
        let mut request = get("https://api.example/").initiator(initiator).mode(Mode::NoCors);
        for value in values {
            request = request.header(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let (_, record) = server.page().fetch_recorded(request).await;
        let asked = server.asked.lock().unwrap();
        let lines: Vec<_> = asked.last().unwrap().headers().get_all(name).iter().collect();
        assert_eq!(lines, sent, "{initiator:?} {name}: {values:?}");
        let told = |step: &&TraceStep| matches!(step.event, Event::NoCorsHeadersRemoved(_));
        assert_eq!(record.steps.iter().filter(told).count(), steps, "{initiator:?} {name}: {values:?}");
    }
}
