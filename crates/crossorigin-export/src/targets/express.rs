//! Express. The tables of the plan, and a program that answers by them.

use std::fmt::Write as _;

use crossorigin::server::TimingAllowOrigin;
use crossorigin_policy::Target as Answers;
use serde_json::{Value, json};

use super::{add_spellings, add_unreadable, preamble, shell_word};
use crate::difference::Differences;
use crate::patterns::Spelling;
use crate::plan::{Answer, Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target};

/// More exact origins than that are kept in a file of their own.
const MOST_IN_LINE: usize = 50;
/// What decides by the tables.
const DECISION: &str = include_str!("express_cors.js");
/// What serves by them.
const SERVER: &str = include_str!("express_server.js");
/// What stands in an application that is there already.
const MIDDLEWARE: &str = include_str!("express_middleware.js");

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    add_spellings(differences, &plan.policies);
    add_unreadable(differences, "Node.js");
    let mut files = Vec::new();
    let head = format!("\"use strict\";\n{}", preamble("//", Target::Express, options));
    let mut policies = "const policies = {\n".to_owned();
    for policy in &plan.policies {
        of_policy(&mut policies, policy, &mut files);
    }
    policies.push_str("};\n");
    if options.snippet {
        let text = format!("{head}\n{}{policies}\n{DECISION}\n{MIDDLEWARE}", usage(plan));
        files.insert(0, File::new("cors.cjs", text));
        return Export { files, start: None, warnings: Vec::new() };
    }
    let mut listeners = "// Rules are tried in this order.\nconst listeners = () => [\n".to_owned();
    for serving in &plan.listeners {
        of_listener(&mut listeners, plan, serving);
    }
    listeners.push_str("];\n");
    let limits = plan.limits;
    let limits = format!(
        "const LIMITS = {{
  headBytes: {},
  // In milliseconds.
  headTimeout: {},
  idleTimeout: {},
  upstreamTimeout: {},
}};
",
        limits.head_bytes,
        limits.head_timeout.as_millis(),
        limits.idle_timeout.as_millis(),
        limits.upstream_timeout.as_millis()
    );
    let package = json!({
        "private": true,
        "dependencies": { "express": "^5.0.0" },
        "engines": { "node": ">=18.3" },
    });
    let parts = [&head, &limits, &policies, &listeners, DECISION, SERVER];
    files.insert(0, File::new("package.json", format!("{package:#}\n")));
    files.insert(0, File::new("server.cjs", parts.join("\n")));
    let folder = options.folder.display().to_string();
    let start = format!("node {}", shell_word(&format!("{folder}/server.cjs")));
    Export { files, start: Some(start), warnings: Vec::new() }
}

/// How the middleware is used, route by route.
fn usage(plan: &Plan<'_>) -> String {
    let mut text =
        "// In the application, before what answers:\n//\n//   const { cors } = require(\"./cors.cjs\");\n"
            .to_owned();
    let mut written = std::collections::BTreeSet::new();
    for rule in plan.listeners.iter().flat_map(|serving| &serving.rules) {
        let Some(index) = rule.policy else { continue };
        let path = if rule.prefix.is_empty() { "/" } else { rule.prefix };
        let asks = !(rule.hosts.is_empty() && rule.extensions.is_empty() && rule.methods.is_empty());
        if written.insert((path, index, asks)) {
            let only = if asks { ", where all that the route asks for holds" } else { "" };
            let _ = writeln!(
                text,
                "//   app.use({}, cors({})); // Route {}{only}.",
                json!(path),
                key(&plan.policies[index].id),
                rule.number
            );
        }
    }
    text + "\n"
}

/// A regular expression between slashes.
fn expression(text: &str, flags: &str) -> String {
    // Slashes within brackets need no backslash, and bear one.
    format!("/{}/{flags}", text.replace('/', "\\/"))
}

