//! In which encoding a page is: by its first bytes, its header, or its own word.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How far into a page its own word is looked for, in bytes.
/// [Source](https://html.spec.whatwg.org/#determining-the-character-encoding).
const MAX_PRESCAN_BYTES: usize = 1024;

/// The text of a page.
pub(crate) fn decode(body: &[u8], content_type: &str, default: &'static Encoding) -> String {
    let encoding = match Encoding::for_bom(body) {
        Some((encoding, _)) => encoding,
        None => of_header(content_type).or_else(|| prescan(body)).unwrap_or(default),
    };
    let (text, _) = encoding.decode_with_bom_removal(body);
    match text {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

fn of_header(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then(|| Encoding::for_label(value.as_bytes())).flatten()
    })
}

/// What a page says of itself in a `meta` element.
/// [Source](https://html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding).
fn prescan(body: &[u8]) -> Option<&'static Encoding> {
    let mut rest = &body[..body.len().min(MAX_PRESCAN_BYTES)];
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix(b"!--") {
            // `<!-->` is a whole comment.
            let end = rest.windows(3).skip(1).position(|three| three == b"-->");
            rest = end.map_or(&[][..], |end| &rest[end + 4..]);
            let _ = comment;
        } else if rest.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
            && rest.get(4).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/')
        {
            if let Some(encoding) = of_meta(&mut Attributes(&rest[4..])) {
                return Some(encoding);
            }
        } else if rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/') {
            // What stands in the attributes of others is not the page's word.
            let name = rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
            let mut attributes = Attributes(&rest[name.unwrap_or(rest.len())..]);
            while attributes.next().is_some() {}
            rest = attributes.0;
        }
    }
    None
}

fn of_meta(attributes: &mut Attributes<'_>) -> Option<&'static Encoding> {
    let (mut is_pragma, mut charset, mut of_content) = (false, None, None);
    for (name, value) in attributes {
        match name.as_str() {
            "http-equiv" => is_pragma |= value.eq_ignore_ascii_case("content-type"),
            "charset" if charset.is_none() => charset = Some(value),
            "content" if of_content.is_none() => {
                let at = value.to_ascii_lowercase().find("charset");
                let label = at.and_then(|at| value[at + 7..].trim_start().strip_prefix('='));
                of_content = label.map(|label| label.trim_start().trim_matches(['"', '\'']).to_owned());
            }
            _ => {}
        }
    }
    let label = charset.or(of_content.filter(|_| is_pragma))?;
    let label = label.split([';', ' ']).next().unwrap_or_default();
    let encoding = Encoding::for_label(label.trim().as_bytes())?;
    Some(match encoding {
        // What could be read so far is not in those.
        utf_16 if utf_16 == UTF_16BE || utf_16 == UTF_16LE => UTF_8,
        x if x == X_USER_DEFINED => WINDOWS_1252,
        encoding => encoding,
    })
}

/// The attributes of a tag, their names in small letters, up to its end.
struct Attributes<'a>(&'a [u8]);

impl Iterator for Attributes<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        let skip = |rest: &'_ [u8], of: fn(u8) -> bool| rest.iter().take_while(|byte| of(**byte)).count();
        self.0 = &self.0[skip(self.0, |byte| byte.is_ascii_whitespace() || byte == b'/')..];
        if matches!(self.0.first(), None | Some(b'>')) {
            return None;
        }
        let end = skip(&self.0[1..], |byte| !(byte.is_ascii_whitespace() || b"=/>".contains(&byte))) + 1;
        let (name, rest) = self.0.split_at(end);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let rest = &rest[skip(rest, |byte| byte.is_ascii_whitespace())..];
        let Some(rest) = rest.strip_prefix(b"=") else {
            self.0 = rest;
            return Some((name, String::new()));
        };
        let rest = &rest[skip(rest, |byte| byte.is_ascii_whitespace())..];
        let (value, rest) = match rest.first() {
            Some(quote @ (b'"' | b'\'')) => {
                let rest = &rest[1..];
                let end = rest.iter().position(|byte| byte == quote).unwrap_or(rest.len());
                (&rest[..end], rest.get(end + 1..).unwrap_or_default())
            }
            _ => rest.split_at(skip(rest, |byte| !byte.is_ascii_whitespace() && byte != b'>')),
        };
        self.0 = rest;
        Some((name, String::from_utf8_lossy(value).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_found_where_it_is_said() {
        for (body, content_type, expected) in [
            (&b"\xE4"[..], "text/html", "ä"),
            (b"\xE4", "text/html; charset=utf-8", "\u{FFFD}"),
            (b"\xC3\xA4", "text/html; x=y; CHARSET=\"UTF8\"", "ä"),
            (b"\xEF\xBB\xBF\xC3\xA4", "text/html; charset=iso-8859-1", "ä"),
            (b"\xFF\xFEa\0", "", "a"),
            (b"<meta charset=utf-8>\xC3\xA4", "", "<meta charset=utf-8>ä"),
            (b"<META x CharSet = 'utf-8'>\xC3\xA4", "", "<META x CharSet = 'utf-8'>ä"),
            (b"<meta charset=utf-8>\xE4", "text/html; charset=latin1", "<meta charset=utf-8>ä"),
            (b"<meta charset=utf-16>\xC3\xA4", "", "<meta charset=utf-16>ä"),
            (b"<!-- <meta charset=utf-8> -->\xE4", "", "<!-- <meta charset=utf-8> -->ä"),
            (b"<!--><meta charset=utf-8>\xC3\xA4", "", "<!--><meta charset=utf-8>ä"),
            (b"<p x='<meta charset=utf-8>'>\xE4", "", "<p x='<meta charset=utf-8>'>ä"),
            (b"<metal charset=utf-8>\xE4", "", "<metal charset=utf-8>ä"),
            (b"<meta charset=shift_jis>\x82\xA0", "", "<meta charset=shift_jis>あ"),
            (
                b"<meta charset=nonsense><meta charset=utf-8>\xC3\xA4",
                "",
                "<meta charset=nonsense><meta charset=utf-8>ä",
            ),
        ] {
            assert_eq!(decode(body, content_type, WINDOWS_1252), expected, "{content_type}");
        }
        let pragma = "<meta content='text/html; charset=utf-8' http-equiv=Content-Type>ä";
        assert_eq!(decode(pragma.as_bytes(), "", WINDOWS_1252), pragma);
        assert_ne!(decode(pragma.replace("http-equiv", "name").as_bytes(), "", WINDOWS_1252), pragma);
        let late = format!("{}<meta charset=utf-8>ä", " ".repeat(MAX_PRESCAN_BYTES));
        assert!(decode(late.as_bytes(), "", WINDOWS_1252).ends_with("Ã¤"));
    }

    #[test]
    fn every_beginning_of_a_page_can_be_scanned() {
        let page = b"<!doctype html><!-- x --><meta a = \"b\" http-equiv='content-type' content='charset = x'><p a='>' b>/";
        for end in 0..=page.len() {
            for begin in 0..end {
                prescan(&page[begin..end]);
            }
        }
    }
}
