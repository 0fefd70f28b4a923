//! HAProxy. A request's route, policy and judgement are variables of its transaction; what is sent is decided by them after
//! every response, HAProxy's own among them.

use std::fmt::Write as _;

use crossorigin::server::TimingAllowOrigin;
use crossorigin_policy::Target as Answers;

use super::{add_spellings, add_unreadable, preamble, refuse_files, shell_word};
use crate::difference::{Difference, Differences, Sender};
use crate::patterns::Spelling;
use crate::plan::{Asked, CHANGE_VARY, CORS_HEADERS, PREFLIGHT_VARY, Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target};

/// More exact origins than that are kept in a file of their own.
const MOST_IN_LINE: usize = 20;

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    add_spellings(differences, &plan.policies);
    add_unreadable(differences, "HAProxy");
    refuse_files(differences, plan, "HAProxy");
    differences.add(Difference {
        name: "request-header-lines",
        explanation:
            "several lines of Access-Control-Request-Headers are refused, where the policy reads them as one"
                .into(),
        request: "OPTIONS / with two Access-Control-Request-Headers lines".into(),
        ours: "the preflight is granted".into(),
        theirs: "it is refused".into(),
        remedy: "none is needed: browsers send one line".into(),
        sender: Sender::OtherProgram,
    });
    let mut files = Vec::new();
    let mut text = String::new();
    if !options.snippet {
        text.push_str(&head(plan, options));
    }
    for (nth, serving) in plan.listeners.iter().enumerate() {
        frontend(&mut text, plan, serving, nth, options.snippet, &mut files);
    }
    if !options.snippet {
        backends(&mut text, plan);
    }
    files.insert(0, File::new("haproxy.cfg", text));
    let folder = shell_word(&options.folder.display().to_string());
    let start = format!("haproxy -db -C {folder} -f haproxy.cfg");
    Export { files, start: (!options.snippet).then_some(start), warnings: Vec::new() }
}

fn head(plan: &Plan<'_>, options: &Options) -> String {
    let limits = plan.limits;
    format!(
        "{}defaults
    mode http
    maxconn {}
    timeout client {}ms
    timeout http-request {}ms
    timeout http-keep-alive {}ms
    timeout connect {}ms
    timeout server {}ms
    retries 0
",
        preamble("#", Target::Haproxy, options),
        limits.connections,
        limits.stall_timeout.as_millis().max(1),
        limits.head_timeout.as_millis().max(1),
        limits.idle_timeout.as_millis().max(1),
        limits.connect_timeout.as_millis().max(1),
        limits.upstream_timeout.as_millis().max(1),
    )
}

/// A word that is read as it is.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn frontend(
    text: &mut String,
    plan: &Plan<'_>,
    serving: &Serving<'_>,
    nth: usize,
    snippet: bool,
    files: &mut Vec<File>,
) {
    let mut line = |line: &str| drop_line(text, line);
    if snippet {
        line(&format!("# In the frontend of {}, before rules of its own.", serving.listener.address));
    } else {
        line(&format!("\nfrontend listener_{}", nth + 1));
        line(&format!("    bind {}", serving.listener.address));
    }
    line("    # Paths that servers read in different ways.");
    for path in serving.refused_paths() {
        line(&format!(
            "    http-request set-var(txn.refused) bool(true) if {{ pathq -m reg {} }}",
            word(&path)
        ));
    }
    line("    # A preflight: OPTIONS with Origin and Access-Control-Request-Method.");
    line(
        "    http-request set-var(txn.preflight) bool(true) if METH_OPTIONS { req.fhdr_cnt(origin) gt 0 } { \
         req.fhdr_cnt(access-control-request-method) gt 0 }",
    );
    line("    http-request set-var(txn.origin) req.fhdr(origin) if { req.fhdr_cnt(origin) eq 1 }");
    line("    http-request set-var(txn.names) req.fhdr(access-control-request-headers)");
    line("    # The first route that takes the request, by the method that a preflight asks for.");
    line("    http-request set-var(txn.method) method");
    line(
        "    http-request set-var(txn.method) req.fhdr(access-control-request-method) if { var(txn.preflight) -m bool }",
    );
    if let Some(policy) = serving.default_policy.map(|index| &plan.policies[index]) {
        line(&format!("    http-request set-var(txn.policy) str({})", policy.id));
    }
    for rule in &serving.rules {
        line(&route(rule, plan));
    }
    for policy in used(plan, serving) {
        judge(text, policy, files);
    }
    let mut line = |line: &str| drop_line(text, line);
    line("\n    # What is answered here.");
    line("    http-request deny deny_status 400 if { var(txn.refused) -m bool }");
    for policy in used(plan, serving) {
        let own = format!("{{ var(txn.policy) -m str {} }}", policy.id);
        if policy.forbids_but.is_some() {
            line(&format!("    http-request deny deny_status 403 if {own} {{ var(txn.forbidden) -m bool }}"));
        }
        line(&format!(
            "    http-request return status {} if {own} {{ var(txn.preflight) -m bool }}",
            policy.preflight_status
        ));
    }
    if !snippet {
        line("    http-request deny deny_status 404 if !{ var(txn.route) -m found }");
        for rule in &serving.rules {
            if matches!(rule.target, Answers::Upstream(_)) {
                line(&format!("    use_backend route_{0} if {{ var(txn.route) -m int {0} }}", rule.number));
            }
        }
    }
    line("\n    # What every response says; http-response would leave out those that HAProxy makes.");
    line("    http-after-response set-var(txn.governed) bool(true) if { var(txn.policy) -m found }");
    for header in CORS_HEADERS {
        line(&format!("    http-after-response del-header {header} if {{ var(txn.governed) -m bool }}"));
    }
    line(
        "    http-after-response set-header Access-Control-Allow-Origin %[var(txn.allowed)] if { var(txn.allowed) -m found }",
    );
    for policy in used(plan, serving) {
        tell(text, policy);
    }
}

