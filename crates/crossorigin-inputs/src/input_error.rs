//! What is wrong with an input: the place, the value, and what to do.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// The most of an input's line that is shown on each side of the place, in bytes.
pub const MAX_SHOWN_BYTES: usize = 240;

/// Why an input can't be used.
///
/// `Display` gives one line; [`render`](Self::render) shows the place itself, with a caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError(Box<Finding>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    source: String,
    place: Place,
    message: String,
    remedy: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Bytes of a text, with a piece of the line that they are on.
    Text { span: Range<usize>, line: usize, column: usize, shown: String, caret: Range<usize> },
    /// A member of a JSON document, such as `log.entries[3].request.url`.
    Member(String),
}

impl InputError {
    /// An error at bytes of a text. `source` is what people call it: a flag, or a file.
    pub(crate) fn at(
        source: &str,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.ceil_char_boundary(span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let from = text.ceil_char_boundary(line_start.max(start.saturating_sub(MAX_SHOWN_BYTES)));
        let to = text.floor_char_boundary(line_end.min(start + MAX_SHOWN_BYTES));
        let place = Place::Text {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            shown: text[from..to].to_owned(),
            caret: start - from..end.min(to) - from,
            span: start..end,
        };
        Self(Box::new(Finding {
            source: source.to_owned(),
            place,
            message: message.into(),
            remedy: remedy.into(),
        }))
    }

    /// An error at a member of a JSON document.
    pub(crate) fn member(
        source: &str,
        path: String,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let place = Place::Member(path);
        Self(Box::new(Finding {
            source: source.to_owned(),
            place,
            message: message.into(),
            remedy: remedy.into(),
        }))
    }

    /// The input: a flag such as `--curl`, or a file's name.
    pub fn source_name(&self) -> &str {
        &self.0.source
    }

    /// The bytes that it is about; `None` for a member of a JSON document.
    pub fn span(&self) -> Option<Range<usize>> {
        match &self.0.place {
            Place::Text { span, .. } => Some(span.clone()),
            Place::Member(_) => None,
        }
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.0.remedy
    }

    /// The error as people read it, with the line and a caret below it. `width` is in columns.
    pub fn render(&self, colour: bool, width: usize) -> String {
        let help = (!self.0.remedy.is_empty()).then(|| Level::HELP.message(&self.0.remedy));
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(width);
        let group = match &self.0.place {
            Place::Text { line, shown, caret, .. } => {
                let snippet = Snippet::source(shown.as_str())
                    .path(&self.0.source)
                    .line_start(*line)
                    .annotation(AnnotationKind::Primary.span(caret.clone()));
                renderer
                    .render(&[Level::ERROR.primary_title(&self.0.message).element(snippet).elements(help)])
            }
            Place::Member(path) => {
                let title = format!("{}: {path}: {}", self.0.source, self.0.message);
                let title = Level::ERROR.primary_title(title);
                renderer.render(&[annotate_snippets::Group::with_title(title).elements(help)])
            }
        };
        group + "\n"
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.place {
            Place::Text { line, column, .. } => write!(f, "{}:{line}:{column}: ", self.0.source)?,
            Place::Member(path) => write!(f, "{}: {path}: ", self.0.source)?,
        }
        f.write_str(&self.0.message)?;
        if self.0.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.0.remedy) }
    }
}

impl std::error::Error for InputError {}
