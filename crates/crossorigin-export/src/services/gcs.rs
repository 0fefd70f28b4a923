//! Google Cloud Storage: the list that `gcloud storage buckets update gs://BUCKET --cors-file=cors.json` takes.
//!
//! One list, `responseHeader`, is answered to preflights as allowed and to other requests as exposed.

use serde_json::json;

use super::abilities::{Abilities, Credentials, Told, Vary, Wildcards, example, refuse};
use super::{json as file, list, methods, only, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::{Plan, Policy};

const ABILITIES: Abilities = Abilities {
    service: "Cloud Storage",
    wildcards: Wildcards::None,
    any_port: false,
    null: false,
    other_schemes: false,
    ipv6: true,
    origins: 100,
    credentials: Credentials::Never,
    any_with_credentials: false,
    methods: Some(&["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"]),
    any_method: [true, false],
    any_header: [false, false],
    any_header_with_authorization: true,
    any_exposed: false,
    max_age: (0, 86_400),
    own_max_age: Some(3600),
    preflight_status: 200,
    vary: Vary::OfOrigins,
    fixed_headers: false,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    let entries = only(plan, &ABILITIES, differences).filter(|policy| !policy.is_closed()).map(|policy| {
        let headers = response_headers(policy, differences);
        let mut entry = json!({ "origin": origins(policy), "method": methods(policy) });
        if !headers.is_empty() {
            entry["responseHeader"] = json!(headers);
        }
        if let Some(max_age) = policy.max_age {
            entry["maxAgeSeconds"] = json!(max_age);
        }
        entry
    });
    file("cors.json", &json!(entries.into_iter().collect::<Vec<_>>()))
}

fn response_headers(policy: &Policy, differences: &mut Differences<'_>) -> Vec<String> {
    let (asked, exposed) = (request_headers(policy), list(policy.exposed_headers.as_deref()));
    if let Some(name) = exposed.iter().find(|name| !asked.contains(name)) {
        refuse(
            differences,
            Told {
                name: "one-header-list",
                explanation: format!(
                    "Cloud Storage has one list for both: what exposes {name} grants it to requests too"
                ),
                request: format!(
                    "OPTIONS / with Origin: {}, Access-Control-Request-Method: GET, Access-Control-Request-Headers: {name}",
                    example(policy)
                ),
                ours: "the preflight is not granted".into(),
                theirs: "the preflight is granted".into(),
                remedy: "give request_headers and exposed_headers the same names",
            },
        );
    } else if let Some(name) = asked.iter().find(|name| !exposed.contains(name)) {
        refuse(
            differences,
            Told {
                name: "one-header-list",
                explanation: format!(
                    "Cloud Storage has one list for both: what grants {name} to requests exposes it too"
                ),
                request: format!("GET / with Origin: {}", example(policy)),
                ours: format!("no {name} in Access-Control-Expose-Headers"),
                theirs: format!("Access-Control-Expose-Headers: {name}"),
                remedy: "give request_headers and exposed_headers the same names",
            },
        );
    }
    let mut headers: Vec<String> = asked.into_iter().chain(exposed).collect();
    headers.sort_unstable();
    headers.dedup();
    headers
}
