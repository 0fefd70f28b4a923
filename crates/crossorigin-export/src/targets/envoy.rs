//! Envoy. Its routes choose; a script decides, since the `cors` filter can't be exact: it never sends `Vary`, leaves the
//! upstream's own headers in, hands preflights that it does not grant to the upstream, and grants any method and header.

use std::fmt::Write as _;

use crossorigin::server::{OriginPattern, PortPattern, TimingAllowOrigin};
use crossorigin_policy::Target as Answers;
use http::Method;
use serde_json::{Value, json};

use super::{add_spellings, add_unreadable, preamble, refuse_files, shell_word};
use crate::difference::{Difference, Differences, Sender};
use crate::patterns::{self, Spelling};
use crate::plan::{Answer, Asked, Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target, yaml};

/// What decides by the tables.
const SCRIPT: &str = include_str!("envoy.lua");

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    add_spellings(differences, &plan.policies);
    add_unreadable(differences, "Envoy");
    refuse_files(differences, plan, "Envoy");
    for rule in plan.listeners.iter().flat_map(|serving| &serving.rules) {
        if rule.methods.contains(&Method::OPTIONS) {
            differences.add(Difference {
                name: "route-methods",
                explanation: format!(
                    "route {} names OPTIONS; Envoy can't tell OPTIONS from preflights that ask for other methods there",
                    rule.number
                ),
                request: format!("OPTIONS {}/ with Access-Control-Request-Method: PUT", rule.prefix),
                ours: "the route that takes PUT".into(),
                theirs: format!("route {}", rule.number),
                remedy: "leave OPTIONS out of `methods`: preflights go by the method that they ask for".into(),
                sender: Sender::Browser,
            });
        }
    }
    let folder = options.folder.display().to_string();
    let mut script = preamble("--", Target::Envoy, options);
    script.push_str("\nlocal POLICIES = {}\n");
    plan.policies.iter().for_each(|policy| of_policy(&mut script, policy));
    script.push('\n');
    script.push_str(SCRIPT);
    if options.snippet {
        let hosts: Vec<_> = plan.listeners.iter().flat_map(|serving| virtual_hosts(plan, serving)).collect();
        let part = json!({
            "http_filters": [filter(&folder)],
            "upgrade_configs": upgrades(),
            "virtual_hosts": hosts,
        });
        let text = format!(
            "{}# For the HttpConnectionManager: the filter stands before the router and before authentication. Each virtual host's\n\
             # routes come in place of yours; their clusters are to be named as yours are.\n{}",
            preamble("#", Target::Envoy, options),
            yaml::write(&part)
        );
        let files = vec![File::new("envoy.yaml", text), File::new("cors.lua", script)];
        return Export { files, start: None, warnings: Vec::new() };
    }
    let listeners: Vec<_> = plan
        .listeners
        .iter()
        .enumerate()
        .map(|(nth, serving)| listener(plan, serving, nth, &folder))
        .collect();
    let clusters = clusters(plan);
    let bootstrap = json!({
        "overload_manager": { "resource_monitors": [{
            "name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                "max_active_downstream_connections": plan.limits.connections,
            },
        }] },
        "static_resources": { "listeners": listeners, "clusters": clusters },
    });
    let mut text = preamble("#", Target::Envoy, options);
    text.push_str("# What is said of CORS is in cors.lua.\n");
    text.push_str(&yaml::write(&bootstrap));
    let files = vec![File::new("envoy.yaml", text), File::new("cors.lua", script)];
    let start =
        format!("envoy --disable-hot-restart -l warning -c {}", shell_word(&format!("{folder}/envoy.yaml")));
    Export { files, start: Some(start), warnings: Vec::new() }
}

/// A string of Lua.
/// Envoy refuses what it does not upgrade before any filter sees it: without the policy's headers.
fn upgrades() -> Value {
    json!([{ "upgrade_type": "websocket" }])
}

fn string(text: &str) -> String {
    Value::from(text).to_string()
}

