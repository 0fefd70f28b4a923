//! `crossorigin open`: loads a page, runs its scripts, and prints what a browser's console prints.

mod arguments;
mod cookie_jar;
mod files;
mod output;
mod storage;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use crossorigin_agent::{Agent, HttpTransportBuilder};
use crossorigin_page::{Console, Page, PageError, PageOptions, Storage};
use serde_json::Value;

pub(crate) use arguments::Open;
use files::Readers;
use output::{print, print_value};

/// Why there is nothing more to do.
enum Stop {
    /// Wrong arguments, or what was asked for can't be: for standard error, with the exit status.
    Told(String, u8),
    /// Nobody reads what is printed.
    Unread,
}

/// How long after its time a page is waited for. The script engine can't be interrupted everywhere, such as in the
/// sorting of a long array.
const GRACE: Duration = Duration::from_secs(2);

/// The exit status where a script threw and nobody caught it.
const UNCAUGHT: u8 = 1;
/// The exit status for wrong usage.
const USAGE: u8 = 2;
/// The exit status where the page can't be had.
const UNREACHABLE: u8 = 3;
/// The exit status where the page's time was over.
const TIMED_OUT: u8 = 4;
/// The exit status after an interruption, as shells have it.
const INTERRUPTED: u8 = 130;

impl From<PageError> for Stop {
    fn from(error: PageError) -> Self {
        let status = match error {
            PageError::Unreachable(_) => UNREACHABLE,
            PageError::TimedOut => TIMED_OUT,
            PageError::Canvas(_) => USAGE,
            _ => UNCAUGHT,
        };
        let remedy = if error == PageError::TimedOut { " (--timeout)" } else { "" };
        Self::Told(format!("{error}{remedy}"), status)
    }
}

fn usage<T>(text: String) -> Result<T, Stop> {
    Err(Stop::Told(text, USAGE))
}

