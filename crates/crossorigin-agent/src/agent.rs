//! What all pages of one user agent share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossorigin::fetching::CorsPreflightCache;
use crossorigin::infrastructure::request_origin::Origin;

use crate::{Environment, HttpTransport, Limits};

/// A user agent: a transport, and what is remembered between fetches, such as what preflights have permitted.
/// A clone shares all of it.
#[derive(Clone, Debug)]
pub struct Agent<T = HttpTransport> {
    pub(crate) transport: T,
    pub(crate) shared: Arc<Shared>,
}

/// What clones of an agent share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
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

    /// A page of this origin, which is also the top-level page.
    pub fn environment(&self, origin: Origin) -> Environment<T>
    where
        T: Clone,
    {
        Environment::new(self.clone(), origin)
    }

    /// Looks into the preflight cache, or changes it. No fetch goes on meanwhile.
    pub fn with_preflight_cache<R>(&self, look: impl FnOnce(&mut CorsPreflightCache, Duration) -> R) -> R {
        look(&mut self.shared.preflight_cache(), self.shared.now())
    }
}

/// How an [`Agent`] is made.
#[derive(Clone, Debug, Default)]
pub struct AgentBuilder {
    limits: Limits,
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

    /// The agent, which sends by this transport.
    pub fn build<T>(self, transport: T) -> Agent<T> {
        let shared = Shared { limits: self.limits, preflight_cache: Mutex::default(), begin: Instant::now() };
        Agent { transport, shared: Arc::new(shared) }
    }
}
