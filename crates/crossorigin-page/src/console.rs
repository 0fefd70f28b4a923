//! What a page's console prints.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

/// The longest text of a line, in bytes; of a longer one, the beginning is told.
pub const MAX_LINE_BYTES: usize = 1 << 16;
/// How much a page's console tells in all, in bytes; after that, one line says that it tells nothing more.
pub const MAX_CONSOLE_BYTES: usize = 1 << 24;
/// What a line counts for beside its text, in bytes.
const LINE_BYTES: usize = 64;

/// One line of a page's console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// Where it comes from.
    pub kind: Kind,
    /// How serious it is.
    pub level: Level,
    /// What it says.
    pub text: String,
    /// The URL that it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why a request failed: a code of the catalogue of reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// How it came to that, where that was asked for: the way of the fetch, the fault and its fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `console.log` and the like.
    Console,
    /// An exception or a rejection that nobody caught.
    Exception,
    /// A request that failed, in the words of the profile's browser.
    Network,
}

/// How serious a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `console.debug`.
    Debug,
    /// `console.log`.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, and all that fails.
    Error,
}

impl Level {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "warn" => Self::Warn,
            "error" => Self::Error,
            _ => Self::Log,
        }
    }
}

/// Tells a page's lines, within bounds.
pub(crate) struct Teller {
    tell: Box<dyn Fn(Line)>,
    left: Cell<usize>,
}

impl Teller {
    pub(crate) fn new(tell: Box<dyn Fn(Line)>) -> Self {
        Self { tell, left: Cell::new(MAX_CONSOLE_BYTES) }
    }

    pub(crate) fn tell(&self, mut line: Line) {
        let left = self.left.get();
        if left == 0 {
            return;
        }
        shorten(&mut line.text);
        if let Some(url) = &mut line.url {
            shorten(url);
        }
        let bytes = LINE_BYTES + line.text.len() + line.url.as_ref().map_or(0, String::len);
        self.left.set(left.saturating_sub(bytes));
        if left <= bytes {
            let text = format!(
                "the page has told {MAX_CONSOLE_BYTES} bytes, and its console tells nothing more; let it tell less"
            );
            line = Line {
                kind: Kind::Console,
                level: Level::Error,
                text,
                url: None,
                reason: None,
                explanation: None,
            };
        }
        (self.tell)(line);
    }
}

fn shorten(text: &mut String) {
    if text.len() > MAX_LINE_BYTES {
        let left_out = text.len() - text.floor_char_boundary(MAX_LINE_BYTES);
        text.truncate(text.len() - left_out);
        text.push_str(&format!("… ({left_out} bytes more)"));
    }
}

/// The lines of a page that is held, as its thread writes them.
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<Line>>>,
    count: watch::Sender<usize>,
}

impl Log {
    pub(crate) fn new() -> (Self, Console) {
        let (count, told) = watch::channel(0);
        let lines = Arc::<Mutex<Vec<Line>>>::default();
        (Self { lines: Arc::clone(&lines), count }, Console { lines, told, next: 0 })
    }

    pub(crate) fn tell(&self, line: Line) {
        locked(&self.lines).push(line);
        self.count.send_modify(|count| *count += 1);
    }
}

fn locked(lines: &Mutex<Vec<Line>>) -> MutexGuard<'_, Vec<Line>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The console of a page that is held: all it has told, and what it goes on to tell.
#[derive(Clone, Debug)]
pub struct Console {
    lines: Arc<Mutex<Vec<Line>>>,
    told: watch::Receiver<usize>,
    next: usize,
}

impl Console {
    /// All lines so far.
    pub fn lines(&self) -> Vec<Line> {
        locked(&self.lines).clone()
    }

    /// The next line, from the first on, as soon as it is there; `None` when the page is at its end and no line is left.
    pub async fn next(&mut self) -> Option<Line> {
        let next = self.next;
        // The page's thread may have gone; what it told is still there.
        let _ = self.told.wait_for(|count| *count > next).await;
        self.try_next()
    }

    /// The next line, where it is there already.
    pub fn try_next(&mut self) -> Option<Line> {
        let line = locked(&self.lines).get(self.next).cloned()?;
        self.next += 1;
        Some(line)
    }
}