fn of_policy(text: &mut String, policy: &Policy, files: &mut Vec<File>) {
    let _ = writeln!(text, "  {}: {{", key(&policy.id));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "    {name}: {value},");
    };
    let exact = &policy.origins.exact;
    if exact.len() > MOST_IN_LINE {
        let name = format!("origins_{}.json", policy.id);
        line("origins", &format!("new Set(require(\"./{name}\"))"));
        files.push(File::new(name, format!("{:#}\n", json!(exact))));
    } else {
        line("origins", &format!("new Set({})", json!(exact)));
    }
    let patterns: Vec<_> = policy.origins.expressions().iter().map(|own| expression(own, "")).collect();
    line("patterns", &format!("[{}]", patterns.join(", ")));
    line("isPublic", &policy.is_public().to_string());
    line("credentials", &policy.credentials.to_string());
    line("methods", &expression(&policy.methods.taken, ""));
    line("names", &expression(&policy.request_headers.taken, "i"));
    if let Some(but) = &policy.request_headers.but {
        line("butNames", &expression(but, "i"));
    }
    for (asked, fixed, echoes) in [
        (&policy.methods, "allowMethods", "echoesMethod"),
        (&policy.request_headers, "allowHeaders", "echoesNames"),
    ] {
        match &asked.answer {
            Answer::Echo => line(echoes, "true"),
            Answer::Fixed(Some(value)) => line(fixed, &json!(value).to_string()),
            Answer::Fixed(None) => {}
        }
    }
    if let Some(names) = &policy.exposed_headers {
        line("exposeHeaders", &json!(names).to_string());
    }
    if let Some(age) = policy.max_age {
        line("maxAge", &format!("\"{age}\""));
    }
    line("preflightStatus", &policy.preflight_status.to_string());
    match policy.timing_allow_origin {
        None => {}
        Some(TimingAllowOrigin::Any) => line("timing", "\"any\""),
        Some(TimingAllowOrigin::AllowedOrigins) => line("timing", "\"allowed\""),
    }
    if let Some(own) = policy.cross_origin_resource_policy {
        line("resourcePolicy", &format!("\"{}\"", own.as_str()));
    }
    if let Some(own) = &policy.forbids_but {
        line("own", &json!(own).to_string());
    }
    line("varies", &policy.varies_by_origin().to_string());
    text.push_str("  },\n");
}

/// A name in an object.
fn key(id: &str) -> String {
    Value::from(id).to_string()
}

fn of_listener(text: &mut String, plan: &Plan<'_>, serving: &Serving<'_>) {
    let address = serving.listener.address;
    let _ = writeln!(text, "  {{\n    host: \"{}\",\n    port: {},", address.ip(), address.port());
    if let Some(index) = serving.default_policy {
        let _ = writeln!(text, "    policy: {},", key(&plan.policies[index].id));
    }
    let refused: Vec<_> = serving.refused_paths().iter().map(|path| expression(path, "")).collect();
    let _ = writeln!(
        text,
        "    // Paths that servers read in different ways.\n    refused: [{}],",
        refused.join(", ")
    );
    text.push_str("    rules: [\n");
    for rule in &serving.rules {
        of_rule(text, plan, rule);
    }
    text.push_str("    ],\n  },\n");
}

fn of_rule(text: &mut String, plan: &Plan<'_>, rule: &Rule<'_>) {
    let _ = writeln!(text, "      {{");
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "        {name}: {value},");
    };
    line("path", &expression(&rule.path(Spelling::Decoded), ""));
    line("prefix", &json!(rule.prefix).to_string());
    line("hosts", &json!(rule.hosts).to_string());
    line("methods", &json!(rule.all_methods()).to_string());
    if let Some(index) = rule.policy {
        line("policy", &key(&plan.policies[index].id));
    }
    line("mostBytes", &rule.body_bytes.to_string());
    match rule.target {
        Answers::Files(folder) => {
            line("files", &format!("files({})", json!(folder.display().to_string())));
        }
        Answers::Upstream(upstreams) => {
            let upstream = upstreams.first();
            let host = upstream.host().unwrap_or_default().trim_matches(['[', ']']);
            let upstream = json!({ "host": host, "port": upstream.port_u16().unwrap_or(80) });
            line("upstream", &upstream.to_string());
        }
    }
    let _ = writeln!(text, "      }},");
}
