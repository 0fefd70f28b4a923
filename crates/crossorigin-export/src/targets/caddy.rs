//! Caddy. Everything stands in a `route`, since outside of one Caddy puts directives in an order of its own.

use std::fmt::Write as _;

use crossorigin::server::TimingAllowOrigin;
use crossorigin_policy::Target as Answers;

use super::{add_spellings, add_unreadable, preamble, shell_word};
use crate::difference::Differences;
use crate::patterns::{self, Spelling};
use crate::plan::{Answer, CHANGE_VARY, CORS_HEADERS, PREFLIGHT_VARY, Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target};

/// More exact origins than that are kept in a file of their own.
const MOST_IN_LINE: usize = 50;
/// What stands for no origin that is allowed, and for no route.
const NONE: &str = "none";
const ROUTE: &str = "{http.vars.cors_route}";
const ORIGIN: &str = "{http.request.header.Origin}";
const METHOD: &str = "{http.request.header.Access-Control-Request-Method}";
const NAMES: &str = "{http.request.header.Access-Control-Request-Headers}";

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    add_spellings(differences, &plan.policies);
    add_unreadable(differences, "Caddy");
    let folder = options.folder.display().to_string();
    let mut files = Vec::new();
    let mut text = String::new();
    if !options.snippet {
        text.push_str(&preamble("#", Target::Caddy, options));
        let limits = plan.limits;
        let _ = writeln!(
            text,
            "{{
    admin off
    auto_https off
    storage file_system {}
    servers {{
        timeouts {{
            read_header {}ms
            idle {}ms
        }}
        max_header_size {}
    }}
}}",
            quoted(&format!("{folder}/data")),
            limits.head_timeout.as_millis(),
            limits.idle_timeout.as_millis(),
            limits.head_bytes
        );
    }
    for serving in &plan.listeners {
        site(&mut text, plan, serving, options.snippet, &mut files);
    }
    files.insert(0, File::new("Caddyfile", text));
    let start =
        format!("caddy run --config {} --adapter caddyfile", shell_word(&format!("{folder}/Caddyfile")));
    Export { files, start: (!options.snippet).then_some(start), warnings: Vec::new() }
}

/// A token that is read as it is.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn is(left: &str, right: &str) -> String {
    format!("{left} == \"{right}\"")
}

fn is_not(left: &str, right: &str) -> String {
    format!("{left} != \"{right}\"")
}

fn matches(value: &str, expression: &str) -> String {
    format!("{value}.matches(r\"{expression}\")")
}

/// Lines of one depth.
struct Lines<'t> {
    text: &'t mut String,
    depth: usize,
}

impl Lines<'_> {
    fn add(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}{line}", "    ".repeat(self.depth));
    }

    /// A named matcher of all these conditions. One expression says them, for of several `vars` in a matcher one is enough.
    fn matcher(&mut self, name: &str, conditions: &[String]) {
        self.add(&format!("@{name} expression `{}`", conditions.join(" && ")));
    }
}

fn site(text: &mut String, plan: &Plan<'_>, serving: &Serving<'_>, snippet: bool, files: &mut Vec<File>) {
    let mut lines = Lines { text, depth: 0 };
    if snippet {
        let address = serving.listener.address;
        lines.add(&format!(
            "# In the block of the site at {address}, in place of its reverse_proxy and file_server."
        ));
    } else {
        let address = serving.listener.address;
        lines.add(&format!("\n:{} {{", address.port()));
        lines.depth = 1;
        lines.add(&format!("bind {}", address.ip()));
    }
    lines.add("route {");
    lines.depth += 1;
    lines.add("# A preflight: OPTIONS with Origin and Access-Control-Request-Method.");
    lines.matcher(
        "preflight",
        &[is("{http.request.method}", "OPTIONS"), is_not(ORIGIN, ""), is_not(METHOD, "")],
    );
    lines.add(&format!("vars cors_route {NONE}"));
    lines.add("vars cors_preflight no");
    lines.add("vars cors_method {method}");
    lines.add(&format!("vars @preflight cors_method {METHOD}"));
    lines.add("vars @preflight cors_preflight yes");
    if let Some(index) = serving.default_policy {
        lines.add(&format!("vars cors_policy {}", plan.policies[index].id));
    }
    lines.add("");
    lines.add("# Paths that servers read in different ways; else the first route that takes the request.");
    for (nth, path) in serving.refused_paths().iter().enumerate() {
        lines.matcher(&format!("refused_{nth}"), &[matches("{http.request.orig_uri}", path)]);
        lines.add(&format!("vars @refused_{nth} cors_route refused"));
    }
    for rule in &serving.rules {
        choose(&mut lines, rule, plan);
    }
    for policy in used(plan, serving) {
        judge(&mut lines, policy, files);
        tell(&mut lines, policy);
    }
    lines.add("");
    lines.add("# What is answered here.");
    lines.matcher("refused", &[is(ROUTE, "refused")]);
    lines.add("respond @refused 400");
    for policy in used(plan, serving) {
        let id = &policy.id;
        if policy.forbids_but.is_some() {
            lines.add(&format!("respond @{id}_forbidden 403"));
        }
        lines.add(&format!("respond @{id}_preflight {}", policy.preflight_status));
    }
    for rule in &serving.rules {
        serve(&mut lines, rule, plan);
    }
    lines.add("respond 404");
    lines.depth -= 1;
    lines.add("}");
    if !snippet {
        lines.depth = 0;
        lines.add("}");
    }
}

