//! An authority for one run, thrown away with it, and a host that it vouches for.

use std::sync::Arc;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use ring::digest::{SHA256, digest};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::places::SECURE_HOST;

/// A certificate for the host that speaks https, and its key.
pub struct Authority {
    pub(crate) acceptor: TlsAcceptor,
    fingerprint: String,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no randomness for a key.
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate().context("there is no key for the lab's authority")?;
        let certificate = CertificateParams::new([SECURE_HOST.to_owned()])?.self_signed(&key)?;
        let fingerprint = STANDARD.encode(digest(&SHA256, &key.subject_public_key_info()));
        let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint })
    }

    /// The SHA-256 of its public key, in base64, by which Chromium is told of it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}
