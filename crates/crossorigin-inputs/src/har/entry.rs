//! One entry, understood.

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin_verdict::{REDACTED, redacted_header_value, redacted_url};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, COOKIE, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use url::Url;

use super::RecordedAnswer;
use super::format::{self, Header, Log};
use crate::described::{MAX_HEADERS, origin_of_page};
use crate::input_error::InputError;

/// An entry of the file.
pub(super) struct Entry {
    pub(super) index: usize,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) has_body: bool,
    pub(super) answer: RecordedAnswer,
    /// The origin of the page that the file says it belongs to.
    pub(super) page: Option<Origin>,
    pub(super) kind: Kind,
    pub(super) by_service_worker: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A CORS-preflight request.
    Preflight,
    /// A request of a page; `None` where the file doesn't say who began it.
    Request(Option<Initiator>),
    /// What this tool does not look at, and what it is called.
    Other(&'static str),
}

/// All entries; those of schemes that aren't HTTP are of [`Kind::Other`].
pub(super) fn entries(name: &str, log: &Log) -> Result<Vec<Entry>, InputError> {
    let read = |(index, entry)| read(name, log, index, entry);
    log.entries.iter().enumerate().map(read).collect()
}

fn read(name: &str, log: &Log, index: usize, entry: &format::Entry) -> Result<Entry, InputError> {
    let member = |member: &str| format!("log.entries[{index}].{member}");
    let request = &entry.request;
    let url = Url::parse(&request.url).map_err(|error| {
        let message = format!("{:?} is no URL: {error}", super::shown(&request.url));
        InputError::member(
            name,
            member("request.url"),
            message,
            "save the HAR file again, or take the entry out",
        )
    })?;
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| {
        let message = format!("{:?} is no method", super::shown(&request.method));
        InputError::member(
            name,
            member("request.method"),
            message,
            "save the HAR file again, or take the entry out",
        )
    })?;
    let mut sent = headers(&request.headers);
    if !sent.contains_key(COOKIE) && !request.cookies.is_empty() {
        let names = request.cookies.iter().map(|cookie| format!("{}={}", cookie.name, REDACTED));
        if let Ok(value) = HeaderValue::from_str(&names.collect::<Vec<_>>().join("; ")) {
            sent.insert(COOKIE, value);
        }
    }
    let asks_by_cors = sent.contains_key(ORIGIN);
    let page = entry.pageref.as_ref().and_then(|id| log.pages.iter().find(|page| page.id == *id));
    let page = page.filter(|page| page.title.contains("://")).and_then(|page| origin_of_page(&page.title));
    Ok(Entry {
        index,
        kind: kind(entry, &url, &method, &sent),
        method,
        url: redacted_url(&url),
        headers: sent,
        has_body: request.post_data.is_some(),
        answer: answer(&entry.response, asks_by_cors),
        page,
        by_service_worker: entry.by_service_worker,
    })
}

fn kind(entry: &format::Entry, url: &Url, method: &Method, sent: &HeaderMap) -> Kind {
    if !matches!(url.scheme(), "http" | "https") {
        return Kind::Other("not fetched over HTTP");
    }
    if *method == Method::OPTIONS && sent.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return Kind::Preflight;
    }
    let sec_fetch_dest = sent.get("sec-fetch-dest").and_then(|value| value.to_str().ok());
    let by_destination = sec_fetch_dest.and_then(crate::browser_headers::initiator);
    let by_resource_type = entry.resource_type.as_deref().and_then(|resource_type| {
        Some(match resource_type {
            "xhr" => Initiator::Xhr,
            "fetch" => Initiator::Fetch,
            "image" => Initiator::Image,
            "script" => Initiator::Script,
            "stylesheet" => Initiator::Stylesheet,
            "font" => Initiator::Font,
            "texttrack" => Initiator::Track,
            "eventsource" => Initiator::EventSource,
            "ping" => Initiator::Beacon,
            "media" => Initiator::Video,
            "document" => Initiator::Navigation,
            _ => return None,
        })
    });
    let initiator = by_resource_type.or(by_destination);
    match (initiator, entry.resource_type.as_deref()) {
        (_, Some("preflight")) => Kind::Preflight,
        (_, Some("websocket")) => Kind::Other("a WebSocket"),
        (Some(Initiator::Navigation), _) => Kind::Other("a navigation"),
        (initiator, _) => Kind::Request(initiator),
    }
}

/// Headers without their secrets, and without what is no header.
fn headers(written: &[Header]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for Header { name, value } in written {
        let Ok(name) = HeaderName::from_bytes(name.trim().as_bytes()) else { continue };
        // Chromium joins lines of one name by line ends.
        for line in value.split('\n') {
            let Ok(value) = HeaderValue::from_bytes(line.trim().as_bytes()) else { continue };
            if headers.len() < MAX_HEADERS {
                headers.append(name.clone(), redacted_header_value(&name, &value));
            }
        }
    }
    headers
}

fn answer(response: &format::Response, asks_by_cors: bool) -> RecordedAnswer {
    let status = u16::try_from(response.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else {
        return RecordedAnswer::Missing(super::shown(response.error.as_deref().unwrap_or_default()));
    };
    let headers = headers(&response.headers);
    // The CORS check is on the headers that the browser kept, too.
    if asks_by_cors
        && status == StatusCode::NOT_MODIFIED
        && !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
    {
        return RecordedAnswer::Missing("its 304 confirms what the browser kept".to_owned());
    }
    RecordedAnswer::Head { version: version(&response.version), status, headers }
}

fn version(written: &str) -> Version {
    match written.to_ascii_lowercase().as_str() {
        "h2" | "http/2" | "http/2.0" => Version::HTTP_2,
        "h3" | "http/3" | "http/3.0" => Version::HTTP_3,
        "http/1.0" => Version::HTTP_10,
        _ => Version::HTTP_11,
    }
}
