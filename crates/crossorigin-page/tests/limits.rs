//! Pages that want too much: they are told, and the process lives.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, LOCATION};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use crossorigin_agent::{Agent, InProcess};
use crossorigin_page::{
    Kind, MAX_BITMAP_BYTES, MAX_CONSOLE_BYTES, MAX_FRAME_DEPTH, MAX_FRAMES, MAX_LINE_BYTES,
    MAX_MESSAGE_BYTES, MAX_NEW_WINDOWS, MAX_NODES, MAX_PAGE_BYTES, MAX_PIXELS, MAX_PORTS, MAX_REQUESTS,
    MAX_SCRIPT_BYTES, MAX_SIDE, MAX_STACK_BYTES, MAX_TEXT_BYTES, MAX_TIMERS, MAX_WRITTEN_BYTES, Page,
    PageError, PageOptions,
};
use serde_json::{Value, json};

/// A site of one page, with what pages may want too much of beside it.
fn site(html: impl Into<Bytes>) -> Agent<InProcess<Router>> {
    let html = html.into();
    let site = Router::new()
        .route("/", get(async move || Html(html)))
        .route("/never", get(async || std::future::pending::<String>().await))
        .route("/round", get(async || (StatusCode::FOUND, [(LOCATION, "/round")])))
        .route("/missing", get(async || (StatusCode::NOT_FOUND, Html("<title>not there</title>"))))
        .route(
            "/as/{one}/{two}",
            get(async |Path((one, two)): Path<(String, String)>| typed(&format!("{one}/{two}"))),
        );
    Agent::with_transport(InProcess::new(site))
}

fn typed(content_type: &str) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, "{\"a\": \"<b>\"}").into_response()
}

async fn open(agent: &Agent<InProcess<Router>>, path: &str, seconds: f64) -> Result<Page, PageError> {
    let options = PageOptions::new().timeout(Duration::from_secs_f64(seconds));
    Page::open_with(agent, &format!("https://site.example{path}").parse().unwrap(), &options).await
}

/// What a script gives, on a page that goes on living.
async fn evaluated(script: &str) -> Result<Value, PageError> {
    let page = open(&site(""), "/", 30.0).await.unwrap();
    let value = page.eval(script).await;
    assert_eq!(page.eval("6 * 7").await, Ok(42), "{script}: the page lives");
    value
}

/// docs/open.md tells the limits as they are.
#[test]
fn the_limits_are_told() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/open.md")).unwrap();
    let (_, docs) = docs.split_once("## Limits").unwrap();
    let grouped = |number: usize| {
        let digits = number.to_string();
        let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
        groups.join(",")
    };
    for (what, limit) in [
        ("memory of scripts", format!("{} MiB", MAX_SCRIPT_BYTES >> 20)),
        ("their stack", format!("{} MiB", MAX_STACK_BYTES >> 20)),
        ("the page itself", format!("{} MiB", MAX_PAGE_BYTES >> 20)),
        ("the body of a response", format!("{} MiB", crossorigin_agent::MAX_BODY_BYTES >> 20)),
        ("nodes", grouped(MAX_NODES)),
        ("what scripts write into a document", format!("{} MiB", MAX_WRITTEN_BYTES >> 20)),
        ("texts and attributes together", format!("{} MiB", MAX_TEXT_BYTES >> 20)),
        (
            "an image or a canvas",
            format!("{} pixels a side, {}", grouped(MAX_SIDE as usize), grouped(MAX_PIXELS as usize)),
        ),
        ("all images, canvases and their clips", format!("{} GiB", MAX_BITMAP_BYTES >> 30)),
        ("requests under way at once", grouped(MAX_REQUESTS)),
        ("timers at once", grouped(MAX_TIMERS)),
        ("frames at once", format!("{}, at most {} in one another", grouped(MAX_FRAMES), MAX_FRAME_DEPTH)),
        (
            "new frames that script looks into before its task is over",
            format!("{} at first, then up to {MAX_NEW_WINDOWS}", MAX_NEW_WINDOWS / 4),
        ),
        ("messages on their way", format!("{} MiB", MAX_MESSAGE_BYTES >> 20)),
        ("message ports", grouped(MAX_PORTS)),
        ("a line of the console", format!("{} KiB", MAX_LINE_BYTES >> 10)),
        ("the console", format!("{} MiB", MAX_CONSOLE_BYTES >> 20)),
    ] {
        assert!(docs.contains(&format!("| {what} | {limit}")), "{what}: {limit}");
    }
}

