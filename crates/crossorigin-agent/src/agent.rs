//! What all pages of one user agent share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossorigin::fetching::CorsPreflightCache;
use crossorigin::infrastructure::request_origin::Origin;
use url::Url;

#[cfg(feature = "network")]
use crate::HttpTransport;
use crate::authentication::Authentication;
use crate::cookies::{CookieError, Cookies};
use crate::{BoxedTransport, Limits, Transport};

/// A user agent: a transport, and what is remembered between fetches, such as what preflights have permitted.
/// A clone shares all of it.
#[derive(Clone, Debug)]
pub struct Agent<#[cfg(feature = "network")] T = HttpTransport, #[cfg(not(feature = "network"))] T> {
    pub(crate) transport: T,
    pub(crate) shared: Arc<Shared>,
}

/// What clones of an agent share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) cookies: Cookies,
    pub(crate) authentication: Authentication,
    preflight_cache: Mutex<CorsPreflightCache>,
    begin: Instant,
}

impl Shared {
    pub(crate) fn preflight_cache(&self) -> MutexGuard<'_, CorsPreflightCache> {
        self.preflight_cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time on a clock that only goes forward.
    pub(crate) fn now(&self) -> Duration {
        self.begin.elapsed()
    }
}

#[cfg(feature = "network")]
impl Default for Agent {
    /// An agent that sends over the network.
    fn default() -> Self {
        Self::with_transport(HttpTransport::default())
    }
}

impl<T> Agent<T> {
    /// An agent that sends by this transport, with the default limits.
    pub fn with_transport(transport: T) -> Self {
        AgentBuilder::new().build(transport)
    }

    /// The same agent, whatever type its transport is of.
    pub fn boxed(&self) -> Agent<BoxedTransport>
    where
        T: Transport + Clone + Send + Sync + 'static,
    {
        Agent { transport: BoxedTransport::new(self.transport.clone()), shared: Arc::clone(&self.shared) }
    }

    /// Sets a cookie, written as in `Set-Cookie`, as if the URL's own page had set it.
    ///
    /// ```
    /// use crossorigin_agent::Agent;
    ///
    /// let agent = Agent::default();
    /// agent.set_cookie("session=1; SameSite=None; Secure", &"https://api.example/".parse()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Browsers would refuse it, and why.
    pub fn set_cookie(&self, cookie: &str, url: &Url) -> Result<(), CookieError> {
        self.shared.cookies.set(cookie, url)
    }

    /// All cookies, each as `Set-Cookie` would set it and with a URL by which it may: to be kept, and given to
    /// [`set_cookie`](Self::set_cookie) another time. The oldest comes first. Sessions have no end here, so that cookies
    /// without an `Expires` are among them.
    pub fn cookies(&self) -> Vec<(Url, String)> {
        self.shared.cookies.all()
    }

    /// Looks into the preflight cache, or changes it. No fetch goes on meanwhile.
    pub fn with_preflight_cache<R>(&self, look: impl FnOnce(&mut CorsPreflightCache, Duration) -> R) -> R {
        look(&mut self.shared.preflight_cache(), self.shared.now())
    }
}

/// How an [`Agent`] is made.
#[derive(Debug, Default)]
pub struct AgentBuilder {
    limits: Limits,
    authentication: Authentication,
}

impl AgentBuilder {
    /// With the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A user's name and password at an origin. They answer where a server of it asks for them by `Basic`, and
    /// only where credentials go along; from then on they go along unasked. A name and a password in a request's
    /// URL do the same. `Digest` and other schemes are not spoken: a server that asks for them alone is left
    /// without an answer.
    #[must_use]
    pub fn http_credentials(mut self, origin: Origin, user: &str, password: &str) -> Self {
        self.authentication.supply(origin, user, password);
        self
    }

    /// The agent, which sends by this transport.
    pub fn build<T>(self, transport: T) -> Agent<T> {
        let shared = Shared {
            limits: self.limits,
            cookies: Cookies::default(),
            authentication: self.authentication,
            preflight_cache: Mutex::default(),
            begin: Instant::now(),
        };
        Agent { transport, shared: Arc::new(shared) }
    }
}
