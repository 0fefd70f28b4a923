//! What workers and connections share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use crossorigin_policy::{Listener, Site};
use rustls::ServerConfig;
use rustls::server::ProducesTickets;
use tokio::sync::watch;

use crate::balance::Servers;
use crate::files::FileCache;
use crate::metrics::{Counter, Metrics, PerWorker, SiteSeries};
use crate::refusals::Refusals;
use crate::tls;

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
    /// Whether another program has taken the sockets over.
    pub(crate) is_handed_over: AtomicBool,
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

/// An open listener, as its connections know it.
#[derive(Debug)]
pub(crate) struct Place {
    /// The listener as it was when it was opened.
    pub(crate) listener: Listener,
    /// Connections that are open now, on all workers.
    pub(crate) connections: AtomicUsize,
    /// How TLS is spoken with new connections; `None`: not at all.
    pub(crate) tls: ArcSwapOption<ServerConfig>,
    /// All that were ever accepted.
    pub(crate) accepted: Counter,
    /// Those of them that were told 503.
    pub(crate) turned_away: Counter,
    closing: watch::Sender<bool>,
}

impl Place {
    pub(crate) fn new(listener: Listener) -> Arc<Self> {
        Arc::new(Self {
            listener,
            connections: AtomicUsize::new(0),
            accepted: Counter::default(),
            turned_away: Counter::default(),
            tls: ArcSwapOption::empty(),
            closing: watch::Sender::new(false),
        })
    }

    /// New connections get the certificates that this listener of a site has.
    pub(crate) fn present(&self, listener: &Listener, tickets: Option<&Arc<dyn ProducesTickets>>) {
        self.tls.store(tls::configuration(&listener.tls, tickets));
    }

    /// Whether this is a site's listener.
    pub(crate) fn is(&self, listener: &Listener) -> bool {
        self.listener.address == listener.address && self.listener.name == listener.name
    }

    /// This listener in a site, which may be newer and may have left it out.
    pub(crate) fn in_site<'a>(&self, site: &'a Site) -> Option<&'a Listener> {
        site.listeners.iter().find(|listener| self.is(listener))
    }

    /// Accepts no more; connections end when their request under way has.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }
}