#[tokio::test]
async fn what_is_too_much_is_an_exception() {
    for (script, expected) in [
        ("(function f() { return f() })()", "RangeError: Maximum call stack size exceeded"),
        (
            "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a",
            "RangeError: Maximum call stack size exceeded",
        ),
        ("eval('('.repeat(1e5) + ')'.repeat(1e5))", "RangeError: Maximum call stack size exceeded"),
        ("new RegExp('('.repeat(1e5) + ')'.repeat(1e5))", "SyntaxError: too many captures"),
        ("let s = 'x'; for (;;) s += s", "InternalError: string too long"),
        ("const a = []; for (;;) a.push(new ArrayBuffer(1e8))", "InternalError: out of memory"),
        ("const a = []; for (;;) a.push(new Uint8Array(1e8))", "InternalError: out of memory"),
        ("const a = []; for (;;) a.push(new Array(1e7).fill(0))", "InternalError: out of memory"),
        ("const b = new Uint8Array(5e7), a = []; for (;;) a.push(new Blob([b, b]))", ""),
        ("2n ** (2n ** 40n)", "RangeError: BigInt is too large"),
        ("new ImageData(1e6, 1e6)", "RangeError: invalid array buffer length"),
        (
            "document.createElement('canvas').getContext('2d').getImageData(0, 0, 3e4, 3e4)",
            "RangeError: more than 67108864",
        ),
        (
            "const s = 'x'.repeat(1e7); for (let i = 0; ; i++) document.body.setAttribute('a' + i, s)",
            "RangeError: the page has",
        ),
        (
            "const s = 'x'.repeat(1e7); for (;;) document.body.append(document.createTextNode(s))",
            "RangeError: the page has",
        ),
    ] {
        let begun = Instant::now();
        let error = evaluated(script).await.expect_err(script).to_string();
        assert!(error.starts_with(&format!("the script threw {expected}")), "{script}: {error}");
        eprintln!("{:?} {script}", begun.elapsed());
    }
}

#[tokio::test]
async fn what_is_deep_or_long_takes_its_time_and_no_more() {
    // What is done in one call of script's does not grow without bounds either.
    let deep = "let n = document.body; for (let i = 0; i < 2000; i++) n = n.appendChild(document.createElement('p'));";
    for (script, expected) in [
        (
            format!(
                "{deep} document.body.innerHTML.length + document.body.cloneNode(true).textContent.length"
            ),
            json!(14_000),
        ),
        (format!("{deep} document.querySelectorAll('{}').length", ["p"; 12].join(" ")), json!(1989)),
        (format!("{deep} document.querySelectorAll('b > {}').length", ["p"; 20].join(" ")), json!(0)),
    ] {
        assert_eq!(evaluated(&script).await, Ok(expected), "{script}");
    }
    for html in [
        format!("<body>{}", "<div>".repeat(200_000)),
        format!("<body {}>", (0..200_000).map(|nth| format!("a{nth} ")).collect::<String>()),
    ] {
        let script = format!("document.body.innerHTML = {}; 1", json!(html));
        for (page, script) in [(html, "1".to_owned()), (String::new(), script)] {
            let begun = Instant::now();
            let page = open(&site(page), "/", 1.0).await.unwrap();
            let value = page.eval::<Value>(&script).await;
            assert!(value.is_ok() || value == Err(PageError::TimedOut), "{value:?}");
            assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
        }
    }
}

