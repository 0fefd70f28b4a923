//! Regular expressions in the part of their syntax that PCRE, RE2 and JavaScript share.

use crossorigin::server::{OriginPattern, PortPattern};

/// A label of a domain.
const LABEL: &str = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
/// Any port.
const ANY_PORT: &str = "(?::[0-9]{1,5})?";
/// Any origin that is none of its own kind, as `null` is.
pub(crate) const ANY_ORIGIN: &str =
    r"^[a-z][a-z0-9+.-]*://(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?$";
/// Any method that script can use, as far as its bytes say; quotes are written as numbers, for they end strings.
pub(crate) const ANY_METHOD: &str = r"^[!#$%&\x27*+.^_\x60|~0-9A-Za-z-]+$";
/// Any list of header names.
pub(crate) const ANY_NAMES: &str = r"^[!#$%&\x27*+.^_\x60|~0-9A-Za-z, \t-]*$";
/// Paths, with or without a query, that servers read in different ways: dot segments, backslashes, encoded slashes,
/// backslashes and NULs, and `%` without two hexadecimal digits.
pub(crate) const UNSAFE_PATHS: &[&str] = &[
    r"^[^?]*(?:%2[fF]|%5[cC]|%00|\\)",
    "^[^?]*%(?:[^0-9A-Fa-f]|[0-9A-Fa-f](?:[^0-9A-Fa-f]|$)|$)",
    r"^[^?]*/(?:\.|%2[eE])(?:\.|%2[eE])?(?:[/;?]|%3[bB]|$)",
];

/// A text that stands for itself.
pub(crate) fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if ".+*?()|[]{}^$\\".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// What an item of `origins` takes in, from the first byte to the last.
pub(crate) fn origin(pattern: &OriginPattern<'_>) -> String {
    let labels = if pattern.has_subdomains() { format!("(?:{LABEL}\\.)+") } else { String::new() };
    let port = match pattern.port() {
        PortPattern::Default => String::new(),
        PortPattern::Number(number) => format!(":{number}"),
        PortPattern::Any => ANY_PORT.to_owned(),
    };
    format!("^{}://{labels}{}{port}$", literal(pattern.scheme()), literal(pattern.host()))
}

/// One of these, from the first byte to the last.
pub(crate) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("^(?:{})$", names.into_iter().map(literal).collect::<Vec<_>>().join("|"))
}

/// A list of names among these, joined by commas, with spaces and empty elements where intermediaries put them; no name
/// too. To be matched in any case.
pub(crate) fn list_of(names: &[String]) -> String {
    let name = match names {
        [] => "[ \\t]*".to_owned(),
        names => {
            let names = names.iter().map(|name| literal(name)).collect::<Vec<_>>().join("|");
            format!("[ \\t]*(?:(?:{names})[ \\t]*)?")
        }
    };
    format!("^{name}(?:,{name})*$")
}

/// A list in which a name is. To be matched in any case.
pub(crate) fn list_with(name: &str) -> String {
    format!("(?:^|,)[ \\t]*{}[ \\t]*(?:,|$)", literal(name))
}

/// How a request's path is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// After it is decoded.
    Decoded,
    /// As it is sent, where `%61` is an `a`.
    Sent,
}

/// Paths under a prefix of whole segments, with one of these extensions where there are any; up to their query.
pub(crate) fn path(prefix: &str, extensions: &[Box<str>], spelling: Spelling) -> String {
    let spelt =
        |text: &str, any_case| text.chars().map(|own| spelt(own, any_case, spelling)).collect::<String>();
    let prefix = spelt(prefix.trim_end_matches('/'), false);
    match extensions {
        [] if prefix.is_empty() => "^/".to_owned(),
        [] => format!("^{prefix}(?:[/?]|$)"),
        extensions => {
            let extensions = extensions.iter().map(|own| spelt(own, true)).collect::<Vec<_>>().join("|");
            let dot = spelt(".", false);
            format!("^{prefix}/(?:[^?]*/)?[^/?]*{dot}(?:{extensions})(?:[?]|$)")
        }
    }
}

/// One character of a path.
fn spelt(own: char, any_case: bool, spelling: Spelling) -> String {
    let mut forms = vec![own];
    if any_case && own.is_ascii_alphabetic() {
        forms = vec![own.to_ascii_lowercase(), own.to_ascii_uppercase()];
    }
    let plain: Vec<_> = forms.iter().map(|form| literal(form.encode_utf8(&mut [0; 4]))).collect();
    match spelling {
        Spelling::Decoded if forms.len() == 1 => plain.concat(),
        Spelling::Decoded => format!("[{}]", plain.concat()),
        Spelling::Sent if own == '/' => plain.concat(),
        Spelling::Sent => {
            let encoded = forms.iter().map(|form| {
                let bytes = form.to_string().into_bytes().into_iter().map(|byte| {
                    let digit = |digit: u8| match char::from(b"0123456789abcdef"[usize::from(digit)]) {
                        letter @ 'a'..='f' => format!("[{letter}{}]", letter.to_ascii_uppercase()),
                        digit => digit.to_string(),
                    };
                    format!("%{}{}", digit(byte >> 4), digit(byte & 15))
                });
                bytes.collect::<String>()
            });
            format!("(?:{})", plain.iter().cloned().chain(encoded).collect::<Vec<_>>().join("|"))
        }
    }
}

/// An expression that takes all of a path, of one that takes its beginning.
pub(crate) fn whole(expression: &str) -> String {
    format!("{expression}.*")
}

/// Paths with an empty segment or a parameter among their first segments, so that routes of that depth may be read in two
/// ways.
pub(crate) fn two_readings(depth: usize) -> Option<String> {
    let before = depth.checked_sub(1)?;
    Some(format!("^(?:/[^/;?]+){{0,{before}}}/(?:[^/;?]*;|/)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_written_for_all_three_syntaxes() {
        for (item, expected) in [
            ("https://app.example", r"^https://app\.example$"),
            ("http://localhost:*", "^http://localhost(?::[0-9]{1,5})?$"),
            ("http://[::1]:8080", r"^http://\[::1\]:8080$"),
            (
                "https://*.partner.example",
                r"^https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+partner\.example$",
            ),
        ] {
            assert_eq!(origin(&OriginPattern::parse(item).unwrap()), expected);
        }
        assert_eq!(one_of(["GET", "M-SEARCH"]), "^(?:GET|M-SEARCH)$");
        let jpg = [Box::from("jpg")];
        assert_eq!(
            path("/a.b/", &jpg, Spelling::Decoded),
            r"^/a\.b/(?:[^?]*/)?[^/?]*\.(?:[jJ][pP][gG])(?:[?]|$)"
        );
        assert_eq!(path("/", &[], Spelling::Sent), "^/");
        assert_eq!(path("/o-", &[], Spelling::Sent), "^/(?:o|%6[fF])(?:-|%2[dD])(?:[/?]|$)");
    }
}
