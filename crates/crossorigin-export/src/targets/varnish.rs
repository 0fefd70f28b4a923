//! Varnish. VCL has no variables: what is found out of a request is kept in headers of names that clients can't use, since
//! they are taken away first.

use std::fmt::Write as _;

use crossorigin::server::TimingAllowOrigin;
use crossorigin_policy::Target as Answers;

use super::{add_spellings, add_unreadable, preamble, refuse_files, shell_word};
use crate::difference::Differences;
use crate::patterns::{self, Spelling};
use crate::plan::{Answer, CHANGE_VARY, CORS_HEADERS, PREFLIGHT_VARY, Plan, Policy, Rule};
use crate::{Export, File, Options, Target};

/// Expressions have a largest size; exact origins are parted into several of at most so many bytes.
const MOST_BYTES: usize = 16 * 1024;

/// What is kept of a request.
const KEPT: [&str; 9] = [
    "cors-allowed",
    "cors-changes",
    "cors-forbidden",
    "cors-method",
    "cors-policy",
    "cors-preflight",
    "cors-refused",
    "cors-route",
    "cors-host",
];

const PASTED: &str = "\
# Below the first line of the VCL, before subroutines of its own: those of one name run one after the other, and what
# answers a preflight has to run first.
";

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    add_spellings(differences, &plan.policies);
    add_unreadable(differences, "Varnish");
    refuse_files(differences, plan, "Varnish");
    let mut text = String::new();
    if !options.snippet {
        text.push_str(&preamble("#", Target::Varnish, options));
        text.push_str("vcl 4.1;\n\nimport std;\n");
        backends(&mut text, plan);
    } else {
        text.push_str(PASTED);
        if plan.listeners.len() > 1 {
            text.push_str("# varnishd is to be started with these names of its sockets:\n");
        }
        for (nth, serving) in plan.listeners.iter().enumerate().filter(|_| plan.listeners.len() > 1) {
            let _ = writeln!(text, "#   -a listener_{}={}", nth + 1, serving.listener.address);
        }
        text.push_str("import std;\n");
    }
    for policy in &plan.policies {
        judge(&mut text, policy);
    }
    receive(&mut text, plan, options.snippet);
    tell(&mut text, plan, options.snippet);
    let folder = options.folder.display().to_string();
    let mut start = format!(
        "varnishd -F -T none -n {} -f {}",
        shell_word(&format!("{folder}/run")),
        shell_word(&format!("{folder}/cors.vcl"))
    );
    for (nth, serving) in plan.listeners.iter().enumerate() {
        let _ = write!(start, " -a listener_{}={}", nth + 1, serving.listener.address);
    }
    let _ = write!(
        start,
        " -p timeout_idle={} -p http_req_size={}",
        plan.limits.idle_timeout.as_secs(),
        plan.limits.head_bytes.max(256)
    );
    let files = vec![File::new("cors.vcl", text)];
    Export { files, start: (!options.snippet).then_some(start), warnings: Vec::new() }
}

fn rules<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = &'p Rule<'p>> {
    plan.listeners.iter().flat_map(|serving| &serving.rules)
}

fn backends(text: &mut String, plan: &Plan<'_>) {
    text.push_str("\nbackend none none;\n");
    let mut written = std::collections::BTreeSet::new();
    for rule in rules(plan) {
        let Answers::Upstream(upstreams) = rule.target else { continue };
        let upstream = upstreams.first();
        if !written.insert(rule.number) {
            continue;
        }
        let host = upstream.host().unwrap_or_default().trim_matches(['[', ']']);
        let (limits, timeout) = (plan.limits, plan.limits.upstream_timeout.as_millis());
        let _ = writeln!(
            text,
            "\nbackend route_{} {{
    .host = \"{host}\";
    .port = \"{}\";
    .connect_timeout = {}ms;
    .first_byte_timeout = {timeout}ms;
    .between_bytes_timeout = {timeout}ms;
}}",
            rule.number,
            upstream.port_u16().unwrap_or(80),
            limits.connect_timeout.as_millis(),
        );
    }
}

