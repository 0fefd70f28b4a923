//! The fast matcher against a naive one, written on strings as one would explain it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crossorigin::server::{OriginMatch, OriginPattern, OriginSet};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

/// Pieces that make near misses likely: look-alikes, shared ends, every separator.
const PIECES: &[&str] = &[
    "https",
    "http",
    "app",
    "://",
    ":",
    "/",
    "a",
    "b",
    "aa",
    "a-b",
    "example",
    "example.com",
    "com",
    ".",
    "..",
    "-",
    "*",
    "*.",
    "localhost",
    "127.0.0.1",
    "[::1]",
    ":443",
    ":80",
    ":8080",
    ":8443",
    ":*",
    ":0",
    ":08",
    "@",
    "{",
    "A",
    "_",
    "null",
    ", ",
    "xn--a",
];

fn piecewise(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(prop::sample::select(PIECES), pieces).prop_map(|pieces| pieces.concat())
}

/// Strings that mostly are origins.
fn origin() -> impl Strategy<Value = String> {
    let labels = vec(prop::sample::select(&["a", "b", "aa", "example", "com", "a-b", "x1"][..]), 1..5);
    let scheme = prop::sample::select(&["https", "http", "app"][..]);
    let port = prop::sample::select(&["", "", "", ":80", ":443", ":8080", ":0"][..]);
    (scheme, labels, port).prop_map(|(scheme, labels, port)| format!("{scheme}://{}{port}", labels.join(".")))
}

/// Strings that mostly are patterns.
fn pattern() -> impl Strategy<Value = String> {
    (origin(), any::<bool>(), any::<bool>()).prop_map(|(origin, subdomains, any_port)| {
        let origin = if subdomains { origin.replacen("://", "://*.", 1) } else { origin };
        match origin.rfind(':') {
            Some(colon) if any_port && colon > 5 => format!("{}:*", &origin[..colon]),
            _ if any_port => format!("{origin}:*"),
            _ => origin,
        }
    })
}

fn config() -> Config {
    const SEED: u64 = 0x0c05;
    println!("seed {SEED}");
    Config {
        cases: 4096,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(SEED),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_set_equals_the_definition(
        patterns in vec(prop_oneof![4 => pattern(), 1 => piecewise(1..8)], 0..12),
        origins in vec(prop_oneof![4 => origin(), 2 => piecewise(1..8), 1 => pattern()], 1..12),
    ) {
        check(&patterns, &origins);
    }
}

#[test]
fn every_port_of_one_family_is_found() {
    let mut set = OriginSet::default();
    let mut insert = |text: &str| set.insert(&OriginPattern::parse(text).unwrap());
    for port in (1..=u16::MAX).rev().filter(|port| *port != 443 && port % 3 != 0) {
        assert!(insert(&format!("https://*.a.example:{port}")));
    }
    assert!(
        insert("https://*.b.example:*") && insert("https://*.b.example") && insert("https://*.b.example:81")
    );
    assert!(!insert("https://*.b.example:*") && !insert("https://*.b.example:81"));
    for port in (1..=u16::MAX).filter(|port| *port != 443) {
        let origin = format!("https://x.a.example:{port}");
        assert_eq!(set.find(origin.as_bytes()).is_some(), port % 3 != 0, "{origin}");
    }
    assert!(set.find(b"https://x.a.example").is_none());
    for (origin, pattern) in [
        ("https://x.b.example", "https://*.b.example"),
        ("https://x.b.example:81", "https://*.b.example:81"),
        ("https://x.b.example:82", "https://*.b.example:*"),
    ] {
        let found = set.find(origin.as_bytes());
        let pattern = OriginPattern::parse(pattern).unwrap();
        assert_eq!(found, Some(OriginMatch::Pattern(pattern)), "the narrowest pattern takes {origin}");
    }
}

#[test]
fn near_misses_of_each_pattern() {
    let patterns = [
        "https://a.example",
        "https://*.b.example",
        "http://localhost:*",
        "https://*.c.example:*",
        "app://x:7",
    ];
    let mut origins = vec![String::new()];
    for seed in [
        "https://a.example",
        "https://x.b.example",
        "http://localhost:3000",
        "https://y.x.c.example:8443",
        "app://x:7",
    ] {
        origins.push(seed.to_owned());
        for place in 0..=seed.len() {
            for byte in [".", "-", "a", "x", "/", ":", "0", "A", "*", "@", "{"] {
                origins.push(format!("{}{byte}{}", &seed[..place], &seed[place..]));
                if place < seed.len() {
                    origins.push(format!("{}{byte}{}", &seed[..place], &seed[place + 1..]));
                }
            }
            origins.push(seed[..place].to_owned());
            origins.push(seed[place..].to_owned());
            if place < seed.len() {
                origins.push(format!("{}{}", &seed[..place], &seed[place + 1..]));
            }
        }
    }
    let (matched, refused) = check(&patterns.map(str::to_owned), &origins);
    println!("{matched} matched, {refused} refused");
    assert!(matched > 100 && refused > 1000, "{matched} matched, {refused} refused");
}

/// Builds a set from those patterns that are valid, and holds it against the naive matcher for each origin.
/// Returns how many origins were matched and refused.
fn check(patterns: &[String], origins: &[String]) -> (usize, usize) {
    let patterns: Vec<&str> =
        patterns.iter().map(String::as_str).filter(|text| OriginPattern::parse(text).is_ok()).collect();
    let mut set = OriginSet::default();
    for text in &patterns {
        set.insert(&OriginPattern::parse(text).expect("only valid ones are left"));
    }
    let mut matched = 0;
    for origin in origins {
        let expected = is_origin(origin) && patterns.iter().any(|pattern| takes_in(pattern, origin));
        let found = set.find(origin.as_bytes()).is_some();
        assert_eq!(found, expected, "{origin:?} under {patterns:?}");
        matched += usize::from(found);
    }
    (matched, origins.len() - matched)
}

/// Whether a browser could send this, by way of a URL library that knows nothing of our grammar.
fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let Ok(url) = url::Url::parse(text) else { return false };
    let special = matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp");
    // What other schemes have after `://` is kept as it is, so it is read as a domain would be.
    let serialized = if special { url.origin().ascii_serialization() } else { text.to_owned() };
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    let ipv6 = rest.starts_with('[');
    let port_is_canonical = match rest.rsplit_once(':') {
        Some((_, port)) if !ipv6 || !port.ends_with(']') => {
            port.parse::<u16>().is_ok_and(|number| number.to_string() == port)
        }
        _ => true,
    };
    let labels_are_plain = ipv6
        || (host.len() <= 253
            && host.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'))
            }));
    scheme.len() <= 64
        && !scheme.contains(char::is_uppercase)
        && serialized == text
        && port_is_canonical
        && labels_are_plain
        && !rest.contains(['/', '?', '#', '@'])
}

fn takes_in(pattern: &str, origin: &str) -> bool {
    let pattern_without_port = pattern.strip_suffix(":*");
    let origin_without_port = match origin.rsplit_once(':') {
        Some((front, port)) if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) => front,
        _ => origin,
    };
    let (pattern, origin) = match pattern_without_port {
        Some(front) => (front, origin_without_port),
        None => (pattern, origin),
    };
    match pattern.split_once("://*.") {
        None => pattern == origin,
        Some((scheme, parent)) => origin
            .strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|host| host.ends_with(&format!(".{parent}"))),
    }
}
