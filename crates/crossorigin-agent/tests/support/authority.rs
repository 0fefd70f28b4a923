//! Authorities that are made for one test.

use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// An authority, in PEM, and an acceptor with a certificate of it for `api.example` and the loopback addresses.
pub(crate) fn authority(protocols: &[&str], expired: bool) -> (String, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let own_key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(["api.example", "127.0.0.1", "::1"].map(ToOwned::to_owned)).unwrap();
    if expired {
        own.not_after = rcgen::date_time_ymd(2001, 1, 1);
        own.not_before = rcgen::date_time_ymd(2000, 1, 1);
    }
    let certificate = own.signed_by(&own_key, &issuer).unwrap();
    (root.pem(), acceptor(&certificate, &own_key, protocols))
}

/// An acceptor with a certificate that signed itself and is an authority's, as `openssl req -x509` makes them.
pub(crate) fn self_signed() -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["api.example".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    acceptor(&certificate, &key, &["h2"])
}

fn acceptor(certificate: &Certificate, key: &KeyPair, protocols: &[&str]) -> TlsAcceptor {
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}
