//! Debian's Chromium, driven through its own `WebDriver`. Everything that is started here is ended here, by its
//! own process id.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossorigin_lab::{CHROMIUM_FLAGS, CHROMIUM_WEBGL_FLAGS};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// How long a command may take, in a page as well as between here and the driver.
const PATIENCE: Duration = Duration::from_secs(90);

pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    chromium: Option<Pid>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts `chromedriver` on a port of its own choice, and Chromium with a fresh profile.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more flags.
    pub fn start_with(more: &[&str]) -> Self {
        Self::start_in(&[], more)
    }

    /// The same with variables of its environment.
    pub fn start_in(environment: &[(&str, &Path)], more: &[&str]) -> Self {
        let mut driver = Command::new("chromedriver")
            .envs(environment.iter().copied())
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver runs; install the packages chromium and chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            line.unwrap().split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let profile = tempfile::Builder::new().prefix("crossorigin-browser-").tempdir().unwrap();
        let mut browser = Self {
            driver,
            port: port.expect("chromedriver says its port"),
            session: String::new(),
            chromium: None,
            _profile: profile,
        };
        // Chromedriver would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));

        let mut flags: Vec<String> = CHROMIUM_FLAGS
            .iter()
            .chain(&CHROMIUM_WEBGL_FLAGS)
            .chain(more)
            .map(|flag| (*flag).to_owned())
            .collect();
        flags.push(format!("--user-data-dir={}", browser._profile.path().display()));
        let created = browser.send(
            "POST",
            "/session",
            &json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": flags },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": PATIENCE.as_millis() as u64 - 10_000 },
        } } }),
        );
        browser.session = format!("/session/{}", created["sessionId"].as_str().unwrap());
        browser.chromium = created["capabilities"]["goog:processID"]
            .as_i64()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        browser
    }

    /// Loads a page.
    pub fn open(&self, url: &str) {
        self.command("/url", &json!({ "url": url }));
    }

    /// Runs the body of an asynchronous function in the page and returns its result.
    pub fn run(&self, script: &str) -> Value {
        self.run_with(script, &json!([]))
    }

    /// The same with arguments, which the script finds as `arguments`.
    pub fn run_with(&self, script: &str, arguments: &Value) -> Value {
        let script =
            format!("const inside = async function() {{ {script} }}; return inside.apply(null, arguments);");
        self.command("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Presses and releases a key of the keyboard: a character, or one of `WebDriver`'s names such as `\u{E004}`
    /// for the tabulator.
    pub fn press(&self, key: char) {
        self.keys(&json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]));
    }

    /// The same with the shift key held.
    pub fn press_with_shift(&self, key: char) {
        const SHIFT: char = '\u{E008}';
        self.keys(&json!([
            { "type": "keyDown", "value": SHIFT },
            { "type": "keyDown", "value": key },
            { "type": "keyUp", "value": key },
            { "type": "keyUp", "value": SHIFT },
        ]));
    }

    fn keys(&self, actions: &Value) {
        self.command(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// Gives the page a width in CSS pixels and a colour scheme, `light` or `dark`, and stills its motion.
    pub fn emulate(&self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        self.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Keeps a picture of the whole page.
    pub fn screenshot(&self, file: &Path) {
        let size = self.run("const { scrollWidth: width, scrollHeight: height } = document.documentElement; return { width, height };");
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let taken =
            self.devtools("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "clip": clip }));
        std::fs::write(file, base64(taken["data"].as_str().unwrap())).unwrap();
    }

    /// What the console said since the last call.
    pub fn console(&self) -> Vec<String> {
        let entries = self.command("/se/log", &json!({ "type": "browser" }));
        entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.command("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn command(&self, path: &str, body: &Value) -> Value {
        self.send("POST", &format!("{}{path}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_send(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_send(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let exchange = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let body = body.to_string();
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )?;
            // The driver keeps the connection open whatever it is asked.
            let mut stream = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line)? > 2 {
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            let mut answer = vec![0; length];
            stream.read_exact(&mut answer)?;
            Ok(answer)
        };
        let answer = exchange().map_err(|error| error.to_string())?;
        let body = String::from_utf8_lossy(&answer);
        let mut body: Value = serde_json::from_str(&body).map_err(|error| format!("{error} in {body}"))?;
        let value = body["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let closed = self.session.is_empty() || self.try_send("DELETE", &self.session, &json!({})).is_ok();
        if let (false, Some(chromium)) = (closed, self.chromium) {
            let _ = kill_process(chromium, Signal::KILL);
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
        // Its profile can only be removed once Chromium writes to it no more.
        let process = self.chromium.map(|chromium| format!("/proc/{}", chromium.as_raw_pid()));
        let end = Instant::now() + Duration::from_secs(5);
        while process.as_ref().is_some_and(|process| Path::new(process).exists()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Decodes base64 as `WebDriver` and `data:` URLs have it.
pub fn base64(text: &str) -> Vec<u8> {
    let sextets = text.bytes().filter_map(|byte| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    });
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for sextet in sextets {
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
