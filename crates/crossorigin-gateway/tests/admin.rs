//! The admin listener: what it counts, and what it tells whom.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::time::Instant;

use crossorigin_gateway::{Gateway, Reloader};
use support::{Client, PATIENCE, answering, gateway_in, get, nobody, preflight, request, send, site};

const APP: &str = "https://app.example";

fn text(upstream: SocketAddr, more: &str) -> String {
    format!(
        "[policies.p]\norigins = [\"{APP}\"]\nmethods = [\"PUT\"]\n\
         [policies.q]\norigins = \"*\"\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\nname = \"public\"\ndefault_policy = \"q\"\n\
         [[routes]]\npath = \"/files/\"\nfiles = \".\"\npolicy = \"p\"\n\
         [[routes]]\npath = \"/api/\"\nhost = \"gateway.example\"\nupstream = \"http://{upstream}\"\npolicy = \"p\"\n\
         [[routes]]\npath = \"/dead/\"\nupstream = \"http://{}\"\n\
         [admin]\naddress = \"127.0.0.1:0\"\n{more}",
        nobody()
    )
}

struct Running {
    gateway: Gateway,
    address: SocketAddr,
    admin: SocketAddr,
    folder: tempfile::TempDir,
}

fn start() -> Running {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let upstream = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let (gateway, address) = gateway_in(folder.path(), &text(upstream, ""));
    let admin = gateway.admin_address().unwrap();
    Running { gateway, address, admin, folder }
}

