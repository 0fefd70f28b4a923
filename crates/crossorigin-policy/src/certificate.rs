//! Certificates and keys of a listener: PEM files, read and held against each other when the policy file is read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use webpki::EndEntityCert;

use crate::validity::Validity;

/// The most bytes that are read of a file with certificates, or with a key.
const MAX_BYTES: u64 = 1024 * 1024;

/// A certificate of a listener, with what comes between it and the authority, and its key. The key is the one
/// that the certificate was made for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Certificate {
    /// The file with the certificates.
    pub file: PathBuf,
    /// The host names in it, in lower case, some with `*.` in front. The clients that name one get it.
    pub names: Vec<String>,
    /// The certificates and the key, as rustls takes them.
    pub key: Arc<CertifiedKey>,
}

/// What is wrong, and what to do about it.
pub(crate) struct Refusal {
    /// Which of the two keys of the table leads to the fault.
    pub(crate) is_of_key: bool,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// What is to be said of a certificate that can be used.
pub(crate) enum Doubt {
    Expired(Duration),
    NotYet(Duration),
    Nameless,
}

impl Doubt {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Expired(_) => "certificate-expired",
            Self::NotYet(_) => "certificate-not-yet-valid",
            Self::Nameless => "certificate-without-names",
        }
    }

    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Expired(_) => "renew it: clients refuse it",
            Self::NotYet(_) => "check this machine's clock: clients refuse the certificate until then",
            Self::Nameless => {
                "let it be issued for the names of the site: browsers look at nothing else in it"
            }
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(ago) => write!(f, "the certificate expired {} ago", days(*ago)),
            Self::NotYet(until) => write!(f, "the certificate becomes valid in {}", days(*until)),
            Self::Nameless => f.write_str("the certificate names no host"),
        }
    }
}

fn days(duration: Duration) -> String {
    match duration.as_secs() / 86_400 {
        0 => "less than a day".into(),
        1 => "1 day".into(),
        days => format!("{days} days"),
    }
}

/// Reads a certificate and its key.
pub(crate) fn read(certificate: &Path, key: &Path) -> Result<(Certificate, Vec<Doubt>), Refusal> {
    let chain = chain(certificate)?;
    let key_der = private_key(key)?;
    let of_certificate =
        |message: String, remedy: &str| Refusal { is_of_key: false, message, remedy: remedy.into() };
    let (first, names, validity) = chain
        .first()
        .and_then(|first| {
            let names = EndEntityCert::try_from(first).ok()?;
            let names: Vec<_> = names.valid_dns_names().map(str::to_ascii_lowercase).collect();
            Some((first, names, Validity::of(first)?))
        })
        .ok_or_else(|| {
            of_certificate(
                format!("the first certificate in {certificate:?} is broken"),
                "let it be issued anew; `openssl x509 -in FILE -noout -text` tells what is in it",
            )
        })?;
    let provider = rustls::crypto::ring::default_provider();
    let signing_key = provider.key_provider.load_private_key(key_der).map_err(|error| Refusal {
        is_of_key: true,
        message: format!("the private key in {key:?} can't be used: {error}"),
        remedy: "take a key for ECDSA (P-256, P-384), Ed25519, or RSA of 2048 to 4096 bits".into(),
    })?;
    let certified = CertifiedKey::new(chain.clone(), signing_key);
    if let Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) =
        certified.keys_match()
    {
        return Err(Refusal {
            is_of_key: true,
            message: format!("the key in {key:?} is not the one that the certificate in {certificate:?} was made for"),
            remedy: "name the key that the certificate was made for, and the server's own certificate first in its file"
                .into(),
        });
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
    let mut doubts = Vec::new();
    if validity.until < now {
        doubts.push(Doubt::Expired(Duration::from_secs(now.abs_diff(validity.until))));
    }
    if validity.from > now {
        doubts.push(Doubt::NotYet(Duration::from_secs(now.abs_diff(validity.from))));
    }
    if names.is_empty() && !names_addresses(first) {
        doubts.push(Doubt::Nameless);
    }
    Ok((Certificate { file: certificate.to_owned(), names, key: Arc::new(certified) }, doubts))
}

/// Whether the certificate may be one for IP addresses, which are looked for without names.
fn names_addresses(certificate: &CertificateDer<'_>) -> bool {
    // The identifier of the extension for alternative names, 2.5.29.17.
    certificate.as_ref().windows(5).any(|window| window == [0x06, 0x03, 0x55, 0x1d, 0x11])
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Refusal> {
    let refuse = |message: String, remedy: &str| Refusal { is_of_key: false, message, remedy: remedy.into() };
    let bytes = read_bounded(file).map_err(|error| {
        refuse(
            format!("can't read the certificate {file:?}: {error}"),
            "the path is relative to the policy file; check that the file is there and may be read",
        )
    })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) if holds(&bytes, "PRIVATE KEY-----") => Err(refuse(
            format!("{file:?} holds a private key and no certificate"),
            "`certificate` and `key` may have changed places",
        )),
        Ok(_) if bytes.starts_with(&[0x30]) => Err(refuse(
            format!("{file:?} is not PEM, but looks like DER"),
            "write it as PEM: `openssl x509 -inform der -in FILE -out site.pem`",
        )),
        Ok(_) => Err(refuse(
            format!("there is no certificate in {file:?}"),
            "name a PEM file, with `-----BEGIN CERTIFICATE-----`: the server's own first, then those up to the authority",
        )),
        Err(error) => Err(refuse(
            format!("{file:?} is no valid PEM: {error}"),
            "copy it anew, with the lines `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`",
        )),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Refusal> {
    let refuse = |message: String, remedy: &str| Refusal { is_of_key: true, message, remedy: remedy.into() };
    let bytes = read_bounded(file).map_err(|error| {
        refuse(
            format!("can't read the key {file:?}: {error}"),
            "the path is relative to the policy file; check that the file is there and that the gateway's user may read it",
        )
    })?;
    if holds(&bytes, "BEGIN ENCRYPTED PRIVATE KEY") || holds(&bytes, "Proc-Type: 4,ENCRYPTED") {
        return Err(refuse(
            format!("the key in {file:?} is encrypted, and there is nobody to ask for its password"),
            "decrypt it (`openssl pkey -in FILE -out site.key`) and let none but the gateway's user read it",
        ));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound if holds(&bytes, "BEGIN CERTIFICATE") => refuse(
            format!("{file:?} holds a certificate and no private key"),
            "`certificate` and `key` may have changed places",
        ),
        rustls::pki_types::pem::Error::NoItemsFound => refuse(
            format!("there is no private key in {file:?}"),
            "name a PEM file with `-----BEGIN PRIVATE KEY-----`",
        ),
        error => refuse(
            format!("{file:?} is no valid PEM: {error}"),
            "copy it anew, with the lines `-----BEGIN PRIVATE KEY-----` and `-----END PRIVATE KEY-----`",
        ),
    })
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(bytes)
}
