//! What the fuzz targets do. Each body takes any bytes, and panics where something is wrong.
//!
//! libFuzzer calls the bodies with bytes that it evolves (`cargo xtask fuzz`); the tests of this crate call
//! them with many that they draw.

mod decision;
mod fetch_machine;
mod inputs;
mod origin_grammar;
mod origin_set;
mod page;
mod policy_file;
mod request_header_list;
mod request_path;
mod tape;

pub use decision::decision;
pub use fetch_machine::fetch_machine;
pub use inputs::{console_messages, curl_command, fetch_literal, har_file};
pub use origin_grammar::origin_grammar;
pub use origin_set::origin_set;
pub use page::page;
pub use policy_file::policy_file;
pub use request_header_list::request_header_list;
pub use request_path::request_path;
