//! One cookie, as a server sets it: what of it counts, and what is refused.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cookie_store::{CookieDomain, CookieExpiration, CookiePath, RawCookie};
use http::HeaderValue;
use url::{Host, Url};

use crate::referrer::is_potentially_trustworthy;

/// The longest cookie that is kept, name and value together, in bytes.
pub const MAX_COOKIE_BYTES: usize = 4096;
/// The longest attribute of a cookie that counts, in bytes.
/// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-the-set-cookie-header-field-2).
pub const MAX_COOKIE_ATTRIBUTE_BYTES: usize = 1024;

/// The end of the year 9999, beyond which dates can't be written.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

/// A cookie that may be kept.
#[derive(Clone, Debug)]
pub(super) struct Cookie {
    pub(super) name: String,
    /// Name and value, as `Cookie` says them.
    pub(super) pair: HeaderValue,
    pub(super) domain: CookieDomain,
    pub(super) path: CookiePath,
    pub(super) is_secure: bool,
    /// Whether scripts must not see it.
    pub(super) is_http_only: bool,
    pub(super) same_site: SameSite,
    /// When it ends; `None` for never, since an agent has one session.
    pub(super) expires: Option<SystemTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SameSite {
    Strict,
    Lax,
    None,
}

impl SameSite {
    /// What `SameSite` says; `Lax` where it says nothing, as in Chromium.
    pub(super) fn of(cookie: &RawCookie<'_>) -> Self {
        match cookie.same_site() {
            Some(said) if said.is_strict() => Self::Strict,
            Some(said) if said.is_none() => Self::None,
            _ => Self::Lax,
        }
    }
}

/// A name and a value, as `Cookie` says them.
fn pair_of(name: &str, value: &str) -> String {
    if name.is_empty() { value.to_owned() } else { format!("{name}={value}") }
}

impl Cookie {
    /// What comes of a line that sets a cookie, which may have a value alone.
    /// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-the-set-cookie-header-field).
    ///
    /// # Errors
    /// Why browsers refuse it.
    pub(super) fn read(line: &str, url: &Url) -> Result<Self, &'static str> {
        let end = line.find(';').unwrap_or(line.len());
        let (pair, attributes) = line.split_at(end);
        let value = match pair.split_once('=') {
            None => pair,
            Some((name, value)) if name.trim().is_empty() => value,
            Some(_) => {
                let parsed = RawCookie::parse(line.to_owned()).map_err(|_| "it can't be read")?;
                return Self::new(parsed, url);
            }
        };
        let value = value.trim();
        if value.is_empty() {
            return Err("it has neither a name nor a value");
        }
        // A server would take it for one that has this name.
        let lower = value.to_ascii_lowercase();
        if lower.starts_with("__secure-") || lower.starts_with("__host-") {
            return Err("it has no name, and its value begins as a name that needs Secure");
        }
        let named = format!("name={value}{attributes}");
        let mut parsed = RawCookie::parse(named).map_err(|_| "it can't be read")?;
        parsed.set_name("");
        Self::new(parsed, url)
    }

