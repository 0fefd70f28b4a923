//! Istio: a `VirtualService`, its `corsPolicy` on every route.
//!
//! Envoy answers beneath it: it sends no `Vary` and leaves the upstream's CORS headers, so each route's `headers` add the one and
//! remove the others; and its filter answers preflights with 200.

use serde_json::{Map, Value, json};

use super::abilities::{Abilities, Credentials, Vary, Wildcards};
use super::routes::{fixed_headers, judge_all, upstream};
use super::yaml::map;
use super::{list, methods, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::patterns::{self, Spelling};
use crate::plan::{CORS_HEADERS, Plan, Policy, Rule};
use crate::yaml::write as write_yaml;

const ABILITIES: Abilities = Abilities {
    service: "Istio",
    wildcards: Wildcards::Subdomains,
    any_port: true,
    null: true,
    other_schemes: true,
    ipv6: true,
    origins: usize::MAX,
    credentials: Credentials::AsTold,
    any_with_credentials: false,
    methods: None,
    any_method: [true, false],
    any_header: [true, false],
    any_header_with_authorization: false,
    any_exposed: true,
    max_age: (0, 86_400),
    own_max_age: None,
    preflight_status: 200,
    vary: Vary::Every,
    fixed_headers: true,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    judge_all(plan, &ABILITIES, differences);
    let mut hosts: Vec<&str> = plan.routes.iter().flat_map(|rule| rule.hosts).map(|host| &**host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    if hosts.is_empty() || plan.routes.iter().any(|rule| rule.hosts.is_empty()) {
        hosts = vec!["*"];
    }
    let routes: Vec<Value> = plan.routes.iter().map(|rule| route(rule, plan)).collect();
    let body = map([
        ("apiVersion", json!("networking.istio.io/v1")),
        ("kind", json!("VirtualService")),
        ("metadata", map([("name", json!("crossorigin"))])),
        (
            "spec",
            map([
                ("hosts", json!(hosts)),
                // A gateway, where requests come from outside of the mesh.
                ("gateways", json!(["crossorigin"])),
                ("http", Value::Array(routes)),
            ]),
        ),
    ]);
    let comment = "# Written by `crossorigin export --to istio`. Change the policy file and export again.\n\
                   # Name your Gateway under gateways. Paths are matched as they are sent, where %61 is an a too. Needs Istio 1.24 or newer, for unmatchedPreflights.\n";
    File::new("virtual-service.yaml", format!("{comment}{}", write_yaml(&body)))
}

fn route(rule: &Rule<'_>, plan: &Plan<'_>) -> Value {
    let (host, port) = upstream(rule);
    let policy = rule.policy.and_then(|index| plan.policies.get(index));
    map([
        ("name", json!(format!("route-{}", rule.number))),
        ("match", Value::Array(matches(rule))),
        (
            "route",
            Value::Array(vec![map([(
                "destination",
                map([("host", json!(host)), ("port", map([("number", json!(port))]))]),
            )])]),
        ),
        ("corsPolicy", policy.filter(|policy| !policy.is_closed()).map_or(Value::Null, cors)),
        ("headers", policy.map_or(Value::Null, headers)),
    ])
}

/// The paths, once for each host and for each method: a preflight goes where the method goes that it asks for.
fn matches(rule: &Rule<'_>) -> Vec<Value> {
    let uri = match (rule.prefix, rule.extensions) {
        ("", []) => map([("prefix", json!("/"))]),
        (prefix, extensions) => {
            let expression = patterns::path(prefix, extensions, Spelling::Sent);
            // All of the path has to match.
            let expression = expression.trim_start_matches('^');
            let expression = match extensions {
                [] => format!("{}(?:/.*)?", expression.trim_end_matches("(?:[/?]|$)")),
                _ => expression.trim_end_matches("(?:[?]|$)").to_owned(),
            };
            map([("regex", json!(expression))])
        }
    };
    let hosts: Vec<Value> = match rule.hosts {
        [] => vec![Value::Null],
        hosts => {
            let host = |host: &str| format!("{}(?::[0-9]+)?", patterns::literal(host));
            hosts.iter().map(|own| map([("regex", json!(host(own)))])).collect()
        }
    };
    let mut methods: Vec<(Value, Value)> = Vec::new();
    for method in rule.methods {
        let exact = |text: &str| map([("exact", json!(text))]);
        methods.push((exact(method.as_str()), Value::Null));
        let asked = map([("access-control-request-method", exact(method.as_str()))]);
        methods.push((exact("OPTIONS"), asked));
    }
    if methods.is_empty() {
        methods.push((Value::Null, Value::Null));
    }
    let one = |host: &Value, (method, headers): &(Value, Value)| {
        map([
            ("uri", uri.clone()),
            ("authority", host.clone()),
            ("method", method.clone()),
            ("headers", headers.clone()),
        ])
    };
    hosts.iter().flat_map(|host| methods.iter().map(move |method| one(host, method))).collect()
}

fn cors(policy: &Policy) -> Value {
    let exact = policy.origins.exact.iter().map(|origin| map([("exact", json!(origin))]));
    let any = policy.origins.any.then(|| map([("exact", json!("*"))]));
    let null = (policy.origins.null && !policy.origins.any).then(|| map([("exact", json!("null"))]));
    let patterns = policy.origins.patterns.iter().map(|(_, expression)| {
        let whole = expression.trim_start_matches('^').trim_end_matches('$');
        map([("regex", json!(whole))])
    });
    let origins: Vec<Value> = any.into_iter().chain(exact).chain(null).chain(patterns).collect();
    map([
        ("allowOrigins", Value::Array(origins)),
        ("allowMethods", json!(methods(policy))),
        ("allowHeaders", json!(request_headers(policy))),
        ("exposeHeaders", json!(list(policy.exposed_headers.as_deref()))),
        ("maxAge", policy.max_age.map_or(Value::Null, |seconds| json!(format!("{seconds}s")))),
        ("allowCredentials", json!(policy.credentials)),
        ("unmatchedPreflights", json!("IGNORE")),
    ])
}

fn headers(policy: &Policy) -> Value {
    let remove: Vec<String> = CORS_HEADERS.map(str::to_ascii_lowercase).to_vec();
    // Envoy answers each origin with itself, where the policy says *.
    let vary = if policy.is_closed() { Value::Null } else { map([("vary", json!("Origin"))]) };
    let set: Map<String, Value> = fixed_headers(policy)
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), json!(value)))
        .collect();
    let set = if set.is_empty() { Value::Null } else { Value::Object(set) };
    map([("response", map([("set", set), ("add", vary), ("remove", json!(remove))]))])
}
