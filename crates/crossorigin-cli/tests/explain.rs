//! `crossorigin explain`, as it is called.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::process::{Command, Output};

use crossorigin_verdict::PAGES;

fn explain(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crossorigin")).arg("explain").args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn without_a_reason_all_are_listed() {
    let list = text(&explain(&[]));
    let codes: Vec<_> = list.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(codes, PAGES.iter().map(|page| page.code).collect::<Vec<_>>());
}

#[test]
fn each_page_is_shown_whole() {
    for page in PAGES {
        let shown = text(&explain(&[page.code]));
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [page.title, page.code, page.what, page.why, page.remedy] {
            assert!(words(&shown).contains(&words(part)), "{}: {part}", page.code);
        }
        for fix in page.fixes() {
            assert!(shown.contains(fix.server.unwrap().name()), "{}: {fix:?}", page.code);
        }
        let paragraphs = shown.split("\n\n").take(4).flat_map(str::lines);
        let widest = paragraphs.map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 102, "{}: {widest} columns", page.code);
    }
    let one = text(&explain(&["preflight-header", "--server", "NGINX"]));
    assert!(one.contains("return 204;") && !one.contains("Express"), "{one}");
}

#[test]
fn what_is_not_there_is_an_error_that_helps() {
    for (arguments, said) in [
        (
            &["allow-origin-mising"][..],
            "error: \"allow-origin-mising\" is no reason; did you mean allow-origin-missing?",
        ),
        (&["Preflight-Headers"], "did you mean preflight-header?"),
        (&["xyzzy"], "error: \"xyzzy\" is no reason\n"),
        (
            &["allow-origin-missing", "--server", "ngnix"],
            "there is no fix for \"ngnix\"; did you mean nginx?",
        ),
        (&["bad-port", "--server", "nginx"], "bad-port has no fix in a server's configuration"),
        (&["--server", "nginx"], "required arguments were not provided"),
    ] {
        let output = explain(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && error.contains(said), "{arguments:?}: {error}");
    }
}

/// The policy files that pages show are policy files.
#[test]
fn policy_files_on_pages_are_valid() {
    let mut seen = 0;
    for page in PAGES {
        for fix in page.fixes().iter().filter(|fix| fix.language == "toml") {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("policy.toml");
            std::fs::write(&file, &fix.snippet).unwrap();
            let output =
                Command::new(env!("CARGO_BIN_EXE_crossorigin")).args(["policy", "check"]).arg(&file).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{}: {output:?}", page.code);
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen} pages show a policy file");
}