/// The policies that requests to a listener may come under.
fn used<'p>(plan: &'p Plan<'_>, serving: &Serving<'_>) -> Vec<&'p Policy> {
    let is_used = |index: usize| {
        serving.default_policy == Some(index) || serving.rules.iter().any(|rule| rule.policy == Some(index))
    };
    plan.policies.iter().enumerate().filter(|(index, _)| is_used(*index)).map(|(_, policy)| policy).collect()
}

fn choose(lines: &mut Lines<'_>, rule: &Rule<'_>, plan: &Plan<'_>) {
    let mut conditions =
        vec![is(ROUTE, NONE), matches("{http.request.uri.path}", &rule.path(Spelling::Decoded))];
    if !rule.hosts.is_empty() {
        let hosts = rule.hosts.iter().map(|host| patterns::literal(host)).collect::<Vec<_>>().join("|");
        conditions.push(matches("{http.request.host}", &format!("(?i)^(?:{hosts})\\.?$")));
    }
    if !rule.methods.is_empty() {
        let methods = patterns::one_of(rule.all_methods());
        conditions.push(matches("{http.vars.cors_method}", &methods));
    }
    lines.matcher(&format!("takes_{}", rule.number), &conditions);
    let policy = rule.policy.map_or("left_to_the_upstream", |index| &plan.policies[index].id);
    lines.add(&format!("vars @takes_{} cors_policy {policy}", rule.number));
    lines.add(&format!("vars @takes_{0} cors_route route_{0}", rule.number));
}

/// Matchers that say whether a policy lets the request's origin read.
fn judge(lines: &mut Lines<'_>, policy: &Policy, files: &mut Vec<File>) {
    let id = &policy.id;
    lines.add("");
    lines.add(&format!("# Policy {}.", policy.name));
    let exact = policy.origins.exact.iter().map(|origin| format!("{} {}", quoted(origin), quoted(origin)));
    let exact: Vec<_> = exact.collect();
    lines.add(&format!("map {ORIGIN} {{cors_{id}_origin}} {{"));
    if exact.len() > MOST_IN_LINE {
        let name = format!("origins_{id}.caddy");
        lines.add(&format!("    import {name}"));
        files.push(File::new(name, exact.join("\n") + "\n"));
    } else {
        exact.iter().for_each(|line| lines.add(&format!("    {line}")));
    }
    for expression in policy.origins.expressions() {
        lines.add(&format!("    {} ${{0}}", quoted(&format!("~{expression}"))));
    }
    lines.add(&format!("    default {NONE}"));
    lines.add("}");
    let own = is("{http.vars.cors_policy}", id);
    let is_preflight = is("{http.vars.cors_preflight}", "yes");
    let is_other = is("{http.vars.cors_preflight}", "no");
    let is_allowed = is_not(&format!("{{cors_{id}_origin}}"), NONE);
    let mut granted = vec![
        own.clone(),
        is_preflight.clone(),
        is_allowed.clone(),
        matches(METHOD, &policy.methods.taken),
        matches(NAMES, &format!("(?i){}", policy.request_headers.taken)),
    ];
    if let Some(but) = &policy.request_headers.but {
        granted.push(format!("!{}", matches(NAMES, &format!("(?i){but}"))));
    }
    lines.matcher(&format!("{id}_preflight"), &[own.clone(), is_preflight]);
    lines.matcher(&format!("{id}_granted"), &granted);
    if matches!(policy.request_headers.answer, Answer::Echo) {
        granted.push(is_not(NAMES, ""));
        lines.matcher(&format!("{id}_granted_names"), &granted);
    }
    let mut read = vec![own.clone(), is_other.clone()];
    lines.matcher(&format!("{id}_asked"), &read);
    if !policy.is_public() {
        read.push(is_allowed);
    }
    lines.matcher(&format!("{id}_read"), &read);
    let method = "{http.request.method}";
    lines.matcher(&format!("{id}_options"), &[own.clone(), is(method, "OPTIONS")]);
    lines.matcher(&format!("{id}_other"), &[own.clone(), is_not(method, "OPTIONS")]);
    let Some(public) = &policy.forbids_but else { return };
    lines.add("# Requests that change state, and WebSocket handshakes, from strangers; the service's own pages are none.");
    let websocket = [
        matches("{http.request.header.Upgrade}", "(?i)^websocket$"),
        matches("{http.request.header.Connection}", "(?i)(?:^|,)[ \\t]*upgrade[ \\t]*(?:,|$)"),
    ];
    let changes =
        format!("(!{} || ({}))", matches(method, "^(?:GET|HEAD|OPTIONS|TRACE)$"), websocket.join(" && "));
    lines.matcher(&format!("{id}_changing"), &[own.clone(), changes.clone(), is_not(method, "OPTIONS")]);
    let site = "{http.request.header.Sec-Fetch-Site}";
    let conditions = [
        own,
        changes,
        is_other,
        is_not(ORIGIN, ""),
        is(&format!("{{cors_{id}_origin}}"), NONE),
        is_not(site, "same-origin"),
        format!("!({} && {})", is(site, ""), is(ORIGIN, public)),
    ];
    lines.matcher(&format!("{id}_forbidden"), &conditions);
}

