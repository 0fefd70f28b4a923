//! A relay before the gateway that notes the heads that pass, so that the page can show them. It changes
//! nothing, knows nothing of CORS, and streams bodies both ways.

use std::rc::Rc;

use http::{Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use super::hosts::BUFFER;
use super::journal::{Asked, Journal};
use super::server::{Body, said};

pub(super) struct Recorder {
    client: Client<HttpConnector, Incoming>,
    gateway: String,
    journal: Rc<Journal>,
}

impl Recorder {
    pub(super) fn new(gateway: std::net::SocketAddr, journal: Rc<Journal>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_send_buffer_size(Some(BUFFER));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, gateway: gateway.to_string(), journal }
    }

    pub(super) async fn relay(&self, mut request: Request<Incoming>) -> Response<Body> {
        let asked = Asked::new(&request);
        let uri = Uri::builder()
            .scheme("http")
            .authority(self.gateway.as_str())
            .path_and_query(request.uri().path_and_query().map_or("/", |path| path.as_str()))
            .build();
        let Ok(uri) = uri else {
            return said(StatusCode::BAD_REQUEST, "The recorder can't read this request's target.\n");
        };
        *request.uri_mut() = uri;
        match self.client.request(request).await {
            Ok(response) => {
                self.journal.note(asked, response.status(), response.headers());
                response.map(|body| body.map_err(Into::into).boxed_unsync())
            }
            Err(error) => {
                said(StatusCode::BAD_GATEWAY, format!("The recorder can't reach the gateway: {error}\n"))
            }
        }
    }
}
