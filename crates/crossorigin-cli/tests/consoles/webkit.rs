//! The `MiniBrowser` of WebKitGTK, driven by its inspector, which alone reads its console.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::Console;
use crate::firefox::wait_for;

const PATIENCE: Duration = Duration::from_secs(60);

/// Where Debian has it.
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

pub(crate) struct WebKit {
    /// `xvfb-run`, which leads a group of Xvfb and the browser.
    process: Child,
    inspector: RefCell<Inspector>,
    last: Cell<u64>,
}

impl WebKit {
    /// Starts it with a page: it can't be sent to another one without losing the inspector.
    pub(crate) fn start(page: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new("xvfb-run")
            .args(["--auto-servernum", MINI_BROWSER, "--enable-developer-extras=true", page])
            .env("WEBKIT_INSPECTOR_HTTP_SERVER", free.to_string())
            // It does not start as root else.
            .env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("xvfb-run runs; install the packages xvfb and webkit2gtk-driver");
        // Ends the process where the next lines fail.
        let mut group = Group(Some(process));
        let path = wait_for(|| page_path(&free.to_string())).expect("the inspector lists the page");
        let inspector = Inspector::connect(&free.to_string(), &path);
        let browser =
            Self { process: group.0.take().unwrap(), inspector: RefCell::new(inspector), last: Cell::new(0) };
        browser.inspector.borrow_mut().find_target();
        browser.command("Console.enable", json!({}));
        wait_for(|| (browser.evaluate("document.readyState") == "complete").then_some(()))
            .expect("the page loads");
        browser
    }

    fn evaluate(&self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true });
        self.command("Runtime.evaluate", parameters)["result"]["value"].take()
    }

    /// Sends a command to the page, and waits for its answer.
    fn command(&self, method: &str, parameters: Value) -> Value {
        let id = self.last.get() + 1;
        self.last.set(id);
        let mut inspector = self.inspector.borrow_mut();
        inspector.send(&json!({ "id": id, "method": method, "params": parameters }));
        loop {
            let mut message = inspector.receive();
            if message["id"] == id {
                return message["result"].take();
            }
        }
    }
}

impl Console for WebKit {
    fn open(&self, _: &str) {}

    fn run(&self, script: &str) {
        self.evaluate(&format!(
            "delete globalThis.over; (async function() {{ {script} }})().finally(() => globalThis.over = 1); 0"
        ));
        wait_for(|| (self.evaluate("globalThis.over") == 1).then_some(())).expect("the script ends");
    }

    /// The inspector tells of messages before it answers the next command.
    fn printed(&self) -> Vec<String> {
        self.evaluate("0");
        self.inspector.borrow_mut().printed.drain(..).collect()
    }
}

struct Inspector {
    stream: BufReader<TcpStream>,
    target: String,
    sent: u64,
    printed: VecDeque<String>,
}

/// The path of the page's WebSocket, on the page that lists all.
fn page_path(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut page = String::new();
    stream.read_to_string(&mut page).ok()?;
    let path = &page[page.find("socket/")?..];
    Some(path[..path.find(['\'', '"', '&'])?].to_owned())
}

impl Inspector {
    fn connect(address: &str, path: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        .unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while stream.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        Self { stream, target: String::new(), sent: 0, printed: VecDeque::new() }
    }

    /// The page is a target behind the inspector's connection.
    fn find_target(&mut self) {
        while self.target.is_empty() {
            let message = self.read();
            if message["params"]["targetInfo"]["type"] == "page" {
                self.target = message["params"]["targetInfo"]["targetId"].as_str().unwrap().to_owned();
            }
        }
    }

    fn send(&mut self, message: &Value) {
        self.sent += 1;
        let text = json!({
            // Apart from the numbers of the page's own commands.
            "id": 1_000_000 + self.sent,
            "method": "Target.sendMessageToTarget",
            "params": { "targetId": self.target, "message": message.to_string() },
        })
        .to_string();
        // A frame of text, masked by zeros.
        let mut frame = vec![0x81];
        match text.len() {
            short @ ..126 => frame.push(0x80 | short as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.get_mut().write_all(&frame).unwrap();
    }

    /// The next message of the page; what it prints is kept.
    fn receive(&mut self) -> Value {
        loop {
            let message = self.read();
            if message["method"] != "Target.dispatchMessageFromTarget" {
                continue;
            }
            let message: Value =
                serde_json::from_str(message["params"]["message"].as_str().unwrap()).unwrap();
            let printed = &message["params"]["message"];
            // The network's own lines repeat the others.
            if message["method"] == "Console.messageAdded" && printed["source"] != "network" {
                self.printed.push_back(printed["text"].as_str().unwrap().to_owned());
            }
            return message;
        }
    }

    fn read(&mut self) -> Value {
        let mut text = Vec::new();
        loop {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head).unwrap();
            let length = match head[1] & 127 {
                126 => {
                    let mut length = [0; 2];
                    self.stream.read_exact(&mut length).unwrap();
                    u64::from(u16::from_be_bytes(length))
                }
                127 => {
                    let mut length = [0; 8];
                    self.stream.read_exact(&mut length).unwrap();
                    u64::from_be_bytes(length)
                }
                short => u64::from(short),
            };
            let start = text.len();
            text.resize(start + usize::try_from(length).unwrap(), 0);
            self.stream.read_exact(&mut text[start..]).unwrap();
            match head[0] {
                // A whole message, or the last piece of one.
                0x81 | 0x80 => return serde_json::from_slice(&text).unwrap(),
                0x01 | 0x00 => {}
                other => panic!("the inspector sent a frame of kind {other:#x}"),
            }
        }
    }
}

struct Group(Option<Child>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(process) = &mut self.0 {
            end(process);
        }
    }
}

impl Drop for WebKit {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Ends the whole group, and waits for its leader.
fn end(process: &mut Child) {
    if let Some(group) = Pid::from_raw(process.id().cast_signed()) {
        let _ = kill_process_group(group, Signal::TERM);
        let end = Instant::now() + Duration::from_secs(5);
        while process.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = process.wait();
}
