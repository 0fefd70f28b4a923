//! `crossorigin serve` with little memory, and clients who would have it keep much.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_crossorigin");
/// What the program may take, in KiB, the stacks of its threads included: with its full buffers for every client it
/// would take 930 MiB, and end.
const MOST: u64 = 640 * 1024;
/// Clients of each kind.
const CLIENTS: usize = 400;
/// What each of them asks for, or says that it sends, in bytes.
const LARGE: usize = 32 << 20;
const ORIGIN: &str = "Origin: https://app.example\r\n";
const PATIENCE: Duration = Duration::from_secs(20);

struct Gateway {
    child: Child,
    address: SocketAddr,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // One that has ended is what the test is about, and has been seen by then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers `/small` with a word, everything else with more than anybody takes; reads no body.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = || std::thread::Builder::new().stack_size(64 * 1024).spawn(move || serve(stream));
            answer().unwrap();
        }
    });
    address
}

fn serve(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
        }
        if first.starts_with("POST") {
            std::thread::park();
        }
        let small = first.contains("/small");
        let length = if small { 4 } else { LARGE };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        let piece = [b'x'; 16 * 1024];
        let mut left = length;
        while left > 0 {
            let most = left.min(piece.len());
            match stream.write(&piece[..most]) {
                Ok(written) => left -= written,
                Err(_) => return,
            }
        }
    }
}

fn memory(id: u32, what: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    status.lines().find(|line| line.starts_with(what)).unwrap_or(what).to_owned()
}

/// Asks for little, and gets it with the right headers.
fn is_served(address: SocketAddr, path: &str, id: u32) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{ORIGIN}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    let told = memory(id, "VmData");
    assert!(read.is_ok(), "{path}: {read:?}; {told}");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}; {told}");
    assert!(answer.contains("\r\naccess-control-allow-origin: https://app.example\r\n"), "{answer}");
    assert!(answer.contains("\r\nvary: origin\r\n") || answer.contains("\r\nvary: Origin\r\n"), "{answer}");
}

#[test]
fn clients_who_would_have_much_kept_leave_room_for_others() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("files")).unwrap();
    fs::write(folder.path().join("files/small"), "text").unwrap();
    File::create(folder.path().join("files/large")).unwrap().set_len(LARGE as u64).unwrap();
    let upstream = upstream();
    let site = format!(
        "[policies.p]\norigins = [\"https://app.example\"]\n[limits]\nbody_bytes = \"64MiB\"\n[[listeners]]\naddress = \
         \"127.0.0.1:0\"\n[[routes]]\npath = \"/files/\"\nfiles = \"files\"\npolicy = \"p\"\n[[routes]]\npath = \"/\"\n\
         upstream = \"http://{upstream}\"\npolicy = \"p\"\n"
    );
    fs::write(folder.path().join("site.toml"), site).unwrap();
    let script =
        format!("ulimit -n 4000 && ulimit -d {MOST} && exec \"$0\" serve site.toml --workers 1 --log warn");
    let mut child = Command::new("sh")
        .args(["-c", &script, PROGRAM])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap();
    let address =
        first.strip_prefix("listening on http://").unwrap().split(' ').next().unwrap().parse().unwrap();
    let gateway = Gateway { child, address };
    let id = gateway.child.id();

    let mut kept = Vec::new();
    let piece = [b'y'; 64 * 1024];
    for number in 0..3 * CLIENTS {
        let (request, sends) = match number % 3 {
            0 => ("GET /large".to_owned(), false),
            1 => ("GET /files/large".to_owned(), false),
            _ => ("POST /large".to_owned(), true),
        };
        let length = if sends { format!("content-length: {LARGE}\r\n") } else { String::new() };
        let mut stream = TcpStream::connect(gateway.address).unwrap();
        stream
            .write_all(format!("{request} HTTP/1.1\r\nHost: localhost\r\n{length}{ORIGIN}\r\n").as_bytes())
            .unwrap();
        if sends {
            stream.set_nonblocking(true).unwrap();
            let mut sent = 0;
            // As much as it takes at once.
            while sent < LARGE {
                match stream.write(&piece) {
                    Ok(written) => sent += written,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error} after {number} clients; {}", memory(id, "VmData")),
                }
            }
        }
        kept.push(stream);
        if number % 50 == 0 {
            is_served(gateway.address, "/small", id);
            is_served(gateway.address, "/files/small", id);
        }
    }
    is_served(gateway.address, "/small", id);
    is_served(gateway.address, "/files/small", id);
    println!("with {} clients: {}, {}", kept.len(), memory(id, "VmData"), memory(id, "VmHWM"));
    drop(kept);
    is_served(gateway.address, "/small", id);
}
