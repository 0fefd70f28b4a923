//! The loop: what to send, what came back, and what comes of it.

use std::time::Duration;

use http::{Method, StatusCode};
use url::Url;

use super::cors_check::{CorsCheckError, cors_check_for};
use super::cors_preflight_cache::CorsPreflightCache;
use super::cors_preflight_fetch::cors_preflight_response;
use super::cross_origin_resource_policy::EmbedderPolicyValue;
use super::http_fetch::{Demand, check_response, lacks_permission};
use super::http_network_or_cache_fetch::{
    HttpRequest, Purpose, actual_request, includes_credentials, preflight_request,
};
use super::http_redirect_fetch::{
    check_manual_redirect, http_redirect_fetch, includes_url_credentials, is_redirect_status,
};
use super::main_fetch::main_fetch;
use super::mime_type_blocking::{check_data_url, check_mime_type};
use super::reason::NetworkErrorReason;
use super::response::{FilteredResponse, ResponseHead, ResponseType, without_empty_lines};
use super::script_request::{check_script_request, settle_script_request};
use super::trace::{Event, Section, StepNumber, Trace, TraceStep};
use crate::infrastructure::request::{
    BodyKind, CredentialsMode, Mode, RedirectMode, Request, ResponseTainting,
};
use crate::profiles::{Behavior, Profile};

/// What outlives one fetch, and the time.
#[derive(Debug)]
pub struct Context<'a> {
    /// What preflights have permitted so far.
    pub cache: &'a mut CorsPreflightCache,
    /// The time on a clock that only goes forward, from any start.
    pub now: Duration,
}

/// The longest body of a request that may outlive its page. The standard counts all such requests of a page
/// that are under way; one machine knows of its own alone.
/// [Source](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch), step 8.10.
pub const MAX_KEEPALIVE_BYTES: u64 = 64 * 1024;

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Send this, and tell [`Machine::response`] what came back, or [`Machine::transport_failed`].
    Send(Box<HttpRequest>),
    /// Read the URL itself, which is a `data:` URL; script sees all of it. The fetch is over.
    ReadDataUrl(Url),
    /// The last response is the one that was asked for; this is what script may see. The fetch is over.
    Response(FilteredResponse),
    /// Script sees a failure and never its reason. The fetch is over.
    NetworkError(NetworkErrorReason),
}

/// One fetch. It holds no body and no response. `T` keeps the steps taken: `()`, which keeps none, or
/// `Vec<TraceStep>`.
///
/// ```
/// use crossorigin::fetching::{Context, CorsPreflightCache, Machine, ResponseHead, Step};
/// use crossorigin::infrastructure::request::{Mode, Request};
/// use crossorigin::profiles::Profile;
/// use http::{HeaderMap, HeaderValue, StatusCode};
/// use std::time::Duration;
///
/// let mut request = Request::new("https://app.example".parse()?, "https://api.example/items".parse()?);
/// request.mode = Mode::Cors;
/// let (mut cache, now) = (CorsPreflightCache::default(), Duration::ZERO);
/// let mut context = Context { cache: &mut cache, now };
/// let mut machine = Machine::new(request, Default::default(), Profile::Standard);
/// let Step::Send(sent) = machine.start(&mut context) else { panic!("no preflight is needed") };
/// assert_eq!(sent.headers["origin"], "https://app.example");
///
/// let mut headers = HeaderMap::new();
/// headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
/// let step = machine.response(ResponseHead::new(StatusCode::OK, &headers), &mut context);
/// assert!(matches!(step, Step::Response(response) if response.is_readable()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Machine<T = ()> {
    pub(super) request: Request,
    pub(super) behavior: Behavior,
    pub(super) trace: T,
    /// Whether permission was needed on the way, so that a failure clears the cache.
    pub(super) wanted_permission: bool,
    /// Whether the request needed permission on an earlier hop, for browsers that go on to ask.
    pub(super) needed_permission: bool,
    /// Why the last redirect was none to follow, for browsers that find out when its target has been asked for permission.
    refused_redirect: Option<CorsCheckError>,
    embedder_policy: EmbedderPolicyValue,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Preflight,
    Actual,
    Over,
}

