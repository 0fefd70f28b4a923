//! Where browsers differ from the standard: one entry a deviation, and nothing else changes what they do.
//!
//! A [`Profile`] is the standard with its [`entries`](Profile::entries) applied. The sections of the algorithm
//! never ask which browser it is: they ask the [`Behavior`] at the place where browsers differ.
//!
//! ```
//! use crossorigin::profiles::Profile;
//!
//! let profile: Profile = "chromium".parse()?;
//! assert_eq!(profile.behavior().max_age_cap.as_secs(), 7200);
//! assert!(profile.entries().iter().any(|entry| entry.id == "chromium-authorization-under-wildcard"));
//! # Ok::<(), crossorigin::profiles::UnknownProfile>(())
//! ```

mod behavior;
mod chromium;
mod example;
mod firefox;
mod webkit;

use std::fmt;
use std::str::FromStr;

pub use behavior::{
    BadMaxAge, Behavior, CacheSize, CachedWildcard, CoversAuthorization, PreflightOrder, Stays,
};
pub use example::Example;

/// The standard, or one of the three engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Profile {
    /// The Fetch standard, to the byte.
    #[default]
    Standard,
    /// Chromium, and what is made of it: Chrome, Edge, Opera, Android's WebView.
    Chromium,
    /// Firefox.
    Firefox,
    /// WebKit: Safari, all browsers of iOS, WebKitGTK.
    WebKit,
}

/// One place where one browser differs from the standard.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// A stable name, which begins with the profile's.
    pub id: &'static str,
    /// Whose it is.
    pub profile: Profile,
    /// The versions in which it was seen, read or measured.
    pub versions: &'static str,
    /// Where it is to be seen: a file of the browser's, a bug, or a measurement.
    pub source: &'static str,
    /// What the browser does, and what the standard says, in one sentence each.
    pub what: &'static str,
    /// The smallest case that shows it.
    pub example: Example,
    /// The change itself.
    pub(crate) apply: fn(&mut Behavior),
}

impl Entry {
    /// Changes a behaviour as this entry says: for those who ask what one deviation alone does.
    pub fn apply(&self, behavior: &mut Behavior) {
        (self.apply)(behavior);
    }
}

impl Profile {
    /// All of them, the standard first.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Chromium, Self::Firefox, Self::WebKit];

    /// Its name in options and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }

    /// Where it differs from the standard.
    pub fn entries(self) -> &'static [Entry] {
        match self {
            Self::Standard => &[],
            Self::Chromium => chromium::ENTRIES,
            Self::Firefox => firefox::ENTRIES,
            Self::WebKit => webkit::ENTRIES,
        }
    }

    /// The standard's behaviour with all entries applied.
    pub fn behavior(self) -> Behavior {
        let mut behavior = Behavior::STANDARD;
        for entry in self.entries() {
            entry.apply(&mut behavior);
        }
        behavior
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is none of a profile's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(
    /// The name.
    pub String,
);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no profile; there are standard, chromium, firefox and webkit", self.0)
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|profile| profile.name() == name);
        named.ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}
