//! TLS: what is agreed on, which certificate is shown, and what happens when certificates change.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use support::http2::Http2;
use support::tls::Authority;
use support::{Client, echoing, gateway_in, request, send};

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