fn of_policy(script: &mut String, policy: &Policy) {
    let _ = writeln!(script, "\n-- Policy {}.\nPOLICIES[{}] = {{", policy.name, string(&policy.id));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(script, "  {name} = {value},");
    };
    let set = |names: &[String]| {
        let listed: Vec<_> = names.iter().map(|name| format!("[{}] = true", string(name))).collect();
        format!("{{ {} }}", listed.join(", "))
    };
    let origins = &policy.origins;
    if origins.exact.is_empty() {
        line("origins", "{}");
    } else {
        let listed: String =
            origins.exact.iter().map(|own| format!("    [{}] = true,\n", string(own))).collect();
        line("origins", &format!("{{\n{listed}  }}"));
    }
    let patterns: Vec<_> = origins.patterns.iter().filter_map(|(item, _)| pattern(item)).collect();
    line("patterns", &format!("{{ {} }}", patterns.join(", ")));
    line("any", &origins.any.to_string());
    line("null", &origins.null.to_string());
    line("public", &policy.is_public().to_string());
    line("credentials", &policy.credentials.to_string());
    let safelisted = ["GET", "HEAD", "POST"].map(str::to_owned);
    line("methods", &set(&[&safelisted[..], &policy.methods.names].concat()));
    line("names", &set(&policy.request_headers.names));
    let mut answer = |asked: &Asked, fixed: &str, echoes: &str| match &asked.answer {
        Answer::Echo => line(echoes, "true"),
        Answer::Fixed(Some(value)) => line(fixed, &string(value)),
        Answer::Fixed(None) => {}
    };
    answer(&policy.methods, "allow_methods", "echoes_method");
    answer(&policy.request_headers, "allow_headers", "echoes_names");
    if let Some(names) = &policy.exposed_headers {
        line("expose_headers", &string(names));
    }
    if let Some(age) = policy.max_age {
        line("max_age", &format!("\"{age}\""));
    }
    line("preflight_status", &format!("\"{}\"", policy.preflight_status));
    match policy.timing_allow_origin {
        None => {}
        Some(TimingAllowOrigin::Any) => line("timing", "\"any\""),
        Some(TimingAllowOrigin::AllowedOrigins) => line("timing", "\"allowed\""),
    }
    if let Some(own) = policy.cross_origin_resource_policy {
        line("resource_policy", &string(own.as_str()));
    }
    if let Some(own) = &policy.forbids_but {
        line("own", &string(own));
    }
    line("varies", &policy.varies_by_origin().to_string());
    script.push_str("}\n");
}

fn pattern(item: &str) -> Option<String> {
    let pattern = OriginPattern::parse(item).ok()?;
    let port = match pattern.port() {
        PortPattern::Default => String::new(),
        PortPattern::Number(number) => number.to_string(),
        PortPattern::Any => "*".into(),
    };
    Some(format!(
        "{{ scheme = {}, subdomains = {}, host = {}, port = \"{port}\" }}",
        string(pattern.scheme()),
        pattern.has_subdomains(),
        string(pattern.host())
    ))
}

fn virtual_hosts(plan: &Plan<'_>, serving: &Serving<'_>) -> Vec<Value> {
    let hosts = serving.hosts();
    let of_hosts = hosts.iter().map(|host| {
        // With a port, and with the dot that ends a fully qualified name.
        let domains = [(*host).to_owned(), format!("{host}:*"), format!("{host}."), format!("{host}.:*")];
        json!({ "name": host, "domains": domains, "routes": routes(plan, serving, Some(host)) })
    });
    let others = json!({ "name": "others", "domains": ["*"], "routes": routes(plan, serving, None) });
    of_hosts.chain([others]).collect()
}

/// The filter that runs the script.
fn filter(folder: &str) -> Value {
    json!({
        "name": "envoy.filters.http.lua",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": { "filename": format!("{folder}/cors.lua") },
        },
    })
}

fn listener(plan: &Plan<'_>, serving: &Serving<'_>, nth: usize, folder: &str) -> Value {
    let limits = plan.limits;
    let address = serving.listener.address;
    json!({
        "name": format!("listener_{}", nth + 1),
        "address": { "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } },
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": format!("listener_{}", nth + 1),
                "use_remote_address": true,
                "skip_xff_append": true,
                "generate_request_id": false,
                "server_header_transformation": "PASS_THROUGH",
                "http_protocol_options": { "allow_custom_methods": needs_custom_methods(plan) },
                "normalize_path": false,
                "merge_slashes": false,
                "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
                "max_request_headers_kb": (limits.head_bytes / 1024).max(1),
                "request_headers_timeout": seconds(limits.head_timeout),
                "stream_idle_timeout": seconds(limits.upstream_timeout),
                "common_http_protocol_options": {
                    "idle_timeout": seconds(limits.idle_timeout),
                    "max_headers_count": limits.header_lines,
                    // A name with an underscore stands for one with a hyphen at some upstreams.
                    "headers_with_underscores_action": "REJECT_REQUEST",
                },
                "upgrade_configs": upgrades(),
                "route_config": {
                    "name": "routes",
                    "request_headers_to_remove": ["x-envoy-internal", "x-envoy-external-address"],
                    "request_headers_to_add": forwarded(),
                    "virtual_hosts": virtual_hosts(plan, serving),
                },
                "http_filters": [
                    filter(folder),
                    {
                        "name": "envoy.filters.http.router",
                        "typed_config": {
                            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                            "suppress_envoy_headers": true,
                        },
                    },
                ],
            },
        }] }],
    })
}

