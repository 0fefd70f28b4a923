//! The loop between the algorithm and the transport.

use bytes::Bytes;
use crossorigin::fetching::trace::{Trace, TraceStep};
use crossorigin::fetching::{
    Context, FilteredResponse, HttpRequest, Machine, NetworkErrorReason, ResponseHead, Step,
};
use crossorigin::infrastructure::request::Request;
use crossorigin_verdict::{AnswerHead, Exchange, Outcome, Record, TransportFailure, TransportFailureKind};
use http::header::{CONTENT_TYPE, RANGE};
use http::{HeaderMap, Method};
use url::Url;

use crate::agent::{Agent, Shared};
use crate::fetch_request::{FetchRequest, Parts, RequestBody};
use crate::loaded::Loading;
use crate::response_body::ResponseBody;
use crate::sending::{Sender, Sent};
use crate::settings::Settings;
use crate::{Loaded, NetworkError, Response, Transport, blob_urls, data_url};

/// Keeps what went over the wire, where somebody asks for it.
trait Journal: Default + Send {
    /// Whether it keeps anything.
    const KEEPS: bool;
    type Trace: Trace + Default + Send;
    fn exchange(&mut self, exchange: impl FnOnce() -> Exchange);
}

impl Journal for () {
    const KEEPS: bool = false;
    type Trace = ();
    fn exchange(&mut self, _: impl FnOnce() -> Exchange) {}
}

impl Journal for Vec<Exchange> {
    const KEEPS: bool = true;
    type Trace = Vec<TraceStep>;
    fn exchange(&mut self, exchange: impl FnOnce() -> Exchange) {
        self.push(exchange());
    }
}

/// How a fetch ended.
enum End {
    Response(Box<Response>),
    Blocked(NetworkErrorReason),
    Unreachable(TransportFailure),
}

struct Driven<J: Journal> {
    end: End,
    journal: J,
    trace: J::Trace,
}

/// Fetches, and keeps nothing but what script sees.
pub(crate) async fn fetch<T: Transport>(
    agent: &mut Agent<T>,
    settings: Settings<'_>,
    request: FetchRequest,
) -> Result<Response, NetworkError> {
    let parts = parts(settings, request);
    match drive::<T, ()>(agent, settings, parts).await.end {
        End::Response(response) => Ok(*response),
        End::Blocked(_) | End::Unreachable(_) => Err(NetworkError(())),
    }
}

/// Fetches, and keeps everything.
pub(crate) async fn fetch_recorded<T: Transport>(
    agent: &mut Agent<T>,
    settings: Settings<'_>,
    request: FetchRequest,
) -> (Result<Response, NetworkError>, Record) {
    let (response, mut record) = begin(agent, settings, request).await;
    let Some(mut response) = response else { return (Err(NetworkError(())), record) };
    // What script can't see can't fail for it either, and is not read.
    if response.filtered.is_readable()
        && !is_event_stream(&response.headers)
        && let Err(failure) = response.body.read_to_end().await
    {
        record.outcome = Outcome::Unreachable(failure);
        return (Err(NetworkError(())), record);
    }
    (Ok(response), record)
}

/// Fetches as far as the head, and keeps everything.
async fn begin<T: Transport>(
    agent: &mut Agent<T>,
    settings: Settings<'_>,
    request: FetchRequest,
) -> (Option<Response>, Record) {
    let parts = parts(settings, request);
    let (initiator, request) = (parts.initiator, parts.request.clone());
    let body = match &parts.body {
        RequestBody::Bytes(bytes) => Some(bytes.clone()),
        RequestBody::None | RequestBody::Stream(_) => None,
    };
    let driven = drive::<T, Vec<Exchange>>(agent, settings, parts).await;
    let (response, outcome) = match driven.end {
        End::Response(response) => {
            let filtered: FilteredResponse = response.filtered.clone();
            let outcome =
                if filtered.is_readable() { Outcome::Shared(filtered) } else { Outcome::Opaque(filtered) };
            (Some(*response), outcome)
        }
        End::Blocked(reason) => (None, Outcome::Blocked(reason)),
        End::Unreachable(failure) => (None, Outcome::Unreachable(failure)),
    };
    let record = Record {
        profile: settings.profile,
        initiator,
        request,
        body,
        embedder_policy: settings.embedder_policy,
        steps: driven.trace,
        exchanges: driven.journal,
        outcome,
    };
    (response, record)
}

/// Fetches for the user agent itself, and keeps everything; the body is still to come, whoever may look into it.
pub(crate) async fn load<T: Transport>(
    agent: &mut Agent<T>,
    settings: Settings<'_>,
    request: FetchRequest,
) -> (Option<Loading>, Record) {
    let (response, record) = begin(agent, settings, request).await;
    let loading = response.map(|mut response| {
        if is_event_stream(&response.headers) {
            // Such a stream may say nothing for as long as nothing happens.
            response.body.never_idle();
        }
        let headers = response.headers().map(|(name, value)| (name.clone(), value.clone())).collect();
        let head = Loaded {
            response_type: response.response_type(),
            url: response.url,
            redirected: response.redirected,
            status: response.status,
            status_text: response.status_text,
            content_type: response.headers.get(CONTENT_TYPE).cloned(),
            visible_headers: headers,
            body: Bytes::new(),
        };
        Loading { head, body: response.body }
    });
    (loading, record)
}

