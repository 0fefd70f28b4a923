//! The gateway as a whole: opened, reloaded, ended.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use crossorigin_policy::{Admin, Listener, Site};
use tokio::sync::watch;

use crate::admin::Admin as AdminListener;
use crate::client::accept::Accepting;
use crate::client::listener::{self, ListenError};
use crate::client::place::Place;
use crate::client::sockets::{self, Inherited};
use crate::client::tls;
use crate::files::cache::FileCache;
use crate::running::{Serving, Shared};
use crate::telemetry::metrics::{Metrics, PerWorker};
use crate::upstream::balance::Servers;
use crate::upstream::trust::TlsError;
use crate::worker::Worker;

/// How a gateway runs, beside what its site says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// How many threads serve; as many as there are cores where it is absent.
    pub workers: Option<NonZeroUsize>,
    /// How many lines of the log could not be written, which whoever writes it counts here and `/metrics` tells.
    pub lost_log_lines: Arc<AtomicU64>,
    /// Sockets that listen already, which are taken for the listeners with their addresses: those of a supervisor,
    /// or [`Handle::sockets`] of the gateway before this one. None is opened beside them.
    pub sockets: Arc<[TcpListener]>,
}

impl Options {
    /// Options with a number of workers.
    pub fn with_workers(workers: NonZeroUsize) -> Self {
        Self { workers: Some(workers), ..Self::default() }
    }
}

/// A running gateway. Dropping it is [`Handle::shutdown`]; [`wait`](Self::wait) keeps it running.
#[derive(Debug)]
pub struct Gateway {
    workers: Vec<Worker>,
    handle: Handle,
}

/// Reloads or ends a gateway from elsewhere.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Control>);

#[derive(Debug)]
struct Control {
    shared: Arc<Shared>,
    /// The workers' order boxes and the listeners that are open.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    orders: Vec<tokio::sync::mpsc::UnboundedSender<Accepting>>,
    open: Vec<Open>,
    admin: Option<AdminListener>,
}

#[derive(Debug)]
struct Open {
    place: Arc<Place>,
    /// The address with the port that was found where the site asks for port 0.
    address: SocketAddr,
    /// To be handed over.
    sockets: Vec<TcpListener>,
}

impl Gateway {
    /// Opens the site's listeners, each on every worker, and serves them from now on. An address with port 0
    /// gets a free port; [`addresses`](Self::addresses) tells which.
    ///
    /// # Errors
    /// There is no listener, an address can't be listened on, or a thread can't be started.
    pub fn bind(site: Site, options: Options) -> Result<Self, BindError> {
        if site.listeners.is_empty() {
            return Err(BindError::NoListener);
        }
        let count = match options.workers {
            Some(workers) => workers.get(),
            None => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        let tickets = tls::tickets();
        let mut inherited = Inherited::new(&options.sockets);
        let mut opened = Vec::new();
        for listener in &site.listeners {
            let listening = open(listener, count, &mut inherited)?;
            listening.place.present(listener, tickets.as_ref());
            opened.push(listening);
        }
        let servers = Servers::default();
        servers.prepare(&site).map_err(BindError::Upstream)?;
        let admin = site.admin.as_ref().map(|asked| open_admin(asked, &mut inherited)).transpose()?;
        for address in inherited.left() {
            tracing::warn!(%address, "a socket was handed over that no listener of the policy file asks for");
        }
        let file_cache = FileCache::new(site.limits.file_cache_bytes);
        let metrics = Metrics::new(count, options.lost_log_lines);
        let site = ArcSwap::from_pointee(Serving::new(site, &metrics));
        let (refusals, is_handed_over) = (PerWorker::new(count), AtomicBool::new(false));
        let (places, ending) = (ArcSwap::default(), watch::Sender::new(false));
        let shared = Arc::new(Shared {
            site,
            file_cache,
            servers,
            metrics,
            refusals,
            places,
            ending,
            is_handed_over,
            tickets,
        });
        let mut workers = Vec::with_capacity(count);
        for number in 0..count {
            workers
                .push(Worker::start(number, &shared, shared.ending.subscribe()).map_err(BindError::Worker)?);
        }
        let orders = workers.iter().map(Worker::orders).collect();
        let state = Mutex::new(State { orders, open: Vec::new(), admin: None });
        let control = Arc::new(Control { shared, state });
        control.change(|state| -> Result<(), BindError> {
            opened.into_iter().for_each(|opened| state.listen(opened));
            state.admin = admin.map(|opened| start_admin(opened, &control.shared)).transpose()?;
            Ok(())
        })?;
        Ok(Self { workers, handle: Handle(control) })
    }

    /// The addresses that are listened on, in the order of the site's listeners.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.handle.addresses()
    }

