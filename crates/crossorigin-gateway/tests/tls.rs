//! TLS: what is agreed on, which certificate is shown, and what happens when certificates change.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossorigin_gateway::{Gateway, Options, Reloader};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, HandshakeKind};
use support::http2::Http2;
use support::tls::Authority;
use support::{Client, PATIENCE, echoing, gateway_in, get, request, send};

const ORIGIN: &str = "Origin: https://app.example";

/// A site with the certificates of files, `a.pem` and `a.key` for `a`.
fn site(files: &[&str], upstream: impl std::fmt::Display, more: &str) -> String {
    let certificates: Vec<_> = files
        .iter()
        .map(|file| format!("{{ certificate = \"{file}.pem\", key = \"{file}.key\" }}"))
        .collect();
    format!(
        "[policies.app]\norigins = [\"https://app.example\"]\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ndefault_policy = \"app\"\ntls = [{}]\n\
         [[routes]]\npath = \"/\"\nupstream = \"http://{upstream}\"\npolicy = \"app\"\n[limits]\n{more}\n",
        certificates.join(", ")
    )
}

#[tokio::test]
async fn both_versions_are_spoken_inside() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    authority.write(folder.path(), "a", &["a.example"]);
    let (_gateway, address) = gateway_in(folder.path(), &site(&["a"], echoing(), ""));

    let mut client = Http2::connect_tls(address, authority.client(&["h2", "http/1.1"]), "a.example").await;
    for _ in 0..2 {
        let response = client.get("https://a.example/x?y", &[("origin", "https://app.example")]).await;
        assert_eq!((response.status, response.allow_origin()), (200, Some("https://app.example")));
        assert_eq!(response.vary(), ["origin"]);
        let text = response.text().to_lowercase();
        for line in [
            "get /x?y http/1.1\r\n",
            "host: a.example\r\n",
            "x-forwarded-proto: https\r\n",
            "via: 2 crossorigin\r\n",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
        assert!(text.contains("proto=https\r\n"), "{text}");
    }

    for protocols in [&["http/1.1"][..], &[]] {
        let configuration = authority.client(protocols);
        let response = tokio::task::spawn_blocking(move || {
            let mut client = Client::connect_tls(address, &configuration, "a.example");
            client.send(request("GET", "/x", &[ORIGIN])).response()
        });
        let response = response.await.unwrap();
        assert_eq!((response.status, response.allow_origin()), (200, Some("https://app.example")));
        assert!(response.text().to_lowercase().contains("x-forwarded-proto: https\r\n"));
    }
}

#[test]
fn plain_http_is_told_so() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    authority.write(folder.path(), "a", &["a.example"]);
    let (_gateway, address) = gateway_in(folder.path(), &site(&["a"], echoing(), ""));
    let response = send(address, &request("GET", "/", &[ORIGIN]));
    assert_eq!(
        response.text(),
        "400 Bad Request: this port speaks TLS; write https:// instead of http://.\n"
    );
    assert_eq!((response.status, response.allow_origin()), (400, Some("https://app.example")));
}

#[tokio::test]
async fn http2_is_spoken_by_prior_knowledge_without_tls() {
    let site = site(&[], echoing(), "").replace("tls = []\n", "");
    let (_gateway, address) = gateway_in(".".as_ref(), &site);
    let mut client = Http2::connect(address).await;
    let response = client.get("http://a.example/x", &[("origin", "https://app.example")]).await;
    assert_eq!((response.status, response.allow_origin()), (200, Some("https://app.example")));
    assert!(response.text().to_lowercase().contains("x-forwarded-proto: http\r\n"));
}

/// The names in the certificate that a client of `name` is shown.
fn shown(address: SocketAddr, client: &Arc<ClientConfig>, name: &str) -> Vec<u8> {
    let mut client = Client::connect_tls(address, client, name);
    assert_eq!(client.send(request("GET", "/", &[])).response().status, 200);
    client.tls().peer_certificates().unwrap()[0].to_vec()
}

