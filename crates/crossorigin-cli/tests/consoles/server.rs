//! The servers that both browsers and the agent ask.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossorigin::html::Initiator;

use crate::cases::Case;

/// What stands for what in the answers.
#[derive(Clone)]
pub(crate) struct Origins {
    pub(crate) page: String,
    pub(crate) own: String,
    pub(crate) third: String,
    pub(crate) closed: String,
}

impl Origins {
    pub(crate) fn fill(&self, text: &str) -> String {
        let pairs = [
            ("{page}", &self.page),
            ("{own}", &self.own),
            ("{third}", &self.third),
            ("{closed}", &self.closed),
        ];
        pairs.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Three servers, of a page, of what it asks for, and of a third party, that answer as the cases say.
pub(crate) struct Site {
    pub(crate) cases: Arc<Vec<Case>>,
    pub(crate) origins: Origins,
    _servers: Vec<Server>,
}

impl Site {
    pub(crate) fn start(cases: Vec<Case>) -> Self {
        let listeners: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let origins = Origins {
            page: format!("http://127.0.0.1:{}", port(&listeners[0])),
            own: format!("http://127.0.0.1:{}", port(&listeners[1])),
            third: format!("http://localhost:{}", port(&listeners[2])),
            closed: port(&closed).to_string(),
        };
        drop(closed);
        let cases = Arc::new(cases);
        let servers =
            listeners.into_iter().map(|listener| Server::start(listener, &cases, &origins)).collect();
        Self { cases, origins, _servers: servers }
    }
}

/// Each connection has a thread, for a browser opens some that it does not use.
struct Server {
    port: u16,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(listener: TcpListener, cases: &Arc<Vec<Case>>, origins: &Origins) -> Self {
        let (port, over) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let (ended, cases, origins) = (Arc::clone(&over), Arc::clone(cases), origins.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let (cases, origins) = (Arc::clone(&cases), origins.clone());
                std::thread::spawn(move || answer(stream, &cases, &origins));
            }
        });
        Self { port, over, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(stream: TcpStream, cases: &[Case], origins: &Origins) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let preflight =
        head.iter().any(|line| line.to_ascii_lowercase().starts_with("access-control-request-method:"));
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (path, nth) = target.split_once('?').unwrap_or((&target, ""));
    let case = nth.parse().ok().and_then(|nth: usize| cases.get(nth));
    let text = match case {
        None if target == "/" => "200\nContent-Type: text/html; charset=utf-8".to_owned(),
        None => "404".to_owned(),
        Some(case) if preflight => case.preflight.to_owned(),
        Some(case) if path == "/second" => case.second.to_owned(),
        Some(case) => case.answer.to_owned(),
    };
    let text = origins.fill(&text);
    let (status, headers) = text.split_once('\n').unwrap_or((&text, ""));
    if text.is_empty() {
        return;
    }
    let content_type = match case.map(|case| case.asking.initiator) {
        _ if headers.contains("Content-Type:") => "",
        Some(Initiator::Script | Initiator::Module) => "Content-Type: text/javascript\r\n",
        Some(Initiator::Stylesheet) => "Content-Type: text/css\r\n",
        _ => "",
    };
    // In a page that says so browsers keep to the standards.
    let body = if case.is_none() { "<!doctype html>" } else { "" };
    let mut answer = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\nCache-Control: no-store\r\n{content_type}",
        body.len()
    );
    for header in headers.lines() {
        // The case goes along with a redirect.
        let is_ours =
            header.starts_with("Location: ") && (header.ends_with("/second") || header.ends_with("/loop"));
        answer.push_str(header);
        if is_ours {
            answer.push_str(&format!("?{nth}"));
        }
        answer.push_str("\r\n");
    }
    let _ = (&stream).write_all(format!("{answer}\r\n{body}").as_bytes());
}
