//! Sockets to listen on.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel keeps for us until they are accepted.
const BACKLOG: i32 = 4096;

/// Opens an address for one thread alone.
pub(crate) fn listen_alone(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let refuse = |error| ListenError { address, error };
    let socket = socket(address).map_err(refuse)?;
    socket.bind(&address.into()).map_err(refuse)?;
    socket.listen(BACKLOG).map_err(refuse)?;
    Ok(socket.into())
}

/// Opens an address as often as there are workers, each with a queue of its own that the kernel fills evenly.
pub(crate) fn listen(address: SocketAddr, workers: usize) -> Result<Vec<TcpListener>, ListenError> {
    let refuse = |error| ListenError { address, error };
    if address.port() != 0 {
        // Sockets of one user that share a port don't conflict: another gateway of ours would take half of the
        // connections, unnoticed. A socket that does not share finds it.
        let probe = socket(address).map_err(refuse)?;
        probe.bind(&address.into()).map_err(refuse)?;
    }
    let mut listeners = Vec::with_capacity(workers);
    let mut address = address;
    for _ in 0..workers {
        let listener = shared_socket(address).map_err(refuse)?;
        // Port 0 becomes a free port with the first.
        address = listener.local_addr().map_err(refuse)?;
        listeners.push(listener);
    }
    Ok(listeners)
}

fn shared_socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of an earlier run that are still winding down are no conflict.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // `[::]` and `0.0.0.0` are two addresses, on every system alike.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Why an address can't be listened on.
#[derive(Debug)]
pub struct ListenError {
    address: SocketAddr,
    error: io::Error,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, error } = self;
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse => {
                let port = address.port();
                return write!(
                    f,
                    "can't listen on {address}: another program listens there; end it (`ss -ltnp 'sport = :{port}'` \
                     names it), or take another port"
                );
            }
            io::ErrorKind::PermissionDenied => {
                "take a port from 1024 on, or give the program the right to bind it"
            }
            io::ErrorKind::AddrNotAvailable => "take an address of this machine, 127.0.0.1 or 0.0.0.0",
            _ => "check the address",
        };
        write!(f, "can't listen on {address}: {error}; {remedy}")
    }
}

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