    /// The address of the admin listener, where the site has one.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.handle.admin_address()
    }

    /// A handle for other threads.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Blocks until [`Handle::shutdown`] is called and every request under way has ended, or the site's
    /// `drain_timeout` is over. Gives whether all of them ended by themselves.
    pub fn wait(mut self) -> bool {
        let mut all_ended = true;
        for worker in self.workers.drain(..) {
            all_ended &= worker.join();
        }
        all_ended
    }

    /// Ends the gateway: [`Handle::shutdown`] and [`wait`](Self::wait).
    pub fn shutdown(self) -> bool {
        self.handle.shutdown();
        self.wait()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.handle.shutdown();
        // Its thread may be about to ask for the state.
        let admin = self.handle.0.change(|state| state.admin.take());
        drop(admin);
    }
}

impl Handle {
    /// The address of the admin listener, where the site has one.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.0.change(|state| state.admin.as_ref().map(|admin| admin.address))
    }

    /// The addresses that are listened on, in the order of the site's listeners.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let site = self.0.shared.site.load();
        self.0.change(|state| {
            let address = |listener: &Listener| state.open.iter().find(|open| open.place.is(listener));
            site.listeners.iter().filter_map(address).map(|open| open.address).collect()
        })
    }

    /// The site that is served now.
    pub fn site(&self) -> Arc<Site> {
        self.0.shared.site.load().site.clone()
    }

    /// Serves another site from now on. Requests under way keep the one they began with; listeners are opened
    /// and closed as the new site says. What is changed is changed whole or not at all.
    ///
    /// # Errors
    /// The new site has no listener, or one of its new listeners can't be opened.
    pub fn reload(&self, site: Site) -> Result<(), BindError> {
        let reloaded = self.replace(site);
        self.count_reload(reloaded.is_ok());
        reloaded
    }

    pub(crate) fn count_reload(&self, is_good: bool) {
        let metrics = &self.0.shared.metrics;
        let counter = if is_good { &metrics.good_reloads } else { &metrics.bad_reloads };
        counter.add(1);
        metrics.last_reload_was_bad.store(!is_good, Ordering::Relaxed);
    }

    fn replace(&self, site: Site) -> Result<(), BindError> {
        if site.listeners.is_empty() {
            return Err(BindError::NoListener);
        }
        self.0
            .change(|state| {
                let is_open = |listener: &&Listener| state.open.iter().any(|open| open.place.is(listener));
                let mut opened = Vec::new();
                for listener in site.listeners.iter().filter(|listener| !is_open(listener)) {
                    opened.push(open(listener, state.orders.len(), &mut Inherited::default())?);
                }
                let is_same_admin = state.admin.as_ref().map(|admin| admin.asked)
                    == site.admin.as_ref().map(|admin| admin.address);
                let admin = match &site.admin {
                    Some(asked) if !is_same_admin => {
                        Some(start_admin(open_admin(asked, &mut Inherited::default())?, &self.0.shared)?)
                    }
                    _ => None,
                };
                self.0.shared.servers.prepare(&site).map_err(BindError::Upstream)?;
                let serving = Arc::new(Serving::new(site, &self.0.shared.metrics));
                self.0.shared.file_cache.set_capacity(serving.limits.file_cache_bytes);
                self.0.shared.site.store(serving.clone());
                self.0.shared.servers.retain(&serving);
                let places = state.open.iter().map(|open| &open.place);
                for place in places.chain(opened.iter().map(|opened| &opened.place)) {
                    if let Some(listener) = place.in_site(&serving) {
                        place.present(listener, self.0.shared.tickets.as_ref());
                    }
                }
                opened.into_iter().for_each(|opened| state.listen(opened));
                state.close_all_but(&serving.listeners);
                Ok(if is_same_admin { None } else { std::mem::replace(&mut state.admin, admin) })
            })
            // What is there no more ends here: its thread may be about to ask for the state.
            .map(drop)
    }

    /// Ends the gateway: no more connections are accepted, requests under way may end, within the site's
    /// `drain_timeout`.
    pub fn shutdown(&self) {
        self.0.change(|state| state.open.iter_mut().for_each(|open| open.sockets.clear()));
        self.0.shared.ending.send_replace(true);
    }

    /// Copies of the sockets that are listened on, the admin listener's too, for another gateway to take:
    /// [`Options::sockets`]. What connects is queued for both.
    ///
    /// # Errors
    /// There are as many open files as there may be.
    pub fn sockets(&self) -> io::Result<Vec<TcpListener>> {
        self.0.change(|state| {
            let of_listeners = state.open.iter().flat_map(|open| &open.sockets);
            let of_admin = state.admin.as_ref().map(|admin| &admin.socket);
            of_listeners.chain(of_admin).map(TcpListener::try_clone).collect()
        })
    }

    /// As [`shutdown`](Self::shutdown), for when another gateway has taken the [`sockets`](Self::sockets): the
    /// admin listener ends at once, and connections that are open may begin one more request within 5 s.
    pub fn hand_over(&self) {
        self.0.shared.is_handed_over.store(true, Ordering::Relaxed);
        self.shutdown();
        // Its thread may be about to ask for the state.
        let admin = self.0.change(|state| state.admin.take());
        drop(admin);
    }
}

