//! What a user agent has of a response, before it shows any of it to script.

use bytes::Bytes;
use crossorigin::fetching::ResponseType;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

/// A response, whole, for the user agent that makes an image, a script or a font of it. Not for script: where
/// `response_type` is opaque, script may see neither the body nor what was made of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// How it is filtered for script.
    pub response_type: ResponseType,
    /// Where it came from, after redirects and without a fragment.
    pub url: Url,
    /// Whether redirects led to it.
    pub redirected: bool,
    /// Its status.
    pub status: StatusCode,
    /// What it says to be.
    pub content_type: Option<HeaderValue>,
    /// The headers that script may see.
    pub visible_headers: HeaderMap,
    /// All of its body, decoded.
    pub body: Bytes,
}
