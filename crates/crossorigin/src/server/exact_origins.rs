//! Exact origins, found with one look at memory.

use std::collections::HashSet;

use crate::infrastructure::keyed_hash::KeyedHash;

/// The longest origin that a slot holds; longer ones are rare enough to be kept apart.
const SLOT_BYTES: usize = 63;
/// Slots for each origin. Two leave every other slot empty, so that a probe mostly ends at its first or second.
const SLOTS_PER_ORIGIN: usize = 2;

/// A set of origins by their bytes: a hash table with linear probing, whose slots hold the origins themselves.
///
/// A large set is read from memory, not from a cache, so what a lookup costs is the number of lines it reads.
/// Tables of references read three, one after the other; this one reads the line where the origin is. It
/// takes 128 bytes an origin.
#[derive(Clone, Default)]
pub(super) struct ExactOrigins {
    slots: Box<[Slot]>,
    count: usize,
    long: HashSet<Box<[u8]>>,
    hash: KeyedHash,
}

/// One line of the processor's cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Slot {
    /// 0 in an empty slot.
    length: u8,
    bytes: [u8; SLOT_BYTES],
}

impl Slot {
    const EMPTY: Self = Self { length: 0, bytes: [0; SLOT_BYTES] };

    fn origin(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl ExactOrigins {
    /// Makes place for so many origins in all.
    pub(super) fn reserve(&mut self, origins: usize) {
        let wanted = origins * SLOTS_PER_ORIGIN;
        if wanted > self.slots.len() {
            let old = std::mem::replace(&mut self.slots, vec![Slot::EMPTY; wanted].into());
            for slot in old.iter().filter(|slot| slot.length > 0) {
                let place = self.probe(slot.origin()).unwrap_or_else(|empty| empty);
                self.slots[place] = *slot;
            }
        }
    }

    /// Adds an origin, unless it is there; returns whether it was new.
    pub(super) fn insert(&mut self, origin: &[u8]) -> bool {
        let Some(length) =
            u8::try_from(origin.len()).ok().filter(|_| (1..=SLOT_BYTES).contains(&origin.len()))
        else {
            return self.long.insert(origin.into());
        };
        if (self.count + 1) * SLOTS_PER_ORIGIN > self.slots.len() {
            self.reserve((self.count * 2).max(4));
        }
        match self.probe(origin) {
            Ok(_) => false,
            Err(empty) => {
                let slot = &mut self.slots[empty];
                slot.length = length;
                slot.bytes[..origin.len()].copy_from_slice(origin);
                self.count += 1;
                true
            }
        }
    }

    pub(super) fn contains(&self, origin: &[u8]) -> bool {
        if (1..=SLOT_BYTES).contains(&origin.len()) {
            self.count > 0 && self.probe(origin).is_ok()
        } else {
            !self.long.is_empty() && self.long.contains(origin)
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count + self.long.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slot that holds an origin, or else the empty one where it belongs. There always is an empty one.
    fn probe(&self, origin: &[u8]) -> Result<usize, usize> {
        // The upper bits of the product spread a hash over any number of slots.
        let slots = self.slots.len();
        let mut place = ((u128::from(self.hash.of(&[origin])) * slots as u128) >> 64) as usize;
        loop {
            let slot = &self.slots[place];
            if slot.length == 0 {
                return Err(place);
            }
            if slot.origin() == origin {
                return Ok(place);
            }
            place = if place + 1 == slots { 0 } else { place + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_equals_a_set_of_the_standard_library() {
        let mut origins = ExactOrigins::default();
        let mut expected = HashSet::new();
        let name = |number: usize| "x".repeat(number % 80) + &number.to_string();
        for number in 0..5000 {
            let origin = name(number % 3000);
            assert_eq!(origins.insert(origin.as_bytes()), expected.insert(origin.clone()), "{origin}");
        }
        assert_eq!(origins.len(), expected.len());
        for number in 0..6000 {
            assert_eq!(
                origins.contains(name(number).as_bytes()),
                expected.contains(&name(number)),
                "{number}"
            );
        }
        assert!(!origins.contains(b"") && !ExactOrigins::default().contains(b"https://a.example"));
    }
}
