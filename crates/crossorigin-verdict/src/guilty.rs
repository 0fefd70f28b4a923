//! Where the fault is to be seen, to the byte.

use std::ops::Range;

use crossorigin::fetching::NetworkErrorReason;
use crossorigin::fetching::cors_check::CorsCheckError;
use crossorigin::fetching::cross_origin_resource_policy::ResourcePolicyBlock;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, LOCATION,
};
use http::{HeaderMap, HeaderName};

use crate::heads::{header_line, printable};
use crate::record::{Exchange, Record};

/// A line at fault, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guilty {
    /// Which of the record's exchanges it is of; `None` where nothing was sent.
    pub exchange: Option<usize>,
    /// The line as it is shown: of the response's head, or the request's URL.
    pub line: String,
    /// The bytes of the line that a caret goes under. Where a header is missing that is the end of the line
    /// after which it should stand.
    pub range: Range<usize>,
    /// What is wrong there, in a few words.
    pub note: String,
    /// The line as it should be.
    pub wanted: Option<String>,
}

impl Record {
    /// The line at fault; `None` where there is none, or no response.
    pub fn guilty(&self) -> Option<Guilty> {
        use NetworkErrorReason as R;
        let reason = self.reason()?;
        match reason {
            R::CorsCheck(error) | R::PreflightCorsCheck(error) => self.guilty_of_cors_check(error),
            R::PreflightStatus(301 | 302 | 303 | 307 | 308) => {
                self.status("a preflight is never redirected", "204 No Content")
            }
            R::PreflightStatus(_) => self.status("not from 200 to 299", "204 No Content"),
            R::PreflightAllowMethodsSyntax => {
                self.bad_item(&ACCESS_CONTROL_ALLOW_METHODS, "no method", &self.asked_method())
            }
            R::PreflightAllowHeadersSyntax => {
                let names = self.asked_headers();
                self.bad_item(&ACCESS_CONTROL_ALLOW_HEADERS, "no header name", &names)
            }
            R::PreflightMethod => self.unlisted(&ACCESS_CONTROL_ALLOW_METHODS, &self.asked_method()),
            R::PreflightHeader(name) => self.unlisted(&ACCESS_CONTROL_ALLOW_HEADERS, name.as_str()),
            R::RedirectInErrorMode => self.status("a redirect, and the request asks for none", "200 OK"),
            R::RedirectBody => self.status("wants the body again", "303 See Other"),
            R::RedirectLocation => self.whole_value(&LOCATION, "no URL, or not one", None),
            R::RedirectScheme => {
                let scheme = |value: &str| 0..value.find(':').unwrap_or(value.len());
                self.part_of_value(&LOCATION, scheme, "neither http nor https", None)
            }
            R::TooManyRedirects => self.whole_value(&LOCATION, "the twenty-first redirect", None),
            R::RedirectContainsCredentials => {
                let userinfo = |value: &str| {
                    let start = value.find("//").map_or(0, |at| at + 2);
                    start..value[start..].find('@').map_or(value.len(), |at| start + at)
                };
                self.part_of_value(&LOCATION, userinfo, "a user name or password", None)
            }
            R::ResourcePolicy(ResourcePolicyBlock::ByResource) => self.whole_value(
                &RESOURCE_POLICY,
                "keeps the response from pages of other origins",
                Some("cross-origin"),
            ),
            R::ResourcePolicy(ResourcePolicyBlock::ByEmbedder) => {
                self.missing(&RESOURCE_POLICY, "cross-origin")
            }
            R::CrossOriginInSameOriginMode => self.part_of_url("another origin than the page's", |url| {
                0..url[..url::Position::BeforePath].len()
            }),
            R::UrlContainsCredentials => self.part_of_url("a user name or password", |url| {
                // The `@` before the host is theirs, and no more.
                url[..url::Position::BeforeUsername].len()..url[..url::Position::BeforeHost].len() - 1
            }),
            R::UrlScheme => self.part_of_url("not fetched over HTTP", |url| 0..url.scheme().len()),
            R::BadPort => self.part_of_url("a port of another protocol", |url| {
                let before = url[..url::Position::BeforePort].len();
                before..before + url[url::Position::BeforePort..url::Position::AfterPort].len()
            }),
            R::MixedContent => {
                let mut guilty =
                    self.part_of_url("insecure, and the page came securely", |url| 0..url.scheme().len())?;
                guilty.wanted = Some(guilty.line.replacen("http:", "https:", 1));
                Some(guilty)
            }
            R::ScriptMimeType => self.whole_value(&CONTENT_TYPE, "no script's type", Some("text/javascript")),
            R::Nosniff => {
                let (what, wanted) = self.demanded_type();
                match self.lines(&CONTENT_TYPE) {
                    0 => self.missing(&CONTENT_TYPE, wanted),
                    _ => self.whole_value(&CONTENT_TYPE, &format!("not the type of {what}"), Some(wanted)),
                }
            }
            R::UnaskedRange => self.status("a range that was not asked for", "200 OK"),
            _ => None,
        }
    }

