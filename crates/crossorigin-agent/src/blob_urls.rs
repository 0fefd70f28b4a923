//! `blob:` URLs: what script has given a URL to, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use crossorigin::infrastructure::request::Request;
use crossorigin::infrastructure::request_origin::Origin;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use crate::Response;

/// How many bytes a store of `blob:` URLs holds at the most.
pub const MAX_BLOB_URL_BYTES: usize = 256 << 20;

/// Bytes with their type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The bytes.
    pub bytes: Bytes,
    /// Their MIME type, or nothing.
    pub media_type: String,
}

/// The `blob:` URLs of pages that live beside each other; a clone is the same store.
/// [Source](https://w3c.github.io/FileAPI/#blob-url-store).
#[derive(Clone, Debug, Default)]
pub struct BlobUrls(Arc<Mutex<HashMap<String, Entry>>>);

#[derive(Debug)]
struct Entry {
    blob: Blob,
    owner: Origin,
}

impl BlobUrls {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a blob its URL, which should be one that nobody can guess. `false` where the store is full.
    /// [Source](https://w3c.github.io/FileAPI/#add-an-entry).
    pub fn add(&self, url: &str, blob: Blob, owner: Origin) -> bool {
        let mut entries = self.entries();
        let held: usize = entries.values().map(|entry| entry.blob.bytes.len()).sum();
        let has_room = held.saturating_add(blob.bytes.len()) <= MAX_BLOB_URL_BYTES;
        if has_room {
            entries.insert(url.to_owned(), Entry { blob, owner });
        }
        has_room
    }

    /// Takes a URL back, where it is of this origin.
    /// [Source](https://w3c.github.io/FileAPI/#dfn-revokeObjectURL).
    pub fn revoke(&self, url: &str, owner: &Origin) {
        let mut entries = self.entries();
        if entries.get(url).is_some_and(|entry| entry.owner.same_origin(owner)) {
            entries.remove(url);
        }
    }

    /// What a URL leads to, for pages of the origin that made it.
    /// [Source](https://w3c.github.io/FileAPI/#blob-url-resolve).
    pub fn resolve(&self, url: &Url, asking: &Origin) -> Option<Blob> {
        let mut url = url.clone();
        url.set_fragment(None);
        let entries = self.entries();
        entries
            .get(url.as_str())
            .filter(|entry| entry.owner.same_origin(asking))
            .map(|entry| entry.blob.clone())
    }
}

/// The response that a `blob:` URL is; `None` where it leads nowhere, or is asked for otherwise than by GET.
/// [Source](https://fetch.spec.whatwg.org/#scheme-fetch).
pub(crate) fn read(urls: &BlobUrls, url: &Url, request: &Request, asking: &Origin) -> Option<Response> {
    let blob = urls.resolve(url, asking).filter(|_| request.method == Method::GET)?;
    let mut headers = HeaderMap::new();
    let (mut status, mut bytes) = (StatusCode::OK, blob.bytes);
    if let Some(range) = request.headers.get(RANGE) {
        let whole = bytes.len();
        let (first, last) = parse_range(range.to_str().ok()?, whole)?;
        bytes = bytes.slice(first..last + 1);
        status = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {first}-{last}/{whole}");
        headers.insert(CONTENT_RANGE, HeaderValue::try_from(range).ok()?);
    }
    headers.insert(CONTENT_LENGTH, bytes.len().into());
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(blob.media_type).ok()?);
    Some(Response::of_memory(url, status, headers, bytes))
}

/// The first and the last byte that `Range` asks for, of so many.
/// [Source](https://fetch.spec.whatwg.org/#simple-range-header-value).
fn parse_range(value: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
        _ => None,
    };
    let (first, last) = match (number(first)?, number(last)?) {
        (None, None) => return None,
        (None, Some(suffix)) => (length.checked_sub(suffix)?, length.checked_sub(1)?),
        (Some(first), None) => (first, length.checked_sub(1)?),
        (Some(first), Some(last)) => (first, last.min(length.checked_sub(1)?)),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_blobs() {
        for (value, expected) in [
            ("bytes=0-3", Some((0, 3))),
            ("bytes=4-", Some((4, 9))),
            ("bytes=-2", Some((8, 9))),
            ("bytes=8-20", Some((8, 9))),
            ("bytes=10-", None),
            ("bytes=5-4", None),
            ("bytes=-", None),
            ("bytes=-11", None),
            ("bytes=+1-2", None),
            ("bytes=0-1,3-4", None),
            ("bits=0-1", None),
        ] {
            assert_eq!(parse_range(value, 10), expected, "{value}");
        }
    }

    #[test]
    fn urls_are_of_the_origin_that_made_them() {
        let (own, other): (Origin, Origin) =
            ("https://a.example".parse().unwrap(), "https://b.example".parse().unwrap());
        let (urls, text) = (BlobUrls::default(), "blob:https://a.example/1");
        let url: Url = format!("{text}#x").parse().unwrap();
        let blob = Blob { bytes: Bytes::from_static(b"x"), media_type: String::new() };
        assert!(urls.add(text, blob.clone(), own.clone()));
        assert_eq!((urls.resolve(&url, &own), urls.resolve(&url, &other)), (Some(blob.clone()), None));
        urls.revoke(text, &other);
        assert!(urls.resolve(&url, &own).is_some());
        urls.revoke(text, &own);
        assert!(urls.resolve(&url, &own).is_none());
        let large = Blob { bytes: vec![0; MAX_BLOB_URL_BYTES + 1].into(), ..blob };
        assert!(!urls.add(text, large, own));
    }
}
