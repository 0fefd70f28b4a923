//! The Kubernetes Gateway API: `HTTPRoute`s with the `cors` filter, which v1.5 has.
//!
//! In an origin `*` stands for all labels to its left. What is left out of `maxAge` is 5 s, as browsers have it.

use serde_json::{Value, json};

use super::abilities::{Abilities, Credentials, Told, Vary, Wildcards, refuse};
use super::routes::{fixed_headers, judge_all, upstream};
use super::yaml::map;
use super::{list, methods, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::{CORS_HEADERS, Plan, Policy, Rule};
use crate::yaml::write as write_yaml;

const ABILITIES: Abilities = Abilities {
    service: "the Gateway API",
    wildcards: Wildcards::Subdomains,
    any_port: false,
    null: false,
    other_schemes: false,
    ipv6: false,
    origins: 64,
    credentials: Credentials::AsTold,
    any_with_credentials: false,
    methods: Some(&["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]),
    any_method: [true, false],
    any_header: [true, false],
    any_header_with_authorization: false,
    any_exposed: true,
    max_age: (1, 86_400),
    own_max_age: Some(5),
    preflight_status: 200,
    vary: Vary::Every,
    fixed_headers: true,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    judge_all(plan, &ABILITIES, differences);
    if let Some(rule) = plan.routes.iter().find(|rule| !rule.extensions.is_empty()) {
        let extension = rule.extensions.first().map_or("", |extension| extension);
        refuse(
            differences,
            Told {
                name: "extensions",
                explanation: "the Gateway API has no match for extensions that every gateway knows".into(),
                request: format!("GET {}/x.{extension} with Origin: https://any.example", rule.prefix),
                ours: format!("what route {} says", rule.number),
                theirs: "what the next route says, or 404".into(),
                remedy: "part the routes by path",
            },
        );
    }
    // Hosts stand above the rules: those of one list of hosts go together.
    let mut groups: Vec<(&[Box<str>], Vec<&Rule<'_>>)> = Vec::new();
    for rule in &plan.routes {
        match groups.iter_mut().find(|(hosts, _)| *hosts == rule.hosts) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((rule.hosts, vec![rule])),
        }
    }
    let comment = "# Written by `crossorigin export --to gateway-api`. Change the policy file and export again.\n\
                   # Name your Gateway under parentRefs, and your Services under backendRefs.\n";
    let documents = groups.iter().enumerate().map(|(index, (hosts, rules))| {
        let hosts: Vec<&str> = hosts.iter().map(|host| &**host).collect();
        let rules: Vec<Value> = rules.iter().map(|rule| of_rule(rule, plan)).collect();
        let name = if index == 0 { "crossorigin".to_owned() } else { format!("crossorigin-{}", index + 1) };
        write_yaml(&map([
            ("apiVersion", json!("gateway.networking.k8s.io/v1")),
            ("kind", json!("HTTPRoute")),
            ("metadata", map([("name", json!(name))])),
            (
                "spec",
                map([
                    ("parentRefs", Value::Array(vec![map([("name", json!("crossorigin"))])])),
                    ("hostnames", json!(hosts)),
                    ("rules", Value::Array(rules)),
                ]),
            ),
        ]))
    });
    File::new("http-route.yaml", format!("{comment}{}", documents.collect::<Vec<_>>().join("---\n")))
}

fn of_rule(rule: &Rule<'_>, plan: &Plan<'_>) -> Value {
    let path = if rule.prefix.is_empty() { "/" } else { rule.prefix };
    let path = map([("type", json!("PathPrefix")), ("value", json!(path))]);
    let mut matches = Vec::new();
    for method in rule.methods {
        matches.push(map([("path", path.clone()), ("method", json!(method.as_str()))]));
        // A preflight goes where the method goes that it asks for.
        let asked =
            map([("name", json!("Access-Control-Request-Method")), ("value", json!(method.as_str()))]);
        matches.push(map([
            ("path", path.clone()),
            ("headers", Value::Array(vec![asked])),
            ("method", json!("OPTIONS")),
        ]));
    }
    if matches.is_empty() {
        matches.push(map([("path", path)]));
    }
    let policy = rule.policy.and_then(|index| plan.policies.get(index));
    let (host, port) = upstream(rule);
    map([
        ("matches", Value::Array(matches)),
        ("filters", Value::Array(policy.map_or_else(Vec::new, filters))),
        (
            "backendRefs",
            Value::Array(vec![map([("name", json!(service_name(&host))), ("port", json!(port))])]),
        ),
    ])
}

/// A Service has a name, and no address.
fn service_name(host: &str) -> String {
    let is_label =
        host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && host.starts_with(|char: char| char.is_ascii_lowercase());
    if is_label { host.to_owned() } else { "backend".to_owned() }
}

fn filters(policy: &Policy) -> Vec<Value> {
    let header = |(name, value): (&str, String)| map([("name", json!(name)), ("value", json!(value))]);
    let vary = policy.varies_by_origin().then(|| header(("Vary", "Origin".into())));
    let set: Vec<Value> = fixed_headers(policy).into_iter().map(header).collect();
    let modifier = map([
        ("type", json!("ResponseHeaderModifier")),
        (
            "responseHeaderModifier",
            map([
                ("set", Value::Array(set)),
                ("add", Value::Array(vary.into_iter().collect())),
                ("remove", json!(CORS_HEADERS)),
            ]),
        ),
    ]);
    let cors = map([
        ("type", json!("CORS")),
        (
            "cors",
            map([
                ("allowOrigins", json!(origins(policy))),
                ("allowCredentials", if policy.credentials { json!(true) } else { Value::Null }),
                ("allowMethods", json!(methods(policy))),
                ("allowHeaders", json!(request_headers(policy))),
                ("exposeHeaders", json!(list(policy.exposed_headers.as_deref()))),
                ("maxAge", policy.max_age.map_or(Value::Null, |seconds| json!(seconds))),
            ]),
        ),
    ]);
    if policy.is_closed() { vec![modifier] } else { vec![cors, modifier] }
}
