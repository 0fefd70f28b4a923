//! The CORS-preflight cache.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use hashbrown::HashTable;
use http::{HeaderName, Method};
use smallvec::SmallVec;

use crate::infrastructure::header_names::is_cors_non_wildcard_request_header_name;
use crate::infrastructure::keyed_hash::KeyedHash;
use crate::infrastructure::request::{CredentialsMode, Request};
use crate::profiles::{Behavior, CacheSize, CachedWildcard, CoversAuthorization};

/// The most combinations of page, origin and URL that are kept. Beyond, those that expire first go, half of
/// all at once.
pub const MAX_RECORDS: usize = 16_384;
/// The most methods and header names that are kept for one combination. Beyond, those that expire first go.
pub const MAX_ENTRIES_PER_RECORD: usize = 64;
/// The longest URL that is cached, in bytes.
pub const MAX_URL_BYTES: usize = 4096;
/// The longest method or header name that is cached, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// What preflights have permitted, until when. Times are read off the caller's clock, from any start.
/// [Source](https://fetch.spec.whatwg.org/#concept-cache).
#[derive(Clone, Debug, Default)]
pub struct CorsPreflightCache {
    records: HashTable<Record>,
    /// How often it was used, where that counts.
    uses: u64,
    first_key: RandomState,
    second_key: KeyedHash,
}

/// What is kept for one combination of page, origin and URL.
#[derive(Clone, Debug)]
struct Record {
    fingerprint: Fingerprint,
    entries: Entries,
    /// Which use of the cache was the last of this.
    last_use: u64,
}

/// Most responses list no more than two.
type Entries = SmallVec<[Entry; 2]>;

/// Two hashes of partition, origin and URL, by two functions, each under a key drawn at random for the cache.
///
/// OPTIMIZATION: it stands for the text itself, so that a look reads one place of memory (the benchmark of the
/// preflight cache). Who chooses URLs does not know the keys, and two of n texts are alike in 128 bits with a
/// probability of n²/2¹²⁹: for a full cache, one in 10³⁰.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint([u64; 2]);

#[derive(Clone, Debug)]
struct Entry {
    expires: Duration,
    credentials: bool,
    permits: Permits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Permits {
    Method(Method),
    HeaderName(HeaderName),
    /// What some browsers let any response permit.
    UnlistedMethods,
}

impl Entry {
    /// [Source](https://fetch.spec.whatwg.org/#concept-cache-match).
    fn serves(&self, request: &Request, behavior: &Behavior, now: Duration) -> bool {
        let with_credentials = is_with_credentials(request);
        // An entry made with credentials serves requests without them too.
        // DEVIATION: firefox-preflight-cache-credentials.
        let serves = self.credentials == with_credentials
            || (self.credentials && behavior.credentialed_entries_serve_all);
        now < self.expires && serves
    }

    /// NOTE: an entry for `*` made with credentials, of a response that lists `PUT, *`, matches every method,
    /// as the standard has it.
    fn permits_method(&self, request: &Request, method: &[u8], behavior: &Behavior) -> bool {
        matches!(&self.permits, Permits::Method(own) if own.as_str().as_bytes() == method
            || (own.as_str() == "*" && self.wildcard_matches(request, behavior)))
    }

    fn permits_header_name(&self, request: &Request, name: &[u8], behavior: &Behavior) -> bool {
        matches!(&self.permits, Permits::HeaderName(own) if own.as_str().as_bytes().eq_ignore_ascii_case(name)
            || (own.as_str() == "*"
                && self.wildcard_matches(request, behavior)
                && (behavior.wildcard_covers_authorization == CoversAuthorization::InTheCacheToo
                    || !is_cors_non_wildcard_request_header_name(name))))
    }

    fn wildcard_matches(&self, request: &Request, behavior: &Behavior) -> bool {
        // DEVIATION: the entries named cached-wildcard.
        match behavior.cached_wildcard {
            CachedWildcard::Matches => true,
            CachedWildcard::UnlessKeptWithCredentials => !self.credentials,
            CachedWildcard::UnlessAskedWithCredentials => !is_with_credentials(request),
            CachedWildcard::Never => false,
        }
    }