/// Methods that Envoy takes without being told.
const COMMON_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Whether pages may use methods that Envoy answers with 400 by itself. The setting is one that Envoy calls unfinished.
fn needs_custom_methods(plan: &Plan<'_>) -> bool {
    let of_policies = plan.policies.iter().flat_map(|policy| &policy.methods.names);
    let leaves_methods_open =
        plan.listeners.iter().flat_map(|own| &own.rules).any(|rule| rule.policy.is_none());
    leaves_methods_open || of_policies.into_iter().any(|name| !COMMON_METHODS.contains(&name.as_str()))
}

/// What the upstream is told of the client.
fn forwarded() -> Vec<Value> {
    let told = [
        ("X-Forwarded-For", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
        ("X-Forwarded-Host", "%REQ(:AUTHORITY)%"),
        ("X-Forwarded-Proto", "http"),
    ];
    let told = told.iter().map(|(key, value)| {
        json!({
            "header": { "key": key, "value": value },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        })
    });
    told.collect()
}

fn seconds(duration: std::time::Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

fn expression(text: &str) -> Value {
    json!({ "safe_regex": { "regex": patterns::whole(text) } })
}

fn metadata(plan: &Plan<'_>, policy: Option<usize>, answers: &str) -> Value {
    let mut own = serde_json::Map::new();
    if let Some(index) = policy {
        own.insert("policy".into(), json!(plan.policies[index].id));
    }
    if !answers.is_empty() {
        own.insert(answers.into(), json!(true));
    }
    json!({ "filter_metadata": { "envoy.filters.http.lua": own } })
}

fn routes(plan: &Plan<'_>, serving: &Serving<'_>, host: Option<&str>) -> Vec<Value> {
    let mut routes = Vec::new();
    for path in serving.refused_paths() {
        routes.push(json!({
            "match": expression(&path),
            "metadata": metadata(plan, serving.default_policy, "refuses"),
            "direct_response": { "status": 400 },
        }));
    }
    let is_of_host = |rule: &&Rule<'_>| {
        rule.hosts.is_empty() || host.is_some_and(|host| rule.hosts.iter().any(|own| **own == *host))
    };
    for rule in serving.rules.iter().filter(is_of_host) {
        for headers in methods(rule) {
            let mut matched = expression(&rule.path(Spelling::Sent));
            let mut route_metadata = metadata(plan, rule.policy, "");
            route_metadata["filter_metadata"]["envoy.filters.http.lua"]["most_bytes"] =
                json!(rule.body_bytes);
            matched["headers"] = headers;
            routes.push(json!({
                "match": matched,
                "metadata": route_metadata,
                "route": {
                    "cluster": format!("route_{}", rule.number),
                    // Event streams go on as long as something comes.
                    "timeout": "0s",
                    "idle_timeout": seconds(plan.limits.upstream_timeout),
                },
            }));
        }
    }
    routes.push(json!({
        "match": { "prefix": "/" },
        "metadata": metadata(plan, serving.default_policy, "answers"),
        "direct_response": { "status": 404 },
    }));
    routes
}

/// What a rule asks of the method: of a request's own, and of a preflight's.
fn methods(rule: &Rule<'_>) -> Vec<Value> {
    if rule.methods.is_empty() {
        return vec![json!([])];
    }
    let all = patterns::one_of(rule.all_methods());
    let exactly = |name: &str| json!({ "name": name, "string_match": { "safe_regex": { "regex": all } } });
    let preflight = json!([
        { "name": ":method", "string_match": { "exact": "OPTIONS" } },
        { "name": "origin", "present_match": true },
        exactly("access-control-request-method"),
    ]);
    vec![json!([exactly(":method")]), preflight]
}

fn clusters(plan: &Plan<'_>) -> Vec<Value> {
    let mut written = std::collections::BTreeSet::new();
    let rules = plan.listeners.iter().flat_map(|serving| &serving.rules);
    let rules = rules.filter(|rule| written.insert(rule.number));
    let clusters = rules.filter_map(|rule| {
        let Answers::Upstream(upstreams) = rule.target else { return None };
        let name = format!("route_{}", rule.number);
        let endpoint = |upstream: &http::Uri| {
            let address = json!({ "socket_address": {
                "address": upstream.host().unwrap_or_default().trim_matches(['[', ']']),
                "port_value": upstream.port_u16().unwrap_or(80),
            } });
            json!({ "endpoint": { "address": address } })
        };
        let endpoints: Vec<_> = upstreams.servers().iter().map(endpoint).collect();
        let endpoints = json!([{ "lb_endpoints": endpoints }]);
        Some(json!({
            "name": name,
            "type": "STRICT_DNS",
            "connect_timeout": seconds(plan.limits.connect_timeout),
            "load_assignment": { "cluster_name": name, "endpoints": endpoints },
        }))
    });
    clusters.collect()
}
