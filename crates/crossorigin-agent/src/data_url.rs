//! `data:` URLs.

use data_url::DataUrl;
use http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use url::Url;

use crate::Response;

/// The response that a `data:` URL is, which script sees whole; `None` where it is malformed.
/// [Source](https://fetch.spec.whatwg.org/#data-url-processor).
pub(crate) fn read(url: &Url, method: &Method) -> Option<Response> {
    let parsed = DataUrl::process(url.as_str()).ok()?;
    let (mut body, _fragment) = parsed.decode_to_vec().ok()?;
    // Main fetch takes the body of every answer to HEAD.
    if method == Method::HEAD {
        body.clear();
    }
    let mime_type = HeaderValue::from_str(&parsed.mime_type().to_string()).ok()?;
    let headers = std::iter::once((CONTENT_TYPE, mime_type)).collect();
    Some(Response::of_memory(url, StatusCode::OK, headers, body.into()))
}
