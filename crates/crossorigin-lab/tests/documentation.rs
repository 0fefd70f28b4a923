//! The page on browsers is what the records and the profiles say, and the records hold.
//!
//! `UPDATE_DOCS=1 cargo test -p crossorigin-lab --test documentation` writes the page anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::path::Path;

use crossorigin::profiles::Profile;
use crossorigin_lab::case::Host;
use crossorigin_lab::{Judgement, Places, Record, Setting, browsers_page, generate};

#[test]
fn the_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/browsers.md");
    let expected = browsers_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == expected, "docs/browsers.md is out of date: run this test with UPDATE_DOCS=1");
}

#[test]
fn the_cases_on_record_still_show_their_deviations() {
    for record in Record::known() {
        let profile: Profile = record.browser.parse().unwrap();
        let places =
            Places { own: 8000, other: 8001, secure: (profile == Profile::Chromium).then_some(8002) };
        // Third-party cookies are kept from some: a case that turns on one shows it only where they come along.
        let some = [Host::Own, Host::OtherPort, Host::SameSite];
        for deviation in &record.deviations {
            let case = generate(record.seed, deviation.smallest);
            let shows = |cookie_hosts: &[Host]| {
                let setting = Setting { places: &places, run: "v1r0", profile, cookie_hosts };
                let foretold = setting.foretell(&case, profile.behavior()).unwrap();
                match setting.judge(&case, &foretold).unwrap() {
                    Judgement::Explained(entries) => entries.contains(&deviation.entry.as_str()),
                    Judgement::Agrees | Judgement::Unexplained => false,
                }
            };
            assert!(
                shows(&some) || shows(&Host::ALL),
                "{} does not show in case {} of seed {} any more: run cargo xtask lab --record\n{case}",
                deviation.entry,
                deviation.smallest,
                record.seed
            );
        }
    }
}
