//! The steps that a fetch takes, kept where somebody asks for them.

use std::fmt;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

use super::cors_check::CorsCheckError;
use super::cross_origin_resource_policy::ResourcePolicyBlock;
use super::http_network_or_cache_fetch::Purpose;
use super::reason::NetworkErrorReason;
use super::response::ResponseType;
use crate::infrastructure::request::{Mode, RedirectTaint};

/// A section of the Fetch standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Section {
    /// The constructor of script's `Request`, which `fetch()` begins with.
    RequestConstructor,
    /// What script's `Headers` take.
    HeadersAppend,
    /// Main fetch.
    MainFetch,
    /// Scheme fetch.
    SchemeFetch,
    /// HTTP fetch.
    HttpFetch,
    /// HTTP-redirect fetch.
    HttpRedirectFetch,
    /// HTTP-network-or-cache fetch.
    HttpNetworkOrCacheFetch,
    /// HTTP-network fetch.
    HttpNetworkFetch,
    /// CORS-preflight fetch.
    CorsPreflightFetch,
    /// The CORS-preflight cache.
    CorsPreflightCache,
    /// The CORS check.
    CorsCheck,
    /// The TAO check.
    TaoCheck,
    /// The cross-origin resource policy check.
    CrossOriginResourcePolicyCheck,
}

impl Section {
    /// Its name in the standard.
    pub fn title(self) -> &'static str {
        match self {
            Self::RequestConstructor => "Request constructor",
            Self::HeadersAppend => "Headers append",
            Self::MainFetch => "main fetch",
            Self::SchemeFetch => "scheme fetch",
            Self::HttpFetch => "HTTP fetch",
            Self::HttpRedirectFetch => "HTTP-redirect fetch",
            Self::HttpNetworkOrCacheFetch => "HTTP-network-or-cache fetch",
            Self::HttpNetworkFetch => "HTTP-network fetch",
            Self::CorsPreflightFetch => "CORS-preflight fetch",
            Self::CorsPreflightCache => "CORS-preflight cache",
            Self::CorsCheck => "CORS check",
            Self::TaoCheck => "TAO check",
            Self::CrossOriginResourcePolicyCheck => "cross-origin resource policy check",
        }
    }

    /// The fragment of its URL in the standard.
    pub fn anchor(self) -> &'static str {
        match self {
            Self::RequestConstructor => "dom-request",
            Self::HeadersAppend => "concept-headers-append",
            Self::MainFetch => "concept-main-fetch",
            Self::SchemeFetch => "concept-scheme-fetch",
            Self::HttpFetch => "concept-http-fetch",
            Self::HttpRedirectFetch => "concept-http-redirect-fetch",
            Self::HttpNetworkOrCacheFetch => "concept-http-network-or-cache-fetch",
            Self::HttpNetworkFetch => "concept-http-network-fetch",
            Self::CorsPreflightFetch => "cors-preflight-fetch-0",
            Self::CorsPreflightCache => "concept-cache",
            Self::CorsCheck => "concept-cors-check",
            Self::TaoCheck => "concept-tao-check",
            Self::CrossOriginResourcePolicyCheck => "cross-origin-resource-policy-check",
        }
    }

    /// Its URL.
    pub fn url(self) -> String {
        format!("https://fetch.spec.whatwg.org/#{}", self.anchor())
    }
}

/// A step of a section: its number in the standard's commit of 2026-07-02 (586cd2a), such as `7.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepNumber {
    /// The section.
    pub section: Section,
    /// The number in it.
    pub number: &'static str,
}

impl StepNumber {
    pub(super) const fn new(section: Section, number: &'static str) -> Self {
        Self { section, number }
    }
}

impl fmt::Display for StepNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, step {}", self.section.title(), self.number)
    }
}

