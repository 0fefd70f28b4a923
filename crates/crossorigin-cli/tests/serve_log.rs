//! The log of `crossorigin serve`: what is in it, what never is, and that nothing stops where it can't be written.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_crossorigin");
const PATIENCE: Duration = Duration::from_secs(10);

/// A running gateway with an admin listener, which is ended with the test.
struct Running {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Running {
    /// Starts it; `{upstream}` in the policy file is answered by `upstream`.
    fn start(arguments: &[&str], log: &str, more: &str, stderr: Stdio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "text").unwrap();
        let site = format!(
            "[policies.p]\norigins = [\"https://app.example\"]\n[[listeners]]\naddress = \"127.0.0.1:0\"\n\
             [[routes]]\npath = \"/\"\nfiles = \".\"\npolicy = \"p\"\n{more}\
             [admin]\naddress = \"127.0.0.1:0\"\n[log]\n{log}\n"
        );
        fs::write(folder.path().join("site.toml"), site).unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "site.toml", "--workers", "2"]).args(arguments).current_dir(folder.path());
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut address_after = |text: &str| {
            let line = lines.find_map(|line| line.strip_prefix(text).map(str::to_owned));
            line.unwrap_or_else(|| panic!("it does not start")).parse().unwrap()
        };
        let (address, admin) =
            (address_after("listening on http://"), address_after("admin listener on http://"));
        // What was printed is read, and from here on nobody reads any more.
        Self { child, folder, address, admin }
    }

    fn start_into_file(arguments: &[&str], log: &str, more: &str) -> (Self, std::path::PathBuf) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (file, path) = file.keep().unwrap();
        (Self::start(arguments, log, more, file.into()), path)
    }

    fn get(&self, path: &str) -> String {
        exchange(self.address, &format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    }

    /// The value of one series of `/metrics`.
    fn metric(&self, series: &str) -> f64 {
        let text =
            exchange(self.admin, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it; gives whether it exits with 0.
    fn end(&mut self) -> bool {
        self.signal(Signal::TERM);
        let mut status = None;
        wait_until(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a request and reads until the end.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    // Some of what is sent is refused with a reset behind the answer.
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

/// The lines of requests in a log of JSON, each of which must be an object.
fn requests(log: &str) -> Vec<serde_json::Value> {
    let lines = log.lines().map(|line| {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    lines.filter(|line| line["target"] == "crossorigin::access").collect()
}

#[test]
fn the_file_says_how_it_is_written_and_flags_come_first() {
    for (arguments, log, is_json, part) in [
        (&[][..], "", false, 1.0),
        (&[], "format = \"json\"", true, 1.0),
        (&["--log-format", "human"], "format = \"json\"", false, 1.0),
        (&["--log-format", "json"], "sample = 0.0", true, 0.0),
        (&["--log-sample", "0.25"], "format = \"json\"\nsample = 0", true, 0.25),
    ] {
        let (mut running, path) = Running::start_into_file(arguments, log, "");
        for number in 0..200 {
            assert!(running.get(&format!("/a.txt?{number}")).ends_with("text"));
        }
        assert!(running.end());
        let log = fs::read_to_string(path).unwrap();
        let count = match is_json {
            true => requests(&log).len(),
            false => log.lines().filter(|line| line.contains("crossorigin::access")).count(),
        };
        let expected = 200.0 * part;
        assert!(
            (count as f64 - expected).abs() <= if part == 0.25 { 30.0 } else { 0.0 },
            "{count}, not {expected}"
        );
    }
}

#[test]
fn a_line_tells_what_came_of_a_request() {
    let (mut running, path) = Running::start_into_file(&[], "format = \"json\"", "");
    running.get("/a.txt?key=1");
    exchange(
        running.address,
        "GET /none HTTP/1.1\r\nHost: b:1\r\nOrigin: https://x.example\r\nConnection: close\r\n\r\n",
    );
    assert!(running.end());
    let log = fs::read_to_string(path).unwrap();
    let lines = requests(&log);
    let told = |line: &serde_json::Value| {
        ["method", "uri", "host", "origin", "status", "bytes", "end", "note"].map(|key| line[key].to_string())
    };
    assert_eq!(
        told(&lines[0]),
        ["\"GET\"", "\"/a.txt?…\"", "\"a\"", "null", "200", "4", "\"whole\"", "null"]
    );
    let none = told(&lines[1]);
    assert_eq!(none[..5], ["\"GET\"", "\"/none\"", "\"b:1\"", "\"https://x.example\"", "404"]);
    assert!(
        lines[1]["note"].as_str().is_some() && lines[1]["peer"].as_str().unwrap().starts_with("127.0.0.1:")
    );
    assert!(lines.iter().all(|line| line["milliseconds"].is_u64() && line["timestamp"].is_string()));
}

/// Each is planted in places of its own; none may come out anywhere.
const SECRETS: [&str; 12] = [
    "s3cret-authorization",
    "s3cret-proxy",
    "s3cret-cookie",
    "s3cret-query",
    "s3cret-fragment",
    "s3cret-user",
    "s3cret-origin",
    "s3cret-host",
    "s3cret-body",
    "s3cret-referrer",
    "s3cret-answer",
    "s3cret-refused",
];

#[test]
fn no_credentials_are_in_any_log() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream_address = upstream.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in upstream.incoming().enumerate() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut read = [0; 4096];
                while stream.read(&mut read).is_ok_and(|length| length > 0) {
                    let answer = [
                        "HTTP/1.1 200 OK\r\nSet-Cookie: s3cret-answer\r\nWWW-Authenticate: s3cret-answer\r\n\
                         Location: /?s3cret-answer\r\nContent-Length: 13\r\n\r\ns3cret-answer",
                        // No HTTP; a length that is none; an answer that breaks off.
                        "s3cret-answer\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: s3cret-answer\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ns3cret-answer",
                    ];
                    let _ = stream.write_all(answer[number % answer.len()].as_bytes());
                    if number % answer.len() == 3 {
                        return;
                    }
                }
            });
        }
    });
    let more =
        format!("[[routes]]\npath = \"/up/\"\nupstream = \"http://{upstream_address}\"\npolicy = \"p\"\n");
    let head = "Authorization: Basic s3cret-authorization\r\nProxy-Authorization: s3cret-proxy\r\n\
                Cookie: a=s3cret-cookie\r\nReferer: https://a.example/?s3cret-referrer\r\nConnection: close\r\n\
                Content-Length: 11\r\n\r\ns3cret-body";
    let origin = "Origin: https://s3cret-user:s3cret-origin@app.example/?s3cret-query#s3cret-fragment";
    let mut requests = Vec::new();
    for target in [
        "/a.txt?s3cret-query",
        "/up/x?token=s3cret-query",
        "/none?a=s3cret-query",
        "http://s3cret-user:s3cret-host@a/up/x?s3cret-query",
        "/up/%2e%2e/x?s3cret-query",
        "/a.txt#s3cret-fragment",
    ] {
        for method in ["GET", "POST", "CONNECT", "OPTIONS"] {
            for host in ["a", "s3cret-user:s3cret-host@a", "a/?s3cret-query"] {
                for origin in ["Origin: https://app.example", origin] {
                    requests
                        .push(format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{origin}\r\n{head}"));
                    requests.push(format!(
                        "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{origin}\r\n\
                         Access-Control-Request-Method: PUT\r\n{head}"
                    ));
                }
            }
        }
    }
    // What is refused before it is understood.
    requests.push("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: s3cret-refused\x01\r\n\r\n".to_owned());
    requests.push("GET /a HTTP/1.1\r\nHost: a\r\nCookie : s3cret-refused\r\n\r\n".to_owned());
    requests.push("GET /a HTTP/1.1\r\nHost: a\r\nCookie: a\r\n s3cret-refused\r\n\r\n".to_owned());
    requests.push("GET /a?s3cret-refused\x01 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned());
    requests.push("GET /a?s3cret-refused HTTP/9\r\nHost: a\r\n\r\n".to_owned());
    requests.push(format!("GET /a HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\r\n", "s3cret-refused".repeat(4000)));
    requests.push(
        "POST /up/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\ns3cret-refused\r\n".to_owned(),
    );

    for format in ["human", "json"] {
        // Every level of everything, that of libraries too.
        let (mut running, path) =
            Running::start_into_file(&["--log", "trace", "--log-format", format], "", &more);
        for request in &requests {
            exchange(running.address, request);
        }
        let shown = ["/", "/metrics", "/policies"].map(|path| {
            exchange(
                running.admin,
                &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
            )
        });
        assert!(running.end());
        let log = fs::read_to_string(path).unwrap();
        let count = log.matches("crossorigin::access").count();
        assert!(count >= requests.len() - 1, "{count} lines for {} requests", requests.len());
        assert!(log.contains("crossorigin::decision"), "decisions are logged");
        for secret in SECRETS {
            let told = log.lines().find(|line| line.contains(secret));
            assert_eq!(told, None, "{secret} is in the log");
            assert!(!shown.iter().any(|shown| shown.contains(secret)), "{secret} is shown");
        }
    }
}

#[test]
fn a_full_disk_for_the_log_stops_nothing_and_is_counted() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    // A policy that is warned of, so that there is something to print from the beginning on.
    let mut running = Running::start(&[], "", "[policies.unused]\norigins = \"*\"\n", Stdio::from(full));
    for _ in 0..50 {
        assert!(running.get("/a.txt").ends_with("text"));
    }
    wait_until(|| running.metric("crossorigin_log_lines_lost_total") >= 50.0);
    // A reload has something to say too.
    let path = running.folder.path().join("site.toml");
    let site = fs::read_to_string(&path).unwrap();
    fs::write(&path, "nonsense = [").unwrap();
    running.signal(Signal::HUP);
    wait_until(|| running.metric("crossorigin_reloads_total{result=\"bad\"}") >= 1.0);
    fs::write(&path, site).unwrap();
    running.signal(Signal::HUP);
    wait_until(|| running.metric("crossorigin_last_reload_successful") == 1.0);
    assert!(running.get("/a.txt").ends_with("text"));
    assert!(running.end());
}

#[test]
fn whoever_does_not_read_the_log_stops_nothing() {
    let mut running = Running::start(&["--log", "trace"], "", "", Stdio::piped());
    let stderr: ChildStderr = running.child.stderr.take().unwrap();
    // More than a pipe and the lines that wait take: 64 KiB and 1 MiB.
    let target = format!("/{}", "x".repeat(8_000));
    let mut sent = 0;
    while running.metric("crossorigin_log_lines_lost_total") == 0.0 {
        for _ in 0..20 {
            assert!(running.get(&target).starts_with("HTTP/1.1 404"));
        }
        sent += 20;
        assert!(sent < 2_000, "nothing is lost of the lines of {sent} requests");
    }
    assert!(running.get("/a.txt").ends_with("text"));
    drop(stderr);
    assert!(running.get("/a.txt").ends_with("text"));
    assert!(running.end());
}

#[test]
fn standard_output_that_is_closed_or_full_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let full = File::options().write(true).open("/dev/full").unwrap();
    for stdout in [Stdio::from(closed), Stdio::from(full)] {
        // Where it listens is printed nowhere else.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--files", ".", "--allow-origin", "*", "--listen", &address.to_string()]);
        let child = command.current_dir(folder.path()).stdout(stdout).stderr(Stdio::null()).spawn().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut running = Running { child, folder, address, admin: address };
        wait_until(|| TcpStream::connect(address).is_ok());
        assert!(running.get("/a.txt").ends_with("text"));
        assert!(running.end());
    }
}
