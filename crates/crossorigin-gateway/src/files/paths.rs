//! From the path in a URL to a file that lies below a folder, and nowhere else.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;
use rustix::fs::{Mode, OFlags};

/// A path below a folder, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RelativePath {
    pub(super) path: PathBuf,
    pub(super) ends_in_slash: bool,
}

impl RelativePath {
    /// Reads what stands in a URL behind a route's path. `None` for what no file is served by: dot segments,
    /// hidden names, empty segments, slashes and NULs that were encoded.
    pub(super) fn read(rest: &str) -> Option<Self> {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let (names, ends_in_slash) = match rest.strip_suffix('/') {
            Some(names) => (names, true),
            None => (rest, rest.is_empty()),
        };
        if rest.starts_with('/') {
            return None;
        }
        let mut path = PathBuf::new();
        for segment in names.split('/').filter(|_| !names.is_empty()) {
            let name: Vec<u8> = percent_decode_str(segment).collect();
            let hidden = name.first() == Some(&b'.') && name != b".well-known";
            if name.is_empty() || hidden || name.contains(&b'/') || name.contains(&0) {
                return None;
            }
            path.push(OsStr::from_bytes(&name));
        }
        Some(Self { path, ends_in_slash })
    }
}

/// Opens what lies below a folder, following links only as long as they stay below it.
///
/// # Errors
/// What opening a file can meet; leaving the folder is one of them.
pub(super) fn open_beneath(folder: &Path, path: &Path) -> io::Result<File> {
    // A FIFO would wait for its writer without NONBLOCK; files don't mind.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let root = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if path.as_os_str().is_empty() {
        return Ok(File::from(root));
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        let below = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(&root, path, flags, Mode::empty(), below) {
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {}
            opened => return Ok(File::from(opened?)),
        }
    }
    open_without_links(root, path, flags)
}

/// The same for systems that can't resolve below a folder: one name at a time, no links at all.
fn open_without_links(mut at: rustix::fd::OwnedFd, path: &Path, flags: OFlags) -> io::Result<File> {
    for component in path.components() {
        let Component::Normal(name) = component else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        at = rustix::fs::openat(&at, name, flags | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(File::from(at))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_a_url_means() {
        for (rest, expected) in [
            ("", Some(("", true))),
            ("/", Some(("", true))),
            ("photo.png", Some(("photo.png", false))),
            ("a/b/", Some(("a/b", true))),
            ("a%20b", Some(("a b", false))),
            ("%C3%BC.png", Some(("ü.png", false))),
            (".well-known/x", Some((".well-known/x", false))),
            ("a//b", None),
            ("//", None),
            ("..", None),
            ("a/../b", None),
            ("%2e%2e/b", None),
            (".git/config", None),
            ("a/.env", None),
            ("a%2Fb", None),
            ("a%00", None),
        ] {
            let found = RelativePath::read(rest);
            let expected =
                expected.map(|(path, ends_in_slash)| RelativePath { path: path.into(), ends_in_slash });
            assert_eq!(found, expected, "{rest:?}");
        }
    }

    #[test]
    fn there_is_no_way_out() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("in/file"), "file").unwrap();
        for (link, target) in [
            ("out", outside.path().to_owned()),
            ("file-out", outside.path().join("secret")),
            ("inside", "in".into()),
            ("up", "..".into()),
            ("absolute", folder.path().join("in")),
        ] {
            std::os::unix::fs::symlink(target, folder.path().join(link)).unwrap();
        }
        let read = |path: &str| {
            let mut text = String::new();
            open_beneath(folder.path(), Path::new(path))
                .and_then(|mut file| file.read_to_string(&mut text))?;
            Ok::<_, io::Error>(text)
        };
        assert_eq!(read("in/file").unwrap(), "file");
        assert_eq!(read("inside/file").unwrap(), "file");
        for path in ["out/secret", "file-out", "up/x", "../x", "absolute/file", "/etc/passwd", "nothing"] {
            assert!(read(path).is_err(), "{path}");
        }
        let root = || rustix::fs::open(folder.path(), OFlags::RDONLY, Mode::empty()).unwrap();
        assert!(open_without_links(root(), Path::new("in/file"), OFlags::RDONLY).is_ok());
        for path in ["inside/file", "out/secret", "../x", "/etc/passwd"] {
            assert!(open_without_links(root(), Path::new(path), OFlags::RDONLY).is_err(), "{path}");
        }
    }
}
