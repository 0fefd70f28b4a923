//! A sample of the lab's cases, in the browsers themselves.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

/// Runs the lab in a browser, and gives back what it prints and its exit code.
fn lab(engine: &str, seed: &str) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .args(["lab", "--cases", "1000", "--seed", seed, "--engine", engine])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    println!("{printed}{}", String::from_utf8_lossy(&output.stderr));
    (printed, output.status.code())
}

/// Whether a browser does what its profile foretells. Of a release that no record knows it is only reported what it
/// does else.
fn assert_foretold(engine: &str) {
    let (printed, code) = lab(engine, "11");
    let last = printed.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("1000 cases in {engine} ")), "{last}");
    if !printed.contains("\nNo record knows ") {
        assert!(last.ends_with(", 0 unexplained"), "{last}");
        assert_eq!(code, Some(0));
    }
}

#[test]
#[ignore = "needs Chromium: cargo xtask test"]
fn chromium_does_what_its_profile_foretells() {
    assert_foretold("chromium");
}

#[test]
#[ignore = "needs Firefox: cargo xtask test"]
fn firefox_does_what_its_profile_foretells() {
    assert_foretold("firefox");
}

#[test]
#[ignore = "needs WebKitGTK: cargo xtask test"]
fn webkit_does_what_its_profile_foretells() {
    assert_foretold("webkit");
}

#[test]
fn flags_that_are_wrong_are_refused() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_crossorigin")).args(["lab", "--engine", "lynx"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[possible values: chromium, firefox, webkit]"));
}
