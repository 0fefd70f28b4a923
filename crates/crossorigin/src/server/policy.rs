//! A compiled policy, and the way from a configuration to it.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};

use super::config::{CrossOriginResourcePolicy, MAX_ORIGINS, PolicyConfig, TimingAllowOrigin};
use super::origin_pattern::OriginPattern;
use super::origin_set::OriginSet;
use super::problem::{PolicyError, Problem, ProblemKind, Setting};
use crate::infrastructure::header_names::{
    is_cors_non_wildcard_request_header_name, is_forbidden_request_header_name,
    is_forbidden_response_header_name,
};
use crate::infrastructure::methods::{is_cors_safelisted_method, is_forbidden_method, well_known_spelling};
use crate::infrastructure::origin::SerializedOrigin;
use crate::infrastructure::request_header_list::compare_ignoring_case;
use crate::infrastructure::{is_token, origin, shared_header_value};

/// The longest max-age, in seconds: the most that any browser keeps (Firefox).
const MAX_MAX_AGE: u64 = 86_400;

/// A valid CORS policy, compiled. Cloning it copies one pointer.
#[derive(Clone)]
pub struct Policy(pub(super) Arc<Compiled>);

/// What decisions are made from: sets to look up, and header values to send.
pub(super) struct Compiled {
    pub(super) any_origin: bool,
    pub(super) null_origin: bool,
    pub(super) origins: OriginSet,
    pub(super) credentials: bool,
    pub(super) methods: Names,
    pub(super) request_headers: Names,
    pub(super) exposed_headers: Option<HeaderValue>,
    pub(super) max_age: Option<HeaderValue>,
    pub(super) preflight_status: StatusCode,
    pub(super) timing_allow_origin: Option<TimingAllowOrigin>,
    pub(super) cross_origin_resource_policy: Option<CrossOriginResourcePolicy>,
    pub(super) forbid_refused_origins: bool,
    pub(super) public_origin: Option<Box<str>>,
}

/// A list of names that may be asked for, and what is answered.
pub(super) struct Names {
    /// Whether `*` is among them.
    pub(super) any: bool,
    /// Those that are named, sorted as if in lower case.
    names: Box<[Box<[u8]>]>,
    /// The answer that is the same for everyone; `None` where the requested names are answered, or nothing.
    pub(super) answer: Option<HeaderValue>,
}

impl Policy {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn new(config: &PolicyConfig) -> Result<Self, PolicyError> {
        let mut problems = Problems(Vec::new());
        let origins = compile_origins(config, &mut problems);
        check_methods(config, &mut problems);
        check_request_headers(config, &mut problems);
        check_exposed_headers(config, &mut problems);
        let max_age = compile_max_age(config, &mut problems);
        let preflight_status = compile_preflight_status(config, &mut problems);
        let public_origin = compile_public_origin(config, &mut problems);
        if !problems.0.is_empty() {
            return Err(PolicyError { problems: problems.0 });
        }
        Ok(Self(Arc::new(Compiled {
            any_origin: is_any_origin(config),
            null_origin: config.dangerously_allow_null_origin,
            origins,
            credentials: config.credentials,
            methods: Names::methods(config),
            request_headers: Names::request_headers(config),
            exposed_headers: shared_header_value(lower_case(&config.exposed_headers).join(",")),
            max_age,
            preflight_status,
            timing_allow_origin: config.timing_allow_origin,
            cross_origin_resource_policy: config.cross_origin_resource_policy,
            forbid_refused_origins: config.forbid_refused_origins,
            public_origin,
        })))
    }

    /// Whether `*` is what the policy's origins say.
    pub fn allows_any_origin(&self) -> bool {
        self.0.any_origin
    }

    /// How many exact origins and patterns the policy allows; `*` and `null` don't count.
    pub fn origin_count(&self) -> usize {
        self.0.origins.len()
    }

