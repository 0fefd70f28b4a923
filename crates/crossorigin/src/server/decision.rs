//! The decision on one request.

use std::fmt;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, ORIGIN, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, request};

use super::config::TimingAllowOrigin;
use super::origin_set::OriginMatch;
use super::policy::{Compiled, Policy};
use super::response_headers::{merge_vary, remove_cors_headers};
use crate::infrastructure::is_token;
use crate::infrastructure::methods::is_forbidden_method;
use crate::infrastructure::origin::SerializedOrigin;
use crate::infrastructure::request_header_list::{HeaderListError, RequestHeaderList};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const ANY: HeaderValue = HeaderValue::from_static("*");
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

/// What a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request carries no `Origin`: nobody asks whether its response may be shared.
    NoOrigin,
    /// The service's own page sent it: no permission is needed, and none is given.
    SameOrigin,
    /// The response may be shared with the request's origin.
    Allowed,
    /// It may not: the response gets no CORS header.
    Refused,
}

/// Why a decision came out as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no `Origin`.
    NoOrigin,
    /// The browser says so in `Sec-Fetch-Site`, or the origin is the policy's public URL's.
    SameOrigin,
    /// The policy allows every origin.
    AnyOrigin,
    /// The origin is listed.
    OriginListed,
    /// A pattern takes the origin in.
    OriginMatchesPattern,
    /// The origin is `null`, and the policy trusts it.
    NullAllowed,
    /// There is more than one `Origin` line.
    SeveralOrigins,
    /// `Origin` is not what a user agent could send.
    OriginMalformed,
    /// The origin is `null`, and the policy does not trust it.
    NullNotAllowed,
    /// No item of the policy's origins takes the origin in.
    OriginNotAllowed,
    /// There is more than one `Access-Control-Request-Method` line.
    SeveralRequestMethods,
    /// `Access-Control-Request-Method` is no method, or one that script can never use.
    RequestMethodMalformed,
    /// The requested method is not among the policy's.
    MethodNotAllowed,
    /// `Access-Control-Request-Headers` is not a list of header names.
    RequestHeadersMalformed,
    /// `Access-Control-Request-Headers` is longer than what is read.
    RequestHeadersTooLong,
    /// `Authorization` is asked for and not named; `*` does not cover it.
    AuthorizationNotNamed,
    /// A requested header is not among the policy's.
    HeaderNotAllowed,
}

impl Reason {
    /// Every reason, for tables and for metrics that want to begin at zero.
    pub const ALL: [Self; 17] = [
        Self::NoOrigin,
        Self::SameOrigin,
        Self::AnyOrigin,
        Self::OriginListed,
        Self::OriginMatchesPattern,
        Self::NullAllowed,
        Self::SeveralOrigins,
        Self::OriginMalformed,
        Self::NullNotAllowed,
        Self::OriginNotAllowed,
        Self::SeveralRequestMethods,
        Self::RequestMethodMalformed,
        Self::MethodNotAllowed,
        Self::RequestHeadersMalformed,
        Self::RequestHeadersTooLong,
        Self::AuthorizationNotNamed,
        Self::HeaderNotAllowed,
    ];

    /// A stable name, such as `origin-not-allowed`, for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoOrigin => "no-origin",
            Self::SameOrigin => "same-origin",
            Self::AnyOrigin => "any-origin",
            Self::OriginListed => "origin-listed",
            Self::OriginMatchesPattern => "origin-matches-pattern",
            Self::NullAllowed => "null-allowed",
            Self::SeveralOrigins => "several-origins",
            Self::OriginMalformed => "origin-malformed",
            Self::NullNotAllowed => "null-not-allowed",
            Self::OriginNotAllowed => "origin-not-allowed",
            Self::SeveralRequestMethods => "several-request-methods",
            Self::RequestMethodMalformed => "request-method-malformed",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::RequestHeadersMalformed => "request-headers-malformed",
            Self::RequestHeadersTooLong => "request-headers-too-long",
            Self::AuthorizationNotNamed => "authorization-not-named",
            Self::HeaderNotAllowed => "header-not-allowed",
        }
    }
}

impl fmt::Display for Reason {
    /// One sentence, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOrigin => "the request has no Origin header, so nobody asks whether it may be shared",
            Self::SameOrigin => "the service's own page sent the request",
            Self::AnyOrigin => "the policy allows every origin",
            Self::OriginListed => "the policy lists the origin",
            Self::OriginMatchesPattern => "one of the policy's patterns takes the origin in",
            Self::NullAllowed => "the policy trusts the origin null",
            Self::SeveralOrigins => "the request has more than one Origin header line",
            Self::OriginMalformed => "the Origin header is not what a browser could send",
            Self::NullNotAllowed => "the origin is null, which the policy does not trust",
            Self::OriginNotAllowed => "the policy does not allow the origin",
            Self::SeveralRequestMethods => "the preflight asks for more than one method",
            Self::RequestMethodMalformed => "the preflight asks for what is no method that script can use",
            Self::MethodNotAllowed => "the policy does not allow the method that the preflight asks for",
            Self::RequestHeadersMalformed => "the preflight asks for what is no list of header names",
            Self::RequestHeadersTooLong => "the preflight asks for more header names than are read",
            Self::AuthorizationNotNamed => {
                "the preflight asks for Authorization, which request_headers must name: * does not cover it"
            }
            Self::HeaderNotAllowed => "the policy does not allow a header that the preflight asks for",
        })
    }
}

