//! Azure Storage: the properties that Set Blob Service Properties takes, and `az storage` and the SDKs send.

use super::abilities::{Abilities, Credentials, Told, Vary, Wildcards, example, member, refuse};
use super::{list, methods, only, origins, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::{Plan, Policy};

/// The most bytes of all rules together.
const MAX_BYTES: usize = 2048;

const ABILITIES: Abilities = Abilities {
    service: "Azure Storage",
    wildcards: Wildcards::Subdomains,
    any_port: false,
    null: false,
    other_schemes: false,
    ipv6: true,
    origins: 64,
    credentials: Credentials::WhereNamed,
    any_with_credentials: false,
    methods: Some(&["DELETE", "GET", "HEAD", "MERGE", "PATCH", "POST", "OPTIONS", "PUT"]),
    any_method: [false, false],
    any_header: [true, true],
    any_header_with_authorization: true,
    any_exposed: true,
    max_age: (0, 2_147_483_647),
    own_max_age: Some(0),
    preflight_status: 200,
    vary: Vary::OfOrigins,
    fixed_headers: false,
    refuses_requests: false,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    let policy = only(plan, &ABILITIES, differences).filter(|policy| !policy.is_closed());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<StorageServiceProperties>\n");
    match policy {
        None => text.push_str("  <Cors/>\n"),
        Some(policy) => {
            if policy.is_public() {
                refuse(
                    differences,
                    Told {
                        name: "preflight-credentials",
                        explanation: "Azure Storage grants preflights for requests with credentials, whose responses it \
                                      then lets nobody read"
                            .into(),
                        request: "OPTIONS / with Origin: https://any.example, Access-Control-Request-Method: PUT, before a \
                                  request with credentials"
                            .into(),
                        ours: "Access-Control-Allow-Origin: *, so that the PUT is not sent".into(),
                        theirs: "Access-Control-Allow-Credentials: true, so that it is".into(),
                        remedy: "list the origins, or accept this where nothing depends on cookies",
                    },
                );
            }
            let with_port = policy.origins.patterns.iter().find(|(item, _)| item.matches(':').count() == 2);
            if let Some((item, _)) = with_port.filter(|(item, _)| !item.ends_with(":*")) {
                let origin = member(item);
                refuse(
                    differences,
                    Told {
                        name: "port-beside-wildcard",
                        explanation: format!(
                            "Azure Storage takes no port beside a wildcard, so {item} can't be said"
                        ),
                        request: format!("GET / with Origin: {origin}"),
                        ours: format!("Access-Control-Allow-Origin: {origin}"),
                        theirs: "no Access-Control-Allow-Origin".into(),
                        remedy: "list the origins with their ports",
                    },
                );
            }
            // Others browsers write in upper case by themselves.
            if let Some(method) =
                methods(policy).iter().find(|method| ["PATCH", "MERGE"].contains(&method.as_str()))
            {
                let other = method.to_ascii_lowercase();
                refuse(
                    differences,
                    Told {
                        name: "method-case",
                        explanation: format!(
                            "Azure Storage compares methods in any case: with {method} it grants {other}"
                        ),
                        request: format!(
                            "OPTIONS / with Origin: {}, Access-Control-Request-Method: {other}",
                            example(policy)
                        ),
                        ours: "the preflight is not granted".into(),
                        theirs: "the preflight is granted".into(),
                        remedy: "leave the method out, or accept this: no service knows the other",
                    },
                );
            }
            let rule = rule(policy);
            if rule.len() > MAX_BYTES {
                refuse(
                    differences,
                    Told {
                        name: "too-large",
                        explanation: format!(
                            "Azure Storage takes {MAX_BYTES} bytes of rules, and these have {}",
                            rule.len()
                        ),
                        request: format!("GET / with Origin: {}", example(policy)),
                        ours: "Access-Control-Allow-Origin".into(),
                        theirs: "the whole configuration is refused".into(),
                        remedy: "allow fewer origins, or their common parent by a pattern",
                    },
                );
            }
            text.push_str(&rule);
        }
    }
    text.push_str("</StorageServiceProperties>\n");
    File::new("cors.xml", text)
}

fn rule(policy: &Policy) -> String {
    let headers = request_headers(policy);
    let headers = if headers.iter().any(|name| name == "*") { vec!["*".into()] } else { headers };
    let mut text = String::from("  <Cors>\n    <CorsRule>\n");
    for (name, values) in [
        ("AllowedOrigins", origins(policy)),
        ("AllowedMethods", methods(policy)),
        ("AllowedHeaders", headers),
        ("ExposedHeaders", list(policy.exposed_headers.as_deref())),
        ("MaxAgeInSeconds", vec![policy.max_age.unwrap_or(0).to_string()]),
    ] {
        let values = values.join(",").replace('&', "&amp;");
        text.push_str(&format!("      <{name}>{values}</{name}>\n"));
    }
    text + "    </CorsRule>\n  </Cors>\n"
}
