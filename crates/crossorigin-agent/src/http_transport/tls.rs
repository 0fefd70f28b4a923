//! TLS: whom to trust, and the handshake.

use std::fmt;
use std::sync::Arc;

use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::unverified::Unverified;

/// The text is no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateError(String);

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; authorities are given as PEM, with -----BEGIN CERTIFICATE-----", self.0)
    }
}

impl std::error::Error for CertificateError {}

/// Reads all certificates of a PEM text.
pub(super) fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|error| CertificateError(format!("malformed: {error}")))?;
    if certificates.is_empty() {
        return Err(CertificateError("there is no certificate".into()));
    }
    let mut store = RootCertStore::empty();
    for (nth, certificate) in certificates.iter().enumerate() {
        let added = store.add(certificate.clone());
        added.map_err(|error| CertificateError(format!("certificate {}: {error}", nth + 1)))?;
    }
    Ok(certificates)
}

/// The configuration of all connections, which is made when the first of them needs it.
#[derive(Debug)]
pub(super) struct Tls {
    added: Vec<CertificateDer<'static>>,
    is_unverified: bool,
    connector: OnceCell<TlsConnectorResult>,
}

struct TlsConnectorResult(Result<TlsConnector, TransportFailure>);

impl fmt::Debug for TlsConnectorResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsConnector").field(&self.0.as_ref().map(|_| ())).finish()
    }
}

impl Tls {
    pub(super) fn new(added: Vec<CertificateDer<'static>>, is_unverified: bool) -> Self {
        Self { added, is_unverified, connector: OnceCell::new() }
    }

    /// Speaks TLS to this host, offering HTTP/2.
    pub(super) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, TransportFailure> {
        let connector = self.connector.get_or_init(|| async { TlsConnectorResult(self.configure().await) });
        let connector = connector.await.0.clone()?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| {
            let message = format!("{host} can't be named in a certificate");
            TransportFailure::new(TransportFailureKind::Tls, message)
        })?;
        connector.connect(name, stream).await.map_err(|error| {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
            let why = tls.map_or_else(|| error.to_string(), why);
            TransportFailure::new(TransportFailureKind::Tls, format!("TLS with {host} failed: {why}"))
        })
    }
}

/// What went wrong, in words of those who run the server.
fn why(error: &rustls::Error) -> String {
    use rustls::CertificateError as E;
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::InvalidMessage(_) => return "it answered what is no TLS".to_owned(),
        error => return error.to_string(),
    };
    let days = |from: UnixTime, to: UnixTime| to.as_secs().saturating_sub(from.as_secs()) / (24 * 60 * 60);
    match certificate {
        E::UnknownIssuer => "its certificate is of no authority that is trusted here".to_owned(),
        E::ExpiredContext { time, not_after } => {
            format!("its certificate expired {} days ago", days(*not_after, *time))
        }
        E::NotValidYetContext { time, not_before } => {
            format!("its certificate is valid in {} days only", days(*time, *not_before))
        }
        E::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().map(|name| plain_name(name)).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!("its certificate is not for {} but for {names}", expected.to_str())
        }
        E::BadSignature | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate was not signed by the authority that it names, of those that are trusted here".to_owned()
        }
        // webpki's own errors are told in the form of Rust's debugging.
        E::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is an authority's (CA:TRUE), as openssl req -x509 makes them, and not a server's; make one \
             with -addext basicConstraints=critical,CA:FALSE"
                .to_owned()
        }
        certificate => format!("its certificate is refused: {certificate}"),
    }
}

/// A name of a certificate, which rustls gives as `DnsName("a.example")`.
fn plain_name(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

impl Tls {
    async fn configure(&self) -> Result<TlsConnector, TransportFailure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| {
            TransportFailure::new(TransportFailureKind::Tls, format!("TLS can't be set up: {error}"))
        })?;
        let builder = if self.is_unverified {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider)))
        } else {
            // Reading the system's files blocks.
            let native = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
            let native = native.map(|loaded| loaded.certs).unwrap_or_default();
            let mut roots = RootCertStore::empty();
            // Authorities that can't be read are as good as absent.
            roots.add_parsable_certificates(native);
            roots.add_parsable_certificates(self.added.iter().cloned());
            builder.with_root_certificates(roots)
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let garbled = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (pem, place) in [
            (&b""[..], "there is no certificate"),
            (b"hello", "there is no certificate"),
            (garbled, "certificate 1"),
        ] {
            let error = read_certificates(pem).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
