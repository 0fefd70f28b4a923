//! Cloudflare R2: the rules that `wrangler r2 bucket cors set BUCKET --file cors.json` takes.

use serde_json::json;

use super::abilities::{Abilities, Credentials, Vary, Wildcards};
use super::{json as file, list, methods, only, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::Plan;

const ABILITIES: Abilities = Abilities {
    service: "R2",
    wildcards: Wildcards::None,
    any_port: false,
    null: false,
    other_schemes: false,
    ipv6: true,
    origins: 100,
    credentials: Credentials::Never,
    any_with_credentials: false,
    methods: Some(&["GET", "PUT", "POST", "DELETE", "HEAD"]),
    any_method: [false, false],
    any_header: [true, false],
    any_header_with_authorization: true,
    any_exposed: false,
    max_age: (0, 86_400),
    own_max_age: None,
    preflight_status: 204,
    vary: Vary::OfOrigins,
    fixed_headers: false,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    let rules = only(plan, &ABILITIES, differences).filter(|policy| !policy.is_closed()).map(|policy| {
        let headers = request_headers(policy);
        let headers = if headers.iter().any(|name| name == "*") { vec!["*".into()] } else { headers };
        let mut allowed = json!({ "origins": origins(policy), "methods": methods(policy) });
        if !headers.is_empty() {
            allowed["headers"] = json!(headers);
        }
        let mut rule = json!({ "allowed": allowed });
        if policy.exposed_headers.is_some() {
            rule["exposeHeaders"] = json!(list(policy.exposed_headers.as_deref()));
        }
        if let Some(max_age) = policy.max_age {
            rule["maxAgeSeconds"] = json!(max_age);
        }
        rule
    });
    file("cors.json", &json!({ "rules": rules.into_iter().collect::<Vec<_>>() }))
}