    /// Whether it permits a method that needs no entry of its own.
    fn permits_unlisted(&self, request: &Request, method: &[u8], behavior: &Behavior, now: Duration) -> bool {
        // DEVIATION: the entries named kept-record-methods.
        self.permits == Permits::UnlistedMethods
            && behavior.methods_of_any_record.iter().any(|own| own.as_bytes() == method)
            && (self.serves(request, behavior, now) || behavior.records_outlive_their_entries)
    }
}

fn is_with_credentials(request: &Request) -> bool {
    request.credentials_mode == CredentialsMode::Include
}

impl CorsPreflightCache {
    /// Whether a method is permitted already.
    /// [Source](https://fetch.spec.whatwg.org/#concept-cache-match-method).
    pub fn method_cache_entry_match(
        &self,
        request: &Request,
        method: &[u8],
        behavior: &Behavior,
        now: Duration,
    ) -> bool {
        self.record(request, behavior).is_some_and(|record| {
            record.entries.iter().any(|entry| {
                (entry.serves(request, behavior, now) && entry.permits_method(request, method, behavior))
                    || entry.permits_unlisted(request, method, behavior, now)
            })
        })
    }

    /// Whether a header name is permitted already.
    /// [Source](https://fetch.spec.whatwg.org/#concept-cache-match-header).
    pub fn header_name_cache_entry_match(
        &self,
        request: &Request,
        name: &[u8],
        behavior: &Behavior,
        now: Duration,
    ) -> bool {
        self.record(request, behavior).is_some_and(|record| {
            record.entries.iter().any(|entry| {
                entry.serves(request, behavior, now) && entry.permits_header_name(request, name, behavior)
            })
        })
    }

    /// Forgets what is permitted to a request's origin at its current URL.
    /// [Source](https://fetch.spec.whatwg.org/#concept-cache-clear).
    pub fn clear_cache_entries(&mut self, request: &Request) {
        // What some browsers keep apart is forgotten together.
        for credentials in [false, true] {
            let fingerprint = self.fingerprint(request, credentials);
            if let Ok(found) =
                self.records.find_entry(fingerprint.0[0], |record| record.fingerprint == fingerprint)
            {
                found.remove();
            }
        }
    }

    /// Takes note that what is kept for a request is used.
    pub(super) fn touch(&mut self, request: &Request, behavior: &Behavior) {
        let fingerprint = self.fingerprint_in(request, behavior);
        self.uses += 1;
        let found = self.records.find_mut(fingerprint.0[0], |record| record.fingerprint == fingerprint);
        if let Some(record) = found {
            record.last_use = self.uses;
        }
    }

    /// How many combinations of page, origin and URL are kept, expired ones counted.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn record(&self, request: &Request, behavior: &Behavior) -> Option<&Record> {
        let fingerprint = self.fingerprint_in(request, behavior);
        self.records.find(fingerprint.0[0], |record| record.fingerprint == fingerprint)
    }

    fn fingerprint_in(&self, request: &Request, behavior: &Behavior) -> Fingerprint {
        // DEVIATION: firefox-preflight-cache-credentials.
        let is_apart = !behavior.credentialed_entries_serve_all && is_with_credentials(request);
        self.fingerprint(request, is_apart)
    }

    fn fingerprint(&self, request: &Request, is_apart: bool) -> Fingerprint {
        let origin = request.byte_serialize_origin();
        let key = (&request.network_partition_key, origin.as_bytes(), request.current_url().as_str());
        // OPTIMIZATION: one more piece would cost as much as half of a look.
        let turned = if is_apart { u64::MAX } else { 0 };
        Fingerprint([self.first_key.hash_one(key) ^ turned, self.second_key.of_value(key) ^ turned])
    }