fn drop_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// The policies that requests to a listener may come under.
fn used<'p>(plan: &'p Plan<'_>, serving: &Serving<'_>) -> Vec<&'p Policy> {
    let is_used = |index: usize| {
        serving.default_policy == Some(index) || serving.rules.iter().any(|rule| rule.policy == Some(index))
    };
    let policies = plan.policies.iter().enumerate();
    policies.filter(|(index, _)| is_used(*index)).map(|(_, policy)| policy).collect()
}

fn route(rule: &Rule<'_>, plan: &Plan<'_>) -> String {
    let mut when = format!(
        "!{{ var(txn.refused) -m bool }} !{{ var(txn.route) -m found }} {{ path,url_dec -m reg {} }}",
        word(&rule.path(Spelling::Decoded))
    );
    if !rule.hosts.is_empty() {
        let hosts: Vec<_> = rule.hosts.iter().map(|host| word(host)).collect();
        let _ = write!(when, " {{ req.hdr(host),host_only,rtrim(.) -m str {} }}", hosts.join(" "));
    }
    if !rule.methods.is_empty() {
        let methods = rule.all_methods();
        let _ = write!(when, " {{ var(txn.method) -m str {} }}", methods.join(" "));
    }
    let policy = match rule.policy {
        Some(index) => format!("set-var(txn.policy) str({})", plan.policies[index].id),
        None => "unset-var(txn.policy)".to_owned(),
    };
    let number = rule.number;
    format!(
        "    http-request {policy} if {when}\n    http-request set-var(txn.route) int({number}) if {when}"
    )
}

/// Whether a policy lets the request's origin read.
fn judge(text: &mut String, policy: &Policy, files: &mut Vec<File>) {
    let own = format!("{{ var(txn.policy) -m str {} }}", policy.id);
    let is_preflight = "{ var(txn.preflight) -m bool }";
    let mut line = |line: &str| drop_line(text, line);
    line(&format!("\n    # Policy {}.", policy.name));
    let exact = &policy.origins.exact;
    let allow = "    http-request set-var(txn.allowed) var(txn.origin) if";
    if exact.len() > MOST_IN_LINE {
        let name = format!("origins_{}.lst", policy.id);
        line(&format!("{allow} {own} {{ var(txn.origin) -m str -f {name} }}"));
        files.push(File::new(name, exact.join("\n") + "\n"));
    } else if !exact.is_empty() {
        let listed: Vec<_> = exact.iter().map(|origin| word(origin)).collect();
        line(&format!("{allow} {own} {{ var(txn.origin) -m str {} }}", listed.join(" ")));
    }
    for expression in policy.origins.expressions() {
        line(&format!("{allow} {own} {{ var(txn.origin) -m reg {} }}", word(&expression)));
    }
    if policy.is_public() {
        line(&format!("    http-request set-var(txn.allowed) str(*) if {own} !{is_preflight}"));
        line(&format!(
            "    http-request set-var(txn.allowed) str(*) if {own} {{ var(txn.allowed) -m found }}"
        ));
    }
    line("    # A preflight is granted where its method and all of its headers are allowed.");
    let refuse = format!("    http-request unset-var(txn.allowed) if {own} {is_preflight}");
    let refuse_unless = |name: &str, asked: &Asked, flag: &str| {
        let value = format!("req.fhdr({name})");
        let mut lines = vec![format!("{refuse} !{{ {value} -m reg {flag}{} }}", word(&asked.taken))];
        lines.extend(
            asked.but.as_ref().map(|but| format!("{refuse} {{ {value} -m reg {flag}{} }}", word(but))),
        );
        lines.push(format!("{refuse} {{ req.fhdr_cnt({name}) gt 1 }}"));
        lines
    };
    for added in refuse_unless("access-control-request-method", &policy.methods, "") {
        line(&added);
    }
    for added in refuse_unless("access-control-request-headers", &policy.request_headers, "-i ") {
        // No list asks for nothing.
        let is_there = if added.contains(" !{ req.fhdr(") {
            " { req.fhdr_cnt(access-control-request-headers) gt 0 }"
        } else {
            ""
        };
        line(&format!("{added}{is_there}"));
    }
    if let Some(public) = &policy.forbids_but {
        let strange =
            format!("{own} !{is_preflight} {{ req.fhdr_cnt(origin) gt 0 }} !{{ var(txn.allowed) -m found }}");
        let known = "{ req.fhdr_cnt(sec-fetch-site) gt 0 }";
        line(
            "    # Requests that change state, and WebSocket handshakes, from strangers; the service's own pages are none.",
        );
        line(&format!(
            "    http-request set-var(txn.changes) bool(true) if {own} !METH_GET !METH_OPTIONS !METH_TRACE"
        ));
        line(&format!(
            "    http-request set-var(txn.changes) bool(true) if {own} {{ req.hdr(upgrade) -m str -i websocket }} {{ \
             req.hdr(connection) -m str -i upgrade }}"
        ));
        let forbid = format!(
            "    http-request set-var(txn.forbidden) bool(true) if {{ var(txn.changes) -m bool }} {strange}"
        );
        line(&format!("{forbid} {known} !{{ req.fhdr(sec-fetch-site) -m str same-origin }}"));
        line(&format!("{forbid} !{known} !{{ var(txn.origin) -m str {} }}", word(public)));
    }
}

