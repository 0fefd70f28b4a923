//! Pages that are held and asked, many at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use crossorigin_agent::{Agent, InProcess};
use crossorigin_page::{Page, PageError, PageOptions};
use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

/// A site whose page `/N` fetches a text of its own and keeps it under a name that all pages use.
fn site() -> Agent<InProcess<Router>> {
    let site = Router::new()
        .route("/text/{nth}", get(async |Path(nth): Path<u32>| format!("text {nth}")))
        .route("/slow", get(async || std::future::pending::<String>().await))
        .route(
            "/{nth}",
            get(async |Path(nth): Path<u32>| {
                Html(format!(
                    "<title>{nth}</title><script>
                       Array.prototype.mine = Array.prototype.mine ?? {nth};
                       console.log('page', {nth});
                       fetch('/text/{nth}').then(r => r.text()).then(text => {{ globalThis.secret = text; }});
                     </script>"
                ))
            }),
        );
    Agent::with_transport(InProcess::new(site))
}

fn url(path: &str) -> Url {
    format!("https://site.example{path}").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_pages_run_at_once_and_share_nothing() {
    let agent = site();
    let mut pages = JoinSet::new();
    for nth in 0..50_u32 {
        let agent = agent.clone();
        pages.spawn(async move {
            let page = Page::open(&agent, &url(&format!("/{nth}"))).await.unwrap();
            page.idle().await.unwrap();
            (nth, page)
        });
    }
    let pages = pages.join_all().await;
    // All of them live now, and are asked on.
    let mut seen = BTreeSet::new();
    for (nth, page) in &pages {
        let found: Value =
            page.eval("[secret, document.title, [].mine, Object.keys(globalThis).filter(name => !name.startsWith('on'))]").await.unwrap();
        let expected = serde_json::json!([format!("text {nth}"), nth.to_string(), nth, ["secret"]]);
        assert_eq!(found, expected);
        let lines: Vec<_> = page.console().lines().into_iter().map(|line| line.text).collect();
        assert_eq!(lines, [format!("page {nth}")]);
        seen.insert(*nth);
    }
    assert_eq!(seen.len(), 50);
    for (_, page) in pages {
        page.close().await;
    }
}

#[tokio::test]
async fn a_value_comes_as_what_it_is_asked_for() {
    let page = Page::open(&site(), &url("/1")).await.unwrap();
    assert_eq!(page.eval::<f64>("1 + 0.5").await, Ok(1.5));
    assert_eq!(page.eval::<Option<u8>>("undefined").await, Ok(None));
    assert_eq!(page.eval::<String>("fetch('/text/7').then(r => r.text())").await, Ok("text 7".to_owned()));
    for (script, expected) in [
        ("throw new RangeError('too far')", PageError::Script("RangeError: too far".to_owned())),
        ("throw 'words'", PageError::Script("words".to_owned())),
        ("Promise.reject(new TypeError('no'))", PageError::Script("TypeError: no".to_owned())),
        ("new Promise(() => {})", PageError::Unsettled),
        ("let x = {}; x.x = x; x", PageError::Script("TypeError: circular reference".to_owned())),
    ] {
        assert_eq!(page.eval::<Value>(script).await, Err(expected), "{script}");
    }
    assert!(matches!(page.eval::<u8>("'text'").await, Err(PageError::Value(_))));
    assert_eq!(page.eval::<u8>("window.close(); 3").await, Ok(3), "a page that closed itself can be asked");
    page.idle().await.unwrap();
}

#[tokio::test]
async fn the_console_can_be_followed() {
    let page = Page::open(&site(), &url("/3")).await.unwrap();
    let mut console = page.console();
    assert_eq!(console.next().await.unwrap().text, "page 3");
    page.eval::<()>("setTimeout(() => console.warn('later'), 5); null").await.unwrap();
    assert_eq!(console.next().await.unwrap().text, "later");
    assert_eq!(console.lines().len(), 2);
    page.close().await;
    assert_eq!(console.next().await, None);
}

#[tokio::test]
async fn what_does_not_end_by_itself_is_ended() {
    let (agent, at) = (site(), url("/1"));
    // By its time-out, whatever it is at.
    for script in [
        "for (;;);",
        "const again = () => Promise.resolve().then(again); again(); new Promise(() => {})",
        "fetch('/slow')",
        "new Promise(() => setInterval(() => {}, 1))",
        "const x = new XMLHttpRequest(); x.open('GET', '/slow', false); x.send(); for (;;);",
    ] {
        let options = PageOptions::new().timeout(Duration::from_millis(1500));
        let page = Page::open_with(&agent, &at, &options).await.unwrap();
        assert_eq!(page.eval::<Value>(script).await, Err(PageError::TimedOut), "{script}");
        assert_eq!(page.eval::<Value>("1").await, Err(PageError::TimedOut), "{script}: it is over");
    }
    // By being closed, long before its time-out.
    for script in ["for (;;);", "fetch('/slow')", "setInterval(() => {}, 1); null"] {
        let begun = Instant::now();
        let page = Page::open(&agent, &at).await.unwrap();
        drop(tokio::time::timeout(Duration::from_millis(20), page.eval::<Value>(script)).await);
        page.close().await;
        assert!(begun.elapsed() < Duration::from_secs(15), "{script}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_page_that_can_not_be_had_says_why() {
    let service = tower::service_fn(async |_: http::Request<crossorigin_agent::Body>| {
        Err::<http::Response<crossorigin_agent::Body>, _>("out of order")
    });
    let agent = Agent::with_transport(InProcess::new(service));
    let Err(PageError::Unreachable(why)) = Page::open(&agent, &url("/")).await else { panic!() };
    assert!(why.contains("out of order"), "{why}");
}

/// A page can be held by what moves between threads.
#[test]
fn pages_are_send() {
    fn is_send<T: Send + Sync>() {}
    is_send::<Page>();
}

#[tokio::test]
async fn timers_keep_nobody_out() {
    let page = Page::open(&site(), &url("/1")).await.unwrap();
    let script = "var turns = 0; const again = () => { turns += 1; setTimeout(again); }; again(); null";
    page.eval::<()>(script).await.unwrap();
    assert_eq!(page.eval::<String>("fetch('/text/7').then(r => r.text())").await, Ok("text 7".to_owned()));
    assert!(page.eval::<u32>("turns").await.unwrap() > 1);
}
