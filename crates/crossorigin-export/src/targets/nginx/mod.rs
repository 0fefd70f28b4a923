//! nginx. What is answered is looked up in maps, so that one list of `add_header` lines serves all: a header whose value is
//! empty is not sent.

mod maps;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crossorigin_policy::Target as Answers;
use http::Uri;

use self::maps::{maps, quoted, told};
use super::{add_spellings, add_unreadable, preamble, shell_word};
use crate::difference::{Difference, Differences, Sender};
use crate::patterns::Spelling;
use crate::plan::{Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target, patterns};

/// How far the lines of a server are indented, and those of a location.
const OF_SERVER: usize = 2;
const OF_LOCATION: usize = 3;
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
    upstreams(&mut text, plan);
    for serving in &plan.listeners {
        servers(&mut text, plan, serving);
    }
    text.push_str("}\n");
    text
}

/// Connections without a request that are kept for the next, each upstream's and worker's.
const KEPT: usize = 64;

/// The servers behind, each a block, for only those keep connections; and what of upgrades is passed on.
fn upstreams(text: &mut String, plan: &Plan<'_>) {
    let mut all = BTreeMap::new();
    for rule in plan.listeners.iter().flat_map(|serving| &serving.rules) {
        if let Answers::Upstream(upstreams) = rule.target {
            all.insert(rule.number, upstreams.servers());
        }
    }
    if all.is_empty() {
        return;
    }
    text.push_str(
        "
    # WebSocket is passed on; other protocols would get past what stands here.
    map $http_upgrade $upstream_upgrade {
        default \"\";
        \"~*^websocket$\" websocket;
    }
    map $upstream_upgrade $upstream_connection {
        default \"\";
        websocket upgrade;
    }
",
    );
    for (number, servers) in all {
        let _ = writeln!(text, "\n    upstream route_{number} {{");
        for authority in servers.iter().filter_map(Uri::authority) {
            let _ = writeln!(text, "        server {authority};");
        }
        let _ = writeln!(text, "        keepalive {KEPT};\n    }}");
    }
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
        Answers::Upstream(upstreams) => {
            let upstream = upstreams.first();
            let scheme = upstream.scheme_str().unwrap_or("http");
            let _ = writeln!(
                text,
                "            client_max_body_size {};
            proxy_pass {scheme}://route_{};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $upstream_upgrade;
            proxy_set_header Connection $upstream_connection;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            # Event streams and large bodies pass as they come.
            proxy_buffering off;
            proxy_request_buffering off;",
                rule.body_bytes, rule.number
            );
        }
    }
    text.push_str("        }\n");
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