/// One step that was taken, and what it came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TraceStep {
    /// Where the standard says so.
    pub step: StepNumber,
    /// What it came to.
    pub event: Event,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The caller's headers that only user agents set were taken out.
    ForbiddenHeadersRemoved(Vec<HeaderName>),
    /// Headers were taken out that requests of mode no-cors don't carry.
    NoCorsHeadersRemoved(Vec<HeaderName>),
    /// The URL was insecure, and is asked for securely.
    MixedContentUpgraded(Url),
    /// The URL is of the page's own origin, and no hop was foreign.
    SameOrigin,
    /// The page is an extension's that may read the URL's host, and no hop was foreign.
    HostPermission,
    /// The URL is a `data:` URL.
    DataUrl,
    /// The mode crosses origins without CORS: navigations and handshakes.
    ModeWithoutCors(Mode),
    /// The mode is no-cors: the response will be opaque.
    NoCors,
    /// The CORS protocol decides, and nothing about the request needs permission.
    CorsWithoutPreflight,
    /// The CORS protocol decides, and the request needs permission.
    CorsWithPreflight {
        /// The method, where it is not safelisted.
        method: Option<Method>,
        /// The names of headers that are not safelisted.
        header_names: Vec<HeaderName>,
        /// Whether listeners for upload progress alone would ask for it.
        upload_listener: bool,
        /// Whether the body is a stream, which asks for it too.
        streams: bool,
    },
    /// The preflight cache holds the permission already.
    PermissionCached,
    /// The preflight cache lacks the permission for the method, or for these headers.
    PermissionLacking {
        /// The method, where it is lacking.
        method: Option<Method>,
        /// The header names that are lacking.
        header_names: Vec<HeaderName>,
    },
    /// A request was handed out to be sent.
    Sent {
        /// What for.
        purpose: Purpose,
        /// Whether credentials go along.
        includes_credentials: bool,
    },
    /// A response came.
    Received(StatusCode),
    /// The CORS check, of the preflight's response or of the response itself.
    CorsCheck(Purpose, Result<(), CorsCheckError>),
    /// `Access-Control-Allow-Origin` is `*`, or the request's origin.
    AllowOriginFits(HeaderValue),
    /// `Access-Control-Allow-Credentials` is `true`.
    AllowCredentialsFits,
    /// `Access-Control-Expose-Headers` lets script see these headers beyond the safelisted; `None` where it
    /// does not parse.
    Exposed(Option<Vec<String>>),
    /// The preflight's response has, or has not, a status from 200 to 299.
    PreflightStatus(StatusCode),
    /// The preflight's response permits the method; whether by the wildcard, or since it is safelisted.
    MethodPermitted(Method, By),
    /// The preflight's response permits a header.
    HeaderPermitted(HeaderName, By),
    /// What the preflight's response lists was kept.
    PermissionKept {
        /// The methods.
        methods: Vec<String>,
        /// The header names.
        header_names: Vec<String>,
        /// For how long, after the user agent's limits.
        max_age: Duration,
    },
    /// What was kept for the request was forgotten, since it failed.
    CacheCleared,
    /// The TAO check.
    TaoCheck(bool),
    /// The cross-origin resource policy check.
    ResourcePolicy(Result<(), ResourcePolicyBlock>),
    /// The response redirects, and the redirect is followed.
    Redirected {
        /// Where to.
        location: Url,
        /// Whether the method became GET, without a body.
        became_get: bool,
        /// Whether `Authorization` was left behind.
        dropped_authorization: bool,
        /// Whether the origin is `null` from here on.
        taint: RedirectTaint,
    },
    /// The response is handed over, filtered.
    Filtered(ResponseType),
    /// The fetch ends in a network error.
    Failed(NetworkErrorReason),
}

/// By what a preflight's response permits a method or a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It needs no listing.
    Safelist,
    /// It is listed.
    Name,
    /// By `*`.
    Wildcard,
}

/// Keeps the steps, or does not: `()` keeps none and costs nothing, `Vec<TraceStep>` keeps all.
pub trait Trace {
    /// Takes note of a step.
    fn step(&mut self, step: StepNumber, event: impl FnOnce() -> Event);
}

impl Trace for () {
    fn step(&mut self, _: StepNumber, _: impl FnOnce() -> Event) {}
}

impl Trace for Vec<TraceStep> {
    fn step(&mut self, step: StepNumber, event: impl FnOnce() -> Event) {
        self.push(TraceStep { step, event: event() });
    }
}

