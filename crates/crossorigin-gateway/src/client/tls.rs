//! TLS of a listener: which certificate a client gets, and what is spoken inside.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crossorigin_policy::Certificate;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, NoServerSessionStorage, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The protocols that are spoken inside, the better one first.
/// [Source](https://www.rfc-editor.org/rfc/rfc7301#section-6).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Makes the tickets by which sessions are resumed: one for the whole gateway, so that a client may come back to
/// another worker, and after a reload. `None` where the system gives no random numbers, and every handshake is a
/// whole one.
pub(crate) fn tickets() -> Option<Arc<dyn ProducesTickets>> {
    ring::Ticketer::new()
        .inspect_err(|error| tracing::error!(%error, "TLS sessions will not be resumed"))
        .ok()
}

/// The configuration for a listener's certificates; `None` where there are none, and plain HTTP is spoken.
pub(crate) fn configuration(
    certificates: &[Certificate],
    tickets: Option<&Arc<dyn ProducesTickets>>,
) -> Option<Arc<ServerConfig>> {
    let chosen = ByName::new(certificates)?;
    let mut configuration = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has suites for TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(chosen));
    configuration.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    configuration.session_storage = Arc::new(NoServerSessionStorage {});
    if let Some(tickets) = tickets {
        configuration.ticketer = tickets.clone();
    }
    Some(Arc::new(configuration))
}

/// Certificates by the names in them, in the order of the policy file.
struct ByName {
    /// Under whole names, and with `*` instead of their first label.
    named: HashMap<String, Vec<Arc<CertifiedKey>>>,
    /// For clients that name no host, or one that no certificate is for.
    first: Vec<Arc<CertifiedKey>>,
}

impl ByName {
    fn new(certificates: &[Certificate]) -> Option<Self> {
        let first = certificates.first()?;
        let mut named: HashMap<String, Vec<_>> = HashMap::new();
        for certificate in certificates {
            for name in &certificate.names {
                named.entry(name.clone()).or_default().push(certificate.key.clone());
            }
        }
        // Others for the same names, say with another kind of key, are as good as the first.
        let alike = certificates.iter().filter(|certificate| certificate.names == first.names);
        Some(Self { named, first: alike.map(|certificate| certificate.key.clone()).collect() })
    }

    fn of(&self, name: Option<&str>) -> &[Arc<CertifiedKey>] {
        let Some(name) = name else { return &self.first };
        let exact = self.named.get(name);
        let found = exact.or_else(|| {
            let (_, parent) = name.split_once('.')?;
            self.named.get(&format!("*.{parent}"))
        });
        found.unwrap_or(&self.first)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Rustls gives the name in lower case.
        let found = self.of(client_hello.server_name());
        let is_spoken =
            |key: &&Arc<CertifiedKey>| key.key.choose_scheme(client_hello.signature_schemes()).is_some();
        found.iter().find(is_spoken).or(found.first()).cloned()
    }
}

impl fmt::Debug for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.named.keys()).finish()
    }
}
