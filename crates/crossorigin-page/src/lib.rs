//! Pages and scripts: loads a page, runs its scripts, and lets them see what a browser would.
//!
//! [`open`] runs a page to its end on the calling thread; the network is on another. What script may see is decided by
//! `crossorigin`'s algorithm, and what it may not is told by the console alone.

mod bitmap_functions;
mod bitmaps;
mod console;
mod dom;
mod dom_functions;
mod host;
mod modules;
mod network;
mod page;
mod realm;
mod selector;
mod urls;

pub use console::{Kind, Level, Line};
pub use page::{End, PAGE_TIMEOUT, PageOptions, open};