impl Machine {
    /// A fetch by a page with this embedder policy, as this browser does it. Headers that only user agents set
    /// are taken out.
    pub fn new(request: Request, embedder_policy: EmbedderPolicyValue, profile: Profile) -> Self {
        Self::with(request, embedder_policy, profile.behavior())
    }
}

impl Machine<Vec<TraceStep>> {
    /// As [`new`](Machine::new), and every step is kept.
    pub fn traced(request: Request, embedder_policy: EmbedderPolicyValue, profile: Profile) -> Self {
        Self::with(request, embedder_policy, profile.behavior())
    }
}

impl<T: Trace + Default> Machine<T> {
    /// As [`new`](Machine::new), with a behaviour of its own making and any trace.
    pub fn with(mut request: Request, embedder_policy: EmbedderPolicyValue, behavior: Behavior) -> Self {
        let mut trace = T::default();
        // DEVIATION: webkit-no-credentialless.
        let embedder_policy = match embedder_policy {
            EmbedderPolicyValue::Credentialless if !behavior.knows_credentialless_pages => {
                EmbedderPolicyValue::UnsafeNone
            }
            known => known,
        };
        settle_script_request(&mut request, &mut trace);
        Self {
            request,
            behavior,
            trace,
            wanted_permission: false,
            needed_permission: false,
            refused_redirect: None,
            embedder_policy,
            state: State::Ready,
        }
    }
}

impl<T: Trace> Machine<T> {
    /// The steps taken so far.
    pub fn trace(&self) -> &T {
        &self.trace
    }

    /// The steps taken.
    pub fn into_trace(self) -> T {
        self.trace
    }

    /// The request as it stands: its current URL, method and redirects.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Begins. A machine that has begun already fails.
    pub fn start(&mut self, context: &mut Context<'_>) -> Step {
        match self.state {
            State::Ready => match check_script_request(&self.request) {
                Ok(()) => main_fetch(self, context),
                Err(reason) => self.fail(reason, context),
            },
            State::Preflight | State::Actual | State::Over => {
                self.fail(NetworkErrorReason::UnexpectedResponse, context)
            }
        }
    }

    /// Goes on with the response to what was sent last.
    pub fn response(&mut self, response: ResponseHead<'_>, context: &mut Context<'_>) -> Step {
        // DEVIATION: firefox-empty-header-lines.
        let with_fewer_lines = if self.behavior.empty_lines_count_for_nothing {
            without_empty_lines(response.headers)
        } else {
            None
        };
        let response = match &with_fewer_lines {
            Some(headers) => ResponseHead { headers, ..response },
            None => response,
        };
        match self.state {
            State::Preflight | State::Actual
                if response.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED =>
            {
                self.received(response);
                self.fail(NetworkErrorReason::ProxyAuthentication, context)
            }
            State::Preflight => {
                self.received(response);
                match cors_preflight_response(
                    &self.request,
                    response,
                    &self.behavior,
                    context,
                    &mut self.trace,
                ) {
                    Ok(()) => self.send_actual(context),
                    Err(reason) => self.fail(reason, context),
                }
            }
            State::Actual => {
                self.received(response);
                self.actual_response(response, context)
            }
            State::Ready | State::Over => self.fail(NetworkErrorReason::UnexpectedResponse, context),
        }
    }

    /// Goes on without a response to what was sent last: the connection failed, or was aborted.
    pub fn transport_failed(&mut self, context: &mut Context<'_>) -> Step {
        self.fail(NetworkErrorReason::Transport, context)
    }

    pub(super) fn http_fetch(&mut self, demand: Demand, context: &mut Context<'_>) -> Step {
        if demand != Demand::None
            && lacks_permission(
                &self.request,
                demand,
                &self.behavior,
                context.cache,
                context.now,
                &mut self.trace,
            )
        {
            self.state = State::Preflight;
            self.trace.step(StepNumber::new(Section::CorsPreflightFetch, "6"), || Event::Sent {
                purpose: Purpose::Preflight,
                includes_credentials: false,
            });
            return Step::Send(Box::new(preflight_request(&self.request, &self.behavior)));
        }
        self.send_actual(context)
    }