impl fmt::Display for Event {
    /// One sentence, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForbiddenHeadersRemoved(names) => {
                write!(f, "script can't set {}: taken out", list(names))
            }
            Self::HostPermission => {
                f.write_str("the extension has permission for the URL's host, which counts as its own")
            }
            Self::NoCorsHeadersRemoved(names) => {
                write!(f, "the no-cors mode does not send {}: taken out", list(names))
            }
            Self::MixedContentUpgraded(url) => {
                write!(f, "the page is secure, so that {url} is asked for by https")
            }
            Self::SameOrigin => f.write_str("the URL is of the page's own origin: no permission is needed"),
            Self::DataUrl => f.write_str("a data: URL is its own response: no permission is needed"),
            Self::ModeWithoutCors(mode) => write!(f, "the {} mode does not go by CORS", mode.name()),
            Self::NoCors => f.write_str("the no-cors mode: the request goes out, its response stays opaque"),
            Self::CorsWithoutPreflight => {
                f.write_str("another origin, so CORS decides; method and headers need no preflight")
            }
            Self::CorsWithPreflight { method, header_names, upload_listener, streams } => {
                f.write_str("another origin, so CORS decides, and a preflight is needed:")?;
                let mut parts = Vec::new();
                if let Some(method) = method {
                    parts.push(format!("the method {method} is not safelisted"));
                }
                match header_names.as_slice() {
                    [] => {}
                    [one] => parts.push(format!("the header {one} is not safelisted")),
                    several => parts.push(format!("the headers {} are not safelisted", list(several))),
                }
                if *upload_listener {
                    parts.push("there are listeners for upload progress".to_owned());
                }
                if *streams {
                    parts.push("the body is a stream".to_owned());
                }
                if parts.is_empty() {
                    parts.push("it was on an earlier hop".to_owned());
                }
                write!(f, " {}", parts.join("; "))
            }
            Self::PermissionCached => f.write_str("the preflight cache holds the permission already"),
            Self::PermissionLacking { .. } => f.write_str("the preflight cache does not hold the permission"),
            Self::Sent { purpose: Purpose::Preflight, .. } => {
                f.write_str("the preflight is sent, without credentials")
            }
            Self::Sent { purpose: Purpose::Actual, includes_credentials } => {
                let with = if *includes_credentials { "with" } else { "without" };
                write!(f, "the request is sent, {with} credentials")
            }
            Self::Received(status) => write!(f, "a response came: {status}"),
            Self::CorsCheck(_, Ok(())) => f.write_str("the CORS check passes"),
            Self::CorsCheck(_, Err(error)) => write!(f, "the CORS check fails: {error}"),
            Self::AllowOriginFits(value) if value == "*" => f.write_str(
                "Access-Control-Allow-Origin is *: everyone may read what comes without credentials",
            ),
            Self::AllowOriginFits(value) => {
                let value = String::from_utf8_lossy(value.as_bytes());
                write!(f, "Access-Control-Allow-Origin is {value}, as the request's origin")
            }
            Self::AllowCredentialsFits => f.write_str("Access-Control-Allow-Credentials is true"),
            Self::Exposed(None) => {
                f.write_str("Access-Control-Expose-Headers is no list of names, and shows nothing")
            }
            Self::Exposed(Some(names)) if names.is_empty() => {
                f.write_str("Access-Control-Expose-Headers shows nothing more")
            }
            Self::Exposed(Some(names)) => {
                write!(f, "script may see these headers, too: {}", names.join(", "))
            }
            Self::PreflightStatus(status) if status.is_success() => {
                write!(f, "the preflight's status {} is from 200 to 299", status.as_u16())
            }
            Self::PreflightStatus(status) => {
                write!(f, "the preflight's status {} is not from 200 to 299", status.as_u16())
            }
            Self::MethodPermitted(method, by) => write!(f, "the method {method} {by}"),
            Self::HeaderPermitted(name, by) => write!(f, "the header {name} {by}"),
            Self::PermissionKept { methods, header_names, max_age } => {
                let all: Vec<_> = methods.iter().chain(header_names).map(String::as_str).collect();
                let all = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
                write!(f, "the preflight cache keeps {all} for {} s", max_age.as_secs())
            }
            Self::CacheCleared => f.write_str("what the preflight cache held for the request is forgotten"),
            Self::TaoCheck(true) => f.write_str("its timing may be seen"),
            Self::TaoCheck(false) => f.write_str("its timing is withheld"),
            Self::ResourcePolicy(Ok(())) => f.write_str("the resource policy lets the page embed it"),
            Self::ResourcePolicy(Err(_)) => f.write_str("the resource policy keeps it from the page"),
            Self::Redirected { location, became_get, dropped_authorization, taint } => {
                write!(f, "a redirect leads to {location}")?;
                if *became_get {
                    f.write_str("; the method becomes GET")?;
                }
                if *dropped_authorization {
                    f.write_str("; Authorization is left behind")?;
                }
                if *taint != RedirectTaint::SameOrigin {
                    f.write_str("; from here on the origin is sent as null")?;
                }
                Ok(())
            }
            Self::Filtered(response_type) => {
                write!(f, "script gets a response of type {}", response_type.name())
            }
            Self::Failed(reason) => write!(f, "network error: {reason}"),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safelist => "is safelisted, and needs no listing",
            Self::Name => "is listed",
            Self::Wildcard => "is covered by *",
        })
    }
}

fn list(names: &[HeaderName]) -> String {
    names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(", ")
}
