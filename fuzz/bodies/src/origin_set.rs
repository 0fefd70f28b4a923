use crossorigin::infrastructure::origin::SerializedOrigin;
use crossorigin::server::{OriginPattern, OriginSet};

use crate::tape::Tape;

/// A set finds an origin exactly where one of its patterns, read naively, takes it in.
pub fn origin_set(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let mut set = OriginSet::default();
    let mut accepted = Vec::new();
    for _ in 0..tape.below(8) {
        let text = tape.pattern();
        if let Ok(pattern) = OriginPattern::parse(&text) {
            assert_eq!(pattern.to_string(), text, "a pattern is written as it was read");
            let new = set.insert(&pattern);
            assert_eq!(new, !accepted.contains(&text), "{text} among {accepted:?}");
            if new {
                accepted.push(text);
            }
        }
    }
    assert_eq!(set.len(), accepted.len());
    for _ in 0..8 {
        let origin = tape.origin();
        let expected = accepted.iter().any(|pattern| takes_in(pattern, &origin));
        assert_eq!(set.find(origin.as_bytes()).is_some(), expected, "{origin} by {accepted:?}");
    }
}

/// What the documentation of patterns says, on text. Both are known to be well-formed where this is true.
fn takes_in(pattern: &str, origin: &str) -> bool {
    if SerializedOrigin::parse(origin.as_bytes()).is_err() {
        return false;
    }
    let (pattern_scheme, pattern_host, pattern_port) = parts(pattern);
    let (scheme, host, port) = parts(origin);
    let hosts = match pattern_host.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => host == pattern_host,
    };
    scheme == pattern_scheme && hosts && (pattern_port == ":*" || port == pattern_port)
}

/// Scheme, host, and port with its colon.
fn parts(text: &str) -> (&str, &str, &str) {
    let (scheme, authority) = text.split_once("://").expect("both have one");
    let inside = authority.rfind(']').unwrap_or(0);
    let end = authority[inside..].find(':').map_or(authority.len(), |colon| inside + colon);
    (scheme, &authority[..end], &authority[end..])
}