#[tokio::test]
async fn painting_ends_with_the_pages_time() {
    for style in ["c.createConicGradient(1, 2, 3)", "c.createRadialGradient(9, 9, 9, 4000, 4000, 1e4)"] {
        let page = open(&site(String::new()), "/", 1.0).await.unwrap();
        let begun = Instant::now();
        let painted = page
            .eval::<Value>(&format!(
                "const c = new OffscreenCanvas(8192, 8192).getContext('2d');
                 c.fillStyle = {style};
                 c.fillStyle.addColorStop(0, 'red');
                 for (;;) c.fillRect(0, 0, 8192, 8192);"
            ))
            .await;
        assert_eq!(painted, Err(PageError::TimedOut));
        assert!(begun.elapsed() < Duration::from_secs(5), "{style}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn endless_scripts_are_ended() {
    for script in [
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "console.log({ get x() { for (;;); } })",
        "({ toJSON() { for (;;); } })",
        "Promise.resolve({ then() { for (;;); } })",
        "new URL({ toString() { for (;;); } })",
        "fetch('/', { get method() { for (;;); } })",
        "document.createElement('p').addEventListener('x', null, { get once() { for (;;); } }); for (;;);",
        "for (;;) { try { for (;;); } catch { } finally { for (;;); } }",
        "[...(function* () { for (;;) yield 1; })()].length; for (;;);",
        "(async () => { for (;;) await 1; })()",
        "import('data:text/javascript,for(;;);')",
        "new Promise(() => { const f = () => setTimeout(f); f(); })",
        "fetch('/never')",
        "import('https://site.example/never')",
    ] {
        let page = open(&site(""), "/", 0.5).await.unwrap();
        let begun = Instant::now();
        assert_eq!(page.eval::<Value>(script).await, Err(PageError::TimedOut), "{script}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{script}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_console_is_not_flooded() {
    let long = format!("console.log('x'.repeat({}))", MAX_LINE_BYTES + 5);
    let page = open(&site(""), "/", 30.0).await.unwrap();
    page.eval::<()>(&long).await.unwrap();
    let text = page.console().lines().remove(0).text;
    assert!(text.ends_with("x… (5 bytes more)"), "{}", text.len());
    page.eval::<()>("for (let i = 0; i < 3000; i++) console.log('y'.repeat(60000))").await.unwrap();
    let lines = page.console().lines();
    assert!(lines.iter().map(|line| line.text.len()).sum::<usize>() < MAX_CONSOLE_BYTES + 2 * MAX_LINE_BYTES);
    assert!(lines.last().unwrap().text.ends_with("and its console tells nothing more; let it tell less"));
}

#[tokio::test]
async fn requests_are_many_and_not_without_number() {
    let ask = |count: usize| {
        format!(
            "Promise.all(Array.from({{ length: {count} }}, () => fetch('/missing').then(r => r.status, () => 0)))
             .then(all => [all.filter(status => status === 404).length, all.filter(status => status === 0).length])"
        )
    };
    let page = open(&site(""), "/", 60.0).await.unwrap();
    assert_eq!(page.eval::<[usize; 2]>(&ask(10_000)).await, Ok([10_000, 0]));
    let page = open(&site(""), "/", 60.0).await.unwrap();
    let script =
        format!("for (let i = 0; i < {MAX_REQUESTS}; i++) fetch('/never'); fetch('/').catch(e => e.name)");
    assert_eq!(page.eval::<String>(&script).await, Ok("TypeError".to_owned()));
    let told = page.console().lines();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.starts_with("more than 16384 requests are under way at once: "), "{}", told[0].text);
    let begun = Instant::now();
    page.close().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn loads_of_pages_fail_in_words() {
    let agent = site("");
    for (path, expected) in [
        ("/round", "the page could not be loaded: "),
        (
            "/as/image/png",
            "the page could not be loaded: https://site.example/as/image/png is image/png, and no page of HTML",
        ),
        ("/never", "the page was not done in its time; give it a longer timeout"),
    ] {
        let error = open(&agent, path, 1.0).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let file = Page::open(&agent, &"file:///etc/passwd".parse().unwrap()).await.unwrap_err();
    assert!(
        matches!(file, PageError::Unreachable(_)),
        "files are read for those alone who ask for it: {file}"
    );
    for (path, script, expected) in [
        ("/missing", "document.title", "not there"),
        ("/as/application/json", "document.querySelector('pre').textContent", "{\"a\": \"<b>\"}"),
    ] {
        let page = open(&agent, path, 30.0).await.unwrap();
        assert_eq!(page.eval::<String>(script).await.as_deref(), Ok(expected));
    }
    let page = open(&site(vec![b' '; (1 << 26) + 1]), "/", 60.0).await.unwrap_err();
    assert!(page.to_string().contains("is longer than 67108864 bytes; open a smaller page"), "{page}");
}

#[tokio::test]
async fn a_page_without_room_is_cut_off() {
    let fill =
        "const s = 'x'.repeat(1e7); for (let i = 0; i < 26; i++) document.body.setAttribute('a' + i, s);
                document.body.setAttribute('z', 'x'.repeat(8e6));";
    let html = format!("<body><script>{fill}</script>{}", "<p title=some>text".repeat(100_000));
    let page = open(&site(html), "/", 60.0).await.unwrap();
    let count = page.eval::<usize>("document.querySelectorAll('p').length").await.unwrap();
    assert!((1000..100_000).contains(&count), "{count}");
    let lines = page.console().lines();
    assert_eq!(lines.iter().map(|line| line.kind).collect::<Vec<_>>(), [Kind::Exception]);
    assert!(lines[0].text.starts_with("the page has 1000000 nodes, or"), "{}", lines[0].text);
}
