//! Regular expressions over origins, translated into the patterns of policies where they say the same.
//!
//! What an expression means is taken from its syntax tree; whether the patterns say the same is then tried, by putting the
//! origins at the patterns' boundaries to the expression itself.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crossorigin::infrastructure::origin::SerializedOrigin;
use crossorigin::server::{OriginPattern, PolicyConfig};
use crossorigin_policy::witness::Witnesses;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::{Finding, Severity};

/// The most alternatives that an expression is taken apart into.
const MAX_ALTERNATIVES: usize = 256;

/// The most memory that an expression may take when it is compiled.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// What of an origin an expression has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchoring {
    /// Some part of it, as in nginx, Apache and Caddy.
    Part,
    /// All of it, as in Envoy.
    Whole,
}

/// A regular expression over origins.
#[derive(Clone, Debug)]
pub struct OriginRegex {
    regex: Regex,
    text: String,
    ignores_case: bool,
}

/// Expressions that are compiled once, however often they are asked.
#[derive(Default)]
pub(super) struct Expressions(RefCell<HashMap<(String, bool), Compiled>>);

type Compiled = Option<Rc<OriginRegex>>;

impl Expressions {
    /// The expression; `None` where it is none, which has been told.
    pub(super) fn get(&self, text: &str, ignores_case: bool) -> Option<Rc<OriginRegex>> {
        let compile = || OriginRegex::new(text, Anchoring::Part, ignores_case).ok().map(Rc::new);
        self.0.borrow_mut().entry((text.to_owned(), ignores_case)).or_insert_with(compile).clone()
    }
}

/// What an expression is in a policy's words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Translated {
    /// Items for `origins`.
    pub origins: Vec<String>,
    /// An origin that these take in and the expression does not: one of more labels, mostly.
    pub wider: Option<String>,
}

/// Why an expression has no translation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Untranslated {
    /// The reason, in a sentence without a full stop.
    pub reason: String,
    /// An origin that the expression matches, and that is hardly meant.
    pub look_alike: Option<String>,
    /// What is probably meant.
    pub meant: Vec<String>,
}

impl OriginRegex {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Its syntax, or what it uses that has no place in a test of origins: look-around and references back.
    pub fn new(text: &str, anchoring: Anchoring, ignores_case: bool) -> Result<Self, String> {
        let text = match anchoring {
            Anchoring::Part => text.to_owned(),
            Anchoring::Whole => format!("^(?:{text})$"),
        };
        let regex = RegexBuilder::new(&text)
            .unicode(false)
            .case_insensitive(ignores_case)
            .size_limit(MAX_COMPILED_BYTES)
            .build();
        let regex = regex.map_err(|error| {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            reason.trim_start_matches("error: ").to_owned()
        })?;
        Ok(Self { regex, text, ignores_case })
    }

    /// Whether it matches an origin.
    pub fn is_match(&self, origin: &str) -> bool {
        self.regex.is_match(origin.as_bytes())
    }

    /// The part that it matches, and its groups.
    pub(super) fn captures(&self, origin: &str) -> Option<Vec<String>> {
        let captures = self.regex.captures(origin.as_bytes())?;
        let text = |part: Option<regex::bytes::Match<'_>>| {
            part.map_or_else(String::new, |part| String::from_utf8_lossy(part.as_bytes()).into_owned())
        };
        Some(captures.iter().map(text).collect())
    }
}

/// Says an expression in a policy's words.
///
/// ```
/// use crossorigin_export::import::{Anchoring, OriginRegex, translate};
///
/// let regex = OriginRegex::new(r"^https?://example\.com$", Anchoring::Part, false)?;
/// assert_eq!(translate(&regex).unwrap().origins, ["http://example.com", "https://example.com"]);
///
/// let regex = OriginRegex::new(r"^https://example\.com", Anchoring::Part, false)?;
/// let untranslated = translate(&regex).unwrap_err();
/// assert_eq!(untranslated.look_alike.as_deref(), Some("https://example.com.evil.test"));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// Why the expression and no list of patterns say the same, with an origin that shows it where there is one.
pub fn translate(regex: &OriginRegex) -> Result<Translated, Untranslated> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let meant =
        parser.parse(&regex.text).ok().and_then(|hir| meant(&hir, regex.ignores_case)).unwrap_or_default();
    if meant.is_empty() {
        let reason = "it says no origin that a policy could name".to_owned();
        return Err(Untranslated { reason, look_alike: None, meant });
    }
    let patterns: Vec<_> = meant.iter().filter_map(|origin| OriginPattern::parse(origin).ok()).collect();
    let is_meant = |origin: &str| {
        SerializedOrigin::parse(origin.as_bytes())
            .is_ok_and(|origin| patterns.iter().any(|pattern| pattern.matches(&origin)))
    };
    let mut config = PolicyConfig::default();
    config.origins.clone_from(&meant);
    let witnesses = Witnesses::new([&config]).origins();
    let mut witnesses: Vec<_> = witnesses
        .iter()
        .filter(|origin| origin.is_by_browsers())
        .map(|origin| origin.value.as_str())
        .collect();
    // The plainest first: what an attacker would register.
    witnesses.sort_by_key(|origin| {
        let lacks = |text| !origin.contains(text);
        (!origin.starts_with("http"), lacks(".evil.test"), lacks("evil"), lacks("https:"), origin.len())
    });
    if let Some(look_alike) = witnesses.iter().find(|origin| regex.is_match(origin) && !is_meant(origin)) {
        let reason = format!("it matches {look_alike} too");
        return Err(Untranslated { reason, look_alike: Some((*look_alike).to_owned()), meant });
    }
    let unmatched = meant.iter().find(|origin| !origin.contains('*') && !regex.is_match(origin));
    if let Some(unmatched) = unmatched {
        let reason = format!("it does not match {unmatched}, which it seems to mean");
        return Err(Untranslated { reason, look_alike: None, meant });
    }
    let wider = witnesses.iter().find(|origin| is_meant(origin) && !regex.is_match(origin));
    Ok(Translated { wider: wider.map(|origin| (*origin).to_owned()), origins: meant })
}

