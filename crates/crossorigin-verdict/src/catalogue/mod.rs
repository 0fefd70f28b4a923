//! One page a reason: what happened, why browsers do it, and what to do.

mod markdown;
mod pages;

use crate::fixes::{Fix, Needs, cors_fix, policy_file};
use crate::servers::Server;

pub use markdown::reasons_index;
pub use pages::PAGES;

/// A page on one reason for which script gets no response.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReasonPage {
    /// The reason's code, such as `allow-origin-missing`.
    pub code: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What happened.
    pub what: &'static str,
    /// Why browsers do so.
    pub why: &'static str,
    /// What to do, in a sentence or two.
    pub remedy: &'static str,
    pub(crate) snippets: Snippets,
}

/// Which snippets a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Snippets {
    /// None: there is nothing to configure.
    None,
    /// For responses.
    Response { credentials: bool },
    /// For preflights and what follows.
    Preflight { credentials: bool },
    /// For `Cross-Origin-Resource-Policy`.
    ResourcePolicy,
}

/// The page on a reason.
///
/// ```
/// assert!(crossorigin_verdict::page("allow-origin-missing").is_some());
/// ```
pub fn page(code: &str) -> Option<&'static ReasonPage> {
    PAGES.iter().find(|page| page.code == code)
}

impl ReasonPage {
    /// The fix for each kind of server, for a page at `https://app.example`.
    pub fn fixes(&self) -> Vec<Fix> {
        let needs = match self.snippets {
            Snippets::None => return Vec::new(),
            Snippets::ResourcePolicy => return resource_policy_fixes(),
            Snippets::Response { credentials } => Needs::example(credentials, false),
            Snippets::Preflight { credentials } => Needs::example(credentials, true),
        };
        let own = |server: &Server| *server != Server::Crossorigin;
        let fixes = Server::ALL.into_iter().filter(own).map(|server| cors_fix(server, &needs));
        fixes.chain([policy_file(&needs)]).collect()
    }
}

fn resource_policy_fixes() -> Vec<Fix> {
    let name = "Cross-Origin-Resource-Policy";
    let fix = |server, title, language, snippet: &str| {
        Fix::new(Some(server), title, language, format!("{snippet}\n"))
    };
    vec![
        fix(Server::Express, "In Express:", "javascript", &format!("res.set(\"{name}\", \"cross-origin\");")),
        fix(Server::Apache, "In Apache:", "apache", &format!("Header always set {name} \"cross-origin\"")),
        fix(Server::Caddy, "In the Caddyfile:", "caddyfile", &format!("header {name} cross-origin")),
        fix(Server::Nginx, "In nginx:", "nginx", &format!("add_header {name} \"cross-origin\" always;")),
        fix(
            Server::HaProxy,
            "In HAProxy:",
            "haproxy",
            &format!("http-after-response set-header {name} cross-origin"),
        ),
        fix(
            Server::Varnish,
            "In vcl_deliver of Varnish:",
            "vcl",
            &format!("set resp.http.{name} = \"cross-origin\";"),
        ),
    ]
}