/// One question that a decision turned on, and its answer; [`Policy::explain`] collects them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Branch {
    /// What was asked, such as `Is the origin allowed?`.
    pub question: &'static str,
    /// What was found, such as `yes: "https://app.example" is listed`.
    pub answer: String,
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.question, self.answer)
    }
}

/// Keeps the branches taken, where somebody asked for them.
pub(super) trait Trace {
    fn branch(&mut self, question: &'static str, answer: impl FnOnce() -> String);
}

impl Trace for () {
    fn branch(&mut self, _: &'static str, _: impl FnOnce() -> String) {}
}

impl Trace for Vec<Branch> {
    fn branch(&mut self, question: &'static str, answer: impl FnOnce() -> String) {
        self.push(Branch { question, answer: answer() });
    }
}

/// The decision on one request: what to answer in the service's place, or how to decorate its response.
#[derive(Clone, Debug)]
pub struct Decision {
    policy: Policy,
    reason: Reason,
    outcome: Outcome,
    /// The value of `Access-Control-Allow-Origin`; `None` for no CORS header at all.
    allow_origin: Option<HeaderValue>,
    answer: Answer,
    vary: Vary,
}

/// Who answers, and what a preflight is granted.
#[derive(Clone, Debug)]
enum Answer {
    /// The service.
    Service,
    /// 403, in the service's place.
    Forbidden,
    /// The policy, with these methods and headers.
    Preflight { methods: Option<HeaderValue>, headers: Option<HeaderValue> },
}

/// Which request headers the answer depends on.
#[derive(Clone, Copy, Debug)]
enum Vary {
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
        self.clone().write(response.headers_mut());
        Some(response)
    }

    /// Gives a response's headers what the policy says, on every status: removes the CORS headers that are
    /// there, adds the policy's own, and merges `Vary`.
    pub fn decorate(self, headers: &mut HeaderMap) {
        remove_cors_headers(headers);
        self.write(headers);
    }

