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
    std::fs::write(folder.path().join("latin.txt"), b"https://b.example\nhttps://\xe9.example\n").unwrap();
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.path().join("broken.pem"), broken).unwrap();
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
    // Every case, cut off at every byte, and with something else there: what editors hand over while someone types.
    for (_, file, _) in cases() {
        for at in (0..file.len()).filter(|&at| file.is_char_boundary(at)) {
            let (before, after) = file.split_at(at);
            compile_and_render(before);
            let mut rest = after.chars();
            rest.next();
            for other in ["\"", "[", ""] {
                compile_and_render(&format!("{before}{other}{}", rest.as_str()));
            }
        }
    }
}

fn compile_and_render(text: &str) {
    let findings = match PolicyDocument::parse(Path::new("p.toml"), text).compile() {
        Ok((_, warnings)) => warnings,
        Err(report) => [report.problems(), report.warnings()].concat(),
    };
    for finding in &findings {
        assert!(
            !finding.message().is_empty() && finding.line() > 0 && finding.column() > 0,
            "{finding}\n{text}"
        );
    }
    assert!(findings.is_empty() || !crossorigin_policy::render(&findings, true, 80).is_empty());
}

#[test]
fn a_byte_order_mark_moves_no_column() {
    let found = problems(Path::new("x"), "\u{feff}[policies.p]\r\norigins = 1\r\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("wrong-type p.toml:2:11: "), "{found:?}");
    let found = problems(Path::new("x"), "\u{feff}x = 1");
    assert!(found[0].starts_with("unknown-key p.toml:1:1: "), "{found:?}");
}

#[test]
fn good_files_are_good() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("origins.txt"), "# none\r\n").unwrap();
    let route = |line: &str| format!("[[routes]]\npath = '/'\nupstream = 'http://u'\n{line}\n");
    let listener = |line: &str| format!("[[listeners]]\n{line}\n");
    let policy = |lines: &str| format!("[policies.p]\n{lines}\n");
    let good = [
        String::new(),
        "# nothing\n".into(),
        "policies = {}\nlisteners = []\nroutes = []\nlimits = {}\n".into(),
        "[policies]\n'a name with spaces'.origins = '*'\n\"é\" = { origins = [] }\n".into(),
        policy("origins = 'https://app.example'\nmethods = 'PUT'\nmax_age = '1h30m'"),
        policy("origins = []\nmax_age = '0s'\npreflight_status = 200"),
        policy("origins_file = 'origins.txt'"),
        policy("origins = ['capacitor://localhost', 'chrome-extension://abc', 'https://*.a.example:*']"),
        policy("origins = ['https://xn--4ca.example', 'http://[::1]:3000', 'http://127.0.0.1:*']"),
        policy("origins = ['null']\ndangerously_allow_null_origin = true"),
        policy("origins = '*'\ncredentials = true\ndangerously_allow_any_origin_with_credentials = true"),
        listener("address = '[::1]:80'"),
        listener("address = '0.0.0.0:0'\nname = 'a'") + &listener("address = '0.0.0.0:0'\nname = 'b'"),
        route("host = 'img.example'"),
        route("host = ['IMG.example.', '[0:0:0:0:0:0:0:1]', '127.0.0.1', 'my_host']"),
        route("methods = ['GET', 'PROPFIND', 'OPTIONS']"),
        route("extensions = ['png', 'JPG']"),
        route("max_body = 0"),
        route("max_body = 0x10\npass_through = true"),
        route("").replace("http://u", "HTTP://U.example:8080/"),
        route("").replace("http://u", "http://[::1]:9000"),
        route("").replace("'/'", "'/café/%20/~x'"),
        route("").replace("'/'", "'/.well-known/a.b/..c'"),
        route("methods = ['PUT']") + &route("methods = ['GET']") + &route("") + &route("host = 'h'"),
        route("extensions = ['png']") + &route("methods = ['GET']"),
    ];
    for text in good {
        assert_eq!(problems(folder.path(), &text), Vec::<String>::new(), "{text}");
    }
}
