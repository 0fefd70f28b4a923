//! What nginx looks up: maps from the request to the value of each header, empty where it is not sent.

use std::fmt::Write as _;

use crossorigin::server::{CrossOriginResourcePolicy, TimingAllowOrigin};
use crossorigin_policy::Target as Answers;

use crate::plan::{Asked, CHANGE_VARY, PREFLIGHT_VARY, Plan, Policy};
use crate::{File, patterns};

/// More exact origins than that are looked up by their hash.
const MOST_EXPRESSIONS: usize = 8;
/// More than that stand in a file of their own.
const MOST_INLINE: usize = 100;

/// A text between double quotes. A backslash is doubled only where nginx would take it and what follows for one byte.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let is_read = character == '\\' && rest.peek().is_none_or(|next| "\\\"'trn".contains(*next));
        if character == '"' || is_read {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

/// A value in which nothing is a variable: nginx has no escape for `$`, and no header of a policy has one.
fn map(text: &mut String, source: &str, variable: &str, lines: &[(String, String)]) {
    let _ = writeln!(text, "map {source} ${variable} {{");
    for (from, to) in lines {
        let _ = writeln!(text, "    {};", format!("{from} {to}").trim_end());
    }
    text.push_str("}\n");
}

fn line(from: &str, to: &str) -> (String, String) {
    let from = if from == "default" { from.to_owned() } else { quoted(from) };
    let is_plain = to.starts_with('$') && !to.contains(' ');
    (from, if is_plain { to.to_owned() } else { quoted(to) })
}

/// What decides, at the level of `http`.
pub(super) fn maps(plan: &Plan<'_>, files: &mut Vec<File>) -> String {
    let mut text = String::new();
    let longest =
        plan.policies.iter().flat_map(|policy| &policy.origins.exact).map(String::len).max().unwrap_or(0);
    let most = plan.policies.iter().map(|policy| policy.origins.exact.len()).max().unwrap_or(0);
    if most > MOST_EXPRESSIONS {
        let bucket = (longest + 32).next_multiple_of(64).max(128);
        let _ = writeln!(
            text,
            "# Room for {most} origins.\nmap_hash_max_size {};\nmap_hash_bucket_size {bucket};\n",
            (most * 2).next_power_of_two()
        );
    }
    text.push_str("# A preflight: OPTIONS with Origin and Access-Control-Request-Method.\n");
    let question = "\"$request_method|$http_origin|$http_access_control_request_method\"";
    map(&mut text, question, "cors_preflight", &[line("default", "0"), line(r"~^OPTIONS\|[^|]+\|[^|]", "1")]);
    let names = |names: &str| -> String { list_with_any(names) };
    text.push_str("\n# Names that the upstream's own Vary has are not said twice.\n");
    map(
        &mut text,
        "$upstream_http_vary",
        "cors_vary_origin",
        &[line("default", "Origin"), line(&format!("~*{}", names("origin")), "")],
    );
    if plan.policies.iter().any(|policy| policy.forbids_but.is_some()) {
        text.push_str(
            "\n# Requests that change state, and WebSocket handshakes, depend on who sends them.\n",
        );
        map(
            &mut text,
            "\"$request_method|$http_upgrade|$http_connection\"",
            "cors_changes",
            &[
                line("default", "1"),
                line(r"~*^[A-Z]+\|websocket\|(?:.*,)?[ \t]*upgrade[ \t]*(?:,|$)", "1"),
                line(r"~^(?:GET|HEAD|OPTIONS|TRACE)\|", "0"),
            ],
        );
    }
    for (nth, policy) in plan.policies.iter().enumerate() {
        of_policy(&mut text, policy, files);
        let rules = plan.listeners.iter().flat_map(|serving| &serving.rules);
        if rules.into_iter().any(|rule| rule.policy == Some(nth) && matches!(rule.target, Answers::Files(_)))
        {
            of_files(&mut text, policy);
        }
    }
    text
}

/// The headers of a policy's files. Where a range is beyond a file's end, nginx adds headers twice: as if the file were sent,
/// and then to its 416.
fn of_files(text: &mut String, policy: &Policy) {
    let _ = writeln!(text, "# A file's 416 has its headers already.");
    for (_, variable) in told(policy) {
        let id = &policy.id;
        let value = format!("$cors_{id}_{variable}");
        let lines = [("volatile".into(), String::new()), line("default", &value), line("416", "")];
        map(text, "$status", &format!("cors_{id}_files_{variable}"), &lines);
    }
}

fn list_with_any(name: &str) -> String {
    format!("(?:^|,)[ \\t]*(?:{name}|\\*)[ \\t]*(?:,|$)")
}

fn of_policy(text: &mut String, policy: &Policy, files: &mut Vec<File>) {
    let id = &policy.id;
    let _ = writeln!(text, "\n# Policy {}.", policy.name);
    origins(text, policy, files);
    asked(text, "$http_access_control_request_method", &format!("cors_{id}_method"), &policy.methods, "~");
    let variable = format!("cors_{id}_names");
    asked(text, "$http_access_control_request_headers", &variable, &policy.request_headers, "~*");
    let judged = format!("\"$cors_preflight$cors_{id}_method$cors_{id}_names\"");
    let granted = format!("$cors_{id}_origin");
    let otherwise = if policy.is_public() { "*" } else { &granted };
    map(
        text,
        &judged,
        &format!("cors_{id}_allow_origin"),
        &[line("default", otherwise), line("111", &granted), line("~^1", "")],
    );
    let state = format!("\"$cors_preflight$cors_{id}_allow_origin\"");
    let mut when = |variable: &str, expression: &str, value: Option<&str>| {
        let mut lines = vec![line("default", "")];
        lines.extend(value.map(|value| line(expression, value)));
        map(text, &state, &format!("cors_{id}_{variable}"), &lines);
    };
    when("allow_credentials", "~^[01].", policy.credentials.then_some("true"));
    when("expose_headers", "~^0.", policy.exposed_headers.as_deref());
    when("allow_methods", "~^1.", policy.methods.answer.value("$http_access_control_request_method"));
    when(
        "allow_headers",
        "~^1.",
        policy.request_headers.answer.value("$http_access_control_request_headers"),
    );
    let max_age = policy.max_age.map(|age| age.to_string());
    when("max_age", "~^1.", max_age.as_deref());
    let timing = match policy.timing_allow_origin {
        None => None,
        Some(TimingAllowOrigin::Any) => Some("*".to_owned()),
        Some(TimingAllowOrigin::AllowedOrigins) => Some(format!("$cors_{id}_allow_origin")),
    };
    if timing.is_some() {
        when("timing", "~^0", timing.as_deref());
    }
    let resource_policy = policy.cross_origin_resource_policy.map(CrossOriginResourcePolicy::as_str);
    if resource_policy.is_some() {
        when("resource_policy", "~^0", resource_policy);
    }
    if let Some(own) = &policy.forbids_but {
        let _ = writeln!(text, "# The service's own pages are no strangers.");
        map(
            text,
            "\"$http_sec_fetch_site|$http_origin\"",
            &format!("cors_{id}_own"),
            &[
                line("default", "0"),
                line("~^same-origin\\|", "1"),
                line(&format!("|{own}"), "1"),
                line("~\\|$", "1"),
            ],
        );
        let state = format!("\"$cors_changes$cors_preflight$cors_{id}_own$cors_{id}_allow_origin\"");
        map(text, &state, &format!("cors_{id}_forbidden"), &[line("default", "0"), line("100", "1")]);
    }
    let read = if policy.varies_by_origin() { "$cors_vary_origin" } else { "" };
    let vary = if policy.forbids_but.is_some() {
        let lines = [line("0", read), line("1", CHANGE_VARY)];
        map(text, "$cors_changes", &format!("cors_{id}_vary_unasked"), &lines);
        format!("$cors_{id}_vary_unasked")
    } else {
        read.to_owned()
    };
    map(
        text,
        "$request_method",
        &format!("cors_{id}_vary"),
        &[line("default", &vary), line("OPTIONS", PREFLIGHT_VARY)],
    );
}

fn origins(text: &mut String, policy: &Policy, files: &mut Vec<File>) {
    let Policy { id, origins, .. } = policy;
    // To everyone the answer is the same, so that caches may keep one copy.
    let found = if policy.is_public() { "*" } else { "$http_origin" };
    let (mut otherwise, mut lines) = (String::new(), Vec::new());
    if origins.exact.len() > MOST_EXPRESSIONS {
        by_hash(text, policy, files);
        let _ = writeln!(text, "# The hash knows no case, the expression does.");
        let question = format!("\"$http_origin|$cors_{id}_known\"");
        let exact = [line("default", ""), line(r"~^([^|]+)\|\1$", found)];
        map(text, &question, &format!("cors_{id}_exact"), &exact);
        otherwise = format!("$cors_{id}_exact");
    } else {
        lines.extend(origins.exact.iter().map(|own| line(&format!("~^{}$", patterns::literal(own)), found)));
    }
    lines.extend(origins.expressions().iter().map(|own| line(&format!("~{own}"), found)));
    lines.insert(0, line("default", &otherwise));
    map(text, "$http_origin", &format!("cors_{id}_origin"), &lines);
}

/// A map from each exact origin, in whatever case, to itself.
fn by_hash(text: &mut String, policy: &Policy, files: &mut Vec<File>) {
    let origins = policy.origins.exact.iter().map(|origin| line(origin, origin));
    let mut lines = vec![line("default", "")];
    if policy.origins.exact.len() > MOST_INLINE {
        let name = format!("origins_{}.map", policy.id);
        let mut listed = format!("# The exact origins of policy {}.\n", policy.name);
        origins.for_each(|(from, to)| {
            let _ = writeln!(listed, "{from} {to};");
        });
        lines.push(("include".into(), name.clone()));
        files.push(File::new(name, listed));
    } else {
        lines.extend(origins);
    }
    map(text, "$http_origin", &format!("cors_{}_known", policy.id), &lines);
}

fn asked(text: &mut String, source: &str, variable: &str, asked: &Asked, flag: &str) {
    let mut lines = vec![line("default", "0")];
    lines.extend(asked.but.iter().map(|but| line(&format!("{flag}{but}"), "0")));
    lines.push(line(&format!("{flag}{}", asked.taken), "1"));
    // Expressions are not tried on nothing.
    if flag == "~*" {
        lines.push(line("", "1"));
    }
    map(text, source, variable, &lines);
}

/// The headers of a policy, and the variables that have their values.
pub(super) fn told(policy: &Policy) -> Vec<(&'static str, &'static str)> {
    let mut told = vec![
        ("Access-Control-Allow-Origin", "allow_origin"),
        ("Access-Control-Allow-Credentials", "allow_credentials"),
        ("Access-Control-Allow-Methods", "allow_methods"),
        ("Access-Control-Allow-Headers", "allow_headers"),
        ("Access-Control-Max-Age", "max_age"),
        ("Access-Control-Expose-Headers", "expose_headers"),
        ("Vary", "vary"),
    ];
    told.extend(policy.timing_allow_origin.map(|_| ("Timing-Allow-Origin", "timing")));
    told.extend(
        policy.cross_origin_resource_policy.map(|_| ("Cross-Origin-Resource-Policy", "resource_policy")),
    );
    told
}
