//! Libraries as npm has them, unmodified, in pages at one origin that ask an API at another.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod axios;
mod event_source;
mod jquery;
mod ky;
mod mocha;
mod server;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crossorigin::profiles::Profile;
use crossorigin_agent::Agent;
use crossorigin_page::{End, PageOptions, open};

/// What the console says of a page with these files of libraries and this module; `{api}` stands for the API.
fn console(libraries: &[&str], module: &str) -> Vec<String> {
    let api = format!("http://{}", server::api());
    let libraries: String =
        libraries.iter().map(|file| format!("<script src=/lib/{file}></script>\n")).collect();
    let module = module.replace("{api}", &api);
    let page = format!(
        "<!doctype html><title>Libraries</title><body>\n{libraries}<script type=module>{module}</script>"
    );
    let site = server::site(page);
    let lines: Rc<RefCell<Vec<String>>> = Rc::default();
    let kept = Rc::clone(&lines);
    let url = format!("http://{site}/").parse().unwrap();
    let options = PageOptions::new().profile(Profile::Chromium).timeout(Duration::from_secs(60));
    let end = open(&Agent::default(), &url, &options, move |line| {
        let text = line.text.replace(&api, "{api}").replace(&format!("http://{site}"), "{own}");
        // That a status tells of an error, the libraries tell too.
        if !text.starts_with("Failed to load resource: the server responded with a status of ") {
            kept.borrow_mut().push(text);
        }
    });
    let lines = lines.take();
    assert!(matches!(end.unwrap(), End::Idle { .. }), "{lines:#?}");
    lines
}

/// Chromium's words where a response lacks the header, and where nothing of it comes to script.
const NOT_SHARED: [&str; 2] = [
    "Access to {what} at '{api}/closed' from origin '{own}' has been blocked by CORS policy: {preflight}No \
     'Access-Control-Allow-Origin' header is present on the requested resource.",
    "Failed to load resource: net::ERR_FAILED",
];

/// What is printed when script asks for `{api}/closed` by fetch or `XMLHttpRequest`.
fn not_shared(what: &str, is_preflighted: bool) -> Vec<String> {
    let preflight =
        if is_preflighted { "Response to preflight request doesn't pass access control check: " } else { "" };
    NOT_SHARED.map(|line| line.replace("{what}", what).replace("{preflight}", preflight)).to_vec()
}
