//! Arguments that are wrong.

/// Wrong arguments: what is wrong, and what to do.
#[derive(Debug)]
pub(super) struct Usage(pub(super) String);

pub(super) fn usage<T>(text: impl Into<String>) -> Result<T, Usage> {
    Err(Usage(text.into()))
}
