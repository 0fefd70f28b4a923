//! What several of the program's tests need.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its share")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are parts of tests")]

pub mod browser;
pub mod demonstrations;
pub mod http;
pub mod picture;
pub mod program;
pub mod schema;
pub mod scripted;
pub mod similarity;
