//! The log: lines on standard error, which whoever logs never waits for.
//!
//! Lines are collected in memory and written by a thread of its own. Where standard error takes nothing, because
//! a disk is full or whoever should read it doesn't, lines are lost and counted, and nothing else happens.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossorigin_policy::LogFormat;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::{Compact, Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Bytes of lines that wait to be written; those beyond are lost.
const MOST_WAITING: usize = 1 << 20;
/// How long lines are collected after some were written, so that many are written at once.
const COLLECTED_FOR: Duration = Duration::from_millis(5);
/// How long the last lines may take when the program ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The log of this program.
pub(crate) struct Log {
    lines: Arc<Lines>,
    is_json: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Lines {
    waiting: Mutex<Waiting>,
    come: Condvar,
    lost: Arc<AtomicU64>,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Whether the thread waits to be woken.
    is_asleep: bool,
    is_ending: bool,
}

impl Log {
    /// Starts the log, for people until [`set_format`](Self::set_format) says otherwise.
    ///
    /// # Errors
    /// The filter can't be read, or a log was started before.
    pub(crate) fn start(filter: &str) -> anyhow::Result<Self> {
        let filter = EnvFilter::try_new(filter)
            .map_err(|error| anyhow::anyhow!("--log {filter:?} is no level and no list of them: {error}"))?;
        let lost = Arc::new(AtomicU64::new(0));
        let lines = Arc::new(Lines { waiting: Mutex::default(), come: Condvar::new(), lost });
        let is_json = Arc::new(AtomicBool::new(false));
        let format = Formats {
            human: tracing_subscriber::fmt::format().compact(),
            json: tracing_subscriber::fmt::format()
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false),
            is_json: is_json.clone(),
        };
        let is_terminal = io::IsTerminal::is_terminal(&io::stderr());
        let written = tracing_subscriber::fmt::layer()
            .event_format(format)
            .with_writer(Collected(lines.clone()))
            .with_ansi(is_terminal)
            .log_internal_errors(false);
        // What libraries say in detail may hold what clients sent.
        let is_told = filter_fn(|metadata| {
            metadata.target().starts_with("crossorigin") || *metadata.level() <= Level::INFO
        });
        let started = tracing_subscriber::registry().with(is_told).with(filter).with(written).try_init();
        started.map_err(|error| anyhow::anyhow!("can't start the log: {error}"))?;
        // A file of its own: where it stands still, nobody waits who writes to standard error by its usual name.
        let file = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let own = lines.clone();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || own.write_all(file))?;
        Ok(Self { lines, is_json, thread: Some(thread) })
    }

    pub(crate) fn set_format(&self, format: LogFormat) {
        self.is_json.store(format == LogFormat::Json, Ordering::Relaxed);
    }

    /// How many lines were lost.
    pub(crate) fn lost(&self) -> Arc<AtomicU64> {
        self.lines.lost.clone()
    }

    /// Writes what is no event, such as findings of a policy file.
    pub(crate) fn print(&self, text: &str) {
        self.lines.push(text.as_bytes());
    }
}

impl Drop for Log {
    /// Lets what waits be written, for a moment.
    fn drop(&mut self) {
        self.lines.waiting().is_ending = true;
        self.lines.come.notify_one();
        let until = Instant::now() + LAST_WORDS;
        while let Some(thread) = &self.thread
            && !thread.is_finished()
            && Instant::now() < until
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Lines {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, text: &[u8]) {
        let mut waiting = self.waiting();
        if waiting.bytes.len() + text.len() > MOST_WAITING {
            drop(waiting);
            self.lost.fetch_add(lines_in(text), Ordering::Relaxed);
            return;
        }
        waiting.bytes.extend_from_slice(text);
        if std::mem::take(&mut waiting.is_asleep) {
            drop(waiting);
            self.come.notify_one();
        }
    }

    /// Writes what comes until the log ends.
    fn write_all(&self, mut file: File) {
        let mut bytes = Vec::new();
        loop {
            let mut waiting = self.waiting();
            while waiting.bytes.is_empty() {
                if waiting.is_ending {
                    return;
                }
                waiting.is_asleep = true;
                waiting = self.come.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut bytes, &mut waiting.bytes);
            let is_ending = waiting.is_ending;
            drop(waiting);
            let written = write(&mut file, &bytes);
            self.lost.fetch_add(lines_in(&bytes[written..]), Ordering::Relaxed);
            bytes.clear();
            if !is_ending {
                std::thread::sleep(COLLECTED_FOR);
            }
        }
    }
}

/// Writes as many bytes as the file takes.
fn write(file: &mut File, bytes: &[u8]) -> usize {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => break,
            Ok(length) => written += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    written
}

fn lines_in(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Collects the lines of events.
struct Collected(Arc<Lines>);

impl<'a> MakeWriter<'a> for Collected {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> &'a Lines {
        &self.0
    }
}

impl Write for &Lines {
    /// Takes a whole line: an event is written at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both formats, of which one is in use.
struct Formats {
    human: Format<Compact>,
    json: Format<Json>,
    is_json: Arc<AtomicBool>,
}

impl<S, N> FormatEvent<S, N> for Formats
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match self.is_json.load(Ordering::Relaxed) {
            true => self.json.format_event(context, writer, event),
            false => self.human.format_event(context, writer, event),
        }
    }
}
