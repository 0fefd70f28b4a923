//! What a page asks for.

use std::sync::Arc;

use bytes::Bytes;
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::methods::normalize_method;
use crossorigin::infrastructure::request::{
    BodyKind, CredentialsMode, Mode, RedirectMode, ReferrerPolicy, Request,
};
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Behavior;
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::Body;

/// A request as script, an element or a style rule makes it. What is not set is as the [`Initiator`] has it.
///
/// ```
/// use crossorigin::infrastructure::request::CredentialsMode;
/// use crossorigin_agent::FetchRequest;
/// use http::{HeaderName, HeaderValue, Method};
///
/// let request = FetchRequest::new("https://api.example/items/1".parse()?)
///     .method(Method::PUT)
///     .header(HeaderName::from_static("x-csrf-token"), HeaderValue::from_static("1"))
///     .credentials(CredentialsMode::Include)
///     .body("{}");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Debug)]
pub struct FetchRequest {
    url: Url,
    initiator: Initiator,
    settings: Option<CorsSettings>,
    method: Option<Method>,
    headers: HeaderMap,
    mode: Option<Mode>,
    credentials: Option<CredentialsMode>,
    redirect: Option<RedirectMode>,
    referrer_policy: Option<ReferrerPolicy>,
    upload_listener: bool,
    keepalive: bool,
    has_integrity_metadata: bool,
    cache: CacheMode,
    on_sent: Option<OnSent>,
    body: RequestBody,
}

/// How a request asks the caches on its way. The agent has none of its own.
/// [Source](https://fetch.spec.whatwg.org/#concept-request-cache-mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CacheMode {
    /// As it comes.
    #[default]
    Default,
    /// No cache may answer or keep the answer.
    NoStore,
    /// No cache may answer.
    Reload,
    /// Caches ask the server first.
    NoCache,
    /// Caches answer even with what is old.
    ForceCache,
    /// Only caches answer. There is none, so that it fails.
    OnlyIfCached,
}

/// Who is told of what is sent.
#[derive(Clone)]
pub(crate) struct OnSent(pub(crate) Arc<dyn Fn(u64) + Send + Sync>);

impl std::fmt::Debug for OnSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnSent")
    }
}

/// What there is to send.
#[derive(Debug)]
pub(crate) enum RequestBody {
    None,
    Bytes(Bytes),
    /// Gone once it is sent.
    Stream(Option<Body>),
}

impl RequestBody {
    fn kind(&self) -> BodyKind {
        match self {
            Self::None => BodyKind::None,
            Self::Bytes(_) => BodyKind::Replayable,
            Self::Stream(_) => BodyKind::Stream,
        }
    }
}

