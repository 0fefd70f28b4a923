//! Fetches of a page, over a service of the same process.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use crossorigin::fetching::ResponseType;
use crossorigin::infrastructure::request::Mode;
use crossorigin_agent::{Agent, Body, Environment, FetchRequest, InProcess};
use crossorigin_verdict::{Outcome, Verdict};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::Full;
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
    for malformed in ["data:x", "data:;base64,a"] {
        assert!(page.fetch(get(malformed)).await.is_err(), "{malformed}");
    }
}

#[tokio::test]
async fn what_script_cannot_make_is_not_sent() {
    let server = Server::new(&[("access-control-allow-origin", "*")]);
    let url = "https://api.example/";
    for request in
        [get(url).method(Method::TRACE), get(url).mode(Mode::NoCors).method(Method::PUT), get(url).body("x")]
    {
        assert!(server.page().fetch(request).await.is_err());
    }
    assert!(server.methods().is_empty());
}
