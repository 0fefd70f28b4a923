//! Debian's Firefox, driven by Marionette, its own protocol: the console of its own can only be read from there.

use std::cell::RefCell;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Console;

const PATIENCE: Duration = Duration::from_secs(60);

/// Nothing but the page is to be fetched.
const PREFERENCES: &str = r#"
user_pref("marionette.port", 0);
user_pref("browser.startup.page", 0);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
"#;

/// The messages of the network's rules, apart from those of the elements that meet them.
const CONSOLE: &str = r#"
    const messages = Services.console.getMessageArray();
    Services.console.reset();
    const ours = /^(CORS|SOP$|COEP$|DATA_URI_BLOCKED$)/;
    return messages.filter(message => message instanceof Ci.nsIScriptError && ours.test(message.category))
        .map(message => message.errorMessage);
"#;

pub(crate) struct Firefox {
    process: Child,
    connection: RefCell<Connection>,
    _profile: tempfile::TempDir,
}

struct Connection {
    stream: BufReader<TcpStream>,
    last: u64,
}

impl Firefox {
    /// Starts Firefox with a fresh profile, on a port of its own choice.
    pub(crate) fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("crossorigin-firefox-").tempdir().unwrap();
        std::fs::write(profile.path().join("user.js"), PREFERENCES).unwrap();
        let mut process = Command::new("firefox-esr")
            .args(["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile"])
            .arg(profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("firefox-esr runs; install the package of that name");
        let port = wait_for(|| {
            let port = std::fs::read_to_string(profile.path().join("MarionetteActivePort")).ok()?;
            port.trim().parse::<u16>().ok()
        });
        let stream = port.and_then(|port| wait_for(|| TcpStream::connect(("127.0.0.1", port)).ok()));
        let Some(stream) = stream else {
            let _ = process.kill();
            let _ = process.wait();
            panic!("Firefox does not say its port");
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connection = Connection { stream: BufReader::new(stream), last: 0 };
        connection.read();
        let firefox = Self { process, connection: RefCell::new(connection), _profile: profile };
        firefox.command("WebDriver:NewSession", json!({}));
        firefox
    }

    fn command(&self, name: &str, parameters: Value) -> Value {
        self.connection
            .borrow_mut()
            .command(name, parameters)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn script(&self, script: &str) -> Value {
        self.command("WebDriver:ExecuteScript", json!({ "script": script, "args": [] }))["value"].take()
    }
}

impl Console for Firefox {
    fn open(&self, url: &str) {
        self.command("WebDriver:Navigate", json!({ "url": url }));
    }

    fn run(&self, script: &str) {
        self.script(&format!("return (async function() {{ {script} }})()"));
    }

    fn printed(&self) -> Vec<String> {
        self.command("Marionette:SetContext", json!({ "value": "chrome" }));
        let messages = self.script(CONSOLE);
        self.command("Marionette:SetContext", json!({ "value": "content" }));
        messages.as_array().unwrap().iter().map(|message| message.as_str().unwrap().to_owned()).collect()
    }
}

impl Connection {
    /// Each message is its length, a colon, and JSON.
    fn read(&mut self) -> Value {
        let (mut length, mut byte) = (0, [0]);
        loop {
            self.stream.read_exact(&mut byte).unwrap();
            match byte[0] {
                b':' => break,
                digit => length = length * 10 + usize::from(digit - b'0'),
            }
        }
        let mut text = vec![0; length];
        self.stream.read_exact(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    fn command(&mut self, name: &str, parameters: Value) -> Result<Value, String> {
        self.last += 1;
        let text = json!([0, self.last, name, parameters]).to_string();
        write!(self.stream.get_mut(), "{}:{text}", text.len()).map_err(|error| error.to_string())?;
        let mut answer = self.read();
        match answer[2]["message"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer[3].take()),
        }
    }
}

/// Asks until there is an answer, or patience ends.
pub(crate) fn wait_for<R>(what: impl Fn() -> Option<R>) -> Option<R> {
    let end = Instant::now() + PATIENCE;
    loop {
        match what() {
            Some(found) => return Some(found),
            None if Instant::now() > end => return None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let quit =
            self.connection.borrow_mut().command("Marionette:Quit", json!({ "flags": ["eForceQuit"] }));
        let ended = |process: &mut Child| process.try_wait().is_ok_and(|status| status.is_some());
        let end = Instant::now() + Duration::from_secs(10);
        while quit.is_ok() && !ended(&mut self.process) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
