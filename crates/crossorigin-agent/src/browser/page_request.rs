//! A request that a test's page makes.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use crossorigin::profiles::Profile;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use tower_service::Service;
use url::Url;

use super::seen::SeenBy;
use super::{Browser, Seen, must};
use crate::{Agent, Body, Environment, FetchRequest, InProcess};

/// A request of a [`Browser`]'s page, which can be sent, more than once too.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct PageRequest {
    browser: Browser,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    initiator: Initiator,
    settings: Option<CorsSettings>,
    mode: Option<Mode>,
    credentials: Option<CredentialsMode>,
    redirect: Option<RedirectMode>,
}

impl PageRequest {
    pub(super) fn new(browser: Browser, method: Method, url: Url) -> Self {
        Self {
            browser,
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            initiator: Initiator::Fetch,
            settings: None,
            mode: None,
            credentials: None,
            redirect: None,
        }
    }

    /// One more header, as script sets it. Those that only browsers set, such as `Origin` and `Cookie`, are left
    /// out when it is sent, as browsers do.
    ///
    /// # Panics
    /// It is no header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let name = must(parsed.map_err(|_| format!("{name:?} is no header name")));
        let parsed = HeaderValue::from_str(value);
        let value = must(parsed.map_err(|_| format!("{value:?} can't be the value of {name}")));
        self.headers.append(name, value);
        self
    }

    /// A body. What `Content-Type` it has is said by a [header](Self::header), and by nothing else: browsers send
    /// strings as `text/plain;charset=UTF-8`, which needs no preflight, and `application/json` needs one.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Cookies go along, and the response must allow that: `credentials: "include"` of `fetch()`.
    pub fn credentials(self) -> Self {
        self.credentials_mode(CredentialsMode::Include)
    }

    /// When cookies go along.
    pub fn credentials_mode(mut self, credentials: CredentialsMode) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// How it crosses origins.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// What becomes of redirects; they are followed at first.
    pub fn redirect(mut self, redirect: RedirectMode) -> Self {
        self.redirect = Some(redirect);
        self
    }

    /// Who asks, in place of `fetch()`: an image, a font, a script, `XMLHttpRequest` …
    pub fn as_initiator(mut self, initiator: Initiator) -> Self {
        self.initiator = initiator;
        self
    }

    /// What the element's `crossorigin` attribute says. Without it, images, media, stylesheets and classic
    /// scripts are asked for without CORS, and opaque to their page.
    pub fn crossorigin(mut self, settings: CorsSettings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Sends it to the service as the browser's profile does, with a preflight where one is due. What comes of it
    /// is what the page [has seen](Seen).
    #[must_use = "nothing is demanded until something is expected of it"]
    pub async fn send<S, B>(&self, service: &mut S) -> Seen
    where
        S: Service<Request<Body>, Response = Response<B>> + Send,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Seen::new(vec![self.send_as(self.browser.profile, service).await])
    }

    /// Sends it as [every profile](Profile::ALL) does, one after the other; each with cookies and preflights of its
    /// own. What is expected must come of each.
    ///
    /// ```
    /// # use axum::{Router, routing::get};
    /// # use crossorigin::server::{Policy, PolicyConfig};
    /// # use crossorigin_agent::Browser;
    /// # use crossorigin_tower::CorsLayer;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut config = PolicyConfig::default();
    /// # config.origins = vec!["https://app.example".into()];
    /// # config.request_headers = vec!["authorization".into()];
    /// # let layer = CorsLayer::new(Policy::new(&config)?);
    /// # let mut app: Router = Router::new().route("/items", get(async || "all of them")).layer(layer);
    /// let get = Browser::at("https://app.example").get("/items").header("authorization", "Bearer 1");
    /// get.send_in_every_browser(&mut app).await.expect_preflights(1).expect_shared();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "nothing is demanded until something is expected of it"]
    pub async fn send_in_every_browser<S, B>(&self, service: &mut S) -> Seen
    where
        S: Service<Request<Body>, Response = Response<B>> + Send,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut all = Vec::with_capacity(Profile::ALL.len());
        for profile in Profile::ALL {
            all.push(self.send_as(profile, service).await);
        }
        Seen::new(all)
    }

    async fn send_as<S, B>(&self, profile: Profile, service: &mut S) -> SeenBy
    where
        S: Service<Request<Body>, Response = Response<B>> + Send,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let shared = Arc::clone(&self.browser.remembered(profile).shared);
        let agent = Agent { transport: InProcess::new(service), shared };
        let mut page = Environment::new(agent, self.browser.origin.clone());
        page.profile = profile;
        let (response, record) = page.fetch_recorded(self.fetch_request()).await;
        SeenBy { record, response: response.ok() }
    }

    fn fetch_request(&self) -> FetchRequest {
        let mut request = FetchRequest::new(self.url.clone()).initiator(self.initiator);
        // Elements have a method of their own, which is this one.
        if self.method != Method::GET {
            request = request.method(self.method.clone());
        }
        for (name, value) in &self.headers {
            request = request.header(name.clone(), value.clone());
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        if let Some(settings) = self.settings {
            request = request.cors_settings(settings);
        }
        if let Some(mode) = self.mode {
            request = request.mode(mode);
        }
        if let Some(credentials) = self.credentials {
            request = request.credentials(credentials);
        }
        if let Some(redirect) = self.redirect {
            request = request.redirect(redirect);
        }
        request
    }
}
