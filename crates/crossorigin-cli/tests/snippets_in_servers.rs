//! What `crossorigin export --snippet` writes, pasted where its comments say into configurations of people's own: requests to
//! the route get the headers that the project's own engine gives them, and what is beside it stays as it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "export/asking.rs"]
mod asking;
#[allow(dead_code, reason = "the whole configurations need more of it")]
#[path = "export/cases.rs"]
mod cases;
#[allow(dead_code, reason = "the whole configurations need more of it")]
#[path = "export/policies.rs"]
mod policies;
#[allow(dead_code, reason = "the whole configurations need more of it")]
#[path = "export/server.rs"]
mod server;
mod support;

use std::process::Command;

use asking::Connection;
use cases::{Case, cases};
use crossorigin_policy::PolicyDocument;
use support::scripted::Scripted;

/// The fewest requests of a policy.
const CASES: usize = 300;

/// The policies that are pasted.
const POLICIES: [(&str, &str); 3] = [
    (
        "wildcards with credentials",
        r#"origins = ["https://app.example", "https://*.partner.example", "http://localhost:*"]
credentials = true
methods = ["PATCH"]
request_headers = ["content-type", "authorization"]
exposed_headers = ["etag"]
max_age = "24h"
timing_allow_origin = "allowed-origins""#,
    ),
    (
        "everyone",
        r#"origins = "*"
request_headers = ["range"]
exposed_headers = "*"
cross_origin_resource_policy = "cross-origin""#,
    ),
    (
        "refused origins are forbidden",
        r#"origins = ["https://app.example"]
methods = ["PUT"]
forbid_refused_origins = true
public_url = "https://api.example""#,
    ),
];

const SITE: &str = r#"
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/up"
upstream = "http://UPSTREAM"
policy = "api"
[policies.api]
"#;

/// A configuration that somebody had before.
struct Host {
    target: &'static str,
    /// `DIR` is the folder with the configuration, in `DIR/config`.
    command: &'static str,
    /// With `PORT`, `DIR`, `UPSTREAM`, and `PASTED 1`, `PASTED 2` for the parts of the snippet.
    config: &'static str,
    /// Where the snippet's file is cut in parts: at the lines that begin so.
    cuts: &'static [&'static str],
}

const NGINX: Host = Host {
    target: "nginx",
    command: "nginx -c DIR/config -e stderr -g 'daemon off;'",
    config: "pid DIR/pid; events {} http { access_log off;
        client_body_temp_path DIR/1; proxy_temp_path DIR/2; fastcgi_temp_path DIR/3; uwsgi_temp_path DIR/4;
        scgi_temp_path DIR/5;
        PASTED 1
        server { listen 127.0.0.1:PORT;
            location = /up { proxy_pass http://UPSTREAM; proxy_http_version 1.1; PASTED 2 }
            location /up/ { proxy_pass http://UPSTREAM; proxy_http_version 1.1; PASTED 2 }
            location / { return 404; } } }",
    cuts: &["# In each location"],
};

const APACHE: Host = Host {
    target: "apache",
    command: "apache2 -f DIR/config -D FOREGROUND",
    config: "ServerRoot DIR
        ServerName localhost
        Listen 127.0.0.1:PORT
        PidFile DIR/pid
        ErrorLog DIR/log
        DefaultRuntimeDir DIR
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
        LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
        LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
        LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
        <VirtualHost *:PORT>
        DocumentRoot DIR/none
        PASTED 1
        ProxyPass /up http://UPSTREAM/up
        </VirtualHost>
        ",
    cuts: &[],
};

const CADDY: Host = Host {
    target: "caddy",
    command: "caddy run --config DIR/config --adapter caddyfile",
    config: "{
            admin off
            auto_https off
        }
        :PORT {
            bind 127.0.0.1
            PASTED 1
        }
        ",
    cuts: &[],
};

