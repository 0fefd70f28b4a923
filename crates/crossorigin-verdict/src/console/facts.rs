//! What consoles say of a fetch: its URLs, values and names.

use crossorigin::fetching::NetworkErrorReason;
use crossorigin::fetching::trace::Event;
use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::Mode;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, LOCATION, ORIGIN,
};
use http::{HeaderMap, HeaderName};
use url::Url;

use super::When;
use crate::heads::joined;
use crate::record::{AnswerHead, Exchange, Outcome, Record, TransportFailureKind};

/// What fills the braces of a console's sentence.
pub(super) struct Facts<'a> {
    pub(super) code: &'static str,
    record: &'a Record,
    exchange: Option<&'a Exchange>,
    answer: Option<&'a AnswerHead>,
}

impl<'a> Facts<'a> {
    /// `None` where there is nothing to complain of.
    pub(super) fn of(record: &'a Record) -> Option<Self> {
        let exchange = record.exchanges.last();
        let answer = exchange.and_then(|exchange| exchange.answer.as_ref().ok());
        Some(Self { code: super::code(record)?, record, exchange, answer })
    }

    /// The header whose value is at fault.
    fn header(&self) -> HeaderName {
        match self.code {
            "allow-credentials" | "preflight-allow-credentials" => ACCESS_CONTROL_ALLOW_CREDENTIALS,
            "preflight-allow-methods-syntax" => ACCESS_CONTROL_ALLOW_METHODS,
            "preflight-allow-headers-syntax" => ACCESS_CONTROL_ALLOW_HEADERS,
            _ => ACCESS_CONTROL_ALLOW_ORIGIN,
        }
    }

