//! Why it came so, in one sentence.

use crossorigin::fetching::cors_check::CorsCheckError;
use crossorigin::fetching::cross_origin_resource_policy::ResourcePolicyBlock;
use crossorigin::fetching::trace::{Event, StepNumber};
use crossorigin::fetching::{MAX_KEEPALIVE_BYTES, MAX_REDIRECTS, NetworkErrorReason, ResponseType};
use crossorigin::html::Initiator;
use crossorigin::infrastructure::header_names::is_cors_safelisted_response_header_name;
use crossorigin::infrastructure::request::ResponseTainting;
use http::HeaderMap;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE,
    LOCATION, ORIGIN, VARY,
};

use crate::heads::{joined, printable};
use crate::record::{AnswerHead, Exchange, Outcome, Record, TransportFailureKind, Verdict};

impl Record {
    /// The outcome in one word.
    pub fn verdict(&self) -> Verdict {
        self.outcome.verdict()
    }

    /// Why it is blocked, where it is.
    pub fn reason(&self) -> Option<&NetworkErrorReason> {
        match &self.outcome {
            Outcome::Blocked(reason) => Some(reason),
            Outcome::Shared(_) | Outcome::Opaque(_) | Outcome::Unreachable(_) => None,
        }
    }

    /// The code of the reason for which script gets no response, which is `transport` where the server could not
    /// be reached; `None` where script gets one.
    pub fn code(&self) -> Option<&'static str> {
        match &self.outcome {
            Outcome::Blocked(reason) => Some(reason.code()),
            Outcome::Unreachable(_) => Some(NetworkErrorReason::Transport.code()),
            Outcome::Shared(_) | Outcome::Opaque(_) => None,
        }
    }

    /// The step of the standard that stops it, where it is blocked.
    pub fn step(&self) -> Option<StepNumber> {
        self.reason().map(NetworkErrorReason::step)
    }

    /// The page's origin as it is written.
    pub(crate) fn origin(&self) -> String {
        printable(self.request.origin.serialized().as_bytes())
    }

    /// The origin as it was sent last: `null` once redirects have tainted the request.
    pub(crate) fn sent_origin(&self) -> String {
        let sent = self.exchanges.last().and_then(|exchange| exchange.request.headers.get(ORIGIN));
        sent.map_or_else(|| self.origin(), |origin| printable(origin.as_bytes()))
    }

    /// Whether redirects have made the origin `null` that is not.
    pub(crate) fn is_tainted(&self) -> bool {
        self.sent_origin() == "null" && self.origin() != "null"
    }

    /// The answer that decided, where one came.
    pub(crate) fn last_answer(&self) -> Option<&AnswerHead> {
        self.exchanges.last().and_then(|exchange| exchange.answer.as_ref().ok())
    }

    /// Why it came so: one sentence with what was asked and what was answered.
    pub fn cause(&self) -> String {
        match &self.outcome {
            Outcome::Shared(filtered)
                if filtered.response_type() == ResponseType::Basic && self.is_permitted() =>
            {
                format!("The extension has permission for {}, so CORS is not asked.", self.host())
            }
            Outcome::Shared(filtered) if filtered.response_type() == ResponseType::Basic => {
                format!("{} is of the page's own origin, so CORS is not asked.", self.url())
            }
            Outcome::Shared(filtered) => {
                let hidden = self.hidden_headers(|name| filtered.shows_header(name));
                let shared = match self.exchanges.iter().any(Exchange::is_preflight) {
                    true => format!(
                        "{} permits the request in advance, and shares its response with {}",
                        self.host(),
                        self.origin()
                    ),
                    false => format!("{} shares its response with {}", self.host(), self.origin()),
                };
                match hidden.as_slice() {
                    [] => format!("{shared}."),
                    [one] => format!(
                        "{shared}; script does not see its header {one}, which Access-Control-Expose-Headers does not list."
                    ),
                    several => {
                        format!(
                            "{shared}; script does not see its headers {}, which Access-Control-Expose-Headers does not list.",
                            several.join(", ")
                        )
                    }
                }
            }
            Outcome::Opaque(filtered) if filtered.response_type() == ResponseType::OpaqueRedirect => {
                "The response redirects, and redirects are handed over unread.".to_owned()
            }
            Outcome::Opaque(_) if self.initiator == Initiator::WebGlTexture => format!(
                "The request is of the no-cors mode, so script may not read the response of {}, and texImage2D() throws a \
                 SecurityError for it; ask by CORS, with the image's crossorigin attribute.",
                self.host()
            ),
            Outcome::Opaque(_) => format!(
                "The request is of the no-cors mode: the page can use the response of {}, and script sees neither \
                 its status nor its headers nor its body.",
                self.host()
            ),
            Outcome::Blocked(reason) => self.blocked(reason),
            // Nobody asked, or nobody told what was answered.
            Outcome::Unreachable(failure) if failure.kind == TransportFailureKind::Aborted => {
                format!("What {} would answer is not known: {failure}.", self.host())
            }
            Outcome::Unreachable(failure) if failure.kind == TransportFailureKind::TooLarge => {
                format!("{} answers with more than is read: {failure}. CORS is not why.", self.host())
            }
            Outcome::Unreachable(failure) => {
                format!(
                    "{} could not be reached, or did not answer in HTTP: {failure}. CORS is not why.",
                    self.host()
                )
            }
        }
    }

    /// Whether an extension's permission stood in for the same origin.
    fn is_permitted(&self) -> bool {
        self.steps.iter().any(|step| step.event == Event::HostPermission)
    }

    /// The URL that was asked last.
    fn url(&self) -> String {
        let url = self.exchanges.last().map_or(self.request.current_url(), |exchange| &exchange.request.url);
        url.to_string()
    }

    fn host(&self) -> String {
        let url = self.exchanges.last().map_or(self.request.current_url(), |exchange| &exchange.request.url);
        match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => url.to_string(),
        }
    }

    fn blocked(&self, reason: &NetworkErrorReason) -> String {
        use NetworkErrorReason as R;
        let (host, url) = (self.host(), self.url());
        let headers = self.last_answer().map(|answer| &answer.headers);
        let asked_method = || {
            self.exchanges
                .last()
                .and_then(|exchange| exchange.request.headers.get(ACCESS_CONTROL_REQUEST_METHOD))
                .map_or_else(|| self.request.method.to_string(), |method| printable(method.as_bytes()))
        };
        match reason {
            R::CorsCheck(error) => self.cors_check_failed("The response", error),
            R::PreflightCorsCheck(error) => self.cors_check_failed("The answer to the preflight", error),
            R::PreflightStatus(status @ (301 | 302 | 303 | 307 | 308)) => {
                let to = headers.and_then(|headers| headers.get(LOCATION));
                let to = to.map_or_else(String::new, |to| format!(" to {}", printable(to.as_bytes())));
                format!("{host} redirects the preflight with {status}{to}; a preflight is never redirected.")
            }
            R::PreflightStatus(status) => {
                format!("{host} answers the preflight with {status}; only 200 to 299 permit anything.")
            }
            R::PreflightAllowMethodsSyntax => format!(
                "The answer to the preflight has Access-Control-Allow-Methods: {}, which is no list of methods parted by commas.",
                value(headers, &ACCESS_CONTROL_ALLOW_METHODS)
            ),
            R::PreflightAllowHeadersSyntax => format!(
                "The answer to the preflight has Access-Control-Allow-Headers: {}, which is no list of header names parted by commas.",
                value(headers, &ACCESS_CONTROL_ALLOW_HEADERS)
            ),
            R::PreflightMethod => format!(
                "The answer to the preflight does not permit the method {}: {}.",
                asked_method(),
                listed("Access-Control-Allow-Methods", headers, &ACCESS_CONTROL_ALLOW_METHODS, self.with_credentials())
            ),
            R::PreflightHeader(name) => format!(
                "The answer to the preflight does not permit the request header {name}: {}.",
                listed("Access-Control-Allow-Headers", headers, &ACCESS_CONTROL_ALLOW_HEADERS, self.with_credentials())
            ),
            R::CrossOriginInSameOriginMode => format!(
                "The request is of the mode same-origin, and {} is not of the origin {}.",
                self.led_to(), self.origin()
            ),
            R::NoCorsRedirectMode => {
                "The request is of the mode no-cors, which follows redirects, and asks for another redirect mode.".to_owned()
            }
            R::UrlContainsCredentials => format!(
                "{} has a user name or password, which {} does not take.",
                crate::redacted_url(&url::Url::parse(&self.led_to()).unwrap_or_else(|_| self.request.current_url().clone())),
                if self.initiator == Initiator::Fetch { "fetch()" } else { "this browser" }
            ),
            R::UrlScheme => format!("{} has a scheme that is not fetched over HTTP.", self.led_to()),
            R::BadPort => format!("The port of {} is that of another protocol; browsers never connect to it.", self.led_to()),
            R::RedirectInErrorMode => format!("{url} redirects, and the request asks for no redirects."),
            R::RedirectLocation => {
                let lines = headers.map_or(0, |headers| headers.get_all(LOCATION).iter().count());
                match lines {
                    0 | 1 => format!("{url} redirects to {}, which is no URL.", value(headers, &LOCATION)),
                    _ => format!("{url} redirects with {lines} Location headers."),
                }
            }
            R::RedirectScheme => format!("{url} redirects to {}, which is not fetched over HTTP.", value(headers, &LOCATION)),
            R::TooManyRedirects => format!("{url} redirects once more after {MAX_REDIRECTS} redirects."),
            R::RedirectContainsCredentials => format!(
                "{url} redirects to {}, which carries a user name or password; across origins that is not followed.",
                value(headers, &LOCATION)
            ),
            R::RedirectBody => format!(
                "{url} redirects with a status that wants the body again, and the body was a stream, which is gone."
            ),
            R::ResourcePolicy(ResourcePolicyBlock::ByResource) => format!(
                "{host} says Cross-Origin-Resource-Policy: {}, which keeps the response from pages of {}.",
                value(headers, &http::HeaderName::from_static("cross-origin-resource-policy")),
                self.origin()
            ),
            R::ResourcePolicy(ResourcePolicyBlock::ByEmbedder) => format!(
                "The page embeds only what says that it may be embedded, and {host} does not say Cross-Origin-Resource-Policy: cross-origin."
            ),
            R::MixedContent => format!(
                "{} is insecure, and the page of {} came securely: what goes by http could be read and altered on the way, \
                 and is not sent.",
                self.led_to(), self.origin()
            ),
            R::ScriptMimeType => format!(
                "{url} answers with Content-Type: {}, which no script is of.",
                value(headers, &CONTENT_TYPE)
            ),
            R::Nosniff => {
                let own = match headers.is_some_and(|headers| headers.contains_key(CONTENT_TYPE)) {
                    true => format!("Content-Type: {}", value(headers, &CONTENT_TYPE)),
                    false => "no Content-Type".to_owned(),
                };
                format!(
                    "{url} answers with {own}, and by X-Content-Type-Options: nosniff that must be the type of {}.",
                    self.demanded_type().0
                )
            }
            R::Integrity if self.request.response_tainting() != ResponseTainting::Opaque => {
                format!("What {url} answers has not the hash that is demanded.")
            }
            R::Integrity => format!(
                "What {host} answers does not fit the hash that is demanded: it is other content, or script may not read it."
            ),
            R::KeepaliveBody => {
                let length = self.request.body_bytes.map_or_else(String::new, |length| format!(" of {length} bytes"));
                format!("The body{length} is longer than the {MAX_KEEPALIVE_BYTES} bytes that may outlive a page.")
            }
            R::ProxyAuthentication => format!("{host} answers with 407, which is for proxies to send."),
            R::UnaskedRange => format!("{host} answers with a range that was not asked for."),
            R::Transport => format!("{host} could not be reached, or did not answer in HTTP."),
            // What is added to the algorithm later tells of itself.
            other => format!("{url} can't be had: {other}."),
        }
    }

    fn cors_check_failed(&self, whose: &str, error: &CorsCheckError) -> String {
        let host = self.host();
        let origin = match self.is_tainted() {
            true => {
                format!("null, since redirects across origins took the page's origin {} away", self.origin())
            }
            false => self.sent_origin(),
        };
        let sentence = match error {
            CorsCheckError::AllowOriginMissing if self.refuses_preflight() => format!(
                "{whose} of {host} has no Access-Control-Allow-Origin, which must be {origin}; its Vary tells that the \
                 server knows preflights, so it refuses the origin, the method or a header"
            ),
            CorsCheckError::AllowOriginMissing => {
                format!("{whose} of {host} has no Access-Control-Allow-Origin, which must be {origin}")
            }
            CorsCheckError::AllowOriginWildcard => format!(
                "{whose} of {host} has Access-Control-Allow-Origin: *, and the request is with credentials, for \
                 which it must be {origin}"
            ),
            CorsCheckError::AllowOriginMismatch(value) => {
                let difference = match self.is_tainted() {
                    true => None,
                    false => crate::guilty::origin_difference(value, &origin).map(|(_, note)| note),
                };
                format!(
                    "{whose} of {host} has Access-Control-Allow-Origin: {}, which must be, to the byte, {origin}{}",
                    printable(value),
                    difference.map_or_else(String::new, |note| format!(": {note}"))
                )
            }
            CorsCheckError::AllowCredentials(None) => format!(
                "{whose} of {host} has no Access-Control-Allow-Credentials: true, and the request is with credentials"
            ),
            CorsCheckError::AllowCredentials(Some(value)) => format!(
                "{whose} of {host} has Access-Control-Allow-Credentials: {}, and the request is with credentials, \
                 for which it must be true, in lower case and once",
                printable(value)
            ),
        };
        let Some(answer) = self.last_answer().filter(|answer| !answer.status.is_success()) else {
            return format!("{sentence}.");
        };
        let status = answer.status.as_u16();
        match answer.headers.get(LOCATION).filter(|_| answer.status.is_redirection()) {
            // That a redirect is an answer like others is what people don't expect.
            Some(location) => {
                let location = printable(location.as_bytes());
                format!("{sentence}; it is a redirect, {status} to {location}, and those are checked, too.")
            }
            None if answer.status.is_redirection() => format!("{sentence}."),
            None => format!("{sentence}; its status is {status}."),
        }
    }

    /// Whether the last answer is that of a server that looked at a preflight, and permits nothing.
    fn refuses_preflight(&self) -> bool {
        let names = self.last_answer().map(|answer| answer.headers.get_all(VARY));
        let mut names = names.iter().flatten().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        self.exchanges.last().is_some_and(Exchange::is_preflight)
            && names.any(|name| {
                name.trim_ascii().eq_ignore_ascii_case(ACCESS_CONTROL_REQUEST_METHOD.as_str().as_bytes())
            })
    }

    pub(crate) fn with_credentials(&self) -> bool {
        self.request.credentials_mode == crossorigin::infrastructure::request::CredentialsMode::Include
    }

    /// What a response must be of where its type may not be guessed, and the type itself.
    pub(crate) fn demanded_type(&self) -> (&'static str, &'static str) {
        match self.initiator {
            Initiator::Stylesheet => ("a style sheet", "text/css"),
            _ => ("a script", "text/javascript"),
        }
    }

    /// Where it was led to, and stopped before anything was sent.
    fn led_to(&self) -> String {
        let led_to = self.steps.iter().rev().find_map(|step| match &step.event {
            Event::Redirected { location, .. } => Some(location.to_string()),
            _ => None,
        });
        led_to.unwrap_or_else(|| self.request.current_url().to_string())
    }

    /// The headers of the response that script would hardly expect to be hidden.
    fn hidden_headers(&self, shows: impl Fn(&http::HeaderName) -> bool) -> Vec<String> {
        let Some(answer) = self.last_answer() else { return Vec::new() };
        let is_own = |name: &str| {
            name.starts_with("access-control-")
                || is_cors_safelisted_response_header_name(name)
                || INFRASTRUCTURE.contains(&name)
        };
        answer
            .headers
            .keys()
            .filter(|name| !shows(name) && !is_own(name.as_str()))
            .map(ToString::to_string)
            .collect()
    }
}

