//! An `origins_file`: one origin or pattern a line.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most bytes that are read of one file.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// The most origins that one file lists.
const MAX_ORIGINS: usize = 1_000_000;

/// What an `origins_file` lists, with the line of each.
#[derive(Debug)]
pub(crate) struct OriginsFile {
    pub(crate) path: PathBuf,
    pub(crate) origins: Vec<String>,
    /// The line of each origin, from 1.
    pub(crate) lines: Vec<usize>,
}

/// Why an `origins_file` can't be used.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The line at fault and what can be shown of it, where it is one line.
    pub(crate) line: Option<(usize, String)>,
    pub(crate) message: String,
    pub(crate) remedy: &'static str,
}

/// Reads a file and skips blank lines and those that begin with `#`.
pub(crate) fn read(path: &Path) -> Result<OriginsFile, Unreadable> {
    let bytes = read_bounded(path).map_err(|error| Unreadable {
        line: None,
        message: format!("can't read {path:?}: {error}"),
        remedy: "the path is relative to the policy file; check that the file is there and may be read",
    })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unreadable {
            line: None,
            message: format!("{path:?} is larger than 128 MiB"),
            remedy: "split the policy, or allow the tenants' common parent by a pattern",
        });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let (before, after) = error.as_bytes().split_at(valid);
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let end = after.iter().position(|&byte| byte == b'\n').unwrap_or(after.len());
        let number = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let line = String::from_utf8_lossy(&error.as_bytes()[start..valid + end]).into_owned();
        Unreadable {
            line: Some((number, line)),
            message: "this line is not UTF-8".into(),
            remedy: "save the file as UTF-8; hosts beyond ASCII stand in it in Punycode",
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut file = OriginsFile { path: path.to_owned(), origins: Vec::new(), lines: Vec::new() };
    for (index, line) in text.lines().enumerate() {
        let origin = line.trim();
        if origin.is_empty() || origin.starts_with('#') {
            continue;
        }
        if file.origins.len() == MAX_ORIGINS {
            return Err(Unreadable {
                line: Some((index + 1, origin.to_owned())),
                message: format!("{path:?} lists more than 1,000,000 origins"),
                remedy: "split the policy, or allow the tenants' common parent by a pattern",
            });
        }
        file.origins.push(origin.to_owned());
        file.lines.push(index + 1);
    }
    Ok(file)
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("origins.txt");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn comments_blank_lines_and_windows_line_ends_are_skipped() {
        let (_folder, path) =
            file(b"\xef\xbb\xbf# ours\r\n\r\nhttps://a.example\r\n  # more\n\thttps://b.example ");
        let read = read(&path).unwrap();
        assert_eq!(read.origins, ["https://a.example", "https://b.example"]);
        assert_eq!(read.lines, [3, 5]);
    }

    #[test]
    fn what_is_no_text_is_named_with_its_line() {
        let (_folder, path) = file(b"https://a.example\n\xff\n");
        assert_eq!(read(&path).unwrap_err().line, Some((2, "\u{fffd}".to_owned())));
    }

    #[test]
    fn a_million_origins_fit_and_one_more_does_not() {
        let (_folder, path) = file("a://b\n".repeat(MAX_ORIGINS).as_bytes());
        assert_eq!(read(&path).unwrap().origins.len(), MAX_ORIGINS);
        let (_folder, path) = file("a://b\n".repeat(MAX_ORIGINS + 1).as_bytes());
        assert!(read(&path).unwrap_err().message.ends_with("lists more than 1,000,000 origins"));
    }

    #[test]
    fn a_folder_can_not_be_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().message.starts_with("can't read "));
    }
}
