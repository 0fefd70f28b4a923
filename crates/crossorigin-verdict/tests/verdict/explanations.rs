//! Whole explanations, as people read them.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p crossorigin-verdict --test verdict` writes them anew; read them then.

use std::path::Path;

use crate::support::{Fetch, URL};
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Mode;
use crossorigin::profiles::Profile;
use crossorigin_verdict::{Record, explanation};

fn assert_snapshot(name: &str, record: &Record) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/explanations/{name}.txt"));
    let text = explanation(record);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == written, "{name} reads otherwise than its file; it is now:\n{text}");
    assert!(!text.contains('\u{1b}'), "there is no colour in plain text");
}

#[test]
fn a_missing_header_behind_nginx() {
    let record = Fetch::new(URL).answered(&["200\nserver: nginx/1.22.1\ncontent-type: application/json"]);
    assert_snapshot("missing-behind-nginx", &record);
}

#[test]
fn a_preflight_that_meets_authentication() {
    let record = Fetch::new(URL)
        .profile(Profile::Chromium)
        .method("PUT")
        .header("content-type", "application/json")
        .header("x-csrf-token", "1")
        .credentials()
        .answered(&["401\nwww-authenticate: Basic\nx-powered-by: Express\nserver: cloudflare"]);
    assert_snapshot("preflight-meets-authentication", &record);
}

#[test]
fn a_slash_at_the_end() {
    let record = Fetch::new(URL)
        .profile(Profile::Firefox)
        .answered(&["200\naccess-control-allow-origin: https://app.example/"]);
    assert_snapshot("slash-at-the-end", &record);
}

#[test]
fn a_redirect_to_a_third_origin() {
    let record = Fetch::new("https://api.example/old").profile(Profile::WebKit).answered(&[
        "302\naccess-control-allow-origin: *\nlocation: https://cdn.example/new",
        "200\naccess-control-allow-origin: https://app.example\nserver: AmazonS3",
    ]);
    assert_snapshot("redirect-to-a-third-origin", &record);
}

#[test]
fn a_shared_response_with_a_preflight() {
    let record = Fetch::new(URL).method("PUT").answered(&[
        "204\naccess-control-allow-origin: https://app.example\naccess-control-allow-methods: PUT\naccess-control-max-age: 600",
        "200\naccess-control-allow-origin: https://app.example\nvary: Origin\netag: \"1\"\nx-total-count: 3",
    ]);
    assert_snapshot("shared-with-preflight", &record);
}

#[test]
fn an_image_and_a_server_that_is_away() {
    let record =
        Fetch::by(Initiator::Image, URL).mode(Mode::NoCors).answered(&["200\ncontent-type: image/png"]);
    assert_snapshot("opaque-image", &record);
    let record = Fetch::new(URL).answered(&["refused"]);
    assert_snapshot("refused", &record);
}
