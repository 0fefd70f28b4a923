//! The snippets that `crossorigin check` suggests, pasted into real servers: then everything is shared with the page,
//! errors and what an upstream answers too, and with no other page.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::scripted::{Scripted, answer};

const APP: &str = "https://app.example";
const STRANGERS: [&str; 3] =
    ["https://evil.example", "https://app.example.evil.example", "http://app.example"];

/// A server of a kind, and how it is configured.
struct Kind {
    /// As the fix names it.
    name: &'static str,
    /// The program with its arguments; `DIR` is its directory, with the configuration in `DIR/config`, or what of its
    /// arguments begins so.
    command: &'static [&'static str],
    /// The configuration, with `PORT`, `DIR`, `UPSTREAM`, and the snippet's parts as `HTTP` and `SNIPPET`.
    config: &'static str,
}

const NGINX: Kind = Kind {
    name: "nginx",
    command: &["nginx", "-c", "DIR/config", "-e", "stderr", "-g", "daemon off;"],
    config: "pid DIR/pid; events {} http { access_log off;
        client_body_temp_path DIR/1; proxy_temp_path DIR/2; fastcgi_temp_path DIR/3; uwsgi_temp_path DIR/4;
        scgi_temp_path DIR/5;
        HTTP
        server { listen 127.0.0.1:PORT; root DIR;
            location / { SNIPPET }
            location /up/ { proxy_pass http://UPSTREAM; SNIPPET }
            location /locked { auth_basic x; auth_basic_user_file DIR/users; SNIPPET } } }",
};

const APACHE: Kind = Kind {
    name: "Apache",
    command: &["apache2", "-f", "DIR/config", "-D", "FOREGROUND"],
    config: "ServerRoot DIR
        ServerName localhost
        Listen 127.0.0.1:PORT
        PidFile DIR/pid
        ErrorLog DIR/log
        DefaultRuntimeDir DIR
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
        LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
        LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
        LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
        LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
        LoadModule setenvif_module /usr/lib/apache2/modules/mod_setenvif.so
        LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
        LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
        LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
        <VirtualHost *:PORT>
        DocumentRoot DIR
        <Directory DIR>
        Require all granted
        </Directory>
        <Location /locked>
        AuthType Basic
        AuthName x
        AuthUserFile DIR/users
        Require valid-user
        </Location>
        ProxyPass /up/ http://UPSTREAM/up/
        SNIPPET
        </VirtualHost>
        ",
};

