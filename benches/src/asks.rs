//! What is asked: origins, and the requests that carry them.

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// The seed of every origin, draw and order. Printed, so that a run can be repeated.
pub const SEED: u64 = 0x5eed_c055;

/// A small generator of numbers (splitmix64).
#[derive(Clone)]
pub struct Draws(u64);

impl Draws {
    /// The numbers of one stream.
    pub fn new(stream: u64) -> Self {
        Self(SEED ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.any() % bound as u64).expect("smaller than a usize")
    }

    /// Puts items in a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The host of the origin of this number: different lengths, all of them different hosts.
fn host(number: usize) -> String {
    const WORDS: [&str; 8] =
        ["shop", "my-garden", "www", "photos-of-summer", "app", "billing", "x", "club-in-town"];
    const ENDS: [&str; 4] = ["example.com", "example.org", "customers.example.net", "example.co.uk"];
    let draw = Draws::new(number as u64).any() as usize;
    format!("{}-{number:x}.{}", WORDS[draw % 8], ENDS[draw / 8 % 4])
}

/// The allowed origin of this number.
pub fn origin(number: usize) -> String {
    format!("https://{}", host(number))
}

/// The wildcard of this number, and an origin that it covers.
pub fn wildcard(number: usize) -> (String, String) {
    let host = host(number);
    (format!("https://*.{host}"), format!("https://eu.{host}"))
}

/// One request.
pub struct Ask {
    /// Its method.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
}

/// What kind of request is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A GET that carries an origin.
    Actual,
    /// A preflight for PUT with two request headers.
    Preflight,
}

impl Ask {
    /// A request of this kind.
    pub fn new(kind: Kind, origin: &str) -> Self {
        match kind {
            Kind::Actual => Self { method: Method::GET, headers: headers(&[(ORIGIN, origin)]) },
            Kind::Preflight => Self::preflight(origin, "content-type,x-csrf-token"),
        }
    }

    /// A preflight that asks for these headers.
    pub fn preflight(origin: &str, names: &str) -> Self {
        let asked = [
            (ORIGIN, origin),
            (ACCESS_CONTROL_REQUEST_METHOD, "PUT"),
            (ACCESS_CONTROL_REQUEST_HEADERS, names),
        ];
        Self { method: Method::OPTIONS, headers: headers(&asked) }
    }
}

/// Headers as hyper makes them: every value is a slice of the buffer that holds the whole head, so that cloning
/// one allocates nothing.
fn headers(own: &[(HeaderName, &str)]) -> HeaderMap {
    let always = [(HOST, "api.example"), (USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64) Firefox/153.0")];
    let lines = || always.iter().chain(own);
    let head = Bytes::from(lines().map(|(_, value)| *value).collect::<String>());
    let mut headers = HeaderMap::with_capacity(8);
    let mut start = 0;
    for (name, value) in lines() {
        let slice = head.slice(start..start + value.len());
        start += value.len();
        headers.insert(name, HeaderValue::from_maybe_shared(slice).expect("visible ASCII"));
    }
    headers
}
