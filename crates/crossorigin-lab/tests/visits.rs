//! A visit to the lab, told by one who speaks HTTP as a page does: what is handed out, judged, run again and kept.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use crossorigin::profiles::Profile;
use crossorigin_lab::{Record, Run, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const SEED: u64 = 3;
const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/999.0.0.0 Safari/537.36";

/// The status and body of an answer.
async fn ask(run: &Run, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", run.places.own)).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: a.x.localhost\r\nUser-Agent: {CHROME}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn get(run: &Run, path: &str) -> Value {
    let (status, body) = ask(run, "GET", path, "").await;
    assert_eq!(status, 200, "{path}");
    serde_json::from_str(&body).unwrap()
}

/// Opens the page, and gives back the number of the visit.
async fn visit(run: &Run) -> String {
    let (_, page) = ask(run, "GET", "/", "").await;
    let (_, rest) = page.split_once("data-visit=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Reports of a case what no browser does.
async fn report_nonsense(run: &Run, case: &Value) -> Value {
    let seen = json!({ "result": "nonsense", "status": 999, "headers": [], "readable": false });
    let report = json!([{ "number": case["number"], "attempt": case["attempt"], "asks": [seen] }]);
    let (status, told) = ask(run, "POST", "/report", &report.to_string()).await;
    assert_eq!(status, 200);
    serde_json::from_str(&told).unwrap()
}

async fn one_case() -> Arc<Run> {
    start(0, SEED, vec![4], None, None).await.unwrap()
}

#[tokio::test]
async fn what_nothing_explains_is_run_three_times_and_then_told() {
    let run = one_case().await;
    let visit = visit(&run).await;
    for attempt in 0..3 {
        assert!(!run.is_over());
        let standing = get(&run, &format!("/batch/{visit}")).await;
        assert_eq!(standing["cases"].as_array().unwrap().len(), 1, "attempt {attempt}");
        report_nonsense(&run, &standing["cases"][0]).await;
    }
    assert!(run.is_over());
    let tally = run.tally();
    assert_eq!((tally.unexplained.len(), tally.unsteady.len()), (1, 0));
    let told = tally.unexplained[0].to_string();
    for part in ["case 4: unexplained", "the browser:", "chromium foretells:", "by these steps:", "nonsense"]
    {
        assert!(told.contains(part), "{part} in {told}");
    }
    let record = Record::of(&run, "999.0", "1 Jan 2030");
    assert_eq!((record.browser.as_str(), record.cases, record.unexplained), ("chromium", 1, vec![4]));
    assert!(Record::of_release(Profile::Chromium, "999.0").is_none());
    let entry = tally.unexplained[0].entry_to_write(Profile::Chromium, "999.0", SEED);
    assert!(entry.contains("measured: crossorigin lab --seed 3 --case 4"), "{entry}");
}

#[tokio::test]
async fn a_replay_is_told_and_counts_for_nothing() {
    let run = one_case().await;
    visit(&run).await;
    let case = get(&run, "/replay/17").await;
    let told = report_nonsense(&run, &case).await;
    assert_eq!((&told[0]["number"], &told[0]["judgement"]), (&json!(17), &json!("unexplained")));
    assert!(!told[0]["foretold"][0]["steps"].as_array().unwrap().is_empty());
    assert_eq!(run.tally().done(), 0);
}

#[tokio::test]
async fn a_new_page_begins_anew() {
    let run = one_case().await;
    let first = visit(&run).await;
    let old = get(&run, &format!("/batch/{first}")).await;
    let second = visit(&run).await;
    assert_eq!(ask(&run, "GET", &format!("/batch/{first}"), "").await.0, 409);
    report_nonsense(&run, &old["cases"][0]).await;
    let standing = get(&run, &format!("/batch/{second}")).await;
    assert_ne!(standing["cases"][0]["url"], old["cases"][0]["url"], "no cache knows of the new one");
    assert_eq!(
        get(&run, &format!("/batch/{second}")).await["cases"],
        json!([]),
        "the old report is no part of it"
    );
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let run = one_case().await;
    for (method, path, body, expected) in [
        ("GET", "/batch/x", "", 409),
        ("GET", "/replay/x", "", 404),
        ("GET", "/nothing", "", 404),
        ("GET", "/case/v1r0/4/99", "", 404),
        ("GET", "/case/r0/4/0", "", 404),
        ("POST", "/report", "{", 400),
    ] {
        assert_eq!(ask(&run, method, path, body).await.0, expected, "{method} {path}");
    }
}
