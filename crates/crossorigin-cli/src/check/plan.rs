//! From flags and described requests to requests as a page makes them.

use bytes::Bytes;
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::methods::is_cors_safelisted_method;
use crossorigin::infrastructure::request::{BodyKind, Destination, Mode, Request};
use crossorigin::infrastructure::request_headers::guard_request_no_cors;
use crossorigin_inputs::{Described, MAX_HEADERS, Recorded};
use crossorigin_verdict::shell_word;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};

use super::arguments::{Check, Credentials, Resolve};
use super::cookies::cookies;
use super::usage::{Usage, usage};

/// One request that is to be judged.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Where it is from, such as `page.har, entry 3`; `None` where there is only one.
    pub(super) label: Option<String>,
    /// Who begins it.
    pub(super) initiator: Initiator,
    /// The request as it begins.
    pub(super) request: Request,
    pub(super) body: Option<Bytes>,
    /// What the browser holds for the URL, as `Set-Cookie` would set it.
    pub(super) cookies: Vec<String>,
    /// The answers, where a file holds them.
    pub(super) recorded: Option<Vec<Recorded>>,
    /// Whether the preflight alone is sent.
    pub(super) preflight_only: bool,
    /// Whether a policy file answers, and no server.
    pub(super) is_simulated: bool,
    /// What curl has to be told to connect as the flags say, each with a blank before it.
    pub(super) curl_options: String,
    /// What was left out of the input or read into it.
    pub(super) notes: Vec<String>,
}

impl Check {
    /// The request that an input describes, with the flags over it.
    pub(super) fn plan(
        &self,
        described: Described,
        label: Option<String>,
        recorded: Option<Vec<Recorded>>,
    ) -> Result<Plan, Usage> {
        let Described { url, headers, mut notes, .. } = described;
        let from = self.from.as_ref().map(|page| page.origin.clone()).or(described.from);
        let Some(from) = from else {
            return usage(format!(
                "nothing says which page asks for {url}; add its origin, such as --from https://app.example"
            ));
        };
        let initiator = self.initiator.or(described.initiator).unwrap_or(Initiator::Fetch);
        let has_user = !url.username().is_empty() || url.password().is_some();
        if initiator == Initiator::Fetch && has_user && recorded.is_none() {
            return usage("fetch() throws for a URL with a user name or password; leave them out");
        }
        self.check_initiator(initiator)?;
        let mode = self.mode.map(Into::into).or(described.mode);
        // An element that is known to have asked by CORS has the attribute.
        let by_mode = if mode == Some(Mode::Cors) { CorsSettings::Anonymous } else { CorsSettings::NoCors };
        let settings = self.crossorigin.map_or(by_mode, Into::into);
        let mut request = initiator.request(from, url, settings);
        if let Some(mode) = mode {
            request.mode = mode;
        }
        if let Some(credentials) = self.credentials.map(Into::into).or(described.credentials) {
            request.credentials_mode = credentials;
        }
        if let Some(redirect) = self.redirect.map(Into::into).or(described.redirect) {
            request.redirect_mode = redirect;
        }
        request.use_cors_preflight = self.upload_listener;

        let body = self.body()?.or(described.body.map(Bytes::from));
        if body.is_some() {
            request.body = BodyKind::Replayable;
            request.body_bytes = body.as_ref().map(|body| body.len() as u64);
        }
        let method = self.method.clone().or(described.method);
        request.method = match method {
            Some(method) => method,
            None if body.is_some() => Method::POST,
            None => request.method,
        };
        if body.is_some() && matches!(request.method, Method::GET | Method::HEAD) {
            return usage(format!(
                "{} throws for a body with {}; add -X POST, or leave --data out",
                written(initiator),
                request.method
            ));
        }
        request.headers = headers;
        for (name, value) in &self.headers {
            if request.headers.len() >= MAX_HEADERS {
                return usage(format!("there are more than {MAX_HEADERS} headers; leave some out"));
            }
            request.headers.append(name, value.clone());
        }
        if body.is_some() && !request.headers.contains_key(CONTENT_TYPE) && self.data.is_some() {
            // https://fetch.spec.whatwg.org/#concept-bodyinit-extract
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
        }
        if mode.is_none() {
            initiator.settle(&mut request);
        }
        if request.mode == Mode::NoCors {
            guard_no_cors(&mut request, initiator, &mut notes)?;
        }
        let mut set = Vec::new();
        // A browser sent these, so that they are for this request, whatever their attributes; what only an old one
        // would keep is left out.
        for sent in described.cookies.iter().flat_map(|cookies| cookies.split(';')) {
            set.extend(cookies(sent, request.current_url(), &mut Vec::new()).unwrap_or_default());
        }
        for given in &self.cookies {
            set.extend(cookies(given, request.current_url(), &mut notes)?);
        }
        Ok(Plan {
            cookies: set,
            label,
            initiator,
            request,
            body,
            preflight_only: self.preflight_only || (described.is_of_preflight && recorded.is_none()),
            recorded,
            is_simulated: self.policy.is_some(),
            curl_options: self.curl_options(),
            notes,
        })
    }