    /// Keeps what a response to a preflight lists, for `max_age` from `now` on.
    /// [Source](https://fetch.spec.whatwg.org/#concept-cache-create-entry).
    pub(super) fn store(
        &mut self,
        request: &Request,
        methods: &[&[u8]],
        header_names: &[&[u8]],
        max_age: Duration,
        behavior: &Behavior,
        now: Duration,
    ) {
        if request.current_url().as_str().len() > behavior.max_cached_url_bytes.min(MAX_URL_BYTES) {
            return;
        }
        // DEVIATION: chromium-opaque-origin-preflight-cache.
        if request.origin.is_opaque() && !behavior.opaque_origins_permissions_are_kept {
            return;
        }
        let methods = methods.iter().filter(|method| method.len() <= MAX_NAME_BYTES);
        let names = header_names.iter().filter(|name| name.len() <= MAX_NAME_BYTES);
        let mut listed = methods
            .filter_map(|method| Method::from_bytes(method).ok().map(Permits::Method))
            .chain(names.filter_map(|name| HeaderName::from_bytes(name).ok().map(Permits::HeaderName)))
            .peekable();
        if listed.peek().is_none()
            && !behavior.response_replaces_record
            && behavior.methods_of_any_record.is_empty()
        {
            return;
        }
        let expires = now.saturating_add(max_age.min(behavior.max_age_cap));
        let fingerprint = self.fingerprint_in(request, behavior);
        let is_it = |record: &Record| record.fingerprint == fingerprint;
        if self.records.find(fingerprint.0[0], is_it).is_none() {
            self.make_room(behavior.cache_size, now);
        }
        self.uses += 1;
        let last_use = self.uses;
        let place = self.records.entry(fingerprint.0[0], is_it, |record| record.fingerprint.0[0]);
        let new = || Record { fingerprint, entries: Entries::new(), last_use };
        let record = place.or_insert_with(new).into_mut();
        record.last_use = last_use;
        let entries = &mut record.entries;
        entries.retain(|entry: &mut Entry| {
            // DEVIATION: chromium-preflight-cache-record, webkit-preflight-cache-record.
            now < entry.expires && !behavior.response_replaces_record
        });
        for permits in listed {
            renew_or_add(entries, request, behavior, expires, now, permits);
        }
        if !behavior.methods_of_any_record.is_empty() {
            renew_or_add(entries, request, behavior, expires, now, Permits::UnlistedMethods);
        }
    }

    fn make_room(&mut self, size: CacheSize, now: Duration) {
        match size {
            // DEVIATION: chromium-preflight-cache-size. The keys of the table are drawn at random, and so its order.
            CacheSize::TenMakeRoom(most) if self.records.len() >= most => {
                let mut surplus = 10;
                self.records.retain(|_| {
                    let goes = surplus > 0;
                    surplus -= u32::from(goes);
                    !goes
                });
            }
            // DEVIATION: firefox-preflight-cache-size.
            CacheSize::LeastRecentlyUsedMakesRoom(most) if self.records.len() >= most => {
                self.records.retain(|record| record.entries.iter().any(|entry| now < entry.expires));
                if self.records.len() >= most {
                    let oldest = self.records.iter().map(|record| record.last_use).min();
                    self.records.retain(|record| Some(record.last_use) != oldest);
                }
            }
            _ => {}
        }
        if self.records.len() >= MAX_RECORDS {
            self.forget_half(now);
        }
    }

    fn forget_half(&mut self, now: Duration) {
        let last_expiry =
            |record: &Record| record.entries.iter().map(|entry| entry.expires).max().unwrap_or_default();
        let mut expiries: Vec<_> = self.records.iter().map(last_expiry).collect();
        let middle = expiries.len() / 2;
        let (before, median, _) = expiries.select_nth_unstable(middle);
        let median = *median;
        // Those at the median itself go as far as is needed, for all may expire at once.
        let mut alike = before.iter().filter(|expires| **expires == median).count();
        self.records.retain(|record| {
            let expires = last_expiry(record);
            let is_surplus = expires == median && alike > 0;
            alike -= usize::from(is_surplus);
            !(expires < median || expires <= now || is_surplus)
        });
    }
}

