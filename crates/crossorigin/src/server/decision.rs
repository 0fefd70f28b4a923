//! The decision on one request, and the headers that follow from it.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, request};

use super::config::TimingAllowOrigin;
use super::policy::{Compiled, Policy};
use super::reason::{Outcome, Reason};
use super::response_headers::{merge_vary, remove_cors_headers};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
pub(super) const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// What a decision is made from: a request's method and headers.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self { method: request.method(), headers: request.headers() }
    }
}

impl<'a> From<&'a request::Parts> for RequestHead<'a> {
    fn from(parts: &'a request::Parts) -> Self {
        Self { method: &parts.method, headers: &parts.headers }
    }
}

/// The decision on one request: what to answer in the service's place, or how to decorate its response.
#[derive(Clone, Debug)]
pub struct Decision {
    pub(super) policy: Policy,
    pub(super) reason: Reason,
    pub(super) outcome: Outcome,
    /// The value of `Access-Control-Allow-Origin`; `None` for no CORS header at all.
    pub(super) allow_origin: Option<HeaderValue>,
    pub(super) answer: Answer,
    pub(super) vary: Vary,
}

/// Who answers, and what a preflight is granted.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The service.
    Service,
    /// 403, in the service's place.
    Forbidden,
    /// The policy, with these methods and headers.
    Preflight { methods: Option<HeaderValue>, headers: Option<HeaderValue> },
}

/// Which request headers the answer depends on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Vary {
    Nothing,
    Origin,
    OriginAndSite,
    Preflight,
}

impl Vary {
    const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
    const ORIGIN_AND_SITE: HeaderValue = HeaderValue::from_static("Origin, Sec-Fetch-Site");
    const PREFLIGHT: HeaderValue =
        HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

    fn value(self) -> Option<HeaderValue> {
        match self {
            Self::Nothing => None,
            Self::Origin => Some(Self::ORIGIN),
            Self::OriginAndSite => Some(Self::ORIGIN_AND_SITE),
            Self::Preflight => Some(Self::PREFLIGHT),
        }
    }
}

impl Decision {
    /// Whether the response may be shared.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Whether the request is a CORS-preflight request: OPTIONS with `Origin` and
    /// `Access-Control-Request-Method`.
    pub fn is_preflight(&self) -> bool {
        matches!(self.answer, Answer::Preflight { .. })
    }

    /// Whether the policy forbids the request itself, not just reading its response: it is answered with 403.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.answer, Answer::Forbidden)
    }

    /// Whether [`response`](Self::response) answers, so that the service is not to be called.
    pub fn answers_itself(&self) -> bool {
        !matches!(self.answer, Answer::Service)
    }

    /// The response to send in the service's place: to a preflight, and to a request that the policy forbids
    /// (403). `None`: call the service and [`decorate`](Self::decorate) what it answers.
    ///
    /// The body is `B::default()`, which is meant to be empty.
    pub fn response<B: Default>(&self) -> Option<Response<B>> {
        let status = match self.answer {
            Answer::Service => return None,
            Answer::Forbidden => StatusCode::FORBIDDEN,
            Answer::Preflight { .. } => self.policy.0.preflight_status,
        };
        let mut response = Response::new(B::default());
        *response.status_mut() = status;
        // One size for all: no answer has more than these six headers.
        *response.headers_mut() = HeaderMap::with_capacity(6);
        self.clone().write(response.headers_mut(), false);
        Some(response)
    }

    /// Gives a response's headers what the policy says, on every status: removes the CORS headers that are
    /// there, adds the policy's own, and merges `Vary`.
    pub fn decorate(self, headers: &mut HeaderMap) {
        let has_vary = remove_cors_headers(headers);
        self.write(headers, has_vary);
    }

    fn write(self, headers: &mut HeaderMap, has_vary: bool) {
        let Self { policy, allow_origin, answer, vary, .. } = self;
        let policy = &*policy.0;
        match answer {
            Answer::Service | Answer::Forbidden => write_for_readers(policy, allow_origin.as_ref(), headers),
            Answer::Preflight { methods, headers: names } => {
                let max_age = policy.max_age.clone().filter(|_| allow_origin.is_some());
                for (name, value) in [
                    (ACCESS_CONTROL_ALLOW_METHODS, methods),
                    (ACCESS_CONTROL_ALLOW_HEADERS, names),
                    (ACCESS_CONTROL_MAX_AGE, max_age),
                ] {
                    if let Some(value) = value {
                        headers.insert(name, value);
                    }
                }
            }
        }
        if let Some(allow_origin) = allow_origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allow_origin);
            if policy.credentials {
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            }
        }
        match vary.value() {
            Some(names) if has_vary => merge_vary(headers, names),
            Some(names) => drop(headers.insert(VARY, names)),
            None => {}
        }
    }
}

/// What concerns responses that are read, which those to preflights are not.
fn write_for_readers(policy: &Compiled, allow_origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    if let (Some(exposed), Some(_)) = (&policy.exposed_headers, allow_origin) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
    }
    let timing = match policy.timing_allow_origin {
        None => None,
        Some(TimingAllowOrigin::Any) => Some(ANY),
        Some(TimingAllowOrigin::AllowedOrigins) => {
            headers.remove(TIMING_ALLOW_ORIGIN);
            allow_origin.cloned()
        }
    };
    if let Some(timing) = timing {
        headers.insert(TIMING_ALLOW_ORIGIN, timing);
    }
    if let Some(resource_policy) = policy.cross_origin_resource_policy {
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(resource_policy.as_str()));
    }
}
