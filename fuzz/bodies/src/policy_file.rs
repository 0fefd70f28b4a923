use std::path::Path;

use crossorigin_policy::{Finding, PolicyDocument, Site, render};
use http::{HeaderMap, Method};

use crate::tape::Tape;

const EXAMPLE: &str = include_str!("../../../docs/example.toml");

/// Whatever a policy file holds: nothing panics, every finding has a place in the text and can be shown, and a
/// file that compiles routes any path.
pub fn policy_file(bytes: &[u8]) {
    check(&String::from_utf8_lossy(bytes));
    check(&near_the_example(&mut Tape::new(bytes)));
}

fn check(text: &str) {
    // Reading other files is not what this is about, least of all those whose names a fuzzer makes up.
    let text = text.replace("origins_file", "origins_fil");
    match PolicyDocument::parse(Path::new("a/policy.toml"), &text).compile() {
        Ok((site, findings)) => {
            check_findings(&text, &findings);
            check_routes(&site);
        }
        Err(report) => {
            assert!(!report.problems().is_empty(), "refused without a reason");
            assert!(!report.to_string().is_empty());
            check_findings(&text, report.problems());
            check_findings(&text, report.warnings());
        }
    }
}

fn check_findings(text: &str, findings: &[Finding]) {
    for finding in findings {
        let line = text.split('\n').nth(finding.line() - 1);
        let columns = line.map_or(0, |line| line.chars().count());
        assert!(line.is_some() && finding.column() <= columns + 1, "{finding} lies outside of the text");
        assert!(!finding.message().is_empty() && !finding.code().is_empty());
    }
    // Rendering a thousand findings takes its time, and the first few are like the rest.
    let shown = render(&findings[..findings.len().min(4)], false, 80);
    assert_eq!(shown.is_empty(), findings.is_empty());
}

fn check_routes(site: &Site) {
    for listener in &site.listeners {
        for path in ["/", "/photos/a.png", "/api", "/api/..", "/a%2fb", "", "\u{fc}", "//", "/api/%"] {
            let found = site.find(listener, Some("img.example:80"), path, &Method::GET, &HeaderMap::new());
            assert!(found.is_ok() || !path.starts_with("/photos"), "{path} is refused");
        }
    }
}

/// The documented example with lines cut, doubled, moved and overwritten.
fn near_the_example(tape: &mut Tape<'_>) -> String {
    const LINES: [&str; 12] = [
        "origins = \"*\"",
        "origins = [\"https://a.example\", 1]",
        "[policies.api]",
        "[[routes]]",
        "[[listeners]]",
        "path = \"/photos/\"",
        "policy = \"photo\"",
        "colour = \"blue\"",
        "max_age = \"25h\"",
        "address = \"::1\"",
        "x = [",
        "[limits]\nhead_bytes = \"1EiB\"",
    ];
    let mut lines: Vec<&str> = EXAMPLE.lines().collect();
    for _ in 0..tape.below(8) {
        let place = tape.below(lines.len());
        match tape.below(4) {
            0 => drop(lines.remove(place)),
            1 => lines.insert(place, tape.one_of(&LINES)),
            2 => lines[place] = tape.one_of(&LINES),
            _ => {
                let other = tape.below(lines.len());
                lines.swap(place, other);
            }
        }
    }
    let mut text = lines.join("\n");
    for _ in 0..tape.below(3) {
        let place = text.floor_char_boundary((tape.below(256) << 4 | tape.below(16)) % (text.len() + 1));
        match tape.below(2) {
            0 => text.truncate(place),
            _ => text
                .insert_str(place, tape.one_of(&["\"", "]", "=", "\u{0}", "\r\n", "\u{1f4a9}", "*", "'''"])),
        }
    }
    text
}
