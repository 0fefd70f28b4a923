//! The demo's page in `crossorigin open`: each demonstration comes to what it comes to in Chromium.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;
use support::browser::Browser;
use support::demonstrations::{DEMONSTRATIONS, demo, finish};
use support::program::Program;

/// Demonstrations that want of a page what `open` does not have, what that is, and what they come to for lack of it.
/// Each must do so: what is there one day comes off the list.
const BEYOND: [(&str, &str, &str); 5] = [
    ("video", "a film is asked for by its rule, and not decoded", "did not load"),
    ("video-refused", "a film is asked for by its rule, and not decoded", "did not load"),
    ("shape", "where lines begin is layout", "TypeError: not a function"),
    ("shape-refused", "where lines begin is layout", "TypeError: not a function"),
    ("texture", "WebGL's drawing is not rasterised", "The ball is black"),
];

/// What came of a demonstration.
#[derive(Debug, Deserialize)]
struct Trial {
    demo: String,
    state: String,
    detail: String,
    decides: Vec<String>,
}

/// The demonstrations of a page that has run, for script of either program.
const TRIALS: &str = "JSON.stringify([...document.querySelectorAll('[data-demo]')].map(trial => {
    const { demo, state, detail } = trial.dataset;
    const decides = [...trial.querySelectorAll('.decides')].map(row =>
        `${row.querySelector('dt').lastChild.textContent}: ${row.querySelector('dd').textContent}`);
    return { demo, state, detail, decides };
}))";

/// What the page comes to in `open`: its demonstrations, and what the console says of CORS.
fn in_open(site: &str) -> (Vec<Trial>, BTreeSet<String>) {
    let arguments = ["open", site, "--profile", "chromium", "--format", "json", "--timeout", "300"];
    let output = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .args(arguments)
        .args(["--eval", TRIALS])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let (mut trials, mut refusals) = (None, BTreeSet::new());
    for line in printed.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        match line["kind"].as_str() {
            Some("value") => trials = serde_json::from_str(line["value"].as_str().unwrap()).unwrap(),
            _ => refusals.extend(refusal(line["text"].as_str().unwrap_or_default())),
        }
    }
    (trials.unwrap(), refusals)
}

/// What a line of the console says of CORS, without what is another in every run.
fn refusal(line: &str) -> Option<String> {
    let said = &line[line.find("Access to ")?..];
    said.contains("blocked by CORS policy").then(|| {
        let words = said.split(' ').map(|word| match word.split_once("?trial=") {
            // When a demonstration was begun stands behind its name.
            Some((url, tag)) => format!("{url}?trial={}", tag.split('.').next().unwrap_or_default()),
            None => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    })
}

fn holds(ours: &[Trial], site: &str) {
    let origin = site.trim_end_matches('/');
    assert_eq!(ours.len(), DEMONSTRATIONS.len());
    for (name, state, detail, decides) in DEMONSTRATIONS {
        let own = ours.iter().find(|trial| trial.demo == name).unwrap();
        println!("{name}: {}: {}", own.state, own.detail);
        match BEYOND.iter().find(|(beyond, ..)| *beyond == name) {
            Some((_, why, instead)) => {
                assert_eq!(own.state, "failed", "{name} is on the list, for {why}, and comes out: {own:?}");
                assert!(own.detail.contains(instead), "{own:?} has no {instead:?}");
            }
            None => {
                assert_eq!(own.state, state, "{own:?}");
                assert!(own.detail.contains(detail), "{own:?} has no {detail:?}");
                let decides = decides.replace("{site}", origin);
                assert!(own.decides.contains(&decides), "{own:?} has no {decides:?}");
            }
        }
    }
}

#[test]
fn every_demonstration_comes_out_as_it_should() {
    let (_program, site) = demo();
    let (ours, refusals) = in_open(&site);
    holds(&ours, &site);
    // Its shape is not seen, but asked for.
    let of_shape = refusals.iter().filter(|line| line.contains("trial=shape-refused"));
    assert_eq!(of_shape.count(), 1, "{refusals:#?}");
}

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn every_demonstration_comes_out_as_in_chromium() {
    let (program, site): (Program, String) = demo();
    let browser = Browser::start();
    browser.open(&site);
    finish(&browser);
    let theirs: Vec<Trial> =
        serde_json::from_str(browser.run(&format!("return {TRIALS}")).as_str().unwrap()).unwrap();
    let their_refusals: BTreeSet<_> = browser.console().iter().filter_map(|line| refusal(line)).collect();
    let (ours, refusals) = in_open(&site);
    drop(program);

    holds(&ours, &site);
    let theirs: BTreeMap<_, _> = theirs.iter().map(|trial| (&trial.demo, trial)).collect();
    for own in ours.iter().filter(|own| BEYOND.iter().all(|(name, ..)| *name != own.demo)) {
        let other = theirs[&own.demo];
        assert_eq!(own.state, other.state, "{own:?} {other:?}");
        assert_eq!(own.decides, other.decides, "{own:?} {other:?}");
    }
    assert_eq!(refusals, their_refusals);
}
