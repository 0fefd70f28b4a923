//! `docs/targets.md`: what is known of each target. `UPDATE_DOCS=1` writes it anew, each part by the test that finds it.

use std::fs::File;
use std::io::{Read, Seek, Write};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/targets.md");

/// Holds one part of the page: what stands before the first target, for which there is no name, or under a target's.
pub(crate) fn hold(name: Option<&str>, part: &str) {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut file =
        File::options().read(true).write(update).create(update).truncate(false).open(PAGE).unwrap();
    // Other tests write other parts at the same time.
    file.lock().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    let (start, end) = place(&text, name);
    if !update {
        assert_eq!(
            text[start..end].trim(),
            part.trim(),
            "docs/targets.md is out of date: run this with UPDATE_DOCS=1"
        );
        return;
    }
    let parts = [&text[..start], part, &text[end..]].map(str::trim).into_iter();
    text = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    file.write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// Where a part stands, or belongs: targets are in the order of their names.
fn place(text: &str, name: Option<&str>) -> (usize, usize) {
    let starts: Vec<_> = std::iter::once(0)
        .filter(|_| text.starts_with("## "))
        .chain(text.match_indices("\n## ").map(|(at, _)| at + 1))
        .collect();
    let end_of = |nth: usize| starts.get(nth).copied().unwrap_or(text.len());
    let Some(name) = name else { return (0, end_of(0)) };
    let heading = |at: usize| text[at + 3..].lines().next().unwrap_or_default();
    match starts.binary_search_by(|at| heading(*at).cmp(name)) {
        Ok(nth) => (starts[nth], end_of(nth + 1)),
        Err(nth) => (end_of(nth), end_of(nth)),
    }
}
