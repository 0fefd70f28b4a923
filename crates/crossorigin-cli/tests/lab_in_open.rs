//! The lab's cases as scripts of a page in `crossorigin open`: what comes of them is what each profile foretells.
//! The browsers are held to the same foretellings by the same page, so that pages here agree with them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossorigin::html::Initiator;
use crossorigin::profiles::Profile;
use crossorigin_agent::{Agent, HttpTransportBuilder};
use crossorigin_lab::case::{Ask, Case, Reading, Realm, Target};
use crossorigin_lab::{Authority, Run, generate, start};
use crossorigin_page::{Page, PageOptions};
use url::Url;

const SEED: u64 = 11;
const CASES: u64 = 2000;

/// What cases need beyond what every page has: the cases, and how script sees that it is there.
type Need = (&'static str, fn(&Case) -> bool, &'static str);
const NEEDS: &[Need] = &[
    ("blob: URLs", |case| case.target == Target::Blob, "'createObjectURL' in URL"),
    (
        "stylesheets",
        |case| asks(case, &[Initiator::Stylesheet]),
        "'sheet' in (window.HTMLLinkElement?.prototype ?? {})",
    ),
    ("event streams", |case| asks(case, &[Initiator::EventSource]), "'EventSource' in window"),
    ("font faces", |case| asks(case, &[Initiator::FontFace]), "'FontFace' in window"),
    // Elements load all the same, and fail.
    (
        "decoders of video",
        |case| asks(case, &[Initiator::Video]),
        "Boolean(document.createElement('video').canPlayType?.('video/webm'))",
    ),
    (
        "decoders of sound",
        |case| asks(case, &[Initiator::Audio]),
        "Boolean(document.createElement('audio').canPlayType?.('audio/wav'))",
    ),
    ("tracks", |case| asks(case, &[Initiator::Track]), "'HTMLTrackElement' in window"),
    // Script sees of a shape only what it does to the layout.
    ("layout", |case| asks(case, &[Initiator::CssShape]), "false"),
    (
        "patterns",
        |case| case.asks.iter().any(reads_by_pattern),
        "'createPattern' in CanvasRenderingContext2D.prototype",
    ),
];

fn asks(case: &Case, initiators: &[Initiator]) -> bool {
    case.asks.iter().any(|ask| initiators.contains(&ask.initiator))
}

fn reads_by_pattern(ask: &Ask) -> bool {
    ask.has_pixels() && ask.reading == Reading::Pattern
}

/// Opens a page, held to a profile.
async fn open(url: &str, profile: Profile) -> Page {
    let options = PageOptions::new().profile(profile).timeout(Duration::from_secs(300));
    // One of the lab's hosts speaks https, with a certificate of its own making.
    let agent = Agent::with_transport(HttpTransportBuilder::new().accept_any_certificate().build());
    Page::open_with(&agent, &url.parse::<Url>().unwrap(), &options).await.unwrap()
}

/// Runs the cases of these numbers; what came of them, and what the page's console said.
async fn run(numbers: Vec<u64>, profile: Profile) -> (Arc<Run>, Page) {
    let authority = Authority::new().unwrap();
    let run = start(0, SEED, numbers, Some(profile), Some(&authority)).await.unwrap();
    let page = open(&format!("http://a.x.localhost:{}/", run.places.own), profile).await;
    let over = async {
        loop {
            let told = run.progress.notified();
            if run.is_over() {
                break;
            }
            told.await;
        }
    };
    tokio::select! {
        () = over => {}
        // It has nothing left to do, or its time is over.
        _ = page.idle() => {}
    }
    (run, page)
}

async fn hold(profile: Profile) {
    // Without a case, it only says what it has.
    let (_, page) = run(Vec::new(), profile).await;
    let (mut numbers, mut skipped) = (Vec::new(), BTreeMap::<&str, usize>::new());
    let mut lacking = Vec::new();
    for need in NEEDS {
        if !page.eval::<bool>(need.2).await.unwrap() {
            lacking.push(need);
        }
    }
    for number in 0..CASES {
        let case = generate(SEED, number);
        match lacking.iter().find(|(_, wants, _)| wants(&case)) {
            Some((what, ..)) => *skipped.entry(what).or_default() += 1,
            None => numbers.push(number),
        }
    }
    let count = numbers.len();
    let numbers_in_frames =
        numbers.iter().filter(|number| generate(SEED, **number).realm != Realm::Page).count();
    let (run, page) = run(numbers, profile).await;
    let tally = run.tally();
    println!(
        "{count} of {CASES} cases of seed {SEED} ({numbers_in_frames} in frames) as {}: {} agree with the standard, {} are explained, {} by nothing",
        profile.name(),
        tally.agree,
        tally.explained,
        tally.unexplained.len(),
    );
    for (what, cases) in &skipped {
        println!("{cases} skipped, for there are no {what}");
    }
    tally.unexplained.iter().take(5).for_each(|told| println!("{told}"));
    if !run.is_over() {
        page.console().lines().iter().rev().take(10).rev().for_each(|line| println!("{}", line.text));
    }
    assert!(run.is_over(), "{} of {count} cases are done", tally.done());
    assert_eq!((tally.unexplained.len(), &tally.unsteady), (0, &Vec::new()));
    assert!(numbers_in_frames > 200, "too few cases run in frames: {numbers_in_frames}");
    assert!(count > CASES as usize / 2, "too few cases run: a page has less than it had");
}

#[tokio::test]
async fn as_the_standard_says() {
    hold(Profile::Standard).await;
}

#[tokio::test]
async fn as_chromium_does() {
    hold(Profile::Chromium).await;
}

#[tokio::test]
async fn as_firefox_does() {
    hold(Profile::Firefox).await;
}

#[tokio::test]
async fn as_webkit_does() {
    hold(Profile::WebKit).await;
}
