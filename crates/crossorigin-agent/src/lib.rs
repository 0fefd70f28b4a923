//! A user agent without a browser: it fetches as a page would, by the CORS protocol.
//!
//! An [`Agent`] is what a browser is between pages: connections, and what preflights have permitted. An
//! [`Environment`] is one of its pages, which fetches: [`Environment::fetch`] gives what script would see, and
//! [`Environment::fetch_recorded`] all the rest too. Requests go out by a [`Transport`].

mod agent;
mod authentication;
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
mod referrer;
mod request_headers;
mod response;
mod response_body;
mod sending;
mod transport;

pub use agent::{Agent, AgentBuilder};
pub use browser::{Browser, PageRequest, SERVICE_ORIGIN, Seen, SharedResponse};
pub use content_encoding::MAX_CONTENT_ENCODINGS;
pub use cookies::{CookieError, MAX_COOKIE_BYTES, MAX_COOKIES};
pub use environment::Environment;
pub use fetch_request::FetchRequest;
#[cfg(feature = "network")]
pub use http_transport::{
    CONNECT_TIMEOUT, CertificateError, HttpTransport, HttpTransportBuilder, IDLE_CONNECTION_TIMEOUT,
    MAX_HEADER_BYTES, MAX_HEADERS, MAX_IDLE_CONNECTIONS_PER_HOST, Proxies, ProxyError,
};
pub use in_process::InProcess;
pub use limits::{HEAD_TIMEOUT, IDLE_TIMEOUT, Limits, MAX_BODY_BYTES};
pub use referrer::MAX_REFERRER_BYTES;
pub use request_headers::{ACCEPT_LANGUAGE_VALUE, USER_AGENT_VALUE};
pub use response::{NetworkError, Response};
pub use transport::{Body, Transport};
