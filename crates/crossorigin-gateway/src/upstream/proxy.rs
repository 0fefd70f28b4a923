//! Passes a request on to an upstream, and its response back.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crossorigin_policy::{Limits, Route, Site, Target};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRANSFER_ENCODING};
use http::uri::{Parts as UriParts, PathAndQuery};
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, request};
use http_body::Body;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::balance::{Group, Tried};
use super::client_body::{ClientBody, Progress};
use super::connector::Protocol;
use super::forwarded;
use super::hop_by_hop;
use super::informational;
use super::pool::{Cause, Received, Sending, Upstream};
use super::server::Server;
use super::upgrade::{self, Tunnel};
use super::upstream_body::UpstreamBody;
use crate::body::ResponseBody;
use crate::context::Context;
use crate::errors::is_out_of_files;
use crate::failure::Failure;
use crate::request_host;
use crate::telemetry::metrics::UpstreamError;

/// How often an upstream is tried for one request where nothing of it was sent.
const MAX_ATTEMPTS: usize = 3;

/// Passes a request on and gives the upstream's response, whose body streams.
pub(crate) async fn forward(
    context: &Arc<Context>,
    site: &Arc<Site>,
    route: &Route,
    most: u64,
    mut parts: request::Parts,
    body: Incoming,
) -> Result<Response<ResponseBody>, Failure> {
    let limits = &site.limits;
    let groups = context.local.pools.of(site, &context.local.shared.servers);
    let group = groups.get(route.index()).and_then(Option::as_ref);
    let group = group.ok_or_else(|| Failure::internal("a route without its upstreams"))?;
    let has_body = !body.is_end_stream();
    let upgrade = match !has_body && upgrade::is_handshake(&parts) {
        true => parts.extensions.remove::<OnUpgrade>(),
        false => None,
    };
    let waits = has_body && informational::waits_to_be_asked(&parts);
    let hints = informational::takes_hints(&parts).then(|| context.clone());
    prepare(&mut parts, context, route, upgrade.is_some())?;
    let progress = has_body.then(Progress::new);
    let body = match &progress {
        Some(progress) => ClientBody::new(body, most, limits.stall_timeout, progress.clone()),
        None => ClientBody::empty(),
    };
    let sending = Sending {
        connect_timeout: limits.connect_timeout,
        share: context.place.share(),
        may_reuse: true,
        may_upgrade: upgrade.is_some(),
    };
    let request = Request::from_parts(parts, body);
    let progress = progress.as_deref();
    let mut attempts = Attempts { group, limits, progress, sending, waits, hints, tried: Vec::new() };
    let (received, server) = attempts.send(request, has_body).await?;
    receive(received, server, limits, upgrade)
}

/// The upstreams that a request is sent to, one after the other.
struct Attempts<'a> {
    group: &'a Group,
    limits: &'a Limits,
    progress: Option<&'a Progress>,
    sending: Sending,
    /// Whether the client waits to be asked for its body.
    waits: bool,
    /// The client, where it takes early hints.
    hints: Option<Arc<Context>>,
    tried: Tried,
}

impl<'a> Attempts<'a> {
    /// Sends a request, and once more where that is safe and may help.
    async fn send(
        &mut self,
        mut request: Request<ClientBody>,
        has_body: bool,
    ) -> Result<(Received, &'a Arc<Server>), Failure> {
        let (mut attempts, mut may_send_again) = (0, true);
        // One whose kept connection was closed, which is worth a new one when there is no other.
        let mut stale = None;
        loop {
            let Some((number, pool)) = self.group.pick(&self.tried) else {
                return Err(Failure::internal("a route without upstreams"));
            };
            let (server, timeout) = (&pool.server, self.limits.upstream_timeout);
            // A body that was begun is gone; and who is not idempotent would do it twice.
            let again =
                (may_send_again && !has_body && request.method().is_idempotent()).then(|| copy(&request));
            self.listen(server, &mut request);
            let sending = std::pin::pin!(pool.send(request, self.sending));
            let error = match within(sending, self.progress, timeout).await {
                Some(Ok(received)) => {
                    server.health.succeeded(&server.name);
                    return Ok((received, server));
                }
                Some(Err(error)) => error,
                None => {
                    server.health.failed(&server.name);
                    tracing::warn!(upstream = %server.name, ?timeout, "the upstream did not answer in time");
                    let reason = "the server behind the gateway did not answer in time";
                    return Err(Failure::gateway_timeout(UpstreamError::Timeout, reason));
                }
            };
            if let Some(fault) = self.progress.and_then(Progress::fault) {
                return Err(fault.into());
            }
            self.tried.push(number);
            if error.was_reused && error.is_break() {
                // What was kept as long is no better, and the upstream may be well.
                pool.clear();
                stale = Some(number);
                self.sending.may_reuse = false;
            } else if error.is_upstreams_fault() {
                server.health.failed(&server.name);
            }
            attempts += 1;
            if self.tried.len() == self.group.len()
                && let Some(stale) = stale.take()
            {
                self.tried.retain(|&tried| tried != stale);
            }
            let has_next = self.tried.len() < self.group.len();
            let (next, what) = match (error.unsent, again) {
                (Some(unsent), _) if has_next && attempts < MAX_ATTEMPTS => {
                    (*unsent, "nothing of the request was sent; it goes on")
                }
                (None, Some(again)) if has_next => {
                    may_send_again = false;
                    (again, "the request is idempotent; it is sent again")
                }
                _ => return Err(failure(server, &error.cause)),
            };
            tracing::info!(upstream = %server.name, error = %error.cause, "{what}");
            request = next;
        }
    }
}

