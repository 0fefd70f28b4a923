//! The smallest change that lets the request through.

mod frameworks;
mod needs;
mod servers;
mod stores;

use crossorigin::fetching::NetworkErrorReason;

use crate::record::{Outcome, Record};
use crate::servers::Server;

pub use needs::{Needs, PreflightNeeds};

/// A change for one server, or for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// Whose configuration or code it is; `None` for the page's own, and for headers alone.
    pub server: Option<Server>,
    /// What it does, in one sentence.
    pub title: String,
    /// The language of the snippet, such as `nginx`, `javascript`, `toml` or `http`.
    pub language: &'static str,
    /// What to write. Empty where there is nothing to write but what the title says.
    pub snippet: String,
    /// What to mind.
    pub note: Option<String>,
}

impl Fix {
    pub(crate) fn new(server: Option<Server>, title: &str, language: &'static str, snippet: String) -> Self {
        Self { server, title: title.to_owned(), language, snippet, note: None }
    }

    pub(crate) fn note(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }

    pub(crate) fn of_page(title: impl Into<String>) -> Self {
        Self { server: None, title: title.into(), language: "", snippet: String::new(), note: None }
    }
}

/// The fix of a server for what a request needs.
pub(crate) fn cors_fix(server: Server, needs: &Needs) -> Fix {
    match server {
        Server::Express => frameworks::express(needs),
        Server::Spring => frameworks::spring(needs),
        Server::Django => frameworks::django(needs),
        Server::Flask => frameworks::flask(needs),
        Server::FastApi => frameworks::fastapi(needs),
        Server::Rails => frameworks::rails(needs),
        Server::AspNet => frameworks::asp_net(needs),
        Server::Axum => frameworks::axum(needs),
        Server::S3 => stores::s3(needs),
        Server::CloudStorage => stores::cloud_storage(needs),
        Server::AzureBlob => stores::azure_blob(needs),
        Server::CloudFront => stores::cloudfront(needs),
        Server::Cloudflare => stores::cloudflare(needs),
        Server::Nginx => servers::nginx(needs),
        Server::Apache => servers::apache(needs),
        Server::Caddy => servers::caddy(needs),
        Server::HaProxy => servers::haproxy(needs),
        Server::Varnish => servers::varnish(needs),
        Server::Envoy => servers::envoy(needs),
        Server::Iis => servers::iis(needs),
        Server::Crossorigin => policy_file(needs),
    }
}

/// The policy file of this project's gateway, which stands before any server.
pub(crate) fn policy_file(needs: &Needs) -> Fix {
    let mut snippet = format!("[policies.page]\norigins = [\"{}\"]\n", needs.origin);
    if needs.credentials {
        snippet.push_str("credentials = true\n");
    }
    if let Some(preflight) = &needs.preflight {
        if let Some(method) = preflight.unsafe_method() {
            snippet.push_str(&format!("methods = [\"{method}\"]\n"));
        }
        if !preflight.headers.is_empty() {
            let names: Vec<_> = preflight.headers.iter().map(|name| format!("\"{name}\"")).collect();
            snippet.push_str(&format!("request_headers = [{}]\n", names.join(", ")));
        }
    }
    // Where the server listens is not known here.
    snippet.push_str(
        "\n[[listeners]]\naddress = \"127.0.0.1:8080\"\n\n[[routes]]\npath = \"/\"\nupstream = \"http://127.0.0.1:9000\" # the server as it is now\npolicy = \"page\"\n",
    );
    Fix::new(
        Some(Server::Crossorigin),
        "Or put `crossorigin serve` before the server, whatever it is, with this policy file:",
        "toml",
        snippet,
    )
}

/// The headers themselves, for servers that were not recognised.
fn headers_alone(needs: &Needs) -> Fix {
    let mut snippet = String::new();
    if let Some(preflight) = &needs.preflight {
        snippet.push_str(
            "# to OPTIONS, before authentication, redirects and routes:\nHTTP/1.1 204 No Content\n",
        );
        snippet.push_str(&needs.header_lines());
        snippet.push_str(&preflight.header_lines());
        snippet.push_str("\n# to the request itself, errors too:\n");
    }
    snippet.push_str(&needs.header_lines());
    Fix::new(None, "Let the server answer with these headers:", "http", snippet)
}

impl Record {
    /// The smallest changes that let the request through: for the server that answered (of several on the way the
    /// one nearest the origin), and for this project's gateway before it. Empty where nothing is wrong.
    pub fn fixes(&self) -> Vec<Fix> {
        self.fixes_for(&self.servers())
    }

    /// The same where the servers on the way are known otherwise than by their headers, the one nearest the origin
    /// first.
    pub fn fixes_for(&self, servers: &[Server]) -> Vec<Fix> {
        use NetworkErrorReason as R;
        let Outcome::Blocked(reason) = &self.outcome else { return Vec::new() };
        match reason {
            R::CorsCheck(_)
            | R::PreflightCorsCheck(_)
            | R::PreflightStatus(_)
            | R::PreflightAllowMethodsSyntax
            | R::PreflightAllowHeadersSyntax
            | R::PreflightMethod
            | R::PreflightHeader(_) => self.cors_fixes(servers),
            R::ResourcePolicy(_) => vec![
                Fix::new(
                    None,
                    "Let the server say who may embed it; same-site where only its own site does:",
                    "http",
                    "Cross-Origin-Resource-Policy: cross-origin\n".to_owned(),
                ),
                Fix::of_page(
                    "Or load it by CORS: set the crossorigin attribute, and let the server share it.",
                ),
            ],
            reason => crate::catalogue::page(reason.code())
                .map(|page| vec![Fix::of_page(page.remedy)])
                .unwrap_or_default(),
        }
    }

    fn cors_fixes(&self, servers: &[Server]) -> Vec<Fix> {
        if self.is_tainted() {
            let everyone = Fix::new(
                None,
                "Where everyone may read it, let the last server say so; to null it must not be shared by name.",
                "http",
                "Access-Control-Allow-Origin: *\n".to_owned(),
            );
            let ask_at_once = Fix::of_page(
                "Ask the last URL at once, or let the server redirect within its own origin: after a redirect from \
                 one foreign origin to another the origin is null, which every sandbox has, and which no server \
                 should share with.",
            );
            return if self.with_credentials() { vec![ask_at_once] } else { vec![ask_at_once, everyone] };
        }
        let needs = Needs::of(self);
        let mut fixes = match servers.first() {
            Some(&server) => vec![cors_fix(server, &needs)],
            None => vec![headers_alone(&needs)],
        };
        if servers.first() != Some(&Server::Crossorigin) {
            fixes.push(policy_file(&needs));
        }
        fixes
    }

    /// The servers that answered, by their headers: the one nearest the origin first.
    pub fn servers(&self) -> Vec<Server> {
        self.last_answer().map(|answer| Server::recognize(&answer.headers)).unwrap_or_default()
    }
}
