//! Files that are written whole or not at all.

use std::io::Write as _;
use std::path::Path;

use tempfile::Builder;

/// Who may read a file.
#[derive(Clone, Copy)]
pub(super) enum Readers {
    /// As the user's other files.
    Usual,
    /// The user alone.
    Owner,
}

/// Writes a file in the place of what was there, which stays where anything fails.
///
/// # Errors
/// Why it can't be written.
pub(super) fn write(path: &Path, content: &[u8], readers: Readers) -> std::io::Result<()> {
    // What a link points to is written, and not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    builder.prefix(".crossorigin-");
    match readers {
        Readers::Usual => {
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        // As temporary files are.
        Readers::Owner => {}
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
