//! A clock that jumps moves no time-out: nothing in the gateway asks for the time of day.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

/// Files that deal with dates, and what with.
const DATES: [(&str, &str); 2] = [
    ("src/files/cache.rs", "UNIX_EPOCH"), // what a file's date of modification is, as HTTP writes it
    ("src/files/conditions.rs", "UNIX_EPOCH"), // what a client says of it
];

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path.to_str().unwrap().to_owned()),
        }
    }
}

#[test]
fn nothing_asks_for_the_time_of_day() {
    let mut found = Vec::new();
    sources(Path::new("src"), &mut found);
    assert!(found.len() > 30, "{found:?}");
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["SystemTime", "UNIX_EPOCH", "now_utc", "Utc::now", "Local::now"] {
            let is_known = DATES.contains(&(&*file, word));
            assert!(is_known || !text.contains(word), "{file} uses {word}");
        }
    }
}
