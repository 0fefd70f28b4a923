//! What a policy's `origins` may say of one or of many origins.

use std::fmt;

use super::problem::ProblemKind;
use crate::infrastructure::origin::{
    self, MAX_HOST_BYTES, SerializedOrigin, default_port, is_canonical_host, is_domain, is_scheme,
};

/// One origin, or a family of them: `https://app.example`, `https://*.app.example` (one label or more),
/// `http://localhost:*` (any port), `https://*.app.example:*`.
///
/// ```
/// use crossorigin::infrastructure::origin::SerializedOrigin;
/// use crossorigin::server::OriginPattern;
///
/// let pattern = OriginPattern::parse("https://*.app.example").unwrap();
/// assert!(pattern.matches(&SerializedOrigin::parse(b"https://a.b.app.example").unwrap()));
/// assert!(!pattern.matches(&SerializedOrigin::parse(b"https://app.example").unwrap()));
/// assert!(!pattern.matches(&SerializedOrigin::parse(b"https://evilapp.example").unwrap()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OriginPattern<'a> {
    pub(super) scheme: &'a str,
    pub(super) subdomains: bool,
    pub(super) host: &'a str,
    pub(super) port: PortPattern,
}

/// Which ports a pattern takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortPattern {
    /// The scheme's own, which origins leave out.
    Default,
    /// This one.
    Number(u16),
    /// Every one.
    Any,
}

impl<'a> OriginPattern<'a> {
    /// Reads a pattern. `*` and `null` are none: they say something of a whole policy.
    ///
    /// # Errors
    /// Why no browser would ever send an origin that it matches, or why it is too dangerous to be one.
    pub fn parse(text: &'a str) -> Result<Self, ProblemKind> {
        let (scheme, authority) = split_scheme(text)?;
        let (subdomains, authority) = match authority.strip_prefix("*.") {
            Some(parent) => (true, parent),
            None => (false, authority),
        };
        let (host, port) = origin::split_port(authority.as_bytes());
        let port = match port {
            None => PortPattern::Default,
            Some(b"*") => PortPattern::Any,
            Some(digits) => PortPattern::Number(origin::parse_port(digits).ok_or(ProblemKind::OriginPort)?),
        };
        let host = &authority[..host.len()];
        if host.contains('*') {
            return Err(ProblemKind::OriginWildcardPlace);
        }
        check_host(text, scheme, host, subdomains)?;
        if matches!(port, PortPattern::Number(number) if default_port(scheme.as_bytes()) == Some(number)) {
            let end = text.rfind(':').unwrap_or(text.len());
            return Err(ProblemKind::OriginDefaultPort { write: text[..end].into() });
        }
        Ok(Self { scheme, subdomains, host, port })
    }

    /// Whether it takes an origin in: the definition, which the faster
    /// [`OriginSet`](super::OriginSet) equals.
    pub fn matches(&self, origin: &SerializedOrigin<'_>) -> bool {
        let host = if self.subdomains {
            origin.host().strip_suffix(self.host.as_bytes()).is_some_and(|front| front.ends_with(b"."))
        } else {
            origin.host() == self.host.as_bytes()
        };
        let port = match self.port {
            PortPattern::Default => origin.port().is_none(),
            PortPattern::Number(number) => origin.port() == Some(number),
            PortPattern::Any => true,
        };
        host && port && origin.scheme() == self.scheme.as_bytes()
    }

    /// The scheme, without the colon.
    pub fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// Whether it takes in the host's subdomains, and not the host itself.
    pub fn has_subdomains(&self) -> bool {
        self.subdomains
    }

    /// The host, or the parent of the hosts that it takes in.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// Which ports it takes in.
    pub fn port(&self) -> PortPattern {
        self.port
    }

    /// Whether it stands for exactly one origin.
    pub fn is_exact(&self) -> bool {
        !self.subdomains && self.port != PortPattern::Any
    }

    /// Whether what it matches can be changed by anyone on the network: `http:`, loopback hosts excepted.
    /// [Source](https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy).
    pub fn is_insecure(&self) -> bool {
        let loopback = self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.host == "[::1]"
            || (self.host.starts_with("127.") && origin::is_canonical_ipv4(self.host.as_bytes()));
        self.scheme == "http" && !loopback
    }

    /// The public suffix, or the parent of one, whose registrable domains it takes in, if it does: with
    /// `https://*.github.io` that is anyone who opens an account, with `https://*.amazonaws.com` anyone who
    /// makes a bucket in `s3.amazonaws.com`.
    pub fn public_suffix(&self) -> Option<&'a str> {
        let is_listed = || {
            psl::suffix(self.host.as_bytes())
                .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == self.host.as_bytes())
        };
        (self.subdomains && (is_listed() || has_public_suffixes_below(self.host))).then_some(self.host)
    }
}

