//! Cross-Origin Resource Sharing as a [`tower`] layer, for axum, hyper and tonic.
//!
//! ```
//! use axum::{Router, routing::get};
//! use crossorigin::server::{Policy, PolicyConfig};
//! use crossorigin_tower::CorsLayer;
//!
//! let mut config = PolicyConfig::default();
//! config.origins = vec!["https://app.example".into(), "https://*.partner.example".into()];
//! config.credentials = true;
//! config.methods = vec!["PUT".into(), "DELETE".into()];
//! config.request_headers = vec!["content-type".into(), "x-csrf-token".into()];
//!
//! let app: Router = Router::new()
//!     .route("/items", get(|| async { "all of them" }))
//!     .layer(CorsLayer::new(Policy::new(&config)?));
//! # Ok::<(), crossorigin::server::PolicyError>(())
//! ```
//!
//! The layer holds no rule of its own: [`Policy`] decides. It answers preflights
//! before the service sees them, gives every other response the headers that the decision says, whatever its
//! status, and leaves an OPTIONS request that is no preflight to the service.
//!
//! # Where to put it
//! Outermost: what a layer outside of it answers (authentication's 401, a rate limit's 429) carries no CORS
//! headers, and a page can't read it. [`axum::Router::layer`] covers the routes added *before* it; wrap the
//! whole router where requests that match no route should be covered by path normalization, too:
//! `CorsLayer::new(policy).layer(app)`.
//!
//! Routes that need another policy get a layer of their own, by `MethodRouter::layer` or by a nested `Router`,
//! and none around them.
//!
//! # Errors
//! An error is no response, so it passes through as it is. Turn it into a response inside of the layer (axum's
//! `HandleErrorLayer`), and that is decorated like any other.
//!
//! # Coming from tower-http's `CorsLayer`
//! | tower-http | here |
//! |---|---|
//! | `CorsLayer::new()` | `PolicyConfig::default()`, then [`Policy::new`](crossorigin::server::Policy::new), which returns what is wrong instead of panicking |
//! | `.allow_origin(Any)` | `config.origins = vec!["*".into()]` |
//! | `.allow_origin(["https://app.example".parse()?])` | `config.origins = vec!["https://app.example".into()]` |
//! | `.allow_origin(AllowOrigin::predicate(…ends_with(b".app.example")))` | `config.origins = vec!["https://*.app.example".into()]` |
//! | `.allow_origin(AllowOrigin::mirror_request())` | `"*"`, with `dangerously_allow_any_origin_with_credentials` where credentials are on |
//! | `.allow_origin(AllowOrigin::async_predicate(…))` | [`SharedPolicy::store`](crossorigin::server::SharedPolicy::store) whenever the set of origins changes |
//! | `.allow_credentials(true)` | `config.credentials = true` |
//! | `.allow_methods([Method::PUT])` | `config.methods = vec!["PUT".into()]`; GET, HEAD and POST need no permission |
//! | `.allow_methods(Any)`, `AllowMethods::mirror_request()` | `config.methods = vec!["*".into()]`, which answers the requested name where `*` would not be understood |
//! | `.allow_headers([CONTENT_TYPE])` | `config.request_headers = vec!["content-type".into()]` |
//! | `.allow_headers(Any)`, `AllowHeaders::mirror_request()` | `vec!["*".into()]`; add `"authorization"` where it is wanted, which `*` does not cover |
//! | `.expose_headers([ETAG])` | `config.exposed_headers = vec!["etag".into()]` |
//! | `.max_age(Duration::from_secs(600))` | `config.max_age = Some(Duration::from_secs(600))` |
//! | `.vary([…])` | nothing: `Vary` follows from the policy and is merged with what is there |
//! | `CorsLayer::very_permissive()` | a deliberate `dangerously_…` option for each rule that it would lift |
//!
//! Three things change for clients: an OPTIONS request that is no preflight reaches the service; an origin that
//! is not allowed gets no CORS header at all; CORS headers that the service sets by itself are replaced.
//!
//! # Tests
//! What pages get from a service with its layers, the crate `crossorigin-agent` says in the service's own tests,
//! without a browser.
//!
//! [`tower`]: https://docs.rs/tower
//! [`axum::Router::layer`]: https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crossorigin::server::{Decision, Policy, PolicySource, RequestHead};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// What [`CorsLayer::on_decision`] calls.
type Observer = Arc<dyn Fn(RequestHead<'_>, &Decision) + Send + Sync>;

/// Puts a policy around a service. See the [crate's documentation](crate).
#[derive(Clone)]
pub struct CorsLayer<P = Policy> {
    policy: P,
    observer: Option<Observer>,
}

impl<P: PolicySource> CorsLayer<P> {
    /// A layer that decides by this policy: a [`Policy`], or a
    /// [`SharedPolicy`](crossorigin::server::SharedPolicy) that can be replaced at run time.
    pub fn new(policy: P) -> Self {
        Self { policy, observer: None }
    }

    /// Calls a function with each request and the decision on it, to log or to count.
    ///
    /// ```
    /// use crossorigin::server::{DecisionCounters, Policy, PolicyConfig};
    /// use crossorigin_tower::CorsLayer;
    ///
    /// static DECISIONS: DecisionCounters = DecisionCounters::new();
    /// let policy = Policy::new(&PolicyConfig::default())?;
    /// let layer = CorsLayer::new(policy).on_decision(|_request, decision| DECISIONS.count(decision.reason()));
    /// # Ok::<(), crossorigin::server::PolicyError>(())
    /// ```
    #[must_use]
    pub fn on_decision(self, observer: impl Fn(RequestHead<'_>, &Decision) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }
}

impl<P: fmt::Debug> fmt::Debug for CorsLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CorsLayer").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl<S, P: PolicySource> Layer<S> for CorsLayer<P> {
    type Service = Cors<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        Cors { inner, layer: self.clone() }
    }
}

/// A service with a policy around it.
///
/// The response's body must have a `Default`, which answers to preflights are made with: it is meant to be
/// empty, as that of axum, tonic, `http_body_util::Full` and `String` is.
#[derive(Clone, Debug)]
pub struct Cors<S, P = Policy> {
    inner: S,
    layer: CorsLayer<P>,
}

impl<S, P, RequestBody, ResponseBody> Service<Request<RequestBody>> for Cors<S, P>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    P: PolicySource,
    ResponseBody: Default,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let decision = self.layer.policy.decide(RequestHead::from(&request));
        if let Some(observer) = &self.layer.observer {
            observer(RequestHead::from(&request), &decision);
        }
        let inner = if decision.answers_itself() { None } else { Some(self.inner.call(request)) };
        ResponseFuture { inner, decision: Some(decision) }
    }
}

pin_project! {
    /// The response of [`Cors`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        // Gone once the future is ready.
        decision: Option<Decision>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            let own = this.decision.take().and_then(|decision| decision.response());
            return Poll::Ready(Ok(own.unwrap_or_default()));
        };
        let mut response = ready!(inner.poll(context))?;
        if let Some(decision) = this.decision.take() {
            decision.decorate(response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("decision", &self.decision).finish_non_exhaustive()
    }
}