/// Whether a policy lets the request's origin read.
fn judge(text: &mut String, policy: &Policy) {
    let _ = writeln!(text, "\n# Policy {}.\nsub cors_{} {{", policy.name, policy.id);
    let mut line = |line: &str| {
        let _ = writeln!(text, "    {line}");
    };
    let mut expressions = policy.origins.expressions();
    expressions.extend(alternatives(&policy.origins.exact));
    for expression in expressions {
        line(&format!(
            "if (req.http.Origin ~ \"{expression}\") {{ set req.http.cors-allowed = req.http.Origin; }}"
        ));
    }
    let methods = &policy.methods;
    line("# A preflight is granted where its method and all of its headers are allowed.");
    line("if (req.http.cors-preflight) {");
    line(&format!(
        "    if (req.http.Access-Control-Request-Method !~ \"{}\") {{ unset req.http.cors-allowed; }}",
        methods.taken
    ));
    let names = &policy.request_headers;
    line("    if (req.http.Access-Control-Request-Headers) {");
    line(&format!(
        "        if (req.http.Access-Control-Request-Headers !~ \"(?i){}\") {{ unset req.http.cors-allowed; }}",
        names.taken
    ));
    if let Some(but) = &names.but {
        line(&format!(
            "        if (req.http.Access-Control-Request-Headers ~ \"(?i){but}\") {{ unset req.http.cors-allowed; }}"
        ));
    }
    line("    }");
    line("}");
    if policy.is_public() {
        line("# To everyone the answer is the same.");
        line("if (!req.http.cors-preflight || req.http.cors-allowed) { set req.http.cors-allowed = \"*\"; }");
    }
    if let Some(own) = &policy.forbids_but {
        line(
            "# Requests that change state, and WebSocket handshakes, from strangers; the service's own pages are none.",
        );
        line(
            "if (req.method !~ \"^(?:GET|HEAD|OPTIONS|TRACE)$\" || (req.http.Upgrade ~ \"(?i)^websocket$\" && req.http.Connection ~ \"(?i)(?:^|,)[ \\t]*upgrade[ \\t]*(?:,|$)\")) {",
        );
        line("    set req.http.cors-changes = \"1\";");
        line("    if (req.http.Origin && !req.http.cors-preflight && !req.http.cors-allowed) {");
        line(
            "        if (req.http.Sec-Fetch-Site && req.http.Sec-Fetch-Site != \"same-origin\") { set req.http.cors-forbidden = \"1\"; }",
        );
        line(&format!(
            "        if (!req.http.Sec-Fetch-Site && req.http.Origin != \"{own}\") {{ set req.http.cors-forbidden = \"1\"; }}"
        ));
        line("    }");
        line("}");
    }
    text.push_str("}\n");
}

/// Exact origins, as few expressions as can be.
fn alternatives(exact: &[String]) -> Vec<String> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut bytes = MOST_BYTES;
    for origin in exact {
        if bytes + origin.len() > MOST_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += origin.len() + 4;
        parts.last_mut().into_iter().for_each(|part| part.push(origin));
    }
    parts.into_iter().map(patterns::one_of).collect()
}

