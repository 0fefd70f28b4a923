//! The admin listener: a thread of its own, which reads what the workers count.

mod metrics_text;
mod pages;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};

use crate::running::Shared;

/// Connections at once; more are closed as soon as they are accepted.
const MOST_CONNECTIONS: usize = 64;
/// How long a connection may wait for a request, or take to send its head.
const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// How long a connection may live in all.
const CLOSED_AFTER: Duration = Duration::from_secs(600);
/// How long to wait until accepting is tried again when it failed.
const PAUSE: Duration = Duration::from_millis(50);

const FRAME_OPTIONS: HeaderName = http::header::X_FRAME_OPTIONS;
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// An admin listener that is open.
#[derive(Debug)]
pub(crate) struct Admin {
    /// The address that the site asks for.
    pub(crate) asked: SocketAddr,
    /// The address with the port that was found where the site asks for port 0.
    pub(crate) address: SocketAddr,
    /// To be handed over.
    pub(crate) socket: std::net::TcpListener,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Admin {
    /// Serves on a socket from now on.
    pub(crate) fn start(
        asked: SocketAddr,
        socket: std::net::TcpListener,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let own = socket.try_clone()?;
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("admin".to_owned()).spawn(move || {
            runtime.block_on(serve(own, shared, stopped));
        })?;
        Ok(Self { asked, address, socket, stop, thread: Some(thread) })
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

async fn serve(socket: std::net::TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let socket = match tokio::net::TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => return tracing::error!(%error, "can't accept connections on the admin listener"),
    };
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|&stopped| stopped) => return,
            accepted = socket.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        if let Ok(place) = room.clone().try_acquire_owned() {
            let shared = shared.clone();
            tokio::spawn(async move {
                // Whoever takes longer has had time enough.
                let _ = tokio::time::timeout(CLOSED_AFTER, connection(stream, shared)).await;
                drop(place);
            });
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let response = answer(&request, &shared);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the admin listener broke off");
    }
}

fn answer(request: &Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    const PLAIN: &str = "text/plain; charset=utf-8";
    let is_public = shared.site.load().admin.as_ref().is_some_and(|admin| admin.is_public);
    if !is_public && !is_for_this_machine(request.headers()) {
        let text = "This listener is for this machine: ask for it by an IP address or as localhost. A name could be \
                    another site's, whose pages would read what is here.\n";
        return response(StatusCode::MISDIRECTED_REQUEST, PLAIN, text);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused =
            response(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "there is only something to read here\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/metrics" => response(StatusCode::OK, metrics_text::MEDIA_TYPE, metrics_text::render(shared)),
        "/healthz" => response(StatusCode::OK, PLAIN, "ok\n"),
        "/readyz" if *shared.ending.borrow() => {
            response(StatusCode::SERVICE_UNAVAILABLE, PLAIN, "draining\n")
        }
        "/readyz" => response(StatusCode::OK, PLAIN, "ready\n"),
        "/policies" => response(StatusCode::OK, "application/json", pages::policies(shared)),
        "/" | "/refused" => {
            let mut page = response(StatusCode::OK, "text/html; charset=utf-8", pages::refused(shared));
            page.headers_mut().insert(
                http::header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                     frame-ancestors 'none'",
                ),
            );
            page
        }
        _ => {
            let text = "here are /metrics, /healthz, /readyz, /policies and /refused\n";
            response(StatusCode::NOT_FOUND, PLAIN, text)
        }
    }
}

/// Whether `Host` names this machine by what no page of another site can take for its own name.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(HOST).iter();
    let (Some(host), None) = (lines.next(), lines.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && !name.ends_with(':') => name,
        _ => host,
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

fn response(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (FRAME_OPTIONS, "DENY"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