/// NOTE: entries that match are renewed from now on, not from when they were first stored: so browsers do it.
fn renew_or_add(
    entries: &mut Entries,
    request: &Request,
    behavior: &Behavior,
    expires: Duration,
    now: Duration,
    permits: Permits,
) {
    let mut matched = false;
    for entry in entries.iter_mut().filter(|entry| entry.serves(request, behavior, now)) {
        let matches = match &permits {
            Permits::Method(method) => entry.permits_method(request, method.as_str().as_bytes(), behavior),
            Permits::HeaderName(name) => {
                entry.permits_header_name(request, name.as_str().as_bytes(), behavior)
            }
            Permits::UnlistedMethods => entry.permits == permits,
        };
        if matches {
            entry.expires = expires;
            matched = true;
        }
    }
    if matched {
        return;
    }
    if entries.len() >= MAX_ENTRIES_PER_RECORD {
        let first = entries.iter().enumerate().min_by_key(|(_, entry)| entry.expires).map(|(nth, _)| nth);
        if let Some(first) = first {
            entries.swap_remove(first);
        }
    }
    entries.push(Entry { expires, credentials: is_with_credentials(request), permits });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infrastructure::request_origin::Origin;
    use crate::profiles::Profile;

    const STANDARD: Behavior = Behavior::STANDARD;
    const NOW: Duration = Duration::from_secs(1000);
    const AGE: Duration = Duration::from_secs(10);

    fn request(url: &str) -> Request {
        Request::new("https://a.example".parse().unwrap(), url.parse().unwrap())
    }

    fn with_credentials(mut request: Request) -> Request {
        request.credentials_mode = CredentialsMode::Include;
        request
    }

    #[test]
    fn entries_expire_and_are_capped() {
        let request = request("https://b.example/");
        let mut cache = CorsPreflightCache::default();
        cache.store(&request, &[b"PUT"], &[b"X-Foo"], AGE, &STANDARD, NOW);
        let almost = NOW + AGE - Duration::from_nanos(1);
        assert!(cache.method_cache_entry_match(&request, b"PUT", &STANDARD, almost));
        assert!(!cache.method_cache_entry_match(&request, b"put", &STANDARD, almost));
        for name in [&b"x-foo"[..], b"X-FOO"] {
            assert!(cache.header_name_cache_entry_match(&request, name, &STANDARD, almost));
        }
        assert!(!cache.header_name_cache_entry_match(&request, b"x-bar", &STANDARD, almost));
        assert!(!cache.method_cache_entry_match(&request, b"PUT", &STANDARD, NOW + AGE));
        cache.store(&request, &[b"PUT"], &[], Duration::MAX, &STANDARD, NOW);
        assert!(!cache.method_cache_entry_match(&request, b"PUT", &STANDARD, NOW + STANDARD.max_age_cap));
    }

    #[test]
    fn entries_are_apart_by_page_origin_url_and_credentials() {
        let own = request("https://b.example/");
        let mut cache = CorsPreflightCache::default();
        cache.store(&own, &[b"PUT"], &[], AGE, &STANDARD, NOW);
        let mut partitioned = own.clone();
        partitioned.network_partition_key = Some(own.origin.site());
        let mut sandboxed = own.clone();
        sandboxed.origin = Origin::opaque();
        for other in [request("https://b.example/x"), partitioned, sandboxed, with_credentials(own.clone())] {
            assert!(!cache.method_cache_entry_match(&other, b"PUT", &STANDARD, NOW), "{other:?}");
            cache.clear_cache_entries(&request("https://b.example/x"));
        }
        assert!(cache.method_cache_entry_match(&own, b"PUT", &STANDARD, NOW));
        cache.clear_cache_entries(&own);
        assert!(cache.is_empty());
        cache.store(&with_credentials(own.clone()), &[b"PUT"], &[], AGE, &STANDARD, NOW);
        assert!(cache.method_cache_entry_match(&own, b"PUT", &STANDARD, NOW));
    }

    #[test]
    fn a_wildcard_covers_all_but_authorization() {
        let request = request("https://b.example/");
        let mut cache = CorsPreflightCache::default();
        cache.store(&request, &[b"*"], &[b"*"], AGE, &STANDARD, NOW);
        assert!(cache.method_cache_entry_match(&request, b"PUT", &STANDARD, NOW));
        assert!(cache.header_name_cache_entry_match(&request, b"x-foo", &STANDARD, NOW));
        assert!(!cache.header_name_cache_entry_match(&request, b"Authorization", &STANDARD, NOW));
    }

    #[test]
    fn memory_is_bounded() {
        let mut cache = CorsPreflightCache::default();
        for nth in 0..MAX_RECORDS + 10 {
            cache.store(&request(&format!("https://b.example/{nth}")), &[b"PUT"], &[], AGE, &STANDARD, NOW);
            assert!(cache.len() <= MAX_RECORDS);
        }
        assert!(cache.len() > MAX_RECORDS / 2);
        let one = request("https://b.example/one");
        let names: Vec<_> = (0..1000).map(|nth| format!("x-{nth}")).collect();
        let names: Vec<_> = names.iter().map(String::as_bytes).collect();
        cache.store(&one, &[], &names, AGE, &STANDARD, NOW);
        let kept =
            |cache: &CorsPreflightCache| cache.record(&one, &STANDARD).map(|record| record.entries.len());
        assert_eq!(kept(&cache), Some(MAX_ENTRIES_PER_RECORD));
        // What is too long to be kept leaves nothing behind, neither new nor where there was something.
        let (long_name, before) = (vec![b'x'; MAX_NAME_BYTES + 1], cache.len());
        for nth in 0..MAX_RECORDS {
            let other = request(&format!("https://b.example/long/{nth}"));
            cache.store(&other, &[&long_name], &[&long_name], AGE, &STANDARD, NOW);
        }
        assert_eq!(cache.len(), before);
        cache.store(&one, &[&long_name], &[], AGE, &Profile::Chromium.behavior(), NOW);
        assert_eq!(kept(&cache), Some(1), "what any response permits");
        let long = request(&format!("https://b.example/{}", "x".repeat(MAX_URL_BYTES)));
        cache.store(&long, &[b"PUT"], &[], AGE, &STANDARD, NOW);
        assert!(!cache.method_cache_entry_match(&long, b"PUT", &STANDARD, NOW));
    }

    #[test]
    fn what_expires_first_goes_first() {
        let mut cache = CorsPreflightCache::default();
        let nth = |nth: usize| request(&format!("https://b.example/{nth}"));
        for index in 0..=MAX_RECORDS {
            let age = AGE + Duration::from_secs(index as u64 % 1000);
            cache.store(&nth(index), &[b"PUT"], &[], age, &STANDARD, NOW);
        }
        let keeps = |index| cache.method_cache_entry_match(&nth(index), b"PUT", &STANDARD, NOW);
        assert_eq!(cache.len(), MAX_RECORDS / 2 + 1);
        assert!((0..480).all(|index| !keeps(index)) && (500..1000).all(keeps) && keeps(MAX_RECORDS));
        // What has expired already goes altogether.
        let later = NOW + AGE + Duration::from_secs(1000);
        for index in 0..MAX_RECORDS {
            cache.store(&nth(MAX_RECORDS + 1 + index), &[b"PUT"], &[], AGE, &STANDARD, later);
        }
        assert_eq!(cache.len(), MAX_RECORDS);
    }

    #[test]
    fn some_browsers_keep_less() {
        let store = |cache: &mut CorsPreflightCache, nth: usize, behavior: &Behavior| {
            cache.store(&request(&format!("https://b.example/{nth}")), &[b"PUT"], &[], AGE, behavior, NOW);
        };
        let keeps = |cache: &CorsPreflightCache, nth: usize, behavior: &Behavior| {
            let request = request(&format!("https://b.example/{nth}"));
            cache.method_cache_entry_match(&request, b"PUT", behavior, NOW)
        };
        let chromium = Profile::Chromium.behavior();
        let mut cache = CorsPreflightCache::default();
        (0..1024).for_each(|nth| store(&mut cache, nth, &chromium));
        store(&mut cache, 0, &chromium);
        assert_eq!(cache.len(), 1024, "what is there already needs no room");
        store(&mut cache, 1024, &chromium);
        assert_eq!(cache.len(), 1024 - 10 + 1);
        assert!(keeps(&cache, 1024, &chromium));
        // In Firefox a look counts as a use, and so does one with credentials, by itself.
        let firefox = Profile::Firefox.behavior();
        let mut cache = CorsPreflightCache::default();
        (0..100).for_each(|nth| store(&mut cache, nth, &firefox));
        cache.touch(&request("https://b.example/0"), &firefox);
        cache.touch(&with_credentials(request("https://b.example/1")), &firefox);
        store(&mut cache, 100, &firefox);
        let kept = [0, 1, 2, 100].map(|nth| keeps(&cache, nth, &firefox));
        assert_eq!((cache.len(), kept), (100, [true, false, true, true]));
        // What has expired goes first, all of it.
        let later = NOW + AGE;
        cache.store(&request("https://b.example/x"), &[b"PUT"], &[], AGE, &firefox, later);
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn pages_in_turn_keep_what_is_theirs() {
        let mut cache = CorsPreflightCache::default();
        let under = |top: &str| {
            let mut request = request("https://b.example/");
            request.network_partition_key = Some(top.parse::<Origin>().unwrap().site());
            request
        };
        let (one, other) = (under("https://one.example"), under("https://other.example"));
        for (at, page) in [&one, &other, &one].into_iter().enumerate() {
            cache.store(page, &[b"PUT"], &[], AGE, &STANDARD, NOW);
            assert_eq!(cache.len(), 1 + at.min(1));
        }
        cache.clear_cache_entries(&one);
        assert!(!cache.method_cache_entry_match(&one, b"PUT", &STANDARD, NOW));
        assert!(cache.method_cache_entry_match(&other, b"PUT", &STANDARD, NOW));
    }
}
