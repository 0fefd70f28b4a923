//! A user agent without a browser: it fetches as a page would, by the CORS protocol.
//!
//! An [`Agent`] is what a browser is between pages: connections, and what preflights have permitted. An
//! [`Environment`] is one of its pages, which fetches: [`Environment::fetch`] gives what script would see, and
//! [`Environment::fetch_recorded`] all the rest too. Requests go out by a [`Transport`].
//!
//! # Test your own service
//! A [`Browser`] asks a service in the process of its tests, as a page would, and a failed expectation explains
//! itself. It needs no network, and so neither TLS nor hyper: take the crate with `default-features = false`.
//!
//! ```
//! # use axum::{Router, routing::get};
//! # use crossorigin_agent::Browser;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut app: Router = Router::new()
//!     .route("/photos", get(async || ([("access-control-allow-origin", "*")], "all of them")));
//! let page = Browser::at("https://app.example");
//! assert_eq!(page.get("/photos").send(&mut app).await.expect_shared().text(), "all of them");
//! page.get("/photos").credentials().send(&mut app).await.expect_blocked("allow-origin-wildcard");
//! # }
//! ```
//!
//! # Features
//! `network`, on by default: `HttpTransport`, and with it hyper, rustls and HTTP/2.

mod agent;
mod authentication;
mod blob_urls;
mod browser;
mod content_encoding;
mod cookies;
mod data_url;
mod drive;
mod environment;
mod fetch_request;
#[cfg(feature = "network")]
mod http_transport;
mod in_process;
mod limits;
mod loaded;
mod referrer;
mod request_headers;
mod response;
mod response_body;
mod sending;
mod settings;
mod transport;
mod turn;

pub use agent::{Agent, AgentBuilder};
pub use blob_urls::{Blob, BlobUrls, MAX_BLOB_URL_BYTES};
pub use browser::{Browser, PageRequest, SERVICE_ORIGIN, Seen, SharedResponse};
pub use content_encoding::MAX_CONTENT_ENCODINGS;
pub use cookies::{
    CookieError, MAX_COOKIE_ATTRIBUTE_BYTES, MAX_COOKIE_BYTES, MAX_COOKIES, MAX_COOKIES_PER_SITE,
};
pub use environment::Environment;
pub use fetch_request::{CacheMode, FetchRequest};
#[cfg(feature = "network")]
pub use http_transport::{
    CONNECT_TIMEOUT, CertificateError, HttpTransport, HttpTransportBuilder, IDLE_CONNECTION_TIMEOUT,
    MAX_HEADER_BYTES, MAX_HEADERS, MAX_IDLE_CONNECTIONS, MAX_IDLE_CONNECTIONS_PER_HOST, Proxies, ProxyError,
};
pub use in_process::InProcess;
pub use limits::{HEAD_TIMEOUT, IDLE_TIMEOUT, Limits, MAX_BODY_BYTES};
pub use loaded::{Loaded, Loading};
pub use referrer::MAX_REFERRER_BYTES;
pub use request_headers::{ACCEPT_LANGUAGE_VALUE, USER_AGENT_VALUE};
pub use response::{NetworkError, Response};
pub use transport::{Body, BoxedTransport, Transport};

/// The README's examples are tested with the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