const HAPROXY: Host = Host {
    target: "haproxy",
    command: "haproxy -db -f DIR/config",
    config: "defaults
            mode http
            timeout connect 5s
            timeout client 5s
            timeout server 5s
        frontend all
            bind 127.0.0.1:PORT
            PASTED 1
            http-request deny deny_status 404 unless { path /up } or { path_beg /up/ }
            default_backend upstream
        backend upstream
            server one UPSTREAM
        ",
    cuts: &[],
};

const VARNISH: Host = Host {
    target: "varnish",
    command: "varnishd -F -T none -n DIR/run -f DIR/config -a 127.0.0.1:PORT",
    config: r#"vcl 4.1;
        PASTED 1
        import std;
        backend upstream { .host = "HOST"; .port = "UPPORT"; }
        sub vcl_recv {
            if (req.url !~ "^/up(?:[/?]|$)") { return (synth(404, "There is nothing here")); }
            return (pass);
        }
        sub vcl_deliver { set resp.http.X-Own = "yes"; }
        sub vcl_synth { set resp.body = "nothing"; return (deliver); }
        "#,
    cuts: &[],
};

const ENVOY: Host = Host {
    target: "envoy",
    command: "envoy -c DIR/config.yaml --concurrency 1 --disable-hot-restart -l error",
    config: r#"
static_resources:
  listeners:
    - address: { socket_address: { address: 127.0.0.1, port_value: PORT } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: own
                upgrade_configs:
                  PASTED 2
                http_filters:
                  PASTED 1
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
                route_config:
                  virtual_hosts:
                    PASTED 3
  clusters:
    - name: route_1
      load_assignment:
        cluster_name: route_1
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: HOST, port_value: UPPORT } } } }] }]
"#,
    cuts: &["http_filters:", "upgrade_configs:", "virtual_hosts:"],
};

const EXPRESS: Host = Host {
    target: "express",
    command: "node DIR/config.cjs",
    config: r#"
const express = require("express");
const app = express();
const { cors } = require("./cors.cjs");
app.disable("x-powered-by");
app.use("/up", cors("api"));
app.use("/up", (request, response) => {
  const asked = { host: "HOST", port: UPPORT, method: request.method, path: request.originalUrl, headers: request.headers };
  const passed = require("node:http").request(asked, (answer) => {
    response.status(answer.statusCode);
    for (const [name, values] of Object.entries(answer.headersDistinct)) response.setHeader(name, values);
    answer.pipe(response);
  });
  request.pipe(passed);
});
app.listen(PORT, "127.0.0.1");
"#,
    cuts: &[],
};

/// A file in parts, each from the line that begins with a cut.
fn parts(text: &str, cuts: &[&str]) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        if cuts.iter().any(|cut| line.starts_with(cut)) {
            parts.push(String::new());
            if !line.starts_with('#') {
                continue;
            }
        }
        let part = parts.last_mut().unwrap();
        part.push_str(line);
        part.push('\n');
    }
    parts
}

/// Puts a part in a line's place, as deep as that line is.
fn paste(config: &str, mark: &str, part: &str) -> String {
    let mut pasted = String::new();
    for line in config.lines() {
        if line.trim() == mark {
            let indent = &line[..line.len() - line.trim_start().len()];
            let depth = part.lines().next().map_or(0, |line| line.len() - line.trim_start().len());
            part.lines()
                .for_each(|own| pasted.push_str(&format!("{indent}{}\n", own.get(depth..).unwrap_or(""))));
        } else {
            pasted.push_str(&line.replace(mark, &format!("\n{part}")));
            pasted.push('\n');
        }
    }
    pasted
}

/// Routes and paths that every server reads alike are a paster's own matter.
fn is_plain(case: &Case) -> bool {
    case.path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/?=".contains(&byte))
}

