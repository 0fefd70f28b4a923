//! Pages and scripts: loads a page, runs its scripts, and lets them see what a browser would.
//!
//! [`open`] runs a page to its end on the calling thread; the network is on another. A [`Page`] runs on a thread of its
//! own, and can be held and asked, any number of them at once. What script may see is decided by
//! `crossorigin`'s algorithm, and what it may not is told by the console alone.

mod answers;
mod bitmap_functions;
mod bitmaps;
mod blob_functions;
mod bound;
mod clock;
mod cluster;
mod colour_profiles;
mod console;
mod description;
mod document;
mod dom;
mod dom_functions;
mod drawn_images;
mod encoding;
mod encoding_functions;
mod engine;
mod exports;
mod fetch_functions;
mod fonts;
mod frame_functions;
mod frames;
mod functions;
mod host;
mod hues;
mod images;
mod import_map;
mod inbox;
mod inks;
mod integrity;
mod layers;
mod life;
mod message_functions;
mod messages;
mod modules;
mod network;
mod options;
mod outlines;
mod page;
mod painting;
mod parser;
mod parser_functions;
mod pieces;
mod places;
mod prelude;
mod realm;
mod sandbox;
mod selector;
mod shadows;
mod storage;
mod storage_functions;
mod stylesheet_functions;
mod stylesheets;
mod text;
mod text_functions;
mod upload;
mod urls;
mod vector_images;
mod window;
mod xml;

pub use bitmaps::MAX_BITMAP_BYTES;
pub use console::{Console, Kind, Level, Line, MAX_CONSOLE_BYTES, MAX_LINE_BYTES};
pub use document::MAX_PAGE_BYTES;
pub use dom::{MAX_NODES, MAX_TEXT_BYTES};
pub use engine::{MAX_NEW_WINDOWS, MAX_SCRIPT_BYTES, MAX_STACK_BYTES};
pub use frames::{MAX_FRAME_DEPTH, MAX_FRAMES};
pub use host::{MAX_REQUESTS, MAX_TIMERS};
pub use images::{MAX_PIXELS, MAX_SIDE};
pub use messages::{MAX_MESSAGE_BYTES, MAX_PORTS};
pub use options::{PAGE_TIMEOUT, PageOptions};
pub use page::{End, Page, PageError, open};
pub use parser::MAX_WRITTEN_BYTES;

pub use storage::{MAX_STORAGE_BYTES, Storage, StorageError};
