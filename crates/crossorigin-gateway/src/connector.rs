//! Connections to upstreams.

use std::sync::{Mutex, PoisonError};
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

/// Connections that are kept for the next request.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Client<HttpConnector, ClientBody>);

impl Pool {
    fn new(connect_timeout: Duration) -> Self {
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

impl Upstream for Pool {
    fn send(
        &self,
        request: Request<ClientBody>,
    ) -> impl Future<Output = Result<Response<Incoming>, Error>> + Send {
        self.0.request(request)
    }
}

/// The pool of one worker, for the connect time-out that holds now.
#[derive(Debug)]
pub(crate) struct Upstreams(Mutex<(Duration, Pool)>);

impl Upstreams {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        Self(Mutex::new((connect_timeout, Pool::new(connect_timeout))))
    }

    /// The pool; a new one where the time-out has changed with the site.
    pub(crate) fn pool(&self, connect_timeout: Duration) -> Pool {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != connect_timeout {
            *current = (connect_timeout, Pool::new(connect_timeout));
        }
        current.1.clone()
    }
}
