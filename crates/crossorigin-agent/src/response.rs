//! What script sees of a fetch.

use std::fmt;

use bytes::{Bytes, BytesMut};
use crossorigin::fetching::{FilteredResponse, ResponseType};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use url::Url;

use crate::response_body::ResponseBody;

/// The fetch failed. Script is told no more than that; [`Environment::fetch_recorded`] tells the rest.
///
/// [`Environment::fetch_recorded`]: crate::Environment::fetch_recorded
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkError(pub(crate) ());

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to fetch")
    }
}

impl std::error::Error for NetworkError {}

/// A response, filtered as script sees it.
/// [Source](https://fetch.spec.whatwg.org/#concept-filtered-response).
#[derive(Debug)]
pub struct Response {
    pub(crate) filtered: FilteredResponse,
    pub(crate) url: Url,
    pub(crate) redirected: bool,
    pub(crate) status: StatusCode,
    pub(crate) status_text: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ResponseBody,
}

impl Response {
    /// What the URL itself is, asked of nobody: script sees it whole.
    pub(crate) fn of_memory(url: &Url, status: StatusCode, headers: HeaderMap, bytes: Bytes) -> Self {
        let mut url = url.clone();
        url.set_fragment(None);
        Self {
            filtered: FilteredResponse::of_data_url(),
            url,
            redirected: false,
            status,
            status_text: status.canonical_reason().unwrap_or_default().to_owned(),
            headers,
            body: ResponseBody::whole(bytes),
        }
    }

    /// How it is filtered.
    pub fn response_type(&self) -> ResponseType {
        self.filtered.response_type()
    }

    /// The URL that it came from, after redirects and without a fragment; `None` where it is opaque.
    pub fn url(&self) -> Option<&Url> {
        (self.response_type() != ResponseType::Opaque).then_some(&self.url)
    }

    /// Whether redirects led to it, as far as script may know.
    pub fn redirected(&self) -> bool {
        self.redirected && self.filtered.is_readable()
    }

    /// Its status; 0 where it is opaque.
    pub fn status(&self) -> u16 {
        if self.filtered.is_readable() { self.status.as_u16() } else { 0 }
    }

    /// Whether its status is from 200 to 299.
    pub fn ok(&self) -> bool {
        self.filtered.is_readable() && self.status.is_success()
    }

    /// The first value of a header, where script sees it.
    pub fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.headers.get(name).filter(|_| self.filtered.shows_header(name))
    }

    /// All headers that script sees, a line each, in no order.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.headers.iter().filter(|(name, _)| self.filtered.shows_header(name))
    }

    /// The next piece of the body; `None` at its end, and at once where the response is opaque.
    ///
    /// # Errors
    /// The body broke off, is not encoded as its headers say, or is longer than the agent reads.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, NetworkError> {
        if !self.filtered.is_readable() {
            return Ok(None);
        }
        self.body.chunk().await.map_err(|_| NetworkError(()))
    }

    /// The whole body.
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes, NetworkError> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The whole body as UTF-8, whatever it is; a byte order mark is left out.
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk).
    pub async fn text(self) -> Result<String, NetworkError> {
        let bytes = self.bytes().await?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}