    /// The methods that preflights may ask for beside GET, HEAD and POST, sorted; `*` for all.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.0.methods.named()
    }

    /// The request headers that preflights may ask for, in lower case, sorted; `*` for all but `authorization`.
    pub fn request_headers(&self) -> impl Iterator<Item = &str> {
        self.0.request_headers.named()
    }

    /// The value of `Access-Control-Expose-Headers`.
    pub fn exposed_headers(&self) -> Option<&HeaderValue> {
        self.0.exposed_headers.as_ref()
    }

    /// The value of `Access-Control-Max-Age`, in seconds.
    pub fn max_age(&self) -> Option<&HeaderValue> {
        self.0.max_age.as_ref()
    }

    /// Whether the origin `null` is trusted.
    pub fn allows_null_origin(&self) -> bool {
        self.0.null_origin
    }

    /// Whether refused origins get 403 to requests that may change what the service holds.
    pub fn forbids_refused_origins(&self) -> bool {
        self.0.forbid_refused_origins
    }

    /// Whether responses to requests with credentials may be read.
    pub fn allows_credentials(&self) -> bool {
        self.0.credentials
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("any_origin", &self.any_origin)
            .field("origins", &self.origins)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

impl Compiled {
    /// Whether no origin is allowed, so that no response depends on it.
    pub(super) fn is_closed(&self) -> bool {
        !self.any_origin && !self.null_origin && self.origins.is_empty()
    }

    /// Whether every response carries the same `Access-Control-Allow-Origin: *`, whoever asks.
    pub(super) fn is_public(&self) -> bool {
        self.any_origin && !self.credentials
    }
}

impl Names {
    fn methods(config: &PolicyConfig) -> Self {
        let mut names = config.methods.clone();
        names.sort_unstable();
        names.dedup();
        Self::compile(names, config.credentials, |_| true)
    }

    fn request_headers(config: &PolicyConfig) -> Self {
        Self::compile(lower_case(&config.request_headers), config.credentials, |name| {
            is_cors_non_wildcard_request_header_name(name.as_bytes())
        })
    }

    /// `beside_any` says which names are still worth saying beside a literal `*`.
    fn compile(names: Vec<String>, credentials: bool, beside_any: impl Fn(&str) -> bool) -> Self {
        let any = names.iter().any(|name| name == "*");
        let answer = match (any, credentials) {
            // With credentials a browser takes `*` for a name, so the requested names are answered.
            (true, true) => None,
            (true, false) => {
                let kept: Vec<_> = names
                    .iter()
                    .map(String::as_str)
                    .filter(|name| *name == "*" || beside_any(name))
                    .collect();
                shared_header_value(kept.join(","))
            }
            (false, _) => shared_header_value(names.join(",")),
        };
        let mut names: Vec<Box<[u8]>> = names.into_iter().map(|name| name.into_bytes().into()).collect();
        names.sort_unstable_by(|left, right| compare_ignoring_case(left, right));
        Self { any, names: names.into(), answer }
    }

    /// Those that are named.
    fn named(&self) -> impl Iterator<Item = &str> {
        // They come from strings.
        self.names.iter().filter_map(|name| std::str::from_utf8(name).ok())
    }

    /// Whether a method is among them, case-sensitively.
    pub(super) fn allows_method(&self, method: &[u8]) -> bool {
        is_cors_safelisted_method(method) || self.any || self.names.iter().any(|name| **name == *method)
    }

    /// Whether a header name is among them, in any case. `*` never covers `Authorization`.
    pub(super) fn allows_header(&self, name: &[u8]) -> bool {
        (self.any && !is_cors_non_wildcard_request_header_name(name))
            || self.names.binary_search_by(|own| compare_ignoring_case(own, name)).is_ok()
    }
}

/// The problems found so far, in the order of the configuration's fields.
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, setting: Setting, index: Option<usize>, value: &str, kind: ProblemKind) {
        self.0.push(Problem { setting, index, value: value.to_owned(), kind });
    }
}

fn is_any_origin(config: &PolicyConfig) -> bool {
    config.origins.iter().any(|origin| origin == "*")
}

fn compile_origins(config: &PolicyConfig, problems: &mut Problems) -> OriginSet {
    let mut set = OriginSet::default();
    if config.origins.len() > MAX_ORIGINS {
        problems.add(Setting::Origins, None, &config.origins.len().to_string(), ProblemKind::TooManyOrigins);
        return set;
    }
    let exact = config.origins.iter().filter(|origin| !origin.contains('*')).count();
    set.reserve(exact);
    let any_is_alone = exact == 0 && config.origins.iter().all(|origin| origin == "*");
    for (index, origin) in config.origins.iter().enumerate() {
        let mut refuse = |kind| problems.add(Setting::Origins, Some(index), origin, kind);
        if origin == "*" {
            if !any_is_alone {
                refuse(ProblemKind::AnyOriginNotAlone);
            }
            if config.credentials && !config.dangerously_allow_any_origin_with_credentials {
                refuse(ProblemKind::AnyOriginWithCredentials);
            }
            continue;
        }
        match OriginPattern::parse(origin) {
            Err(ProblemKind::OriginNull) if config.dangerously_allow_null_origin => {}
            Err(kind) => refuse(kind),
            Ok(pattern) => {
                if config.credentials {
                    check_with_credentials(config, &pattern, &mut refuse);
                }
                set.insert(&pattern);
            }
        }
    }
    set
}

