//! Connections that are kept for the next request.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};

use super::connection::Connection;

/// How long a connection is kept for the next request.
pub const IDLE_CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// The most connections without a request that are kept for one host.
pub const MAX_IDLE_CONNECTIONS_PER_HOST: usize = 32;
/// The most hosts of which connections are kept.
const MAX_HOSTS: usize = 1024;

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
pub(super) struct Pool(Mutex<HashMap<Key, Vec<Connection>>>);

impl Pool {
    /// A connection to this host. Those of HTTP/2 stay for others too.
    pub(super) fn take(&self, key: &Key) -> Option<Connection> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = hosts.get_mut(key)?;
        while let Some(connection) = kept.pop() {
            if connection.is_closed() || connection.idle_since.elapsed() > IDLE_CONNECTION_TIMEOUT {
                continue;
            }
            if let Some(mut shared) = connection.share() {
                shared.idle_since = Instant::now();
                kept.push(shared);
            }
            return Some(connection);
        }
        hosts.remove(key);
        None
    }

    /// Keeps a connection for the next request.
    pub(super) fn put(&self, key: &Key, mut connection: Connection) {
        if connection.is_closed() {
            return;
        }
        connection.idle_since = Instant::now();
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = hosts.get_mut(key) {
            if kept.len() < MAX_IDLE_CONNECTIONS_PER_HOST {
                kept.push(connection);
            }
            return;
        }
        if hosts.len() >= MAX_HOSTS {
            hosts.retain(|_, kept| {
                kept.retain(|old| !old.is_closed() && old.idle_since.elapsed() <= IDLE_CONNECTION_TIMEOUT);
                !kept.is_empty()
            });
        }
        if hosts.len() < MAX_HOSTS {
            hosts.insert(key.clone(), vec![connection]);
        }
    }
}
