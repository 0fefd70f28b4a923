//! Consoles' messages, and back.

use crossorigin::html::Initiator;
use crossorigin::profiles::Profile;
use crossorigin_verdict::{Record, read_console};

use crate::support::{Fetch, URL};

fn blocked() -> Vec<Fetch> {
    [Profile::Chromium, Profile::Firefox, Profile::WebKit]
        .into_iter()
        .flat_map(|profile| {
            let fetch = move |initiator| Fetch::by(initiator, URL).profile(profile);
            [fetch(Initiator::Fetch), fetch(Initiator::Xhr), fetch(Initiator::Font)]
        })
        .collect()
}

fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for answer in [
        "200",
        "200\naccess-control-allow-origin: https://other.example",
        "200\naccess-control-allow-origin: other.example",
        "200\naccess-control-allow-origin: *\naccess-control-allow-origin: *",
        "200\naccess-control-allow-origin: a, b",
    ] {
        records.extend(blocked().into_iter().map(|fetch| fetch.answered(&[answer])));
    }
    for answer in
        ["200\naccess-control-allow-origin: *", "200\naccess-control-allow-origin: https://app.example"]
    {
        records.extend(blocked().into_iter().map(|fetch| fetch.credentials().answered(&[answer])));
    }
    let origin = "access-control-allow-origin: *";
    for answer in [
        "204".to_owned(),
        format!("404\n{origin}"),
        format!("301\nlocation: /x\n{origin}"),
        format!("204\n{origin}"),
        format!("204\n{origin}\naccess-control-allow-methods: a b"),
        format!("204\n{origin}\naccess-control-allow-methods: PUT\naccess-control-allow-headers: a b"),
        format!("204\n{origin}\naccess-control-allow-methods: PUT"),
    ] {
        for mut fetch in blocked() {
            fetch.request.unsafe_request = true;
            records.push(fetch.method("PUT").header("x-token", "1").answered(&[&answer]));
        }
    }
    records
}

#[test]
fn every_message_is_read_back() {
    for record in records() {
        let messages = record.console();
        assert!(!messages.is_empty(), "{} {:?}", record.profile, record.code());
        let first = &messages[0];
        let reading = read_console(&first.text).unwrap_or_else(|| panic!("{first:?}"));
        assert_eq!(reading.browser, record.profile, "{first:?}");
        let code = record.code().unwrap();
        // WebKit and Firefox tell neither preflights from responses, nor a missing header from another origin.
        let near = |one: &&str| one.trim_start_matches("preflight-") == code.trim_start_matches("preflight-");
        let vague = record.profile == Profile::WebKit && code.contains("allow-origin-m");
        assert!(reading.codes.iter().any(near) || vague, "{first:?} is read as {:?}", reading.codes);
        if record.profile == Profile::Chromium {
            assert_eq!(reading.url.as_deref(), Some(URL), "{first:?}");
            assert_eq!(reading.origin.as_deref(), Some("https://app.example"), "{first:?}");
            assert!(reading.codes.contains(&code), "{first:?} is read as {:?}", reading.codes);
        }
    }
}

#[test]
fn messages_of_older_versions_and_with_what_is_copied_along() {
    for (message, code) in [
        (
            "index.html:1  Access to fetch at 'https://api.example/items' from origin 'https://app.example' has been \
             blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource. \
             If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with \
             CORS disabled.",
            "allow-origin-missing",
        ),
        (
            "Access to XMLHttpRequest at 'https://api.example/b' (redirected from 'https://api.example/a') from origin \
             'null' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: \
             Redirect is not allowed for a preflight request.\napp.js:3",
            "preflight-redirect",
        ),
        ("[Error] Preflight response is not successful. Status code: 404", "preflight-redirect"),
    ] {
        let reading = read_console(message).unwrap_or_else(|| panic!("{message}"));
        assert!(reading.codes.contains(&code), "{message} is read as {reading:?}");
    }
    let reading = read_console(
        "Access to fetch at 'https://api.example/b' (redirected from 'https://api.example/a') from origin 'https://app.example' has \
         been blocked by CORS policy: Request header field x-token is not allowed by Access-Control-Allow-Headers in \
         preflight response.",
    )
    .unwrap();
    assert_eq!(reading.url.as_deref(), Some("https://api.example/b"));
    assert_eq!(reading.first_url.as_deref(), Some("https://api.example/a"));
    assert_eq!(reading.header.as_deref(), Some("x-token"));
    for unknown in
        ["", "Uncaught TypeError: x is not a function", "blocked by CORS policy", &"x".repeat(100_000)]
    {
        assert_eq!(read_console(unknown), None, "{unknown:.40}");
    }
}
