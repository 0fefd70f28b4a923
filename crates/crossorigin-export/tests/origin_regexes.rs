//! Regular expressions over origins: translated where a policy can say the same, and otherwise refused with the origin that
//! they let in by mistake.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crossorigin_export::import::{Anchoring, OriginRegex, translate};

fn regex(text: &str) -> OriginRegex {
    OriginRegex::new(text, Anchoring::Part, false).unwrap()
}

#[test]
fn what_is_exact_is_translated() {
    let rows: &[(&str, &[&str], Option<&str>)] = &[
        (r"^https://example\.com$", &["https://example.com"], None),
        (r"^https?://example\.com$", &["http://example.com", "https://example.com"], None),
        (r"^https:\/\/(www\.)?example\.com$", &["https://example.com", "https://www.example.com"], None),
        (
            r"^https://(a|b)\.example\.(com|org)$",
            &[
                "https://a.example.com",
                "https://a.example.org",
                "https://b.example.com",
                "https://b.example.org",
            ],
            None,
        ),
        // Whatever stands before the dot: no other origin ends so.
        (r"^https://.*\.example\.com$", &["https://*.example.com"], None),
        (r"^https://.+\.example\.com$", &["https://*.example.com"], None),
        (r"^https://[a-z0-9.-]+\.example\.com$", &["https://*.example.com"], None),
        (r"^https://(.*\.)?example\.com$", &["https://*.example.com", "https://example.com"], None),
        (r"^https://([^.]+\.)*example\.com$", &["https://*.example.com", "https://example.com"], None),
        // One label alone: the pattern takes in more.
        (
            r"^https://([a-z0-9-]+\.)?example\.com$",
            &["https://*.example.com", "https://example.com"],
            Some(""),
        ),
        (r"^http://localhost(:[0-9]+)?$", &["http://localhost:*"], None),
        (r"^http://localhost(:\d+)?$", &["http://localhost:*"], None),
        (r"^http://localhost:\d+$", &["http://localhost:*"], Some("http://localhost")),
        (
            r"^http://localhost:300[0-2]$",
            &["http://localhost:3000", "http://localhost:3001", "http://localhost:3002"],
            None,
        ),
        (r"^https://app\.example/?$", &["https://app.example"], None),
        (r"^(capacitor|ionic)://localhost$", &["capacitor://localhost", "ionic://localhost"], None),
    ];
    for (text, origins, wider) in rows {
        let translated = translate(&regex(text)).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(translated.origins, *origins, "{text}");
        match wider {
            // Which one it is does not matter, but that it is one.
            Some(wider) if !wider.is_empty() && wider.starts_with("http://localhost") => {
                assert_eq!(translated.wider.as_deref(), Some(*wider), "{text}");
            }
            Some(_) => {
                let wider = translated.wider.unwrap_or_else(|| panic!("{text}: nothing is wider"));
                assert!(!regex(text).is_match(&wider), "{text}: {wider}");
            }
            None => assert_eq!(translated.wider, None, "{text}"),
        }
    }
}

#[test]
fn what_ignores_case_means_lower_case() {
    let regex = OriginRegex::new(r"^https://(www\.)?Example\.COM$", Anchoring::Part, true).unwrap();
    assert_eq!(translate(&regex).unwrap().origins, ["https://example.com", "https://www.example.com"]);
}

#[test]
fn what_lets_others_in_is_refused_with_one_of_them() {
    let rows: &[(&str, &str)] = &[
        (r"^https://example\.com", "https://example.com.evil.test"),
        (r"https://example\.com$", "xhttps://example.com"),
        (r"example\.com$", "https://evilexample.com"),
        (r"example\.com", "https://example.com.evil.test"),
        (r"^https://.*example\.com$", "https://evilexample.com"),
        (r"^https://www.example\.com$", "https://wwwxexample.com"),
        (r"^https?://(www.)?example.com$", "https://examplexcom"),
        (r"^https?://([a-z0-9-]+\.)?example\.com", "https://example.com.evil.test"),
        (r"^https://(.+\.)?example\.com(:\d+)?", "https://example.com.evil.test:8443"),
        (r"^(https://a\.example|https://b\.example)", "https://a.example.evil.test"),
    ];
    for (text, look_alike) in rows {
        let expression = regex(text);
        let untranslated = translate(&expression).unwrap_err();
        assert_eq!(untranslated.look_alike.as_deref(), Some(*look_alike), "{text}: {untranslated:?}");
        assert!(expression.is_match(look_alike), "{text}");
        assert!(!untranslated.meant.is_empty(), "{text}");
    }
    // All of it has to match in Envoy.
    let whole = OriginRegex::new(r"https://example\.com", Anchoring::Whole, false).unwrap();
    assert_eq!(translate(&whole).unwrap().origins, ["https://example.com"]);
}

#[test]
fn what_says_nothing_of_origins_is_refused_with_a_reason() {
    for text in [
        r"^$",
        r"foo(bar)*baz",
        r"^https://[a-z]+$",
        r"\b",
        r"^(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)$",
    ] {
        let untranslated = translate(&regex(text)).unwrap_err();
        assert!(
            untranslated.look_alike.is_none() && !untranslated.reason.is_empty(),
            "{text}: {untranslated:?}"
        );
    }
    for text in [r"^https://(?!evil)", r"(a)\1", r"(", r"(a{1000}){1000}"] {
        let reason = OriginRegex::new(text, Anchoring::Part, false).unwrap_err();
        assert!(!reason.is_empty() && !reason.contains('\n'), "{text}: {reason:?}");
    }
}
