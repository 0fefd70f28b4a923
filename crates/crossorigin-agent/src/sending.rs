//! One request of the algorithm on its way to the transport: what the agent adds, and how long it waits.

use crossorigin::fetching::{HttpRequest, Purpose};
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Request;
use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, StatusCode, Uri};
use http_body::Body as _;
use url::Url;

use crate::agent::Shared;
use crate::fetch_request::{CacheMode, OnSent, RequestBody};
use crate::request_headers;
use crate::settings::Settings;
use crate::transport::{Body, Replay, Transport, empty, told, whole};

/// Sends the requests of one fetch.
pub(crate) struct Sender<'a, T> {
    transport: &'a mut T,
    shared: &'a Shared,
    settings: Settings<'a>,
    initiator: Initiator,
    body: RequestBody,
    cache: CacheMode,
    on_sent: Option<OnSent>,
}

/// A request that was sent.
pub(crate) struct Sent {
    /// The headers as they went out, where somebody asks for them.
    pub(crate) headers: HeaderMap,
    pub(crate) answer: Result<http::Response<Body>, TransportFailure>,
}

impl<'a, T: Transport> Sender<'a, T> {
    pub(crate) fn new(
        transport: &'a mut T,
        shared: &'a Shared,
        settings: Settings<'a>,
        initiator: Initiator,
        body: RequestBody,
        cache: CacheMode,
    ) -> Self {
        Self { transport, shared, settings, initiator, body, cache, on_sent: None }
    }

    /// Tells how much of the body is sent.
    pub(crate) fn telling(mut self, on_sent: Option<OnSent>) -> Self {
        self.on_sent = on_sent;
        self
    }

    /// Sends one request of this fetch, which stands at `state`.
    pub(crate) async fn send(&mut self, request: &HttpRequest, state: &Request, keeps: bool) -> Sent {
        let settings = self.settings;
        let mut headers = request.headers.clone();
        request_headers::add(&mut headers, request, state, settings, self.initiator);
        if request.purpose != Purpose::Preflight {
            request_headers::add_cache_control(&mut headers, self.cache);
        }
        if !request.includes_credentials {
            let sent = if keeps { headers.clone() } else { HeaderMap::new() };
            let answer = self.send_once(request, headers).await;
            return Sent { headers: sent, answer };
        }
        let Shared { cookies, authentication, .. } = self.shared;
        let set_cookies = |headers: &mut HeaderMap| match cookies.header(&request.url, state, settings) {
            Some(cookie) => drop(headers.insert(COOKIE, cookie)),
            None => drop(headers.remove(COOKIE)),
        };
        set_cookies(&mut headers);
        // What script says itself is left as it is.
        let authenticates = !headers.contains_key(AUTHORIZATION);
        if let Some(entry) = authentication.entry(&request.url).filter(|_| authenticates) {
            headers.insert(AUTHORIZATION, entry);
        }
        let mut answer = self.send_once(request, headers.clone()).await;
        if let Ok(response) = &answer
            && response.status() == StatusCode::UNAUTHORIZED
            && authenticates
            // What is asked for by CORS never makes a user's password go out that was not out already.
            && request.may_authenticate
        {
            authentication.forget(&request.url);
            let own = authentication.answer(&request.url, response.headers());
            if let Some(own) = own.filter(|own| headers.get(AUTHORIZATION) != Some(own)) {
                cookies.keep(response.headers(), &request.url, state, settings);
                set_cookies(&mut headers);
                headers.insert(AUTHORIZATION, own.clone());
                answer = self.send_once(request, headers.clone()).await;
                if answer.as_ref().is_ok_and(|response| response.status() != StatusCode::UNAUTHORIZED) {
                    authentication.remember(&request.url, own);
                }
            }
        }
        if let Ok(response) = &answer {
            cookies.keep(response.headers(), &request.url, state, settings);
        }
        Sent { headers, answer }
    }

    async fn send_once(
        &mut self,
        request: &HttpRequest,
        headers: HeaderMap,
    ) -> Result<http::Response<Body>, TransportFailure> {
        let message = self.message(request, headers)?;
        self.answer(message).await
    }

    async fn answer(
        &mut self,
        message: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportFailure> {
        let Some(bound) = self.shared.limits.head_timeout else { return self.transport.send(message).await };
        tokio::time::timeout(bound, self.transport.send(message)).await.unwrap_or_else(|_| {
            let message = format!("no head of a response came within {} s", bound.as_secs_f32());
            Err(TransportFailure::new(TransportFailureKind::TimedOut, message))
        })
    }

    fn message(
        &mut self,
        request: &HttpRequest,
        headers: HeaderMap,
    ) -> Result<http::Request<Body>, TransportFailure> {
        let body = self.body(request)?;
        let replay = match &self.body {
            RequestBody::Bytes(bytes) if !body.is_end_stream() => Some(Replay(bytes.clone())),
            RequestBody::Bytes(_) | RequestBody::None | RequestBody::Stream(_) => None,
        };
        let mut message = http::Request::new(body);
        if let Some(replay) = replay {
            message.extensions_mut().insert(replay);
        }
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = uri(&request.url)?;
        *message.headers_mut() = headers;
        Ok(message)
    }

    fn body(&mut self, request: &HttpRequest) -> Result<Body, TransportFailure> {
        if !request.has_body || request.purpose == Purpose::Preflight {
            return Ok(empty());
        }
        match &mut self.body {
            RequestBody::None => Ok(empty()),
            RequestBody::Bytes(bytes) => Ok(match &self.on_sent {
                Some(tell) => told(bytes.clone(), tell.clone()),
                None => whole(bytes.clone()),
            }),
            RequestBody::Stream(body) => body.take().ok_or_else(|| {
                let message = "the request's body is a stream, and was sent already";
                TransportFailure::new(TransportFailureKind::Aborted, message)
            }),
        }
    }
}

/// The URL as it goes out: without fragment, user name and password.
fn uri(url: &Url) -> Result<Uri, TransportFailure> {
    let has_userinfo = !url.username().is_empty() || url.password().is_some();
    let parsed = if has_userinfo {
        let mut bare = url.clone();
        // HTTP URLs have a host, so that neither can fail.
        let _ = bare.set_username("").and_then(|()| bare.set_password(None));
        Uri::try_from(bare.as_str())
    } else {
        Uri::try_from(url.as_str())
    };
    parsed.map_err(|error| {
        // The URL may be long, and may tell a password.
        let host = url.host_str().unwrap_or_default();
        let message = format!("the URL at {host} can't be written in a request: {error}");
        TransportFailure::new(TransportFailureKind::Malformed, message)
    })
}
