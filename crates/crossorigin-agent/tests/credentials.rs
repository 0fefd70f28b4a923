//! What goes along with a request besides itself: cookies, passwords, and what becomes of them on the way.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{CredentialsMode, Mode};
use crossorigin_agent::{AgentBuilder, Environment, FetchRequest};
use http::{HeaderName, HeaderValue, Method};

use self::support::{RawServer, Then, get, transport};

/// Shared with every page of these tests, credentials and all; what a preflight needs too.
const SHARED: &str = "access-control-allow-origin: http://app.example\r\n\
    access-control-allow-credentials: true\r\n\
    access-control-allow-methods: PUT\r\n\
    access-control-allow-headers: authorization, x-other\r\n";

fn answer(status: &str, lines: &[&str]) -> (Vec<u8>, Then) {
    let mut head = format!("HTTP/1.1 {status}\r\n{SHARED}content-length: 0\r\n");
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    (head.into_bytes(), Then::Keep)
}

/// A page of `http://app.example`, for which all hosts are this server.
fn page(server: &RawServer, agent: AgentBuilder) -> Environment {
    let hosts = ["app.example", "api.app.example", "other.example", "third.example"];
    let transport =
        hosts.into_iter().fold(transport(), |transport, host| transport.resolve(host, 80, server.address));
    agent.build(transport.build()).environment("http://app.example".parse().unwrap())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn include(url: &str) -> FetchRequest {
    get(url).credentials(CredentialsMode::Include)
}

#[tokio::test]
async fn cookies_are_kept_and_sent_where_credentials_go() {
    let server = RawServer::by(|head| {
        if head.contains("/set ") {
            answer("200 OK", &["set-cookie: a=b; Path=/", "set-cookie: c=ü"])
        } else {
            answer("200 OK", &[])
        }
    })
    .await;
    let mut page = page(&server, AgentBuilder::new());
    let cookies =
        |server: &RawServer| header(server.heads().last().unwrap(), "cookie").map(ToOwned::to_owned);
    // No credentials, no cookies: neither kept nor sent.
    page.fetch(get("http://api.app.example/set")).await.unwrap();
    page.fetch(include("http://api.app.example/")).await.unwrap();
    assert_eq!(cookies(&server), None);
    page.fetch(include("http://api.app.example/set")).await.unwrap();
    page.fetch(include("http://api.app.example/")).await.unwrap();
    assert_eq!(cookies(&server).as_deref(), Some("a=b; c=ü"));
    page.fetch(get("http://api.app.example/")).await.unwrap();
    assert_eq!(cookies(&server), None);
    // Another host has none of them, and another site's cookies must say that they are for all.
    page.fetch(include("http://other.example/set")).await.unwrap();
    page.fetch(include("http://other.example/")).await.unwrap();
    assert_eq!(cookies(&server), None);
    // The preflight asks without, the request goes with them.
    page.fetch(include("http://api.app.example/").method(Method::PUT)).await.unwrap();
    let heads = server.heads();
    let [preflight, put] = &heads[heads.len() - 2..] else { unreachable!() };
    assert!(preflight.starts_with("OPTIONS") && header(preflight, "cookie").is_none(), "{preflight}");
    assert!(put.starts_with("PUT") && header(put, "cookie") == Some("a=b; c=ü"), "{put}");
}

#[tokio::test]
async fn what_comes_back_from_another_site_is_of_the_same_site_again() {
    let server = RawServer::by(|head| {
        let to_own = "location: http://api.app.example/end";
        if head.contains("/go ") { answer("302 Found", &[to_own]) } else { answer("200 OK", &[]) }
    })
    .await;
    let mut page = page(&server, AgentBuilder::new());
    page.agent().set_cookie("a=b; SameSite=Strict", &"http://api.app.example/".parse().unwrap()).unwrap();
    for (from, sent) in [("http://api.app.example/go", Some("a=b")), ("http://other.example/go", Some("a=b"))]
    {
        let _ = page.fetch(include(from).mode(Mode::NoCors)).await.unwrap();
        let heads = server.heads();
        assert!(heads.last().unwrap().starts_with("GET /end"));
        assert_eq!(header(heads.last().unwrap(), "cookie"), sent, "{from}");
    }
}

#[tokio::test]
async fn authorization_is_dropped_where_a_redirect_leads_abroad() {
    let server = RawServer::by(|head| match () {
        () if head.starts_with("OPTIONS") => answer("204 No Content", &[]),
        () if head.contains("/own ") => answer("307 Temporary Redirect", &["location: /end"]),
        () if head.contains("/abroad ") => {
            answer("307 Temporary Redirect", &["location: http://third.example/end"])
        }
        () => answer("200 OK", &[]),
    })
    .await;
    let mut page = page(&server, AgentBuilder::new());
    for (path, kept) in [("own", Some("Bearer x")), ("abroad", None)] {
        let request = get(format!("http://app.example/{path}"))
            .header(HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer x"))
            .header(HeaderName::from_static("x-other"), HeaderValue::from_static("1"));
        page.fetch(request).await.unwrap();
        let head = server.heads().pop().unwrap();
        assert!(head.starts_with("GET /end"), "{head}");
        assert_eq!((header(&head, "authorization"), header(&head, "x-other")), (kept, Some("1")), "{path}");
    }
}

#[tokio::test]
async fn passwords_answer_servers_that_ask() {
    // user:word
    const BASIC: &str = "Basic dXNlcjp3b3Jk";
    let server = RawServer::by(|head| match header(head, "authorization") {
        _ if head.starts_with("OPTIONS") => answer("204 No Content", &[]),
        Some(BASIC) => answer("200 OK", &[]),
        _ => answer("401 Unauthorized", &["www-authenticate: Digest realm=\"x\", Basic realm=\"y\""]),
    })
    .await;
    let own = "http://app.example/";
    let supplied = |password| {
        AgentBuilder::new().http_credentials("http://app.example".parse().unwrap(), "user", password)
    };
    for (name, agent, request, status, heads) in [
        ("supplied", supplied("word"), get(own), 200, 2),
        ("with a body", supplied("word"), get(own).method(Method::POST).body("x"), 200, 2),
        ("wrong", supplied("wrong"), get(own), 401, 2),
        ("omitted", supplied("word"), get(own).credentials(CredentialsMode::Omit), 401, 1),
        ("elsewhere", supplied("word"), include("http://other.example/"), 401, 1),
        ("unknown", AgentBuilder::new(), get(own), 401, 1),
        (
            "in the URL",
            AgentBuilder::new(),
            get("http://user:word@app.example/").initiator(Initiator::Xhr),
            200,
            2,
        ),
        (
            "said by script",
            supplied("word"),
            get(own).header(HeaderName::from_static("authorization"), HeaderValue::from_static("Basic x")),
            401,
            1,
        ),
    ] {
        let before = server.heads().len();
        let mut page = page(&server, agent);
        let response = page.fetch(request).await.unwrap();
        assert_eq!((response.status(), server.heads().len() - before), (status, heads), "{name}");
    }
    // What is asked for by CORS makes no password go out. Once taken otherwise, it goes along unasked, but never
    // with a preflight.
    let agent =
        AgentBuilder::new().http_credentials("http://api.app.example".parse().unwrap(), "user", "word");
    let mut page = page(&server, agent);
    let before = server.heads().len();
    let put = || include("http://api.app.example/").method(Method::PUT);
    assert_eq!(page.fetch(put()).await.unwrap().status(), 401);
    page.fetch(get("http://api.app.example/").initiator(Initiator::Image)).await.unwrap();
    // The preflight cache answers this time.
    assert_eq!(page.fetch(put()).await.unwrap().status(), 200);
    let heads = server.heads().split_off(before);
    let seen: Vec<_> = heads
        .iter()
        .map(|head| (head.split(' ').next().unwrap(), header(head, "authorization").is_some()))
        .collect();
    assert_eq!(seen, [("OPTIONS", false), ("PUT", false), ("GET", false), ("GET", true), ("PUT", true)]);
}

#[tokio::test]
async fn what_answers_a_401_has_the_cookies_that_came_with_it() {
    let server = RawServer::by(|head| match header(head, "authorization") {
        Some(_) => answer("200 OK", &[]),
        None => answer(
            "401 Unauthorized",
            &["www-authenticate: Basic", "set-cookie: new=1", "set-cookie: old=; Max-Age=0"],
        ),
    })
    .await;
    let own = "http://app.example";
    let mut page = page(&server, AgentBuilder::new().http_credentials(own.parse().unwrap(), "user", "word"));
    page.agent().set_cookie("old=1", &own.parse().unwrap()).unwrap();
    assert_eq!(page.fetch(get(own)).await.unwrap().status(), 200);
    let seen: Vec<_> =
        server.heads().iter().map(|head| header(head, "cookie").map(ToOwned::to_owned)).collect();
    assert_eq!(seen, [Some("old=1".to_owned()), Some("new=1".to_owned())]);
}

#[tokio::test]
async fn passwords_are_remembered_as_long_as_they_are_taken() {
    let refuses = || answer("401 Unauthorized", &["www-authenticate: Basic"]);
    let supplied =
        || AgentBuilder::new().http_credentials("http://app.example".parse().unwrap(), "user", "word");
    let told = |server: &RawServer| -> Vec<bool> {
        server.heads().iter().map(|head| header(head, "authorization").is_some()).collect()
    };
    let server = RawServer::by(move |_| refuses()).await;
    let mut wrong = page(&server, supplied());
    for _ in 0..2 {
        assert_eq!(wrong.fetch(get("http://app.example/")).await.unwrap().status(), 401);
    }
    assert_eq!(told(&server), [false, true, false, true]);
    // Taken once, then refused, then taken again.
    let asked = AtomicUsize::new(0);
    let server = RawServer::by(move |head| {
        let is_refused = asked.fetch_add(1, Ordering::Relaxed) == 2;
        if is_refused || header(head, "authorization").is_none() { refuses() } else { answer("200 OK", &[]) }
    })
    .await;
    let mut page = page(&server, supplied());
    for status in [200, 401, 200, 200] {
        assert_eq!(page.fetch(get("http://app.example/")).await.unwrap().status(), status);
    }
    assert_eq!(told(&server), [false, true, true, false, true, true]);
}