fn der(folder: &Path, file: &str) -> Vec<u8> {
    CertificateDer::from_pem_file(folder.join(format!("{file}.pem"))).unwrap().to_vec()
}

#[test]
fn the_name_chooses_the_certificate() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let folder = folder.path();
    authority.write(folder, "first", &["first.example", "127.0.0.1"]);
    authority.write(folder, "wild", &["*.b.example"]);
    authority.write(folder, "exact", &["x.b.example", "other.example"]);
    let (_gateway, address) = gateway_in(folder, &site(&["first", "wild", "exact"], echoing(), ""));
    let client = authority.client(&["http/1.1"]);
    for (name, file) in [
        ("first.example", "first"),
        ("127.0.0.1", "first"),
        ("a.b.example", "wild"),
        ("x.b.example", "exact"),
        ("X.B.Example", "exact"),
        ("other.example", "exact"),
    ] {
        assert!(shown(address, &client, name) == der(folder, file), "{name} gets another than {file}");
    }
    // Who asks for a name that there is not is shown the first, and refuses it.
    for name in ["none.example", "a.a.b.example", "b.example"] {
        let configuration = authority.client(&[]);
        let mut tls = rustls::ClientConnection::new(configuration, name.try_into().unwrap()).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let refused = tls.complete_io(&mut stream).unwrap_err().to_string();
        assert!(refused.contains("not valid for name") && refused.contains("first.example"), "{refused}");
    }
}

#[test]
fn the_kind_of_key_is_one_that_the_client_takes() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let folder = folder.path();
    for (file, algorithm) in [("ed", &rcgen::PKCS_ED25519), ("p256", &rcgen::PKCS_ECDSA_P256_SHA256)] {
        let (certificate, key) = authority.certificate_of(&["a.example"], algorithm, |_| {});
        fs::write(folder.join(format!("{file}.pem")), certificate).unwrap();
        fs::write(folder.join(format!("{file}.key")), key).unwrap();
    }
    let (_gateway, address) = gateway_in(folder, &site(&["ed", "p256"], echoing(), ""));
    assert!(shown(address, &authority.client(&[]), "a.example") == der(folder, "ed"));
    let mut provider = rustls::crypto::ring::default_provider();
    let schemes = provider.signature_verification_algorithms.mapping;
    let only: &'static [_] = schemes
        .iter()
        .filter(|(scheme, _)| *scheme != rustls::SignatureScheme::ED25519)
        .copied()
        .collect::<Vec<_>>()
        .leak();
    provider.signature_verification_algorithms.mapping = only;
    assert!(
        shown(address, &authority.client_of(provider, rustls::DEFAULT_VERSIONS, &[]), "a.example")
            == der(folder, "p256")
    );
}

#[test]
fn a_new_certificate_is_shown_and_no_connection_dropped() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let folder = folder.path();
    authority.write(folder, "a", &["a.example"]);
    let path = folder.join("site.toml");
    fs::write(&path, site(&["a"], echoing(), "")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut reloader = Reloader::new(&path);
    let gateway = Gateway::bind(reloader.load().unwrap().0, Options::default()).unwrap();
    let address = gateway.addresses()[0];
    let client = authority.client(&["http/1.1"]);
    let get = request("GET", "/", &[ORIGIN]);

    let mut kept = Client::connect_tls(address, &client, "a.example");
    assert_eq!(kept.send(&get).response().status, 200);
    let old = der(folder, "a");
    let is_seen = |reloader: &mut Reloader| {
        runtime.block_on(async { tokio::time::timeout(PATIENCE, reloader.changed()).await }).unwrap();
    };

    // Another certificate, whose key is not there yet: the old one is shown on.
    let (certificate, key) = authority.certificate(&["a.example"]);
    fs::write(folder.join("a.pem"), certificate).unwrap();
    is_seen(&mut reloader);
    let error = reloader.reload(&gateway.handle()).unwrap_err().to_string();
    assert!(error.contains("is not the one that the certificate in") && error.contains("a.key"), "{error}");
    assert!(shown(address, &client, "a.example") == old);

    fs::write(folder.join("a.key"), key).unwrap();
    is_seen(&mut reloader);
    reloader.reload(&gateway.handle()).unwrap();
    let new = der(folder, "a");
    assert!(new != old && shown(address, &authority.client(&[]), "a.example") == new);
    let response = kept.send(&get).response();
    assert_eq!((response.status, response.allow_origin()), (200, Some("https://app.example")));

    // A broken one.
    fs::write(folder.join("a.pem"), "nonsense").unwrap();
    is_seen(&mut reloader);
    let error = reloader.reload(&gateway.handle()).unwrap_err().to_string();
    assert!(error.contains("there is no certificate in"), "{error}");
    assert!(shown(address, &authority.client(&[]), "a.example") == new);
    assert_eq!(kept.send(&get).response().status, 200);
}

