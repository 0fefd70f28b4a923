//! How much memory a connection may take for what is under way.

/// Connections of a listener up to which each has as much room as is good for it. Where there are more, all have
/// less: clients who take nothing of what they asked for are then not dearer than their number makes them.
const IN_FULL: usize = 128;

/// A connection's share of the memory for what is under way, from how many there are when it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    connections: usize,
}

impl Share {
    pub(crate) fn among(connections: usize) -> Self {
        Self { connections: connections.max(IN_FULL) }
    }

    /// Its part of what is good for one connection, in bytes; never less than what it can't do without.
    pub(crate) fn of(self, good: usize, least: usize) -> usize {
        (good.saturating_mul(IN_FULL) / self.connections).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn many_connections_have_less_each() {
        for (connections, share) in
            [(0, 400_000), (1, 400_000), (128, 400_000), (256, 200_000), (1_280, 40_000), (100_000, 16_384)]
        {
            assert_eq!(Share::among(connections).of(400_000, 16_384), share, "{connections}");
        }
    }
}