const CADDY: Kind = Kind {
    name: "Caddy",
    command: &["caddy", "run", "--config", "DIR/config", "--adapter", "caddyfile"],
    config: "{
            admin off
            auto_https off
        }
        http://127.0.0.1:PORT {
            root * DIR
            SNIPPET
            handle /up/* {
                reverse_proxy UPSTREAM
            }
            handle /locked {
                error 401
            }
            handle {
                file_server
            }
        }
        ",
};

const HAPROXY: Kind = Kind {
    name: "HAProxy",
    command: &["haproxy", "-db", "-f", "DIR/config"],
    config: "defaults
            mode http
            timeout connect 5s
            timeout client 5s
            timeout server 5s
        frontend all
            bind 127.0.0.1:PORT
            SNIPPET
            http-after-response set-header Server haproxy
            http-request deny deny_status 401 if { path /locked }
            http-request deny deny_status 404 if { path /missing }
            default_backend upstream
        backend upstream
            server one UPSTREAM
        ",
};

const VARNISH: Kind = Kind {
    name: "Varnish",
    command: &["varnishd", "-F", "-T", "none", "-n", "DIR/run", "-f", "DIR/config", "-a", "127.0.0.1:PORT"],
    config: r#"vcl 4.1;
        SNIPPET
        backend upstream { .host = "127.0.0.1"; .port = "UPPORT"; }
        sub vcl_recv {
            if (req.url == "/locked") { return (synth(401)); }
            if (req.url == "/missing") { return (synth(404)); }
        }
        "#,
};

const ENVOY: Kind = Kind {
    name: "Envoy",
    command: &[
        "envoy",
        "-c",
        "DIR/config.yaml",
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "-l",
        "error",
    ],
    config: r#"static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: PORT } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: own
          http_filters:
          - name: envoy.filters.http.cors
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - { match: { prefix: / }, route: { cluster: upstream } }
              SNIPPET
  clusters:
  - name: upstream
    load_assignment:
      cluster_name: upstream
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: UPPORT } } } }] }]
"#,
};

const EXPRESS: Kind = Kind {
    name: "Express",
    command: &["node", "DIR/config.mjs"],
    config: r#"import express from "express";
        const app = express();
        SNIPPET
        app.all("/there", (request, response) => response.send("there"));
        app.all("/locked", (request, response) => response.status(401).end());
        app.all("/up/x", (request, response) => response.vary("Accept").send("up"));
        app.all("/up/oops", () => { throw new Error("oops"); });
        app.listen(PORT, "127.0.0.1");
        "#,
};

/// A server that runs; it ends with the test.
struct Running {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gently: they have processes of their own to end.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        drop(self.child.wait());
    }
}

fn start(kind: &Kind, upstream: &str, snippet: &str) -> Running {
    let directory = tempfile::tempdir().unwrap();
    // Servers drop their rights where root starts them.
    let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), rights).unwrap();
    for (name, text) in [("there", "there"), ("locked", "secret"), ("users", "")] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = directory.path().display().to_string();
    let put = |text: &str| text.replace("DIR", &path).replace("PORT", &port.to_string());
    let (http, snippet) = snippet.split_once("# in location { }\n").unwrap_or(("", snippet));
    let config = kind.config.replace("UPSTREAM", upstream).replace("HTTP", http);
    let upstream_port = upstream.rsplit_once(':').unwrap().1;
    let config = put(&config.replace("UPPORT", upstream_port));
    // As deep as the place it is put in.
    let indent = config.lines().find_map(|line| line.strip_suffix("SNIPPET")).unwrap_or("");
    let indent = if indent.trim().is_empty() { indent } else { "" };
    let config = config.replace("SNIPPET", &snippet.trim_end().replace('\n', &format!("\n{indent}"))) + "\n";
    let words: Vec<_> = kind.command.iter().map(|word| put(word)).collect();
    let file = words.iter().find(|word| word.starts_with(&format!("{path}/config"))).unwrap();
    std::fs::write(file, config).unwrap();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/express/node_modules");
    std::os::unix::fs::symlink(modules, directory.path().join("node_modules")).unwrap();
    let mut command = Command::new(program(&words[0]));
    command.args(&words[1..]).env("HOME", &path).stdout(Stdio::null());
    let running = Running { child: command.spawn().unwrap(), port, _directory: directory };
    wait_for(running)
}

/// Debian keeps servers outside of the path of users.
fn program(name: &str) -> String {
    let beside = format!("/usr/sbin/{name}");
    if Path::new(&beside).exists() { beside } else { name.to_owned() }
}

/// Nothing but a connection tells that it listens.
fn wait_for(mut running: Running) -> Running {
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", running.port)).is_err() {
        assert!(running.child.try_wait().unwrap().is_none(), "it ended at once");
        assert!(Instant::now() < end, "it does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

fn check(url: &str, from: &str, flags: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    command.env("NO_PROXY", "*").args(["check", url, "--from", from, "--format", "json"]).args(flags);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

fn verdicts(found: &Value) -> Vec<&str> {
    found["results"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect()
}

/// The fix is asked for as people ask for it: of a server that lacks it.
fn snippet_works(kind: &Kind) {
    let upstream = Scripted::start(|asked| {
        let status = match asked.line.split(' ').nth(1) {
            Some("/up/oops") => "500 Oops",
            // Where the server does not say so itself.
            Some("/locked") => "401 Unauthorized",
            Some("/missing") => "404 Not Found",
            _ => "200 OK",
        };
        // What an application sends by itself is not to stand beside what the server sends.
        answer(status, &["Access-Control-Allow-Origin: https://app.example", "Vary: Accept"])
    });
    let silent = Scripted::always("200 OK", &[]);
    let put: &[&str] = &["-X", "PUT", "-H", "X-CSRF-Token: 1", "-d", "{}"];
    let with_credentials = [put, &["--credentials", "include"]].concat();
    for flags in [&[][..], put, &with_credentials] {
        let bare = start(kind, &silent.address.to_string(), "");
        let found = check(&format!("http://127.0.0.1:{}/there", bare.port), APP, flags);
        assert!(verdicts(&found).iter().all(|verdict| *verdict == "blocked"), "{found:#}");
        let fix = &found["results"][0]["fixes"][0];
        assert_eq!(fix["server"], kind.name, "it is recognised");
        drop(bare);
        let mended = start(kind, &upstream.address.to_string(), fix["snippet"].as_str().unwrap());
        for path in ["/there", "/missing", "/locked", "/up/x", "/up/oops"] {
            let url = format!("http://127.0.0.1:{}{path}", mended.port);
            let found = check(&url, APP, flags);
            assert!(
                verdicts(&found).iter().all(|verdict| *verdict == "shared"),
                "{} {path} {flags:?}: {found:#}",
                kind.name
            );
            let exchange = found["results"][0]["exchanges"].as_array().unwrap().last().unwrap();
            let headers = exchange["response"]["headers"].as_array().unwrap();
            let varies = |header: &Value| {
                header["name"] == "vary" && header["value"].as_str().unwrap().contains("Origin")
            };
            assert!(headers.iter().any(varies), "{} {path}: {headers:?}", kind.name);
            for stranger in STRANGERS {
                let found = check(&url, stranger, flags);
                assert!(
                    verdicts(&found).iter().all(|verdict| *verdict == "blocked"),
                    "{} {path} {stranger}: {found:#}",
                    kind.name
                );
            }
        }
    }
}

#[test]
#[ignore = "needs nginx: cargo xtask test"]
fn the_snippet_for_nginx_works() {
    snippet_works(&NGINX);
}

#[test]
#[ignore = "needs Apache: cargo xtask test"]
fn the_snippet_for_apache_works() {
    snippet_works(&APACHE);
}

#[test]
#[ignore = "needs Caddy: cargo xtask test"]
fn the_snippet_for_caddy_works() {
    snippet_works(&CADDY);
}

#[test]
#[ignore = "needs HAProxy: cargo xtask test"]
fn the_snippet_for_haproxy_works() {
    snippet_works(&HAPROXY);
}

#[test]
#[ignore = "needs Varnish: cargo xtask test"]
fn the_snippet_for_varnish_works() {
    snippet_works(&VARNISH);
}

#[test]
#[ignore = "needs Envoy: cargo xtask test"]
fn the_snippet_for_envoy_works() {
    snippet_works(&ENVOY);
}

#[test]
#[ignore = "needs Express and cors from npm: cargo xtask test"]
fn the_snippet_for_express_works() {
    snippet_works(&EXPRESS);
}
