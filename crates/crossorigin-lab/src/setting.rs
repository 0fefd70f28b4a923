//! Under what a case is run.

use crossorigin::profiles::Profile;

use crate::case::Host;
use crate::places::Places;

/// What a browser was told, and what there is to judge by.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Where the hosts were.
    pub places: &'a Places,
    /// The name of the run, which is in every URL.
    pub run: &'a str,
    /// The browser's profile.
    pub profile: Profile,
    /// The hosts to which it sends the cookies that they set.
    pub cookie_hosts: &'a [Host],
}
