//! A request, as far as an input describes it.

use crossorigin::html::Initiator;
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use crossorigin::infrastructure::request_origin::Origin;
use http::{HeaderMap, Method};
use url::Url;

/// The most header lines that are read of a request or a response.
pub const MAX_HEADERS: usize = 1000;

/// A request, as far as an input describes it. What it leaves open (`None`) is for flags and defaults to say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Described {
    /// What is asked for.
    pub url: Url,
    /// The origin of the page that asks.
    pub from: Option<Origin>,
    /// The method, as it is sent.
    pub method: Option<Method>,
    /// The headers that script sets; those that browsers set by themselves are not among them.
    pub headers: HeaderMap,
    /// The value of the `Cookie` header.
    pub cookies: Option<String>,
    /// What is sent.
    pub body: Option<Vec<u8>>,
    /// When credentials go along.
    pub credentials: Option<CredentialsMode>,
    /// How the request crosses origins.
    pub mode: Option<Mode>,
    /// What becomes of redirects.
    pub redirect: Option<RedirectMode>,
    /// Who begins it.
    pub initiator: Option<Initiator>,
    /// Whether the input is a CORS-preflight request, and this the request that it asks for: the values of its
    /// headers are made up, and nobody said that it be sent.
    pub is_of_preflight: bool,
    /// What was left out of the input or read into it, each in one sentence.
    pub notes: Vec<String>,
}

impl Described {
    /// A request for a URL, of which nothing else is known.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            from: None,
            method: None,
            headers: HeaderMap::new(),
            cookies: None,
            body: None,
            credentials: None,
            mode: None,
            redirect: None,
            initiator: None,
            is_of_preflight: false,
            notes: Vec::new(),
        }
    }
}

/// The origin of a page, by its URL. Pages of `file:` and `data:` URLs have opaque origins.
pub(crate) fn origin_of_page(text: &str) -> Option<Origin> {
    Url::parse(text).ok().map(|url| Origin::of_url(&url))
}
