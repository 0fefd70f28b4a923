//! What happens to a request, in order. CORS is outermost: whoever answers, the policy has the last word on the
//! headers.

use std::convert::Infallible;
use std::sync::Arc;

use crossorigin::server::{Decision, Outcome, Policy};
use crossorigin_policy::{Found, Listener, Route, Site, Target, WebSocket};
use http::header::{ALLOW, CONNECTION, ORIGIN};
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, request};
use hyper::body::Incoming;

use crate::body::ResponseBody;
use crate::context::{Admission, Context};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::files;
use crate::request_host;
use crate::telemetry::redact::redacted;
use crate::upstream::proxy;
use crate::upstream::upgrade;
use crate::wire::ledger::Verdict;

/// Answers a request.
pub(crate) async fn answer(
    context: Arc<Context>,
    verdict: Option<Verdict>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    let (parts, body) = request.into_parts();
    let serving = context.local.shared.site.load_full();
    let site: &Site = &serving;
    let mut exchange = Exchange::begin(context.clone(), serving.clone(), &parts);
    let own = context.place.in_site(site);
    let listener = own.unwrap_or(&context.place.listener);

    let (route, refusal) = find(site, listener, &parts, verdict, context.admission);
    let policy = match route {
        Some(route) => {
            exchange.routed(route);
            route.policy.as_ref()
        }
        None => listener.default_policy.as_ref(),
    };
    let decision = policy.map(|(name, policy)| {
        let decision = decide(name, policy, &parts);
        serving.series.decided(route, own, &decision, context.local.number);
        if decision.outcome() == Outcome::Refused {
            let refusals = context.local.shared.refusals.of(context.local.number);
            refusals.keep(name, &decision, request_host::of(&parts), &parts);
        }
        decision
    });
    let is_head = parts.method == Method::HEAD;
    let is_by_connection = parts.version < Version::HTTP_2;
    let refusal = refusal.or_else(|| refused_handshake(route?, decision.as_ref()?, &parts));
    let answered = match (refusal, decision.as_ref().and_then(Decision::response)) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(response)) => Ok(response),
        (None, None) => to_target(&context, &serving.site, route, parts, body).await,
    };
    let (mut response, closes) = match answered {
        Ok(response) => (response, false),
        Err(failure) => {
            exchange.note(&failure.log_text());
            if let Some(error) = failure.upstream {
                exchange.upstream_error(error);
            }
            (failure.response(), failure.closes)
        }
    };
    if let Some(decision) = decision {
        decision.decorate(response.headers_mut());
    }
    if let Some(tunnel) = response.body_mut().take_tunnel() {
        exchange.answered(response.status(), false);
        tunnel.start(context, exchange);
        return Ok(response);
    }
    if is_by_connection && (closes || context.ledger.is_ending()) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let has_no_body = is_head || http_body::Body::is_end_stream(response.body());
    exchange.answered(response.status(), has_no_body);
    Ok(response.map(|body| body.of_exchange(exchange)))
}

/// The route of a request, and why it is refused, if it is.
fn find<'a>(
    site: &'a Site,
    listener: &Listener,
    parts: &request::Parts,
    verdict: Option<Verdict>,
    admission: Admission,
) -> (Option<&'a Route>, Option<Failure>) {
    let refusal = match (verdict, admission) {
        (Some(Verdict::Refused { refusal, is_route_known }), _) => {
            Some((Failure::from(refusal), is_route_known))
        }
        (_, Admission::Overloaded(detail)) => Some((Failure::overloaded(detail), true)),
        (_, Admission::Unencrypted) => Some((Failure::unencrypted(), true)),
        (Some(Verdict::Good), Admission::Admitted) => None,
        (None, Admission::Admitted) => {
            Some((Failure::internal("a request without a verdict of the gate"), true))
        }
    };
    if let Some((failure, false)) = refusal {
        return (None, Some(failure));
    }
    let refusal = refusal.map(|(failure, _)| failure);
    match site.find(listener, request_host::of(parts), parts.uri.path(), &parts.method, &parts.headers) {
        Ok(Found::Route(route)) => (Some(route), refusal),
        Ok(Found::Nothing) => (None, refusal),
        Err(error) => (None, refusal.or(Some(Failure::bad_path(error.reason)))),
    }
}

fn decide(name: &str, policy: &Policy, parts: &request::Parts) -> Decision {
    let decision = policy.decide(parts);
    tracing::debug!(
        target: "crossorigin::decision",
        policy = name,
        method = %parts.method,
        path = parts.uri.path(),
        origin = parts.headers.get(ORIGIN).map(|origin| tracing::field::display(redacted(origin.as_bytes()))),
        preflight = decision.is_preflight(),
        outcome = ?decision.outcome(),
        reason = decision.reason().code(),
    );
    decision
}

/// Why a WebSocket handshake goes no further: its origin is one that the policy refuses.
fn refused_handshake(route: &Route, decision: &Decision, parts: &request::Parts) -> Option<Failure> {
    let is_refused = route.websocket == WebSocket::AllowedOrigins
        && decision.outcome() == Outcome::Refused
        && upgrade::is_handshake(parts);
    is_refused.then(|| Failure::forbidden_handshake(decision.reason().code()))
}

async fn to_target(
    context: &Arc<Context>,
    site: &Arc<Site>,
    route: Option<&Route>,
    parts: request::Parts,
    body: Incoming,
) -> Result<Response<ResponseBody>, Failure> {
    let Some(route) = route else {
        let is_about_the_server = parts.method == Method::OPTIONS && parts.uri.path() == "*";
        return if is_about_the_server { Ok(options()) } else { Err(Failure::not_found()) };
    };
    let most = route.body_bytes.unwrap_or(site.limits.body_bytes);
    if http_body::Body::size_hint(&body).lower() > most {
        return Err(Failure::body_too_large());
    }
    match &route.target {
        Target::Files(_) if parts.method == Method::OPTIONS => Ok(options()),
        Target::Files(folder) => {
            let rest = route.remainder(parts.uri.path());
            files::answer(&context.local.shared.file_cache, folder, rest, &parts, context.place.share()).await
        }
        // Boxed, so that connections that wait, and other requests, have no room for it.
        Target::Upstream(_) => Box::pin(proxy::forward(context, site, route, most, parts, body)).await,
    }
}

/// The answer to an OPTIONS request that is no preflight and that no upstream answers.
fn options() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    response
}
