//! A bound that several keep together.

use std::cell::Cell;
use std::rc::Rc;

/// So much, and what of it is taken. A clone is the same bound.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    limit: usize,
    taken: Rc<Cell<usize>>,
}

impl Bound {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, taken: Rc::default() }
    }

    pub(crate) fn has_room(&self, more: usize) -> bool {
        self.taken.get().saturating_add(more) <= self.limit
    }

    /// Takes so much; nothing, and `false`, where there is no room for it.
    pub(crate) fn take(&self, more: usize) -> bool {
        let has_room = self.has_room(more);
        if has_room {
            self.taken.set(self.taken.get() + more);
        }
        has_room
    }

    pub(crate) fn give_back(&self, less: usize) {
        self.taken.set(self.taken.get().saturating_sub(less));
    }

    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.taken.get()
    }
}