fn check_with_credentials(
    config: &PolicyConfig,
    pattern: &OriginPattern<'_>,
    refuse: &mut impl FnMut(ProblemKind),
) {
    if pattern.is_insecure() && !config.dangerously_allow_insecure_origins_with_credentials {
        refuse(ProblemKind::InsecureOriginWithCredentials);
    }
    if !config.dangerously_allow_public_suffixes_with_credentials
        && let Some(suffix) = pattern.public_suffix()
    {
        refuse(ProblemKind::PublicSuffixWithCredentials { suffix: suffix.to_owned() });
    }
}

fn check_methods(config: &PolicyConfig, problems: &mut Problems) {
    for (index, method) in config.methods.iter().enumerate() {
        let kind = if !is_token(method.as_bytes()) {
            ProblemKind::MethodSyntax
        } else if is_forbidden_method(method.as_bytes()) {
            ProblemKind::MethodForbidden
        } else if let Some(write) = well_known_spelling(method) {
            ProblemKind::MethodCase { write }
        } else {
            continue;
        };
        problems.add(Setting::Methods, Some(index), method, kind);
    }
}

fn check_request_headers(config: &PolicyConfig, problems: &mut Problems) {
    for (index, name) in config.request_headers.iter().enumerate() {
        let kind = if !is_token(name.as_bytes()) {
            ProblemKind::HeaderSyntax
        } else if is_forbidden_request_header_name(name) {
            ProblemKind::RequestHeaderForbidden
        } else if super::response_headers::CORS_RESPONSE_HEADERS
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own.as_str()))
        {
            ProblemKind::RequestHeaderOfResponses
        } else {
            continue;
        };
        problems.add(Setting::RequestHeaders, Some(index), name, kind);
    }
}

fn check_exposed_headers(config: &PolicyConfig, problems: &mut Problems) {
    for (index, name) in config.exposed_headers.iter().enumerate() {
        let kind = if !is_token(name.as_bytes()) {
            ProblemKind::HeaderSyntax
        } else if is_forbidden_response_header_name(name) {
            ProblemKind::ExposedHeaderForbidden
        } else if name == "*" && config.credentials {
            ProblemKind::ExposeAllWithCredentials
        } else {
            continue;
        };
        problems.add(Setting::ExposedHeaders, Some(index), name, kind);
    }
}

fn compile_max_age(config: &PolicyConfig, problems: &mut Problems) -> Option<HeaderValue> {
    let max_age = config.max_age?;
    if max_age.as_secs() > MAX_MAX_AGE || max_age.subsec_nanos() != 0 {
        problems.add(Setting::MaxAge, None, &format!("{max_age:?}"), ProblemKind::MaxAge);
    }
    shared_header_value(max_age.as_secs().to_string())
}

fn compile_preflight_status(config: &PolicyConfig, problems: &mut Problems) -> StatusCode {
    match config.preflight_status {
        204 => StatusCode::NO_CONTENT,
        200 => StatusCode::OK,
        other => {
            problems.add(Setting::PreflightStatus, None, &other.to_string(), ProblemKind::PreflightStatus);
            StatusCode::NO_CONTENT
        }
    }
}

/// The origin that the service's own pages have, as they would send it.
fn compile_public_origin(config: &PolicyConfig, problems: &mut Problems) -> Option<Box<str>> {
    let Some(public_url) = &config.public_url else {
        if config.forbid_refused_origins {
            problems.add(Setting::ForbidRefusedOrigins, None, "true", ProblemKind::PublicUrlMissing);
        }
        return None;
    };
    let origin = url::Url::parse(public_url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| url.origin().ascii_serialization());
    let is_bare = public_url.strip_suffix('/').unwrap_or(public_url);
    match origin {
        // Every host that URLs can have is taken except those that no Origin can carry.
        Some(origin) if origin == is_bare && SerializedOrigin::parse(origin.as_bytes()).is_ok() => {
            Some(origin.into())
        }
        write => {
            let write = write.filter(|write| origin::SerializedOrigin::parse(write.as_bytes()).is_ok());
            problems.add(Setting::PublicUrl, None, public_url, ProblemKind::PublicUrl { write });
            None
        }
    }
}

fn lower_case(names: &[String]) -> Vec<String> {
    let mut names: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
