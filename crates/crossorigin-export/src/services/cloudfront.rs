//! CloudFront: the response headers policy that
//! `aws cloudfront create-response-headers-policy --response-headers-policy-config file://policy.json` takes.
//!
//! CloudFront adds it to what the origin answers, preflights among it: the behaviour has to let OPTIONS through.

use serde_json::{Value, json};

use super::abilities::{Abilities, Credentials, Vary, Wildcards};
use super::{json as file, list, methods, only, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::Plan;

const ABILITIES: Abilities = Abilities {
    service: "CloudFront",
    wildcards: Wildcards::Subdomains,
    any_port: false,
    null: false,
    other_schemes: false,
    ipv6: true,
    origins: 100,
    credentials: Credentials::AsTold,
    any_with_credentials: false,
    methods: Some(&["GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]),
    any_method: [false, false],
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
    let policy = only(plan, &ABILITIES, differences);
    let items = |items: Vec<String>| json!({ "Quantity": items.len(), "Items": items });
    let mut config = json!({ "Name": "crossorigin", "Comment": "Written by crossorigin export" });
    if let Some(policy) = policy.filter(|policy| !policy.is_closed()) {
        let mut cors = json!({
            "AccessControlAllowOrigins": items(origins(policy)),
            "AccessControlAllowMethods": items(methods(policy)),
            "AccessControlAllowHeaders": items(request_headers(policy)),
            "AccessControlAllowCredentials": policy.credentials,
            "OriginOverride": true,
        });
        if policy.exposed_headers.is_some() {
            cors["AccessControlExposeHeaders"] = items(list(policy.exposed_headers.as_deref()));
        }
        if let Some(max_age) = policy.max_age {
            cors["AccessControlMaxAgeSec"] = json!(max_age);
        }
        config["CorsConfig"] = cors;
    }
    let fixed: Vec<Value> = policy
        .map_or_else(Vec::new, super::routes::fixed_headers)
        .into_iter()
        .map(|(name, value)| json!({ "Header": name, "Value": value, "Override": true }))
        .collect();
    if !fixed.is_empty() {
        config["CustomHeadersConfig"] = json!({ "Quantity": fixed.len(), "Items": fixed });
    }
    file("policy.json", &config)
}
