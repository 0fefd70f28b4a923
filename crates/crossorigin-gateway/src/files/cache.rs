//! Contents of files in memory, up to a cap.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderValue;
use lru::LruCache;

use super::paths;

/// The part of the cache that one file may fill; larger ones are read as they are sent.
const SHARE: u64 = 16;

/// What is sent of a file.
pub(crate) enum Content {
    /// All of it, from memory.
    Memory(bytes::Bytes),
    /// An open file.
    Disk(std::fs::File),
}

/// Which content a file has: a file that was changed or put in another's place has another stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    pub(super) length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The stamp of a regular file; `None` for what is none.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    /// A strong entity tag.
    pub(super) fn etag(&self) -> HeaderValue {
        let (seconds, nanoseconds) = self.modified;
        let text = format!("\"{:x}-{:x}-{seconds:x}-{nanoseconds:x}\"", self.inode, self.length);
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// Whether it was modified before another.
    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        self.modified < other.modified
    }

    /// Seconds since 1970; what was modified before counts as then.
    pub(super) fn modified_seconds(&self) -> u64 {
        u64::try_from(self.modified.0).unwrap_or(0)
    }

    pub(super) fn last_modified(&self) -> HeaderValue {
        // What HTTP's dates can say ends with the year 9999.
        let seconds = self.modified_seconds().min(253_402_300_799);
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        HeaderValue::try_from(date).unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
    }
}

/// Contents of files, the least recently used of which go when they pass the cap. An entry is used only as long
/// as its file has the stamp that it had.
#[derive(Debug)]
pub(crate) struct FileCache(Mutex<Entries>);

#[derive(Debug)]
struct Entries {
    files: LruCache<PathBuf, (Stamp, Bytes)>,
    capacity: u64,
    bytes: u64,
    hits: u64,
    misses: u64,
}

/// How a cache does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheState {
    pub(crate) bytes: u64,
    pub(crate) capacity: u64,
    pub(crate) files: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

impl FileCache {
    /// A cache of so many bytes.
    pub(crate) fn new(capacity: u64) -> Self {
        Self(Mutex::new(Entries { files: LruCache::unbounded(), capacity, bytes: 0, hits: 0, misses: 0 }))
    }

    /// Changes how many bytes it holds.
    pub(crate) fn set_capacity(&self, capacity: u64) {
        let mut entries = self.entries();
        entries.capacity = capacity;
        entries.shrink();
    }

    /// How it does.
    pub(crate) fn state(&self) -> CacheState {
        let entries = self.entries();
        let Entries { ref files, capacity, bytes, hits, misses } = *entries;
        CacheState { bytes, capacity, files: files.len() as u64, hits, misses }
    }

    /// The content of the file that had this stamp a moment ago, and the stamp that it has now.
    pub(super) async fn read(
        &self,
        folder: &Path,
        path: &Path,
        stamp: Stamp,
    ) -> io::Result<(Stamp, Content)> {
        let full = folder.join(path);
        let limit = {
            let mut entries = self.entries();
            let kept = match entries.files.get(&full) {
                Some((known, bytes)) if *known == stamp => Some(bytes.clone()),
                _ => None,
            };
            if let Some(bytes) = kept {
                entries.hits += 1;
                return Ok((stamp, Content::Memory(bytes)));
            }
            entries.misses += 1;
            entries.capacity / SHARE
        };
        let (folder, path) = (folder.to_owned(), path.to_owned());
        let (stamp, content) = tokio::task::spawn_blocking(move || read(&folder, &path, limit)).await??;
        if let Content::Memory(bytes) = &content {
            self.entries().insert(full, stamp, bytes.clone());
        }
        Ok((stamp, content))
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn insert(&mut self, path: PathBuf, stamp: Stamp, bytes: Bytes) {
        self.bytes += bytes.len() as u64;
        if let Some((_, old)) = self.files.put(path, (stamp, bytes)) {
            self.bytes -= old.len() as u64;
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.bytes > self.capacity
            && let Some((_, (_, bytes))) = self.files.pop_lru()
        {
            self.bytes -= bytes.len() as u64;
        }
    }
}

/// Opens a file, and reads all of it where it is no longer than the limit.
fn read(folder: &Path, path: &Path, limit: u64) -> io::Result<(Stamp, Content)> {
    let mut file: File = paths::open_beneath(folder, path)?;
    let stamp = stamp_of(&file)?;
    if stamp.length > limit {
        return Ok((stamp, Content::Disk(file)));
    }
    let length = usize::try_from(stamp.length).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    if stamp_of(&file)? != stamp {
        return Err(io::Error::other("the file changed while it was being read"));
    }
    Ok((stamp, Content::Memory(bytes.into())))
}

fn stamp_of(file: &File) -> io::Result<Stamp> {
    Stamp::of(&file.metadata()?).ok_or_else(|| io::ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(folder: &Path, name: &str) -> Stamp {
        Stamp::of(&std::fs::metadata(folder.join(name)).unwrap()).unwrap()
    }

    async fn text(cache: &FileCache, folder: &Path, name: &str) -> Option<String> {
        match cache.read(folder, Path::new(name), stamp(folder, name)).await.unwrap().1 {
            Content::Memory(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
            Content::Disk(_) => None,
        }
    }

    #[tokio::test]
    async fn changed_and_replaced_files_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, cache) = (folder.path(), FileCache::new(1 << 20));
        std::fs::write(folder.join("a"), "one").unwrap();
        assert_eq!(text(&cache, folder, "a").await.as_deref(), Some("one"));
        std::fs::write(folder.join("b"), "two").unwrap();
        std::fs::rename(folder.join("b"), folder.join("a")).unwrap();
        assert_eq!(text(&cache, folder, "a").await.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn the_cap_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, cache) = (folder.path(), FileCache::new(1600));
        for number in 0..40 {
            std::fs::write(folder.join(number.to_string()), [b'x'; 100]).unwrap();
            assert!(text(&cache, folder, &number.to_string()).await.is_some());
            let entries = cache.entries();
            assert!(entries.bytes <= 1600);
            assert_eq!(
                entries.bytes,
                entries.files.iter().map(|(_, (_, bytes))| bytes.len() as u64).sum::<u64>()
            );
        }
        std::fs::write(folder.join("large"), [b'x'; 101]).unwrap();
        assert!(text(&cache, folder, "large").await.is_none());
        cache.set_capacity(250);
        assert_eq!(cache.entries().files.len(), 2);
    }
}
