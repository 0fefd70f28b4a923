//! What a user agent has of a response, before it shows any of it to script.

use bytes::Bytes;
use crossorigin::fetching::ResponseType;
use crossorigin_verdict::TransportFailure;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use crate::response_body::ResponseBody;

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
    /// The words that the status came with; none in HTTP/2.
    pub status_text: String,
    /// What it says to be.
    pub content_type: Option<HeaderValue>,
    /// The headers that script may see.
    pub visible_headers: HeaderMap,
    /// All of its body, decoded.
    pub body: Bytes,
}

/// A response whose body is still to come, for the same use.
#[derive(Debug)]
pub struct Loading {
    pub(crate) head: Loaded,
    pub(crate) body: ResponseBody,
}

impl Loading {
    /// All but the body, which is empty there.
    pub fn head(&self) -> &Loaded {
        &self.head
    }

    /// The next piece of the body, decoded; `None` at its end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The body broke off, is not encoded as its headers say, or is longer than the agent reads.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        self.body.chunk().await
    }

    /// The response with the whole of its body.
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk).
    pub async fn whole(mut self) -> Result<Loaded, TransportFailure> {
        self.body.read_to_end().await?;
        self.head.body = self.body.when_read().cloned().unwrap_or_default();
        Ok(self.head)
    }
}
