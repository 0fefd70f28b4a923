//! `crossorigin serve`, run as people run it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_crossorigin");
const PATIENCE: Duration = Duration::from_secs(10);
const ORIGIN: &str = "Origin: https://app.example\r\n";

/// A running gateway, which is ended with the test.
struct Running {
    child: Child,
    address: SocketAddr,
    printed: String,
    folder: TempDir,
}

impl Running {
    /// Starts it in a folder of its own, which holds `files/a.txt` and perhaps `site.toml`.
    fn start(arguments: &[&str], site: Option<&str>) -> Self {
        Self::start_by(Command::new(PROGRAM).arg("serve").args(arguments), site)
    }

    fn start_by(command: &mut Command, site: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        fs::write(folder.path().join("files/a.txt"), "text").unwrap();
        if let Some(site) = site {
            fs::write(folder.path().join("site.toml"), site).unwrap();
        }
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child =
            command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_else(|| {
            let log = fs::read_to_string(folder.path().join("log")).unwrap();
            panic!("it does not start: {log}")
        });
        let address =
            first.strip_prefix("listening on http://").unwrap().split(' ').next().unwrap().parse().unwrap();
        let printed = lines.by_ref().take(2).fold(first, |text, line| text + "\n" + &line);
        Self { child, address, printed, folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap()
    }

    /// Waits for a line in the log.
    fn wait_for_log(&self, text: &str) {
        wait_until(|| self.log().contains(text), || format!("{text:?} in {}", self.log()));
    }

    fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(
            || {
                status = self.child.try_wait().unwrap();
                status.is_some()
            },
            || "its end".to_owned(),
        );
        status.unwrap()
    }

    fn get(&self, path: &str) -> String {
        exchange(
            self.address,
            &format!("GET {path} HTTP/1.1\r\nHost: a\r\n{ORIGIN}Connection: close\r\n\r\n"),
        )
    }

    /// Hundredths of a second that it has computed for.
    fn processor_time(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool, what: impl Fn() -> String) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {}", what());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a request and reads until the end.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// Runs to the end: exit code, and what it says on standard error.
fn fails(arguments: &[&str], folder: &Path) -> (Option<i32>, String) {
    let output = Command::new(PROGRAM).arg("serve").args(arguments).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_folder_is_served_without_a_file() {
    let running =
        Running::start(&["--files", "files", "--allow-origin", "*", "--listen", "127.0.0.1:0"], None);
    assert!(running.printed.contains("files of"), "{}", running.printed);
    assert!(running.printed.contains("any origin"), "{}", running.printed);
    let response = running.get("/a.txt");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\ntext"), "{response}");
    assert!(response.contains("\r\naccess-control-allow-origin: *\r\n"), "{response}");
    assert!(!response.to_lowercase().contains("\r\nvary:"), "{response}");
}

#[test]
fn a_server_is_served_without_a_file() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = upstream.accept().unwrap();
        let mut head = [0; 4096];
        assert!(stream.read(&mut head).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let running = Running::start(
        &[
            "--upstream",
            &url,
            "--allow-origin",
            "https://app.example",
            "--allow-origin",
            "http://localhost:*",
            "--credentials",
            "--allow-method",
            "PUT",
            "--allow-header",
            "x-a",
            "--expose-header",
            "etag",
            "--max-age",
            "10m",
            "--listen",
            "127.0.0.1:0",
            "--workers",
            "1",
        ],
        None,
    );
    let response = running.get("/x");
    assert!(response.starts_with("HTTP/1.1 418 "), "{response}");
    for line in [
        "access-control-allow-origin: https://app.example",
        "access-control-allow-credentials: true",
        "access-control-expose-headers: etag",
        "vary: origin",
    ] {
        assert!(response.to_lowercase().contains(&format!("\r\n{line}\r\n")), "{line} not in {response}");
    }
    thread.join().unwrap();
    let preflight = "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:3000\r\nConnection: close\r\n\
                     Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n\r\n";
    let response = exchange(running.address, preflight);
    assert!(response.starts_with("HTTP/1.1 204 "), "{response}");
    assert!(response.contains("\r\naccess-control-max-age: 600\r\n"), "{response}");
}

#[test]
fn wrong_usage_exits_2_and_bad_policies_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("bad.toml"), "[policies.p]\norigins = [\"https://a.example/\"]\nnonsense = 1\n")
        .unwrap();
    for arguments in [
        &[][..],
        &["bad.toml", "--files", "x"],
        &["bad.toml", "--allow-origin", "*"],
        &["--files", "x", "--upstream", "http://127.0.0.1:1"],
        &["--files", "x", "--max-age", "soon"],
        &["--files", "x", "--listen", "nowhere"],
        &["bad.toml", "--workers", "0"],
    ] {
        assert_eq!(fails(arguments, path).0, Some(2), "{arguments:?}");
    }
    let (code, message) = fails(&["bad.toml"], path);
    assert_eq!(code, Some(1));
    for part in ["bad.toml:2:", "bad.toml:3:", "nonsense"] {
        assert!(message.contains(part), "{part} not in {message}");
    }
    let (code, message) = fails(&["--files", ".", "--allow-origin", "https://a.example/"], path);
    assert_eq!(code, Some(2));
    assert!(message.contains("--allow-origin"), "{message}");
    assert_eq!(fails(&["--files", "missing", "--allow-origin", "*"], path).0, Some(2));
    assert_eq!(fails(&["missing.toml"], path).0, Some(1));
}

