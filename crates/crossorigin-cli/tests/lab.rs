//! A sample of the lab's cases, in the browsers themselves.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

/// Runs the lab in a browser, and gives back its last line and exit code.
fn lab(engine: &str, seed: &str) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
        .args(["lab", "--cases", "1000", "--seed", seed, "--engine", engine])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    println!("{printed}{}", String::from_utf8_lossy(&output.stderr));
    (printed.lines().last().unwrap_or_default().to_owned(), output.status.code())
}

#[test]
#[ignore = "needs Chromium: cargo xtask test"]
fn chromium_does_what_its_profile_foretells() {
    let (last, code) = lab("chromium", "11");
    assert!(last.starts_with("1000 cases in chromium ") && last.ends_with(" 0 unexplained"), "{last}");
    assert_eq!(code, Some(0));
}

#[test]
#[ignore = "needs Firefox: cargo xtask test"]
fn firefox_does_what_its_profile_foretells() {
    let (last, code) = lab("firefox", "11");
    assert!(last.starts_with("1000 cases in firefox ") && last.ends_with(" 0 unexplained"), "{last}");
    assert_eq!(code, Some(0));
}

#[test]
fn flags_that_are_wrong_are_refused() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_crossorigin")).args(["lab", "--engine", "lynx"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[possible values: chromium, firefox, webkit]"));
}
