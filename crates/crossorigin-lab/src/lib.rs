//! The algorithm held against real browsers.
//!
//! Cases come from a seed ([`generate`]). A page runs them in a browser that visits it ([`start`]), and what
//! it and the servers see is held against what the algorithm foretells ([`Setting::judge`]).

mod attempt;
mod authority;
pub mod case;
mod docs;
mod engine;
mod generate;
mod judge;
pub mod observed;
mod page;
mod places;
mod predict;
mod record;
mod run;
mod server;
mod setting;
mod settle;

pub use authority::Authority;
pub use docs::browsers_page;
pub use engine::{CHROMIUM_FLAGS, CHROMIUM_WEBGL_FLAGS, Engine, Visit};
pub use generate::generate;
pub use judge::Judgement;
pub use places::Places;
pub use record::{Deviation, Record};
pub use run::{Disagreement, Foretold, Needed, Run, Tally, version_of};
pub use server::start;
pub use setting::Setting;
