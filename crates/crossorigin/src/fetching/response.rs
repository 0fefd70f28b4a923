//! Responses, and what of them script may see.

use http::header::ACCESS_CONTROL_EXPOSE_HEADERS;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::trace::{Event, Section, StepNumber, Trace};
use crate::infrastructure::header_names::{
    is_cors_safelisted_response_header_name, is_forbidden_response_header_name,
};
use crate::infrastructure::header_values::extract_header_list_values;
use crate::infrastructure::request::{CredentialsMode, Request, ResponseTainting};

/// The head of a response, as the transport got it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Whether it answers a request for a range. From the network that is so where the request has `Range`;
    /// what a service worker or a cache hands over may have been asked for by another request.
    /// [Source](https://fetch.spec.whatwg.org/#concept-response-range-requested-flag).
    pub range_requested: bool,
}

impl<'a> ResponseHead<'a> {
    /// A head from the network.
    pub fn new(status: StatusCode, headers: &'a HeaderMap) -> Self {
        Self { status, headers, range_requested: false }
    }
}

/// The headers without the empty lines of those that have others; `None` where there are none such.
pub(super) fn without_empty_lines(headers: &HeaderMap) -> Option<HeaderMap> {
    if headers.keys_len() == headers.len() {
        return None;
    }
    let counts = |name, value: &HeaderValue| {
        !value.is_empty() || headers.get_all(name).iter().all(HeaderValue::is_empty)
    };
    let left = headers.iter().filter(|(name, value)| counts(*name, value));
    Some(left.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// How a response is filtered.
/// [Source](https://fetch.spec.whatwg.org/#concept-response-type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseType {
    /// The page's own: all but `Set-Cookie` is to be seen.
    Basic,
    /// Shared: the body, the status, and the headers that are safelisted or exposed.
    Cors,
    /// Nothing is to be seen: not the status, a header, the URL or the body.
    Opaque,
    /// A redirect that is handed over unread: nothing but the URL is to be seen.
    OpaqueRedirect,
}

impl ResponseType {
    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Cors => "cors",
            Self::Opaque => "opaque",
            Self::OpaqueRedirect => "opaqueredirect",
        }
    }
}

/// The rules by which script sees a response, whose head and body the driver keeps.
/// [Source](https://fetch.spec.whatwg.org/#concept-filtered-response).
#[derive(Clone, Debug)]
pub struct FilteredResponse {
    response_type: ResponseType,
    any_exposed: bool,
    exposed: Vec<Box<[u8]>>,
    timing_allowed: bool,
}

impl FilteredResponse {
    /// Filters by the request's response tainting.
    /// [Source](https://fetch.spec.whatwg.org/#concept-main-fetch).
    pub(super) fn new<T: Trace>(request: &Request, headers: &HeaderMap, trace: &mut T) -> Self {
        let response_type = match request.response_tainting() {
            ResponseTainting::Basic => ResponseType::Basic,
            ResponseTainting::Cors => ResponseType::Cors,
            ResponseTainting::Opaque => ResponseType::Opaque,
        };
        let mut filtered = Self {
            response_type,
            any_exposed: false,
            exposed: Vec::new(),
            timing_allowed: !request.timing_allow_failed,
        };
        if response_type == ResponseType::Cors {
            // A list that does not parse exposes nothing.
            let names = extract_header_list_values(headers, &ACCESS_CONTROL_EXPOSE_HEADERS);
            if headers.contains_key(ACCESS_CONTROL_EXPOSE_HEADERS) {
                let with_credentials = request.credentials_mode == CredentialsMode::Include;
                trace.step(StepNumber::new(Section::MainFetch, "14.1"), || {
                    let owned = |name: &&[u8]| String::from_utf8_lossy(name).into_owned();
                    let counts = |name: &&&[u8]| !(with_credentials && **name == b"*");
                    Event::Exposed(
                        names
                            .as_ref()
                            .ok()
                            .map(|names| names.iter().flatten().filter(counts).map(owned).collect()),
                    )
                });
            }
            let names = names.ok().flatten().unwrap_or_default();
            // With credentials the wildcard is a name like any other.
            filtered.any_exposed =
                request.credentials_mode != CredentialsMode::Include && names.contains(&&b"*"[..]);
            filtered.exposed = names.into_iter().map(Box::from).collect();
        }
        filtered
    }

    /// A redirect, handed over unread.
    pub(super) fn opaque_redirect(request: &Request) -> Self {
        Self {
            response_type: ResponseType::OpaqueRedirect,
            any_exposed: false,
            exposed: Vec::new(),
            timing_allowed: !request.timing_allow_failed,
        }
    }

    /// What a `data:` URL answers: all of it is the page's own.
    pub fn of_data_url() -> Self {
        Self {
            response_type: ResponseType::Basic,
            any_exposed: false,
            exposed: Vec::new(),
            timing_allowed: true,
        }
    }

    /// How the response is filtered.
    pub fn response_type(&self) -> ResponseType {
        self.response_type
    }

    /// Whether script sees the status and the body.
    pub fn is_readable(&self) -> bool {
        matches!(self.response_type, ResponseType::Basic | ResponseType::Cors)
    }

    /// Whether script sees a header of this name.
    pub fn shows_header(&self, name: &HeaderName) -> bool {
        if is_forbidden_response_header_name(name.as_str()) {
            return false;
        }
        match self.response_type {
            ResponseType::Basic => true,
            ResponseType::Cors => {
                is_cors_safelisted_response_header_name(name.as_str())
                    || self.any_exposed
                    || self.exposed.iter().any(|own| own.eq_ignore_ascii_case(name.as_str().as_bytes()))
            }
            ResponseType::Opaque | ResponseType::OpaqueRedirect => false,
        }
    }

    /// Whether the page may see how long it took.
    pub fn timing_allowed(&self) -> bool {
        self.timing_allowed
    }
}
