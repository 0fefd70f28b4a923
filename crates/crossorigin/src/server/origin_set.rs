//! The origins that a policy allows, as many as there are, found in a time that doesn't grow with them.

use std::fmt;

use hashbrown::HashTable;

use super::exact_origins::ExactOrigins;
use super::origin_pattern::{OriginPattern, PortPattern};
use crate::infrastructure::keyed_hash::KeyedHash;
use crate::infrastructure::origin::SerializedOrigin;

/// A set of origins and patterns. Looking one up hashes the origin once, and once more for each depth at which
/// there are wildcards.
///
/// ```
/// use crossorigin::server::{OriginPattern, OriginSet};
///
/// let mut set = OriginSet::default();
/// set.insert(&OriginPattern::parse("https://app.example").unwrap());
/// set.insert(&OriginPattern::parse("https://*.app.example:*").unwrap());
/// assert!(set.find(b"https://app.example").is_some());
/// assert!(set.find(b"https://a.app.example:8443").is_some());
/// assert!(set.find(b"https://app.example:8443").is_none());
/// ```
#[derive(Clone, Default)]
pub struct OriginSet {
    exact: ExactOrigins,
    families: HashTable<Family>,
    /// The schemes and hosts of the families.
    text: Vec<u8>,
    /// Bit n: there is a wildcard over a host of n labels.
    depths: u128,
    hash: KeyedHash,
}

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    length: u32,
}

/// All patterns over one scheme and host: they differ by port only.
#[derive(Clone)]
struct Family {
    scheme: Span,
    host: Span,
    subdomains: bool,
    /// Sorted, so that any port comes last.
    ports: Vec<PortPattern>,
}

/// How an origin came to be in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginMatch<'a> {
    /// It is listed.
    Exact,
    /// A pattern takes it in.
    Pattern(OriginPattern<'a>),
}

impl OriginSet {
    /// Adds a pattern, unless it is there; returns whether it was new.
    ///
    /// # Panics
    /// When the text of all wildcards together passes 4 GiB, which [`MAX_ORIGINS`](super::MAX_ORIGINS) of them can't.
    pub fn insert(&mut self, pattern: &OriginPattern<'_>) -> bool {
        if pattern.is_exact() {
            self.exact.insert(pattern.to_string().as_bytes())
        } else {
            self.insert_family(pattern)
        }
    }

    /// Makes place for so many exact origins in all, at 128 bytes each.
    pub fn reserve(&mut self, origins: usize) {
        self.exact.reserve(origins);
    }

    /// How many exact origins and families of origins there are.
    pub fn len(&self) -> usize {
        self.exact.len() + self.families.iter().map(|family| family.ports.len()).sum::<usize>()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        // Every decision asks this, so not by counting.
        self.exact.is_empty() && self.families.is_empty()
    }

    /// Looks an origin up, as it was sent.
    pub fn find(&self, origin: &[u8]) -> Option<OriginMatch<'_>> {
        // OPTIMIZATION: what is listed is canonical, so an equal value needs no parsing (test
        // the_set_equals_the_definition).
        if self.exact.contains(origin) {
            return Some(OriginMatch::Exact);
        }
        if self.families.is_empty() {
            return None;
        }
        self.find_family(&SerializedOrigin::parse(origin).ok()?).map(OriginMatch::Pattern)
    }

    fn insert_family(&mut self, pattern: &OriginPattern<'_>) -> bool {
        let (scheme, host, subdomains) =
            (pattern.scheme.as_bytes(), pattern.host.as_bytes(), pattern.subdomains);
        let hash = hash_family(&self.hash, scheme, host, subdomains);
        let text = &self.text;
        if let Some(family) = self.families.find_mut(hash, |family| family.is(text, scheme, host, subdomains))
        {
            let place = family.ports.binary_search(&pattern.port);
            if let Err(place) = place {
                family.ports.insert(place, pattern.port);
            }
            return place.is_err();
        }
        let start = self.text.len();
        self.push(format_args!("{}", pattern.scheme));
        let scheme = self.span_from(start);
        let start = self.text.len();
        self.push(format_args!("{}", pattern.host));
        let host = self.span_from(start);
        if subdomains {
            self.depths |= 1 << label_count(pattern.host.as_bytes());
        }
        let Self { text, families, hash: key, .. } = self;
        families.insert_unique(
            hash,
            Family { scheme, host, subdomains, ports: vec![pattern.port] },
            |family| hash_family(key, family.scheme.of(text), family.host.of(text), family.subdomains),
        );
        true
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        use std::io::Write;
        self.text.write_fmt(text).expect("writing to memory does not fail");
    }

    fn span_from(&self, start: usize) -> Span {
        let narrow = |number: usize| u32::try_from(number).expect("MAX_ORIGINS origins fit in 4 GiB");
        let span = Span { start: narrow(start), length: narrow(self.text.len() - start) };
        narrow(self.text.len());
        span
    }

    fn find_family(&self, origin: &SerializedOrigin<'_>) -> Option<OriginPattern<'_>> {
        let host = origin.host();
        if let Some(found) = self.find_member(origin, host, false) {
            return Some(found);
        }
        // Labels are counted from the right; a parent begins behind each dot.
        let mut depth = 0_u32;
        for dot in (0..host.len()).rev().filter(|&place| host[place] == b'.') {
            depth += 1;
            if self.depths >> depth & 1 == 1
                && let Some(found) = self.find_member(origin, &host[dot + 1..], true)
            {
                return Some(found);
            }
        }
        None
    }

    fn find_member(
        &self,
        origin: &SerializedOrigin<'_>,
        host: &[u8],
        subdomains: bool,
    ) -> Option<OriginPattern<'_>> {
        let hash = hash_family(&self.hash, origin.scheme(), host, subdomains);
        let family =
            self.families.find(hash, |family| family.is(&self.text, origin.scheme(), host, subdomains))?;
        let wanted = origin.port().map_or(PortPattern::Default, PortPattern::Number);
        let port = match family.ports.binary_search(&wanted) {
            Ok(_) => wanted,
            Err(_) => *family.ports.last().filter(|&&port| port == PortPattern::Any)?,
        };
        let text = |span: Span| std::str::from_utf8(span.of(&self.text)).ok();
        Some(OriginPattern { scheme: text(family.scheme)?, subdomains, host: text(family.host)?, port })
    }
}

impl fmt::Debug for OriginSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginSet").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Span {
    fn of(self, text: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &text[start..start + self.length as usize]
    }
}

impl Family {
    fn is(&self, text: &[u8], scheme: &[u8], host: &[u8], subdomains: bool) -> bool {
        self.subdomains == subdomains && self.host.of(text) == host && self.scheme.of(text) == scheme
    }
}

fn hash_family(key: &KeyedHash, scheme: &[u8], host: &[u8], subdomains: bool) -> u64 {
    key.of(&[scheme, if subdomains { b"*" } else { b"/" }, host])
}

fn label_count(host: &[u8]) -> u32 {
    1 + host.iter().map(|&byte| u32::from(byte == b'.')).sum::<u32>()
}
