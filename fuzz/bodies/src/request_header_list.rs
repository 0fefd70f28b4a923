use std::collections::BTreeSet;

use crossorigin::infrastructure::request_header_list::{
    HeaderListError, MAX_BYTES, MAX_NAMES, RequestHeaderList,
};
use http::{HeaderName, HeaderValue};

use crate::tape::Tape;

/// The list is read as if by splitting all of it at commas, within its bounds.
pub fn request_header_list(bytes: &[u8]) {
    check(bytes.split(|&byte| byte == b'\n'));
    let text = near_a_list(&mut Tape::new(bytes));
    check(text.as_bytes().split(|&byte| byte == b'\n'));
}

fn near_a_list(tape: &mut Tape<'_>) -> String {
    const PIECES: [&str; 14] = [
        "a",
        "b",
        "x-foo",
        "X-Foo",
        "content-type",
        "authorization",
        ",",
        ",",
        ",",
        " ",
        "\t",
        "\n",
        ";",
        "\u{e9}",
    ];
    let mut text = String::new();
    while !tape.is_over() {
        let piece = tape.one_of(&PIECES);
        let times = if tape.below(32) == 31 { tape.below(256) * 20 } else { 1 };
        text.push_str(&piece.repeat(times));
    }
    text
}

fn check<'a>(lines: impl Iterator<Item = &'a [u8]>) {
    let lines: Vec<_> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let parsed = RequestHeaderList::parse(&lines);
    let whole = lines.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b","[..]);
    let elements: Vec<_> = whole.split(|&byte| byte == b',').collect();
    let too_long = whole.len() > MAX_BYTES || elements.len() > MAX_NAMES;
    let names = elements.iter().map(|element| element.trim_ascii()).filter(|name| !name.is_empty());
    let names: Option<BTreeSet<_>> =
        names.map(|name| HeaderName::from_bytes(name).ok().map(|name| name.as_str().to_owned())).collect();
    match (parsed, names) {
        (Ok(list), Some(names)) => {
            assert!(!too_long, "{} bytes, {} elements", whole.len(), elements.len());
            let canonical = list.canonical();
            assert_eq!(canonical, names.into_iter().collect::<Vec<_>>().join(","));
            let line = [HeaderValue::from_str(&canonical).expect("made of header names")];
            let again = RequestHeaderList::parse(&line).expect("the canonical list is a list");
            assert_eq!(again.canonical(), canonical);
        }
        (Ok(_), None) => unreachable!("{whole:?} is no list of names"),
        (Err(HeaderListError::TooLong), _) => {
            assert!(too_long, "{} bytes, {} elements", whole.len(), elements.len());
        }
        // A list can be both; which of the two is said depends on what comes first.
        (Err(_), names) => assert!(names.is_none() || too_long, "{whole:?} is a list of names"),
    }
}