    pub(super) fn read_data_url(&mut self, url: Url, context: &mut Context<'_>) -> Step {
        // Of main fetch's last steps only these can stop what has no status and no other header.
        let no_hash = self.request.has_integrity_metadata && self.request.method == Method::HEAD;
        let checked = check_data_url(self.request.destination, &url).and(if no_hash {
            Err(NetworkErrorReason::Integrity)
        } else {
            Ok(())
        });
        if let Err(reason) = checked {
            return self.fail(reason, context);
        }
        self.over();
        Step::ReadDataUrl(url)
    }

    pub(super) fn fail(&mut self, reason: NetworkErrorReason, context: &mut Context<'_>) -> Step {
        self.trace.step(reason.step(), || Event::Failed(reason.clone()));
        // DEVIATION: chromium-failure-keeps-cache, webkit-failure-keeps-cache.
        // DEVIATION: webkit-failed-preflight-is-kept.
        let keeps = self.state == State::Preflight && self.behavior.failed_preflight_is_kept;
        if self.over() && self.behavior.failure_clears_cache && !keeps {
            // The request's current URL counts, which redirects may have changed.
            context.cache.clear_cache_entries(&self.request);
            self.trace.step(StepNumber::new(Section::MainFetch, "12"), || Event::CacheCleared);
        }
        Step::NetworkError(reason)
    }

    /// Ends the fetch, and says whether a failure would have cleared the cache until now.
    fn over(&mut self) -> bool {
        self.state = State::Over;
        std::mem::take(&mut self.wanted_permission)
    }

    fn began_at_home(&self) -> bool {
        self.request.url_list().next().is_some_and(|url| self.request.origin.same_origin_with_url(url))
    }

    fn send_actual(&mut self, context: &mut Context<'_>) -> Step {
        let is_long = self.request.body_bytes.is_some_and(|bytes| bytes > MAX_KEEPALIVE_BYTES);
        if self.request.keepalive && self.request.body != BodyKind::None && is_long {
            return self.fail(NetworkErrorReason::KeepaliveBody, context);
        }
        // DEVIATION: webkit-redirect-check-with-credentials.
        if let Some(error) = self.refused_redirect.take() {
            return self.fail(NetworkErrorReason::CorsCheck(error), context);
        }
        // DEVIATION: webkit-own-redirects.
        if self.is_trusted_no_more() {
            return self.fail(NetworkErrorReason::RedirectContainsCredentials, context);
        }
        self.state = State::Actual;
        let sent = actual_request(&self.request, self.embedder_policy, &self.behavior);
        self.trace.step(StepNumber::new(Section::HttpFetch, "4.3"), || Event::Sent {
            purpose: Purpose::Actual,
            includes_credentials: sent.includes_credentials,
        });
        Step::Send(Box::new(sent))
    }

    /// Whether a redirect that might lead to a user name is none any more: it is asked anew after a preflight, or
    /// after an earlier one that made a GET of it.
    fn is_trusted_no_more(&self) -> bool {
        let request = &self.request;
        let became_get = request.became_get_at.is_some_and(|at| at < request.redirect_count());
        let is_asked_anew =
            self.wanted_permission || (became_get && request.response_tainting == ResponseTainting::Cors);
        self.behavior.own_redirects_may_contain_credentials
            && is_asked_anew
            && request.redirect_count() > 0
            && includes_url_credentials(request.current_url())
    }

    fn received(&mut self, response: ResponseHead<'_>) {
        let step = StepNumber::new(Section::HttpNetworkFetch, "8.5");
        self.trace.step(step, || Event::Received(response.status));
    }

