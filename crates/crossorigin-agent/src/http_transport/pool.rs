//! Connections that are kept for the next request.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::connection::Connection;

/// How long a connection is kept for the next request. It is closed before as much time again has gone by.
pub const IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// The most connections without a request that are kept for one host.
pub const MAX_IDLE_CONNECTIONS_PER_HOST: usize = 32;
/// The most connections without a request that are kept for all hosts together. Beyond, the one that has waited longest
/// is closed.
pub const MAX_IDLE_CONNECTIONS: usize = 256;

/// To whom a connection goes, without user name and password. Hosts in another case are another's: URLs have them
/// in lower case.
#[derive(Clone, Debug)]
pub(super) struct Key {
    is_https: bool,
    authority: Authority,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.is_https == other.is_https && self.authority() == other.authority()
    }
}

impl Eq for Key {}

impl Hash for Key {
    /// At once; an [`Authority`] is hashed byte by byte, in lower case.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.authority().hash(state);
        self.is_https.hash(state);
    }
}

impl Key {
    pub(super) fn of(uri: &Uri) -> Result<Self, TransportFailure> {
        let refused = |why: &str| {
            TransportFailure::new(TransportFailureKind::Malformed, format!("the URI can't be sent to: {why}"))
        };
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(refused("its scheme is neither http nor https")),
        };
        let authority = uri.authority().ok_or_else(|| refused("it names no host"))?;
        let authority = match authority.as_str().rsplit_once('@') {
            Some((_, bare)) => bare.parse().map_err(|_| refused("it names no host"))?,
            None => authority.clone(),
        };
        Ok(Self { is_https, authority })
    }

    pub(super) fn is_https(&self) -> bool {
        self.is_https
    }

    pub(super) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    pub(super) fn host(&self) -> &str {
        self.authority.host()
    }

    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// What `Host` says.
    pub(super) fn host_header(&self) -> Result<HeaderValue, TransportFailure> {
        HeaderValue::from_str(self.authority()).map_err(|_| {
            let message = format!("{} can't be written in Host", self.authority());
            TransportFailure::new(TransportFailureKind::Malformed, message)
        })
    }
}

/// All connections that are kept.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// For each host those that have waited longest first.
    ///
    /// OPTIMIZATION: a host whose connections are all in use stays for a while (the benchmark of a fetch).
    hosts: HashMap<Key, Vec<Connection>>,
    count: usize,
    /// Whether a task closes what nobody comes back for.
    is_watched: bool,
}

impl Pool {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to this host. Those of HTTP/2 stay for others too.
    pub(super) fn take(&self, key: &Key) -> Option<Connection> {
        let mut kept = self.kept();
        loop {
            let connection = kept.pop(key)?;
            if !is_fresh(&connection) {
                continue;
            }
            if let Some(mut shared) = connection.share() {
                shared.idle_since = Instant::now();
                kept.push(key, shared);
            }
            return Some(connection);
        }
    }

    /// Keeps a connection for the next request, if it can take one.
    pub(super) fn put(self: &Arc<Self>, key: &Key, mut connection: Connection) {
        if !connection.is_usable() {
            return;
        }
        connection.idle_since = Instant::now();
        let mut kept = self.kept();
        kept.push(key, connection);
        if kept.count > MAX_IDLE_CONNECTIONS {
            kept.drop_longest_idle();
        }
        if !kept.is_watched
            && let Ok(runtime) = Handle::try_current()
        {
            kept.is_watched = true;
            runtime.spawn(Watch(Arc::downgrade(self)).watch());
        }
    }
}

impl Kept {
    fn pop(&mut self, key: &Key) -> Option<Connection> {
        let connection = self.hosts.get_mut(key)?.pop()?;
        self.count -= 1;
        Some(connection)
    }

    fn push(&mut self, key: &Key, connection: Connection) {
        match self.hosts.get_mut(key) {
            Some(host) if host.len() >= MAX_IDLE_CONNECTIONS_PER_HOST => return,
            Some(host) => host.push(connection),
            None => {
                self.hosts.insert(key.clone(), vec![connection]);
            }
        }
        self.count += 1;
    }

    fn drop_longest_idle(&mut self) {
        let hosts = self.hosts.values_mut().filter(|host| !host.is_empty());
        let longest = hosts.min_by_key(|host| host.first().map(|connection| connection.idle_since));
        if let Some(host) = longest {
            host.remove(0);
            self.count -= 1;
        }
    }

    fn drop_stale(&mut self) {
        self.hosts.retain(|_, host| {
            host.retain(is_fresh);
            !host.is_empty()
        });
        self.count = self.hosts.values().map(Vec::len).sum();
    }
}

fn is_fresh(connection: &Connection) -> bool {
    connection.is_usable() && connection.idle_since.elapsed() < IDLE_CONNECTION_TIMEOUT
}

/// Closes what nobody comes back for. It ends with the pool, with its last connection, or with its runtime.
struct Watch(Weak<Pool>);

impl Watch {
    async fn watch(self) {
        loop {
            tokio::time::sleep(IDLE_CONNECTION_TIMEOUT).await;
            let Some(pool) = self.0.upgrade() else { return };
            let mut kept = pool.kept();
            kept.drop_stale();
            if kept.count == 0 {
                kept.is_watched = false;
                return;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.kept().is_watched = false;
        }
    }
}