fn receive(text: &mut String, plan: &Plan<'_>, snippet: bool) {
    text.push_str("\nsub vcl_recv {\n");
    let mut line = |line: &str| {
        let _ = writeln!(text, "    {line}");
    };
    line("# Names of our own.");
    for kept in KEPT {
        line(&format!("unset req.http.{kept};"));
    }
    line("# Several lines become one, in which no origin is.");
    for name in
        ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Sec-Fetch-Site"]
    {
        line(&format!("std.collect(req.http.{name});"));
    }
    line("# A preflight: OPTIONS with Origin and Access-Control-Request-Method.");
    line("set req.http.cors-method = req.method;");
    line("if (req.method == \"OPTIONS\" && req.http.Origin && req.http.Access-Control-Request-Method) {");
    line("    set req.http.cors-preflight = \"1\";");
    line("    set req.http.cors-method = req.http.Access-Control-Request-Method;");
    line("}");
    line("set req.http.cors-host = std.tolower(regsub(req.http.Host, \"\\.?(:[0-9]*)?$\", \"\"));");
    for (nth, serving) in plan.listeners.iter().enumerate() {
        // What is pasted for one listener is for the only one.
        let is_told_apart = !snippet || plan.listeners.len() > 1;
        let indent = if is_told_apart { "    " } else { "" };
        if is_told_apart {
            line(&format!("if (local.socket == \"listener_{}\") {{", nth + 1));
        }
        let mut inside = |text: &str| line(&format!("{indent}{text}"));
        if let Some(index) = serving.default_policy {
            inside(&format!("set req.http.cors-policy = \"{}\";", plan.policies[index].id));
        }
        inside("# Paths that servers read in different ways; else the first route that takes the request.");
        let paths: Vec<_> =
            serving.refused_paths().iter().map(|path| format!("req.url ~ \"{path}\"")).collect();
        inside(&format!("if ({}) {{", paths.join("\n            || ")));
        inside("    set req.http.cors-refused = \"1\";");
        for rule in &serving.rules {
            inside(&format!("}} elseif ({}) {{", condition(rule)));
            inside(&format!("    set req.http.cors-route = \"{}\";", rule.number));
            match rule.policy {
                Some(index) => {
                    inside(&format!("    set req.http.cors-policy = \"{}\";", plan.policies[index].id));
                }
                None => inside("    unset req.http.cors-policy;"),
            }
        }
        inside("}");
        if is_told_apart {
            line("}");
        }
    }
    for policy in &plan.policies {
        line(&format!("if (req.http.cors-policy == \"{0}\") {{ call cors_{0}; }}", policy.id));
    }
    line("\n    # What is answered here.");
    line("if (req.http.cors-refused) { return (synth(400)); }");
    line("if (req.http.cors-forbidden) { return (synth(403)); }");
    for policy in &plan.policies {
        line(&format!(
            "if (req.http.cors-preflight && req.http.cors-policy == \"{}\") {{ return (synth({})); }}",
            policy.id, policy.preflight_status
        ));
    }
    if !snippet {
        line("if (!req.http.cors-route) { return (synth(404)); }");
        let mut written = std::collections::BTreeSet::new();
        for rule in rules(plan) {
            if written.insert(rule.number) {
                line(&format!("if (req.http.cors-route == \"{0}\") {{", rule.number));
                line(&format!(
                    "    if (std.integer(req.http.Content-Length, 0) > {}) {{ return (synth(413)); }}",
                    rule.body_bytes
                ));
                line(&format!("    set req.backend_hint = route_{};", rule.number));
                line("}");
            }
        }
        line("set req.http.X-Forwarded-For = client.ip;");
        line("set req.http.X-Forwarded-Host = req.http.Host;");
        line("set req.http.X-Forwarded-Proto = \"http\";");
        line(
            "# Nothing is kept. To let Varnish cache, leave this line out: CORS headers are given on delivery, so that one copy",
        );
        line("# serves all origins.");
        line("return (pass);");
    }
    text.push_str("}\n\nsub vcl_backend_fetch {\n");
    for kept in KEPT {
        let _ = writeln!(text, "    unset bereq.http.{kept};");
    }
    text.push_str("}\n");
}

fn condition(rule: &Rule<'_>) -> String {
    let mut all = vec![format!("req.url ~ \"{}\"", rule.path(Spelling::Sent))];
    if !rule.hosts.is_empty() {
        all.push(format!(
            "req.http.cors-host ~ \"{}\"",
            patterns::one_of(rule.hosts.iter().map(|host| &**host))
        ));
    }
    if !rule.methods.is_empty() {
        all.push(format!("req.http.cors-method ~ \"{}\"", patterns::one_of(rule.all_methods())));
    }
    all.join(" && ")
}