    fn actual_response(&mut self, response: ResponseHead<'_>, context: &mut Context<'_>) -> Step {
        let with_credentials = includes_credentials(&self.request, self.embedder_policy, &self.behavior);
        // A password would go along with the body, which is gone.
        if response.status == StatusCode::UNAUTHORIZED
            && self.request.response_tainting != ResponseTainting::Cors
            && with_credentials
            && self.request.body == BodyKind::Stream
        {
            return self.fail(NetworkErrorReason::AuthenticationBody, context);
        }
        let checked_as = self.checked_as(response);
        let checked = check_response(
            &mut self.request,
            response,
            self.embedder_policy,
            with_credentials,
            checked_as,
            &mut self.trace,
        );
        if let Err(reason) = checked {
            return self.fail(reason, context);
        }
        if is_redirect_status(response.status) {
            match self.request.redirect_mode {
                RedirectMode::Error => return self.fail(NetworkErrorReason::RedirectInErrorMode, context),
                // A navigation's own redirect is handed over too; it goes on with a new machine.
                RedirectMode::Manual if self.request.mode != Mode::Navigate => {
                    if let Err(reason) = check_manual_redirect(&self.request, response, &self.behavior) {
                        return self.fail(reason, context);
                    }
                    return self.hand_over(FilteredResponse::opaque_redirect(&self.request), response);
                }
                RedirectMode::Manual => {}
                RedirectMode::Follow => {
                    match http_redirect_fetch(&mut self.request, response, &self.behavior, &mut self.trace) {
                        Ok(true) => return main_fetch(self, context),
                        Ok(false) => {}
                        Err(reason) => return self.fail(reason, context),
                    }
                }
            }
        }
        let filtered = FilteredResponse::new(&self.request, response.headers, &mut self.trace);
        self.hand_over(filtered, response)
    }

    /// The credentials mode that a response is checked against.
    fn checked_as(&mut self, response: ResponseHead<'_>) -> CredentialsMode {
        let request = &self.request;
        // DEVIATION: webkit-redirect-check-with-credentials.
        let as_at_first = self.behavior.redirects_are_checked_as_the_first_request
            && request.credentials_mode == CredentialsMode::SameOrigin
            && is_redirect_status(response.status)
            && self.began_at_home();
        if !as_at_first {
            return request.credentials_mode;
        }
        if !self.wanted_permission {
            return CredentialsMode::Include;
        }
        if request.response_tainting == ResponseTainting::Cors {
            let origin = request.byte_serialize_origin();
            let checked = cors_check_for(&origin, CredentialsMode::Include, response.headers, &mut ());
            self.refused_redirect = checked.err();
        }
        CredentialsMode::SameOrigin
    }

    /// The last steps of main fetch, which look at the whole response whatever script may see of it. A failure
    /// here clears no cache.
    fn hand_over(&mut self, filtered: FilteredResponse, response: ResponseHead<'_>) -> Step {
        self.over();
        let response_type = filtered.response_type();
        self.trace.step(StepNumber::new(Section::MainFetch, "14.2"), || Event::Filtered(response_type));
        match self.check_whole(response_type, response) {
            Ok(()) => Step::Response(filtered),
            Err(reason) => {
                self.trace.step(reason.step(), || Event::Failed(reason.clone()));
                Step::NetworkError(reason)
            }
        }
    }

    fn check_whole(
        &self,
        response_type: ResponseType,
        response: ResponseHead<'_>,
    ) -> Result<(), NetworkErrorReason> {
        // 20. Scripts and stylesheets are not made of what says that it is something else.
        check_mime_type(self.request.destination, response.headers)?;
        let status = response.status.as_u16();
        // 21. A range that was not asked for must not pass for the whole where nobody can see that.
        if response_type == ResponseType::Opaque
            && matches!(status, 206 | 416)
            && response.range_requested
            && !self.request.headers.contains_key(http::header::RANGE)
        {
            return Err(NetworkErrorReason::UnaskedRange);
        }
        // 22, 23. What has no body, or shows none, fits no hash.
        let has_body = matches!(response_type, ResponseType::Basic | ResponseType::Cors)
            && self.request.method != Method::HEAD
            && !matches!(status, 101 | 103 | 204 | 205 | 304);
        if self.request.has_integrity_metadata && !has_body {
            return Err(NetworkErrorReason::Integrity);
        }
        Ok(())
    }
}
