//! Content types, and which content codings a client takes.

use std::path::Path;

use http::HeaderValue;
use http::header::GetAll;

/// What a file's name says of its content.
pub(super) struct Kind {
    pub(super) content_type: HeaderValue,
    /// For files that are compressed by their nature: `.svgz`.
    pub(super) content_encoding: Option<&'static str>,
    /// Whether it is worth to look for a compressed form beside it.
    pub(super) is_compressible: bool,
}

/// The kind of a file. Text is taken for UTF-8.
pub(super) fn of(path: &Path) -> Kind {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svgz")) {
        let content_type = HeaderValue::from_static("image/svg+xml");
        return Kind { content_type, content_encoding: Some("gzip"), is_compressible: false };
    }
    let guess = mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream");
    let is_text = guess.starts_with("text/");
    let content_type = match is_text {
        true => HeaderValue::try_from(format!("{guess}; charset=utf-8")).ok(),
        false => None,
    };
    Kind {
        content_type: content_type.unwrap_or(HeaderValue::from_static(guess)),
        content_encoding: None,
        is_compressible: is_text
            || guess.ends_with("+xml")
            || guess.ends_with("+json")
            || matches!(
                guess,
                "application/json"
                    | "application/javascript"
                    | "application/xml"
                    | "application/wasm"
                    | "font/ttf"
                    | "font/otf"
                    | "application/vnd.ms-fontobject"
                    | "image/bmp"
                    | "image/x-icon"
            ),
    }
}

/// A coding that files lie compressed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Brotli,
}

impl Coding {
    /// Its name in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    /// What is added to a file's name.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        }
    }
}

/// How much a client likes each coding, in thousandths; 0 is a refusal.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    gzip: u16,
    brotli: u16,
    identity: u16,
}

impl Accepted {
    /// Whether a coding suits better than what is chosen so far, or as well: the later one is the smaller.
    pub(super) fn prefers(self, coding: Coding, chosen: Option<&'static str>) -> bool {
        let weight = |name: Option<&str>| match name {
            Some("gzip") => self.gzip,
            Some("br") => self.brotli,
            _ => self.identity,
        };
        let wanted = weight(Some(coding.name()));
        wanted > 0 && wanted >= weight(chosen)
    }
}

/// Reads `Accept-Encoding`. Without it, nothing but the plain form is sent.
pub(super) fn accepted(lines: GetAll<'_, HeaderValue>) -> Accepted {
    let (mut gzip, mut brotli, mut identity, mut others) = (None, None, None, None);
    let text = lines.iter().filter_map(|line| line.to_str().ok());
    for element in text.flat_map(|line| line.split(',')) {
        let mut parts = element.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let place = match name {
            _ if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => &mut gzip,
            _ if name.eq_ignore_ascii_case("br") => &mut brotli,
            _ if name.eq_ignore_ascii_case("identity") => &mut identity,
            "*" => &mut others,
            _ => continue,
        };
        *place = Some(weight.map_or(1000, thousandths));
    }
    Accepted {
        gzip: gzip.or(others).unwrap_or(0),
        brotli: brotli.or(others).unwrap_or(0),
        // Nothing said of it, the plain form is acceptable, and every coding that is accepted is preferred.
        identity: identity.or(others.filter(|&weight| weight == 0)).unwrap_or(1),
    }
}

/// A weight from 0 to 1; what is none is a refusal.
fn thousandths(text: &str) -> u16 {
    match text.parse::<f32>() {
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use http::header::ACCEPT_ENCODING;

    #[test]
    fn clients_get_the_coding_they_like() {
        for (accept, expected) in [
            (None, None),
            (Some(""), None),
            (Some("gzip, deflate, br"), Some("br")),
            (Some("GZIP"), Some("gzip")),
            (Some("br;q=0.5, gzip;q=0.9"), Some("gzip")),
            (Some("br;q=0, gzip"), Some("gzip")),
            (Some("*"), Some("br")),
            (Some("*;q=0"), None),
            (Some("gzip;q=0.5, identity;q=0.8"), None),
            (Some("gzip;q=0.5, identity;q=0.2"), Some("gzip")),
            (Some("gzip;q=2"), None),
            (Some("gzip;q=x"), None),
            (Some("zstd"), None),
            (Some("br ; q=0.001"), Some("br")),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
            }
            let accepted = accepted(headers.get_all(ACCEPT_ENCODING));
            let mut chosen = None;
            for coding in [Coding::Gzip, Coding::Brotli] {
                if accepted.prefers(coding, chosen) {
                    chosen = Some(coding.name());
                }
            }
            assert_eq!(chosen, expected, "{accept:?}");
        }
    }

    #[test]
    fn names_tell_kinds() {
        for (name, content_type, encoding, is_compressible) in [
            ("a.html", "text/html; charset=utf-8", None, true),
            ("a.js", "text/javascript; charset=utf-8", None, true),
            ("a.json", "application/json", None, true),
            ("a.svg", "image/svg+xml", None, true),
            ("a.svgz", "image/svg+xml", Some("gzip"), false),
            ("a.SVGZ", "image/svg+xml", Some("gzip"), false),
            ("a.png", "image/png", None, false),
            ("a.jpg", "image/jpeg", None, false),
            ("a.webp", "image/webp", None, false),
            ("a.avif", "image/avif", None, false),
            ("a.woff2", "font/woff2", None, false),
            ("a.webm", "video/webm", None, false),
            ("a.wasm", "application/wasm", None, true),
            ("a", "application/octet-stream", None, false),
        ] {
            let kind = of(Path::new(name));
            let found = (kind.content_type.to_str().unwrap(), kind.content_encoding, kind.is_compressible);
            assert_eq!(found, (content_type, encoding, is_compressible), "{name}");
        }
    }
}
