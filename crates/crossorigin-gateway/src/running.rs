//! What workers and connections share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use crossorigin_policy::Site;
use rustls::server::ProducesTickets;
use tokio::sync::{mpsc, watch};

use crate::client::place::Place;
use crate::files::cache::FileCache;
use crate::telemetry::dice::Dice;
use crate::telemetry::metrics::{Metrics, PerWorker, SiteSeries};
use crate::telemetry::refusals::Refusals;
use crate::upstream::balance::{Pools, Servers};

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The site, swapped whole: a request keeps the one it began with.
    pub(crate) site: ArcSwap<Serving>,
    pub(crate) file_cache: FileCache,
    /// The upstreams of the site.
    pub(crate) servers: Servers,
    /// Makes the tickets of TLS sessions, for all listeners.
    pub(crate) tickets: Option<Arc<dyn ProducesTickets>>,
    pub(crate) metrics: Metrics,
    pub(crate) refusals: PerWorker<Refusals>,
    /// The listeners that are open.
    pub(crate) places: ArcSwap<Vec<Arc<Place>>>,
    /// `true` once the gateway is to end.
    pub(crate) ending: watch::Sender<bool>,
    /// Whether another program has taken the sockets over.
    pub(crate) is_handed_over: AtomicBool,
}

/// What the tasks of one worker share.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) shared: Arc<Shared>,
    /// Which worker it is, from 0.
    pub(crate) number: usize,
    pub(crate) pools: Pools,
    pub(crate) dice: Dice,
    /// Every task holds a clone of it: when all are gone, all have ended.
    pub(crate) alive: mpsc::Sender<()>,
}

/// How long a connection may still begin a request after another program has taken over: it was accepted here,
/// or kept for another request, and its client may be about to send one.
const LAST_REQUEST_WITHIN: Duration = Duration::from_secs(5);

impl Shared {
    /// How long connections may still begin a request when the gateway is to end.
    pub(crate) fn grace(&self) -> Duration {
        if self.is_handed_over.load(Ordering::Relaxed) { LAST_REQUEST_WITHIN } else { Duration::ZERO }
    }
}

/// A site that is served, and where its requests are counted.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) site: Arc<Site>,
    pub(crate) series: SiteSeries,
}

impl Serving {
    pub(crate) fn new(site: Site, metrics: &Metrics) -> Self {
        let series = metrics.series(&site);
        Self { site: Arc::new(site), series }
    }
}

impl Deref for Serving {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}
