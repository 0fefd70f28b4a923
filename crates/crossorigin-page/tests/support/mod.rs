//! Two hosts on the loopback interface, and pages that are run against them.

pub(crate) mod wire;

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex};

use crossorigin::profiles::Profile;
use crossorigin_agent::Agent;
use crossorigin_page::{End, Line, PageOptions, open};

/// What a host answers: path, further header lines, body.
pub(crate) type Files = &'static [(&'static str, &'static str, &'static [u8])];

/// A host's files, and which of them were handed out.
struct Host {
    files: Vec<(String, String, Vec<u8>)>,
    handed_out: Mutex<Vec<String>>,
    changed: Condvar,
}

impl Host {
    /// Waits for what a file's `X-After: /path` names.
    fn wait(&self, headers: &str) {
        let after = headers.lines().find_map(|line| line.strip_prefix("X-After: "));
        let Some(after) = after else { return };
        let handed_out = self.handed_out.lock().unwrap();
        let waits = |handed_out: &mut Vec<String>| !handed_out.iter().any(|path| path == after);
        drop(self.changed.wait_while(handed_out, waits).unwrap());
    }

    fn note(&self, path: &str) {
        self.handed_out.lock().unwrap().push(path.to_owned());
        self.changed.notify_all();
    }
}

/// Serves until the test is over. A file whose header lines have `X-After: /path` comes after that other one.
pub(crate) fn serve(files: Vec<(String, String, Vec<u8>)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let host = Arc::new(Host { files, handed_out: Mutex::default(), changed: Condvar::new() });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let host = Arc::clone(&host);
            std::thread::spawn(move || answer(&stream, &host));
        }
    });
    address
}

fn answer(stream: &TcpStream, host: &Host) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    if reader.read_line(&mut first).is_err() {
        return;
    }
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, headers, body) = match host.files.iter().find(|(own, _, _)| own == path) {
        Some((_, headers, body)) => ("200 OK", headers.as_str(), body.as_slice()),
        None => ("404 Not Found", "", &b"nothing"[..]),
    };
    host.wait(headers);
    let mut stream = stream;
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    host.note(path);
}

/// Runs the page at the root of a host; what its console says, line by line without stacks, and its end.
pub(crate) fn page_at(host: SocketAddr, options: &PageOptions) -> (Vec<String>, End) {
    let lines: Rc<RefCell<Vec<Line>>> = Rc::default();
    let kept = Rc::clone(&lines);
    let url = format!("http://{host}/").parse().unwrap();
    let end = open(&Agent::default(), &url, options, move |line| kept.borrow_mut().push(line)).unwrap();
    let lines = lines.borrow();
    let first = |line: &Line| line.text.lines().next().unwrap_or_default().to_owned();
    (lines.iter().map(first).collect(), end)
}

/// Runs a page whose body this is, with another host's files at `{other}`; what its console says, and its end.
pub(crate) fn run(page: &str, own: Files, other: Files, options: &PageOptions) -> (Vec<String>, End) {
    let owned = |files: Files| -> Vec<(String, String, Vec<u8>)> {
        files
            .iter()
            .map(|(path, headers, body)| ((*path).to_owned(), (*headers).to_owned(), body.to_vec()))
            .collect()
    };
    let other = serve(owned(other));
    let mut own = owned(own);
    let page = page.replace("{other}", &format!("http://{other}"));
    own.push(("/".to_owned(), "Content-Type: text/html\r\n".to_owned(), page.into_bytes()));
    let own = serve(own);
    let lines: Rc<RefCell<Vec<Line>>> = Rc::default();
    let kept = Rc::clone(&lines);
    let url = format!("http://{own}/").parse().unwrap();
    let end = open(&Agent::default(), &url, options, move |line| kept.borrow_mut().push(line)).unwrap();
    let lines = lines.borrow();
    let texts = lines.iter().map(|line| {
        let text = line
            .text
            .replace(&format!("http://{own}"), "{own}")
            .replace(&format!("http://{other}"), "{other}");
        // Of exceptions, their message without the stack.
        text.lines().next().unwrap_or_default().to_owned()
    });
    (texts.collect(), end)
}

/// As [`run`], as Chromium, for pages that come to their end.
pub(crate) fn console(page: &str, own: Files, other: Files) -> Vec<String> {
    let (lines, end) = run(page, own, other, &PageOptions::new().profile(Profile::Chromium));
    assert!(matches!(end, End::Idle { .. }), "{end:?}: {lines:#?}");
    lines
}
