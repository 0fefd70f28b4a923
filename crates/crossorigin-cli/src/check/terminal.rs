//! What the terminal can show.

use std::io::IsTerminal;

use super::arguments::Colour;

/// Whether text for this stream is coloured: by default on terminals, unless `NO_COLOR` is set.
pub(super) fn colours(wanted: Colour, stream: &impl IsTerminal) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match wanted {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb,
    }
}

/// How many columns there are.
pub(super) fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(120)
}