#[test]
fn a_listener_takes_up_tls_and_lays_it_down() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let folder = folder.path();
    authority.write(folder, "a", &["a.example"]);
    let encrypted = site(&["a"], echoing(), "");
    let plain = encrypted.lines().filter(|line| !line.starts_with("tls")).collect::<Vec<_>>().join("\n");
    let (gateway, address) = gateway_in(folder, &plain);
    let mut kept = Client::connect(address);
    assert_eq!(kept.send(request("GET", "/", &[])).response().status, 200);
    gateway.handle().reload(support::site(folder, &encrypted)).unwrap();
    assert!(shown(address, &authority.client(&[]), "a.example") == der(folder, "a"));
    assert_eq!(get(address, "/", &[]).status, 400);
    let response = kept.send(request("GET", "/", &[])).response();
    assert!(response.text().to_lowercase().contains("x-forwarded-proto: http\r\n"), "{}", response.text());
    gateway.handle().reload(support::site(folder, &plain)).unwrap();
    assert_eq!(get(address, "/", &[]).status, 200);
}

#[test]
fn sessions_are_resumed_by_another_worker_and_after_a_reload() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let folder = folder.path();
        authority.write(folder, "a", &["a.example"]);
        let text = site(&["a"], echoing(), "");
        let (gateway, address) = gateway_in(folder, &text);
        let client = authority.client_of(rustls::crypto::ring::default_provider(), &[version], &[]);
        let kind = |nth| {
            let mut client = Client::connect_tls(address, &client, "a.example");
            assert_eq!(client.send(request("GET", "/", &[])).response().status, 200, "{nth}");
            client.tls().handshake_kind().unwrap()
        };
        assert_eq!(kind(0), HandshakeKind::Full, "{version:?}");
        // More than one worker has to have had one of them: the kernel chooses by the client's port.
        for nth in 1..20 {
            assert_eq!(kind(nth), HandshakeKind::Resumed, "{version:?}, connection {nth}");
        }
        gateway.handle().reload(support::site(folder, &text)).unwrap();
        assert_eq!(kind(20), HandshakeKind::Resumed, "{version:?} after a reload");
    }
}

#[test]
fn a_handshake_that_stands_still_ends() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    authority.write(folder.path(), "a", &["a.example"]);
    let more = "handshake_timeout = \"300ms\"";
    let (_gateway, address) = gateway_in(folder.path(), &site(&["a"], echoing(), more));
    for beginning in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let began = Instant::now();
        let mut client = Client::connect(address);
        client.send(beginning);
        assert!(client.is_closed(), "{beginning:?}");
        let elapsed = began.elapsed();
        assert!(elapsed >= Duration::from_millis(300) && elapsed < PATIENCE / 2, "{elapsed:?}");
    }
    // What is no TLS though it begins as such is told so by an alert.
    let mut client = Client::connect(address);
    client.send(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00");
    client.read_until("\x15\x03");
}
