//! Requests and answers as text, so that tables of them can be read.
#![allow(clippy::unwrap_used, clippy::panic, reason = "only tests use it")]
#![allow(dead_code, reason = "each test binary uses a part")]

use crossorigin::server::{Decision, Policy, PolicyConfig};
use http::{HeaderMap, HeaderName, HeaderValue, Request};

/// A policy from a few words: `origins…; credentials; methods …; headers …; expose …; max-age N; option …`.
pub(crate) fn policy(text: &str) -> Policy {
    Policy::new(&config(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The configuration behind [`policy`].
pub(crate) fn config(text: &str) -> PolicyConfig {
    let mut config = PolicyConfig::default();
    let mut parts = text.split("; ");
    let words = |part: &str| part.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    config.origins = words(parts.next().unwrap_or_default());
    for part in parts {
        let (key, rest) = part.split_once(' ').unwrap_or((part, ""));
        match key {
            "credentials" => config.credentials = true,
            "methods" => config.methods = words(rest),
            "headers" => config.request_headers = words(rest),
            "expose" => config.exposed_headers = words(rest),
            "max-age" => config.max_age = Some(std::time::Duration::from_secs(rest.parse().unwrap())),
            "status" => config.preflight_status = rest.parse().unwrap(),
            "null" => config.dangerously_allow_null_origin = true,
            "any" => config.dangerously_allow_any_origin_with_credentials = true,
            "insecure" => config.dangerously_allow_insecure_origins_with_credentials = true,
            "suffixes" => config.dangerously_allow_public_suffixes_with_credentials = true,
            "forbid" => config.forbid_refused_origins = true,
            "url" => config.public_url = Some(rest.to_owned()),
            "timing" if rest == "*" => {
                config.timing_allow_origin = Some(crossorigin::server::TimingAllowOrigin::Any);
            }
            "timing" => {
                config.timing_allow_origin = Some(crossorigin::server::TimingAllowOrigin::AllowedOrigins);
            }
            "corp" => {
                config.cross_origin_resource_policy =
                    Some(crossorigin::server::CrossOriginResourcePolicy::CrossOrigin);
            }
            other => panic!("{other}"),
        }
    }
    config
}

/// A request from `METHOD | name: value | name: value`.
pub(crate) fn request(text: &str) -> Request<()> {
    let mut parts = text.split(" | ");
    let mut request = Request::builder().method(parts.next().unwrap()).uri("/").body(()).unwrap();
    for line in parts {
        let (name, value) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
        request.headers_mut().append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    request
}

/// The whole answer: `reason → status | name: value …`, the status of the service being `service`.
pub(crate) fn answer(decision: &Decision) -> String {
    let (status, headers) = match decision.response::<()>() {
        Some(response) => (response.status().as_str().to_owned(), response.headers().clone()),
        None => {
            let mut headers = HeaderMap::new();
            decision.clone().decorate(&mut headers);
            ("service".to_owned(), headers)
        }
    };
    let mut lines: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    let lines: String = lines.iter().map(|line| format!(" | {line}")).collect();
    format!("{} → {status}{lines}", decision.reason().code())
}
