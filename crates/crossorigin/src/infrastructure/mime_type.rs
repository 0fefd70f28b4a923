//! The essence of a MIME type.

use super::header_values::get_decode_and_split;
use super::is_token;

/// A MIME type's type and subtype as written; its parameters never make it invalid, and are not kept.
/// [Source](https://mimesniff.spec.whatwg.org/#mime-type-essence).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MimeTypeEssence<'a> {
    kind: &'a [u8],
    subtype: &'a [u8],
}

impl<'a> MimeTypeEssence<'a> {
    /// Reads the essence off a `Content-Type` value; `None` where the value is no MIME type.
    /// [Source](https://mimesniff.spec.whatwg.org/#parse-a-mime-type).
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        // White space around the whole goes first.
        let value = trim_http_whitespace(value);
        // The type is a token up to the slash, which must be there.
        let slash = value.iter().position(|&byte| byte == b'/')?;
        let (kind, rest) = (&value[..slash], &value[slash + 1..]);
        // The subtype is a token up to the first semicolon; only behind it may white space stand.
        let end = rest.iter().position(|&byte| byte == b';').unwrap_or(rest.len());
        let subtype = trim_end_http_whitespace(&rest[..end]);
        (is_token(kind) && is_token(subtype)).then_some(Self { kind, subtype })
    }

    /// Whether this is the essence `kind/subtype`, in any case.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
            && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    /// Whether this is of a type such as `image`, in any case.
    pub fn has_type(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    /// Whether this is one of the essences of scripts.
    /// [Source](https://mimesniff.spec.whatwg.org/#javascript-mime-type).
    pub fn is_javascript(&self) -> bool {
        const APPLICATION: [&str; 4] = ["ecmascript", "javascript", "x-ecmascript", "x-javascript"];
        const TEXT: [&str; 12] = [
            "ecmascript",
            "javascript",
            "javascript1.0",
            "javascript1.1",
            "javascript1.2",
            "javascript1.3",
            "javascript1.4",
            "javascript1.5",
            "jscript",
            "livescript",
            "x-ecmascript",
            "x-javascript",
        ];
        APPLICATION.iter().any(|subtype| self.is("application", subtype))
            || TEXT.iter().any(|subtype| self.is("text", subtype))
    }
}

/// The essence that all of a response's `Content-Type` lines, joined, come to: the last that is one, and not
/// `*/*`.
/// [Source](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type).
pub fn extract_mime_type(content_type: &[u8]) -> Option<MimeTypeEssence<'_>> {
    let values = get_decode_and_split(content_type).into_iter().rev();
    values.filter_map(MimeTypeEssence::parse).find(|essence| !essence.is("*", "*"))
}

const fn is_http_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim_http_whitespace(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|&byte| !is_http_whitespace(byte)).unwrap_or(value.len());
    trim_end_http_whitespace(&value[start..])
}

fn trim_end_http_whitespace(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|&byte| !is_http_whitespace(byte)).map_or(0, |last| last + 1);
    &value[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn essences_are_read_as_browsers_do() {
        for (value, essence) in [
            ("text/plain", Some(("text", "plain"))),
            ("\t text/plain \t", Some(("text", "plain"))),
            ("TEXT/Plain;charset=utf-8", Some(("text", "plain"))),
            ("text/plain ;charset", Some(("text", "plain"))),
            ("text/plain;;;\"", Some(("text", "plain"))),
            ("text/ plain", None),
            ("text /plain", None),
            ("text/plain, text/plain", None),
            ("text", None),
            ("/plain", None),
            ("text/", None),
            ("text/;plain", None),
            ("text/plain/x", None),
            ("", None),
        ] {
            let parsed = MimeTypeEssence::parse(value.as_bytes());
            assert_eq!(parsed.is_some(), essence.is_some(), "{value}");
            if let (Some(parsed), Some((kind, subtype))) = (parsed, essence) {
                assert!(parsed.is(kind, subtype), "{value}");
            }
        }
        assert_eq!(MimeTypeEssence::parse(b"text/pl\xe4in"), None);
    }
}
