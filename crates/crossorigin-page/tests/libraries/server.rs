//! A site with the libraries and a page, and an API at another origin.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// What was asked for.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let (method, rest) = line.split_once(' ')?;
        let target = rest.split(' ').next()?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        let mut headers = HashMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Some(Self { method, path, query, headers, body })
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Answers each connection's one request on a thread of its own.
fn serve(answer: impl Fn(&Asked, &TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // The other side may be gone at any time.
            std::thread::spawn(move || Asked::read(&stream).map(|asked| answer(&asked, &stream)));
        }
    });
    address
}

fn write(mut stream: &TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// A site: this page, and below `/lib/` what was installed, as it is.
pub(crate) fn site(page: String) -> SocketAddr {
    serve(move |asked, stream| {
        let Some(file) = asked.path.strip_prefix("/lib/") else {
            return match asked.path.as_str() {
                "/" => write(stream, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", page.as_bytes()),
                "/own.json" => write(stream, "200 OK", "Content-Type: application/json\r\n", b"{\"own\":1}"),
                _ => write(stream, "404 Not Found", "", b""),
            };
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries/node_modules");
        match std::fs::read(folder.join(file)) {
            Ok(content) => write(stream, "200 OK", "Content-Type: text/javascript\r\n", &content),
            Err(_) => write(stream, "404 Not Found", "", b""),
        }
    })
}

/// An API that shares what it has with every origin, by name and with credentials, but for `/closed`.
pub(crate) fn api() -> SocketAddr {
    let counts: Mutex<HashMap<String, usize>> = Mutex::default();
    let seen: (Mutex<bool>, Condvar) = Default::default();
    serve(move |asked, stream| {
        let shared = format!(
            "Access-Control-Allow-Origin: {}\r\nAccess-Control-Allow-Credentials: true\r\n\
             Access-Control-Expose-Headers: X-Total\r\nVary: Origin\r\n",
            asked.header("origin")
        );
        if asked.method == "OPTIONS" {
            let wanted = asked.header("access-control-request-headers");
            let preflight = format!(
                "{shared}Access-Control-Allow-Methods: PUT, PATCH, DELETE\r\n\
                 Access-Control-Allow-Headers: {wanted}\r\n"
            );
            let is_closed = asked.path == "/closed";
            return write(stream, "204 No Content", if is_closed { "" } else { &preflight }, b"");
        }
        let count = {
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(format!("{} {}", asked.path, asked.query)).or_insert(0);
            *count += 1;
            *count
        };
        let json = format!("{shared}Content-Type: application/json\r\nX-Total: 3\r\nX-Kept: 1\r\n");
        match asked.path.as_str() {
            "/echo" => write(stream, "200 OK", &json, echo(asked).as_bytes()),
            "/cookie" => write(stream, "200 OK", &format!("{json}Set-Cookie: visited=yes\r\n"), b"{}"),
            "/closed" => write(stream, "200 OK", "Content-Type: application/json\r\n", b"{\"secret\":1}"),
            "/broken" => write(stream, "200 OK", &json, b"{"),
            "/script.js" => {
                let headers = format!("{shared}Content-Type: text/javascript\r\n");
                write(stream, "200 OK", &headers, b"window.fromScript = 'ran'")
            }
            "/flaky" if count < 3 => write(stream, "503 Service Unavailable", &json, b"{}"),
            "/flaky" => write(stream, "200 OK", &json, format!("{{\"count\":{count}}}").as_bytes()),
            "/missing" => write(stream, "404 Not Found", &json, b"{\"message\":\"no such thing\"}"),
            "/invalid" => write(stream, "422 Unprocessable Entity", &json, b"{\"field\":\"name\"}"),
            // Until the page goes away.
            "/never" => std::io::copy(&mut &*stream, &mut std::io::sink()).map(drop),
            "/seen" => {
                *seen.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
                seen.1.notify_all();
                write(stream, "200 OK", &json, b"{}")
            }
            "/events" => events(asked, stream, &shared, || {
                let was_seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
                drop(seen.1.wait_while(was_seen, |was_seen| !*was_seen));
            }),
            _ => write(stream, "404 Not Found", "", b""),
        }
    })
}

/// What was asked, as JSON.
fn echo(asked: &Asked) -> String {
    let headers: HashMap<_, _> = asked
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-") || ["content-type", "cookie"].contains(&name.as_str()))
        .collect();
    let Asked { method, query, body, .. } = asked;
    serde_json::json!({ "method": method, "query": query, "headers": headers, "body": body }).to_string()
}

/// Two events, of which the second waits until the first was seen; then the connection is lost. Who comes again and
/// says what came last gets the third.
fn events(
    asked: &Asked,
    mut stream: &TcpStream,
    shared: &str,
    wait_until_seen: impl FnOnce(),
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{shared}Content-Type: text/event-stream\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    if asked.query.contains("lastEventId=2") {
        return stream.write_all(b"event: last\nid: 3\ndata: third\n\n");
    }
    stream.write_all(b"retry: 10\n\nid: 1\ndata: first\n\n")?;
    wait_until_seen();
    stream.write_all(b"id: 2\ndata: second\ndata: of two lines\n\n")
}
