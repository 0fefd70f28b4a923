//! The requests that elements and script interfaces begin with.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use url::Url;

use super::cors_settings_attribute::CorsSettings;
use crate::infrastructure::request::{CredentialsMode, Mode, Request};
use crate::infrastructure::request_headers::is_cors_safelisted_request_header;
use crate::infrastructure::request_origin::Origin;

/// The request of an image, a video, an audio, a classic script or a stylesheet.
/// [Source](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#create-a-potential-cors-request).
pub fn potential_cors_request(origin: Origin, url: Url, settings: CorsSettings) -> Request {
    let mut request = Request::new(origin, url);
    // Without the attribute the response is opaque, and cookies go along as they always did.
    (request.mode, request.credentials_mode) = match settings {
        CorsSettings::NoCors => (Mode::NoCors, CredentialsMode::Include),
        CorsSettings::Anonymous => (Mode::Cors, CredentialsMode::SameOrigin),
        CorsSettings::UseCredentials => (Mode::Cors, CredentialsMode::Include),
    };
    request
}

/// The request of a text track, by the attribute of its media element: script reads the cues, so that without
/// the attribute only the page's own origin will do.
/// [Source](https://html.spec.whatwg.org/multipage/media.html#start-the-track-processing-model).
pub fn track_request(origin: Origin, url: Url, settings: CorsSettings) -> Request {
    let mut request = potential_cors_request(origin, url, settings);
    if settings == CorsSettings::NoCors {
        request.mode = Mode::SameOrigin;
    }
    request
}

/// The request of a module script, which is always by CORS.
/// [Source](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attribute-credentials-mode).
pub fn module_script_request(origin: Origin, url: Url, settings: CorsSettings) -> Request {
    let mut request = Request::new(origin, url);
    request.mode = Mode::Cors;
    request.credentials_mode = match settings {
        CorsSettings::NoCors | CorsSettings::Anonymous => CredentialsMode::SameOrigin,
        CorsSettings::UseCredentials => CredentialsMode::Include,
    };
    request
}

/// The request of an `EventSource`.
/// [Source](https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource).
pub fn event_source_request(origin: Origin, url: Url, with_credentials: bool) -> Request {
    let settings = if with_credentials { CorsSettings::UseCredentials } else { CorsSettings::Anonymous };
    potential_cors_request(origin, url, settings)
}

/// The request of an `XMLHttpRequest`, before its method, headers and body: a listener for upload progress
/// alone makes it ask for permission.
/// [Source](https://xhr.spec.whatwg.org/#the-send()-method).
pub fn xml_http_request(
    origin: Origin,
    url: Url,
    with_credentials: bool,
    has_upload_listener: bool,
) -> Request {
    let mut request = Request::new(origin, url);
    request.mode = Mode::Cors;
    request.unsafe_request = true;
    request.use_cors_preflight = has_upload_listener;
    request.credentials_mode =
        if with_credentials { CredentialsMode::Include } else { CredentialsMode::SameOrigin };
    request
}

/// The request of `navigator.sendBeacon()`, with its body's type: without CORS where forms could send such a
/// body, too; else by CORS, after asking for permission.
/// [Source](https://w3c.github.io/beacon/#sec-processing-model).
pub fn beacon_request(origin: Origin, url: Url, content_type: Option<HeaderValue>) -> Request {
    let mut request = Request::new(origin, url);
    request.method = Method::POST;
    request.credentials_mode = CredentialsMode::Include;
    request.keepalive = true;
    request.headers.extend(content_type.map(|content_type| (CONTENT_TYPE, content_type)));
    set_beacon_mode(&mut request);
    request
}

/// Sets a beacon's mode by the `Content-Type` that it has now.
pub(super) fn set_beacon_mode(request: &mut Request) {
    let is_safe = |value: &HeaderValue| is_cors_safelisted_request_header("content-type", value.as_bytes());
    let asks = request.headers.get_all(CONTENT_TYPE).iter().any(|value| !is_safe(value));
    (request.mode, request.unsafe_request) = (if asks { Mode::Cors } else { Mode::NoCors }, asks);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Initiator;
    use CorsSettings::{Anonymous, NoCors, UseCredentials};

    fn page() -> (Origin, Url) {
        ("https://a.example".parse().unwrap(), "https://b.example/".parse().unwrap())
    }

    #[test]
    fn the_attribute_decides_mode_and_credentials() {
        let ((origin, url), include, same) = (page(), CredentialsMode::Include, CredentialsMode::SameOrigin);
        let make = [potential_cors_request, track_request, module_script_request];
        for (settings, image, track, module) in [
            (NoCors, (Mode::NoCors, include), (Mode::SameOrigin, include), (Mode::Cors, same)),
            (Anonymous, (Mode::Cors, same), (Mode::Cors, same), (Mode::Cors, same)),
            (UseCredentials, (Mode::Cors, include), (Mode::Cors, include), (Mode::Cors, include)),
        ] {
            for (make, expected) in make.into_iter().zip([image, track, module]) {
                let request = make(origin.clone(), url.clone(), settings);
                assert_eq!((request.mode, request.credentials_mode), expected, "{settings:?}");
                assert!(!request.unsafe_request && !request.use_cors_preflight);
            }
        }
    }

    #[test]
    fn script_interfaces_ask_by_cors() {
        for (with, mode) in [(false, CredentialsMode::SameOrigin), (true, CredentialsMode::Include)] {
            let (origin, url) = page();
            let source = event_source_request(origin.clone(), url.clone(), with);
            assert_eq!(
                (source.mode, source.credentials_mode, source.unsafe_request),
                (Mode::Cors, mode, false)
            );
            for listener in [false, true] {
                let request = xml_http_request(origin.clone(), url.clone(), with, listener);
                assert_eq!((request.mode, request.credentials_mode), (Mode::Cors, mode));
                assert_eq!((request.unsafe_request, request.use_cors_preflight), (true, listener));
            }
        }
    }

    #[test]
    fn beacons_ask_where_forms_could_not_send_them() {
        for (content_type, mode) in [
            (None, Mode::NoCors),
            (Some("text/plain;charset=UTF-8"), Mode::NoCors),
            (Some("multipart/form-data; boundary=x"), Mode::NoCors),
            (Some("application/json"), Mode::Cors),
            (Some("application/octet-stream"), Mode::Cors),
        ] {
            let (origin, url) = page();
            let value = content_type.map(HeaderValue::from_static);
            let beacon = beacon_request(origin.clone(), url.clone(), value.clone());
            assert_eq!((beacon.mode, beacon.unsafe_request), (mode, mode == Mode::Cors), "{content_type:?}");
            assert_eq!((beacon.method.as_str(), beacon.keepalive), ("POST", true));
            assert_eq!(beacon.credentials_mode, CredentialsMode::Include);
            // The same where the type is set afterwards.
            let mut settled = Initiator::Beacon.request(origin, url, NoCors);
            settled.headers.extend(value.map(|value| (CONTENT_TYPE, value)));
            Initiator::Beacon.settle(&mut settled);
            assert_eq!((settled.mode, settled.unsafe_request), (beacon.mode, beacon.unsafe_request));
        }
    }
}