impl Attempts<'_> {
    /// Makes ready for what the upstream may say before it answers.
    fn listen(&self, server: &Server, request: &mut Request<ClientBody>) {
        let tells = server.address.protocol() == Some(Protocol::Http1);
        let asked = if self.waits && tells { request.body_mut().hold() } else { None };
        if asked.is_some() {
            request.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        }
        if asked.is_some() || self.hints.is_some() {
            informational::listen(request, asked, self.hints.clone());
        }
    }
}

fn copy(request: &Request<ClientBody>) -> Request<ClientBody> {
    let mut copy = Request::new(ClientBody::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// Turns the client's request into the gateway's own.
fn prepare(
    parts: &mut request::Parts,
    context: &Context,
    route: &Route,
    is_handshake: bool,
) -> Result<(), Failure> {
    let host = request_host::of(parts).and_then(|host| HeaderValue::from_str(host).ok());
    hop_by_hop::remove(&mut parts.headers);
    if parts.headers.contains_key(TE) {
        // So that one that does not know it does not pass it on: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.4.
        parts.headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
    // Hyper asks for a body when it is read.
    parts.headers.remove(EXPECT);
    let host_text = host.as_ref().and_then(|host| host.to_str().ok());
    forwarded::set(&mut parts.headers, context.peer, host_text, &context.scheme, parts.version);
    // Clients of HTTP/1.0 need not name one.
    let own_host = || match &route.target {
        Target::Upstream(upstreams) => HeaderValue::from_str(upstreams.first().authority()?.as_str()).ok(),
        Target::Files(_) => None,
    };
    if let Some(host) = host.or_else(own_host) {
        parts.headers.insert(HOST, host);
    }
    if is_handshake {
        upgrade::mark(&mut parts.headers);
    }
    if parts.uri.scheme().is_some() {
        let mut uri = UriParts::default();
        let path = parts.uri.path_and_query().cloned();
        uri.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        parts.uri = Uri::from_parts(uri).map_err(|error| Failure::internal(error.to_string()))?;
    }
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    Ok(())
}

/// Waits for the head of a response; `None` when the upstream has had all there was for it for too long.
async fn within<F: Future>(
    mut sending: Pin<&mut F>,
    progress: Option<&Progress>,
    timeout: Duration,
) -> Option<F::Output> {
    let mut deadline = Instant::now() + timeout;
    loop {
        match tokio::time::timeout_at(deadline, sending.as_mut()).await {
            Ok(output) => return Some(output),
            Err(_) => {
                let progress = progress?;
                let since = progress.waiting_since().unwrap_or_else(Instant::now);
                if since + timeout <= Instant::now() {
                    return None;
                }
                deadline = since + timeout;
            }
        }
    }
}

fn failure(server: &Server, cause: &Cause) -> Failure {
    let detail = cause.to_string();
    let io = cause.io();
    let is_full = io.is_some_and(is_out_of_files);
    let failure = match cause {
        _ if is_full => return Failure::overloaded("the gateway has as many open files as it may have"),
        Cause::Connect(error) if error.is_late() => Failure::gateway_timeout(
            UpstreamError::ConnectTimeout,
            "the server behind the gateway can't be reached in time",
        ),
        Cause::Connect(_) => {
            Failure::bad_gateway(UpstreamError::Unreachable, "the server behind the gateway can't be reached")
        }
        Cause::Exchange(error) if error.is_parse() => Failure::bad_gateway(
            UpstreamError::NotHttp,
            "the server behind the gateway answered with something that is not HTTP",
        ),
        Cause::Exchange(_) => Failure::bad_gateway(
            UpstreamError::BrokeOff,
            "the server behind the gateway broke off before it answered",
        ),
    };
    tracing::warn!(upstream = %server.name, error = detail, "{}", failure.reason);
    failure.with_detail(format!("{}: {detail}", server.name))
}

fn receive(
    received: Received,
    server: &Server,
    limits: &Limits,
    upgrade: Option<OnUpgrade>,
) -> Result<Response<ResponseBody>, Failure> {
    let Received { response, lease } = received;
    let (mut parts, body) = response.into_parts();
    let refuse = |reason: &'static str| {
        tracing::warn!(upstream = %server.name, "{reason}");
        Err(Failure::bad_gateway(UpstreamError::BadFraming, reason))
    };
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        let tunnel = match (upgrade, lease) {
            (Some(client), Some(lease)) if upgrade::names_websocket(&parts.headers) => {
                Tunnel::new(client, lease, limits.websocket_timeout)
            }
            _ => None,
        };
        let Some(tunnel) = tunnel else {
            return refuse("the server behind the gateway switched protocols unasked");
        };
        hop_by_hop::remove(&mut parts.headers);
        upgrade::mark(&mut parts.headers);
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        return Ok(Response::from_parts(parts, ResponseBody::tunnel(tunnel)));
    }
    let mut encodings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(encoding) = encodings.next() {
        if parts.headers.contains_key(CONTENT_LENGTH) {
            return refuse("the server behind the gateway contradicts itself about its answer's length");
        }
        // Hyper takes off nothing but `chunked`, and the client would not learn what else there is.
        if encodings.next().is_some() || !encoding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return refuse("the server behind the gateway answered in an encoding that was not asked for");
        }
    }
    if let Some(length) = parts.headers.remove(CONTENT_LENGTH) {
        // Hyper has refused lines that differ.
        parts.headers.insert(CONTENT_LENGTH, length);
    }
    hop_by_hop::remove(&mut parts.headers);
    let is_event_stream = parts.headers.get(CONTENT_TYPE).is_some_and(|content_type| {
        let essence = content_type.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
    });
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    let timeout = (!is_event_stream).then_some(limits.upstream_timeout);
    let body = UpstreamBody::new(body, lease, timeout);
    Ok(Response::from_parts(parts, ResponseBody::upstream(body)))
}
