//! What the README shows is what the program does.

use std::fs;
use std::process::Command;

const README: &str = include_str!("../../../README.md");

/// The text of the first block in this language that holds `mark`.
fn block(language: &str, mark: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let mut blocks = README.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.find(|text| text.contains(mark)).unwrap_or_else(|| unreachable!("the README has no {mark:?}"))
}

#[test]
fn the_policy_file_of_the_readme_is_valid_and_decides_as_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("site.toml"), block("toml", "[policies.api]")).unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    let run = |arguments: &mut dyn Iterator<Item = &str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
        let output = command.args(arguments).current_dir(&folder).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };

    let (code, _) = run(&mut ["policy", "check", "site.toml"].into_iter());
    assert_eq!(code, Some(0));

    let shown = block("console", "$ crossorigin policy decide").trim();
    let (command, answer) = shown.split_once('\n').unwrap();
    let (code, printed) = run(&mut command.split_whitespace().skip(2));
    assert_eq!((code, printed.trim()), (Some(0), answer));
}