#[test]
fn a_port_in_use_is_named() {
    let running =
        Running::start(&["--files", "files", "--allow-origin", "*", "--listen", "127.0.0.1:0"], None);
    let address = running.address.to_string();
    let (code, message) =
        fails(&["--files", ".", "--allow-origin", "*", "--listen", &address], running.path());
    assert_eq!(code, Some(1));
    assert!(
        message.starts_with(&format!("error: can't listen on {address}: another program listens there")),
        "{message}"
    );
    assert!(running.get("/a.txt").starts_with("HTTP/1.1 200 "));
}

const SITE: &str = "[policies.p]\norigins = [\"https://app.example\"]\n[[listeners]]\naddress = \"127.0.0.1:0\"\n\
                    default_policy = \"p\"\n[[routes]]\npath = \"/\"\nfiles = \"files\"\npolicy = \"p\"\n";

#[test]
fn the_policy_is_read_again_on_change_and_on_sighup() {
    let running = Running::start(&["site.toml"], Some(SITE));
    let is_allowed = || running.get("/a.txt").contains("access-control-allow-origin: https://app.example");
    assert!(is_allowed());
    let file = running.path().join("site.toml");
    fs::write(&file, SITE.replace("app.example", "other.example")).unwrap();
    wait_until(|| !is_allowed(), || "the new policy".into());
    fs::write(&file, SITE.replace("app.example", "app.example/")).unwrap();
    running.wait_for_log("not reloaded: the policy that was running stays");
    assert!(running.log().contains("site.toml:2:"), "{}", running.log());
    assert!(!is_allowed() && running.get("/a.txt").starts_with("HTTP/1.1 200 "));
    fs::write(&file, SITE).unwrap();
    wait_until(is_allowed, || "the first policy".into());
    let reloads = running.log().matches("reloaded").count();
    running.signal(Signal::HUP);
    wait_until(|| running.log().matches("reloaded").count() > reloads, || "a reload by SIGHUP".into());
    assert!(is_allowed());
}

