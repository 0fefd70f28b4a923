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
    /// The line's number in the file where `text` is one line of it.
    first_line: usize,
    is_flag: bool,
}

impl Source {
    pub(crate) fn file(path: &Path, text: &str) -> Self {
        Self { name: path.to_string_lossy().into(), text: text.into(), first_line: 1, is_flag: false }
    }

    /// One line of a file that is too large to keep.
    pub(crate) fn line(path: &Path, number: usize, text: &str) -> Self {
        Self { first_line: number, ..Self::file(path, text) }
    }

    pub(crate) fn flag(flag: &str, value: &str) -> Self {
        Self { name: flag.into(), text: value.into(), first_line: 1, is_flag: true }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, from 1, in characters.
    pub(crate) fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count();
        (self.first_line + line, before[line_start..].chars().count() + 1)
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
    label: String,
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
        let end = span.end.min(source.text.len());
        let span = span.start.min(end)..end;
        let (message, remedy, source) = (message.into(), remedy.into(), source.clone());
        Self { severity, code, message, remedy, source, span, label: String::new(), related: None }
    }

    /// A short text at the caret.
    pub(crate) fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// A second place in the same file.
    pub(crate) fn with_related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }

    pub(crate) fn order(&self) -> (Arc<str>, usize, usize) {
        let (line, column) = self.source.position(self.span.start);
        (self.source.name.clone(), line, column)
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
        let mut primary = AnnotationKind::Primary.span(self.span.clone());
        if !self.label.is_empty() {
            primary = primary.label(&self.label);
        }
        let mut snippet = Snippet::source(self.source.text())
            .path(&*self.source.name)
            .line_start(self.source.first_line)
            .annotation(primary);
        if let Some((span, label)) = &self.related {
            snippet = snippet.annotation(AnnotationKind::Context.span(span.clone()).label(label));
        }
        let group = level.primary_title(&self.message).id(self.code).element(snippet);
        if self.remedy.is_empty() { group } else { group.element(Level::HELP.message(&self.remedy)) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.source.is_flag {
            write!(f, "{} {:?}: {}", self.source.name, self.source.text(), self.message)?;
        } else {
            let (line, column) = self.source.position(self.span.start);
            write!(f, "{}:{line}:{column}: {}", self.source.name, self.message)?;
        }
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
