//! Whatever servers answer, it can be told.

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Mode;
use crossorigin::profiles::Profile;
use crossorigin_verdict::{Style, Verdict, explanation_styled, read_console, redacted_exchange};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use crate::support::Fetch;

const NAMES: &[&str] = &[
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
    "cross-origin-resource-policy",
    "location",
    "server",
    "set-cookie",
    "via",
];

const VALUES: &[&str] = &[
    "*",
    "https://app.example",
    "https://app.example/",
    "null",
    "true",
    "True",
    "PUT",
    "put",
    "*, authorization",
    "x-token",
    "a b",
    "",
    ",",
    ",,x",
    "é",
    "\u{200b}",
    "{url}",
    "{",
    "}",
    "a{b}c",
    "https://",
    "//",
    "https://u:p@x/",
    "http://[",
    "data:,x",
    "ftp://x/",
    "/next",
    "https://cdn.example/",
    "same-site",
    "nginx",
    "a=b; c=d",
    "=",
    ";",
    "https://app.example:99999",
    "https://ä.example",
    "*.*",
    "https://*.",
    "HTTPS://APP.EXAMPLE",
];

fn answer() -> impl Strategy<Value = String> {
    let status = select(vec![200, 204, 206, 299, 301, 302, 307, 401, 404, 500]);
    let headers = prop::collection::vec((select(NAMES), select(VALUES)), 0..6);
    (status, headers).prop_map(|(status, headers)| {
        headers.iter().fold(status.to_string(), |text, (name, value)| format!("{text}\n{name}: {value}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn everything_can_be_told(
        profile in select(Profile::ALL.to_vec()),
        initiator in select(Initiator::ALL.to_vec()),
        method in select(vec!["GET", "PUT", "patch", "POST"]),
        url in select(vec!["https://api.example/x?token=1#f", "http://[::1]:8080/", "https://app.example/", "ftp://x/"]),
        (token, credentials, no_cors) in any::<(bool, bool, bool)>(),
        answers in prop::collection::vec(answer(), 1..4),
    ) {
        let mut fetch = Fetch::by(initiator, url).profile(profile).method(method);
        if token {
            fetch = fetch.header("x-token", "1").header("authorization", "Bearer 1");
        }
        if credentials {
            fetch = fetch.credentials();
        }
        if no_cors {
            fetch = fetch.mode(Mode::NoCors);
        }
        let record = fetch.answered_by(&mut answers.iter().map(String::as_str).cycle());

        if let Some(guilty) = record.guilty() {
            prop_assert!(guilty.line.get(guilty.range.clone()).is_some(), "{guilty:?}");
            prop_assert!(!guilty.note.is_empty());
            prop_assert!(guilty.exchange.is_none_or(|nth| nth < record.exchanges.len()), "{guilty:?}");
        }
        let cause = record.cause();
        prop_assert!(cause.ends_with('.') && !cause.contains('\n'), "{cause:?}");
        let blocked = record.verdict() == Verdict::Blocked;
        prop_assert_eq!(record.code().is_some(), blocked || record.verdict() == Verdict::Unreachable);
        prop_assert!(blocked || record.fixes().is_empty());
        prop_assert!(blocked || record.next_failures().is_empty());
        prop_assert_eq!(record.curl_commands().len(), record.exchanges.len());
        let failed = record.timeline().iter().filter(|item| item.failed).count();
        prop_assert_eq!(failed, usize::from(record.code().is_some()));
        for message in record.console() {
            prop_assert!(!message.text.is_empty());
            // What was read is of some use, whatever it is; it must not fail.
            let _ = read_console(&message.text);
        }
        for style in [Style::Plain, Style::Ansi] {
            prop_assert!(explanation_styled(&record, style).starts_with(profile.name()));
        }
        for exchange in &record.exchanges {
            let redacted = redacted_exchange(exchange);
            prop_assert!(!redacted.request.url.as_str().contains("token=1"));
            prop_assert_eq!(redacted.sent_headers.len(), exchange.sent_headers.len());
        }
    }
}
