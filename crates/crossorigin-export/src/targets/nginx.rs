//! nginx. What is answered is looked up in maps, so that one list of `add_header` lines serves all: a header whose value is
//! empty is not sent.

use std::fmt::Write as _;

use crossorigin::server::{CrossOriginResourcePolicy, TimingAllowOrigin};
use crossorigin_policy::Target as Answers;

use super::{add_spellings, add_unreadable, preamble, shell_word};
use crate::difference::{Difference, Differences, Sender};
use crate::patterns::Spelling;
use crate::plan::{Asked, CHANGE_VARY, PREFLIGHT_VARY, Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target, patterns};

/// How far the lines of a server are indented, and those of a location.
const OF_SERVER: usize = 2;
const OF_LOCATION: usize = 3;
/// More exact origins than that are kept in a file of their own, where they are looked up by their hash.
const MOST_EXPRESSIONS: usize = 100;

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    refuse(plan, differences);
    let mut files = Vec::new();
    let maps = maps(plan, &mut files);
    let main = if options.snippet { snippet(plan, &maps) } else { whole(plan, &maps, options) };
    files.insert(0, File::new("nginx.conf", main));
    let folder = shell_word(&options.folder.display().to_string());
    let start = format!("nginx -p {folder} -c nginx.conf -e stderr -g 'daemon off;'");
    Export { files, start: (!options.snippet).then_some(start), warnings: Vec::new() }
}

fn refuse(plan: &Plan<'_>, differences: &mut Differences<'_>) {
    add_spellings(differences, &plan.policies);
    for serving in &plan.listeners {
        for (nth, rule) in serving.rules.iter().enumerate() {
            let next = serving.rules[nth + 1..].iter().find(|other| rule.may_meet(other));
            if let (false, Some(next)) = (rule.methods.is_empty(), next) {
                differences.add(Difference {
                    name: "route-methods",
                    explanation: format!(
                        "route {} takes some methods and leaves the others to route {}; nginx chooses a location by the \
                         path alone",
                        rule.number, next.number
                    ),
                    request: format!("OPTIONS {}/ without Access-Control-Request-Method", rule.prefix),
                    ours: format!("route {}", next.number),
                    theirs: format!("404, by route {}", rule.number),
                    remedy: "give both routes paths of their own, or leave `methods` out".into(),
                    sender: Sender::Browser,
                });
            }
        }
    }
    add_unreadable(differences, "nginx");
    differences.add(Difference {
        name: "two-origins",
        explanation: "nginx before 1.23 reads the first of several Origin lines, later ones all of them, joined".into(),
        request: "GET / with two Origin lines".into(),
        ours: "no Access-Control-Allow-Origin".into(),
        theirs: "before 1.23 that of the first line".into(),
        remedy: "none is needed: no browser sends two".into(),
        sender: Sender::OtherProgram,
    });
    if plan.policies.iter().any(|policy| policy.origins.exact.len() > MOST_EXPRESSIONS) {
        differences.add(Difference {
            name: "origin-case",
            explanation: format!(
                "more than {MOST_EXPRESSIONS} exact origins are looked up by their hash, which nginx does in any case; the \
                 answer names the origin in lower case"
            ),
            request: "GET / with Origin: HTTPS://APP.EXAMPLE".into(),
            ours: "no Access-Control-Allow-Origin".into(),
            theirs: "Access-Control-Allow-Origin: https://app.example".into(),
            remedy: "none is needed: browsers send origins in lower case".into(),
            sender: Sender::OtherProgram,
        });
    }
}