impl fmt::Display for OriginPattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, if self.subdomains { "*." } else { "" }, self.host)?;
        match self.port {
            PortPattern::Default => Ok(()),
            PortPattern::Number(number) => write!(f, ":{number}"),
            PortPattern::Any => f.write_str(":*"),
        }
    }
}

/// Whether the public suffix list has rules for names under a domain: `amazonaws.com` has `s3.amazonaws.com`.
fn has_public_suffixes_below(domain: &str) -> bool {
    // The list is a tree that is walked label by label, from the right. It asks for a label more than the domain
    // has just where there are rules that have more.
    let mut asked_for_more = false;
    let labels = domain.rsplit('.').map(str::as_bytes).chain(std::iter::from_fn(|| {
        asked_for_more = true;
        None
    }));
    psl::Psl::find(&psl::List, labels);
    asked_for_more
}

/// Parts a pattern at `://`, and refuses what is written around an origin rather than in it.
fn split_scheme(text: &str) -> Result<(&str, &str), ProblemKind> {
    if text.is_empty() {
        return Err(ProblemKind::OriginEmpty);
    }
    if text == "null" {
        return Err(ProblemKind::OriginNull);
    }
    if text.contains(|c: char| c.is_whitespace() || c == ',') {
        return Err(ProblemKind::OriginList);
    }
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:")) {
        return Err(ProblemKind::OriginFile);
    }
    let Some((scheme, authority)) = text.split_once("://") else {
        return Err(ProblemKind::OriginScheme);
    };
    if !is_scheme(scheme.to_ascii_lowercase().as_bytes()) {
        return Err(ProblemKind::OriginScheme);
    }
    if authority.contains('@') {
        return Err(ProblemKind::OriginUserinfo);
    }
    if let Some(end) = authority.find(['/', '?', '#', '\\']) {
        let kept = text.len() - authority.len() + end;
        return Err(ProblemKind::OriginPath { write: mended(&text[..kept]) });
    }
    if !authority.is_ascii() {
        return Err(ProblemKind::OriginUnicode { write: canonical(text) });
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(ProblemKind::OriginUpperCase { write: mended(&text.to_ascii_lowercase()) });
    }
    Ok((scheme, authority))
}

fn check_host(text: &str, scheme: &str, host: &str, subdomains: bool) -> Result<(), ProblemKind> {
    let bytes = host.as_bytes();
    if subdomains && (host.starts_with('[') || origin::ends_in_a_number(bytes)) {
        return Err(ProblemKind::OriginWildcardAddress);
    }
    // A wildcard adds a label and a dot at the least.
    if bytes.len() + if subdomains { 2 } else { 0 } > MAX_HOST_BYTES {
        return Err(ProblemKind::OriginHost);
    }
    if !is_canonical_host(scheme.as_bytes(), bytes) {
        let address = host.starts_with('[') || origin::ends_in_a_number(bytes);
        return Err(match canonical(text) {
            Some(write) if address => ProblemKind::OriginAddress { write },
            _ => ProblemKind::OriginHost,
        });
    }
    if is_domain(bytes)
        && host.contains("xn--")
        && url::Host::parse(host).map(|parsed| parsed.to_string()).as_deref() != Ok(host)
    {
        return Err(ProblemKind::OriginHost);
    }
    Ok(())
}

/// What is to be written for a text of which one thing is mended already: other things may be wrong with it.
fn mended(text: &str) -> String {
    match OriginPattern::parse(text) {
        Err(
            ProblemKind::OriginUpperCase { write }
            | ProblemKind::OriginDefaultPort { write }
            | ProblemKind::OriginAddress { write }
            | ProblemKind::OriginUnicode { write: Some(write) },
        ) => write,
        _ => text.to_owned(),
    }
}

/// The pattern with its host as browsers would serialize it, where there is such a form.
fn canonical(text: &str) -> Option<String> {
    let (scheme, authority) = text.split_once("://")?;
    let (front, authority) = match authority.strip_prefix("*.") {
        Some(parent) => ("*.", parent),
        None => ("", authority),
    };
    let (host, port) = match authority.rfind(':').filter(|&colon| !authority[colon..].contains(']')) {
        Some(colon) => authority.split_at(colon),
        None => (authority, ""),
    };
    let host = url::Host::parse(host).ok()?.to_string();
    let written = format!("{}://{front}{host}{port}", scheme.to_ascii_lowercase());
    // Parsing asks for the canonical form again where it fails: what is its own ends that.
    (written != text && OriginPattern::parse(&written).is_ok()).then_some(written)
}
