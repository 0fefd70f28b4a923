//! Reloads the site when its files change.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossorigin_policy::{Finding, Report};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::gateway::{BindError, Handle};

/// How long files must be left alone until they are read: writing one takes some programs several steps.
const QUIET: Duration = Duration::from_millis(100);
/// The shortest time between two looks at them.
const PAUSE: Duration = Duration::from_millis(20);

/// Reloads a gateway from its policy file.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    handle: Handle,
    events: mpsc::Receiver<()>,
    watcher: RecommendedWatcher,
    /// Folders that are watched.
    folders: Vec<PathBuf>,
    /// The files that count, each with what it was like when it was last looked at.
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
    /// Watches the policy file at `path`, from which the gateway's site came, and the files it refers to.
    ///
    /// # Errors
    /// The system can't watch files, or no more of them.
    pub fn new(path: &Path, handle: Handle) -> Result<Self, ReloadError> {
        let (sender, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let is_reading = event.as_ref().is_ok_and(|event| event.kind.is_access());
            if !is_reading {
                // One that waits to be seen is as good as many.
                let _ = sender.try_send(());
            }
        })
        .map_err(ReloadError::Watch)?;
        let watched = handle.site().watched.clone();
        let mut reloader =
            Self { path: path.to_owned(), handle, events, watcher, folders: Vec::new(), files: Vec::new() };
        reloader.watch(&watched)?;
        Ok(reloader)
    }

    /// Reads the policy file and serves what it says; gives the warnings about it.
    ///
    /// # Errors
    /// The file is no good, or one of its listeners can't be opened. The gateway goes on as before.
    pub fn reload(&mut self) -> Result<Vec<Finding>, ReloadError> {
        // Looked at before they are read: what is changed in between is then seen as a change.
        let before: Vec<_> = self.files.iter().map(|(file, _)| (file.clone(), State::of(file))).collect();
        let loaded = crossorigin_policy::load(&self.path);
        let watched = match &loaded {
            Ok((site, _)) => site.watched.clone(),
            Err(report) => report.watched().to_vec(),
        };
        if let Err(error) = self.watch(&watched) {
            tracing::warn!("{error}");
        }
        for (file, state) in &mut self.files {
            if let Some((_, before)) = before.iter().find(|(known, _)| known == file) {
                *state = *before;
            }
        }
        let (site, warnings) = loaded.map_err(ReloadError::Policy)?;
        self.handle.reload(site).map_err(ReloadError::Bind)?;
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
    fn watch(&mut self, watched: &[PathBuf]) -> Result<(), ReloadError> {
        self.files =
            [&self.path].into_iter().chain(watched).map(|file| (file.clone(), State::of(file))).collect();
        let mut folders: Vec<PathBuf> = Vec::new();
        for (file, _) in &self.files {
            for file in [Some(file.clone()), file.canonicalize().ok()].into_iter().flatten() {
                let folder = match file.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                if !folders.iter().any(|known| known == folder) {
                    folders.push(folder.to_owned());
                }
            }
        }
        for folder in folders.iter().filter(|folder| !self.folders.contains(folder)) {
            self.watcher.watch(folder, RecursiveMode::NonRecursive).map_err(ReloadError::Watch)?;
        }
        for folder in self.folders.iter().filter(|folder| !folders.contains(folder)) {
            // One that is gone is no longer watched anyway.
            let _ = self.watcher.unwatch(folder);
        }
        self.folders = folders;
        Ok(())
    }
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
    /// The files can't be watched.
    Watch(notify::Error),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(report) => report.fmt(f),
            Self::Bind(error) => error.fmt(f),
            Self::Watch(error) => {
                write!(f, "can't watch the policy file for changes: {error}; reload it with SIGHUP")
            }
        }
    }
}

impl std::error::Error for ReloadError {}
