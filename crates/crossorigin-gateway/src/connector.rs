//! Connections to upstreams.

use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::client_body::ClientBody;

/// How long a connection to an upstream is kept for the next request: shorter than what most servers keep it
/// for, so that it is mostly the gateway that closes.
const IDLE: Duration = Duration::from_secs(30);
/// Connections without a request that are kept, an upstream and worker.
const MAX_IDLE: usize = 256;

/// Sends requests to upstreams. TLS and HTTP/2 to upstreams will be further connectors.
pub(crate) trait Upstream {
    /// Sends a request whose URL is absolute; gives the head of the response, with its body to come.
    fn send(
        &self,
        request: Request<ClientBody>,
    ) -> impl Future<Output = Result<Response<Incoming>, Error>> + Send;
}

/// The pooled connections of one worker.
#[derive(Clone, Debug)]
pub(crate) struct Upstreams(Client<HttpConnector, ClientBody>);

impl Upstreams {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect_timeout));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .set_host(false)
            .build(connector);
        Self(client)
    }
}

impl Upstream for Upstreams {
    fn send(
        &self,
        request: Request<ClientBody>,
    ) -> impl Future<Output = Result<Response<Incoming>, Error>> + Send {
        self.0.request(request)
    }
}
