//! Bytes as choices: what is built from them is small and likely to collide, so that few bytes find much.

/// Reads choices from bytes; behind their end every choice is the first.
pub(crate) struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.0 {
            [] => 0,
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
        }
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    pub(crate) fn one_of<'b>(&mut self, items: &[&'b str]) -> &'b str {
        items[self.below(items.len())]
    }

    /// An origin, or something near one. Few words, so that origins are often equal, and often suffixes of
    /// one another.
    pub(crate) fn origin(&mut self) -> String {
        let mut text = format!("{}://{}", self.scheme(), self.host());
        text.push_str(
            self.one_of(&["", "", "", ":8443", ":80", ":443", ":1", ":65535", ":0", ":65536", ":", ":08443"]),
        );
        // Now and then, a byte that doesn't belong.
        if self.below(16) == 15 {
            let place = self.below(text.len() + 1);
            text.insert(place, char::from(self.byte() & 0x7F));
        }
        text
    }

    /// A pattern, valid or not.
    pub(crate) fn pattern(&mut self) -> String {
        let (scheme, front, host) =
            (self.scheme(), self.one_of(&["", "", "*.", "*.", "*.*.", "*"]), self.host());
        let port = self.one_of(&["", "", "", ":8443", ":80", ":443", ":*", ":*", ":", ":**"]);
        format!("{scheme}://{front}{host}{port}")
    }

    fn scheme(&mut self) -> &'static str {
        self.one_of(&["https", "https", "https", "http", "capacitor", "chrome-extension", "HTTPS", ""])
    }

    fn host(&mut self) -> String {
        const LABELS: [&str; 10] = ["a", "b", "ab", "ba", "example", "com", "xn--bcher-kva", "1", "A", ""];
        match self.below(16) {
            15 => {
                return self
                    .one_of(&["[::1]", "[::]", "[0::1]", "127.0.0.1", "127.1", "0x7f.1", "*"])
                    .to_owned();
            }
            14 => return format!("{}com", "a.".repeat(self.below(128))),
            _ => {}
        }
        let count = 1 + self.below(4);
        (0..count).map(|_| self.one_of(&LABELS)).collect::<Vec<_>>().join(".")
    }
}