/// The items that an expression is, or a finding.
pub(super) fn of_regex(
    text: &str,
    anchoring: Anchoring,
    ignores_case: bool,
    line: usize,
    findings: &mut Vec<Finding>,
) -> Vec<String> {
    let regex = match OriginRegex::new(text, anchoring, ignores_case) {
        Ok(regex) => regex,
        Err(reason) => {
            let message = format!("the regular expression {text} is not read: {reason}");
            let remedy = "write the origins, or patterns such as https://*.app.example";
            findings.push(Finding::new(Severity::Unread, "regex", line, message, remedy));
            return Vec::new();
        }
    };
    if ["https://any.example", "http://any.test", "https://other.test:8443"]
        .iter()
        .all(|origin| regex.is_match(origin))
    {
        return vec!["*".into()];
    }
    match translate(&regex) {
        Ok(translated) => {
            if let Some(wider) = translated.wider {
                findings.push(wider_note(text, &wider, line));
            }
            translated.origins
        }
        Err(untranslated) => {
            findings.push(look_alike(text, &untranslated, line));
            Vec::new()
        }
    }
}

pub(super) fn wider_note(text: &str, wider: &str, line: usize) -> Finding {
    let message = format!("the pattern read from {text} takes in {wider} too, which the expression does not");
    Finding::new(Severity::Note, "wider-pattern", line, message, "list the origins, if that is too much")
}

pub(super) fn look_alike(text: &str, untranslated: &Untranslated, line: usize) -> Finding {
    let message = match &untranslated.look_alike {
        Some(look_alike) => {
            format!("the regular expression {text} lets {look_alike} read too")
        }
        None => format!("the regular expression {text} is not read: {}", untranslated.reason),
    };
    let remedy = match untranslated.meant.is_empty() {
        true => "write the origins, or patterns such as https://*.app.example".to_owned(),
        false => format!("if these are meant, write them into origins: {:?}", untranslated.meant),
    };
    let code = if untranslated.look_alike.is_some() { "look-alike-origin" } else { "regex" };
    Finding::new(Severity::Unread, code, line, message, remedy)
}

/// A piece of what an expression matches.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    /// One character of many.
    OneOf,
    /// Several characters of a class.
    Many(Kind),
    /// Labels, each with a dot behind it.
    Labels,
    Start,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Digits,
    /// A label, several labels, or anything.
    Text,
}

/// The items that an expression seems to mean.
fn meant(hir: &Hir, ignores_case: bool) -> Option<Vec<String>> {
    let mut origins = BTreeSet::new();
    for pieces in expand(hir)? {
        origins.extend(pattern(&pieces, ignores_case)?);
    }
    // A family with any port takes in the one with the scheme's own.
    let all: Vec<String> = origins.into_iter().collect();
    let is_covered = |origin: &String| !origin.ends_with(":*") && all.contains(&format!("{origin}:*"));
    Some(all.iter().filter(|origin| !is_covered(origin)).cloned().collect())
}

