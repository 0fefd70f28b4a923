//! A request, as the prelude describes it.

use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode, ReferrerPolicy};
use crossorigin_agent::{Body, CacheMode, FetchRequest};
use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use url::Url;

use crate::functions::binary;
use crate::network::Environment;

/// What the interfaces ask for. What is not said is as the initiator has it.
#[derive(Deserialize)]
pub(crate) struct Description {
    #[serde(rename = "as")]
    initiator: String,
    pub(crate) url: String,
    method: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    mode: Option<String>,
    credentials: Option<String>,
    redirect: Option<String>,
    crossorigin: Option<String>,
    cache: Option<String>,
    /// Empty for none, `about:client` for the page's own.
    referrer: Option<String>,
    referrer_policy: Option<String>,
    /// The hashes that the body has to fit.
    #[serde(default)]
    pub(crate) integrity: String,
    #[serde(default)]
    keepalive: bool,
    #[serde(default)]
    pub(crate) upload_listener: bool,
    /// Whether the response comes in pieces.
    #[serde(default)]
    pub(crate) streams: bool,
    /// Whether the request's body does.
    #[serde(default)]
    pub(crate) body_streams: bool,
}

/// What there is to send.
pub(crate) enum RequestBody {
    Bytes(Vec<u8>),
    Stream(Body),
}

impl Description {
    /// The page that asks, with the referrer that the request has.
    pub(crate) fn environment(&self, page: &Environment) -> Environment {
        let mut environment = page.clone();
        match self.referrer.as_deref() {
            None | Some("about:client") => {}
            Some(referrer) => environment.url = Url::parse(referrer).ok(),
        }
        environment
    }

    /// Whether it goes on when the page is gone.
    pub(crate) fn outlives(&self) -> bool {
        self.keepalive || self.initiator == Initiator::Beacon.name()
    }

    /// The request; nothing where it is none, which the interfaces see to.
    pub(crate) fn into_request(self, body: Option<RequestBody>) -> Option<FetchRequest> {
        let initiator = Initiator::ALL.into_iter().find(|initiator| initiator.name() == self.initiator)?;
        let mut request = FetchRequest::new(Url::parse(&self.url).ok()?).initiator(initiator);
        let settings = match self.crossorigin.as_deref() {
            Some("anonymous") => CorsSettings::Anonymous,
            Some("use-credentials") => CorsSettings::UseCredentials,
            _ => CorsSettings::NoCors,
        };
        request = request.cors_settings(settings);
        if let Some(method) = self.method {
            request = request.method(Method::from_bytes(method.as_bytes()).ok()?);
        }
        for (name, value) in self.headers {
            let (name, value) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&binary(&value)));
            request = request.header(name.ok()?, value.ok()?);
        }
        request = match self.mode.as_deref() {
            Some("no-cors") => request.mode(Mode::NoCors),
            Some("same-origin") => request.mode(Mode::SameOrigin),
            _ => request,
        };
        request = match self.credentials.as_deref() {
            Some("omit") => request.credentials(CredentialsMode::Omit),
            Some("same-origin") => request.credentials(CredentialsMode::SameOrigin),
            Some("include") => request.credentials(CredentialsMode::Include),
            _ => request,
        };
        request = match self.redirect.as_deref() {
            Some("error") => request.redirect(RedirectMode::Error),
            Some("manual") => request.redirect(RedirectMode::Manual),
            _ => request,
        };
        request = match self.cache.as_deref() {
            Some("no-store") => request.cache(CacheMode::NoStore),
            Some("reload") => request.cache(CacheMode::Reload),
            Some("no-cache") => request.cache(CacheMode::NoCache),
            Some("force-cache") => request.cache(CacheMode::ForceCache),
            Some("only-if-cached") => request.cache(CacheMode::OnlyIfCached),
            _ => request,
        };
        let policy = self.referrer_policy.unwrap_or_default();
        if let Some(policy) = ReferrerPolicy::ALL.into_iter().find(|own| own.name() == policy) {
            request = request.referrer_policy(policy);
        }
        if self.upload_listener {
            request = request.upload_listener();
        }
        if self.keepalive {
            request = request.keepalive();
        }
        if !self.integrity.is_empty() {
            request = request.integrity_metadata();
        }
        Some(match body {
            Some(RequestBody::Bytes(body)) => request.body(body),
            Some(RequestBody::Stream(body)) => request.stream(body),
            None => request,
        })
    }
}