fn parts(settings: Settings<'_>, request: FetchRequest) -> Parts {
    let mut parts =
        request.into_parts(settings.origin.clone(), settings.referrer_policy, &settings.profile.behavior());
    parts.request.network_partition_key = Some(settings.site.clone());
    parts.request.host_permissions = settings.host_permissions.to_vec();
    parts
}

async fn drive<T: Transport, J: Journal>(
    agent: &mut Agent<T>,
    settings: Settings<'_>,
    parts: Parts,
) -> Driven<J> {
    let (mut journal, mut trace) = (J::default(), J::Trace::default());
    if let Some(refused) = parts.refused {
        return Driven { end: End::Unreachable(refused), journal, trace };
    }
    if let Some(url) = blob_url(&parts.request) {
        return Driven { end: read_blob_url(url, &parts.request, settings), journal, trace };
    }
    let Agent { transport, shared } = agent;
    let mut machine =
        Machine::<J::Trace>::with(parts.request, settings.embedder_policy, settings.profile.behavior());
    let mut sender = Sender::new(transport, shared, settings, parts.initiator, parts.body, parts.cache)
        .telling(parts.on_sent);
    let mut step = with_context(shared, |context| machine.start(context));
    let end = loop {
        let request = match step {
            Step::Send(request) => *request,
            Step::ReadDataUrl(url) => break read_data_url(&url, &machine.request().method),
            Step::Response(_) => break End::Blocked(NetworkErrorReason::UnexpectedResponse),
            Step::NetworkError(reason) => break End::Blocked(reason),
        };
        let asked_for_range = request.headers.contains_key(RANGE);
        let Sent { headers: sent_headers, answer } = sender.send(&request, machine.request(), J::KEEPS).await;
        let response = match answer {
            Ok(response) => response,
            Err(failure) => {
                journal.exchange(|| exchange(request, sent_headers, Err(failure.clone())));
                with_context(shared, |context| machine.transport_failed(context));
                break End::Unreachable(failure);
            }
        };
        let (head, body) = response.into_parts();
        let mut seen = ResponseHead::new(head.status, &head.headers);
        seen.range_requested = asked_for_range;
        step = with_context(shared, |context| machine.response(seen, context));
        journal.exchange(|| {
            let answer =
                AnswerHead { version: head.version, status: head.status, headers: head.headers.clone() };
            exchange(request, sent_headers, Ok(answer))
        });
        if let Step::Response(filtered) = step {
            let asked = machine.request();
            let mut url = asked.current_url().clone();
            url.set_fragment(None);
            break End::Response(Box::new(Response {
                filtered,
                url,
                redirected: asked.redirect_count() > 0,
                status: head.status,
                status_text: status_text(&head),
                body: ResponseBody::new(body, &head.headers, &shared.limits),
                headers: head.headers,
            }));
        }
    };
    trace = machine.into_trace();
    Driven { end, journal, trace }
}

fn with_context<R>(shared: &Shared, go_on: impl FnOnce(&mut Context<'_>) -> R) -> R {
    let now = shared.now();
    go_on(&mut Context { cache: &mut shared.preflight_cache(), now })
}

fn exchange(
    request: HttpRequest,
    sent_headers: HeaderMap,
    answer: Result<AnswerHead, TransportFailure>,
) -> Exchange {
    Exchange { request, sent_headers, answer }
}

fn read_data_url(url: &Url, method: &Method) -> End {
    match data_url::read(url, method) {
        Some(response) => End::Response(Box::new(response)),
        None => {
            let message = "the data: URL is malformed; it needs a comma, and valid base64 where it says so";
            End::Unreachable(TransportFailure::new(TransportFailureKind::Malformed, message))
        }
    }
}

/// A blob: URL, where one is asked for: nothing goes over the network, and no redirect leads to one.
fn blob_url(request: &Request) -> Option<&Url> {
    Some(request.current_url()).filter(|url| url.scheme() == "blob")
}

/// [Source](https://fetch.spec.whatwg.org/#scheme-fetch).
fn read_blob_url(url: &Url, request: &Request, settings: Settings<'_>) -> End {
    match blob_urls::read(settings.blob_urls, url, request, settings.origin) {
        Some(response) => End::Response(Box::new(response)),
        None => End::Blocked(NetworkErrorReason::BlobUrl),
    }
}

/// What the status line says of the status; HTTP/2 has no words for it.
fn status_text(head: &http::response::Parts) -> String {
    #[cfg(feature = "network")]
    if let Some(reason) = head.extensions.get::<hyper::ext::ReasonPhrase>() {
        return reason.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    }
    let is_said = head.version < http::Version::HTTP_2;
    head.status.canonical_reason().filter(|_| is_said).unwrap_or_default().to_owned()
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    content_type.is_some_and(|value| value.starts_with(b"text/event-stream"))
}
