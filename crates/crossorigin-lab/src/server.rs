//! The servers of a run: the page, its batches of cases, and the scripted responses.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crossorigin::profiles::Profile;

use crate::attempt::Attempt;
use crate::authority::Authority;
use crate::case::Realm;
use crate::observed::{Seen, Sent};
use crate::page;
use crate::places::Places;
use crate::run::Run;

/// The largest report of a page, in bytes.
const MAX_REPORT_BYTES: usize = 16 << 20;

/// Starts the servers of a run on free ports of the loopback interface, or the page on a given one. They go when the
/// runtime does. One host speaks https where there is an authority that the browser is told of.
///
/// # Errors
/// No port can be had.
pub async fn start(
    port: u16,
    seed: u64,
    numbers: Vec<u64>,
    profile: Option<Profile>,
    authority: Option<&Authority>,
) -> anyhow::Result<Arc<Run>> {
    let bind = async |port: u16| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        TcpListener::bind(address).await.with_context(|| format!("the lab can't listen on {address}"))
    };
    let (own, other) = (bind(port).await?, bind(0).await?);
    let secure = match authority {
        Some(authority) => Some((bind(0).await?, authority.acceptor.clone())),
        None => None,
    };
    let places = Places {
        own: own.local_addr()?.port(),
        other: other.local_addr()?.port(),
        secure: secure.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?.map(|at| at.port()),
    };
    let run = Arc::new(Run::new(places, seed, numbers, profile));
    for listener in [own, other] {
        tokio::spawn(accept(listener, None, Arc::clone(&run)));
    }
    if let Some((listener, acceptor)) = secure {
        tokio::spawn(accept(listener, Some(acceptor), Arc::clone(&run)));
    }
    Ok(run)
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, run: Arc<Run>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (run, acceptor) = (Arc::clone(&run), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => serve(stream, run).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, run).await;
                    }
                }
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, run: Arc<Run>) {
    let service = service_fn(move |request| {
        let run = Arc::clone(&run);
        async move { Ok::<_, Infallible>(respond(&run, request).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).auto_date_header(false);
    // A browser that goes away is no matter.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(run: &Run, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(""), None, None, None) => visit(run, &request),
        (Some("cookie"), realm, None, None) => set_cookie(run, realm, &request),
        (Some("frame"), None, None, None) => text("text/html; charset=utf-8", page::frame(&run.places)),
        (Some("batch"), Some(visit), None, None) => batch(run, visit),
        (Some("replay"), Some(number), None, None) => match number.parse() {
            Ok(number) => text("application/json", run.replay(number).to_string()),
            Err(_) => status(StatusCode::NOT_FOUND),
        },
        (Some("report"), None, None, None) => report(run, request).await,
        (Some("settled"), Some(name), Some(number), None) => match (name.parse(), number.parse()) {
            (Ok(attempt), Ok(number)) => {
                run.settled(attempt, number).await;
                for_anybody(text("text/plain", "settled"))
            }
            _ => status(StatusCode::NOT_FOUND),
        },
        (Some("case"), Some(name), Some(number), Some(hop)) => {
            match (name.parse(), number.parse(), hop.parse()) {
                (Ok(attempt), Ok(number), Ok(hop)) => scripted(run, attempt, number, hop, request).await,
                _ => status(StatusCode::NOT_FOUND),
            }
        }
        (Some(name), None, None, None) => match page::file(name) {
            // Frames of opaque origins load them too.
            Some((content_type, file)) => for_anybody(text(content_type, file)),
            None => status(StatusCode::NOT_FOUND),
        },
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn text(content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    response
}

/// Lets pages of all origins read it.
fn for_anybody(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert("access-control-allow-origin", HeaderValue::from_static("*"));
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// A cookie for a host, set before the cases of a document begin.
fn set_cookie<B>(run: &Run, realm: Option<&str>, request: &Request<B>) -> Response<Full<Bytes>> {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    if let Some(host) = host.filter(|_| request.headers().contains_key(COOKIE)) {
        let realm = Realm::ALL.into_iter().find(|known| Some(known.name()) == realm);
        run.saw_cookie(realm.unwrap_or_default(), host);
    }
    let mut response = text("text/plain", "set");
    let headers = response.headers_mut();
    headers.insert(SET_COOKIE, HeaderValue::from_static("lab=1; Path=/"));
    if let Some(origin) = request.headers().get("origin") {
        headers.insert("access-control-allow-origin", origin.clone());
        headers.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
    }
    response
}

/// The page, for a browser that comes.
fn visit<B>(run: &Run, request: &Request<B>) -> Response<Full<Bytes>> {
    let agent = request.headers().get("user-agent").map(|value| String::from_utf8_lossy(value.as_bytes()));
    let visit = run.visited(&agent.unwrap_or_default());
    text("text/html; charset=utf-8", page::html(&run.places, visit, run.seed))
}

fn batch(run: &Run, visit: &str) -> Response<Full<Bytes>> {
    match visit.parse().ok().and_then(|visit| run.batch(visit)) {
        Some(batch) => text("application/json", batch.to_string()),
        None => status(StatusCode::CONFLICT),
    }
}

/// What a page reports of one case.
#[derive(serde::Deserialize)]
struct Report {
    attempt: String,
    number: u64,
    asks: Vec<Seen>,
}

async fn report(run: &Run, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let body = Limited::new(request.into_body(), MAX_REPORT_BYTES).collect().await;
    let Ok(body) = body else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let Ok(reports) = serde_json::from_slice::<Vec<Report>>(&body.to_bytes()) else {
        return status(StatusCode::BAD_REQUEST);
    };
    let told: Vec<_> = reports
        .into_iter()
        .filter_map(|Report { attempt, number, asks }| run.reported(attempt.parse().ok()?, number, asks))
        .collect();
    text("application/json", serde_json::json!(told).to_string())
}

async fn scripted(
    run: &Run,
    attempt: Attempt,
    number: u64,
    hop: usize,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (case, name) = (run.case(number), attempt.to_string());
    let Some(scripted) = case.hops.get(hop) else { return status(StatusCode::NOT_FOUND) };
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key("access-control-request-method");
    let answer = if is_preflight { &scripted.preflight } else { &scripted.actual };
    let sent = sent(case.realm, hop, request.method(), request.headers());
    let head = request.method() == Method::HEAD;
    run.saw(attempt, number, sent);
    // The whole request is taken in first, or the connection could not be used again.
    let _ = Limited::new(request.into_body(), MAX_REPORT_BYTES).collect().await;
    let body = if is_preflight { Bytes::new() } else { page::body_for(case.asks[0].initiator) };
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Full::new(if head { Bytes::new() } else { body }));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if matches!(answer.status, 204 | 205 | 304) {
        *response.body_mut() = Full::default();
    }
    let this = run.places.url(scripted.host, &name, number, hop);
    let next = case.hops.get(hop + 1).map(|next| run.places.url(next.host, &name, number, hop + 1));
    for (name, value) in &answer.headers {
        let value = run.places.fill(value, &this, next.as_deref());
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    if !is_preflight {
        let content_type = HeaderValue::from_static(page::type_for(case.asks[0].initiator));
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        if !matches!(answer.status, 204 | 205 | 304) {
            response.headers_mut().insert(CONTENT_LENGTH, length);
        }
    }
    response
}

fn sent(realm: Realm, hop: usize, method: &Method, headers: &HeaderMap) -> Sent {
    let text = |name: &str| {
        let lines: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    };
    // A frame of another site than the page around it says Origin where it might have that site's storage, and may
    // say it still where redirects lead: a matter of storage access, not of CORS.
    let of_storage_access = realm.is_opaque()
        && text("sec-fetch-storage-access").is_some()
        && text("sec-fetch-mode").as_deref() == Some("no-cors")
        && matches!(*method, Method::GET | Method::HEAD);
    Sent {
        hop,
        method: method.to_string(),
        origin: text("origin").filter(|_| !of_storage_access),
        request_method: text("access-control-request-method"),
        request_headers: text("access-control-request-headers"),
        authorization: headers.contains_key(AUTHORIZATION),
        cookie: headers.contains_key(COOKIE),
    }
}
