//! Requests over the network: HTTP/1.1, HTTP/2 where the server offers it in TLS, connections that are kept.

mod connect;
mod connection;
mod failure;
mod limits;
mod pool;
mod proxies;
mod received_body;
mod resolve;
mod response_head;
mod stream;
mod tls;
mod unverified;
mod upload;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use self::connect::Connector;
use self::connection::{Connection, Sent};
pub use self::limits::{MAX_HEADER_BYTES, MAX_HEADERS};
pub use self::pool::{IDLE_CONNECTION_TIMEOUT, MAX_IDLE_CONNECTIONS, MAX_IDLE_CONNECTIONS_PER_HOST};
use self::pool::{Key, Pool};
pub use self::proxies::{Proxies, ProxyError};
use self::received_body::ReceivedBody;
pub use self::tls::CertificateError;
use crate::transport::{Body, Replay, Transport, empty, say_length, whole};

/// How long connecting may take, TLS and proxies included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests over the network. A clone shares the connections. It runs on tokio, and needs its I/O and its
/// time there.
///
/// Certificates are checked against the system's authorities, which are read when the first https URL is asked
/// for (`SSL_CERT_FILE` and `SSL_CERT_DIR` say where, if they are set), and against those that were added.
#[derive(Clone, Debug)]
pub struct HttpTransport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connector: Connector,
    pool: Arc<Pool>,
}

impl Default for HttpTransport {
    fn default() -> Self {
        HttpTransportBuilder::new().build()
    }
}

impl Transport for HttpTransport {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        self.0.send(request).await
    }
}

impl Inner {
    async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        let key = Key::of(request.uri())?;
        if let Some(kept) = self.pool.take(&key) {
            // A server may close a connection at the moment when it is used again. What it did nothing with is then
            // sent once more, and what comes to the same when it is done twice.
            // [Source](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2).
            let again = copy(&request);
            match self.send_on(kept, &key, request).await {
                Ok(response) => return self.unless_misdirected(response, again, &key).await,
                Err(Sent::Failed(failure)) => match again {
                    Some(again) if is_of_connection(&failure) && again.method().is_idempotent() => {
                        request = again;
                    }
                    _ => return Err(failure),
                },
                Err(Sent::Refused(failure)) => request = again.ok_or(failure)?,
                Err(Sent::Unused(unused)) => request = *unused,
            }
        }
        let again = copy(&request);
        let response = self.send_on_new(&key, request).await?;
        self.unless_misdirected(response, again, &key).await
    }

    /// A response; where the server says that this is not the connection for such a request, what another one brings.
    /// [Source](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).
    async fn unless_misdirected(
        &self,
        response: Response<Body>,
        again: Option<Request<Body>>,
        key: &Key,
    ) -> Result<Response<Body>, TransportFailure> {
        match again {
            Some(again) if response.status() == StatusCode::MISDIRECTED_REQUEST => {
                self.send_on_new(key, again).await
            }
            _ => Ok(response),
        }
    }

    async fn send_on_new(
        &self,
        key: &Key,
        request: Request<Body>,
    ) -> Result<Response<Body>, TransportFailure> {
        let connection = self.connector.connect(key).await?;
        if let Some(shared) = connection.share() {
            self.pool.put(key, shared);
        }
        match self.send_on(connection, key, request).await {
            Ok(response) => Ok(response),
            Err(Sent::Failed(failure) | Sent::Refused(failure)) => Err(failure),
            Err(Sent::Unused(_)) => {
                let message = format!("{} closed the connection at once", key.authority());
                Err(TransportFailure::new(TransportFailureKind::Reset, message))
            }
        }
    }

    async fn send_on(
        &self,
        mut connection: Connection,
        key: &Key,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Sent> {
        say_length(&mut request);
        if connection.is_http2() {
            *request.version_mut() = http::Version::HTTP_2;
        } else {
            as_http1_has_it(&mut request, &connection);
        }
        let response = connection.send(request, key.authority()).await?;
        if connection.is_to_proxy() && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(Sent::Failed(connect::proxy_failure(
                "the proxy asks for a user name and password, or refuses those that it was told; write them into its \
                 URL, as in http://user:password@proxy.example:3128"
                    .into(),
            )));
        }
        // Connections of HTTP/2 are in the pool already.
        let lease = (!connection.is_http2()).then(|| (connection, Arc::clone(&self.pool)));
        Ok(response.map(|incoming| ReceivedBody::new(incoming, key.clone(), lease).boxed_unsync()))
    }
}

/// Whether another connection may do better.
fn is_of_connection(failure: &TransportFailure) -> bool {
    matches!(failure.kind, TransportFailureKind::Reset | TransportFailureKind::TimedOut)
}

/// A request once more, where its body is there to be sent again.
fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let body = match request.extensions().get() {
        _ if request.body().is_end_stream() => empty(),
        Some(Replay(bytes)) => whole(bytes.clone()),
        None => return None,
    };
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// Names the host in `Host`, and nowhere else but to a proxy.
fn as_http1_has_it(request: &mut Request<Body>, connection: &Connection) {
    request.headers_mut().insert(HOST, connection.host().clone());
    if let Some(authorization) = connection.proxy_authorization() {
        request.headers_mut().insert(http::header::PROXY_AUTHORIZATION, authorization.clone());
    }
    if !connection.is_to_proxy() {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    }
}

/// How an [`HttpTransport`] is made.
///
/// ```
/// use crossorigin_agent::HttpTransportBuilder;
///
/// let transport = HttpTransportBuilder::new().resolve("api.example", 443, "127.0.0.1:8443".parse()?).build();
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpTransportBuilder {
    addresses: resolve::Addresses,
    roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    is_unverified: bool,
    proxies: Result<Proxies, ProxyError>,
    connect_timeout: Duration,
}

impl Default for HttpTransportBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpTransportBuilder {
    /// With the proxies that the environment names.
    pub fn new() -> Self {
        Self {
            addresses: resolve::Addresses::default(),
            roots: Vec::new(),
            is_unverified: false,
            proxies: Proxies::from_environment(),
            connect_timeout: CONNECT_TIMEOUT,
        }
    }

    /// Where connections to this host and port go, in place of what its name resolves to.
    #[must_use]
    pub fn resolve(mut self, host: &str, port: u16, address: SocketAddr) -> Self {
        self.addresses.insert(host, port, address);
        self
    }

    /// Trusts these authorities too: certificates in PEM.
    ///
    /// # Errors
    /// There is none in it, or one that is malformed.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, CertificateError> {
        self.roots.append(&mut tls::read_certificates(pem)?);
        Ok(self)
    }

    /// Takes every server's certificate, whoever it is of: for servers under test. Who is on the way can then read and
    /// change all that passes.
    #[must_use]
    pub fn accept_any_certificate(mut self) -> Self {
        self.is_unverified = true;
        self
    }

    /// Other proxies than those of the environment.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = Ok(proxies);
        self
    }

    /// How long connecting may take, [`CONNECT_TIMEOUT`] at first.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The transport. Where the environment names a proxy that can't be used, every request fails and says so.
    pub fn build(self) -> HttpTransport {
        let connector = Connector {
            addresses: self.addresses,
            tls: tls::Tls::new(self.roots, self.is_unverified),
            proxies: self.proxies,
            timeout: self.connect_timeout,
        };
        HttpTransport(Arc::new(Inner { connector, pool: Arc::default() }))
    }
}