/// What every response says, Varnish's own among them.
fn tell(text: &mut String, plan: &Plan<'_>, snippet: bool) {
    text.push_str("\nsub cors_tell {\n    std.collect(resp.http.Vary);\n    if (req.http.cors-policy) {\n");
    for header in CORS_HEADERS {
        let _ = writeln!(text, "        unset resp.http.{header};");
    }
    text.push_str("    }\n    if (req.http.cors-allowed) { set resp.http.Access-Control-Allow-Origin = req.http.cors-allowed; }\n");
    for policy in &plan.policies {
        let _ = writeln!(text, "    if (req.http.cors-policy == \"{}\") {{", policy.id);
        of_policy(text, policy);
        text.push_str("    }\n");
    }
    text.push_str("}\n\nsub vcl_deliver {\n    call cors_tell;\n}\n\nsub vcl_synth {\n    call cors_tell;\n");
    // Pages for errors stay the pasting one's own.
    text.push_str(match snippet {
        true => "    if (req.http.cors-preflight && req.http.cors-policy) {\n        set resp.body = \"\";\n        return (deliver);\n    }\n",
        false => "    set resp.body = \"\";\n    return (deliver);\n",
    });
    text.push_str("}\n");
}

fn of_policy(text: &mut String, policy: &Policy) {
    let mut line = |line: &str| {
        let _ = writeln!(text, "        {line}");
    };
    let set = |header: &str, value: &str| match value.starts_with("req.") {
        true => format!("set resp.http.{header} = {value};"),
        false => format!("set resp.http.{header} = \"{value}\";"),
    };
    let mut granted = Vec::new();
    let mut read = Vec::new();
    if let Some(value) = policy.methods.answer.value("req.http.Access-Control-Request-Method") {
        granted.push(set("Access-Control-Allow-Methods", value));
    }
    match (
        &policy.request_headers.answer,
        policy.request_headers.answer.value("req.http.Access-Control-Request-Headers"),
    ) {
        (Answer::Echo, Some(value)) => granted.push(format!(
            "if (req.http.Access-Control-Request-Headers) {{ {} }}",
            set("Access-Control-Allow-Headers", value)
        )),
        (_, value) => granted.extend(value.map(|value| set("Access-Control-Allow-Headers", value))),
    }
    granted.extend(policy.max_age.map(|age| set("Access-Control-Max-Age", &age.to_string())));
    read.extend(policy.exposed_headers.as_ref().map(|names| set("Access-Control-Expose-Headers", names)));
    let of_origins = policy.timing_allow_origin == Some(TimingAllowOrigin::AllowedOrigins);
    read.extend(of_origins.then(|| set("Timing-Allow-Origin", "req.http.cors-allowed")));
    let mut always = Vec::new();
    always.extend(of_origins.then(|| "unset resp.http.Timing-Allow-Origin;".to_owned()));
    let is_any = policy.timing_allow_origin == Some(TimingAllowOrigin::Any);
    always.extend(is_any.then(|| set("Timing-Allow-Origin", "*")));
    let resource_policy = policy.cross_origin_resource_policy;
    always.extend(resource_policy.map(|own| set("Cross-Origin-Resource-Policy", own.as_str())));
    if policy.credentials {
        line("if (req.http.cors-allowed) { set resp.http.Access-Control-Allow-Credentials = \"true\"; }");
    }
    for (when, lines) in [
        ("req.http.cors-allowed && req.http.cors-preflight", &granted),
        ("!req.http.cors-preflight", &always),
        ("req.http.cors-allowed && !req.http.cors-preflight", &read),
    ] {
        if !lines.is_empty() {
            line(&format!("if ({when}) {{"));
            lines.iter().for_each(|own| line(&format!("    {own}")));
            line("}");
        }
    }
    let mut vary = |names: &str, when: &str| {
        line(&format!("if ({when}) {{"));
        for name in names.split(", ") {
            let listed = format!("(?i)(?:^|,)[ \\t]*(?:{name}|\\*)[ \\t]*(?:,|$)");
            line(&format!("    if (!resp.http.Vary) {{ set resp.http.Vary = \"{name}\"; }}"));
            line(&format!(
                "    elseif (resp.http.Vary !~ \"{listed}\") {{ set resp.http.Vary = resp.http.Vary + \", {name}\"; }}"
            ));
        }
        line("}");
    };
    vary(PREFLIGHT_VARY, "req.method == \"OPTIONS\"");
    if policy.forbids_but.is_some() {
        vary(CHANGE_VARY, "req.method != \"OPTIONS\" && req.http.cors-changes");
    }
    if policy.varies_by_origin() {
        vary("Origin", "req.method != \"OPTIONS\"");
    }
}