    fn headers(&self) -> Option<&'a HeaderMap> {
        self.answer.map(|answer| &answer.headers)
    }

    /// All lines of the guilty header as one value.
    fn value(&self) -> Vec<u8> {
        self.headers().and_then(|headers| joined(headers, &self.header())).unwrap_or_default()
    }

    fn lines(&self) -> usize {
        self.headers().map_or(0, |headers| headers.get_all(self.header()).iter().count())
    }

    fn location(&self) -> Option<Url> {
        let location = self.headers()?.get(LOCATION)?;
        self.exchange?.request.url.join(&String::from_utf8_lossy(location.as_bytes())).ok()
    }

    /// The URL that a sentence is about.
    fn url(&self) -> Url {
        let asked = self.exchange.map_or(self.record.request.current_url(), |exchange| &exchange.request.url);
        let tells_of_target = match self.record.profile.name() {
            "chromium" | "firefox" => self.code == "redirect-scheme",
            _ => false,
        };
        // Some failures come before anything is sent to the last URL.
        let led_to = self.record.steps.iter().rev().find_map(|step| match &step.event {
            Event::Redirected { location, .. } => Some(location.clone()),
            Event::Sent { .. } => Some(asked.clone()),
            _ => None,
        });
        let mut url = match self.location() {
            Some(location) if tells_of_target => location,
            _ => led_to.unwrap_or_else(|| asked.clone()),
        };
        url.set_fragment(None);
        url
    }

    fn is_by_cors(&self) -> bool {
        self.record.request.mode == Mode::Cors
    }

    /// The URL that was asked last.
    fn asked_url(&self) -> Url {
        let mut url =
            self.exchange.map_or(self.record.request.current_url(), |exchange| &exchange.request.url).clone();
        url.set_fragment(None);
        url
    }

    fn first_url(&self) -> Url {
        let mut url = self.record.request.current_url().clone();
        url.set_fragment(None);
        url
    }

    /// Whether a sentence is printed here that is printed only `when`.
    pub(super) fn meets(&self, when: When) -> bool {
        let initiator = self.record.initiator;
        let value = self.value();
        let several = value.iter().any(|byte| b" ,".contains(byte));
        let is_url = value == b"null" || Url::parse(&String::from_utf8_lossy(&value)).is_ok();
        let leads_to = |scheme: &str| self.location().is_some_and(|location| location.scheme() == scheme);
        match when {
            When::Always => true,
            When::SeveralValues => several,
            When::InvalidValue => !several && !is_url,
            When::OneValue => !several && is_url,
            When::SeveralLines => self.lines() > 1,
            When::OneLine => self.lines() <= 1,
            When::Comma => value.contains(&b','),
            When::NoComma => !value.contains(&b','),
            When::Fetch => initiator == Initiator::Fetch,
            When::Script => {
                matches!(initiator, Initiator::Fetch | Initiator::Xhr | Initiator::EventSource)
            }
            When::Image => matches!(initiator, Initiator::Image | Initiator::WebGlTexture),
            When::ClassicScript => initiator == Initiator::Script,
            When::ScriptByCors => {
                matches!(initiator, Initiator::Script | Initiator::Module) && self.is_by_cors()
            }
            When::StylesheetByCors => initiator == Initiator::Stylesheet && self.is_by_cors(),
            When::Stylesheet => initiator == Initiator::Stylesheet,
            When::ByCors => self.is_by_cors(),
            When::Track => initiator == Initiator::Track,
            When::ToScheme(scheme) => leads_to(scheme),
            When::ToOtherSchemes(scheme) => !leads_to(scheme),
            When::OtherSchemes(scheme) => {
                !leads_to(scheme) && (self.code != "url-scheme" || initiator != Initiator::Fetch)
            }
            When::Transport(kind) => match &self.record.outcome {
                // Chromium tells a connection that is closed from one that is reset; the kind doesn't.
                Outcome::Unreachable(failure) if failure.kind == TransportFailureKind::Reset => {
                    let how = if failure.message.contains(" closed the ") { "closed" } else { "reset" };
                    how == kind
                }
                Outcome::Unreachable(failure) => failure.kind.code() == kind,
                Outcome::Shared(_) | Outcome::Opaque(_) | Outcome::Blocked(_) => false,
            },
        }
    }

    /// Which of its ways a part of a sentence reads.
    pub(super) fn way_of(&self, part: &str) -> usize {
        let initiator = self.record.initiator;
        match part {
            "redirected" => usize::from(self.url() != self.first_url()),
            "credentials_hint" => usize::from(initiator == Initiator::Xhr),
            "value_hint" => usize::from(initiator == Initiator::Fetch),
            "redirection" => {
                let redirects = self.answer.is_some_and(|answer| answer.status.is_redirection());
                let actual = self.exchange.is_some_and(|exchange| !exchange.is_preflight());
                usize::from(redirects && actual && self.location().is_some())
            }
            // The first way is today's; others are of older versions.
            _ => 0,
        }
    }

    /// What fills a name in braces.
    pub(super) fn value_of(&self, name: &str) -> String {
        let reason = match &self.record.outcome {
            Outcome::Blocked(reason) => Some(reason),
            Outcome::Shared(_) | Outcome::Opaque(_) | Outcome::Unreachable(_) => None,
        };
        match name {
            "kind" => kind(self.record.initiator).to_owned(),
            "Api" => api(self.record.initiator).to_owned(),
            "insecure" => insecure(self.record.initiator).to_owned(),
            "content_type" => self.headers().map_or_else(String::new, essence),
            "url" => self.url().into(),
            "asked_url" => self.asked_url().into(),
            "first_url" => self.first_url().into(),
            "schemes" => CHROMIUM_SCHEMES.to_owned(),
            "scheme" => self.url().scheme().to_owned(),
            "port" => self.url().port_or_known_default().unwrap_or_default().to_string(),
            "origin" => self.record.origin(),
            // The page's own URL is not known here; its origin is.
            "page" => format!("{}/", self.record.origin()),
            "sent_origin" => self
                .exchange
                .and_then(|exchange| exchange.request.headers.get(ORIGIN))
                .map_or_else(|| self.record.origin(), |origin| text(origin.as_bytes())),
            "value" if self.record.profile.name() == "chromium" => chromium_escaped(&self.value()),
            "value" => text(&self.value()),
            "token" => text(bad_token(&self.value())),
            "status" => self.answer.map_or_else(String::new, |answer| answer.status.as_u16().to_string()),
            "method" => self
                .exchange
                .and_then(|exchange| exchange.request.headers.get(ACCESS_CONTROL_REQUEST_METHOD))
                .map_or_else(|| self.record.request.method.to_string(), |method| text(method.as_bytes())),
            "header" => match reason {
                Some(NetworkErrorReason::PreflightHeader(name)) => name.to_string(),
                _ => String::new(),
            },
            "Header" => match reason {
                Some(NetworkErrorReason::PreflightHeader(name)) => webkit_name(name),
                _ => String::new(),
            },
            "location" => self.location().map_or_else(String::new, Into::into),
            "raw_location" => self
                .headers()
                .and_then(|headers| headers.get(LOCATION))
                .map_or_else(String::new, |location| text(location.as_bytes())),
            "bare_location" => self.location().map_or_else(String::new, |mut location| {
                let _ = location.set_username("");
                let _ = location.set_password(None);
                location.into()
            }),
            _ => String::new(),
        }
    }
}