fn hold(host: &Host) {
    let mut wrong = Vec::new();
    for (name, policy) in POLICIES {
        let upstream = Scripted::start(|asked| cases::upstream(&asked.line).text());
        let folder = tempfile::tempdir().unwrap();
        let file = policies::write(&format!("{SITE}{policy}\n"), folder.path(), [upstream.address; 2]);
        let document = PolicyDocument::read(&file).unwrap();
        let (site, _) = document.compile().unwrap();
        let output = folder.path().join("own");
        let export = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
            .args(["export", "--snippet", "--to", host.target, "--output"])
            .arg(&output)
            .arg(&file)
            .output()
            .unwrap();
        let printed = String::from_utf8(export.stderr).unwrap();
        assert!(export.status.success(), "{} {name}: {printed}", host.target);
        let written = String::from_utf8(export.stdout).unwrap();
        let snippet = std::fs::read_to_string(written.lines().next().unwrap()).unwrap();
        let mut config = host.config.to_owned();
        let mut parts = parts(&snippet, host.cuts);
        if host.target == "envoy" {
            parts.remove(0);
        }
        for (nth, part) in parts.iter().enumerate() {
            config = paste(&config, &format!("PASTED {}", nth + 1), part);
        }
        assert!(host.target == "express" || !config.contains("PASTED"), "{}: {snippet}", host.target);
        let address = site.listeners[0].address;
        let put = |text: &str| {
            text.replace("UPSTREAM", &upstream.address.to_string())
                .replace("HOST", &upstream.address.ip().to_string())
                .replace("UPPORT", &upstream.address.port().to_string())
                .replace("PORT", &address.port().to_string())
                .replace("DIR", output.to_str().unwrap())
        };
        let kind = ["config.yaml", "config.cjs", "config"];
        let own = kind.iter().find(|own| host.command.contains(*own)).unwrap();
        std::fs::write(output.join(own), put(&config)).unwrap();
        if host.target == "express" {
            server::install_express(&output);
        }
        let running = server::started(&put(host.command), &output, folder.path(), &[address], printed);
        let mut connection = Connection::new(address);
        let cases = cases(&site, &document.configurations(), CASES);
        let mut count = 0;
        for case in cases.iter().filter(|case| is_plain(case)) {
            let mut expected = case.expected(&site);
            if expected.status == Some(404) {
                // Where no route is, what answers is a paster's own; it has no CORS header either.
                expected.status = None;
            }
            let found = connection.ask(case).relevant(&expected);
            count += 1;
            let is_told = !case.by_browsers && case.excuses().iter().any(|name| running.warns_of(name));
            if found != expected && !is_told {
                wrong.push(format!(
                    "{} {name}: {case}\n  expected {expected:?}\n  found    {found:?}",
                    host.target
                ));
            }
        }
        println!("{} {name}: {count} requests", host.target);
        assert!(count >= CASES, "{} {name}: {count} requests", host.target);
    }
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n"));
}

#[test]
#[ignore = "needs nginx: cargo xtask test"]
fn the_snippet_for_nginx_works() {
    hold(&NGINX);
}

#[test]
#[ignore = "needs apache2: cargo xtask test"]
fn the_snippet_for_apache_works() {
    hold(&APACHE);
}

#[test]
#[ignore = "needs caddy: cargo xtask test"]
fn the_snippet_for_caddy_works() {
    hold(&CADDY);
}

#[test]
#[ignore = "needs haproxy: cargo xtask test"]
fn the_snippet_for_haproxy_works() {
    hold(&HAPROXY);
}

#[test]
#[ignore = "needs varnishd: cargo xtask test"]
fn the_snippet_for_varnish_works() {
    hold(&VARNISH);
}

#[test]
#[ignore = "needs envoy: cargo xtask test"]
fn the_snippet_for_envoy_works() {
    hold(&ENVOY);
}

#[test]
#[ignore = "needs node and express: cargo xtask test"]
fn the_snippet_for_express_works() {
    hold(&EXPRESS);
}
