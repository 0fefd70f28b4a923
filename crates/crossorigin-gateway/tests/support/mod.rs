//! What the gateway's tests share: a gateway in this process, clients and upstreams that speak bytes.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

pub(crate) mod http2;
pub(crate) mod tls;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use crossorigin_gateway::{Gateway, Options};
use crossorigin_policy::{PolicyDocument, Site};

/// Longer than anything here takes: a test that waits for it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Compiles a policy file's text, whose paths are relative to `folder`.
pub(crate) fn site(folder: &Path, text: &str) -> Site {
    match PolicyDocument::parse(&folder.join("site.toml"), text).compile() {
        Ok((site, _)) => site,
        Err(report) => panic!("{report}"),
    }
}

/// A gateway of two workers on a site.
pub(crate) fn gateway(text: &str) -> (Gateway, SocketAddr) {
    gateway_in(Path::new("."), text)
}

pub(crate) fn gateway_in(folder: &Path, text: &str) -> (Gateway, SocketAddr) {
    let workers = NonZeroUsize::new(2).unwrap();
    let gateway = Gateway::bind(site(folder, text), Options::with_workers(workers)).unwrap();
    let address = gateway.addresses()[0];
    (gateway, address)
}

/// A response as it came over the wire.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended where its framing says.
    pub(crate) is_whole: bool,
}

impl Response {
    /// The only line of a header; `None` where there is none.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "more than one {name} in {:?}", self.headers);
        value
    }

    #[track_caller]
    pub(crate) fn allow_origin(&self) -> Option<&str> {
        self.header("access-control-allow-origin")
    }

    /// The names in `Vary`, sorted, in lower case.
    pub(crate) fn vary(&self) -> Vec<String> {
        let lines = self.headers.iter().filter(|(name, _)| name == "vary");
        let mut names: Vec<_> =
            lines.flat_map(|(_, value)| value.split(',')).map(|name| name.trim().to_lowercase()).collect();
        names.sort();
        names
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A client that sends bytes.
pub(crate) struct Client {
    stream: TcpStream,
    tls: Option<Box<rustls::ClientConnection>>,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, tls: None, buffer: Vec::new() }
    }

    /// By TLS, as a client of `name`.
    pub(crate) fn connect_tls(
        address: SocketAddr,
        configuration: &std::sync::Arc<rustls::ClientConfig>,
        name: &str,
    ) -> Self {
        let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
        let tls = rustls::ClientConnection::new(configuration.clone(), name).unwrap();
        Self { tls: Some(Box::new(tls)), ..Self::connect(address) }
    }

    pub(crate) fn tls(&self) -> &rustls::ClientConnection {
        self.tls.as_deref().unwrap()
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref();
        match &mut self.tls {
            None => self.stream.write_all(bytes).unwrap(),
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.stream).write_all(bytes).unwrap(),
        }
        self
    }

    /// Sends what the other side may not want any more.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// More bytes; `false` at the end, however the connection ended.
    fn more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        let read = match &mut self.tls {
            None => self.stream.read(&mut bytes),
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.stream).read(&mut bytes),
        };
        match read {
            Ok(0) => false,
            Ok(length) => {
                self.buffer.extend_from_slice(&bytes[..length]);
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => false,
            Err(error) => panic!("no answer: {error}; so far {:?}", String::from_utf8_lossy(&self.buffer)),
        }
    }

    /// Waits for bytes that contain `text`.
    #[track_caller]
    pub(crate) fn read_until(&mut self, text: &str) {
        while !self.buffer.windows(text.len()).any(|window| window == text.as_bytes()) {
            assert!(self.more(), "ended before {text:?}: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// Everything up to the end, however the connection ends.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.buffer)
    }

    /// Forgets what has come.
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
    }

    /// Whether the other side closes without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && !self.more()
    }

    /// Whether the other side closes without another byte, and without a reset, which may take with it what
    /// was not yet read.
    pub(crate) fn is_closed_gently(&mut self) -> bool {
        self.buffer.is_empty() && matches!(self.stream.read(&mut [0]), Ok(0))
    }

    /// Reads the head of a response.
    #[track_caller]
    pub(crate) fn head(&mut self) -> Response {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more(), "no response, but {:?}", String::from_utf8_lossy(&self.buffer));
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Response { status, headers, body: Vec::new(), is_whole: false }
    }

    /// Reads a response to a request other than HEAD.
    #[track_caller]
    pub(crate) fn response(&mut self) -> Response {
        let mut response = self.head();
        if response.status == 100 {
            response = self.head();
        }
        if matches!(response.status, 204 | 304) {
            response.is_whole = true;
        } else if let Some(length) = response.header("content-length") {
            let length: usize = length.parse().unwrap();
            while self.buffer.len() < length && self.more() {}
            response.is_whole = self.buffer.len() >= length;
            let length = length.min(self.buffer.len());
            response.body = self.buffer.drain(..length).collect();
        } else {
            assert_eq!(response.header("transfer-encoding"), Some("chunked"));
            response.is_whole = self.chunks(&mut response.body);
        }
        response
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> bool {
        loop {
            let Some(line) = self.line() else { return false };
            let size = usize::from_str_radix(&line, 16).unwrap();
            while self.buffer.len() < size + 2 {
                if !self.more() {
                    return false;
                }
            }
            if size == 0 {
                self.buffer.drain(..2);
                return true;
            }
            body.extend(self.buffer.drain(..size));
            self.buffer.drain(..2);
        }
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                let line = String::from_utf8(self.buffer.drain(..end + 2).collect()).unwrap();
                return Some(line.trim_end().to_owned());
            }
            if !self.more() {
                return None;
            }
        }
    }
}