/// What CORS is for in Chromium; the list is another in each version.
const CHROMIUM_SCHEMES: &str = "chrome, chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, \
     data, http, https, isolated-app";

/// What Chromium calls what is asked for.
fn kind(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Fetch => "fetch",
        Initiator::Xhr => "XMLHttpRequest",
        Initiator::Image | Initiator::CssShape | Initiator::CssMask | Initiator::WebGlTexture => "image",
        Initiator::Video => "video",
        Initiator::Audio => "audio",
        Initiator::Track => "text track",
        Initiator::Script | Initiator::Module => "script",
        Initiator::Stylesheet => "CSS stylesheet",
        Initiator::Font | Initiator::FontFace => "font",
        _ => "resource",
    }
}

/// What Chromium calls it where it is asked for insecurely.
fn insecure(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Xhr => "XMLHttpRequest endpoint",
        Initiator::EventSource => "EventSource endpoint",
        Initiator::Beacon => "Beacon endpoint",
        Initiator::Script | Initiator::Module => "script",
        Initiator::Stylesheet => "stylesheet",
        Initiator::Font | Initiator::FontFace => "font",
        Initiator::Track => "text track",
        _ => "resource",
    }
}

/// The type that a response says it is of, without parameters.
fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
    text(essence.trim_ascii()).to_ascii_lowercase()
}

/// What WebKit calls the interface that asks.
fn api(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Xhr => "XMLHttpRequest",
        Initiator::EventSource => "EventSource",
        _ => "Fetch API",
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Chromium spells out all bytes that are not printable ASCII.
fn chromium_escaped(value: &[u8]) -> String {
    let mut escaped = String::new();
    for &byte in value {
        match byte {
            b' '..=b'~' => escaped.push(byte as char),
            _ => escaped.push_str(&format!("\\u{byte:04X}")),
        }
    }
    escaped
}

/// The first item of a list that is no token.
fn bad_token(list: &[u8]) -> &[u8] {
    let is_token_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    list.split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .find(|item| !item.iter().all(is_token_byte))
        .unwrap_or_default()
}

/// A header's name as WebKit writes it: those that it knows with capital letters, others as script gave them.
fn webkit_name(name: &HeaderName) -> String {
    if !WEBKIT_KNOWS.contains(&name.as_str()) {
        return name.to_string();
    }
    let parts = name.as_str().split('-').map(|part| {
        let mut letters = part.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Request headers of Source/WebCore/platform/network/HTTPHeaderNames.in that script may set.
const WEBKIT_KNOWS: [&str; 16] = [
    "accept",
    "accept-language",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "pragma",
    "range",
];
