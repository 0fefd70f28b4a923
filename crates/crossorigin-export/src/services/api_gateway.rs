//! API Gateway's HTTP APIs: the configuration that
//! `aws apigatewayv2 update-api --api-id ID --cors-configuration file://cors.json` takes.

use serde_json::json;

use super::abilities::{Abilities, Credentials, Vary, Wildcards};
use super::{json as file, list, methods, only, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::Plan;

const ABILITIES: Abilities = Abilities {
    service: "API Gateway",
    wildcards: Wildcards::None,
    any_port: false,
    null: false,
    other_schemes: false,
    ipv6: true,
    origins: 100,
    credentials: Credentials::AsTold,
    any_with_credentials: false,
    methods: Some(&["GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]),
    any_method: [true, false],
    any_header: [true, false],
    any_header_with_authorization: false,
    any_exposed: true,
    max_age: (0, 86_400),
    own_max_age: None,
    preflight_status: 204,
    vary: Vary::None,
    fixed_headers: false,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    let mut cors = json!({});
    if let Some(policy) = only(plan, &ABILITIES, differences).filter(|policy| !policy.is_closed()) {
        cors = json!({
            "AllowOrigins": origins(policy),
            "AllowCredentials": policy.credentials,
            "AllowMethods": methods(policy),
        });
        for (key, names) in [
            ("AllowHeaders", request_headers(policy)),
            ("ExposeHeaders", list(policy.exposed_headers.as_deref())),
        ] {
            if !names.is_empty() {
                cors[key] = json!(names);
            }
        }
        if let Some(max_age) = policy.max_age {
            cors["MaxAge"] = json!(max_age);
        }
    }
    file("cors.json", &cors)
}