    fn write(self, headers: &mut HeaderMap) {
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
        if let Some(vary) = vary.value() {
            merge_vary(headers, vary);
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

/// How many lines a header has: the standard's protocol knows of one or none.
enum Lines<'a> {
    None,
    One(&'a HeaderValue),
    Several,
}

fn lines(headers: &HeaderMap, name: HeaderName) -> Lines<'_> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (None, _) => Lines::None,
        (Some(value), None) => Lines::One(value),
        (Some(_), Some(_)) => Lines::Several,
    }
}

/// Decides by [CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol): which responses are shared,
/// and which preflights are granted, is the server's to say; how it says it is not.
pub(super) fn decide(policy: &Policy, request: RequestHead<'_>, trace: &mut impl Trace) -> Decision {
    let requested_method = match *request.method {
        Method::OPTIONS => lines(request.headers, ACCESS_CONTROL_REQUEST_METHOD),
        _ => Lines::None,
    };
    let origin = lines(request.headers, ORIGIN);
    if matches!(requested_method, Lines::None) || matches!(origin, Lines::None) {
        return decide_actual(policy, request, &origin, trace);
    }
    trace.branch("Is it a preflight?", || {
        "yes: OPTIONS with Origin and Access-Control-Request-Method".to_owned()
    });
    let granted = judge_origin(policy, &origin, trace).and_then(|(reason, allow_origin)| {
        let methods = judge_method(policy, &requested_method, trace)?;
        let headers = judge_headers(policy, request.headers, trace)?;
        Ok((reason, allow_origin, Answer::Preflight { methods, headers }))
    });
    let (outcome, reason, allow_origin, answer) = match granted {
        Ok((reason, allow_origin, answer)) => (Outcome::Allowed, reason, Some(allow_origin), answer),
        Err(reason) => (Outcome::Refused, reason, None, Answer::Preflight { methods: None, headers: None }),
    };
    Decision { policy: policy.clone(), reason, outcome, allow_origin, answer, vary: Vary::Preflight }
}

fn decide_actual(
    policy: &Policy,
    request: RequestHead<'_>,
    origin: &Lines<'_>,
    trace: &mut impl Trace,
) -> Decision {
    trace.branch("Is it a preflight?", || match *request.method {
        Method::OPTIONS => "no: it lacks Origin or Access-Control-Request-Method".to_owned(),
        ref method => format!("no: its method is {method}"),
    });
    // DESIGN: which of the two an OPTIONS request is depends on the same headers as a preflight's answer.
    let options = *request.method == Method::OPTIONS;
    let may_forbid =
        policy.0.forbid_refused_origins && (changes_state(request.method) || is_websocket(request.headers));
    let vary = match (options, policy.0.is_public()) {
        (true, _) => Vary::Preflight,
        (false, true) => Vary::Nothing,
        (false, false) if may_forbid => Vary::OriginAndSite,
        (false, false) => Vary::Origin,
    };
    let decision = |outcome, reason, allow_origin, answer| Decision {
        policy: policy.clone(),
        reason,
        outcome,
        allow_origin,
        answer,
        vary,
    };
    if policy.0.is_public() {
        // The answer is the same for everyone, so that caches may keep one copy:
        // https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
        trace.branch("Is the origin allowed?", || {
            "yes: every origin is, so the answer does not look at it".to_owned()
        });
        return match origin {
            Lines::None => decision(Outcome::NoOrigin, Reason::NoOrigin, Some(ANY), Answer::Service),
            _ => decision(Outcome::Allowed, Reason::AnyOrigin, Some(ANY), Answer::Service),
        };
    }
    if matches!(origin, Lines::None) {
        trace.branch("Is there an Origin?", || "no".to_owned());
        return decision(Outcome::NoOrigin, Reason::NoOrigin, None, Answer::Service);
    }
    match judge_origin(policy, origin, trace) {
        Ok((reason, allow_origin)) => decision(Outcome::Allowed, reason, Some(allow_origin), Answer::Service),
        Err(_) if is_same_origin(policy, request.headers, origin, trace) => {
            decision(Outcome::SameOrigin, Reason::SameOrigin, None, Answer::Service)
        }
        Err(reason) if may_forbid => {
            trace.branch("May it go on to the service?", || {
                "no: the policy forbids refused origins to change state or open WebSockets".to_owned()
            });
            decision(Outcome::Refused, reason, None, Answer::Forbidden)
        }
        Err(reason) => decision(Outcome::Refused, reason, None, Answer::Service),
    }
}

/// Whether the origin is allowed, and what `Access-Control-Allow-Origin` says then.
fn judge_origin(
    policy: &Policy,
    origin: &Lines<'_>,
    trace: &mut impl Trace,
) -> Result<(Reason, HeaderValue), Reason> {
    let result = find_origin(policy, origin);
    trace.branch("Is the origin allowed?", || match (&result, origin) {
        (Ok((Reason::OriginMatchesPattern, _)), Lines::One(value)) => {
            match policy.0.origins.find(value.as_bytes()) {
                Some(OriginMatch::Pattern(pattern)) => format!("yes: \"{pattern}\" takes {value:?} in"),
                _ => format!("yes: {value:?}"),
            }
        }
        (Ok((reason, _)), Lines::One(value)) => format!("yes: {reason} ({value:?})"),
        (Err(Reason::OriginMalformed), Lines::One(value)) => {
            match SerializedOrigin::parse(value.as_bytes()).map_err(|error| error.to_string()) {
                Err(error) => format!("no: {value:?} is not what a browser could send: {error}"),
                Ok(_) => format!("no: {value:?}"),
            }
        }
        (Err(reason), Lines::One(value)) => format!("no: {reason} ({value:?})"),
        (Ok((reason, _)), _) => format!("yes: {reason}"),
        (Err(reason), _) => format!("no: {reason}"),
    });
    result
}

fn find_origin(policy: &Policy, origin: &Lines<'_>) -> Result<(Reason, HeaderValue), Reason> {
    let value = match origin {
        Lines::None => return Err(Reason::NoOrigin),
        Lines::Several => return Err(Reason::SeveralOrigins),
        Lines::One(value) => *value,
    };
    let policy = &*policy.0;
    match policy.origins.find(value.as_bytes()) {
        Some(OriginMatch::Exact) => return Ok((Reason::OriginListed, value.clone())),
        Some(OriginMatch::Pattern(_)) => return Ok((Reason::OriginMatchesPattern, value.clone())),
        None => {}
    }
    if value.as_bytes() == b"null" {
        return match (policy.null_origin, policy.is_public()) {
            (_, true) => Ok((Reason::AnyOrigin, ANY)),
            (true, false) => Ok((Reason::NullAllowed, value.clone())),
            (false, false) => Err(Reason::NullNotAllowed),
        };
    }
    match (SerializedOrigin::parse(value.as_bytes()), policy.any_origin) {
        (Err(_), _) => Err(Reason::OriginMalformed),
        (Ok(_), false) => Err(Reason::OriginNotAllowed),
        (Ok(_), true) if policy.credentials => Ok((Reason::AnyOrigin, value.clone())),
        (Ok(_), true) => Ok((Reason::AnyOrigin, ANY)),
    }
}

/// Whether the requested method is allowed, and what `Access-Control-Allow-Methods` says then.
fn judge_method(
    policy: &Policy,
    requested: &Lines<'_>,
    trace: &mut impl Trace,
) -> Result<Option<HeaderValue>, Reason> {
    let methods = &policy.0.methods;
    let result = match requested {
        Lines::None | Lines::Several => Err(Reason::SeveralRequestMethods),
        Lines::One(method) if !is_token(method.as_bytes()) || is_forbidden_method(method.as_bytes()) => {
            Err(Reason::RequestMethodMalformed)
        }
        Lines::One(method) if !methods.allows_method(method.as_bytes()) => Err(Reason::MethodNotAllowed),
        Lines::One(method) if methods.any && policy.0.credentials => Ok(Some((*method).clone())),
        Lines::One(_) => Ok(methods.answer.clone()),
    };
    trace.branch("Is the requested method allowed?", || match (&result, requested) {
        (Ok(_), Lines::One(method)) => format!("yes: {method:?}"),
        (Ok(_), _) => "yes".to_owned(),
        (Err(reason), Lines::One(method)) => format!("no: {reason} ({method:?})"),
        (Err(reason), _) => format!("no: {reason}"),
    });
    result
}

/// Whether all requested headers are allowed, and what `Access-Control-Allow-Headers` says then.
fn judge_headers(
    policy: &Policy,
    headers: &HeaderMap,
    trace: &mut impl Trace,
) -> Result<Option<HeaderValue>, Reason> {
    const QUESTION: &str = "Are the requested headers allowed?";
    let allowed = &policy.0.request_headers;
    let refuse = |trace: &mut _, reason: Reason, value: &[u8]| {
        Trace::branch(trace, QUESTION, || format!("no: {reason} ({:?})", String::from_utf8_lossy(value)));
        Err(reason)
    };
    let lines = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS);
    let list = match RequestHeaderList::parse(&lines) {
        Ok(list) => list,
        Err(error) => {
            let reason = match error {
                HeaderListError::TooLong => Reason::RequestHeadersTooLong,
                HeaderListError::Syntax => Reason::RequestHeadersMalformed,
            };
            trace.branch(QUESTION, || format!("no: {reason}"));
            return Err(reason);
        }
    };
    for name in list.names() {
        if !allowed.allows_header(name) {
            let reason = if allowed.any { Reason::AuthorizationNotNamed } else { Reason::HeaderNotAllowed };
            return refuse(trace, reason, name);
        }
    }
    trace.branch(QUESTION, || match list.canonical() {
        names if names.is_empty() => "yes: none is asked for".to_owned(),
        names => format!("yes: {names:?}"),
    });
    Ok(if allowed.any && policy.0.credentials { list.to_header_value() } else { allowed.answer.clone() })
}

/// Whether the service's own page sent the request: browsers say so, and where they don't, the public URL does.
fn is_same_origin(policy: &Policy, headers: &HeaderMap, origin: &Lines<'_>, trace: &mut impl Trace) -> bool {
    let by_site = match lines(headers, SEC_FETCH_SITE) {
        Lines::One(site) => Some(site.as_bytes() == b"same-origin"),
        Lines::Several => Some(false),
        Lines::None => None,
    };
    let by_url = || match (origin, &policy.0.public_origin) {
        (Lines::One(origin), Some(public_origin)) => origin.as_bytes() == public_origin.as_bytes(),
        _ => false,
    };
    let same = by_site.unwrap_or_else(by_url);
    trace.branch("Is it the service's own page?", || match (same, by_site.is_some()) {
        (true, true) => "yes: Sec-Fetch-Site says same-origin".to_owned(),
        (true, false) => "yes: the origin is the public URL's".to_owned(),
        (false, true) => "no: Sec-Fetch-Site does not say same-origin".to_owned(),
        (false, false) => "no: it does not say so, and the origin is not that of a public URL".to_owned(),
    });
    same
}

/// Whether a method may change what the server holds: all but the safe ones do.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1).
fn changes_state(method: &Method) -> bool {
    !method.is_safe()
}

/// Whether a request is a WebSocket handshake.
/// [Source](https://www.rfc-editor.org/rfc/rfc6455#section-4.1).
fn is_websocket(headers: &HeaderMap) -> bool {
    let has = |name: HeaderName, wanted: &[u8]| {
        headers
            .get_all(name)
            .into_iter()
            .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
            .any(|element| element.trim_ascii().eq_ignore_ascii_case(wanted))
    };
    has(UPGRADE, b"websocket") && has(CONNECTION, b"upgrade")
}