    /// What comes of a cookie that is set by this URL.
    /// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-storage-model).
    ///
    /// # Errors
    /// Why browsers refuse it.
    pub(super) fn new(mut cookie: RawCookie<'static>, url: &Url) -> Result<Self, &'static str> {
        if cookie.name().len() + cookie.value().len() > MAX_COOKIE_BYTES {
            return Err("it is longer than 4096 bytes");
        }
        let Ok(mut pair) = HeaderValue::try_from(pair_of(cookie.name(), cookie.value())) else {
            return Err("it has a control character");
        };
        pair.set_sensitive(true);
        let is_long = |said: Option<&str>| said.is_some_and(|said| said.len() > MAX_COOKIE_ATTRIBUTE_BYTES);
        if is_long(cookie.domain()) {
            cookie.unset_domain();
        }
        if is_long(cookie.path()) {
            cookie.unset_path();
        }
        let is_secure = cookie.secure().unwrap_or(false);
        if is_secure && !is_potentially_trustworthy(url) {
            return Err("it is Secure, and the URL is not");
        }
        let same_site = SameSite::of(&cookie);
        if same_site == SameSite::None && !is_secure {
            return Err("it has SameSite=None, which needs Secure");
        }
        let name = cookie.name().to_ascii_lowercase();
        if name.starts_with("__secure-") && !is_secure {
            return Err("its name begins with __Secure-, which needs Secure");
        }
        let is_of_host = is_secure && cookie.domain().is_none() && cookie.path() == Some("/");
        if name.starts_with("__host-") && !is_of_host {
            return Err("its name begins with __Host-, which needs Secure, Path=/ and no Domain");
        }
        leave_public_suffix(&mut cookie, url)?;
        let Ok(parsed) = cookie_store::Cookie::try_from_raw_cookie(&cookie, url) else {
            return Err("its Domain is not that of the URL");
        };
        let expires = match parsed.expires {
            CookieExpiration::AtUtc(time) => Some(SystemTime::from(time)),
            CookieExpiration::SessionEnd => None,
        };
        let name = cookie.name().to_owned();
        let is_http_only = cookie.http_only().unwrap_or(false);
        let (domain, path) = (parsed.domain, parsed.path);
        Ok(Self { name, pair, domain, path, is_secure, is_http_only, same_site, expires })
    }

    /// The cookie as `Set-Cookie` would set it, and a URL by which it may.
    pub(super) fn as_set(&self) -> Option<(Url, String)> {
        // By https, all may be set, and to all schemes they go.
        let url = Url::parse(&format!("https://{}/", domain(&self.domain))).ok()?;
        let pair = std::str::from_utf8(self.pair.as_bytes()).ok()?;
        let mut text = if self.name.is_empty() { format!("={pair}") } else { pair.to_owned() };
        if let CookieDomain::Suffix(domain) = &self.domain {
            let _ = write!(text, "; Domain={domain}");
        }
        let _ = write!(text, "; Path={}", &*self.path);
        if self.is_secure {
            text.push_str("; Secure");
        }
        if self.is_http_only {
            text.push_str("; HttpOnly");
        }
        text.push_str(match self.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        });
        if let Some(expires) = self.expires {
            let expires = expires.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST_DATE);
            let _ = write!(text, "; Expires={}", httpdate::fmt_http_date(expires));
        }
        Some((url, text))
    }

    pub(super) fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// Whether the two can't be kept both.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.domain == other.domain && self.path == other.path
    }

    /// Whether this one, of a page that anybody on the way can change, would go where a cookie goes that nobody
    /// must change.
    pub(super) fn shadows(&self, secure: &Self) -> bool {
        let (own, other) = (domain(&self.domain), domain(&secure.domain));
        secure.is_secure
            && self.name == secure.name
            && (domain_matches(own, other) || domain_matches(other, own))
            && path_matches(&self.path, &secure.path)
    }
}

/// Nobody sets cookies for all of a public suffix; the suffix itself may for itself.
fn leave_public_suffix(cookie: &mut RawCookie<'_>, url: &Url) -> Result<(), &'static str> {
    let Some(domain) = cookie.domain().map(|domain| domain.trim_start_matches('.').to_ascii_lowercase())
    else {
        return Ok(());
    };
    let is_address = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    if !is_address && psl::suffix_str(&domain) == Some(domain.as_str()) {
        if Some(domain.as_str()) != url.host_str() {
            return Err("its Domain is a public suffix");
        }
        cookie.unset_domain();
    }
    Ok(())
}

/// The domain's name, be it for the host alone or for what is below it too.
pub(super) fn domain(domain: &CookieDomain) -> &str {
    match domain {
        CookieDomain::HostOnly(name) | CookieDomain::Suffix(name) => name,
        CookieDomain::NotPresent | CookieDomain::Empty => "",
    }
}

/// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-domain-matching).
fn domain_matches(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-paths-and-path-match).
fn path_matches(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || above.ends_with('/') || rest.starts_with('/'))
}