impl Open {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("no event loop")?;
        let stop = runtime.block_on(async {
            tokio::select! {
                ended = self.to_its_end() => ended,
                // The page is dropped, and ends.
                _ = tokio::signal::ctrl_c() => Err(Stop::Told("interrupted".to_owned(), INTERRUPTED)),
            }
        });
        Ok(match stop {
            Ok(0) | Err(Stop::Unread) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(UNCAUGHT),
            Err(Stop::Told(why, status)) => {
                eprintln!("error: {why}");
                ExitCode::from(status)
            }
        })
    }

    /// Runs the page, and keeps what is to be kept; how many exceptions nobody caught.
    async fn to_its_end(&self) -> Result<usize, Stop> {
        let canvases = self.canvases()?;
        let agent = Agent::with_transport(self.transport()?);
        if let Some(file) = &self.cookie_jar {
            folder_of("--cookie-jar", file)?;
            cookie_jar::read(file, &agent)
                .or_else(|why| usage(format!("--cookie-jar {}: {why}", file.display())))?;
        }
        let storage = match &self.storage {
            Some(file) => {
                folder_of("--storage", file)?;
                storage::read(file).or_else(|why| usage(format!("--storage {}: {why}", file.display())))?
            }
            None => Storage::new(),
        };
        let ended = self.open(&agent, &storage, &canvases).await;
        if let Some(file) = &self.storage {
            storage::write(file, &storage).or_else(|error| unwritable("--storage", file, &error))?;
        }
        if let Some(file) = &self.cookie_jar {
            cookie_jar::write(file, &agent).or_else(|error| unwritable("--cookie-jar", file, &error))?;
        }
        ended
    }

    async fn open(
        &self,
        agent: &Agent,
        storage: &Storage,
        canvases: &[(&str, &Path)],
    ) -> Result<usize, Stop> {
        let options = PageOptions::new()
            .profile(self.profile)
            .origin(self.origin.clone())
            .host_permissions(self.host_permission.clone())
            .timeout(self.timeout)
            .explain(self.explain)
            .storage(storage)
            .files(true);
        let page = Page::open_with(agent, &self.page, &options).await?;
        let mut console = page.console();
        self.follow(&mut console, page.idle()).await??;
        let mut thrown = 0;
        for (nth, script) in self.eval.iter().enumerate() {
            match self.follow(&mut console, page.eval::<Value>(script)).await? {
                Ok(Value::Null) => {}
                Ok(value) if print_value(&value, self.format) => {}
                Ok(_) => return Err(Stop::Unread),
                Err(error @ (PageError::Script(_) | PageError::Unsettled)) => {
                    eprintln!("error: --eval, the {}: {error}", ordinal(nth));
                    thrown += 1;
                }
                Err(error) => return Err(error.into()),
            }
            self.follow(&mut console, page.idle()).await??;
        }
        for (selector, file) in canvases {
            let content = match page.canvas(selector).await {
                Err(PageError::Canvas(why)) => return usage(format!("--canvas: {why}")),
                other => other?,
            };
            if let Err(error) = files::write(file, &content, Readers::Usual) {
                return usage(format!(
                    "--canvas {}: {error}; name a file that can be written",
                    file.display()
                ));
            }
        }
        let uncaught = page.uncaught().await?;
        page.close().await;
        Ok(uncaught + thrown)
    }

    /// Prints the console while something is waited for, and all that was told up to then.
    async fn follow<R>(
        &self,
        console: &mut Console,
        until: impl Future<Output = Result<R, PageError>>,
    ) -> Result<Result<R, PageError>, Stop> {
        let until = async {
            tokio::time::timeout(self.timeout + GRACE, until).await.unwrap_or(Err(PageError::TimedOut))
        };
        let mut until = std::pin::pin!(until);
        loop {
            let line = tokio::select! {
                biased;
                Some(line) = console.next() => line,
                result = &mut until => {
                    while let Some(line) = console.try_next() {
                        if !print(&line, self.format) {
                            return Err(Stop::Unread);
                        }
                    }
                    return Ok(result);
                }
            };
            if !print(&line, self.format) {
                return Err(Stop::Unread);
            }
        }
    }

    /// Selectors and files, which are looked at before anything is sent.
    fn canvases(&self) -> Result<Vec<(&str, &Path)>, Stop> {
        let pairs = self.canvas.chunks_exact(2).map(|pair| (pair[0].as_str(), Path::new(&pair[1])));
        let pairs: Vec<_> = pairs.collect();
        for (_, file) in &pairs {
            if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
                let file = file.display();
                return usage(format!(
                    "--canvas {file}: a canvas is written as a PNG; write a name such as {file}.png"
                ));
            }
            folder_of("--canvas", file)?;
        }
        Ok(pairs)
    }

    /// The network, as the flags have it. Nothing is connected yet.
    fn transport(&self) -> Result<crossorigin_agent::HttpTransport, Stop> {
        let mut builder = HttpTransportBuilder::new();
        for resolve in &self.resolve {
            builder =
                builder.resolve(&resolve.host, resolve.port, SocketAddr::new(resolve.address, resolve.port));
        }
        if self.insecure {
            builder = builder.accept_any_certificate();
        }
        if let Some(file) = &self.cacert {
            let stop = |why: &dyn std::fmt::Display| {
                Stop::Told(format!("--cacert {}: {why}; name a PEM file", file.display()), USAGE)
            };
            let pem = std::fs::read(file).map_err(|error| match error.kind() {
                ErrorKind::NotFound => stop(&"there is no such file"),
                _ => stop(&error),
            })?;
            builder = builder.root_certificates(&pem).map_err(|error| stop(&error))?;
        }
        Ok(builder.build())
    }
}

/// Sees to it that a file can be written later.
fn folder_of(flag: &str, file: &Path) -> Result<(), Stop> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => usage(format!(
            "{flag} {}: there is no folder {}; make it first",
            file.display(),
            folder.display()
        )),
        None => Ok(()),
    }
}

fn unwritable<T>(flag: &str, file: &Path, error: &std::io::Error) -> Result<T, Stop> {
    usage(format!("{flag} {}: {error}; name a file that can be written", file.display()))
}

fn ordinal(nth: usize) -> String {
    match nth {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        nth => format!("{}th", nth + 1),
    }
}
