//! An authority that is made for one test, its certificates, and clients that trust it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SignatureAlgorithm};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

pub(crate) struct Authority {
    root: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        Self { root: root.der().clone(), pem: root.pem(), issuer: Issuer::new(params, key) }
    }

    /// A certificate for these names and its key, both PEM.
    pub(crate) fn certificate(&self, names: &[&str]) -> (String, String) {
        self.certificate_of(names, &rcgen::PKCS_ECDSA_P256_SHA256, |_| {})
    }

    pub(crate) fn certificate_of(
        &self,
        names: &[&str],
        algorithm: &'static SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (String, String) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Writes `NAME.pem` and `NAME.key`.
    pub(crate) fn write(&self, folder: &Path, file: &str, names: &[&str]) {
        let (certificate, key) = self.certificate(names);
        fs::write(folder.join(format!("{file}.pem")), certificate).unwrap();
        fs::write(folder.join(format!("{file}.key")), key).unwrap();
    }

    /// A client that trusts this authority and speaks one of these protocols inside.
    pub(crate) fn client(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        self.client_of(rustls::crypto::ring::default_provider(), rustls::DEFAULT_VERSIONS, protocols)
    }

    pub(crate) fn client_of(
        &self,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let configuration = ClientConfig::builder_with_provider(Arc::new(provider));
        let configuration = configuration.with_protocol_versions(versions).unwrap();
        let mut configuration = configuration.with_root_certificates(roots).with_no_client_auth();
        configuration.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(configuration)
    }
}