/// What a policy's responses say.
fn tell(text: &mut String, policy: &Policy) {
    let own = format!("{{ var(txn.policy) -m str {} }}", policy.id);
    let (allowed, is_preflight) = ("{ var(txn.allowed) -m found }", "{ var(txn.preflight) -m bool }");
    let mut line = |header: &str, value: &str, when: &str| {
        let value = if value.starts_with("%[") { value.to_owned() } else { word(value) };
        drop_line(text, &format!("    http-after-response set-header {header} {value} if {own} {when}"));
    };
    if policy.credentials {
        line("Access-Control-Allow-Credentials", "true", allowed);
    }
    let granted = format!("{allowed} {is_preflight}");
    if let Some(value) = policy.methods.answer.value("%[var(txn.method)]") {
        line("Access-Control-Allow-Methods", value, &granted);
    }
    let echoed = "%[var(txn.names)]";
    if let Some(value) = policy.request_headers.answer.value(echoed) {
        let asked = if value == echoed { " { var(txn.names) -m found }" } else { "" };
        line("Access-Control-Allow-Headers", value, &format!("{granted}{asked}"));
    }
    if let Some(age) = policy.max_age {
        line("Access-Control-Max-Age", &age.to_string(), &granted);
    }
    if let Some(names) = &policy.exposed_headers {
        line("Access-Control-Expose-Headers", names, &format!("{allowed} !{is_preflight}"));
    }
    match policy.timing_allow_origin {
        None => {}
        Some(TimingAllowOrigin::Any) => line("Timing-Allow-Origin", "*", &format!("!{is_preflight}")),
        Some(TimingAllowOrigin::AllowedOrigins) => {
            line("Timing-Allow-Origin", "%[var(txn.allowed)]", &format!("{allowed} !{is_preflight}"));
        }
    }
    if let Some(resource_policy) = policy.cross_origin_resource_policy {
        line("Cross-Origin-Resource-Policy", resource_policy.as_str(), &format!("!{is_preflight}"));
    }
    if policy.timing_allow_origin == Some(TimingAllowOrigin::AllowedOrigins) {
        let when = format!("if {own} !{allowed} !{is_preflight}");
        drop_line(text, &format!("    http-after-response del-header Timing-Allow-Origin {when}"));
    }
    let mut vary = |names: &str, when: &str| {
        for name in names.split(", ") {
            let unless = format!("!{{ res.hdr(vary) -m str -i {name} }} !{{ res.hdr(vary) -m str * }}");
            drop_line(
                text,
                &format!("    http-after-response add-header Vary {name} if {own} {when} {unless}"),
            );
        }
    };
    vary(PREFLIGHT_VARY, "METH_OPTIONS");
    if policy.forbids_but.is_some() {
        vary(CHANGE_VARY, "!METH_OPTIONS { var(txn.changes) -m bool }");
    }
    if policy.varies_by_origin() {
        vary("Origin", "!METH_OPTIONS");
    }
}

fn backends(text: &mut String, plan: &Plan<'_>) {
    let mut written = std::collections::BTreeSet::new();
    for rule in plan.listeners.iter().flat_map(|serving| &serving.rules) {
        let Answers::Upstream(upstreams) = rule.target else { continue };
        if !written.insert(rule.number) {
            continue;
        }
        let _ = writeln!(
            text,
            "\nbackend route_{}
    http-request deny deny_status 413 if {{ req.hdr_val(content-length) gt {} }}
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Forwarded-Proto http",
            rule.number, rule.body_bytes
        );
        for (nth, upstream) in upstreams.servers().iter().enumerate() {
            let authority = upstream.authority().map_or("", |authority| authority.as_str());
            let port = if upstream.port().is_none() { ":80" } else { "" };
            let _ = writeln!(text, "    server upstream_{} {authority}{port}", nth + 1);
        }
    }
}
