//! What services with routes have in common.

use crossorigin::server::TimingAllowOrigin;
use crossorigin_policy::Target;

use super::abilities::{Abilities, Told, judge, refuse};
use crate::difference::Differences;
use crate::plan::{Plan, Policy, Rule};

/// Judges all policies of the routes, and what no route takes.
pub(super) fn judge_all(plan: &Plan<'_>, abilities: &Abilities, differences: &mut Differences<'_>) {
    for policy in &plan.policies {
        judge(policy, abilities, differences);
    }
    let has_root = plan.routes.iter().any(|rule| rule.prefix.is_empty() && rule.hosts.is_empty());
    let default = plan.listeners.iter().find_map(|serving| serving.default_policy);
    if let Some(policy) = default.and_then(|index| plan.policies.get(index)).filter(|_| !has_root) {
        refuse(
            differences,
            Told {
                name: "default-policy",
                explanation: format!("{} has no CORS headers for what no route takes", abilities.service),
                request: "GET /no-such-path with Origin: https://any.example".into(),
                ours: format!("404 with the headers of the policy {}", policy.name),
                theirs: "404 without CORS headers".into(),
                remedy: "leave default_policy out, or write a route for /",
            },
        );
    }
    let files = plan.routes.iter().find(|rule| matches!(rule.target, Target::Files(_)));
    if let Some(rule) = files {
        refuse(
            differences,
            Told {
                name: "files",
                explanation: format!(
                    "route {} serves a folder, which {} does not",
                    rule.number, abilities.service
                ),
                request: format!("GET {}/index.html", rule.prefix),
                ours: "the file".into(),
                theirs: "404".into(),
                remedy: "give the route an upstream that serves the folder",
            },
        );
    }
}

/// Headers that every response gets alike.
pub(super) fn fixed_headers(policy: &Policy) -> Vec<(&'static str, String)> {
    let timing = match policy.timing_allow_origin {
        Some(TimingAllowOrigin::Any) => Some("*".to_owned()),
        Some(TimingAllowOrigin::AllowedOrigins) if policy.is_public() => Some("*".to_owned()),
        _ => None,
    };
    let resource_policy = policy.cross_origin_resource_policy.map(|policy| policy.as_str().to_owned());
    let timing = timing.map(|value| ("Timing-Allow-Origin", value));
    timing.into_iter().chain(resource_policy.map(|value| ("Cross-Origin-Resource-Policy", value))).collect()
}

/// The host and the port of a route's upstream.
pub(super) fn upstream(rule: &Rule<'_>) -> (String, u16) {
    match rule.target {
        Target::Upstream(upstreams) => (
            upstreams.first().host().unwrap_or("backend").to_owned(),
            upstreams.first().port_u16().unwrap_or(80),
        ),
        Target::Files(_) => ("backend".to_owned(), 80),
    }
}

/// A name for a policy's part of a document: lower case, digits and hyphens.
pub(super) fn label(policy: &Policy) -> String {
    policy.id.to_ascii_lowercase().replace('_', "-").trim_matches('-').to_owned()
}
