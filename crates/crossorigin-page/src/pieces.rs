//! HTML in pieces, between which one can look at the clock and at what there is room for.

use crate::dom::{MAX_NODES, MAX_TEXT_BYTES};

/// How much is parsed at once, in bytes.
const PIECE_BYTES: usize = 4096;

/// A text in its pieces.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, left) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = left;
        (!piece.is_empty()).then_some(piece)
    })
}

/// What is said where a page has no room any more.
pub(crate) fn full_text() -> String {
    format!(
        "the page has {MAX_NODES} nodes, or {MAX_TEXT_BYTES} bytes of text and attributes, and no room for more; let it \
         be smaller"
    )
}