/// A text between double quotes. A backslash is doubled only where nginx would take it and what follows for one byte.
fn quoted(text: &str) -> String {
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
fn maps(plan: &Plan<'_>, files: &mut Vec<File>) -> String {
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
    let mut lines = vec![line("default", "")];
    // To everyone the answer is the same, so that caches may keep one copy.
    let found = if policy.is_public() { "*" } else { "$http_origin" };
    lines.extend(policy.origins.expressions().iter().map(|own| line(&format!("~{own}"), found)));
    let exact = &policy.origins.exact;
    if exact.len() > MOST_EXPRESSIONS {
        let name = format!("origins_{}.map", policy.id);
        let mut listed = format!("# The exact origins of policy {}.\n", policy.name);
        for origin in exact {
            let _ = writeln!(listed, "{} {};", quoted(origin), quoted(origin));
        }
        lines.push(("include".into(), name.clone()));
        files.push(File::new(name, listed));
    } else {
        let expressions = exact.iter().map(|own| format!("~^{}$", patterns::literal(own)));
        lines.extend(expressions.map(|own| line(&own, found)));
    }
    map(text, "$http_origin", &format!("cors_{}_origin", policy.id), &lines);
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

fn whole(plan: &Plan<'_>, maps: &str, options: &Options) -> String {
    let limits = plan.limits;
    let mut text = preamble("#", Target::Nginx, options);
    let _ = writeln!(
        text,
        "worker_processes auto;
pid nginx.pid;

events {{
    worker_connections {};
}}

http {{
    access_log off;
    server_tokens off;
    # Beside this file, so that nothing is written elsewhere.
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;

    client_header_timeout {}s;
    client_body_timeout {}s;
    keepalive_timeout {}s;
    keepalive_requests 100000;
    large_client_header_buffers 4 {};
    proxy_connect_timeout {}s;
    proxy_read_timeout {}s;
{}",
        limits.connections,
        limits.head_timeout.as_secs().max(1),
        limits.stall_timeout.as_secs().max(1),
        limits.idle_timeout.as_secs(),
        limits.head_bytes,
        limits.connect_timeout.as_secs().max(1),
        limits.upstream_timeout.as_secs().max(1),
        TYPES
    );
    text.push_str(&indented(maps, 1));
    for serving in &plan.listeners {
        servers(&mut text, plan, serving);
    }
    text.push_str("}\n");
    text
}

/// What common files are; others are bytes.
const TYPES: &str = "
    types {
        application/json json;
        application/pdf pdf;
        application/wasm wasm;
        font/ttf ttf;
        font/woff woff;
        font/woff2 woff2;
        image/avif avif;
        image/gif gif;
        image/jpeg jpg jpeg;
        image/png png;
        image/svg+xml svg;
        image/webp webp;
        text/css css;
        text/html html htm;
        text/javascript js mjs;
        text/plain txt;
        video/mp4 mp4;
        video/webm webm;
    }
    default_type application/octet-stream;
";

fn servers(text: &mut String, plan: &Plan<'_>, serving: &Serving<'_>) {
    let hosts = serving.hosts();
    for host in std::iter::once(None).chain(hosts.iter().copied().map(Some)) {
        let address = serving.listener.address;
        let _ = writeln!(text, "\n    server {{");
        match host {
            None => {
                let _ = writeln!(text, "        listen {address} default_server;\n        server_name _;");
            }
            Some(host) => {
                let _ = writeln!(text, "        listen {address};\n        server_name {};", quoted(host));
            }
        }
        let _ = writeln!(
            text,
            "        # // is no / : which rule takes a path is to be the same for everyone behind."
        );
        let _ = writeln!(text, "        merge_slashes off;");
        if let Some(policy) = serving.default_policy {
            headers(text, &plan.policies[policy], OF_SERVER, false);
        }
        let _ = writeln!(text, "\n        # Paths that servers read in different ways.");
        for path in serving.refused_paths() {
            let _ = writeln!(
                text,
                "        if ($request_uri ~ {}) {{\n            return 400;\n        }}",
                quoted(&path)
            );
        }
        let is_of_host = |rule: &&Rule<'_>| {
            rule.hosts.is_empty() || host.is_some_and(|host| rule.hosts.iter().any(|own| **own == *host))
        };
        for rule in serving.rules.iter().filter(is_of_host) {
            location(text, plan, rule);
        }
        let _ = writeln!(text, "\n        # What no rule takes.\n        location / {{");
        preflight(text, plan, serving.default_policy);
        let _ = writeln!(text, "            return 404;\n        }}\n    }}");
    }
}

fn preflight(text: &mut String, plan: &Plan<'_>, policy: Option<usize>) {
    let Some(policy) = policy.map(|index| &plan.policies[index]) else { return };
    let _ = writeln!(
        text,
        "            if ($cors_preflight) {{\n                return {};\n            }}",
        policy.preflight_status
    );
    if policy.forbids_but.is_some() {
        let _ = writeln!(
            text,
            "            if ($cors_{}_forbidden) {{\n                return 403;\n            }}",
            policy.id
        );
    }
}

fn location(text: &mut String, plan: &Plan<'_>, rule: &Rule<'_>) {
    let _ = writeln!(text, "\n        # Route {}.", rule.number);
    let _ = writeln!(text, "        location ~ {} {{", quoted(&rule.path(Spelling::Decoded)));
    if let Some(policy) = rule.policy {
        headers(text, &plan.policies[policy], OF_LOCATION, matches!(rule.target, Answers::Files(_)));
    } else {
        let _ = writeln!(
            text,
            "            # CORS is left to the upstream: this keeps out what the server says by default.\n            add_header Vary \"\";"
        );
    }
    if !rule.methods.is_empty() {
        let _ = writeln!(
            text,
            "            # By the method that a preflight asks for.
            set $cors_method $request_method;
            if ($cors_preflight) {{
                set $cors_method $http_access_control_request_method;
            }}
            if ($cors_method !~ {}) {{
                return 404;
            }}",
            quoted(&patterns::one_of(rule.all_methods()))
        );
    }
    preflight(text, plan, rule.policy);
    match rule.target {
        Answers::Files(folder) => {
            let _ = writeln!(
                text,
                "            # OPTIONS that are no preflights.\n            if ($request_method = OPTIONS) {{\n                return 204;\n            }}"
            );
            let folder = folder.display().to_string();
            if rule.prefix.is_empty() {
                let _ = writeln!(text, "            root {};", quoted(&folder));
            } else {
                let _ = writeln!(
                    text,
                    "            rewrite {} /$1 break;\n            root {};",
                    quoted(&format!("^{}/*(.*)$", patterns::literal(rule.prefix))),
                    quoted(&folder)
                );
            }
        }
        Answers::Upstream(upstream) => {
            let authority = upstream.authority().map_or("", |authority| authority.as_str());
            let scheme = upstream.scheme_str().unwrap_or("http");
            let _ = writeln!(
                text,
                "            client_max_body_size {};
            proxy_pass {scheme}://{authority};
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            # Event streams and large bodies pass as they come.
            proxy_buffering off;
            proxy_request_buffering off;",
                rule.body_bytes
            );
        }
    }
    text.push_str("        }\n");
}

/// The headers of a policy, and the variables that have their values.
fn told(policy: &Policy) -> Vec<(&'static str, &'static str)> {
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

/// The headers of a policy, and what of the upstream's they replace.
fn headers(text: &mut String, policy: &Policy, depth: usize, of_files: bool) {
    let (id, indent) = (&policy.id, "    ".repeat(depth));
    let told = told(policy);
    // The upstream's names in `Vary` stay.
    let replaces = depth == OF_LOCATION && !of_files;
    for (header, _) in told.iter().filter(|(header, _)| replaces && *header != "Vary") {
        let _ = writeln!(text, "{indent}proxy_hide_header {header};");
    }
    let files = if of_files { "files_" } else { "" };
    // Without `always` errors would not have them.
    for (header, variable) in told {
        let _ = writeln!(text, "{indent}add_header {header} $cors_{id}_{files}{variable} always;");
    }
}

/// What to paste: the maps, and the lines of each location.
fn snippet(plan: &Plan<'_>, maps: &str) -> String {
    let mut text = format!("# In http {{ }}, before the servers.\n{maps}");
    for (nth, policy) in plan.policies.iter().enumerate() {
        let _ = writeln!(
            text,
            "\n# In each location under policy {}; a location that has an add_header needs all of these.",
            policy.name
        );
        let mut lines = String::new();
        headers(&mut lines, policy, OF_LOCATION, false);
        preflight(&mut lines, plan, Some(nth));
        let indent = "    ".repeat(OF_LOCATION);
        for line in lines.lines() {
            let _ = writeln!(text, "{}", line.strip_prefix(&indent).unwrap_or(line));
        }
    }
    text
}

fn indented(text: &str, depth: usize) -> String {
    let indent = "    ".repeat(depth);
    text.lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") })
        .collect()
}
