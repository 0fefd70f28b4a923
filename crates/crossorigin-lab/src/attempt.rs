//! Which of its goes at a case a browser is on.

use std::fmt;
use std::str::FromStr;

/// One go at a case. Its name is in the case's URLs, so that no cache knows of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    /// Which visit of a browser to the page.
    pub(crate) visit: u32,
    /// The first of the visit is 0.
    pub(crate) nth: u32,
    /// Whether somebody asked for it, so that it counts for nothing.
    pub(crate) replay: bool,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.replay { 'p' } else { 'r' };
        write!(f, "v{}{kind}{}", self.visit, self.nth)
    }
}

impl FromStr for Attempt {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let numbers = name.strip_prefix('v').ok_or(())?;
        let at = numbers.find(['p', 'r']).ok_or(())?;
        let number = |digits: &str| digits.parse().map_err(|_| ());
        Ok(Self {
            visit: number(&numbers[..at])?,
            nth: number(&numbers[at + 1..])?,
            replay: numbers[at..].starts_with('p'),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for attempt in
            [Attempt { visit: 1, nth: 0, replay: false }, Attempt { visit: 20, nth: 13, replay: true }]
        {
            assert_eq!(attempt.to_string().parse(), Ok(attempt));
        }
        for name in ["", "v", "r0", "v1", "v1r", "vr1", "v1x1", "v-1r0", "v1r1 "] {
            assert_eq!(name.parse::<Attempt>(), Err(()), "{name}");
        }
    }
}
