//! Broken policy files, and everything that is said about each: `problems.txt` is the table.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::path::Path;

use crossorigin_policy::{PolicyDocument, Report};

/// Each case: `=== name`, the file, `---`, and its problems, one a line, each with its code in front.
const TABLE: &str = include_str!("problems.txt");

fn cases() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    TABLE.split("=== ").skip(1).map(|case| {
        let (name, rest) = case.split_once('\n').unwrap();
        let (file, problems) = rest.split_once("---\n").unwrap();
        (name, file, problems.lines().filter(|line| !line.is_empty()).collect())
    })
}

fn problems(folder: &Path, text: &str) -> Vec<String> {
    let prefix = format!("{}/", folder.display());
    let report = PolicyDocument::parse(&folder.join("p.toml"), text).compile().err();
    let problems = report.iter().flat_map(Report::problems);
    problems.map(|problem| format!("{} {problem}", problem.code()).replace(&prefix, "")).collect()
}

#[test]
fn every_problem_is_named_with_its_place_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "# ours\nhttps://b.example\n\nhttps://c.example:443\n  HTTPS://d.example\n";
    std::fs::write(folder.path().join("faulty.txt"), lines).unwrap();
    std::fs::write(folder.path().join("star.txt"), "https://b.example\n*\n").unwrap();
    let mut count = 0;
    let mut wrong = String::new();
    for (name, file, expected) in cases() {
        count += 1;
        let found = problems(folder.path(), file);
        assert!(!expected.is_empty(), "{name}: the table expects no problem");
        if found != expected {
            wrong.push_str(&format!("=== {name}\n{file}---\n{}\n\n", found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "these come out in another way:\n{wrong}");
    assert!(count >= 80, "only {count} cases");
}

#[test]
fn a_control_character_in_a_string_is_a_syntax_error() {
    let found = problems(Path::new("x"), "[policies.p]\norigins = \"*\x07\"\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("syntax p.toml:2:13: "), "{found:?}");
}

#[test]
fn only_a_hundred_faulty_lines_of_an_origins_file_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("o.txt"), "https://a.example/\n".repeat(250)).unwrap();
    let found = problems(folder.path(), "[policies.p]\norigins_file = \"o.txt\"\n");
    assert_eq!(found.len(), 101);
    assert_eq!(
        found[0],
        "more-problems p.toml:2:16: 150 more lines of this file are faulty; mend those that are shown first"
    );
    assert!(found[100].starts_with("origin-path o.txt:100:1: "), "{}", found[100]);
}

#[test]
fn no_text_makes_it_panic() {
    // Every case, cut off at every byte: what editors hand over while someone types.
    for (_, file, _) in cases() {
        for end in (0..file.len()).filter(|&end| file.is_char_boundary(end)) {
            let document = PolicyDocument::parse(Path::new("p.toml"), &file[..end]);
            let findings = match document.compile() {
                Ok((_, warnings)) => warnings,
                Err(report) => [report.problems(), report.warnings()].concat(),
            };
            let _ = crossorigin_policy::render(&findings, true, 80);
        }
    }
}
