//! How a page is opened.

use std::time::Duration;

use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;

use crate::storage::Storage;

/// The time that a page gets where nothing else is said.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// How a page is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PageOptions {
    /// As which browser it fetches.
    pub profile: Profile,
    /// Its origin, where it is not that of its URL.
    pub origin: Option<Origin>,
    /// The hosts that it may read without being shared with, as pages of extensions may.
    pub host_permissions: Vec<HostPermission>,
    /// How long it may take.
    pub timeout: Duration,
    /// Scripts that run once the page is idle, one after the other.
    pub eval: Vec<String>,
    /// Whether lines about requests that failed carry an explanation.
    pub explain: bool,
    /// Whether the page itself may be a file. Not for URLs that others choose: its scripts see what is in it.
    pub files: bool,
    /// Its `localStorage`, each origin its own.
    pub storage: Storage,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self {
            profile: Profile::Standard,
            origin: None,
            host_permissions: Vec::new(),
            timeout: PAGE_TIMEOUT,
            eval: Vec::new(),
            explain: false,
            files: false,
            storage: Storage::new(),
        }
    }
}

impl PageOptions {
    /// A page of 30 seconds at most, by the standard.
    pub fn new() -> Self {
        Self::default()
    }

    /// What it finds in its `localStorage`, and leaves there.
    ///
    /// ```
    /// use crossorigin_page::{PageOptions, Storage};
    ///
    /// let storage = Storage::new();
    /// let options = PageOptions::new().storage(&storage);
    /// // Open pages with them; then:
    /// println!("{}", storage.to_json());
    /// ```
    #[must_use]
    pub fn storage(mut self, storage: &Storage) -> Self {
        self.storage = storage.clone();
        self
    }

    /// As which browser it fetches.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Its origin, where it is not that of its URL.
    #[must_use]
    pub fn origin(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    /// The hosts that it may read without being shared with.
    #[must_use]
    pub fn host_permissions(mut self, permissions: Vec<HostPermission>) -> Self {
        self.host_permissions = permissions;
        self
    }

    /// How long it may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Scripts that run once the page is idle.
    #[must_use]
    pub fn eval(mut self, scripts: Vec<String>) -> Self {
        self.eval = scripts;
        self
    }

    /// Whether lines about requests that failed carry an explanation: the way of the fetch, the fault and its fix.
    #[must_use]
    pub fn explain(mut self, explain: bool) -> Self {
        self.explain = explain;
        self
    }

    /// Whether the page itself may be a file.
    #[must_use]
    pub fn files(mut self, files: bool) -> Self {
        self.files = files;
        self
    }
}
