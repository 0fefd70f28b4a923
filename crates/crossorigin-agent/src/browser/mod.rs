//! Tests of a service in its own process, as pages of browsers would use it.

mod page_request;
mod seen;
mod shared_response;

use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Profile;
use http::Method;
use url::Url;

use crate::{Agent, AgentBuilder, Limits};

pub use page_request::PageRequest;
pub use seen::Seen;
pub use shared_response::SharedResponse;

/// The origin of the service under test, where [`Browser::service`] names no other. No page is of this origin,
/// nor of its site.
pub const SERVICE_ORIGIN: &str = "https://service.test";

/// A browser with one page open, for tests of a service in the process of the test: no browser, no server, no
/// port. The service is any [`tower_service::Service`] over HTTP's types: an axum `Router`, a tonic server.
///
/// ```
/// use axum::{Router, routing::put};
/// use crossorigin::server::{Policy, PolicyConfig};
/// use crossorigin_agent::Browser;
/// use crossorigin_tower::CorsLayer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut config = PolicyConfig::default();
/// config.origins = vec!["https://app.example".into()];
/// config.credentials = true;
/// config.methods = vec!["PUT".into()];
/// config.request_headers = vec!["x-csrf-token".into()];
/// let mut app = Router::new()
///     .route("/items/1", put(async || "kept"))
///     .layer(CorsLayer::new(Policy::new(&config)?));
///
/// let shared = Browser::at("https://app.example")
///     .put("/items/1")
///     .header("x-csrf-token", "1")
///     .credentials()
///     .send(&mut app)
///     .await
///     .expect_shared();
/// assert_eq!(shared.text(), "kept");
///
/// Browser::at("https://evil.example")
///     .put("/items/1")
///     .send(&mut app)
///     .await
///     .expect_blocked("preflight-allow-origin-missing");
/// # Ok(())
/// # }
/// ```
///
/// A preflight that this project's layer refuses gets no CORS header at all, whatever the fault is, so that its
/// reason is `preflight-allow-origin-missing`; servers that list what they permit get to `preflight-method` and
/// `preflight-header`. The layer's `on_decision` tells why it refused.
///
/// Several requests of one browser share its cookies and what its preflights have permitted, and so do clones of
/// it. Each [`Profile`] has its own of both: browsers don't share them either.
///
/// Where the service's redirects lead to other hosts, the same service is asked, as that host. There are no
/// time-outs, so that tests can run on any executor, with any clock: a service that never answers is never
/// answered for.
///
/// What is wrong in the test itself, such as a malformed URL, panics at the line that has it; so does an
/// expectation that is not met, with everything that explains why.
#[derive(Clone, Debug)]
#[must_use]
pub struct Browser {
    origin: Origin,
    service: Url,
    profile: Profile,
    /// What each profile remembers, in the order of [`Profile::ALL`].
    agents: Vec<(Profile, Agent<()>)>,
}

impl Browser {
    /// A browser whose page is of this origin, such as `https://app.example`, or `null` for a sandboxed page or
    /// a file.
    ///
    /// # Panics
    /// It is no origin.
    #[track_caller]
    pub fn at(origin: &str) -> Self {
        let origin = must(origin.parse());
        let limits = Limits { head_timeout: None, idle_timeout: None, ..Limits::default() };
        let agent = || AgentBuilder::new().limits(limits).build(());
        Self {
            origin,
            service: must(Url::parse(SERVICE_ORIGIN)),
            profile: Profile::default(),
            agents: Profile::ALL.into_iter().map(|profile| (profile, agent())).collect(),
        }
    }

    /// The URL of the service, to which paths such as `/items/1` are relative; [`SERVICE_ORIGIN`] at first. With
    /// that of the page, requests are of the same origin; one of the same site gets `SameSite` cookies.
    ///
    /// # Panics
    /// It is no URL of http or https.
    #[track_caller]
    pub fn service(mut self, url: &str) -> Self {
        self.service = must(Url::parse(url).map_err(|error| format!("{url:?} is no URL: {error}")));
        if !matches!(self.service.scheme(), "http" | "https") {
            fail(&format!("{url:?} is no URL of a service; write one of http or https"));
        }
        self
    }

    /// As which browser it asks; [`Profile::Standard`] at first.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets a cookie, written as in `Set-Cookie`, as if the service had set it on a page of its own. Of another
    /// site than the page's, as it is at first, a service gets only cookies with `SameSite=None; Secure`.
    ///
    /// # Panics
    /// Browsers would refuse it.
    #[track_caller]
    pub fn cookie(self, cookie: &str) -> Self {
        for (_, agent) in &self.agents {
            must(agent.set_cookie(cookie, &self.service));
        }
        self
    }

    /// A GET request, as `fetch(url)` makes it. The URL may be relative to the [service](Self::service)'s.
    ///
    /// # Panics
    /// It is no URL.
    #[track_caller]
    pub fn get(&self, url: &str) -> PageRequest {
        self.asking(Method::GET, url)
    }

    /// A HEAD request.
    ///
    /// # Panics
    /// It is no URL.
    #[track_caller]
    pub fn head(&self, url: &str) -> PageRequest {
        self.asking(Method::HEAD, url)
    }

    /// A POST request.
    ///
    /// # Panics
    /// It is no URL.
    #[track_caller]
    pub fn post(&self, url: &str) -> PageRequest {
        self.asking(Method::POST, url)
    }

    /// A PUT request.
    ///
    /// # Panics
    /// It is no URL.
    #[track_caller]
    pub fn put(&self, url: &str) -> PageRequest {
        self.asking(Method::PUT, url)
    }

    /// A PATCH request.
    ///
    /// # Panics
    /// It is no URL.
    #[track_caller]
    pub fn patch(&self, url: &str) -> PageRequest {
        self.asking(Method::PATCH, url)
    }

    /// A DELETE request.
    ///
    /// # Panics
    /// It is no URL.
    #[track_caller]
    pub fn delete(&self, url: &str) -> PageRequest {
        self.asking(Method::DELETE, url)
    }

    /// A request of any method.
    ///
    /// # Panics
    /// It is no method, or no URL.
    #[track_caller]
    pub fn request(&self, method: &str, url: &str) -> PageRequest {
        let parsed = Method::from_bytes(method.as_bytes());
        self.asking(must(parsed.map_err(|_| format!("{method:?} is no method"))), url)
    }

    /// What a profile remembers.
    #[track_caller]
    fn remembered(&self, profile: Profile) -> &Agent<()> {
        let own = self.agents.iter().find(|(own, _)| *own == profile);
        own.map_or_else(|| fail("every profile has an agent"), |(_, agent)| agent)
    }

    #[track_caller]
    fn asking(&self, method: Method, url: &str) -> PageRequest {
        let joined = self.service.join(url);
        PageRequest::new(
            self.clone(),
            method,
            must(joined.map_err(|error| format!("{url:?} is no URL: {error}"))),
        )
    }
}

/// What a test gives, or its panic.
#[track_caller]
fn must<T, E: ToString>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| fail(&error.to_string()))
}

/// Fails the test.
#[track_caller]
#[expect(clippy::panic, reason = "it is how tests fail")]
fn fail(why: &str) -> ! {
    panic!("{why}")
}
