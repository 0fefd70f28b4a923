//! What pages store in `localStorage`, from run to run: a file of JSON.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crossorigin_page::Storage;

use super::files::{self, Readers};

/// The longest file that is read, in bytes: what some dozens of origins store at the most.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// What is in a file; nothing where it is not there.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn read(path: &Path) -> Result<Storage, String> {
    let mut text = String::new();
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Storage::new()),
        file => file.map_err(|error| format!("{error}; name a file that can be read"))?,
    };
    let read =
        file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => "it is no UTF-8, and so no file of storage; name another".to_owned(),
            _ => error.to_string(),
        })?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(format!("it is longer than {MAX_FILE_BYTES} bytes; name a file of storage"));
    }
    Storage::from_json(&text).map_err(|error| error.to_string())
}

/// Writes what is stored, for nobody else to read.
///
/// # Errors
/// The file can't be written.
pub(super) fn write(path: &Path, storage: &Storage) -> std::io::Result<()> {
    files::write(path, format!("{}\n", storage.to_json()).as_bytes(), Readers::Owner)
}