/// What a policy's responses say.
fn tell(lines: &mut Lines<'_>, policy: &Policy) {
    let id = &policy.id;
    let allowed = if policy.is_public() { "*".to_owned() } else { ORIGIN.to_owned() };
    let mut header = |when: &str, name: &str, value: &str| {
        let value = if value.starts_with('{') { value.to_owned() } else { quoted(value) };
        lines.add(&format!("header @{id}_{when} {name} {value}"));
    };
    for when in ["granted", "read"] {
        header(when, "Access-Control-Allow-Origin", &allowed);
        if policy.credentials {
            header(when, "Access-Control-Allow-Credentials", "true");
        }
    }
    if let Some(value) = policy.methods.answer.value(METHOD) {
        header("granted", "Access-Control-Allow-Methods", value);
    }
    if let Some(value) = policy.request_headers.answer.value(NAMES) {
        let when =
            if matches!(policy.request_headers.answer, Answer::Echo) { "granted_names" } else { "granted" };
        header(when, "Access-Control-Allow-Headers", value);
    }
    if let Some(age) = policy.max_age {
        header("granted", "Access-Control-Max-Age", &age.to_string());
    }
    if let Some(names) = &policy.exposed_headers {
        header("read", "Access-Control-Expose-Headers", names);
    }
    match policy.timing_allow_origin {
        None => {}
        Some(TimingAllowOrigin::Any) => header("asked", "Timing-Allow-Origin", "*"),
        Some(TimingAllowOrigin::AllowedOrigins) => header("read", "Timing-Allow-Origin", &allowed),
    }
    if let Some(resource_policy) = policy.cross_origin_resource_policy {
        header("asked", "Cross-Origin-Resource-Policy", resource_policy.as_str());
    }
    header("options", "+Vary", PREFLIGHT_VARY);
    if policy.forbids_but.is_some() {
        header("changing", "+Vary", CHANGE_VARY);
    }
    if policy.varies_by_origin() {
        header("other", "+Vary", "Origin");
    }
}

fn serve(lines: &mut Lines<'_>, rule: &Rule<'_>, plan: &Plan<'_>) {
    lines.matcher(&format!("is_{}", rule.number), &[is(ROUTE, &format!("route_{}", rule.number))]);
    lines.add(&format!("handle @is_{} {{", rule.number));
    lines.depth += 1;
    match rule.target {
        Answers::Files(folder) => {
            lines.add("# OPTIONS that are no preflights.");
            lines.add(&format!("@options_{} method OPTIONS", rule.number));
            lines.add(&format!("respond @options_{} 204", rule.number));
            if !rule.prefix.is_empty() {
                lines.add(&format!("uri strip_prefix {}", quoted(rule.prefix)));
            }
            lines.add(&format!("root * {}", quoted(&folder.display().to_string())));
            lines.add("file_server");
        }
        Answers::Upstream(upstreams) => {
            let limits = plan.limits;
            lines.add(&format!(
                "request_body {{\n{0}    max_size {1}\n{0}}}",
                "    ".repeat(lines.depth),
                rule.body_bytes
            ));
            let authority =
                |upstream: &http::Uri| quoted(upstream.authority().map_or("", |own| own.as_str()));
            let servers: Vec<_> = upstreams.servers().iter().map(authority).collect();
            lines.add(&format!("reverse_proxy {} {{", servers.join(" ")));
            lines.depth += 1;
            if let Some(policy) = rule.policy.map(|index| &plan.policies[index]) {
                let timing = policy.timing_allow_origin.map(|_| "Timing-Allow-Origin");
                let resource = policy.cross_origin_resource_policy.map(|_| "Cross-Origin-Resource-Policy");
                for header in CORS_HEADERS.into_iter().chain(timing).chain(resource) {
                    lines.add(&format!("header_down -{header}"));
                }
            }
            if servers.len() > 1 {
                lines.add("lb_policy round_robin");
            }
            lines.add("# Event streams pass as they come.");
            lines.add("flush_interval -1");
            lines.add("transport http {");
            lines.add(&format!("    dial_timeout {}ms", limits.connect_timeout.as_millis()));
            lines.add(&format!("    response_header_timeout {}ms", limits.upstream_timeout.as_millis()));
            lines.add("}");
            lines.depth -= 1;
            lines.add("}");
        }
    }
    lines.depth -= 1;
    lines.add("}");
}
