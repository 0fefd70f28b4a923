//! The cookies that are kept: which one replaces which, and which go when there are too many.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::SystemTime;

use url::Url;

use super::cookie::{Cookie, domain};
use crate::referrer::is_potentially_trustworthy;

/// The most cookies that an agent keeps, as the standard suggests.
/// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-storage-model).
pub const MAX_COOKIES: usize = 3000;
/// The most cookies that an agent keeps of a site, that is of a registrable domain with all that is below it; as
/// many as Chromium and Firefox.
pub const MAX_COOKIES_PER_SITE: usize = 180;

/// Why a cookie is not kept that was good once.
pub(super) const EXPIRED: &str = "it has expired";

/// Cookies by site. Of one site, those that are not `Secure` go first where there are too many, and of all sites
/// those that were not used for the longest time.
#[derive(Debug, Default)]
pub(super) struct Jar {
    sites: HashMap<String, Vec<Kept>>,
    count: usize,
    /// Counts what is set and used, to tell earlier from later.
    clock: u64,
    /// When the first one expires.
    next_end: Option<SystemTime>,
}

#[derive(Debug)]
struct Kept {
    cookie: Cookie,
    created: u64,
    used: u64,
}

impl Jar {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.sites.values().map(Vec::len).sum::<usize>(), self.count);
        assert!(self.sites.values().all(|kept| !kept.is_empty()));
        self.count
    }

    /// Keeps a cookie that came in a way that others can't have changed, or can.
    ///
    /// # Errors
    /// Why it is not kept.
    pub(super) fn put(
        &mut self,
        cookie: Cookie,
        came_securely: bool,
        now: SystemTime,
    ) -> Result<(), &'static str> {
        self.forget_expired(now);
        self.clock += 1;
        let site = site(domain(&cookie.domain)).to_owned();
        let kept = self.sites.get(&site).map_or(&[][..], Vec::as_slice);
        if !came_securely && !cookie.is_secure && kept.iter().any(|own| cookie.shadows(&own.cookie)) {
            return Err("one of its name is Secure, and the URL is not");
        }
        let same = kept.iter().position(|own| own.cookie.is_same(&cookie));
        let old = same.and_then(|place| self.remove(&site, place));
        if cookie.has_expired(now) {
            return old.map(|_| ()).ok_or(EXPIRED);
        }
        let ends = [self.next_end, cookie.expires];
        self.next_end = ends.into_iter().flatten().min();
        // A new value is no new cookie.
        let created = old.map_or(self.clock, |old| old.created);
        self.sites.entry(site.clone()).or_default().push(Kept { cookie, created, used: self.clock });
        self.count += 1;
        self.make_room(&site)
    }

    /// Whether a cookie would take the place of one that scripts must not touch.
    pub(super) fn has_http_only(&self, cookie: &Cookie) -> bool {
        let kept = self.sites.get(site(domain(&cookie.domain))).map_or(&[][..], Vec::as_slice);
        kept.iter().any(|own| own.cookie.is_http_only && own.cookie.is_same(cookie))
    }

    /// Of one site, what is not `Secure` goes first, be it what was just set; else what was not used for the
    /// longest time.
    fn make_room(&mut self, site: &str) -> Result<(), &'static str> {
        let kept = self.sites.get(site).map_or(&[][..], Vec::as_slice);
        if kept.len() > MAX_COOKIES_PER_SITE {
            let order = |own: &(usize, &Kept)| (own.1.cookie.is_secure, own.1.used);
            if let Some((place, _)) = kept.iter().enumerate().min_by_key(order)
                && self.remove(site, place).is_some_and(|gone| gone.used == self.clock)
            {
                return Err("its site has 180 cookies already, and all of them are Secure");
            }
        }
        if self.count > MAX_COOKIES {
            let all = self.sites.iter().flat_map(|(site, kept)| {
                kept.iter().enumerate().map(move |(place, own)| (own.used, site, place))
            });
            if let Some((_, site, place)) = all.min_by_key(|(used, ..)| *used) {
                let site = site.clone();
                self.remove(&site, place);
            }
        }
        Ok(())
    }

    /// What goes to a URL, in the order in which it is said. Whether something is fit to go is for others to say;
    /// what is not fit does not count as used.
    /// [Source](https://www.ietf.org/archive/id/draft-ietf-httpbis-rfc6265bis-22.html#name-retrieval-algorithm).
    pub(super) fn matching(
        &mut self,
        url: &Url,
        now: SystemTime,
        is_fit: impl Fn(&Cookie) -> bool,
    ) -> Vec<&Cookie> {
        self.forget_expired(now);
        let is_safe = is_potentially_trustworthy(url);
        let goes = |own: &Cookie| {
            own.domain.matches(url) && own.path.matches(url) && (is_safe || !own.is_secure) && is_fit(own)
        };
        let Some(kept) = url.host_str().and_then(|host| self.sites.get_mut(site(host))) else {
            return Vec::new();
        };
        self.clock += 1;
        let mut going: Vec<&mut Kept> = kept.iter_mut().filter(|own| goes(&own.cookie)).collect();
        going.sort_by_key(|own| (Reverse(own.cookie.path.len()), own.created));
        let mut cookies = Vec::with_capacity(going.len());
        for own in going {
            own.used = self.clock;
            cookies.push(&own.cookie);
        }
        cookies
    }

    /// All that is kept, the oldest first.
    pub(super) fn all(&mut self, now: SystemTime) -> Vec<&Cookie> {
        self.forget_expired(now);
        let mut all: Vec<_> = self.sites.values().flatten().collect();
        all.sort_by_key(|own| own.created);
        all.into_iter().map(|own| &own.cookie).collect()
    }

    /// So that what has expired takes no memory.
    fn forget_expired(&mut self, now: SystemTime) {
        if self.next_end.is_none_or(|end| end > now) {
            return;
        }
        self.sites.retain(|_, kept| {
            kept.retain(|own| !own.cookie.has_expired(now));
            !kept.is_empty()
        });
        let all = || self.sites.values().flatten();
        self.count = all().count();
        self.next_end = all().filter_map(|own| own.cookie.expires).min();
    }

    fn remove(&mut self, site: &str, place: usize) -> Option<Kept> {
        let kept = self.sites.get_mut(site).filter(|kept| place < kept.len())?;
        let one = kept.swap_remove(place);
        if kept.is_empty() {
            self.sites.remove(site);
        }
        self.count -= 1;
        Some(one)
    }
}

