//! Errors of others, told.

use std::fmt::Write as _;

/// Why a body can't go on. The client sees its connection broken, never a body that seems whole.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// An error with all its causes, in one line.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    for (nth, source) in sources(error).enumerate() {
        let separator = if nth > 0 { ": " } else { "" };
        // Writing to a string can't fail.
        let _ = write!(text, "{separator}{source}");
    }
    text
}

pub(crate) fn sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// Whether the system says that there are as many open files as there may be.
pub(crate) fn is_out_of_files(error: &std::io::Error) -> bool {
    let Some(error) = error.raw_os_error() else { return false };
    [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].iter().any(|full| full.raw_os_error() == error)
}
