//! Answers of a policy file, without a server.

use std::sync::Arc;

use crossorigin::server::Policy;
use crossorigin_agent::{Body, Transport};
use crossorigin_policy::{Found, Listener, Site};
use crossorigin_verdict::{Record, TransportFailure};
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use url::Url;

use super::remember::answered;
use super::usage::Usage;

/// What the verdict on a policy file rests on.
pub(super) const ASSUMED: &str = "the policy file answers; whatever stands behind it is assumed to answer 200, without \
     headers of its own that matter";

/// Answers as a gateway with this policy file would.
#[derive(Clone, Debug)]
pub(super) struct Simulation {
    site: Arc<Site>,
    /// The name of a listener.
    named: Option<String>,
    listener: Option<Listener>,
}

impl Simulation {
    pub(super) fn new(site: Arc<Site>, named: Option<String>) -> Self {
        Self { site, named, listener: None }
    }

    /// For requests that begin with this URL: through the listener that is named, or that has its address.
    pub(super) fn of(&self, url: &Url) -> Result<Self, Usage> {
        let listener = crate::policy::listener(&self.site, self.named.as_deref(), url).map_err(Usage)?;
        Ok(Self { listener: listener.cloned(), ..self.clone() })
    }

    fn answer(&self, request: &mut Request<()>) -> (StatusCode, HeaderMap) {
        let (policy, status) = self.policy_of(request);
        match policy {
            Some((_, policy)) => decided(policy, request, status),
            // The route leaves CORS to its upstream, or there is none.
            None => (status, HeaderMap::new()),
        }
    }

    /// The policy that a request meets, by name, and the status that the rest of the gateway would answer.
    fn policy_of(&self, request: &mut Request<()>) -> (Option<&(String, Policy)>, StatusCode) {
        let host = request.uri().authority().map(|authority| authority.as_str().to_owned());
        if let Some(host) = host.as_deref().and_then(|host| HeaderValue::from_str(host).ok()) {
            request.headers_mut().insert(HOST, host);
        }
        let path = request.uri().path();
        let (method, headers) = (request.method(), request.headers());
        let found = self.site.find_from(self.listener.as_ref(), host.as_deref(), path, method, headers);
        let default_policy = self.listener.as_ref().and_then(|listener| listener.default_policy.as_ref());
        match found {
            Ok(Found::Route(route)) => (route.policy.as_ref(), StatusCode::OK),
            Ok(Found::Nothing) => (default_policy, StatusCode::NOT_FOUND),
            Err(_) => (default_policy, StatusCode::BAD_REQUEST),
        }
    }

    /// What the policy file says of the last request that was sent, in one sentence.
    pub(super) fn told(&self, record: &Record) -> Option<String> {
        let exchange = record.exchanges.last()?;
        let mut request = Request::new(());
        *request.method_mut() = exchange.request.method.clone();
        *request.uri_mut() = exchange.request.url.as_str().parse().ok()?;
        *request.headers_mut() = exchange.sent_headers.clone();
        let what = if exchange.is_preflight() { "the preflight" } else { "the request" };
        Some(match self.policy_of(&mut request) {
            (Some((name, policy)), _) => {
                let (decision, branches) = policy.explain(&request);
                let because = branches.last().map(|branch| format!(" {} {}", branch.question, branch.answer));
                let code = decision.reason().code();
                format!("on {what} the policy {name} comes to {code}.{}", because.unwrap_or_default())
            }
            (None, StatusCode::NOT_FOUND) => format!("no route takes {what}, and no policy either"),
            (None, StatusCode::BAD_REQUEST) => {
                format!("the path of {what} is one that servers read in different ways")
            }
            (None, _) => {
                format!("the route of {what} leaves CORS to its upstream, whose headers are not known here")
            }
        })
    }
}

fn decided(policy: &Policy, request: &Request<()>, status: StatusCode) -> (StatusCode, HeaderMap) {
    let decision = policy.decide(request);
    // A path that is refused is refused to preflights too.
    if status != StatusCode::BAD_REQUEST
        && let Some(response) = decision.response::<()>()
    {
        return (response.status(), response.headers().clone());
    }
    let mut headers = HeaderMap::new();
    decision.decorate(&mut headers);
    (status, headers)
}

impl Transport for Simulation {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Body>, TransportFailure> {
        let (status, headers) = self.answer(&mut request.map(drop));
        Ok(answered(Version::HTTP_11, status, headers))
    }
}