    fn guilty_of_cors_check(&self, error: &CorsCheckError) -> Option<Guilty> {
        let origin = self.sent_origin();
        let origin = match (self.is_tainted(), self.with_credentials()) {
            (false, _) => origin.as_str(),
            // Nobody should share with null, which every sandbox has.
            (true, false) => "*",
            (true, true) => return self.whole_value(&ACCESS_CONTROL_ALLOW_ORIGIN, TAINTED, None),
        };
        match error {
            CorsCheckError::AllowOriginMissing => self.missing(&ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            CorsCheckError::AllowOriginMismatch(_) if self.is_tainted() => {
                self.whole_value(&ACCESS_CONTROL_ALLOW_ORIGIN, TAINTED, Some(origin))
            }
            CorsCheckError::AllowOriginWildcard => self.whole_value(
                &ACCESS_CONTROL_ALLOW_ORIGIN,
                "with credentials the wildcard does not count",
                Some(origin),
            ),
            CorsCheckError::AllowOriginMismatch(_) => {
                if self.lines(&ACCESS_CONTROL_ALLOW_ORIGIN) > 1 {
                    return self.second_line(&ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                }
                let value = self.value(&ACCESS_CONTROL_ALLOW_ORIGIN)?;
                let (range, note) = origin_difference(value.as_bytes(), origin)?;
                self.part_of_value(&ACCESS_CONTROL_ALLOW_ORIGIN, |_| range.clone(), note, Some(origin))
            }
            CorsCheckError::AllowCredentials(None) => self.missing(&ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
            CorsCheckError::AllowCredentials(Some(_)) => {
                if self.lines(&ACCESS_CONTROL_ALLOW_CREDENTIALS) > 1 {
                    return self.second_line(&ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
                }
                let value = self.value(&ACCESS_CONTROL_ALLOW_CREDENTIALS)?;
                let note = if value.eq_ignore_ascii_case("true") { "not in lower case" } else { "not true" };
                self.whole_value(&ACCESS_CONTROL_ALLOW_CREDENTIALS, note, Some("true"))
            }
        }
    }

    fn headers(&self) -> Option<&HeaderMap> {
        self.last_answer().map(|answer| &answer.headers)
    }

    fn lines(&self, name: &HeaderName) -> usize {
        self.headers().map_or(0, |headers| headers.get_all(name).iter().count())
    }

    /// The value of a header's first line, as it is shown.
    fn value(&self, name: &HeaderName) -> Option<String> {
        self.headers()?.get(name).map(|value| printable(value.as_bytes()))
    }

    pub(crate) fn asked_method(&self) -> String {
        self.exchanges
            .last()
            .map_or_else(|| self.request.method.to_string(), |asked| self.asked_method_of(asked))
    }

    /// The method that a preflight asks for.
    pub(crate) fn asked_method_of(&self, preflight: &Exchange) -> String {
        let asked = preflight.request.headers.get(ACCESS_CONTROL_REQUEST_METHOD);
        asked.map_or_else(|| self.request.method.to_string(), |method| printable(method.as_bytes()))
    }

    pub(crate) fn asked_headers(&self) -> String {
        let asked = self
            .exchanges
            .last()
            .and_then(|exchange| exchange.request.headers.get(http::header::ACCESS_CONTROL_REQUEST_HEADERS));
        asked.map_or_else(String::new, |names| printable(names.as_bytes()))
    }

    fn at(
        &self,
        line: String,
        range: Range<usize>,
        note: impl Into<String>,
        wanted: Option<String>,
    ) -> Option<Guilty> {
        let exchange = self.exchanges.len().checked_sub(1);
        Some(Guilty { exchange, line, range, note: note.into(), wanted })
    }

    fn status(&self, note: &str, wanted: &str) -> Option<Guilty> {
        let line = self.last_answer()?.status_line();
        let start = line.find(' ').map_or(0, |at| at + 1);
        let wanted = format!("{}{wanted}", &line[..start]);
        self.at(line.clone(), start..start + 3, note, Some(wanted))
    }

    /// A header that is not there: the caret goes to the end of the last header of its kind, or of the status.
    fn missing(&self, name: &HeaderName, value: &str) -> Option<Guilty> {
        let answer = self.last_answer()?;
        let kin =
            answer.headers.iter().filter(|(other, _)| other.as_str().starts_with("access-control-")).last();
        let line =
            kin.map_or_else(|| answer.status_line(), |(name, value)| header_line(name, value.as_bytes()));
        let wanted = header_line(name, value.as_bytes());
        self.at(line.clone(), line.len()..line.len(), format!("no {name} among the headers"), Some(wanted))
    }

    fn part_of_value(
        &self,
        name: &HeaderName,
        part: impl Fn(&str) -> Range<usize>,
        note: &str,
        wanted: Option<&str>,
    ) -> Option<Guilty> {
        let value = self.value(name)?;
        let line = header_line(name, value.as_bytes());
        let (part, before) = (part(&value), line.len() - value.len());
        let wanted = wanted.map(|wanted| header_line(name, wanted.as_bytes()));
        self.at(line, before + part.start..before + part.end, note, wanted)
    }

    fn whole_value(&self, name: &HeaderName, note: &str, wanted: Option<&str>) -> Option<Guilty> {
        self.part_of_value(name, |value| 0..value.len(), note, wanted)
    }

    /// The line of a header that there should be only one of.
    fn second_line(&self, name: &HeaderName, wanted: &str) -> Option<Guilty> {
        let second = self.headers()?.get_all(name).iter().nth(1)?;
        let line = header_line(name, second.as_bytes());
        let note = format!("{name} stands {} times", self.lines(name));
        self.at(line.clone(), 0..line.len(), note, Some(header_line(name, wanted.as_bytes())))
    }

    /// The item of a list that is no token.
    fn bad_item(&self, name: &HeaderName, note: &str, wanted: &str) -> Option<Guilty> {
        let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let values = self.headers()?.get_all(name);
        for value in values {
            let value = printable(value.as_bytes());
            let mut start = 0;
            for item in value.split(',') {
                let trimmed = item.trim();
                if !trimmed.bytes().all(is_token_byte) {
                    let line = header_line(name, value.as_bytes());
                    let from = line.len() - value.len() + start + (item.len() - item.trim_start().len());
                    let wanted = (!wanted.is_empty()).then(|| header_line(name, wanted.as_bytes()));
                    return self.at(line, from..from + trimmed.len(), note, wanted);
                }
                start += item.len() + 1;
            }
        }
        None
    }

    /// A list that lacks an item.
    fn unlisted(&self, name: &HeaderName, item: &str) -> Option<Guilty> {
        let values: Vec<String> =
            self.headers()?.get_all(name).iter().map(|value| printable(value.as_bytes())).collect();
        let Some(last) = values.last() else { return self.missing(name, item) };
        // The right word in another case, or the wildcard that does not cover it, is where to look.
        for value in &values {
            let line = header_line(name, value.as_bytes());
            let mut start = line.len() - value.len();
            for listed in value.split(',') {
                let trimmed = listed.trim();
                let from = start + (listed.len() - listed.trim_start().len());
                let (note, wanted) = match trimmed {
                    "*" if self.with_credentials() => (
                        format!("with credentials the wildcard does not count: name {item}"),
                        item.to_owned(),
                    ),
                    "*" => {
                        (format!("the wildcard does not cover {item}: name it"), format!("{value}, {item}"))
                    }
                    _ if *name == ACCESS_CONTROL_ALLOW_METHODS && trimmed.eq_ignore_ascii_case(item) => {
                        (format!("methods count case: {item}"), value.replacen(trimmed, item, 1))
                    }
                    _ => {
                        start += listed.len() + 1;
                        continue;
                    }
                };
                let wanted = header_line(name, wanted.as_bytes());
                return self.at(line, from..from + trimmed.len(), note, Some(wanted));
            }
        }
        let line = header_line(name, last.as_bytes());
        let wanted = if last.trim().is_empty() { item.to_owned() } else { format!("{last}, {item}") };
        let (end, wanted) = (line.len(), header_line(name, wanted.as_bytes()));
        self.at(line, end..end, format!("{item} is missing"), Some(wanted))
    }

    fn part_of_url(&self, note: &str, part: impl Fn(&url::Url) -> Range<usize>) -> Option<Guilty> {
        use crossorigin::fetching::trace::Event;
        let redirected = self.steps.iter().rev().find_map(|step| match &step.event {
            Event::Redirected { location, .. } => Some(location),
            _ => None,
        });
        let url = redirected.unwrap_or(self.request.current_url());
        let (line, range) = (url.to_string(), part(url));
        Some(Guilty { exchange: None, line, range, note: note.to_owned(), wanted: None })
    }
}

const TAINTED: &str = "redirects across origins made the request's origin null";

static RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Where a value first differs from the origin that it should be, and in what; `None` where it does not.
pub(crate) fn origin_difference(value: &[u8], origin: &str) -> Option<(Range<usize>, &'static str)> {
    let text = printable(value);
    if text == origin {
        return None;
    }
    let all = 0..text.len();
    if text.is_empty() {
        return Some((all, "it is empty"));
    }
    if let Some(at) = text.find(',') {
        return Some((at..text.len(), "it holds more than one value, and only one counts"));
    }
    if text.trim().contains(' ') {
        let at = text.find(' ').unwrap_or_default();
        return Some((at..text.len(), "it holds more than one value, and only one counts"));
    }
    if let Some(rest) = text.strip_prefix(origin) {
        let range = origin.len()..text.len();
        return Some(match rest {
            "/" => (range, "an origin has no slash at its end"),
            _ if rest.starts_with('/') => (range, "an origin has no path"),
            _ if rest.starts_with(':') => (range, "an origin has no default port"),
            _ => (range, "it goes on after the origin"),
        });
    }
    if text.eq_ignore_ascii_case(origin) {
        let differs =
            text.bytes().zip(origin.bytes()).position(|(one, other)| one != other).unwrap_or_default();
        return Some((differs..differs + 1, "an origin is in lower case"));
    }
    if text.contains('*') && text != "*" {
        let at = text.find('*').unwrap_or_default();
        return Some((at..at + 1, "browsers know no patterns: a * stands for all, or for itself"));
    }
    if text == "null" {
        return Some((all, "null is the origin of sandboxes and local files, not of this page"));
    }
    if origin == "null" {
        return Some((all, "the request was sent with the origin null"));
    }
    let (own, wanted) = (text.split_once("://"), origin.split_once("://"));
    match (own, wanted) {
        (None, Some((_, host))) if text == host => Some((0..0, "the scheme is missing")),
        (Some((scheme, host)), Some((wanted_scheme, wanted_host))) if scheme != wanted_scheme => {
            if host == wanted_host {
                Some((0..scheme.len(), "another scheme is another origin"))
            } else {
                Some((all, "another origin"))
            }
        }
        (Some((scheme, host)), Some((_, wanted_host))) => {
            let (host_name, wanted_name) = (without_port(host), without_port(wanted_host));
            let start = scheme.len() + 3;
            if host_name == wanted_name {
                Some((start + host_name.len()..text.len(), "another port is another origin"))
            } else {
                Some((start..start + host_name.len(), "another host is another origin"))
            }
        }
        _ => Some((all, "another origin")),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
