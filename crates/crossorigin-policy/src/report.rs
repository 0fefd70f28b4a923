//! What is found in a policy file: problems, warnings and notes, each with its place.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file can't be used.
    Problem,
    /// The file says something that its author hardly means.
    Warning,
    /// Worth knowing.
    Note,
}

/// A text with places in it: a file, or the value of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Where each line begins.
    lines: Arc<[usize]>,
    /// The first line's number in the file where `text` is one line of it.
    first_line: usize,
    is_flag: bool,
}

impl Source {
    fn new(name: &str, text: &str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(newlines).collect();
        Self { name: name.into(), text: text.into(), lines, first_line: 1, is_flag: false }
    }

    pub(crate) fn file(path: &Path, text: &str) -> Self {
        Self::new(&path.to_string_lossy(), text)
    }

    /// One line of a file that is too large to keep.
    pub(crate) fn line(path: &Path, number: usize, text: &str) -> Self {
        Self { first_line: number, ..Self::file(path, text) }
    }

    pub(crate) fn flag(flag: &str, value: &str) -> Self {
        Self { is_flag: true, ..Self::new(flag, value) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The index of the line that a byte is on.
    fn line_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|&start| start <= byte).saturating_sub(1)
    }

    /// Line and column of a byte, from 1, in characters.
    pub(crate) fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.line_of(byte);
        let before = self.text.get(self.lines[line]..byte).unwrap_or_default();
        (self.first_line + line, before.chars().count() + 1)
    }
}

/// One thing found in a policy file, or in the flags of the short form.
///
/// `Display` gives one line: place, message and remedy. [`render`] shows the place itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    severity: Severity,
    code: &'static str,
    message: String,
    remedy: String,
    source: Source,
    span: Range<usize>,
    related: Option<(Range<usize>, String)>,
}

impl Finding {
    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        source: &Source,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let end = source.text.ceil_char_boundary(span.end);
        let span = source.text.floor_char_boundary(span.start).min(end)..end;
        let (message, remedy, source) = (message.into(), remedy.into(), source.clone());
        Self { severity, code, message, remedy, source, span, related: None }
    }

    /// A second place in the same file.
    pub(crate) fn with_related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn start(&self) -> usize {
        self.span.start
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// A stable name for the kind of finding, such as `unknown-key`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What was found, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, in one sentence; empty where there is nothing to do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The file, or the flag.
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.source.position(self.span.start).0
    }

    /// The column, from 1, in characters.
    pub fn column(&self) -> usize {
        self.source.position(self.span.start).1
    }

    fn group(&self) -> Group<'_> {
        let level = match self.severity {
            Severity::Problem => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let help = (!self.remedy.is_empty()).then(|| Level::HELP.message(&self.remedy));
        // Of a flag, and of a file that can't be read, there is no line to show.
        if self.source.is_flag || self.code == "unreadable-file" && self.source.text.is_empty() {
            return Group::with_title(level.primary_title(self.in_place()).id(self.code)).elements(help);
        }
        // Only the lines between the places go to the renderer, which reads all that it gets.
        let related = self.related.as_ref().map_or(&self.span, |(span, _)| span);
        let first = self.source.line_of(self.span.start.min(related.start));
        let last = self.source.line_of(self.span.end.max(related.end));
        let start = self.source.lines[first];
        let end = self.source.lines.get(last + 1).copied().unwrap_or(self.source.text.len());
        let shifted = |span: &Range<usize>| span.start - start..span.end - start;

        let mut snippet = Snippet::source(&self.source.text[start..end])
            .path(&*self.source.name)
            .line_start(self.source.first_line + first)
            .annotation(AnnotationKind::Primary.span(shifted(&self.span)));
        if let Some((span, label)) = &self.related {
            snippet = snippet.annotation(AnnotationKind::Context.span(shifted(span)).label(label));
        }
        level.primary_title(&self.message).id(self.code).element(snippet).elements(help)
    }

    /// The message with its place in front.
    fn in_place(&self) -> String {
        let Source { name, text, is_flag, .. } = &self.source;
        match (is_flag, text.is_empty()) {
            (true, true) => format!("{name}: {}", self.message),
            (true, false) => format!("{name} {text:?}: {}", self.message),
            (false, true) if self.code == "unreadable-file" => format!("{name}: {}", self.message),
            (false, _) => format!("{name}:{}:{}: {}", self.line(), self.column(), self.message),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_place())?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// Findings as people read them: each with file, line, column, the line itself and a caret. `width` is in
/// columns; without colour the text is plain ASCII wherever the file is.
pub fn render(findings: &[Finding], colour: bool, width: usize) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let mut text = String::new();
    for finding in findings {
        text.push_str(&renderer.render(&[finding.group()]));
        text.push_str("\n\n");
    }
    text
}

/// Why a policy file, or the flags of the short form, can't be used: at least one problem.
///
/// `Display` gives one problem a line, without the warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub(crate) problems: Vec<Finding>,
    pub(crate) warnings: Vec<Finding>,
    pub(crate) watched: Vec<PathBuf>,
}

impl Report {
    /// What is wrong, in the order of the file.
    pub fn problems(&self) -> &[Finding] {
        &self.problems
    }

    /// Warnings and notes, in the order of the file.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// Files that the policy file refers to: a change of one of them may mend it.
    pub fn watched(&self) -> &[PathBuf] {
        &self.watched
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.problems.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}
