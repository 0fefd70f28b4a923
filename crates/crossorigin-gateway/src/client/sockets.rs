//! Sockets that whoever started the program has opened: a supervisor, or the program before this one.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// Listening sockets that wait for a listener to take them.
#[derive(Debug, Default)]
pub(crate) struct Inherited(Vec<(SocketAddr, TcpListener)>);

impl Inherited {
    pub(crate) fn new(sockets: &[TcpListener]) -> Self {
        let usable = sockets.iter().filter_map(|socket| {
            let usable =
                socket.set_nonblocking(true).and_then(|()| Ok((socket.local_addr()?, socket.try_clone()?)));
            usable
                .inspect_err(|error| tracing::error!(%error, "can't use a socket that was handed over"))
                .ok()
        });
        Self(usable.collect())
    }

    /// All sockets of an address; where that has port 0, those of the first address with its IP address. None: it
    /// is still to be opened.
    pub(crate) fn take(&mut self, address: SocketAddr) -> Vec<TcpListener> {
        let is_it = |own: &SocketAddr| match address.port() {
            0 => own.ip() == address.ip(),
            _ => *own == address,
        };
        let Some(found) = self.0.iter().map(|(own, _)| *own).find(is_it) else { return Vec::new() };
        let (taken, left) = std::mem::take(&mut self.0).into_iter().partition(|(own, _)| *own == found);
        self.0 = left;
        taken.into_iter().map(|(_, socket): (SocketAddr, TcpListener)| socket).collect()
    }

    /// The addresses that no listener has taken.
    pub(crate) fn left(&self) -> Vec<SocketAddr> {
        let mut left: Vec<_> = self.0.iter().map(|(address, _)| *address).collect();
        left.dedup();
        left
    }
}

/// As many sockets as there are workers, or more: those that there are, and copies of them. A copy shares its
/// queue, and nobody else's connections are lost when it is closed.
pub(crate) fn for_each(sockets: Vec<TcpListener>, workers: usize) -> io::Result<Vec<TcpListener>> {
    let mut all = sockets;
    let own = all.len();
    for nth in own..workers {
        all.push(all[nth % own].try_clone()?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_take_the_sockets_of_their_address() {
        let sockets: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<_> = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
        let mut given: Vec<_> = sockets.iter().map(|socket| socket.try_clone().unwrap()).collect();
        given.push(sockets[1].try_clone().unwrap());
        let mut inherited = Inherited::new(&given);
        let mut taken = |address: SocketAddr| {
            let taken = inherited.take(address);
            taken.iter().map(|socket| socket.local_addr().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(taken(addresses[1]), [addresses[1], addresses[1]]);
        assert_eq!(taken(addresses[1]), []);
        assert_eq!(taken("127.0.0.1:0".parse().unwrap()), [addresses[0]]);
        assert_eq!(taken("[::1]:0".parse().unwrap()), []);
        assert_eq!(inherited.left(), [addresses[2]]);
    }

    #[test]
    fn every_worker_gets_a_socket_and_none_is_left_out() {
        for (own, workers, expected) in [(1, 4, 4), (2, 3, 3), (3, 3, 3), (4, 1, 4)] {
            let sockets = (0..own).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
            assert_eq!(for_each(sockets, workers).unwrap().len(), expected, "{own} for {workers}");
        }
    }
}
