//! Whom the gateway trusts to be an `https` upstream.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crossorigin_policy::Authorities;
use rustls::{ClientConfig, RootCertStore};

/// What `https` upstreams are spoken to with.
pub(crate) fn client_config(authorities: Option<&Authorities>) -> Result<Arc<ClientConfig>, TlsError> {
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
