//! The API behind the gateway. It knows sessions, notes, uploads and events; of CORS it knows nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, hash_map::RandomState};
use std::convert::Infallible;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, HeaderName, HeaderValue, SET_COOKIE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use serde_json::json;

use super::photos::Large;
use super::server::{Body, json, said, typed, whole};

/// Bytes of a note.
const NOTE_BYTES: usize = 16 * 1024;
/// Notes that are kept.
const NOTES: usize = 100;
/// Events of one connection; then the stream ends, and the browser asks for what follows.
const EVENTS: u64 = 3;
/// Between two events.
const EVENT_PAUSE: Duration = Duration::from_millis(350);
/// Bytes of an upload that are read in a second, so that its progress can be seen on a loopback interface.
const UPLOAD_RATE: f64 = 16.0 * 1024.0 * 1024.0;

const COOKIE_NAME: &str = "crossorigin_demo";

pub(super) struct Api {
    photos: Rc<Large>,
    session: String,
    csrf_token: String,
    notes: RefCell<BTreeMap<String, Note>>,
}

struct Note {
    text: Bytes,
    revision: u64,
}

impl Api {
    pub(super) fn new(photos: Rc<Large>) -> Self {
        Self { photos, session: secret(), csrf_token: secret(), notes: RefCell::default() }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let visitor = self.knows(request.headers());
        let Some(resource) = path.strip_prefix("/api/") else {
            return said(StatusCode::NOT_FOUND, "The API is at /api/.\n");
        };
        match (request.method(), resource) {
            (&Method::POST, "session") => self.sign_in(),
            (&Method::DELETE, "session") => sign_out(),
            (&Method::GET, "private.png") if visitor => {
                private(typed("image/png", self.photos.portrait.clone()))
            }
            (&Method::GET, "events") => events(request.headers(), visitor),
            (&Method::POST, "upload") => upload(request.into_body()).await,
            (_, "private.png") => unknown_visitor(),
            (method, resource) => match (method, resource.strip_prefix("notes/")) {
                (_, None | Some("")) => said(StatusCode::NOT_FOUND, "The API has nothing here.\n"),
                (&Method::GET, Some(id)) => self.note(id),
                (&Method::PUT | &Method::DELETE | &Method::PATCH, Some(_)) if !visitor => unknown_visitor(),
                (&Method::PUT, Some(id)) => self.put_note(id.to_owned(), request).await,
                (&Method::DELETE, Some(id)) => self.delete_note(id),
                (&Method::PATCH, Some(_)) => said(StatusCode::OK, "Patched.\n"),
                _ => said(StatusCode::METHOD_NOT_ALLOWED, "Notes take GET, PUT, PATCH and DELETE.\n"),
            },
        }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let session = format!("{COOKIE_NAME}={}", self.session);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .any(|cookie| cookie.trim() == session)
    }

    fn sign_in(&self) -> Response<Body> {
        let mut response = json(&json!({ "csrf": self.csrf_token }));
        let cookie = format!("{COOKIE_NAME}={}; Path=/api/; HttpOnly; SameSite=Lax", self.session);
        set(&mut response, SET_COOKIE, &cookie);
        response
    }

    fn note(&self, id: &str) -> Response<Body> {
        match self.notes.borrow().get(id) {
            Some(note) => tagged(typed("application/json", note.text.clone()), note.revision),
            None => said(StatusCode::NOT_FOUND, "There is no such note.\n"),
        }
    }

    async fn put_note(&self, id: String, request: Request<Incoming>) -> Response<Body> {
        let token = request.headers().get("x-csrf-token").map(HeaderValue::as_bytes);
        if token != Some(self.csrf_token.as_bytes()) {
            return said(StatusCode::FORBIDDEN, "X-CSRF-Token is missing or old; sign in again.\n");
        }
        let Ok(text) = Limited::new(request.into_body(), NOTE_BYTES).collect().await else {
            return said(StatusCode::PAYLOAD_TOO_LARGE, format!("A note has at most {NOTE_BYTES} bytes.\n"));
        };
        let mut notes = self.notes.borrow_mut();
        if notes.len() >= NOTES && !notes.contains_key(&id) {
            return said(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("There are {NOTES} notes already; delete one.\n"),
            );
        }
        let revision = notes.get(&id).map_or(1, |note| note.revision + 1);
        notes.insert(id, Note { text: text.to_bytes(), revision });
        tagged(json(&json!({ "saved": true })), revision)
    }

    fn delete_note(&self, id: &str) -> Response<Body> {
        match self.notes.borrow_mut().remove(id) {
            Some(_) => {
                let mut response = Response::new(whole(""));
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            None => said(StatusCode::NOT_FOUND, "There is no such note.\n"),
        }
    }
}

fn sign_out() -> Response<Body> {
    let mut response = json(&json!({}));
    set(&mut response, SET_COOKIE, &format!("{COOKIE_NAME}=; Path=/api/; Max-Age=0"));
    response
}

fn unknown_visitor() -> Response<Body> {
    said(StatusCode::UNAUTHORIZED, "The cookie of a visitor is missing: POST /api/session first.\n")
}

fn tagged(mut response: Response<Body>, revision: u64) -> Response<Body> {
    set(&mut response, ETAG, &format!("\"{revision}\""));
    set(&mut response, HeaderName::from_static("x-revision"), &revision.to_string());
    response
}

fn private(mut response: Response<Body>) -> Response<Body> {
    set(&mut response, CACHE_CONTROL, "private, no-store");
    response
}

/// Reads an upload, slowly, and says how long it was.
async fn upload(mut body: Incoming) -> Response<Body> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return said(StatusCode::BAD_REQUEST, "The upload broke off.\n") };
        let length = frame.data_ref().map_or(0, Bytes::len);
        bytes += length;
        tokio::time::sleep(Duration::from_secs_f64(length as f64 / UPLOAD_RATE)).await;
    }
    json(&json!({ "bytes": bytes }))
}

/// Server-sent events that go on from `Last-Event-ID`.
fn events(headers: &HeaderMap, visitor: bool) -> Response<Body> {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
    let first = seen.saturating_add(1);
    let pieces = stream::unfold(first, move |id| async move {
        if id - first == EVENTS {
            return None;
        }
        tokio::time::sleep(EVENT_PAUSE).await;
        let retry = if id == first { "retry: 300\n" } else { "" };
        let event = format!("{retry}id: {id}\nevent: tick\ndata: {{\"id\":{id},\"visitor\":{visitor}}}\n\n");
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(event))), id.checked_add(1)?))
    });
    let mut response = Response::new(StreamBody::new(pieces).map_err(|never| match never {}).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    let value = HeaderValue::try_from(value).expect("the demo's own values are visible ASCII");
    response.headers_mut().insert(name, value);
}

/// Sixteen hexadecimal digits that nobody can guess, from the standard library's randomly keyed hasher.
fn secret() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
