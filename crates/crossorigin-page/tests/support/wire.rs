//! Servers on the loopback interface that answer as the query of the URL says.
//!
//! `/say?status=…&h=NAME:VALUE&body=…` answers so; `OPTIONS` is permitted all where there is `&preflight`. `/echo` tells what
//! it was asked. `/slow?name=…` sends the first half of its body, and the rest once `/go?name=…` is asked for; `/broken`
//! ends before its body does; `/never` does not answer; `/count?name=…` tells how often `/go` was asked for; `/then?name=…&one=…&two=…` answers with one after the other.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use crossorigin::profiles::Profile;
use crossorigin_page::{End, PageOptions};

use super::page_at;

#[derive(Default)]
struct Shared {
    went: Mutex<HashMap<String, usize>>,
    changed: Condvar,
    page: Mutex<String>,
}

impl Shared {
    /// Counts one more of this name; how many there were.
    fn count(&self, name: &str) -> usize {
        let mut went = self.went.lock().unwrap();
        let count = went.entry(name.to_owned()).or_default();
        *count += 1;
        self.changed.notify_all();
        *count - 1
    }

    fn wait_for(&self, name: &str) {
        let went = self.went.lock().unwrap();
        drop(self.changed.wait_while(went, |went| !went.contains_key(name)).unwrap());
    }
}

struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
        let mut parts = first.split(' ');
        let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let header = |name: &str| headers.iter().find(|line| line.0 == name).map(|line| line.1.clone());
        let mut body = Vec::new();
        if let Some(length) = header("content-length") {
            reader.take(length.parse().unwrap()).read_to_end(&mut body).ok()?;
        } else if header("transfer-encoding").is_some() {
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).ok()?;
                let length = usize::from_str_radix(line.trim(), 16).unwrap();
                let mut chunk = vec![0; length + 2];
                reader.read_exact(&mut chunk).ok()?;
                if length == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..length]);
                // Where one piece ends and the next begins.
                body.push(b'|');
            }
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Some(Self { method, path: path.to_owned(), query, headers, body })
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|line| line.0 == name).map_or("none", |line| line.1.as_str())
    }

    /// What it was asked, as JSON.
    fn told(&self) -> String {
        let headers: HashMap<&str, &str> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body: String = self.body.iter().map(|byte| char::from(*byte)).collect();
        serde_json::json!({ "method": self.method, "headers": headers, "body": body }).to_string()
    }
}

/// Serves until the test is over.
pub(crate) fn serve(page: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Arc::new(Shared { page: Mutex::new(page.to_owned()), ..Shared::default() });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || drop(answer(&stream, &shared)));
        }
    });
    address
}

fn answer(mut stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let Some(asked) = Asked::read(stream) else { return Ok(()) };
    let extra: String = asked.all("h").map(|line| format!("{line}\r\n")).collect();
    let status = asked.get("status").unwrap_or("200 OK");
    let mut say = |status: &str, headers: &str, body: &[u8]| {
        // One write each, so that they arrive as they are sent.
        stream.set_nodelay(true)?;
        let length = if headers.contains("Content-Length") {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        stream.write_all(
            format!("HTTP/1.1 {status}\r\n{headers}{length}Connection: close\r\n\r\n").as_bytes(),
        )?;
        stream.write_all(body)
    };
    if asked.method == "OPTIONS" {
        let grants = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\nAccess-Control-Allow-Headers: *\r\n";
        let with = if asked.get("preflight").is_some() { grants } else { "" };
        return say("204 No Content", with, b"");
    }
    let body = asked.get("body").unwrap_or("").as_bytes();
    match asked.path.as_str() {
        "/" => say(
            "200 OK",
            "Content-Type: text/html; charset=utf-8\r\n",
            shared.page.lock().unwrap().as_bytes(),
        ),
        "/say" => say(status, &extra, if asked.method == "HEAD" { b"" } else { body }),
        "/echo" => say(status, &extra, asked.told().as_bytes()),
        "/broken" => say(status, &format!("{extra}Content-Length: 100\r\n"), body),
        "/go" => {
            shared.count(asked.get("name").unwrap_or_default());
            say("200 OK", "", b"")
        }
        "/slow" => {
            let (first, second) = body.split_at(body.len() / 2);
            say(status, &format!("{extra}Content-Length: {}\r\n", body.len()), first)?;
            shared.wait_for(asked.get("name").unwrap_or_default());
            stream.write_all(second)
        }
        "/then" => {
            let nth = shared.count(asked.get("name").unwrap_or_default());
            let texts = ["one", "two", "three"].map(|name| asked.get(name));
            match texts.get(nth).copied().flatten() {
                // What the client got last.
                Some(text) => {
                    say("200 OK", &extra, text.replace("{id}", asked.header("last-event-id")).as_bytes())
                }
                None => say("204 No Content", &extra, b""),
            }
        }
        "/asked" => {
            // What was asked the last time is told the next.
            let mut page = shared.page.lock().unwrap();
            let before = std::mem::replace(&mut *page, asked.told());
            say("200 OK", &extra, before.as_bytes())
        }
        "/count" => {
            let went = shared.went.lock().unwrap();
            let count = went.get(asked.get("name").unwrap_or_default()).copied().unwrap_or_default();
            say("200 OK", "", count.to_string().as_bytes())
        }
        "/never" => std::io::copy(&mut stream, &mut std::io::sink()).map(drop),
        _ => say("404 Not Found", &extra, b"nothing"),
    }
}

/// What a host answers to this path.
pub(crate) fn get(host: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Runs a page whose module this is, with another host like its own at `{other}` and none at `{nobody}`; what its
/// console says, and its end.
pub(crate) fn run_module(module: &str, options: &PageOptions) -> (Vec<String>, End) {
    let other = serve("");
    // A port at which somebody was until now.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let module = module
        .replace("{other}", &format!("http://{other}"))
        .replace("{nobody}", &format!("http://{nobody}"));
    let own = serve(&format!("<!doctype html><body><script type=module>{module}</script>"));
    let (lines, end) = page_at(own, options);
    let local = |line: String| {
        line.replace(&format!("http://{own}"), "{own}").replace(&format!("http://{other}"), "{other}")
    };
    (lines.into_iter().map(local).collect(), end)
}

/// As [`run_module`], as Chromium, for pages that come to their end.
pub(crate) fn module(module: &str) -> Vec<String> {
    let (lines, end) = run_module(module, &PageOptions::new().profile(Profile::Chromium));
    assert!(matches!(end, End::Idle { .. }), "{end:?}: {lines:#?}");
    lines
}

/// Expressions, and what each of them gives, or `!` with the name of what it throws and its message where one is wanted.
pub(crate) fn table(before: &str, rows: &[(&str, &str)]) {
    let attempts: String = rows
        .iter()
        .map(|(code, _)| {
            format!(
                "try {{ tell(await ({code})); }} catch (e) {{ tell('!' + e?.name + ' ' + e?.message); }}\n"
            )
        })
        .collect();
    let lines =
        module(&format!("const tell = value => console.log('=' + String(value));\n{before}\n{attempts}"));
    let told: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix('=')).collect();
    for ((code, expected), told) in rows.iter().zip(&told) {
        let name = told.split(' ').next().unwrap_or_default();
        assert!(told == expected || name == *expected, "{code}\n  gave     {told}\n  and not  {expected}");
    }
    assert_eq!(told.len(), rows.len(), "{lines:#?}");
}
