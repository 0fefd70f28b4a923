//! `docs/check.md` shows what `crossorigin check` prints.
//!
//! `UPDATE_DOCS=1 cargo test -p crossorigin-cli --test check_documentation` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
const FENCE: &str = "```console\n$ crossorigin check ";

/// What a command prints, which stands on the line behind `crossorigin check`.
fn printed(command: &str) -> String {
    let arguments: Vec<&str> = match command.split_once(" '") {
        Some((flag, quoted)) => vec![flag, quoted.trim_end_matches('\'')],
        None => command.split(' ').collect(),
    };
    let mut program = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    let output = program.current_dir(DOCS).arg("check").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn the_page_shows_what_is_printed() {
    let file = format!("{DOCS}/check.md");
    let written = std::fs::read_to_string(&file).unwrap();
    let (mut expected, mut shown) = (String::new(), 0);
    for (nth, piece) in written.split(FENCE).enumerate() {
        if nth > 0 {
            expected.push_str(FENCE);
        }
        let (block, rest) = piece.split_once("\n```").unwrap_or((piece, ""));
        match block.split_once('\n') {
            // What goes to a real server is shown without its answer.
            Some((command, _)) if nth > 0 && !command.starts_with("https:") => {
                expected.push_str(&format!("{command}\n{}\n```{rest}", printed(command)));
                shown += 1;
            }
            _ => expected.push_str(piece),
        }
    }
    assert_eq!(shown, 2, "two commands are shown with what they print");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &expected).unwrap();
        return;
    }
    assert!(written == expected, "docs/check.md is out of date: run this test with UPDATE_DOCS=1");
}