/// Asks the admin listener.
#[track_caller]
fn ask(admin: SocketAddr, path: &str) -> support::Response {
    send(admin, &format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\n\r\n"))
}

/// The value of one series of `/metrics`, written with its labels.
#[track_caller]
fn value(admin: SocketAddr, series: &str) -> f64 {
    let text = ask(admin, "/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
}

/// Waits until a series has a value: a request is counted when its response has ended, which its client may see
/// a moment before.
#[track_caller]
fn wait_for(admin: SocketAddr, series: &str, expected: f64) {
    let began = Instant::now();
    loop {
        let found = value(admin, series);
        if found == expected {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{series} is {found}, not {expected}");
        std::thread::yield_now();
    }
}

#[test]
fn what_happens_is_counted_where_it_happens() {
    let Running { gateway, address, admin, folder: _folder } = start();
    let origin = format!("Origin: {APP}");
    for _ in 0..3 {
        assert_eq!(get(address, "/files/a.txt", &[&origin]).status, 200);
    }
    assert_eq!(get(address, "/files/none", &["Origin: https://evil.example"]).status, 404);
    assert_eq!(preflight(address, "/api/", APP, "PUT", &[]).status, 204);
    assert_eq!(preflight(address, "/api/", APP, "PATCH", &[]).status, 204);
    assert_eq!(get(address, "/api/x", &[]).status, 200);
    assert_eq!(get(address, "/dead/x", &[&origin]).status, 502);
    assert_eq!(get(address, "/elsewhere", &[&origin]).status, 404);
    assert_eq!(send(address, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status, 400);

    let api = "/api/, host gateway.example";
    for (series, expected) in [
        ("crossorigin_requests_total{route=\"/files/\",class=\"2xx\"}", 3.0),
        ("crossorigin_requests_total{route=\"/files/\",class=\"4xx\"}", 1.0),
        (&*format!("crossorigin_requests_total{{route=\"{api}\",class=\"2xx\"}}"), 3.0),
        ("crossorigin_requests_total{route=\"/dead/\",class=\"5xx\"}", 1.0),
        ("crossorigin_requests_total{route=\"(none)\",class=\"4xx\"}", 2.0),
        ("crossorigin_request_duration_seconds_count{route=\"/files/\"}", 4.0),
        ("crossorigin_request_duration_seconds_bucket{route=\"/files/\",le=\"+Inf\"}", 4.0),
        (&format!("crossorigin_response_body_bytes_total{{route=\"{api}\"}}"), 2.0),
        ("crossorigin_upstream_errors_total{route=\"/dead/\",kind=\"unreachable\"}", 1.0),
        (&format!("crossorigin_upstream_errors_total{{route=\"{api}\",kind=\"unreachable\"}}"), 0.0),
        ("crossorigin_file_cache_hits_total", 2.0),
        ("crossorigin_file_cache_misses_total", 1.0),
        ("crossorigin_file_cache_bytes", 4.0),
        ("crossorigin_connections_accepted_total{listener=\"public\"}", 10.0),
        ("crossorigin_connections_turned_away_total{listener=\"public\"}", 0.0),
        ("crossorigin_connections{listener=\"public\"}", 0.0),
        ("crossorigin_draining", 0.0),
        ("crossorigin_log_lines_lost_total", 0.0),
    ] {
        wait_for(admin, series, expected);
    }
    for (policy, request, outcome, reason, expected) in [
        ("p", "actual", "allowed", "origin-listed", 3.0),
        ("p", "actual", "refused", "origin-not-allowed", 1.0),
        ("p", "actual", "no-origin", "no-origin", 1.0),
        ("p", "preflight", "allowed", "origin-listed", 1.0),
        ("p", "preflight", "refused", "method-not-allowed", 1.0),
        // What no route takes, and what is too broken to find its route.
        ("q", "actual", "allowed", "any-origin", 1.0),
        ("q", "actual", "no-origin", "no-origin", 1.0),
    ] {
        let labels =
            format!("policy=\"{policy}\",request=\"{request}\",outcome=\"{outcome}\",reason=\"{reason}\"");
        wait_for(admin, &format!("crossorigin_decisions_total{{{labels}}}"), expected);
    }
    assert!(gateway.shutdown());
}

#[test]
fn no_value_that_clients_choose_becomes_a_label() {
    let Running { address, admin, folder: _folder, gateway: _gateway } = start();
    let series = || {
        let text = ask(admin, "/metrics").text();
        let names = text.lines().filter(|line| !line.starts_with('#'));
        names.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    let before = series();
    for number in 0..50 {
        let origin = format!("Origin: https://x{number}.example");
        let host = format!("Host: h{number}.example");
        send(address, &format!("X{number} /files/{number}?{number} HTTP/1.1\r\n{host}\r\n{origin}\r\n\r\n"));
        preflight(address, &format!("/{number}"), APP, &format!("M{number}"), &[]);
    }
    assert_eq!(series(), before);
}

#[test]
fn counters_go_on_through_reloads() {
    let Running { gateway, address, admin, folder } = start();
    let path = folder.path().join("site.toml");
    let upstream = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    fs::write(&path, text(upstream, "[[routes]]\npath = \"/new/\"\nfiles = \".\"\n")).unwrap();
    let mut reloader = Reloader::new(&path);
    assert_eq!(get(address, "/files/a.txt", &[]).status, 200);
    wait_for(admin, "crossorigin_requests_total{route=\"/files/\",class=\"2xx\"}", 1.0);
    reloader.reload(&gateway.handle()).unwrap();
    assert_eq!(gateway.admin_address(), Some(admin), "it stays where it is");
    assert_eq!(get(address, "/files/a.txt", &[]).status, 200);
    assert_eq!(get(address, "/new/a.txt", &[]).status, 200);
    wait_for(admin, "crossorigin_requests_total{route=\"/files/\",class=\"2xx\"}", 2.0);
    wait_for(admin, "crossorigin_requests_total{route=\"/new/\",class=\"2xx\"}", 1.0);
    fs::write(&path, "nonsense = [").unwrap();
    reloader.reload(&gateway.handle()).unwrap_err();
    for (series, expected) in [
        ("crossorigin_reloads_total{result=\"good\"}", 1.0),
        ("crossorigin_reloads_total{result=\"bad\"}", 1.0),
        ("crossorigin_last_reload_successful", 0.0),
    ] {
        assert_eq!(value(admin, series), expected, "{series}");
    }
    // It goes where the file says, or away.
    let moved = site(folder.path(), &text(upstream, "").replace("[admin]\naddress = \"127.0.0.1:0\"", ""));
    gateway.handle().reload(moved).unwrap();
    assert_eq!(gateway.admin_address(), None);
    assert!(std::net::TcpStream::connect(admin).is_err());
}

#[test]
fn it_is_ready_until_it_drains() {
    let Running { gateway, address, admin, folder: _folder } = start();
    assert_eq!((ask(admin, "/healthz").status, ask(admin, "/readyz").status), (200, 200));
    let mut under_way = Client::connect(address);
    under_way.send("POST /api/x HTTP/1.1\r\nHost: gateway.example\r\nContent-Length: 1\r\n\r\n");
    let began = Instant::now();
    while value(admin, "crossorigin_connections{listener=\"public\"}") < 1.0 {
        assert!(began.elapsed() < PATIENCE);
    }
    gateway.handle().shutdown();
    assert_eq!((ask(admin, "/healthz").status, ask(admin, "/readyz").status), (200, 503));
    assert_eq!(value(admin, "crossorigin_draining"), 1.0);
    drop(under_way);
    gateway.wait();
    assert!(std::net::TcpStream::connect(admin).is_err(), "it ends with the gateway");
}

#[test]
fn only_who_asks_for_this_machine_is_told() {
    let Running { admin, folder: _folder, gateway: _gateway, .. } = start();
    for (host, status) in [
        ("127.0.0.1:9180", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:9180", 200),
        ("[::1]", 200),
        ("admin.example:9180", 421),
        ("localhost.example", 421),
        ("127.0.0.1.example", 421),
        ("", 421),
    ] {
        for path in ["/metrics", "/policies", "/"] {
            let response = send(admin, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(response.status, status, "{host:?} {path}");
            assert_eq!(response.allow_origin(), None);
            assert_eq!(response.header("cross-origin-resource-policy"), Some("same-origin"));
        }
    }
    let localhost =
        |method, path| send(admin, &format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).status;
    assert_eq!((localhost("POST", "/metrics"), localhost("GET", "/x")), (405, 404));
}

#[test]
fn the_last_refused_requests_are_shown_with_their_remedy() {
    let Running { address, admin, folder: _folder, gateway: _gateway } = start();
    assert!(ask(admin, "/").text().contains("No policy has refused a request"));
    for number in 0..250 {
        get(address, &format!("/files/{number}"), &["Origin: https://evil.example"]);
    }
    let lines =
        ["Cookie: secret=1", "Authorization: secret", "Origin: https://user:secret@<b>.example/?secret"];
    get(address, "/files/<script>?secret", &lines);
    get(address, "/files/%3Cscript%3E", &["Origin: https://<script>.example"]);
    preflight(address, "/api/", APP, "PATCH", &[]);
    let page = ask(admin, "/refused");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let text = page.text();
    assert_eq!(text.matches("<tr><td>").count(), 100);
    assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains("secret"), "{text}");
    for expected in [
        "preflight for <code>PATCH /api/</code>",
        "add &quot;PATCH&quot; to methods of [policies.p]",
        "add &quot;https://evil.example&quot; to origins of [policies.p]",
        "https://&lt;script&gt;.example",
        "<code>GET /files/249</code>",
        "crossorigin explain preflight-allow-origin-missing",
    ] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    assert!(!text.contains("<code>GET /files/140</code>"), "it is too old");
}

#[test]
fn the_policy_of_each_route_is_told() {
    let Running { admin, folder: _folder, gateway: _gateway, .. } = start();
    let response = ask(admin, "/policies");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let told: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(told["listeners"][0]["default_policy"], "q");
    assert_eq!(told["routes"].as_array().unwrap().len(), 3);
    assert_eq!(told["routes"][1]["path"], "/api/");
    assert_eq!(told["routes"][1]["hosts"], serde_json::json!(["gateway.example"]));
    assert_eq!(told["routes"][1]["policy"], "p");
    assert_eq!(told["policies"]["q"]["any_origin"], true);
    let resolved = &told["routes"][0]["resolved"];
    assert_eq!(
        (&resolved["methods"], &resolved["origins"]),
        (&serde_json::json!(["PUT"]), &serde_json::json!(1))
    );
    assert_eq!(resolved, &told["policies"]["p"]);
    // A route without a policy lets nobody read.
    let closed = &told["routes"][2]["resolved"];
    assert_eq!(
        (&closed["origins"], &closed["any_origin"]),
        (&serde_json::json!(0), &serde_json::json!(false))
    );
}

#[test]
fn a_keep_alive_connection_is_asked_again_and_head_has_no_body() {
    let Running { admin, folder: _folder, gateway: _gateway, .. } = start();
    let mut client = Client::connect(admin);
    client.send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(client.head().status, 200);
    client.send(request("GET", "/healthz", &[]).replace("gateway.example", "localhost"));
    assert_eq!(client.response().text(), "ok\n");
}

/// Reads the text as Prometheus's own library does; a line a metric: name, type, and how many values.
const PARSER: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families as families
for family in families(sys.stdin.read()):
    assert family.documentation, family.name
    labels = [(value.name, tuple(sorted(value.labels.items()))) for value in family.samples]
    assert len(labels) == len(set(labels)), family.name
    print(family.name, family.type, len(family.samples))
";

#[test]
#[ignore = "needs prometheus_client for Python: cargo xtask test"]
fn a_parser_of_prometheus_reads_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    // Names that have to be escaped.
    let odd = "[policies.\"a \\\"b\\\" \\\\ \\n c\"]\norigins = \"*\"\n\
               [[routes]]\npath = \"/a\\\"b/\"\nfiles = \".\"\npolicy = \"a \\\"b\\\" \\\\ \\n c\"\n";
    let (gateway, address) = gateway_in(folder.path(), &text(nobody(), odd));
    get(address, "/files/x", &["Origin: https://evil.example"]);
    let mut python = std::process::Command::new("python3")
        .args(["-c", PARSER])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let metrics = ask(gateway.admin_address().unwrap(), "/metrics");
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), &metrics.body).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the parser takes it");
    let read = String::from_utf8(output.stdout).unwrap();
    let families: Vec<_> = read.lines().collect();
    println!("{read}");
    // The counters' names are told without `_total`.
    for expected in [
        "crossorigin_decisions counter 100",
        "crossorigin_requests counter 30",
        "crossorigin_request_duration_seconds histogram 80",
        "crossorigin_connections gauge 1",
        "crossorigin_reloads counter 2",
    ] {
        assert!(families.contains(&expected), "no {expected:?} in\n{read}");
    }
    let announced = metrics.text().matches("# TYPE ").count();
    assert_eq!(families.len(), announced, "each is announced once");
}