#[test]
fn sigterm_and_sigint_end_it_when_requests_have_ended() {
    for signal in [Signal::TERM, Signal::INT] {
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", upstream.local_addr().unwrap());
        let arguments = ["--upstream", &url, "--allow-origin", "*", "--listen", "127.0.0.1:0"];
        let mut running = Running::start(&arguments, None);
        let mut client = TcpStream::connect(running.address).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let (mut stream, _) = upstream.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        running.signal(signal);
        wait_until(|| TcpStream::connect(running.address).is_err(), || "the end of accepting".into());
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        let mut response = String::new();
        client.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("ok"), "{response}");
        assert_eq!(running.wait().code(), Some(0));
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    let mut running =
        Running::start(&["--upstream", &url, "--allow-origin", "*", "--listen", "127.0.0.1:0"], None);
    let mut client = TcpStream::connect(running.address).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let (_stream, _) = upstream.accept().unwrap();
    running.signal(Signal::TERM);
    wait_until(|| TcpStream::connect(running.address).is_err(), || "the end of accepting".into());
    running.signal(Signal::TERM);
    assert_eq!(running.wait().code(), Some(1));
}

#[test]
fn the_log_tells_requests_and_at_debug_level_reasons() {
    let arguments = ["site.toml", "--log-format", "json", "--log", "debug"];
    let running = Running::start(&arguments, Some(SITE));
    running.get("/a.txt");
    running.get("/nothing");
    running.wait_for_log("/nothing");
    wait_until(|| running.log().contains("\"status\":404"), || "the second line".into());
    let lines: Vec<serde_json::Value> =
        running.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |target: &str| -> Vec<&serde_json::Value> {
        lines.iter().filter(|line| line["target"] == target).collect()
    };
    let (decisions, requests) = (of("crossorigin::decision"), of("crossorigin::access"));
    assert_eq!((decisions.len(), requests.len()), (2, 2), "{lines:?}");
    assert_eq!(decisions[0]["reason"], "origin-listed");
    assert_eq!((&decisions[0]["policy"], &decisions[0]["level"]), (&"p".into(), &"DEBUG".into()));
    assert_eq!(
        (&requests[0]["status"], &requests[0]["bytes"], &requests[0]["end"]),
        (&200.into(), &4.into(), &"whole".into())
    );
    assert_eq!(
        (&requests[1]["status"], &requests[1]["origin"]),
        (&404.into(), &"https://app.example".into())
    );
}

#[test]
fn a_full_table_of_open_files_is_told_and_got_over() {
    let serve =
        "ulimit -n 48; exec \"$0\" serve --files files --allow-origin '*' --listen 127.0.0.1:0 --workers 1";
    let running = Running::start_by(Command::new("sh").args(["-c", serve, PROGRAM]), None);
    // Each client keeps its connection, until one is told that there is no room.
    let mut kept = Vec::new();
    let refusal = loop {
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(format!("GET /a.txt HTTP/1.1\r\nHost: a\r\n{ORIGIN}\r\n").as_bytes()).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        if &start != b"HTTP/1.1 200" {
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
            break String::from_utf8_lossy(&start).into_owned() + &rest;
        }
        kept.push(stream);
        assert!(kept.len() < 100, "48 files hold no 100 connections");
    };
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    assert!(refusal.contains("\r\naccess-control-allow-origin: *\r\n"), "{refusal}");
    assert!(refusal.contains("\r\nretry-after: 1\r\n"), "{refusal}");
    running.wait_for_log("raise their number (ulimit -n");
    // One more that says nothing, and those that are kept: nothing is done meanwhile.
    let _silent = TcpStream::connect(running.address).unwrap();
    let before = running.processor_time();
    std::thread::sleep(Duration::from_secs(1));
    let spent = running.processor_time() - before;
    assert!(spent <= 10, "{spent} hundredths of a second in one second of waiting");
    assert!(running.get("/a.txt").starts_with("HTTP/1.1 503 "));
    drop(kept);
    wait_until(|| running.get("/a.txt").starts_with("HTTP/1.1 200 "), || "room".into());
    assert_eq!(running.log().matches("raise their number").count(), 1, "{}", running.log());
}
