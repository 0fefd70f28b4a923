//! Traefik: a dynamic configuration with routers, services and a `headers` middleware for each policy.
//!
//! Its expressions over origins are not anchored by themselves. `Access-Control-Max-Age` is always sent, `Vary` where it is
//! asked for; of what the upstream sent, a header that is set to nothing is removed.

use serde_json::{Value, json};

use super::abilities::{Abilities, Credentials, Vary, Wildcards};
use super::routes::{fixed_headers, judge_all, label, upstream};
use super::yaml::map;
use super::{list, methods, request_headers};
use crate::File;
use crate::difference::{Difference, Differences, Sender};
use crate::patterns::{self, Spelling};
use crate::plan::{CORS_HEADERS, Plan, Policy, Rule};
use crate::yaml::write as write_yaml;

const ABILITIES: Abilities = Abilities {
    service: "Traefik",
    wildcards: Wildcards::Subdomains,
    any_port: true,
    null: true,
    other_schemes: true,
    ipv6: true,
    origins: usize::MAX,
    credentials: Credentials::AsTold,
    any_with_credentials: true,
    methods: None,
    any_method: [true, false],
    any_header: [true, false],
    any_header_with_authorization: false,
    any_exposed: true,
    max_age: (0, 86_400),
    own_max_age: Some(0),
    preflight_status: 200,
    vary: Vary::Every,
    fixed_headers: true,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    judge_all(plan, &ABILITIES, differences);
    if plan.policies.iter().any(|policy| policy.credentials && !policy.is_closed()) {
        differences.add(Difference {
            name: "credentials-to-refused",
            explanation: "Traefik sends Access-Control-Allow-Credentials to refused origins too".into(),
            request: "GET / with Origin: https://evil.test".into(),
            ours: "no Access-Control-Allow-Credentials".into(),
            theirs: "Access-Control-Allow-Credentials: true, without Access-Control-Allow-Origin".into(),
            remedy: "none is needed: browsers do nothing with it".into(),
            sender: Sender::OtherProgram,
        });
    }
    let entries = |entries: Vec<(String, Value)>| Value::Object(entries.into_iter().collect());
    // Rules are tried by their length; a number says the policy file's order instead.
    let routers = plan
        .routes
        .iter()
        .rev()
        .enumerate()
        .map(|(index, rule)| (format!("route-{}", rule.number), router(rule, index + 1, plan)));
    let services = plan.routes.iter().map(|rule| {
        let (host, port) = upstream(rule);
        let server = map([("url", json!(format!("http://{host}:{port}")))]);
        let balancer = map([("servers", Value::Array(vec![server]))]);
        (format!("route-{}", rule.number), map([("loadBalancer", balancer)]))
    });
    let middlewares =
        plan.policies.iter().map(|policy| (label(policy), map([("headers", middleware(policy))])));
    let http = map([
        ("routers", entries(routers.collect())),
        ("middlewares", entries(middlewares.collect())),
        ("services", entries(services.collect())),
    ]);
    let comment =
        "# Written by `crossorigin export --to traefik`. Change the policy file and export again.\n";
    File::new("dynamic.yaml", format!("{comment}{}", write_yaml(&map([("http", http)]))))
}

fn router(rule: &Rule<'_>, priority: usize, plan: &Plan<'_>) -> Value {
    let mut parts = Vec::new();
    if !rule.hosts.is_empty() {
        let hosts: Vec<_> = rule.hosts.iter().map(|host| format!("Host(`{host}`)")).collect();
        parts.push(format!("({})", hosts.join(" || ")));
    }
    parts.push(match (rule.prefix, rule.extensions) {
        ("", []) => "PathPrefix(`/`)".to_owned(),
        (prefix, []) => format!("(Path(`{prefix}`) || PathPrefix(`{prefix}/`))"),
        (prefix, extensions) => {
            let expression = patterns::path(prefix, extensions, Spelling::Decoded);
            format!("PathRegexp(`{}`)", expression.replace("(?:[?]|$)", "$"))
        }
    });
    if !rule.methods.is_empty() {
        let own = rule.methods.iter().map(|method| format!("Method(`{method}`)"));
        // A preflight goes where the method goes that it asks for.
        let asked = rule.methods.iter().map(|method| {
            format!("(Method(`OPTIONS`) && Header(`Access-Control-Request-Method`, `{method}`))")
        });
        parts.push(format!("({})", own.chain(asked).collect::<Vec<_>>().join(" || ")));
    }
    let middleware = rule.policy.and_then(|index| plan.policies.get(index)).map(label);
    map([
        ("rule", json!(parts.join(" && "))),
        ("priority", json!(priority)),
        ("service", json!(format!("route-{}", rule.number))),
        ("middlewares", json!(middleware.into_iter().collect::<Vec<_>>())),
    ])
}

fn middleware(policy: &Policy) -> Value {
    let removed = CORS_HEADERS.iter().map(|name| ((*name).to_owned(), json!("")));
    let fixed = fixed_headers(policy).into_iter().map(|(name, value)| (name.to_owned(), json!(value)));
    let response = Value::Object(removed.chain(fixed).collect());
    if policy.is_closed() {
        return map([("customResponseHeaders", response)]);
    }
    let mut exact = policy.origins.exact.clone();
    let mut expressions: Vec<String> =
        policy.origins.patterns.iter().map(|(_, expression)| expression.clone()).collect();
    match (policy.origins.any, policy.credentials) {
        (true, false) => exact = vec!["*".into()],
        (true, true) => expressions.push(patterns::ANY_ORIGIN.to_owned()),
        (false, _) => {}
    }
    if policy.origins.null && !policy.is_public() {
        exact.push("null".into());
    }
    map([
        ("accessControlAllowOriginList", json!(exact)),
        ("accessControlAllowOriginListRegex", json!(expressions)),
        ("accessControlAllowCredentials", if policy.credentials { json!(true) } else { Value::Null }),
        ("accessControlAllowMethods", json!(methods(policy))),
        ("accessControlAllowHeaders", json!(request_headers(policy))),
        ("accessControlExposeHeaders", json!(list(policy.exposed_headers.as_deref()))),
        ("accessControlMaxAge", policy.max_age.map_or(Value::Null, |seconds| json!(seconds))),
        ("addVaryHeader", if policy.varies_by_origin() { json!(true) } else { Value::Null }),
        ("customResponseHeaders", response),
    ])
}
