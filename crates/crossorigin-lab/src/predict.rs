//! What the algorithm foretells of a case.

use std::time::Duration;

use anyhow::Context as _;
use crossorigin::fetching::trace::Trace;
use crossorigin::fetching::{
    Context, CorsPreflightCache, FilteredResponse, HttpRequest, Machine, NetworkErrorReason, Purpose,
    ResponseHead, ResponseType, Step,
};
use crossorigin::html::{Bitmap, Initiator};
use crossorigin::infrastructure::header_values::get;
use crossorigin::infrastructure::methods::normalize_method;
use crossorigin::infrastructure::request::{BodyKind, CredentialsMode, Mode, RedirectMode, Request};
use crossorigin::infrastructure::request_headers::{
    is_forbidden_request_header, is_no_cors_safelisted_request_header,
};
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::Behavior;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

use crate::case::{Answer, Ask, Body, Case, Host, Reading, Target};
use crate::observed::{Observed, Seen, Sent};
use crate::page;
use crate::places::Places;
use crate::setting::Setting;

/// Foretells a case.
///
/// # Errors
/// The case itself is no good: a URL or a header that can't be.
pub(crate) fn predict<T: Trace + Default>(
    case: &Case,
    setting: &Setting<'_>,
    behavior: Behavior,
    mut traced: impl FnMut(T),
) -> anyhow::Result<Observed> {
    let Setting { places, run, cookie_hosts, .. } = *setting;
    let mut cache = CorsPreflightCache::default();
    let (mut observed, mut now) = (Observed::default(), Duration::ZERO);
    for ask in &case.asks {
        now += ask.after;
        let request = request(case, ask, places, run, &behavior)?;
        let mut context = Context { cache: &mut cache, now };
        let mut machine: Machine<T> = Machine::with(request, Default::default(), behavior);
        let mut step = machine.start(&mut context);
        let seen = loop {
            match step {
                Step::Send(sent) => {
                    let hop = hop_of(&sent.url).context("a URL that is no hop's")?;
                    observed.wire.push(wire(hop, &sent, cookie_hosts.contains(&case.hops[hop].host)));
                    let scripted = &case.hops[hop];
                    let answer = match sent.purpose {
                        Purpose::Preflight => &scripted.preflight,
                        Purpose::Actual => &scripted.actual,
                    };
                    let headers = answer_headers(answer, case, places, run, hop)?;
                    let status = StatusCode::from_u16(answer.status)?;
                    step = machine.response(ResponseHead::new(status, &headers), &mut context);
                    if let Step::Response(filtered) = &step {
                        break seen(ask, status, &headers, filtered);
                    }
                }
                Step::ReadDataUrl(_) if case.target == Target::Data => break local(ask),
                // A blob is the page's to read, by GET.
                Step::NetworkError(NetworkErrorReason::BlobUrl) if ask.method == "GET" => break local(ask),
                Step::NetworkError(_) | Step::ReadDataUrl(_) => break error(),
                Step::Response(_) => anyhow::bail!("a response to nothing"),
            }
        };
        traced(machine.into_trace());
        let silent = Seen { result: "sent".to_owned(), ..Seen::default() };
        observed.asks.push(if ask.is_silent() { silent } else { seen });
    }
    Ok(observed)
}

/// What script sees of what came from no server.
fn local(ask: &Ask) -> Seen {
    if !ask.is_by_script() {
        return Seen { result: "load".to_owned(), readable: true, ..Seen::default() };
    }
    Seen {
        result: if ask.initiator == Initiator::Xhr { "load" } else { "basic" }.to_owned(),
        status: 200,
        headers: vec!["content-type".to_owned()],
        readable: ask.method != "HEAD",
    }
}

fn error() -> Seen {
    Seen { result: "error".to_owned(), ..Seen::default() }
}

fn request(
    case: &Case,
    ask: &Ask,
    places: &Places,
    run: &str,
    behavior: &Behavior,
) -> anyhow::Result<Request> {
    let own = places.origin(Host::Own);
    // A blob's URL is of the origin that made it, though one can't tell from the URL where that is opaque.
    let is_opaque = case.realm.is_opaque() && case.target != Target::Blob;
    let origin = if is_opaque { Origin::opaque() } else { own.parse()? };
    let url: Url = match case.target {
        Target::Server => places.url(case.hops[0].host, run, case.number, 0),
        Target::Data => page::data_url(ask.initiator),
        Target::Blob => format!("blob:{own}/lab"),
    }
    .parse()?;
    let mut request = ask.initiator.request_in(behavior, origin, url, ask.settings);
    if ask.initiator == Initiator::Beacon {
        let content_type = ask.body.and_then(Body::content_type).map(HeaderValue::from_static);
        request.headers.extend(content_type.map(|content_type| (CONTENT_TYPE, content_type)));
        request.body = BodyKind::Replayable;
        ask.initiator.settle(&mut request);
    }
    if !ask.is_by_script() {
        return Ok(request);
    }
    request.method = Method::from_bytes(normalize_method(ask.method).as_bytes())?;
    request.body = if ask.body.is_some() { BodyKind::Replayable } else { BodyKind::None };
    request.use_cors_preflight = ask.upload_listener;
    if ask.initiator == Initiator::Fetch {
        request.mode = match ask.mode {
            "no-cors" => Mode::NoCors,
            "same-origin" => Mode::SameOrigin,
            _ => Mode::Cors,
        };
        request.credentials_mode = match ask.credentials {
            Some("omit") => CredentialsMode::Omit,
            Some("include") => CredentialsMode::Include,
            _ => CredentialsMode::SameOrigin,
        };
        request.redirect_mode = match ask.redirect {
            "error" => RedirectMode::Error,
            "manual" => RedirectMode::Manual,
            _ => RedirectMode::Follow,
        };
    }
    for (name, value) in &ask.headers {
        let value = value.trim_matches([' ', '\t']);
        if request.mode == Mode::NoCors && !is_no_cors_safelisted_request_header(name, value.as_bytes()) {
            continue;
        }
        if is_forbidden_request_header(name, value.as_bytes()) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes())?;
        match request.headers.get_mut(&name) {
            // XMLHttpRequest makes one value of them; Headers keeps each.
            Some(earlier) if ask.initiator == Initiator::Xhr => {
                *earlier = HeaderValue::from_str(&format!("{}, {value}", earlier.to_str()?))?;
            }
            _ => {
                request.headers.append(name, HeaderValue::from_str(value)?);
            }
        }
    }
    // A body may bring its type, where script sets none.
    if let Some(content_type) = ask.body.and_then(Body::content_type)
        && !request.headers.contains_key(CONTENT_TYPE)
    {
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Ok(request)
}

