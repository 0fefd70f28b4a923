//! Restarts of `crossorigin serve`: what a client sees of them, which is nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt as _, FdMapping};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_crossorigin");
const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway and those that come after it, which all end with the test.
struct Running {
    first: Child,
    /// The process that serves now.
    pid: Pid,
    folder: TempDir,
    address: SocketAddr,
    admin: SocketAddr,
}

fn site(origin: &str) -> String {
    format!(
        "[policies.p]\norigins = [\"{origin}\"]\n[[listeners]]\naddress = \"127.0.0.1:0\"\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\nname = \"second\"\n\
         [[routes]]\npath = \"/\"\nfiles = \".\"\npolicy = \"p\"\n[admin]\naddress = \"127.0.0.1:0\"\n\
         [limits]\ndrain_timeout = \"15s\"\n[log]\nsample = 0\n"
    )
}

impl Running {
    fn start(workers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "text").unwrap();
        fs::write(folder.path().join("site.toml"), site("https://app.example")).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "site.toml", "--workers", workers])
            .current_dir(folder.path())
            .process_group(0);
        let log = File::create(folder.path().join("log")).unwrap();
        let mut first = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let pid = Pid::from_child(&first);
        let mut lines = BufReader::new(first.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut after = |text: &str| {
            let line = lines.find_map(|line| line.strip_prefix(text).map(str::to_owned)).unwrap();
            line.split(' ').next().unwrap().parse().unwrap()
        };
        let address = after("listening on http://");
        let admin = after("admin listener on http://");
        Self { first, pid, folder, address, admin }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Restarts it, and waits until the one before has ended.
    fn restart(&mut self) {
        let before = self.handed().len();
        kill_process(self.pid, Signal::USR2).unwrap();
        wait_until(|| self.handed().len() > before, || self.log());
        let new = *self.handed().last().unwrap();
        let old = std::mem::replace(&mut self.pid, new);
        wait_until(|| is_gone(old), || format!("the end of {old:?}: {}", self.log()));
    }

    /// The processes that took over, in order.
    fn handed(&self) -> Vec<Pid> {
        let log = self.log();
        let lines = log.lines().filter(|line| line.contains("a new program serves"));
        let number = |line: &str| {
            let number = line.split("pid=").nth(1)?.split_whitespace().next()?;
            Pid::from_raw(number.parse().ok()?)
        };
        lines.filter_map(number).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // All of them are of the group of the first.
        let _ = kill_process_group(Pid::from_child(&self.first), Signal::KILL);
        let _ = self.first.wait();
    }
}

