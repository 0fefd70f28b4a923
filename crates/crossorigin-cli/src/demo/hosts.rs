//! Where the demo's servers listen.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use tokio::net::{TcpListener, TcpSocket};

/// The port of the site where `--port` says nothing; the others follow it.
pub(super) const DEFAULT_PORT: u16 = 7700;

/// The last port that leaves room for four more.
pub(super) const LAST_PORT: u16 = u16::MAX - 4;

/// Bytes that the system keeps between two of the servers. With its own, larger buffers an upload would be gone
/// before anybody had read it, and there would be no progress to see.
pub(super) const BUFFER: usize = 64 * 1024;

/// A listener and what it is for.
pub(super) struct Bound {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
}

/// The demo's addresses, all of them on the loopback interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hosts {
    /// The page.
    pub(super) site: SocketAddr,
    /// The recorder before the gateway: what the page knows as the shared host.
    pub(super) shared: SocketAddr,
    /// The host without CORS.
    pub(super) third: SocketAddr,
    /// The gateway.
    pub(super) gateway: SocketAddr,
    /// The API behind the gateway.
    pub(super) api: SocketAddr,
}

impl Hosts {
    /// The addresses when `first`, at most [`LAST_PORT`], and the four ports after it are free.
    pub(super) fn from_port(first: u16) -> Self {
        let address = |nth: u16| {
            // 0 asks for a free port, and so do the ports after it.
            let port = if first == 0 { 0 } else { first.saturating_add(nth) };
            SocketAddr::from((Ipv4Addr::LOCALHOST, port))
        };
        Self { site: address(0), shared: address(1), third: address(2), gateway: address(3), api: address(4) }
    }

    /// The page's origin.
    pub(super) fn site_origin(&self) -> String {
        format!("http://{}", self.site)
    }

    /// The shared host's origin. It differs from the site's in its port alone, which makes it another origin of
    /// the same site: cookies go along whatever their `SameSite` attribute and the browser's rules for third
    /// parties.
    pub(super) fn shared_origin(&self) -> String {
        format!("http://{}", self.shared)
    }

    /// The third host's origin: another name, hence another site.
    pub(super) fn third_origin(&self) -> String {
        format!("http://localhost:{}", self.third.port())
    }
}

/// Listens on an address, or on a free port of the same interface when somebody else has it. Port 0 asks for a
/// free one.
///
/// # Errors
/// The interface has no free port, or may not be used.
pub(super) fn bind(wanted: SocketAddr) -> anyhow::Result<Bound> {
    let listener = match listen(wanted) {
        Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
            listen(SocketAddr::new(wanted.ip(), 0))
        }
        other => other,
    }
    .with_context(|| format!("can't listen on {wanted}"))?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_recv_buffer_size(BUFFER as u32)?;
    socket.bind(address)?;
    socket.listen(1024)
}
