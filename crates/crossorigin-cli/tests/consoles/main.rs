//! What browsers' consoles print, held against what we say they print: each failure is provoked in a real browser
//! and in the agent, by the same answers of the same server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod cases;
mod firefox;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod webkit;

use std::time::{Duration, Instant};

use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::CredentialsMode;
use crossorigin::profiles::Profile;
use crossorigin_agent::{Agent, FetchRequest, HttpTransport};
use crossorigin_verdict::Record;
use http::{HeaderName, HeaderValue, Method};

use cases::Asking;
use firefox::Firefox;
use server::{Origins, Site};
use support::browser::Browser;
use webkit::WebKit;

/// How long a message may take to appear in the console.
const PATIENCE: Duration = Duration::from_secs(10);

/// A browser's page, and its console.
trait Console {
    fn open(&self, url: &str);
    /// Runs the body of an asynchronous function in the page, to its end.
    fn run(&self, script: &str);
    /// The messages since the last call, each without the file and place before it.
    fn printed(&self) -> Vec<String>;
}

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn chromium_prints_what_we_say_it_prints() {
    compare(&Site::start(cases::cases()), &Browser::start(), Profile::Chromium, &[]);
}

/// For these reasons Firefox's console is silent.
const FIREFOX_IS_SILENT: [&str; 3] = ["bad-port", "no-cors-redirect-mode", "redirect-in-error-mode"];

#[test]
#[ignore = "needs firefox-esr: cargo xtask test"]
fn firefox_prints_what_we_say_it_prints() {
    compare(&Site::start(cases::cases()), &Firefox::start(), Profile::Firefox, &FIREFOX_IS_SILENT);
}

#[test]
#[ignore = "needs webkit2gtk-driver and xvfb: cargo xtask test"]
fn webkit_prints_what_we_say_it_prints() {
    let site = Site::start(cases::cases());
    let browser = WebKit::start(&format!("{}/", site.origins.page));
    compare(&site, &browser, Profile::WebKit, &["transport", "opaque"]);
}

fn compare(site: &Site, browser: &impl Console, profile: Profile, silent: &[&str]) {
    browser.open(&format!("{}/", site.origins.page));
    // A browser asks for an icon, of which it may complain once.
    drop(browser.printed());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let agent = Agent::with_transport(HttpTransport::default());
    let mut wrong = Vec::new();
    for (nth, case) in site.cases.iter().enumerate() {
        let mut url = site.origins.fill(case.url);
        url.push_str(&format!("?{nth}"));
        let record = runtime.block_on(record(&agent, &site.origins, profile, case.asking, &url));
        let ours: Vec<String> = record.console().into_iter().map(|message| message.text).collect();
        browser.run(&case.asking.script(&url));
        let theirs = printed(browser, ours.len());
        let (code, initiator) =
            (record.code().unwrap_or_else(|| record.verdict().name()), case.asking.initiator);
        let what = format!("{nth}: {initiator} {} {code} {:?}", case.asking.method, case.answer);
        println!("{what}: {}", theirs.join(" | "));
        let expected = profile != Profile::Chromium || code == case.code;
        if !expected || ours.is_empty() != silent.contains(&code) || ours != theirs {
            wrong.push(format!("{what}\n  ours {ours:#?}\n  theirs {theirs:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), site.cases.len(), wrong.join("\n"));
}

/// What comes until as much has come as is expected.
fn printed(browser: &impl Console, expected: usize) -> Vec<String> {
    let (end, mut messages) = (Instant::now() + PATIENCE, browser.printed());
    while messages.len() < expected && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
        messages.extend(browser.printed());
    }
    // Firefox says some things twice.
    messages.dedup();
    messages
}

impl Console for Browser {
    fn open(&self, url: &str) {
        Browser::open(self, url);
    }

    fn run(&self, script: &str) {
        Browser::run(self, script);
    }

    fn printed(&self) -> Vec<String> {
        let lines = self.console();
        let lines = lines.iter().filter(|line| !line.contains("/favicon.ico - "));
        lines.map(|line| line.splitn(3, ' ').nth(2).unwrap_or(line).to_owned()).collect()
    }
}

async fn record(agent: &Agent, origins: &Origins, profile: Profile, asking: Asking, url: &str) -> Record {
    let mut page = agent.environment(origins.page.parse().unwrap());
    page.profile = profile;
    let mut request = FetchRequest::new(url.parse().unwrap()).initiator(asking.initiator);
    let settings =
        if asking.with_credentials { CorsSettings::UseCredentials } else { CorsSettings::Anonymous };
    request = request.cors_settings(settings).method(Method::from_bytes(asking.method.as_bytes()).unwrap());
    for (name, value) in asking.headers {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if asking.initiator == Initiator::Fetch {
        let credentials =
            if asking.with_credentials { CredentialsMode::Include } else { CredentialsMode::SameOrigin };
        request = request.mode(asking.mode).redirect(asking.redirect).credentials(credentials);
    }
    page.fetch_recorded(request).await.1
}
