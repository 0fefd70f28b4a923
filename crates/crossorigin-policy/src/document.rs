//! A policy file's text with its places.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::keys::{FILE, LIMITS, LISTENER, POLICY, ROUTE};
use crate::read::{Fields, Reader, Text};
use crate::report::{Finding, Report, Severity, Source};
use crate::{Site, compile};

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
    /// What is wrong with the text, its keys and its types.
    pub(crate) problems: Vec<Finding>,
    /// Whether the text is TOML; if not, what is missing may just not have been understood.
    pub(crate) is_toml: bool,
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
        let source = Source::file(path, text);
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { source: &source, problems: Vec::new() };
        let (mut policies, mut listeners, mut routes) = (Vec::new(), Vec::new(), Vec::new());
        let mut limits = Fields::default();
        for (key, value) in reader.known_keys(&FILE, root.get_ref()) {
            match key.name {
                "policies" => {
                    for (name, value) in reader.named(&POLICY, value) {
                        policies.push((name, reader.fields(&POLICY, value)));
                    }
                }
                "listeners" => listeners = reader.many(&LISTENER, value),
                "routes" => routes = reader.many(&ROUTE, value),
                _ => limits = reader.fields(&LIMITS, value),
            }
        }
        let problems = reader.problems;
        let is_toml = errors.is_empty();
        let problems = with_syntax_errors(&source, problems, &errors, &root);
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self { source, folder, policies, listeners, routes, limits, problems, is_toml }
    }

    /// Compiles the document, reading the `origins_file`s that it names. Gives the warnings and notes too.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn compile(&self) -> Result<(Site, Vec<Finding>), Report> {
        compile::compile(self)
    }
}

/// Reads, parses and compiles a policy file: the site, and the warnings and notes about it.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(path: &Path) -> Result<(Site, Vec<Finding>), Report> {
    PolicyDocument::read(path)?.compile()
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Syntax errors first; then, on the lines that have none, what is wrong with keys and types.
fn with_syntax_errors(
    source: &Source,
    found: Vec<Finding>,
    errors: &[toml::de::Error],
    root: &Spanned<DeTable<'_>>,
) -> Vec<Finding> {
    let mut problems: Vec<Finding> = Vec::new();
    let mut faulty: Vec<Range<usize>> = Vec::new();
    // A list that is not closed swallows the lines after it: their errors are its own.
    for span in errors
        .iter()
        .filter(|error| error.message().starts_with("unclosed "))
        .filter_map(toml::de::Error::span)
    {
        if let Some(value) = innermost_ending_at(root.get_ref(), span.start) {
            let words = if source.text()[value.clone()].starts_with('[') { "list" } else { "inline table" };
            let close = if words == "list" { "]" } else { "}" };
            problems.push(syntax_error(
                source,
                value.start..value.start + 1,
                &format!("this {words} is not closed"),
                &format!("write `{close}` at its end"),
            ));
            faulty.push(value);
        }
    }
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = line_range(source.text(), span.start);
        if faulty.iter().any(|range| range.start <= span.start && span.start <= range.end) {
            continue;
        }
        let (message, remedy) = in_words(error.message(), &source.text()[line.clone()]);
        problems.push(syntax_error(source, span, &message, &remedy));
        faulty.push(line);
    }
    problems.extend(found.into_iter().filter(|problem| {
        !faulty.iter().any(|range| range.start <= problem.start() && problem.start() <= range.end)
    }));
    problems
}

fn syntax_error(source: &Source, span: Range<usize>, message: &str, remedy: &str) -> Finding {
    Finding::new(Severity::Problem, "syntax", source, span, message, remedy)
}

/// The parser's message, and what to do about it where that is plain.
fn in_words(message: &str, line: &str) -> (String, String) {
    let line = line.trim();
    match message {
        "string values must be quoted, expected literal string" if line.ends_with('=') => {
            ("a value is missing after `=`".into(), "write a value, or leave the key out".into())
        }
        "string values must be quoted, expected literal string" => {
            ("strings stand in quotes".into(), "put the value in quotes".into())
        }
        "duplicate key" => ("this key stands here for the second time".into(), "keep one of the two".into()),
        _ => (message.to_owned(), String::new()),
    }
}

fn line_range(text: &str, at: usize) -> Range<usize> {
    let (before, after) = text.split_at(text.floor_char_boundary(at));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = before.len() + after.find('\n').unwrap_or(after.len());
    start..end
}

/// The innermost list or inline table that ends at a byte.
fn innermost_ending_at(table: &DeTable<'_>, end: usize) -> Option<Range<usize>> {
    table.iter().find_map(|(_, value)| ending_at(value, end))
}

fn ending_at(value: &Spanned<DeValue<'_>>, end: usize) -> Option<Range<usize>> {
    let inner = match value.get_ref() {
        DeValue::Array(items) => items.iter().find_map(|item| ending_at(item, end)),
        DeValue::Table(table) => innermost_ending_at(table, end),
        _ => return None,
    };
    inner.or_else(|| (value.span().end == end && !value.span().is_empty()).then(|| value.span()))
}
