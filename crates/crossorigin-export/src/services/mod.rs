//! Services that take a policy as a document: one file each. Nothing here is proven by running the service.

mod abilities;
mod api_gateway;
mod azure_storage;
mod cloudfront;
mod gateway_api;
mod gcs;
mod istio;
mod r2;
mod routes;
mod s3;
mod spring;
mod traefik;
mod yaml;

use crate::difference::Differences;
use crate::plan::{Answer, Plan, Policy};
use crate::target::Target;
use crate::{Export, File};
use abilities::{Abilities, SAFELISTED, Told, judge, refuse};

/// Writes the document of a service; `None` where the target is none.
pub(crate) fn write(target: Target, plan: &Plan<'_>, differences: &mut Differences<'_>) -> Export {
    let file = match target {
        Target::Istio => istio::write(plan, differences),
        Target::GatewayApi => gateway_api::write(plan, differences),
        Target::Traefik => traefik::write(plan, differences),
        Target::CloudFront => cloudfront::write(plan, differences),
        Target::ApiGateway => api_gateway::write(plan, differences),
        Target::Gcs => gcs::write(plan, differences),
        Target::AzureStorage => azure_storage::write(plan, differences),
        Target::R2 => r2::write(plan, differences),
        Target::Spring => spring::write(plan, differences),
        _ => s3::write(plan, differences),
    };
    Export { files: vec![file], start: None, warnings: Vec::new() }
}

/// The one policy of a service that has no routes; that of the first route where there are several, which is refused.
fn only<'p>(
    plan: &'p Plan<'_>,
    abilities: &Abilities,
    differences: &mut Differences<'_>,
) -> Option<&'p Policy> {
    let mut used: Vec<Option<usize>> = plan.routes.iter().map(|rule| rule.policy).collect();
    if used.is_empty() {
        used.extend((0..plan.policies.len()).map(Some));
    }
    used.dedup();
    let first = used.first().copied().flatten().and_then(|index| plan.policies.get(index));
    let narrowed = plan
        .routes
        .iter()
        .find(|rule| !rule.hosts.is_empty() || !rule.extensions.is_empty() || !rule.methods.is_empty());
    let name = |index: Option<usize>| {
        index
            .and_then(|index| plan.policies.get(index))
            .map_or("pass_through", |policy| &*policy.name)
            .to_owned()
    };
    if used.len() > 1 {
        let path = plan.routes.get(1).map_or("/", |rule| rule.prefix);
        refuse(
            differences,
            Told {
                name: "several-policies",
                explanation: format!(
                    "{} has one policy for everything, and this file has several",
                    abilities.service
                ),
                request: format!("GET {path}/ with Origin: https://any.example"),
                ours: format!("what the policy {} says", name(used[1])),
                theirs: format!("what the policy {} says", name(used[0])),
                remedy: "write a file for each bucket or service, with one policy",
            },
        );
    } else if let Some(rule) = narrowed {
        refuse(
            differences,
            Told {
                name: "routes",
                explanation: format!(
                    "{} has one policy for everything, whatever a route asks for",
                    abilities.service
                ),
                request: format!(
                    "GET {}/ that the route does not take, with Origin: https://any.example",
                    rule.prefix
                ),
                ours: "404".into(),
                theirs: "what the policy says".into(),
                remedy: "leave host, extensions and methods out of the route",
            },
        );
    }
    if let (Some(None), Some(rule)) = (used.first(), plan.routes.first()) {
        refuse(
            differences,
            Told {
                name: "pass-through",
                explanation: format!(
                    "{} answers by itself: there is no upstream to leave CORS to",
                    abilities.service
                ),
                request: format!("GET {}/ with Origin: https://any.example", rule.prefix),
                ours: "the upstream's own CORS headers".into(),
                theirs: "no CORS header".into(),
                remedy: "name a policy in the route",
            },
        );
    }
    if let Some(policy) = first {
        judge(policy, abilities, differences);
    }
    first
}

/// The methods of a policy, those that need no permission among them; `*` alone for all.
fn methods(policy: &Policy) -> Vec<String> {
    let mut methods: Vec<String> = SAFELISTED.map(String::from).to_vec();
    match &policy.methods.answer {
        Answer::Echo => return vec!["*".into()],
        Answer::Fixed(Some(value)) if value.split(',').any(|name| name == "*") => return vec!["*".into()],
        Answer::Fixed(Some(value)) => methods.extend(value.split(',').map(String::from)),
        Answer::Fixed(None) => {}
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// The request headers of a policy; `*` alone, or with `authorization`, for all.
fn request_headers(policy: &Policy) -> Vec<String> {
    match &policy.request_headers.answer {
        Answer::Echo => vec!["*".into()],
        Answer::Fixed(value) => list(value.as_deref()),
    }
}

fn list(value: Option<&str>) -> Vec<String> {
    value.map_or_else(Vec::new, |value| value.split(',').map(String::from).collect())
}

/// All items of `origins`, patterns as they are written in policies.
fn origins(policy: &Policy) -> Vec<String> {
    if policy.origins.any {
        return vec!["*".into()];
    }
    let patterns = policy.origins.patterns.iter().map(|(item, _)| item.clone());
    let null = policy.origins.null.then(|| "null".to_owned());
    policy.origins.exact.iter().cloned().chain(patterns).chain(null).collect()
}

/// A JSON document as a file.
fn json(name: &str, value: &serde_json::Value) -> File {
    File::new(name, format!("{value:#}\n"))
}