    /// Flags that don't go with who asks.
    fn check_initiator(&self, initiator: Initiator) -> Result<(), Usage> {
        let who = written(initiator);
        if self.crossorigin.is_some() && !initiator.has_cors_settings() {
            return usage(format!(
                "{who} has no crossorigin attribute; leave --crossorigin out, or use another --as"
            ));
        }
        if self.upload_listener && initiator != Initiator::Xhr {
            return usage(format!("{who} has no upload progress to listen for; add --as xhr"));
        }
        let by_script = matches!(initiator, Initiator::Fetch | Initiator::Xhr);
        if !by_script && !self.headers.is_empty() {
            return usage(format!("script sets no headers on {who}; leave -H out, or use --as fetch"));
        }
        if initiator != Initiator::Fetch && self.redirect.is_some() {
            return usage(format!("{who} follows redirects; leave --redirect out, or use --as fetch"));
        }
        if initiator == Initiator::Xhr && matches!(self.credentials, Some(Credentials::Omit)) {
            return usage(format!("{who} has withCredentials alone: --credentials include, or same-origin"));
        }
        let always_cors = matches!(initiator, Initiator::Xhr | Initiator::EventSource | Initiator::Module);
        if always_cors && self.mode.is_some_and(|mode| Mode::from(mode) != Mode::Cors) {
            return usage(format!("{who} is always of the mode cors; leave --mode out, or use --as fetch"));
        }
        if !by_script && self.method.is_some() {
            return usage(format!("{who} chooses its method itself; leave -X out, or use --as fetch"));
        }
        if !by_script && initiator != Initiator::Beacon && self.data.is_some() {
            return usage(format!("{who} sends no body; leave --data out, or use --as fetch"));
        }
        Ok(())
    }

    fn curl_options(&self) -> String {
        let resolve = self.resolve.iter().map(|Resolve { host, port, address }| {
            let address = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            format!(" --resolve {}", shell_word(format!("{host}:{port}:{address}").as_bytes()))
        });
        let cacert = self
            .cacert
            .iter()
            .map(|file| format!(" --cacert {}", shell_word(file.as_os_str().as_encoded_bytes())));
        resolve.chain(cacert).collect()
    }

    fn body(&self) -> Result<Option<Bytes>, Usage> {
        let Some(data) = &self.data else { return Ok(None) };
        let Some(file) = data.strip_prefix('@') else { return Ok(Some(data.clone().into())) };
        match std::fs::read(file) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) => usage(format!("--data @{file}: {error}; name a file that can be read")),
        }
    }
}

/// Script can set few things on a request of mode no-cors.
/// [Source](https://fetch.spec.whatwg.org/#headers-class).
fn guard_no_cors(request: &mut Request, initiator: Initiator, notes: &mut Vec<String>) -> Result<(), Usage> {
    if !is_cors_safelisted_method(request.method.as_str().as_bytes()) {
        let (who, method) = (written(initiator), &request.method);
        return usage(format!(
            "{who} throws for {method} in the mode no-cors; use --mode cors, or GET, HEAD or POST"
        ));
    }
    // A beacon's type is no header that script sets: it is what asks for permission there.
    for name in guard_request_no_cors(&mut request.headers, initiator.destination() == Destination::Empty) {
        notes.push(format!("{name} was left out: in the mode no-cors, browsers drop it without a word"));
    }
    Ok(())
}

/// Who asks, as people write it.
fn written(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Fetch => "fetch()",
        Initiator::Xhr => "XMLHttpRequest",
        Initiator::EventSource => "EventSource",
        Initiator::Beacon => "sendBeacon()",
        Initiator::Image => "<img>",
        Initiator::Video => "<video>",
        Initiator::Audio => "<audio>",
        Initiator::Track => "<track>",
        Initiator::Script => "<script>",
        Initiator::Module => "a module script",
        Initiator::Stylesheet => "<link rel=stylesheet>",
        Initiator::Font => "@font-face",
        Initiator::FontFace => "FontFace",
        Initiator::CssShape => "shape-outside",
        Initiator::CssMask => "mask-image",
        Initiator::WebGlTexture => "a texture's image",
        _ => "a navigation",
    }
}