impl Control {
    /// Changes what is open, and makes known what is.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut state);
        self.shared.places.store(Arc::new(state.open.iter().map(|open| open.place.clone()).collect()));
        changed
    }
}

struct Opened {
    place: Arc<Place>,
    address: SocketAddr,
    sockets: Vec<TcpListener>,
    kept: Vec<TcpListener>,
}

fn open(listener: &Listener, workers: usize, inherited: &mut Inherited) -> Result<Opened, BindError> {
    let own = match inherited.take(listener.address) {
        taken if taken.is_empty() => listener::listen(listener.address, workers)
            .map_err(|error| BindError::Listen { error: Box::new(error) })?,
        taken => taken,
    };
    let address = own[0].local_addr().unwrap_or(listener.address);
    let copied = || -> io::Result<_> {
        let kept = own.iter().map(TcpListener::try_clone).collect::<io::Result<Vec<_>>>()?;
        Ok((sockets::for_each(own, workers)?, kept))
    };
    let (sockets, kept) = copied().map_err(BindError::Copy)?;
    Ok(Opened { place: Place::new(listener.clone()), address, sockets, kept })
}

fn open_admin(asked: &Admin, inherited: &mut Inherited) -> Result<(SocketAddr, TcpListener), BindError> {
    let socket = match inherited.take(asked.address).pop() {
        Some(taken) => taken,
        None => listener::listen_alone(asked.address)
            .map_err(|error| BindError::Listen { error: Box::new(error) })?,
    };
    Ok((asked.address, socket))
}

fn start_admin(
    (asked, socket): (SocketAddr, TcpListener),
    shared: &Arc<Shared>,
) -> Result<AdminListener, BindError> {
    AdminListener::start(asked, socket, shared.clone()).map_err(BindError::Worker)
}

impl State {
    fn listen(&mut self, opened: Opened) {
        for (orders, socket) in self.orders.iter().cycle().zip(opened.sockets) {
            // A worker that has ended takes no more orders, and needs none.
            let _ = orders.send(Accepting { place: opened.place.clone(), socket });
        }
        self.open.push(Open { place: opened.place, address: opened.address, sockets: opened.kept });
    }

    fn close_all_but(&mut self, wanted: &[Listener]) {
        self.open.retain(|open| {
            let keep = wanted.iter().any(|listener| open.place.is(listener));
            if !keep {
                open.place.close();
            }
            keep
        });
    }
}

/// Why a gateway can't be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum BindError {
    /// The site has no listener.
    NoListener,
    /// An address can't be listened on.
    Listen {
        /// Which, and why.
        error: Box<ListenError>,
    },
    /// A socket can't be copied for all workers.
    Copy(io::Error),
    /// Upstreams can't be reached by https.
    Upstream(TlsError),
    /// A thread can't be started.
    Worker(io::Error),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoListener => {
                f.write_str("there is nothing to listen on; add a [[listeners]] with an address")
            }
            Self::Listen { error } => error.fmt(f),
            Self::Copy(error) => write!(
                f,
                "can't copy a socket for all workers: {error}; raise the number of open files (ulimit -n, LimitNOFILE=)"
            ),
            Self::Upstream(error) => error.fmt(f),
            Self::Worker(error) => write!(f, "can't start a thread to serve with: {error}"),
        }
    }
}

impl std::error::Error for BindError {}
