//! A transport without a network: a service of the same process.

use std::error::Error;
use std::future::{Future, poll_fn};

use bytes::Bytes;
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::BodyExt as _;
use tower_service::Service;

use crate::transport::{Body, Transport, say_length};

/// Sends every request to one service, whatever host its URL names: an axum `Router`, a tonic server, any
/// [`tower_service::Service`] over HTTP's types. The service sees what a server would: a path as the URI, and
/// `Host`.
///
/// An error of the service is what a broken connection is to a browser.
#[derive(Clone, Debug)]
pub struct InProcess<S> {
    service: S,
}

impl<S> InProcess<S> {
    /// A transport to this service, or to `&mut` one.
    pub fn new(service: S) -> Self {
        Self { service }
    }

    /// The service.
    pub fn into_inner(self) -> S {
        self.service
    }
}

impl<S, B> Transport for InProcess<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Send,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Body>, TransportFailure>> + Send {
        let request = as_a_server_sees_it(request);
        async move {
            poll_fn(|context| self.service.poll_ready(context)).await.map_err(failure)?;
            let response = self.service.call(request).await.map_err(failure)?;
            Ok(response.map(|body| body.map_err(failure).boxed_unsync()))
        }
    }
}

/// Takes scheme and host out of the URI, and says the host in `Host`, the body's length in `Content-Length`.
fn as_a_server_sees_it(mut request: Request<Body>) -> Request<Body> {
    say_length(&mut request);
    let authority = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(authority) = authority {
        request.headers_mut().entry(HOST).or_insert(authority);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if let Ok(path) = path.parse::<Uri>() {
        *request.uri_mut() = path;
    }
    request
}

fn failure(error: impl Into<Box<dyn Error + Send + Sync>>) -> TransportFailure {
    let error = error.into();
    TransportFailure::new(TransportFailureKind::Reset, format!("the service failed: {error}"))
}
