//! How a request is decided on.

use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, ORIGIN, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::decision::{ANY, Answer, Decision, RequestHead, Vary};
use super::origin_set::OriginMatch;
use super::policy::Policy;
use super::reason::{Outcome, Reason};
use super::trace::{Branch, Trace};
use crate::infrastructure::is_token;
use crate::infrastructure::methods::is_forbidden_method;
use crate::infrastructure::origin::SerializedOrigin;
use crate::infrastructure::request_header_list::{HeaderListError, RequestHeaderList};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

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

impl Policy {
    /// Decides on a request, by its method and headers alone.
    pub fn decide<'a>(&self, request: impl Into<RequestHead<'a>>) -> Decision {
        decide(self, request.into(), &mut ())
    }

    /// Decides on a request and says which branches were taken.
    pub fn explain<'a>(&self, request: impl Into<RequestHead<'a>>) -> (Decision, Vec<Branch>) {
        let mut branches = Vec::new();
        let decision = decide(self, request.into(), &mut branches);
        (decision, branches)
    }
}

/// Decides by the [CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol): which responses are shared
/// and which preflights are granted is the server's to say; how it says so is not.
fn decide(policy: &Policy, request: RequestHead<'_>, trace: &mut impl Trace) -> Decision {
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
    let granted = judge_origin(policy, &origin, trace).and_then(|reason| {
        let methods = judge_method(policy, &requested_method, trace)?;
        let headers = judge_headers(policy, request.headers, trace)?;
        Ok((reason, methods, headers))
    });
    let (outcome, reason, allow_origin, methods, headers) = match granted {
        Ok((reason, methods, headers)) => {
            (Outcome::Allowed, reason, allow_origin(policy, &origin), methods, headers)
        }
        Err(reason) => (Outcome::Refused, reason, None, None, None),
    };
    let answer = Answer::Preflight { methods, headers };
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
    let may_forbid =
        policy.0.forbid_refused_origins && (changes_state(request.method) || is_websocket(request.headers));
    let (outcome, reason) = judge_actual(policy, request.headers, origin, trace);
    let forbidden = may_forbid && outcome == Outcome::Refused;
    if forbidden {
        trace.branch("May it go on to the service?", || {
            "no: the policy forbids refused origins to change state or open WebSockets".to_owned()
        });
    }
    let public = policy.0.is_public();
    Decision {
        policy: policy.clone(),
        reason,
        outcome,
        allow_origin: match outcome {
            _ if public => Some(ANY),
            Outcome::Allowed => allow_origin(policy, origin),
            Outcome::NoOrigin | Outcome::SameOrigin | Outcome::Refused => None,
        },
        answer: if forbidden { Answer::Forbidden } else { Answer::Service },
        vary: match *request.method {
            // DESIGN: whether OPTIONS is a preflight depends on the same headers as a preflight's answer.
            Method::OPTIONS => Vary::Preflight,
            _ if public => Vary::Nothing,
            _ if may_forbid => Vary::OriginAndSite,
            _ if policy.0.is_closed() => Vary::Nothing,
            _ => Vary::Origin,
        },
    }
}

/// What a request that is no preflight comes to.
fn judge_actual(
    policy: &Policy,
    headers: &HeaderMap,
    origin: &Lines<'_>,
    trace: &mut impl Trace,
) -> (Outcome, Reason) {
    if matches!(origin, Lines::None) {
        trace.branch("Is there an Origin?", || "no".to_owned());
        return (Outcome::NoOrigin, Reason::NoOrigin);
    }
    if policy.0.is_public() {
        // The answer is the same for everyone, so that caches may keep one copy:
        // https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
        trace.branch("Is the origin allowed?", || "yes: every origin is, whatever it says".to_owned());
        return (Outcome::Allowed, Reason::AnyOrigin);
    }
    match judge_origin(policy, origin, trace) {
        Ok(reason) => (Outcome::Allowed, reason),
        Err(_) if is_same_origin(policy, headers, origin, trace) => (Outcome::SameOrigin, Reason::SameOrigin),
        Err(reason) => (Outcome::Refused, reason),
    }
}

/// What `Access-Control-Allow-Origin` says to an origin that is allowed.
fn allow_origin(policy: &Policy, origin: &Lines<'_>) -> Option<HeaderValue> {
    match origin {
        _ if policy.0.is_public() => Some(ANY),
        Lines::One(value) => Some((*value).clone()),
        Lines::None | Lines::Several => None,
    }
}

/// Whether the origin is allowed.
fn judge_origin(policy: &Policy, origin: &Lines<'_>, trace: &mut impl Trace) -> Result<Reason, Reason> {
    let result = find_origin(policy, origin);
    trace.branch("Is the origin allowed?", || {
        let (Lines::One(value), Ok(reason) | Err(reason)) = (origin, result) else {
            return format!("no: {}", Reason::SeveralOrigins);
        };
        match (reason, policy.0.origins.find(value.as_bytes()), SerializedOrigin::parse(value.as_bytes())) {
            (Reason::OriginMatchesPattern, Some(OriginMatch::Pattern(pattern)), _) => {
                format!("yes: \"{pattern}\" takes {value:?} in")
            }
            (Reason::OriginMalformed, _, Err(error)) => {
                format!("no: {value:?} is not what a browser could send: {error}")
            }
            _ => format!("{}: {reason} ({value:?})", if result.is_ok() { "yes" } else { "no" }),
        }
    });
    result
}

fn find_origin(policy: &Policy, origin: &Lines<'_>) -> Result<Reason, Reason> {
    let value = match origin {
        Lines::None => return Err(Reason::NoOrigin),
        Lines::Several => return Err(Reason::SeveralOrigins),
        Lines::One(value) => value.as_bytes(),
    };
    let policy = &*policy.0;
    match policy.origins.find(value) {
        Some(OriginMatch::Exact) => return Ok(Reason::OriginListed),
        Some(OriginMatch::Pattern(_)) => return Ok(Reason::OriginMatchesPattern),
        None => {}
    }
    if value == b"null" {
        return match (policy.null_origin, policy.is_public()) {
            (_, true) => Ok(Reason::AnyOrigin),
            (true, false) => Ok(Reason::NullAllowed),
            (false, false) => Err(Reason::NullNotAllowed),
        };
    }
    match (SerializedOrigin::parse(value), policy.any_origin) {
        (Err(_), _) => Err(Reason::OriginMalformed),
        (Ok(_), false) => Err(Reason::OriginNotAllowed),
        (Ok(_), true) => Ok(Reason::AnyOrigin),
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