impl FetchRequest {
    /// `fetch(url)`.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            initiator: Initiator::Fetch,
            settings: None,
            method: None,
            headers: HeaderMap::new(),
            mode: None,
            credentials: None,
            redirect: None,
            referrer_policy: None,
            upload_listener: false,
            keepalive: false,
            has_integrity_metadata: false,
            cache: CacheMode::Default,
            on_sent: None,
            body: RequestBody::None,
        }
    }

    /// Who asks, in place of `fetch()`. It decides mode and credentials where they are not set.
    #[must_use]
    pub fn initiator(mut self, initiator: Initiator) -> Self {
        self.initiator = initiator;
        self
    }

    /// What the `crossorigin` attribute says; for initiators without one, whether credentials are asked for.
    #[must_use]
    pub fn cors_settings(mut self, settings: CorsSettings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// The method, which is [normalized](normalize_method).
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        let normalized = Method::from_bytes(normalize_method(method.as_str()).as_bytes());
        self.method = Some(normalized.unwrap_or(method));
        self
    }

    /// One more header. Those that only user agents set are left out when it is sent.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// How it crosses origins.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// When cookies and HTTP authentication go along.
    #[must_use]
    pub fn credentials(mut self, credentials: CredentialsMode) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// What becomes of redirects.
    #[must_use]
    pub fn redirect(mut self, redirect: RedirectMode) -> Self {
        self.redirect = Some(redirect);
        self
    }

    /// How much of where it comes from it tells, in place of the page's own policy.
    #[must_use]
    pub fn referrer_policy(mut self, policy: ReferrerPolicy) -> Self {
        self.referrer_policy = Some(policy);
        self
    }

    /// Asks for permission first in any case, as an `XMLHttpRequest` does that has listeners for the progress
    /// of its upload.
    #[must_use]
    pub fn upload_listener(mut self) -> Self {
        self.upload_listener = true;
        self
    }

    /// Goes on after its page is gone, with 64 KiB of a body at the most.
    #[must_use]
    pub fn keepalive(mut self) -> Self {
        self.keepalive = true;
        self
    }

    /// What comes is to be held against a hash, by the caller: what has no body that script may see fails.
    #[must_use]
    pub fn integrity_metadata(mut self) -> Self {
        self.has_integrity_metadata = true;
        self
    }

    /// How it asks caches.
    #[must_use]
    pub fn cache(mut self, cache: CacheMode) -> Self {
        self.cache = cache;
        self
    }

    /// Tells how many bytes of the body have gone to the connection, each time that some have; where it is sent again,
    /// anew from none. Bodies that are streams tell nothing.
    #[must_use]
    pub fn on_sent(mut self, tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.on_sent = Some(OnSent(Arc::new(tell)));
        self
    }

    /// What to send. It can be sent again where a redirect asks for that.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = RequestBody::Bytes(body.into());
        self
    }

    /// A body that is sent as it comes, once: redirects that want it again fail, and another origin is asked for
    /// permission first.
    #[must_use]
    pub fn stream(mut self, body: Body) -> Self {
        self.body = RequestBody::Stream(Some(body));
        self
    }

    /// The request of the algorithm, and what to send with it.
    pub(crate) fn into_parts(mut self, origin: Origin, policy: ReferrerPolicy, behavior: &Behavior) -> Parts {
        let settings = self.settings.unwrap_or(CorsSettings::NoCors);
        let mut request = self.initiator.request_in(behavior, origin, self.url, settings);
        if let Some(method) = self.method {
            request.method = method;
        }
        request.credentials_mode = self.credentials.unwrap_or(request.credentials_mode);
        request.redirect_mode = self.redirect.unwrap_or(request.redirect_mode);
        request.referrer_policy = self.referrer_policy.unwrap_or(policy);
        // Others than fetch() leave the body of such a method out.
        if self.initiator != Initiator::Fetch && has_no_body(&request.method) {
            self.body = RequestBody::None;
        }
        request.keepalive |= self.keepalive;
        request.has_integrity_metadata = self.has_integrity_metadata;
        request.body = self.body.kind();
        request.use_cors_preflight |= self.upload_listener;
        if let RequestBody::Bytes(bytes) = &self.body {
            request.body_bytes = Some(bytes.len() as u64);
        }
        request.headers = self.headers;
        self.initiator.settle(&mut request);
        request.mode = self.mode.unwrap_or(request.mode);
        Parts {
            initiator: self.initiator,
            refused: refusal(&request).or_else(|| not_cached(self.cache)),
            request,
            body: self.body,
            cache: self.cache,
            on_sent: self.on_sent,
        }
    }
}

/// A request, taken apart for the algorithm.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) initiator: Initiator,
    pub(crate) request: Request,
    pub(crate) body: RequestBody,
    pub(crate) cache: CacheMode,
    pub(crate) on_sent: Option<OnSent>,
    /// Why script could not even make it.
    pub(crate) refused: Option<TransportFailure>,
}

fn has_no_body(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// What makes script's own constructor throw, but for what the algorithm refuses by itself.
/// [Source](https://fetch.spec.whatwg.org/#dom-request).
fn refusal(request: &Request) -> Option<TransportFailure> {
    let method = &request.method;
    if !has_no_body(method) || request.body == BodyKind::None {
        return None;
    }
    let refused = format!("a {method} request has no body; leave it out, or use another method");
    Some(TransportFailure::new(TransportFailureKind::Aborted, refused))
}

/// What only a cache could answer.
fn not_cached(cache: CacheMode) -> Option<TransportFailure> {
    let message = "there is no cache that could answer; ask with another cache mode";
    (cache == CacheMode::OnlyIfCached).then(|| TransportFailure::new(TransportFailureKind::Aborted, message))
}