/// One alternative as items: `None` where it is none, no item for what no browser sends.
fn pattern(pieces: &[Piece], ignores_case: bool) -> Option<Vec<String>> {
    let is_anchor = |piece: &Piece| matches!(piece, Piece::Start | Piece::End);
    let pieces: Vec<&Piece> = pieces.iter().filter(|piece| !is_anchor(piece)).collect();
    let mut text = String::new();
    let mut with_parent = false;
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        at += 1;
        let in_front = text.ends_with("://") || text.is_empty();
        match piece {
            Piece::Byte(byte) => text.push(char::from(*byte)),
            Piece::OneOf => text.push('.'),
            Piece::Many(Kind::Digits) if text.ends_with(':') => text.push('*'),
            Piece::Labels if in_front => text.push_str("*."),
            Piece::Many(Kind::Text) if in_front => {
                let is_dot = |piece: &&Piece| matches!(piece, Piece::Byte(b'.') | Piece::OneOf);
                // What is not parted by a dot takes in the parent too, and hosts that only end like it.
                with_parent = !pieces.get(at).is_some_and(is_dot);
                at += usize::from(!with_parent);
                text.push_str("*.");
            }
            // What may follow anything is not anchored.
            Piece::Many(Kind::Text) if at == pieces.len() => {}
            _ => return None,
        }
    }
    if text.ends_with('/') {
        return Some(Vec::new());
    }
    if !text.contains("://") {
        text = format!("https://{}", text.trim_start_matches('/'));
    }
    if ignores_case {
        text.make_ascii_lowercase();
    }
    OriginPattern::parse(&text).ok()?;
    let parent = with_parent.then(|| text.replacen("*.", "", 1));
    Some(std::iter::once(text).chain(parent).collect())
}

/// The texts that an expression matches at the end of a name, where they are few.
pub(super) fn texts(expression: &str) -> Option<Vec<String>> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    let texts = expand(&parser.parse(expression).ok()?)?.into_iter().map(|pieces| {
        let (end, pieces) = pieces.split_last()?;
        let pieces = match pieces {
            // Whatever stands before.
            [Piece::Start, Piece::Many(Kind::Text), rest @ ..] | [Piece::Many(Kind::Text), rest @ ..] => rest,
            pieces => pieces,
        };
        let byte = |piece: &Piece| match piece {
            Piece::Byte(byte) => Some(char::from(*byte)),
            _ => None,
        };
        (*end == Piece::End).then(|| pieces.iter().map(byte).collect::<Option<String>>())?
    });
    texts.collect()
}

fn expand(hir: &Hir) -> Option<Vec<Vec<Piece>>> {
    let alternatives = match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(literal) => vec![literal.0.iter().copied().map(Piece::Byte).collect()],
        HirKind::Class(class) => of_class(class),
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => vec![vec![Piece::Start]],
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => vec![vec![Piece::End]],
        HirKind::Look(_) => return None,
        HirKind::Capture(capture) => expand(&capture.sub)?,
        HirKind::Alternation(parts) => {
            let mut alternatives = Vec::new();
            for part in parts {
                alternatives.extend(expand(part)?);
            }
            alternatives
        }
        HirKind::Concat(parts) => {
            let mut alternatives = vec![Vec::new()];
            for part in parts {
                let behind = expand(part)?;
                if alternatives.len() * behind.len() > MAX_ALTERNATIVES {
                    return None;
                }
                let with = |front: &Vec<Piece>| {
                    let with = |back: &Vec<Piece>| front.iter().chain(back).cloned().collect::<Vec<_>>();
                    behind.iter().map(with).collect::<Vec<_>>()
                };
                alternatives = alternatives.iter().flat_map(with).collect();
            }
            alternatives
        }
        HirKind::Repetition(repetition) => {
            let mut alternatives = if repetition.min == 0 { vec![Vec::new()] } else { Vec::new() };
            if repetition.max == Some(1) {
                alternatives.extend(expand(&repetition.sub)?);
            } else {
                let many = many(&repetition.sub)?;
                // Nothing at all would be no label, and no port.
                let may_be_nothing = matches!(many, Piece::Many(_));
                if may_be_nothing {
                    alternatives.clear();
                }
                alternatives.push(vec![many]);
            }
            alternatives
        }
    };
    (alternatives.len() <= MAX_ALTERNATIVES).then_some(alternatives)
}

/// What several of these are.
fn many(hir: &Hir) -> Option<Piece> {
    match hir.kind() {
        HirKind::Capture(capture) => many(&capture.sub),
        HirKind::Class(class) => {
            let bytes = bytes(class);
            let is_digit = |byte: &u8| byte.is_ascii_digit();
            let kind = if bytes.iter().all(is_digit) { Kind::Digits } else { Kind::Text };
            Some(Piece::Many(kind))
        }
        _ => match &expand(hir)?[..] {
            [label] if matches!(label[..], [Piece::Many(Kind::Text), Piece::Byte(b'.')]) => {
                Some(Piece::Labels)
            }
            _ => None,
        },
    }
}

/// A few characters are alternatives, many are one of any.
fn of_class(class: &Class) -> Vec<Vec<Piece>> {
    let bytes = bytes(class);
    if bytes.len() <= 10 {
        bytes.into_iter().map(|byte| vec![Piece::Byte(byte)]).collect()
    } else {
        vec![vec![Piece::OneOf]]
    }
}

fn bytes(class: &Class) -> Vec<u8> {
    match class {
        Class::Bytes(class) => class.iter().flat_map(|range| range.start()..=range.end()).collect(),
        Class::Unicode(class) => {
            let ranges =
                class.iter().flat_map(|range| u32::from(range.start())..=u32::from(range.end()).min(255));
            ranges.filter_map(|char| u8::try_from(char).ok()).collect()
        }
    }
}
