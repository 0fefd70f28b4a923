//! An open listener, the connections that count at it, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use crossorigin_policy::{Listener, Site};
use rustls::ServerConfig;
use rustls::server::ProducesTickets;
use tokio::sync::watch;

use super::tls;
use crate::share::Share;
use crate::telemetry::metrics::Counter;

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

    /// What a connection that begins now may take of the memory.
    pub(crate) fn share(&self) -> Share {
        Share::among(self.connections.load(Ordering::Relaxed))
    }

    /// Accepts no more; connections end when their request under way has.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Tells when no more is to be begun: this listener is closed, or the gateway is `ending`.
    pub(crate) fn stop(&self, ending: watch::Receiver<bool>) -> Stop {
        Stop { ending, closing: self.closing.subscribe() }
    }
}

/// A connection's place among those that are counted.
#[derive(Debug)]
pub(crate) struct Counted(Arc<Place>);

impl Counted {
    pub(crate) fn new(place: &Arc<Place>) -> Self {
        place.connections.fetch_add(1, Ordering::Relaxed);
        place.accepted.add(1);
        Self(place.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells when no more is to be begun.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    ending: watch::Receiver<bool>,
    closing: watch::Receiver<bool>,
}

impl Stop {
    /// Waits until it is so.
    pub(crate) async fn asked(&mut self) {
        // A sender that is gone has ended too.
        tokio::select! {
            _ = self.ending.wait_for(|&ending| ending) => {}
            _ = self.closing.wait_for(|&closing| closing) => {}
        }
    }
}
