//! Which of a route's upstreams gets a request: each in its turn, but for those that have failed.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossorigin_policy::{Authorities, Site, Target, Upstreams};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Request, Uri};
use rustls::{ClientConfig, RootCertStore};

use crate::client_body::ClientBody;
use crate::connector::Address;
use crate::pool::Pool;

/// How many requests have to fail, one after the other, for an upstream to be left out.
pub(crate) const FAILURES: u32 = 3;
/// For how long it is left out; then one request tries it.
pub(crate) const OUT_FOR: Duration = Duration::from_secs(10);

/// An upstream, as all workers know it.
#[derive(Debug)]
pub(crate) struct Server {
    /// As the log names it: scheme, host and port.
    pub(crate) name: Arc<str>,
    pub(crate) address: Address,
    pub(crate) health: Health,
    uri: Uri,
}

impl Server {
    fn new(uri: &Uri, tls: impl FnOnce() -> Result<Arc<ClientConfig>, TlsError>) -> Result<Self, TlsError> {
        let address = Address::new(uri, tls)?;
        let name = uri.to_string().trim_end_matches('/').into();
        Ok(Self { name, address, health: Health::default(), uri: uri.clone() })
    }

    /// Makes of a request for HTTP/1.1 one for HTTP/2, whose target has scheme and host.
    pub(crate) fn make_absolute(&self, request: &mut Request<ClientBody>) {
        let host = request.headers_mut().remove(HOST);
        request.headers_mut().remove(CONNECTION);
        let host = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
        let mut parts = Parts::default();
        let is_tls = self.uri.scheme() == Some(&Scheme::HTTPS);
        parts.scheme = Some(if is_tls { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = host.or_else(|| self.uri.authority().cloned());
        let path = request.uri().path_and_query().cloned();
        parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        // Its parts have all been in URIs before.
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        *request.version_mut() = http::Version::HTTP_2;
    }
}

/// How an upstream has done of late.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Requests that failed one after the other.
    failures: AtomicU32,
    /// Milliseconds from [`CLOCK`] on until when it is left out.
    out_until: AtomicU64,
}

static CLOCK: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> u64 {
    u64::try_from(CLOCK.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Health {
    /// Whether it is its turn. Of an upstream that was left out for long enough, one request learns that it is:
    /// the others wait for what comes of it.
    fn takes_turn(&self) -> bool {
        if self.failures.load(Ordering::Relaxed) < FAILURES {
            return true;
        }
        let (until, now) = (self.out_until.load(Ordering::Relaxed), now());
        let next = now.saturating_add(u64::try_from(OUT_FOR.as_millis()).unwrap_or(u64::MAX));
        now >= until
            && self.out_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// An answer has come.
    pub(crate) fn succeeded(&self, name: &str) {
        if self.failures.load(Ordering::Relaxed) > 0 && self.failures.swap(0, Ordering::Relaxed) >= FAILURES {
            tracing::info!(upstream = name, "the upstream answers again, and takes its turn again");
        }
    }

    /// None has, and it is the upstream's fault.
    pub(crate) fn failed(&self, name: &str) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures >= FAILURES {
            let until = now().saturating_add(u64::try_from(OUT_FOR.as_millis()).unwrap_or(u64::MAX));
            self.out_until.store(until, Ordering::Relaxed);
        }
        if failures == FAILURES {
            tracing::warn!(
                upstream = name,
                failures,
                left_out_for = ?OUT_FOR,
                "the upstream failed several times in a row; where others can, they answer in its place"
            );
        }
    }
}

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

/// What `https` upstreams are spoken to with.
fn client_config(authorities: Option<&Authorities>) -> Result<Arc<ClientConfig>, TlsError> {
    static SYSTEMS: Mutex<Option<Arc<RootCertStore>>> = Mutex::new(None);
    let roots = match authorities {
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for certificate in authorities.certificates.iter() {
                roots.add(certificate.clone()).map_err(|error| TlsError::Authority {
                    file: authorities.file.display().to_string(),
                    error,
                })?;
            }
            Arc::new(roots)
        }
        None => {
            let mut systems = SYSTEMS.lock().unwrap_or_else(PoisonError::into_inner);
            match &*systems {
                Some(roots) => roots.clone(),
                None => systems.insert(system_roots()?).clone(),
            }
        }
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Provider)?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn system_roots() -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TlsError::NoAuthorities) } else { Ok(Arc::new(roots)) }
}

/// Why upstreams can't be reached by https.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The system has no authorities.
    NoAuthorities,
    /// A certificate of an `upstream_ca` is none of an authority.
    Authority {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: rustls::Error,
    },
    /// TLS can't be set up at all.
    Provider(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAuthorities => f.write_str(
                "an upstream is reached by https, and this system trusts no authority; install its \
                 ca-certificates, or name the upstream's own in the route's `upstream_ca`",
            ),
            Self::Authority { file, error } => {
                write!(f, "{file} holds a certificate that is of no authority: {error}; take it out")
            }
            Self::Provider(error) => write!(f, "TLS can't be set up: {error}"),
        }
    }
}

impl std::error::Error for TlsError {}
