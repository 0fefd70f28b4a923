//! The pages on reasons are what the code says.
//!
//! `UPDATE_DOCS=1 cargo test -p crossorigin-verdict --test documentation` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crossorigin::fetching::NetworkErrorReason;
use crossorigin_verdict::{PAGES, reasons_index};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reasons")
}

fn assert_current(file: &str, expected: &str) {
    let path = docs().join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == expected, "docs/reasons/{file} is out of date: run this test with UPDATE_DOCS=1");
}

#[test]
fn the_pages_are_current() {
    assert_current("README.md", &reasons_index());
    for page in PAGES {
        assert_current(&format!("{}.md", page.code), &page.markdown());
    }
    let expected: BTreeSet<String> =
        PAGES.iter().map(|page| format!("{}.md", page.code)).chain(["README.md".to_owned()]).collect();
    let files = std::fs::read_dir(docs()).unwrap();
    let found: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_reason_has_its_page() {
    let codes: Vec<_> = PAGES.iter().map(|page| page.code).collect();
    assert_eq!(codes, NetworkErrorReason::CODES);
    for page in PAGES {
        for text in [page.title, page.what, page.why, page.remedy] {
            assert!(
                !text.is_empty() && !text.contains("  ") && !text.contains('\n'),
                "{}: {text:?}",
                page.code
            );
        }
    }
}