/// Response headers that script hardly ever reads.
const INFRASTRUCTURE: [&str; 24] = [
    "set-cookie",
    "date",
    "server",
    "vary",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "accept-ranges",
    "via",
    "x-powered-by",
    "strict-transport-security",
    "content-encoding",
    "cf-ray",
    "cf-cache-status",
    "alt-svc",
    "age",
    "x-cache",
    "nel",
    "report-to",
    "x-content-type-options",
    "x-frame-options",
    "content-security-policy",
    "cross-origin-resource-policy",
    "timing-allow-origin",
];

fn value(headers: Option<&HeaderMap>, name: &http::HeaderName) -> String {
    headers.and_then(|headers| joined(headers, name)).map_or_else(String::new, |value| printable(&value))
}

/// What a list lists, for a sentence on what it lacks.
fn listed(
    shown: &str,
    headers: Option<&HeaderMap>,
    name: &http::HeaderName,
    with_credentials: bool,
) -> String {
    match headers.and_then(|headers| joined(headers, name)) {
        None => format!("it has no {shown}"),
        Some(value) if value.trim_ascii().is_empty() => format!("its {shown} is empty"),
        Some(value) if value == b"*" && with_credentials => {
            format!("its {shown} is *, which for requests with credentials is a mere name")
        }
        Some(value) if value == b"*" => format!("its {shown} is *, which does not cover it"),
        Some(value) => format!("its {shown} is {}", printable(&value)),
    }
}
