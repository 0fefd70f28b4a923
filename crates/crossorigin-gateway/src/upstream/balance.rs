//! Which of a route's upstreams gets a request: each in its turn, but for those that have failed.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossorigin_policy::{Authorities, Site, Target, Upstreams};
use http::Uri;
use http::uri::Scheme;

use super::pool::Pool;
use super::server::Server;
use super::trust::{TlsError, client_config};

/// The upstreams of one route at one worker.
#[derive(Debug)]
pub(crate) struct Group {
    pools: Vec<Arc<Pool>>,
    next: AtomicUsize,
}

/// The upstreams of a group that a request has been to, by their numbers.
pub(crate) type Tried = Vec<usize>;

impl Group {
    /// Who gets a request that has been to `tried`: the next whose turn it is, or, where all are left out, the
    /// next in order. Gives with it the number for `tried`.
    pub(crate) fn pick(&self, tried: &[usize]) -> Option<(usize, &Arc<Pool>)> {
        if let ([only], []) = (&self.pools[..], tried) {
            return Some((0, only));
        }
        let count = self.pools.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut untried =
            (0..count).map(|nth| first.wrapping_add(nth) % count).filter(|nth| !tried.contains(nth));
        let fallback = untried.clone().next();
        let number = untried.find(|&nth| self.pools[nth].server.health.takes_turn()).or(fallback)?;
        Some((number, &self.pools[number]))
    }

    pub(crate) fn len(&self) -> usize {
        self.pools.len()
    }
}

/// What tells two upstreams apart.
type Key = (Uri, Option<Authorities>);

fn keys(site: &Site) -> impl Iterator<Item = Key> + '_ {
    site.routes.iter().filter_map(upstreams).flat_map(keys_of)
}

fn upstreams(route: &crossorigin_policy::Route) -> Option<&Upstreams> {
    match &route.target {
        Target::Upstream(upstreams) => Some(upstreams),
        Target::Files(_) => None,
    }
}

fn keys_of(upstreams: &Upstreams) -> impl Iterator<Item = Key> + '_ {
    upstreams.servers().iter().map(|server| {
        let is_tls = server.scheme() == Some(&Scheme::HTTPS);
        (server.clone(), upstreams.authorities().filter(|_| is_tls).cloned())
    })
}

/// The upstreams of the site that is served: one that stays in a new site stays what it is.
#[derive(Debug, Default)]
pub(crate) struct Servers(Mutex<HashMap<Key, Arc<Server>>>);

impl Servers {
    /// Makes ready for a site. Those of the one before stay too, until [`retain`](Self::retain).
    pub(crate) fn prepare(&self, site: &Site) -> Result<(), TlsError> {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(site) {
            if let Entry::Vacant(vacant) = servers.entry(key) {
                let (uri, authorities) = vacant.key();
                let server = Server::new(uri, || client_config(authorities.as_ref()))?;
                vacant.insert(Arc::new(server));
            }
        }
        Ok(())
    }

    /// Forgets those that are not a site's.
    pub(crate) fn retain(&self, site: &Site) {
        let wanted: HashSet<Key> = keys(site).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| wanted.contains(key));
    }

    fn of(&self, key: &Key) -> Option<Arc<Server>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        // A worker may come upon a site that has just been replaced.
        known.or_else(|| Server::new(&key.0, || client_config(key.1.as_ref())).ok().map(Arc::new))
    }
}

/// One worker's connections to all upstreams of the site.
#[derive(Debug, Default)]
pub(crate) struct Pools(Mutex<Current>);

#[derive(Debug, Default)]
struct Current {
    site: Option<Arc<Site>>,
    groups: Arc<[Option<Group>]>,
    pools: HashMap<Key, Arc<Pool>>,
}

impl Pools {
    /// The groups of a site's routes, by the routes' numbers.
    pub(crate) fn of(&self, site: &Arc<Site>, servers: &Servers) -> Arc<[Option<Group>]> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !current.site.as_ref().is_some_and(|known| Arc::ptr_eq(known, site)) {
            current.change(site, servers);
        }
        current.groups.clone()
    }

    /// Closes connections that nobody will use.
    pub(crate) fn tend(&self) {
        let current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        current.pools.values().for_each(|pool| pool.tend());
    }
}

impl Current {
    fn change(&mut self, site: &Arc<Site>, servers: &Servers) {
        let mut pools: HashMap<Key, Arc<Pool>> = HashMap::new();
        let mut pool = |key: Key| {
            if let Some(pool) = pools.get(&key) {
                return Some(pool.clone());
            }
            let pool = match self.pools.get(&key) {
                Some(pool) => pool.clone(),
                None => Pool::new(servers.of(&key)?),
            };
            pools.insert(key, pool.clone());
            Some(pool)
        };
        let groups = site.routes.iter().map(|route| {
            let pools = keys_of(upstreams(route)?).filter_map(&mut pool).collect();
            Some(Group { pools, next: AtomicUsize::new(0) })
        });
        self.groups = groups.collect();
        self.pools = pools;
        self.site = Some(site.clone());
    }
}
