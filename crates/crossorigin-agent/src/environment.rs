//! A page, as far as its requests go.

use crossorigin::fetching::EmbedderPolicyValue;
use crossorigin::infrastructure::host_permission::HostPermission;
use crossorigin::infrastructure::request::ReferrerPolicy;
use crossorigin::infrastructure::request_origin::{Origin, Site};
use crossorigin::profiles::Profile;
use crossorigin_verdict::{Outcome, Record};
use url::Url;

#[cfg(feature = "network")]
use crate::HttpTransport;
use crate::referrer::referrer;
use crate::settings::Settings;
use crate::{
    Agent, BlobUrls, CookieError, FetchRequest, Loaded, Loading, NetworkError, Response, Transport, drive,
};

/// A page that fetches: its origin, the top-level page it is in, and its policies, which may be set before it
/// fetches.
///
/// A clone is the same page; a fetch that goes on at the same time as another wants one of its own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Environment<#[cfg(feature = "network")] T = HttpTransport, #[cfg(not(feature = "network"))] T> {
    /// The page's own origin.
    pub origin: Origin,
    /// The origin of the top-level page: the page's own, unless it is in a frame.
    pub top_level_origin: Origin,
    /// The page's URL, of which `Referer` tells as much as the policy lets it. At first the root of the origin.
    pub url: Option<Url>,
    /// What it demands of what it embeds.
    pub embedder_policy: EmbedderPolicyValue,
    /// How much its requests tell of its URL.
    pub referrer_policy: ReferrerPolicy,
    /// As which browser it fetches.
    pub profile: Profile,
    /// The hosts that it may read without being shared with, as pages of extensions may. URLs of these hosts
    /// count as of its own origin.
    pub host_permissions: Vec<HostPermission>,
    /// The `blob:` URLs that its scripts and those of other pages beside it have made.
    pub blob_urls: BlobUrls,
    agent: Agent<T>,
    /// The site of the top-level origin that it was computed for.
    site: (Origin, Site),
}

impl<T: Clone> Agent<T> {
    /// A page of this origin, which is also the top-level page.
    pub fn environment(&self, origin: Origin) -> Environment<T> {
        Environment::new(self.clone(), origin)
    }
}

impl<T> Environment<T> {
    pub(crate) fn new(agent: Agent<T>, origin: Origin) -> Self {
        let url = origin.serialized().to_str().ok().and_then(|origin| Url::parse(origin).ok());
        Self {
            top_level_origin: origin.clone(),
            site: (origin.clone(), origin.site()),
            url,
            origin,
            embedder_policy: EmbedderPolicyValue::default(),
            referrer_policy: ReferrerPolicy::default(),
            profile: Profile::default(),
            host_permissions: Vec::new(),
            blob_urls: BlobUrls::default(),
            agent,
        }
    }

    /// The agent whose page it is.
    pub fn agent(&self) -> &Agent<T> {
        &self.agent
    }

    /// What a page at this URL is told of the page that led to it, as `document.referrer` and `Referer` say it; empty
    /// where that is nothing.
    /// [Source](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer).
    ///
    /// ```
    /// # use crossorigin_agent::{Agent, InProcess};
    /// let agent = Agent::with_transport(InProcess::new(()));
    /// let page = agent.environment("https://app.example".parse()?);
    /// assert_eq!(page.referrer_to(&"https://api.example/x".parse()?), "https://app.example/");
    /// assert_eq!(page.referrer_to(&"http://api.example/x".parse()?), "");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn referrer_to(&self, url: &Url) -> String {
        let told = self.url.as_ref().and_then(|own| referrer(own, url, self.referrer_policy));
        told.map(|told| String::from_utf8_lossy(told.as_bytes()).into_owned()).unwrap_or_default()
    }

    /// What `document.cookie` tells the page's scripts: what is not `HttpOnly`, nor of another site than the page's
    /// top-level page by its `SameSite`. A page that is at no HTTP URL has none.
    /// [Source](https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie).
    pub fn document_cookie(&mut self) -> String {
        let Some(url) = self.cookie_url() else { return String::new() };
        let (agent, settings) = self.split();
        agent.shared.cookies.script_string(&url, settings)
    }

    /// Sets a cookie as the page's scripts do, by `document.cookie`.
    ///
    /// # Errors
    /// Browsers would refuse it, and why. Scripts are not told.
    pub fn set_document_cookie(&mut self, cookie: &str) -> Result<(), CookieError> {
        let url = self.cookie_url().ok_or_else(|| CookieError::without_a_place(cookie))?;
        let (agent, settings) = self.split();
        agent.shared.cookies.set_by_script(cookie, &url, settings)
    }

    /// The URL that the page's cookies are of: its own, or the root of its origin where it says to be of another.
    fn cookie_url(&self) -> Option<Url> {
        let own = self.url.clone().filter(|url| self.origin.same_origin_with_url(url));
        let url = own.or_else(|| Url::parse(self.origin.serialized().to_str().ok()?).ok())?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    pub(crate) fn split(&mut self) -> (&mut Agent<T>, Settings<'_>) {
        if self.site.0 != self.top_level_origin {
            self.site = (self.top_level_origin.clone(), self.top_level_origin.site());
        }
        let settings = Settings {
            site: &self.site.1,
            origin: &self.origin,
            top_level_origin: &self.top_level_origin,
            url: self.url.as_ref(),
            embedder_policy: self.embedder_policy,
            referrer_policy: self.referrer_policy,
            profile: self.profile,
            host_permissions: &self.host_permissions,
            blob_urls: &self.blob_urls,
        };
        (&mut self.agent, settings)
    }
}

impl<T: Transport> Environment<T> {
    /// Fetches, and gives what script may see. Dropping the future aborts.
    ///
    /// # Errors
    /// All that keeps script from a response, told apart in nothing.
    pub async fn fetch(&mut self, request: FetchRequest) -> Result<Response, NetworkError> {
        let (agent, settings) = self.split();
        drive::fetch(agent, settings, request).await
    }

    /// As [`fetch`](Self::fetch), with a record of all that went on: for people, never for script. A body that
    /// script can read is read to its end before this comes back, so that the record tells where that failed;
    /// only streams of events (`text/event-stream`) are left unread.
    pub async fn fetch_recorded(
        &mut self,
        request: FetchRequest,
    ) -> (Result<Response, NetworkError>, Record) {
        let (agent, settings) = self.split();
        drive::fetch_recorded(agent, settings, request).await
    }

    /// Fetches for the user agent itself: what an image, a script or a stylesheet is made of, opaque or not. What of it
    /// script may see is for the caller to keep, by [`Loaded::response_type`].
    pub async fn load(&mut self, request: FetchRequest) -> (Option<Loaded>, Record) {
        let (loading, mut record) = self.begin_to_load(request).await;
        let Some(loading) = loading else { return (None, record) };
        match loading.whole().await {
            Ok(loaded) => (Some(loaded), record),
            Err(failure) => {
                record.outcome = Outcome::Unreachable(failure);
                (None, record)
            }
        }
    }

    /// As [`load`](Self::load), as far as the head. A body that fails later is the caller's to note in the record.
    pub async fn begin_to_load(&mut self, request: FetchRequest) -> (Option<Loading>, Record) {
        let (agent, settings) = self.split();
        drive::load(agent, settings, request).await
    }
}