/// Sends one request in a connection of its own.
#[track_caller]
pub(crate) fn send(address: SocketAddr, request: &str) -> Response {
    Client::connect(address).send(request).response()
}

/// A GET with header lines.
#[track_caller]
pub(crate) fn get(address: SocketAddr, path: &str, lines: &[&str]) -> Response {
    send(address, &request("GET", path, lines))
}

pub(crate) fn request(method: &str, path: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nHost: gateway.example\r\n{lines}\r\n")
}

/// A preflight.
#[track_caller]
pub(crate) fn preflight(
    address: SocketAddr,
    path: &str,
    origin: &str,
    method: &str,
    lines: &[&str],
) -> Response {
    let mut all = vec![format!("Origin: {origin}"), format!("Access-Control-Request-Method: {method}")];
    all.extend(lines.iter().map(|&line| line.to_owned()));
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    send(address, &request("OPTIONS", path, &all))
}

/// One connection that an upstream has accepted.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) number: usize,
    buffer: Vec<u8>,
}

impl Accepted {
    /// The head of the next request; `None` when there is none.
    pub(crate) fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                return Some(String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap());
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.buffer.extend_from_slice(&bytes[..length]),
            }
        }
    }

    /// So many bytes of a body.
    pub(crate) fn body(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).unwrap();
            assert!(read > 0, "the body ended early");
            self.buffer.extend_from_slice(&bytes[..read]);
        }
        self.buffer.drain(..length).collect()
    }

    /// So many bytes of a body, or `None` where it ends before.
    pub(crate) fn try_body(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.buffer.extend_from_slice(&bytes[..read]),
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    /// A line without its end, or `None` where there is none.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = self.try_body(2)?;
        while !line.ends_with(b"\r\n") {
            line.extend(self.try_body(1)?);
        }
        line.truncate(line.len() - 2);
        Some(String::from_utf8(line).unwrap())
    }

    /// What there is, or `None` at the end.
    pub(crate) fn some(&mut self) -> Option<Vec<u8>> {
        if self.buffer.is_empty() {
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.buffer.extend_from_slice(&bytes[..length]),
            }
        }
        Some(std::mem::take(&mut self.buffer))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The gateway may have gone away, which some tests are about.
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Sends; `false` where the gateway has gone away.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Closes so that the other side sees a reset.
    pub(crate) fn reset(self) {
        let socket = socket2::SockRef::from(&self.stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// An upstream: `serve` gets each connection, on a thread of its own.
pub(crate) fn upstream(serve: impl Fn(Accepted) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = std::sync::Arc::new(serve);
    // It ends with the test's process.
    let _: JoinHandle<()> = std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (stream, serve) = (stream.unwrap(), serve.clone());
            stream.set_nodelay(true).unwrap();
            std::thread::spawn(move || serve(Accepted { stream, number, buffer: Vec::new() }));
        }
    });
    address
}

/// An upstream that gives every request without a body the same answer.
pub(crate) fn answering(response: impl Into<String>) -> SocketAddr {
    let response = response.into();
    upstream(move |mut connection| {
        while connection.head().is_some() {
            connection.send(&response);
        }
    })
}

/// An upstream that answers with the head of the request.
pub(crate) fn echoing() -> SocketAddr {
    upstream(|mut connection| {
        while let Some(head) = connection.head() {
            let length = head.len();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{head}"));
        }
    })
}

/// An address that nobody listens on.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
