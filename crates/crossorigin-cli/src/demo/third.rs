//! The third host: the same photo, film and font, and no CORS header on anything.

use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};

use super::assets;
use super::journal::{Asked, Journal};
use super::photos::Large;
use super::server::{Body, said, typed, whole};

pub(super) struct Third {
    pub(super) photos: Rc<Large>,
    pub(super) journal: Rc<Journal>,
}

impl Third {
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let asked = Asked::new(request);
        let response = match request.uri().path() {
            "/photos/hills.png" => typed("image/png", self.photos.hills.clone()),
            "/photos/moon.png" => typed("image/png", self.photos.moon.clone()),
            "/fonts/origin.woff2" => typed("font/woff2", assets::FONT),
            "/film/film.webm" => film(request.headers().get(header::RANGE)),
            _ => said(StatusCode::OK, "The third host says hello, to everyone but scripts of other sites.\n"),
        };
        self.journal.note(asked, response.status(), response.headers());
        response
    }
}

/// Some browsers play films only from servers that answer ranges.
fn film(range: Option<&header::HeaderValue>) -> Response<Body> {
    let whole_film = Bytes::from_static(assets::FILM);
    let length = whole_film.len();
    let Some((first, last)) = range.and_then(|range| bounds(range.to_str().ok()?, length)) else {
        return typed("video/webm", whole_film);
    };
    let mut response = typed("video/webm", Bytes::new());
    let content_range = format!("bytes {first}-{last}/{length}");
    if let Ok(value) = header::HeaderValue::try_from(content_range) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    *response.body_mut() = whole(whole_film.slice(first..=last));
    response
}

/// The first and last byte of a single range `bytes=a-b` or `bytes=a-`; anything else is answered whole.
fn bounds(range: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let first: usize = first.parse().ok()?;
    let last = if last.is_empty() { length - 1 } else { last.parse::<usize>().ok()?.min(length - 1) };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn reads_ranges() {
        let table = [
            ("bytes=0-", Some((0, 9))),
            ("bytes=2-4", Some((2, 4))),
            ("bytes=2-400", Some((2, 9))),
            ("bytes=9-9", Some((9, 9))),
            ("bytes=10-", None),
            ("bytes=5-4", None),
            ("bytes=-4", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
            ("", None),
        ];
        for (range, expected) in table {
            assert_eq!(bounds(range, 10), expected, "{range}");
        }
    }
}
