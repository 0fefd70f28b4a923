//! S3: the `CORSConfiguration` that `aws s3api put-bucket-cors --cors-configuration file://cors.json` takes.
//!
//! A rule has one `*` an origin, for any characters; of origins that browsers send, `https://*.app.example` takes in the same
//! as in a policy.

use serde_json::json;

use super::abilities::{Abilities, Credentials, Vary, Wildcards};
use super::{json as file, list, methods, only, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::Plan;

const ABILITIES: Abilities = Abilities {
    service: "S3",
    wildcards: Wildcards::OneStar,
    any_port: true,
    null: true,
    other_schemes: true,
    ipv6: true,
    origins: 100,
    credentials: Credentials::WhereNamed,
    any_with_credentials: false,
    methods: Some(&["GET", "PUT", "POST", "DELETE", "HEAD"]),
    any_method: [false, false],
    any_header: [true, true],
    any_header_with_authorization: true,
    any_exposed: false,
    max_age: (0, 86_400),
    own_max_age: None,
    preflight_status: 200,
    vary: Vary::OfOrigins,
    fixed_headers: false,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    let rules = only(plan, &ABILITIES, differences).filter(|policy| !policy.is_closed()).map(|policy| {
        let any_port = |origin: &String| origin.strip_suffix(":*").map(String::from);
        let all = origins(policy);
        // `http://localhost:*` needs a port there.
        let default_ports = all.iter().filter_map(any_port);
        let allowed: Vec<String> = all.iter().cloned().chain(default_ports).collect();
        // `*` grants Authorization too.
        let headers = request_headers(policy);
        let headers = if headers.iter().any(|name| name == "*") { vec!["*".into()] } else { headers };
        let mut rule = json!({ "AllowedOrigins": allowed, "AllowedMethods": methods(policy) });
        for (key, names) in
            [("AllowedHeaders", headers), ("ExposeHeaders", list(policy.exposed_headers.as_deref()))]
        {
            if !names.is_empty() {
                rule[key] = json!(names);
            }
        }
        if let Some(max_age) = policy.max_age {
            rule["MaxAgeSeconds"] = json!(max_age);
        }
        rule
    });
    file("cors.json", &json!({ "CORSRules": rules.into_iter().collect::<Vec<_>>() }))
}
