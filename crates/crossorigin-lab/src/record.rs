//! What a run in a browser came to, kept: which versions are known, and what they did.

use std::sync::LazyLock;

use crossorigin::profiles::Profile;
use serde::{Deserialize, Serialize};

use crate::run::Run;

/// What one run in one browser came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The profile's name.
    pub browser: String,
    /// The browser's version, whole.
    pub version: String,
    /// When it ran, such as `23 Nov 2026`.
    pub date: String,
    /// What the cases were made from.
    pub seed: u64,
    /// How many cases there were.
    pub cases: usize,
    /// How many of them agree with the standard.
    pub agree: usize,
    /// How many are explained by entries of the profile.
    pub explained: usize,
    /// Those that nothing explains.
    pub unexplained: Vec<u64>,
    /// Those that the browser answered now so, now so.
    pub unsteady: Vec<u64>,
    /// The entries that were needed.
    pub deviations: Vec<Deviation>,
}

/// An entry of a profile that cases needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// Its id.
    pub entry: String,
    /// How many cases needed it.
    pub cases: usize,
    /// The case in which the least is asked and answered.
    pub smallest: u64,
}

static KNOWN: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let files = [
        include_str!("records/chromium.json"),
        include_str!("records/firefox.json"),
        include_str!("records/webkit.json"),
    ];
    files.into_iter().filter_map(|file| serde_json::from_str(file).ok()).collect()
});

impl Record {
    /// What a run came to.
    pub fn of(run: &Run, version: &str, date: &str) -> Self {
        let tally = run.tally();
        let deviation = |(entry, needed): (&&str, &crate::run::Needed)| Deviation {
            entry: (*entry).to_owned(),
            cases: needed.cases,
            smallest: needed.smallest,
        };
        Self {
            browser: run.profile().name().to_owned(),
            version: version.to_owned(),
            date: date.to_owned(),
            seed: run.seed,
            cases: tally.done(),
            agree: tally.agree,
            explained: tally.explained,
            unexplained: tally.unexplained.iter().map(|disagreement| disagreement.number).collect(),
            unsteady: tally.unsteady.clone(),
            deviations: tally.entries.iter().map(deviation).collect(),
        }
    }

    /// The runs that are on record: one for each browser.
    pub fn known() -> &'static [Self] {
        &KNOWN
    }

    /// The record of the release that this version of a browser belongs to.
    pub fn of_release(profile: Profile, version: &str) -> Option<&'static Self> {
        let same = |record: &&Self| {
            record.browser == profile.name() && release(profile, &record.version) == release(profile, version)
        };
        Self::known().iter().find(same)
    }
}

/// The release that a version belongs to: `156` of Chromium's `156.0.8078.79`, `2.50` of WebKit's `2.50.6`. What
/// comes behind mends faults.
fn release(profile: Profile, version: &str) -> &str {
    let numbers = if profile == Profile::WebKit { 2 } else { 1 };
    let end = version.match_indices('.').nth(numbers - 1).map_or(version.len(), |(at, _)| at);
    &version[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_belong_to_their_release() {
        for (profile, version, expected) in [
            (Profile::Chromium, "156.0.8078.79", "156"),
            (Profile::Firefox, "153.7.0esr", "153"),
            (Profile::Firefox, "153", "153"),
            (Profile::WebKit, "2.50.6", "2.50"),
            (Profile::WebKit, "2", "2"),
            (Profile::WebKit, "", ""),
        ] {
            assert_eq!(release(profile, version), expected, "{version}");
        }
    }

    #[test]
    fn every_record_is_read() {
        let browsers: Vec<_> = Record::known().iter().map(|record| record.browser.as_str()).collect();
        assert_eq!(browsers, ["chromium", "firefox", "webkit"]);
    }
}