/// The registrable domain of a host; of addresses and public suffixes, the host itself.
fn site(host: &str) -> &str {
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    if is_address { host } else { psl::domain_str(host).unwrap_or(host) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cookie_store::RawCookie;

    use super::*;

    fn put(jar: &mut Jar, cookie: &str, host: &str, now: SystemTime) -> Result<(), &'static str> {
        let url = format!("https://{host}/").parse().unwrap();
        jar.put(Cookie::new(RawCookie::parse(cookie.to_owned()).unwrap(), &url).unwrap(), true, now)
    }

    fn names(jar: &mut Jar, host: &str) -> Vec<String> {
        let url = format!("https://{host}/").parse().unwrap();
        jar.matching(&url, SystemTime::now(), |_| true).iter().map(|own| own.name.clone()).collect()
    }

    /// Sets as many cookies as a site has at the most, on two of its hosts.
    fn fill(jar: &mut Jar, attributes: &str) {
        for nth in 0..MAX_COOKIES_PER_SITE {
            let host = ["a.example.com", "b.example.com"][nth % 2];
            put(jar, &format!("c{nth}=1{attributes}"), host, SystemTime::now()).unwrap();
        }
        assert_eq!(jar.len(), MAX_COOKIES_PER_SITE);
    }

    #[test]
    fn a_site_has_so_many_cookies() {
        let now = SystemTime::now();
        for (before, attributes, used, cookie, gone) in [
            // The oldest goes.
            (None, "", None, "late=1", Ok(Some("c0"))),
            (None, "; Secure", None, "late=1; Secure", Ok(Some("c0"))),
            // The least used does.
            (None, "", Some("a.example.com"), "late=1", Ok(Some("c1"))),
            // What is not Secure does.
            (Some("c0=1; Secure"), "", None, "late=1; Secure", Ok(Some("c2"))),
            (
                None,
                "; Secure",
                None,
                "late=1",
                Err("its site has 180 cookies already, and all of them are Secure"),
            ),
            // A new value displaces nobody.
            (None, "", None, "c0=2", Ok(None)),
            (None, "", None, "c0=2; Max-Age=0", Ok(Some("c0"))),
        ] {
            let mut jar = Jar::default();
            fill(&mut jar, attributes);
            if let Some(before) = before {
                put(&mut jar, before, "a.example.com", now).unwrap();
                put(&mut jar, "c1=1", "b.example.com", now).unwrap();
            }
            if let Some(host) = used {
                names(&mut jar, host);
            }
            assert_eq!(put(&mut jar, cookie, "a.example.com", now), gone.map(|_| ()), "{cookie}");
            assert!(jar.len() <= MAX_COOKIES_PER_SITE, "{cookie}");
            let left = [names(&mut jar, "a.example.com"), names(&mut jar, "b.example.com")].concat();
            let missing: Vec<_> = (0..MAX_COOKIES_PER_SITE)
                .map(|nth| format!("c{nth}"))
                .filter(|name| !left.contains(name))
                .collect();
            assert_eq!(missing, gone.ok().flatten().into_iter().collect::<Vec<_>>(), "{cookie}");
        }
    }

    #[test]
    fn all_sites_have_so_many_cookies() {
        let (mut jar, now) = (Jar::default(), SystemTime::now());
        let site = |nth: usize| format!("{nth}.example");
        for nth in 0..MAX_COOKIES {
            put(&mut jar, "a=b", &site(nth), now).unwrap();
        }
        names(&mut jar, &site(0));
        for nth in MAX_COOKIES..MAX_COOKIES + 10 {
            put(&mut jar, "a=b", &site(nth), now).unwrap();
            assert_eq!(jar.len(), MAX_COOKIES);
        }
        for (nth, is_left) in [(0, true), (1, false), (10, false), (11, true), (MAX_COOKIES + 9, true)] {
            assert_eq!(names(&mut jar, &site(nth)).len(), usize::from(is_left), "{nth}");
        }
    }

    #[test]
    fn what_has_expired_is_forgotten() {
        let (mut jar, now) = (Jar::default(), SystemTime::now());
        let mut put = |nth: usize, lifetime: u64, now: SystemTime| {
            put(&mut jar, &format!("a=1; Max-Age={lifetime}"), &format!("{nth}.example"), now).unwrap();
            jar.len()
        };
        for nth in 0..100 {
            assert_eq!(put(nth, if nth % 10 == 0 { 7200 } else { 60 }, now), nth + 1);
        }
        let hour = Duration::from_secs(3600);
        assert_eq!(put(100, 86_400, now + hour), 11);
        assert_eq!(put(101, 86_400, now + 3 * hour), 2);
    }
}
