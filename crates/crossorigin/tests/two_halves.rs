//! The two halves against each other: the user agent shares exactly what the server's policy allows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "only tests use it")]

use std::time::Duration;

use crossorigin::fetching::{
    Context, CorsPreflightCache, EmbedderPolicyValue, Machine, Purpose, ResponseHead, Step,
};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, Request};
use crossorigin::profiles::Profile;
use crossorigin::server::{Outcome, Policy, PolicyConfig};
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ORIGINS: [&str; 4] =
    ["https://app.example", "https://sub.app.example", "https://evil.example", "http://app.example:8080"];

/// Policies that are made of telling pieces; those that are refused as a whole are left out.
fn policies() -> impl Strategy<Value = Policy> {
    let origins =
        subsequence(vec!["https://app.example", "https://*.app.example", "http://app.example:8080"], 0..=3);
    let methods = subsequence(vec!["PUT", "DELETE", "patch", "*"], 0..=4);
    let names = subsequence(vec!["x-foo", "content-type", "authorization", "*"], 0..=4);
    (origins, any::<bool>(), any::<bool>(), any::<bool>(), methods, names).prop_filter_map(
        "a policy that compiles",
        |(origins, any_origin, null, credentials, methods, names)| {
            let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let mut config = PolicyConfig::default();
            config.origins = if any_origin { vec!["*".to_owned()] } else { owned(origins) };
            config.dangerously_allow_null_origin = null;
            config.dangerously_allow_any_origin_with_credentials = true;
            config.dangerously_allow_insecure_origins_with_credentials = true;
            config.credentials = credentials;
            config.methods = owned(methods);
            config.request_headers = owned(names);
            Policy::new(&config).ok()
        },
    )
}

fn requests() -> impl Strategy<Value = Request> {
    let headers = subsequence(
        vec![
            ("x-foo", "1"),
            ("x-bar", "1"),
            ("accept", "*/*"),
            ("content-type", "application/json"),
            ("content-language", "en"),
            ("authorization", "x"),
        ],
        0..=4,
    );
    let origin = select(vec![ORIGINS[0], ORIGINS[1], ORIGINS[2], ORIGINS[3], "null"]);
    let method = select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "patch"]);
    let credentials =
        select(vec![CredentialsMode::Omit, CredentialsMode::SameOrigin, CredentialsMode::Include]);
    (origin, method, headers, credentials, any::<bool>()).prop_map(
        |(origin, method, headers, credentials, use_cors_preflight)| {
            let url = "https://api.example/items".parse().unwrap();
            let mut request = Request::new(origin.parse().unwrap(), url);
            request.mode = Mode::Cors;
            request.unsafe_request = true;
            request.use_cors_preflight = use_cors_preflight;
            request.credentials_mode = credentials;
            request.method = Method::from_bytes(method.as_bytes()).unwrap();
            for (name, value) in headers {
                request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            request
        },
    )
}

/// Whether script sees the response, and whether the policy allowed all that was sent.
fn fetch(request: Request, policy: &Policy, cache: &mut CorsPreflightCache) -> (bool, bool) {
    fetch_altered(request, policy, cache, |_, _| {})
}

/// The same, with what a server or somebody on the way alters in the responses.
fn fetch_altered(
    request: Request,
    policy: &Policy,
    cache: &mut CorsPreflightCache,
    alter: impl Fn(Purpose, &mut HeaderMap),
) -> (bool, bool) {
    let mut context = Context { cache, now: Duration::ZERO };
    let mut machine = Machine::new(request, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
    let (mut step, mut allowed) = (machine.start(&mut context), true);
    loop {
        match step {
            Step::Send(sent) => {
                let purpose = sent.purpose;
                let mut head = http::Request::new(());
                (*head.method_mut(), *head.headers_mut()) = (sent.method, sent.headers);
                let decision = policy.decide(&head);
                allowed &= decision.outcome() == Outcome::Allowed;
                let (status, mut headers) = match decision.response::<()>() {
                    Some(response) => (response.status(), response.headers().clone()),
                    None => {
                        let mut headers = HeaderMap::new();
                        decision.decorate(&mut headers);
                        (StatusCode::OK, headers)
                    }
                };
                alter(purpose, &mut headers);
                step = machine.response(ResponseHead::new(status, &headers), &mut context);
            }
            Step::Response(response) => return (response.is_readable(), allowed),
            Step::NetworkError(_) => return (false, allowed),
            Step::ReadDataUrl(url) => panic!("{url} is no data: URL"),
        }
    }
}

/// Alterations after which nothing may be shared: of the origin in any response, of the preflight's or the
/// other one; and of the word on credentials.
const ALTERATIONS: [&str; 9] = [
    "no origin",
    "twice",
    "slash",
    "space",
    "upper case",
    "list",
    "another origin",
    "no credentials",
    "Credentials",
];

fn alter(alteration: &str, headers: &mut HeaderMap) {
    let allow = headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).cloned();
    let Some(text) = allow.as_ref().and_then(|allow| allow.to_str().ok()) else { return };
    let altered = match alteration {
        "no credentials" => {
            headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
            return;
        }
        "Credentials" => {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("True"));
            return;
        }
        "no origin" => {
            headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            return;
        }
        "twice" => {
            headers.append(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_str(text).unwrap());
            return;
        }
        "slash" => format!("{text}/"),
        "space" => format!("{text} https://x.example"),
        "upper case" if text == "*" => "**".to_owned(),
        "upper case" => text.to_uppercase(),
        "list" => format!("{text}, {text}"),
        _ => "https://api.example".to_owned(),
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_str(&altered).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn the_user_agent_shares_what_the_policy_allows(policy in policies(), request in requests()) {
        let mut cache = CorsPreflightCache::default();
        // A server cannot see the credentials mode: it allows, and the browser refuses, what is asked for with
        // credentials where the policy has none.
        let with_credentials = request.credentials_mode == CredentialsMode::Include;
        let (shared, allowed) = fetch(request.clone(), &policy, &mut cache);
        let expected = allowed && (policy.allows_credentials() || !with_credentials);
        prop_assert_eq!(shared, expected, "{:?}", policy);
        // What the cache holds then changes no verdict.
        let (shared_again, _) = fetch(request, &policy, &mut cache);
        prop_assert_eq!(shared_again, shared, "from the cache");
    }

    /// What the policy allows is not shared once a response says it otherwise.
    #[test]
    fn altered_answers_are_not_shared(
        policy in policies(),
        request in requests(),
        alteration in select(ALTERATIONS.to_vec()),
        purpose in select(vec![Purpose::Preflight, Purpose::Actual]),
    ) {
        let about_credentials = alteration.ends_with("redentials");
        prop_assume!(!about_credentials || request.credentials_mode == CredentialsMode::Include);
        let is_hit = std::cell::Cell::new(false);
        let mut cache = CorsPreflightCache::default();
        let (shared, _) = fetch_altered(request.clone(), &policy, &mut cache, |at, headers| {
            if at == purpose {
                is_hit.set(true);
                alter(alteration, headers);
            }
        });
        prop_assert!(!is_hit.get() || !shared, "{alteration} at {purpose:?}: {policy:?}");
        if is_hit.get() && purpose == Purpose::Preflight {
            prop_assert!(cache.is_empty(), "permission is kept after {alteration}");
        }
    }
}
