//! From a console's sentence back to its reason.

use std::sync::LazyLock;

use crossorigin::profiles::Profile;

use super::table::{PARTS, sentences};
use super::{Piece, pieces};

/// The longest message that is read, in bytes.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// All ways in which each sentence can read.
static VARIANTS: LazyLock<Vec<Vec<String>>> =
    LazyLock::new(|| sentences().map(|sentence| variants(&plain(sentence.text))).collect());

/// What a message of a console tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleReading {
    /// Whose console prints so.
    pub browser: Profile,
    /// The codes of the reasons that it can stand for, the likeliest first.
    pub codes: &'static [&'static str],
    /// What is asked for, as Chromium calls it: `fetch`, `XMLHttpRequest`, `image`, `font` …
    pub kind: Option<String>,
    /// The URL.
    pub url: Option<String>,
    /// The URL that it was redirected from.
    pub first_url: Option<String>,
    /// The page's origin.
    pub origin: Option<String>,
    /// The guilty header's value.
    pub value: Option<String>,
    /// The method that is not permitted.
    pub method: Option<String>,
    /// The request header that is not permitted.
    pub header: Option<String>,
    /// The response's status.
    pub status: Option<u16>,
}

/// Reads a message that was copied out of a console; `None` where it is none of those that are known here. What
/// consoles print before and after it (a file and line, a link to learn more) may be there too.
///
/// ```
/// let reading = crossorigin_verdict::read_console(
///     "Access to fetch at 'https://api.example/' from origin 'https://app.example' has been blocked by CORS \
///      policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
/// ).expect("Chromium prints so");
/// assert_eq!(reading.codes, ["allow-origin-missing"]);
/// assert_eq!(reading.origin.as_deref(), Some("https://app.example"));
/// ```
pub fn read_console(message: &str) -> Option<ConsoleReading> {
    let message = message.get(..MAX_MESSAGE_BYTES).unwrap_or(message);
    // Several lines, and quotation marks that word processors change, are made one line of plain ones.
    let message = plain(&message.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut readings = sentences().zip(VARIANTS.iter()).filter_map(|(sentence, variants)| {
        let mut best: Option<Vec<(String, String)>> = None;
        for variant in variants {
            if let Some(found) = find(variant, &message) {
                best = Some(found);
                break;
            }
        }
        let found = best?;
        let get = |name: &str| {
            found.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let reading = ConsoleReading {
            browser: sentence.browser,
            codes: sentence.codes,
            kind: get("kind"),
            url: get("url"),
            first_url: get("first_url"),
            origin: get("origin").or_else(|| get("sent_origin")).or_else(|| origin_of(&get("page")?)),
            value: get("value").or_else(|| get("token")),
            method: get("method"),
            header: get("header").map(|name| name.to_ascii_lowercase()),
            status: get("status").and_then(|status| status.parse().ok()),
        };
        // The sentence that says most in its own words is the one that was meant; of one that is printed for several
        // reasons, nobody can tell which.
        Some(((own_text(sentence.text), sentence.codes.len()), reading))
    });
    let first = readings.next()?;
    Some(readings.fold(first, |best, other| if other.0 > best.0 { other } else { best }).1)
}

/// The origin of a page, by its URL.
fn origin_of(page: &str) -> Option<String> {
    let origin = url::Url::parse(page).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// Text without typographic quotation marks, which Firefox prints, and old versions of it and people do not.
fn plain(text: &str) -> String {
    text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"")
}

/// How much of a sentence is its own text.
fn own_text(template: &str) -> usize {
    pieces(template)
        .map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Name(name) => {
                PARTS.iter().find(|(part, _)| *part == name).map_or(0, |(_, ways)| own_text(ways[0]))
            }
        })
        .sum()
}

/// All ways in which a sentence can read, its parts filled in; hints at its end may be missing, and are left out.
fn variants(template: &str) -> Vec<String> {
    let mut variants = vec![String::new()];
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => variants.iter_mut().for_each(|variant| variant.push_str(text)),
            Piece::Name(name) => match PARTS.iter().find(|(part, _)| *part == name) {
                None => variants.iter_mut().for_each(|variant| variant.push_str(&format!("{{{name}}}"))),
                Some(_) if name.ends_with("_hint") => {}
                Some((_, ways)) => {
                    let mut filled: Vec<String> = ways.iter().flat_map(|way| self::variants(way)).collect();
                    // The longer ways first: what they say would else be taken for a value.
                    filled.sort_by_key(|way| std::cmp::Reverse(way.len()));
                    variants = filled
                        .iter()
                        .flat_map(|way| variants.iter().map(move |variant| format!("{variant}{way}")))
                        .collect();
                }
            },
        }
    }
    variants
}

/// Finds a sentence in a message, and what stands where it has names; each takes as little as it can.
fn find(template: &str, message: &str) -> Option<Vec<(String, String)>> {
    let all: Vec<Piece<'_>> = pieces(template.trim()).collect();
    let Some(Piece::Text(first)) = all.first() else {
        // Begins with a value: the value begins with the message, or after a space.
        return find_from(&all, message);
    };
    message.match_indices(first).find_map(|(at, _)| find_from(&all, &message[at..]))
}

fn find_from(pieces: &[Piece<'_>], message: &str) -> Option<Vec<(String, String)>> {
    let (mut found, mut rest) = (Vec::new(), message);
    let mut pieces = pieces.iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => rest = rest.strip_prefix(text)?,
            Piece::Name(name) => {
                let end = match pieces.peek() {
                    Some(Piece::Text(text)) => rest.find(text)?,
                    // What comes last ends at a space.
                    _ => rest.find(' ').unwrap_or(rest.len()),
                };
                found.push(((*name).to_owned(), rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
    }
    Some(found)
}