fn hop_of(url: &Url) -> Option<usize> {
    url.path().strip_prefix("/case/")?.split('/').nth(2)?.parse().ok()
}

/// The headers of a scripted answer, as a client reads them.
fn answer_headers(
    answer: &Answer,
    case: &Case,
    places: &Places,
    run: &str,
    hop: usize,
) -> anyhow::Result<HeaderMap> {
    let this = places.url(case.hops[hop].host, run, case.number, hop);
    let next = case.hops.get(hop + 1).map(|next| places.url(next.host, run, case.number, hop + 1));
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        let value = places.fill(value, &this, next.as_deref());
        headers
            .append(HeaderName::from_static(name), HeaderValue::from_str(value.trim_matches([' ', '\t']))?);
    }
    for name in page::always_sent(case) {
        headers.entry(name).or_insert(HeaderValue::from_static(page::type_for(case.asks[0].initiator)));
    }
    Ok(headers)
}

fn wire(hop: usize, sent: &HttpRequest, has_cookie: bool) -> Sent {
    let text = |name| get(&sent.headers, &name).map(|value| String::from_utf8_lossy(&value).into_owned());
    Sent {
        hop,
        method: sent.method.to_string(),
        origin: text(ORIGIN),
        request_method: text(ACCESS_CONTROL_REQUEST_METHOD),
        request_headers: text(ACCESS_CONTROL_REQUEST_HEADERS),
        authorization: sent.headers.contains_key(AUTHORIZATION),
        cookie: sent.includes_credentials && has_cookie,
    }
}

/// What script sees of the response to the last hop.
fn seen(ask: &Ask, status: StatusCode, headers: &HeaderMap, filtered: &FilteredResponse) -> Seen {
    let readable = filtered.is_readable();
    let has_body = has_body(ask, status);
    if ask.is_by_script() {
        let result = match (ask.initiator, filtered.response_type()) {
            (Initiator::Xhr, ResponseType::Basic | ResponseType::Cors) => "load",
            (_, response_type) => response_type.name(),
        };
        let mut names: Vec<String> = headers
            .keys()
            .filter(|name| filtered.shows_header(name))
            .map(|name| name.as_str().to_owned())
            .collect();
        names.sort();
        let status = if readable { status.as_u16() } else { 0 };
        return Seen { result: result.to_owned(), status, headers: names, readable: readable && has_body };
    }
    // Images are there if they came with a body, whatever the status; others want a good one.
    let ok = match ask.initiator {
        Initiator::Image | Initiator::WebGlTexture | Initiator::CssShape => has_body,
        Initiator::EventSource => status == StatusCode::OK,
        _ => status.is_success() && has_body,
    };
    let readable = match ask.initiator {
        Initiator::Image | Initiator::WebGlTexture | Initiator::Video => {
            can_be_read(Bitmap::of_response(filtered.response_type()), ask.reading)
        }
        // Whether a script's errors are muted is no matter here; a sound can't be read; a font that loads can be
        // used, and a track that loads can be read.
        Initiator::Script | Initiator::Module | Initiator::Audio => false,
        Initiator::Font | Initiator::FontFace | Initiator::Track => true,
        _ => readable,
    };
    if ok { Seen { result: "load".to_owned(), readable, ..Seen::default() } } else { error() }
}

/// Whether script can read the pixels of what has loaded.
fn can_be_read(source: Bitmap, reading: Reading) -> bool {
    let mut canvas = Bitmap::new();
    match reading {
        Reading::ImageData | Reading::DataUrl | Reading::Blob | Reading::OffscreenBlob => {
            canvas.draw(source);
        }
        Reading::Pattern | Reading::ImageBitmap => canvas.draw(source.copied()),
        Reading::OtherCanvas => {
            let mut other = Bitmap::new();
            other.draw(source);
            canvas.draw(other);
        }
        Reading::Texture => return source.upload_as_texture().is_ok(),
    }
    canvas.read().is_ok()
}

/// Whether a response to this has a body that script could get.
fn has_body(ask: &Ask, status: StatusCode) -> bool {
    ask.method != "HEAD" && !matches!(status.as_u16(), 204 | 205 | 304)
}
