//! One upstream, as all workers know it: where it is, and how it has done of late.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Request, Uri};
use rustls::ClientConfig;

use super::client_body::ClientBody;
use super::connector::Address;
use super::trust::TlsError;

/// How many requests have to fail, one after the other, for an upstream to be left out.
const FAILURES: u32 = 3;
/// For how long it is left out; then one request tries it.
const OUT_FOR: Duration = Duration::from_secs(10);

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
    pub(crate) fn new(
        uri: &Uri,
        tls: impl FnOnce() -> Result<Arc<ClientConfig>, TlsError>,
    ) -> Result<Self, TlsError> {
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
    pub(crate) fn takes_turn(&self) -> bool {
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