/// Whether a process that is no child of this one has ended.
fn is_gone(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    // Whoever takes orphans over may not have asked for its end yet.
    let is_zombie = stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")));
    is_zombie || test_kill_process(pid).is_err()
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool, what: impl Fn() -> String) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {}", what());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a request and reads the answer; `None` where the connection ended before it began.
fn ask(stream: &mut TcpStream, more: &str) -> Option<String> {
    let request = format!("GET /a.txt HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let (mut response, mut bytes) = (Vec::new(), [0; 4096]);
    while !response.ends_with(b"\r\n\r\ntext") {
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) => response.extend_from_slice(&bytes[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => break,
            Err(error) => panic!("no answer: {error}"),
        }
    }
    (!response.is_empty()).then(|| String::from_utf8(response).unwrap())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream =
        TcpStream::connect(address).unwrap_or_else(|error| panic!("a connection was refused: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn restarts_lose_and_refuse_no_request() {
    let mut running = Running::start("2");
    let address = running.address;
    let (stop, answered, moved) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..6)
        .map(|number| {
            let (stop, answered, moved) = (stop.clone(), answered.clone(), moved.clone());
            std::thread::spawn(move || {
                let mut kept: Option<TcpStream> = None;
                while !stop.load(Ordering::Relaxed) {
                    let is_new = kept.is_none();
                    let mut stream = kept.take().unwrap_or_else(|| connect(address));
                    if number == 5 && is_new {
                        // Connected for a while before it asks.
                        std::thread::sleep(Duration::from_millis(100));
                    }
                    let more = if number % 2 == 0 { "Connection: close\r\n" } else { "" };
                    let response = ask(&mut stream, more)
                        .unwrap_or_else(|| panic!("a request was lost (client {number})"));
                    assert!(
                        response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\ntext"),
                        "{response}"
                    );
                    assert!(
                        response.contains("access-control-allow-origin: https://app.example"),
                        "{response}"
                    );
                    answered.fetch_add(1, Ordering::Relaxed);
                    // Whoever is told that the connection ends takes another one.
                    let ends = response.to_ascii_lowercase().contains("connection: close");
                    moved.fetch_add(usize::from(ends && number % 2 == 1), Ordering::Relaxed);
                    if !ends {
                        kept = Some(stream);
                        if number == 3 {
                            std::thread::sleep(Duration::from_millis(50));
                        }
                    }
                }
            })
        })
        .collect();
    let before = running.pid;
    for _ in 0..4 {
        let so_far = answered.load(Ordering::Relaxed);
        running.restart();
        wait_until(|| answered.load(Ordering::Relaxed) > so_far + 20, || "answers".to_owned());
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    let (answered, moved) = (answered.load(Ordering::Relaxed), moved.load(Ordering::Relaxed));
    println!("{answered} requests answered during 4 restarts; {moved} kept connections were told to end");
    assert!(answered > 100 && moved >= 4, "{answered} {moved}");
    assert_ne!(before, running.pid);
    let health = ask(&mut connect(running.admin), "Connection: close\r\n").unwrap();
    assert!(health.starts_with("HTTP/1.1 421"), "the admin listener has moved too: {health}");
}

#[test]
fn a_new_program_that_fails_leaves_the_old_one_serving() {
    let mut running = Running::start("1");
    let path = running.folder.path().join("site.toml");
    let mut kept = connect(running.address);
    assert!(ask(&mut kept, "").is_some());
    fs::write(&path, "nonsense = [").unwrap();
    kill_process(running.pid, Signal::USR2).unwrap();
    wait_until(
        || running.log().contains("no new program has taken over: this one goes on serving"),
        || running.log(),
    );
    assert!(running.log().contains("it ended before it served, with exit status: 1"), "{}", running.log());
    assert!(ask(&mut kept, "").is_some(), "in the same connection");
    assert!(ask(&mut connect(running.address), "").is_some());
    // Mended, it is restarted, with what the file says now.
    fs::write(&path, site("https://new.example")).unwrap();
    running.restart();
    let response = ask(&mut connect(running.address), "").unwrap();
    assert!(!response.contains("access-control-allow-origin"), "{response}");
}

#[test]
fn sockets_of_a_supervisor_are_taken_by_however_many_workers() {
    for workers in ["1", "3"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "text").unwrap();
        fs::write(folder.path().join("site.toml"), site("https://app.example")).unwrap();
        let listeners: Vec<_> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "site.toml", "--workers", workers]).current_dir(folder.path());
        let mappings = listeners.into_iter().zip(3..);
        let mappings =
            mappings.map(|(listener, child_fd)| FdMapping { parent_fd: listener.into(), child_fd });
        command.fd_mappings(mappings.collect()).unwrap().env("LISTEN_FDS", "2").env_remove("LISTEN_PID");
        let notified = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        notified.set_read_timeout(Some(PATIENCE)).unwrap();
        command
            .env("NOTIFY_SOCKET", folder.path().join("notify"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = Ended(command.spawn().unwrap());
        let told = || {
            let mut text = [0; 256];
            let length = notified.recv(&mut text).unwrap();
            String::from_utf8_lossy(&text[..length]).into_owned()
        };
        assert_eq!(told(), format!("READY=1\nMAINPID={}", child.0.id()));
        for address in addresses {
            for _ in 0..20 {
                assert!(ask(&mut connect(address), "Connection: close\r\n").is_some());
            }
        }
        kill_process(Pid::from_child(&child.0), Signal::TERM).unwrap();
        assert_eq!(told(), "STOPPING=1");
        assert!(child.0.wait().unwrap().success());
    }
}

#[test]
#[ignore = "needs systemd: cargo xtask test"]
fn the_first_connection_starts_it_by_systemd() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    // A port that is free; systemd's program can't be told to take any.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = site("https://app.example").replacen("127.0.0.1:0", &address.to_string(), 1);
    fs::write(folder.path().join("site.toml"), text).unwrap();
    let mut command = Command::new("systemd-socket-activate");
    command
        .args(["--listen", &address.to_string(), PROGRAM, "serve", "site.toml"])
        .current_dir(folder.path());
    let log = File::create(folder.path().join("log")).unwrap();
    let mut child = Ended(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    let log = || fs::read_to_string(folder.path().join("log")).unwrap();
    wait_until(|| log().contains("Listening on"), log);
    let mut client = connect(address);
    assert!(ask(&mut client, "Connection: close\r\n").is_some(), "{}", log());
    // It became the gateway, in the same process.
    kill_process(Pid::from_child(&child.0), Signal::TERM).unwrap();
    assert!(child.0.wait().unwrap().success(), "{}", log());
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
