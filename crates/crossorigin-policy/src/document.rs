//! A policy file's text with its places.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::keys::{ADMIN, FILE, LIMITS, LISTENER, LOG, POLICY, ROUTE};
use crate::read::{Fields, Reader, Text};
use crate::report::{Finding, Report, Severity, Source};

/// The most bytes that a policy file has; lists longer than that belong in an `origins_file`.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A policy file, read and parsed, with the place of every key and value.
///
/// A policy file has at most 16 MiB and is UTF-8.
#[derive(Debug)]
pub struct PolicyDocument {
    pub(crate) source: Source,
    /// What paths in the file are relative to.
    pub(crate) folder: PathBuf,
    pub(crate) policies: Vec<(Text, Fields)>,
    pub(crate) listeners: Vec<Fields>,
    pub(crate) routes: Vec<Fields>,
    pub(crate) limits: Fields,
    /// `None` where the file has no such table.
    pub(crate) admin: Option<Fields>,
    pub(crate) log: Fields,
    /// What is wrong with the text, its keys and its types.
    pub(crate) problems: Vec<Finding>,
    /// Where the text is no TOML: what seems wrong there, or missing elsewhere, may not have been understood.
    pub(crate) not_toml: Vec<Range<usize>>,
}

impl PolicyDocument {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// The file can't be read, is larger than 16 MiB or is no UTF-8.
    pub fn read(path: &Path) -> Result<Self, Report> {
        let refuse = |message: String, remedy: &str| {
            let source = Source::file(path, "");
            let problem = Finding::new(Severity::Problem, "unreadable-file", &source, 0..0, message, remedy);
            Report { problems: vec![problem], warnings: Vec::new(), watched: Vec::new() }
        };
        let bytes = read_bounded(path).map_err(|error| {
            refuse(
                format!("can't read the policy file: {error}"),
                "check the path and the file's permissions",
            )
        })?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(refuse(
                "the policy file is larger than 16 MiB".into(),
                "put long lists of origins into an origins_file",
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
            refuse(format!("the policy file is not UTF-8 in line {line}"), "save it as UTF-8")
        })?;
        Ok(Self::parse(path, &text))
    }

    /// Parses a text that came from `path`, to whose folder the paths in it are relative. What is wrong with it
    /// is kept for [`compile`](Self::compile).
    pub fn parse(path: &Path, text: &str) -> Self {
        // Some editors put a byte order mark in front, which is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::file(path, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { source: &source, problems: Vec::new() };
        let (mut policies, mut listeners, mut routes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut limits, mut admin, mut log) = (Fields::default(), None, Fields::default());
        for (key, value) in reader.known_keys(&FILE, root.get_ref()) {
            match key.name {
                "policies" => {
                    for (name, value) in reader.named(&POLICY, value) {
                        policies.push((name, reader.fields(&POLICY, value)));
                    }
                }
                "listeners" => listeners = reader.many(&LISTENER, value),
                "routes" => routes = reader.many(&ROUTE, value),
                "admin" => admin = Some(reader.fields(&ADMIN, value)),
                "log" => log = reader.fields(&LOG, value),
                _ => limits = reader.fields(&LIMITS, value),
            }
        }
        let mut problems = reader.problems;
        let not_toml = syntax_errors(&source, &errors, &root, &mut problems);
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self { source, folder, policies, listeners, routes, limits, admin, log, problems, not_toml }
    }

