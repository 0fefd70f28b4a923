//! The user agent and the gateway, by TLS and HTTP/2: what a policy allows is read, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;

use crossorigin_agent::{AgentBuilder, FetchRequest, HttpTransportBuilder, Proxies};
use crossorigin_gateway::{Gateway, Options};
use http::{HeaderName, HeaderValue, Method, Version};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

const POLICY: &str = r#"
[policies.api]
origins = ["https://app.example"]
methods = ["DELETE"]
request_headers = ["x-key"]
exposed_headers = ["etag"]

[[listeners]]
address = "127.0.0.1:0"
default_policy = "api"
tls = [{ certificate = "site.pem", key = "site.key" }]

[[routes]]
path = "/"
files = "files"
policy = "api"
"#;

#[tokio::test]
async fn what_a_policy_allows_is_read_by_http2() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(vec!["api.example".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    fs::create_dir(folder.join("files")).unwrap();
    for (file, text) in [
        ("files/a.txt", "text".to_owned()),
        ("site.pem", certificate.pem()),
        ("site.key", key.serialize_pem()),
        ("site.toml", POLICY.to_owned()),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    let (site, _) = crossorigin_policy::load(&folder.join("site.toml")).unwrap();
    let gateway = Gateway::bind(site, Options::default()).unwrap();
    let address = gateway.addresses()[0];

    let transport = HttpTransportBuilder::new().proxies(Proxies::none());
    let transport = transport.root_certificates(root.as_bytes()).unwrap();
    let agent = AgentBuilder::new().build(transport.resolve("api.example", 443, address).build());
    let url = |path: &str| FetchRequest::new(format!("https://api.example{path}").parse().unwrap());

    let mut page = agent.environment("https://app.example".parse().unwrap());
    // The preflight of the first answers for the second, too.
    for (method, path, status, exchanges) in
        [(Method::GET, "/a.txt", 200, 2), (Method::DELETE, "/a.txt", 405, 1), (Method::GET, "/none", 404, 2)]
    {
        let request = url(path)
            .method(method.clone())
            .header(HeaderName::from_static("x-key"), HeaderValue::from_static("1"));
        let (response, record) = page.fetch_recorded(request).await;
        let response = response.unwrap_or_else(|_| panic!("{method} {path}: {:?}", record.outcome));
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(record.exchanges.len(), exchanges, "{method} {path}");
        for exchange in &record.exchanges {
            assert_eq!(exchange.answer.as_ref().unwrap().version, Version::HTTP_2);
        }
    }
    let refused = page.fetch_recorded(url("/a.txt").method(Method::PATCH)).await;
    assert!(refused.0.is_err(), "PATCH is not allowed");

    let mut other = agent.environment("https://other.example".parse().unwrap());
    let (response, record) = other.fetch_recorded(url("/a.txt")).await;
    assert!(response.is_err(), "{:?}", record.outcome);
    assert_eq!(record.exchanges[0].answer.as_ref().unwrap().status, 200);
    assert!(gateway.shutdown());
}
