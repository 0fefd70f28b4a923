//! `policy decide` says what the gateway does: the same requests, decided without a server and sent to one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const POLICIES: &str = r#"
[policies.api]
origins = ["https://app.example", "https://*.partner.example"]
credentials = true
methods = ["PUT"]
request_headers = ["content-type"]
exposed_headers = ["etag"]
max_age = "10m"
forbid_refused_origins = true
public_url = "https://api.example"

[policies.echo]
origins = ["https://app.example"]
credentials = true
methods = ["*"]
request_headers = ["*"]

[policies.public]
origins = "*"
timing_allow_origin = "*"
cross_origin_resource_policy = "cross-origin"

[policies.closed]
origins = []

[[listeners]]
address = "127.0.0.1:0"
default_policy = "api"

[[routes]]
path = "/photos/"
files = "photos"
policy = "public"

[[routes]]
path = "/echo/"
files = "photos"
policy = "echo"

[[routes]]
path = "/closed/"
files = "photos"
policy = "closed"
"#;

/// What is asked beside each path.
const QUESTIONS: &[&[&str]] = &[
    &[],
    &["--origin", "https://app.example"],
    &["--origin", "https://x.partner.example"],
    &["--origin", "https://evil.example"],
    &["--origin", "null"],
    &["--origin", "https://app.example/"],
    &["--origin", "https://app.example", "--method", "PUT"],
    &["--origin", "https://evil.example", "--method", "POST"],
    &["--origin", "https://api.example", "--method", "POST"],
    &["--origin", "https://app.example", "--method", "OPTIONS"],
    &["--origin", "https://app.example", "--method", "PUT", "--preflight"],
    &["--origin", "https://app.example", "--method", "PATCH", "--preflight"],
    &["--origin", "https://app.example", "--method", "GET", "--header", "Content-Type", "--preflight"],
    &["--origin", "https://app.example", "--method", "GET", "--header", "Authorization", "--preflight"],
    &["--origin", "https://evil.example", "--method", "PUT", "--preflight"],
];

const PATHS: &[&str] =
    &["/photos/a.svg", "/photos/none", "/echo/a.svg", "/closed/a.svg", "/elsewhere", "/photos/%2e%2e/a"];

/// The headers that a policy has a say in.
const HEADERS: &[&str] = &["access-control-", "vary", "timing-allow-origin", "cross-origin-resource-policy"];

struct Gateway {
    process: Child,
    address: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

#[test]
fn every_answer_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, POLICIES).unwrap();
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    std::fs::write(folder.path().join("photos/a.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
        .unwrap();

    let program = env!("CARGO_BIN_EXE_crossorigin");
    let mut process = Command::new(program)
        .arg("serve")
        .arg(&file)
        .args(["--log", "error"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(process.stdout.as_mut().unwrap()).lines().next().unwrap().unwrap();
    let address = line.rsplit("//").next().unwrap().to_owned();
    let gateway = Gateway { process, address };

    for path in PATHS {
        for question in QUESTIONS {
            let decided = Command::new(program)
                .args(["policy", "decide", "--format", "json", "--url", &format!("http://127.0.0.1{path}")])
                .args(*question)
                .arg(&file)
                .output()
                .unwrap();
            let decided: Value = serde_json::from_slice(&decided.stdout).unwrap();
            let (status, headers) = ask(&gateway.address, path, &decided["request"]);
            let mut expected: Vec<_> =
                decided["response"]["headers"].as_array().unwrap().iter().map(line_of).collect();
            expected.sort();
            assert_eq!(headers, expected, "{path} {question:?}");
            if let Some(expected) = decided["response"]["status"].as_u64() {
                assert_eq!(u64::from(status), expected, "{path} {question:?}");
            }
        }
    }
}

fn line_of(header: &Value) -> String {
    format!("{}: {}", header["name"].as_str().unwrap(), header["value"].as_str().unwrap())
}

/// Sends a request as it was decided on; returns the status and the sorted headers of the policy's.
fn ask(address: &str, path: &str, request: &Value) -> (u16, Vec<String>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head =
        format!("{} {path} HTTP/1.1\r\nconnection: close\r\n", request["method"].as_str().unwrap());
    for header in request["headers"].as_array().unwrap() {
        head += &format!("{}\r\n", line_of(header));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers: Vec<_> =
        lines.filter(|line| HEADERS.iter().any(|start| line.starts_with(start))).map(str::to_owned).collect();
    headers.sort();
    (status, headers)
}