    /// Whether a problem stands where the text is no TOML.
    pub(crate) fn is_no_toml(&self, problem: &Finding) -> bool {
        let is_here = |range: &Range<usize>| range.start <= problem.start() && problem.start() <= range.end;
        problem.source().name() == self.source.name() && self.not_toml.iter().any(is_here)
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Adds the syntax errors, one a line, and returns the places that are no TOML.
fn syntax_errors(
    source: &Source,
    errors: &[toml::de::Error],
    root: &Spanned<DeTable<'_>>,
    problems: &mut Vec<Finding>,
) -> Vec<Range<usize>> {
    let mut not_toml: Vec<Range<usize>> = Vec::new();
    let mut add = |span, (message, remedy): (String, String)| {
        problems.push(Finding::new(Severity::Problem, "syntax", source, span, message, remedy));
    };
    // A list that is not closed swallows the lines after it: their errors are its own.
    let unclosed = errors.iter().filter(|error| error.message().starts_with("unclosed "));
    for span in unclosed.filter_map(toml::de::Error::span) {
        let Some(list) = unclosed_in(root.get_ref(), span.start, source.text()) else { continue };
        let (noun, close) = match source.text()[list.clone()].starts_with('[') {
            true => ("list", "]"),
            false => ("inline table", "}"),
        };
        add(
            list.start..list.start + 1,
            (format!("this {noun} is not closed"), format!("write `{close}` at its end")),
        );
        not_toml.push(list);
    }
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        if !not_toml.iter().any(|range| range.start <= span.start && span.start <= range.end) {
            let line = line_around(source.text(), span.start);
            add(span, in_words(error.message(), source.text()[line.clone()].trim_end()));
            not_toml.push(line);
        }
    }
    not_toml
}

/// The parser's message, and what to do about it.
fn in_words(message: &str, line: &str) -> (String, String) {
    let known = match message {
        "string values must be quoted, expected literal string" if line.ends_with('=') => {
            Some(("a value is missing after `=`", "write a value, or leave the key out"))
        }
        "string values must be quoted, expected literal string" => {
            Some(("strings stand in quotes", "put the value in quotes"))
        }
        "duplicate key" => Some(("this key stands here for the second time", "keep one of the two")),
        "key with no value, expected `=`" => {
            Some(("this key has no value", "write `=` and a value after it"))
        }
        "invalid basic string, expected `\"`" => Some(("this string is not closed", "write `\"` at its end")),
        "invalid literal string, expected `'`" => Some(("this string is not closed", "write `'` at its end")),
        "unclosed table, expected `]`" => Some(("this header is not closed", "write `]` at its end")),
        "unclosed array table, expected `]`" | "unclosed array table, expected `]]`" => {
            Some(("this header is not closed", "write `]]` at its end"))
        }
        "cannot recurse further; max recursion depth met" | "recursion limit" => Some((
            "this is nested too deep",
            "write it flat: nothing in a policy file nests deeper than a list",
        )),
        _ if message.starts_with("missing escaped value") => {
            Some(("TOML has no such escape", "write `\\\\` for a backslash, or the string in single quotes"))
        }
        _ => None,
    };
    if let Some((message, remedy)) = known {
        return (message.into(), remedy.into());
    }
    match message.split_once(", expected ") {
        Some((message, "nothing")) => (message.into(), "take it out".into()),
        Some((message, expected)) => (message.into(), format!("TOML expects {expected} here")),
        None => (message.into(), "write it as https://toml.io says".into()),
    }
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let (before, after) = text.split_at(text.floor_char_boundary(at));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = before.len() + after.find('\n').unwrap_or(after.len());
    start..end
}

/// The innermost list or inline table that reaches a byte without being closed there.
fn unclosed_in(table: &DeTable<'_>, end: usize, text: &str) -> Option<Range<usize>> {
    table.iter().find_map(|(_, value)| unclosed(value, end, text))
}

fn unclosed(value: &Spanned<DeValue<'_>>, end: usize, text: &str) -> Option<Range<usize>> {
    let reaches = |value: &Spanned<DeValue<'_>>| value.span().end == end && !value.span().is_empty();
    let is_list =
        |value: &Spanned<DeValue<'_>>| matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
    let (inner, last) = match value.get_ref() {
        DeValue::Array(items) => {
            (items.iter().find_map(|item| unclosed(item, end, text)), items.iter().next_back())
        }
        DeValue::Table(table) => (unclosed_in(table, end, text), table.values().next_back()),
        _ => return None,
    };
    // What closes at this byte may be the last item instead.
    let is_closed =
        text[..end].ends_with([']', '}']) && !last.is_some_and(|last| is_list(last) && reaches(last));
    inner.or_else(|| (reaches(value) && !is_closed).then(|| value.span()))
}
