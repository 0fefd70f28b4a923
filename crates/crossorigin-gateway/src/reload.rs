//! Reloads the site when its files change.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossorigin_policy::{Finding, Report, Site};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::gateway::{BindError, Handle};

/// How long files must be left alone until they are read: writing one takes some programs several steps.
const QUIET: Duration = Duration::from_millis(100);
/// The shortest time between two looks at them.
const PAUSE: Duration = Duration::from_millis(20);

/// A policy file that a gateway serves and that may change.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use crossorigin_gateway::{Gateway, Options, Reloader};
///
/// let mut reloader = Reloader::new("site.toml".as_ref());
/// let (site, _warnings) = reloader.load()?;
/// let gateway = Gateway::bind(site, Options::default())?;
/// loop {
///     reloader.changed().await;
///     if let Err(error) = reloader.reload(&gateway.handle()) {
///         eprintln!("{error}");
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    events: mpsc::Receiver<()>,
    /// `None` where the system can't watch files.
    watcher: Option<RecommendedWatcher>,
    /// Folders that are watched.
    folders: Vec<PathBuf>,
    /// The files that count, each with what it was like before it was last read.
    files: Vec<(PathBuf, Option<State>)>,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Reloader {
    /// Watches the policy file at `path`, and the files it refers to from the first [`load`](Self::load) on. Where
    /// the system can't watch files, or no more of them, the log says so, and nothing is ever seen to change.
    pub fn new(path: &Path) -> Self {
        let (sender, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let is_reading = event.as_ref().is_ok_and(|event| event.kind.is_access());
            if !is_reading {
                // One that waits to be seen is as good as many.
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher.inspect_err(|error| cannot_watch(path, error)).ok();
        let mut reloader =
            Self { path: path.to_owned(), events, watcher, folders: Vec::new(), files: Vec::new() };
        reloader.watch(&[]);
        reloader
    }

    /// Reads the policy file, with the warnings about it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn load(&mut self) -> Result<(Site, Vec<Finding>), Report> {
        // Looked at before they are read: what is changed in between is then seen as a change.
        let before: Vec<_> = self.files.iter().map(|(file, _)| (file.clone(), State::of(file))).collect();
        let loaded = crossorigin_policy::load(&self.path);
        match &loaded {
            Ok((site, _)) => self.watch(&site.watched),
            Err(report) => self.watch(report.watched()),
        }
        for (file, state) in &mut self.files {
            if let Some((_, before)) = before.iter().find(|(known, _)| known == file) {
                *state = *before;
            }
        }
        loaded
    }

    /// Reads the policy file and serves what it says; gives the warnings about it.
    ///
    /// # Errors
    /// The file is no good, or one of its listeners can't be opened. The gateway goes on as before.
    pub fn reload(&mut self, handle: &Handle) -> Result<Vec<Finding>, ReloadError> {
        self.reload_with(handle, |_| {})
    }

    /// As [`reload`](Self::reload); `change` may change the site before it is served.
    ///
    /// # Errors
    /// The file is no good, or one of its listeners can't be opened. The gateway goes on as before.
    pub fn reload_with(
        &mut self,
        handle: &Handle,
        change: impl FnOnce(&mut Site),
    ) -> Result<Vec<Finding>, ReloadError> {
        let (mut site, warnings) = self.load().map_err(|report| {
            handle.count_reload(false);
            ReloadError::Policy(report)
        })?;
        change(&mut site);
        handle.reload(site).map_err(ReloadError::Bind)?;
        Ok(warnings)
    }

    /// Waits until one of the files has changed and is left alone again.
    pub async fn changed(&mut self) {
        loop {
            if self.events.recv().await.is_none() {
                return std::future::pending().await;
            }
            let mut seen = self.states();
            if self.files.iter().map(|(_, state)| *state).eq(seen.iter().copied()) {
                // Something else in the folder, which may be busy: a log, say.
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            loop {
                tokio::time::sleep(QUIET).await;
                let now = self.states();
                if now == seen {
                    return;
                }
                seen = now;
            }
        }
    }

    fn states(&self) -> Vec<Option<State>> {
        self.files.iter().map(|(file, _)| State::of(file)).collect()
    }

    /// Watches the folders that hold the files and those that links lead to: a file that is put in another's
    /// place by renaming is another file, but the folder stays.
    fn watch(&mut self, watched: &[PathBuf]) {
        self.files =
            [&self.path].into_iter().chain(watched).map(|file| (file.clone(), State::of(file))).collect();
        let mut folders: Vec<PathBuf> = Vec::new();
        for (file, _) in &self.files {
            for file in [Some(file.clone()), file.canonicalize().ok()].into_iter().flatten() {
                let folder = match file.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                // By one name each: ceasing to watch a folder by one of its names ends it for all.
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
        }
        let Some(watcher) = &mut self.watcher else { return };
        for folder in self.folders.iter().filter(|folder| !folders.contains(folder)) {
            // One that is gone is no longer watched anyway.
            let _ = watcher.unwatch(folder);
        }
        folders.retain(|folder| {
            self.folders.contains(folder)
                || watcher
                    .watch(folder, RecursiveMode::NonRecursive)
                    .inspect_err(|error| cannot_watch(folder, error))
                    .is_ok()
        });
        self.folders = folders;
    }
}

fn cannot_watch(path: &Path, error: &notify::Error) {
    let path = path.display();
    tracing::error!(%path, %error, "can't watch for changes; reload with SIGHUP after them");
}

impl State {
    fn of(file: &Path) -> Option<Self> {
        let metadata = fs::metadata(file).ok()?;
        Some(Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Why a site was not reloaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// The policy file, or one that it refers to, is no good.
    Policy(Report),
    /// A listener can't be opened.
    Bind(BindError),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(report) => report.fmt(f),
            Self::Bind(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReloadError {}
