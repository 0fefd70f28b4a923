//! From a host's name to its addresses, and a connection to one of them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long an address is waited for before the next one is tried beside it.
/// [Source](https://www.rfc-editor.org/rfc/rfc8305#section-5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Addresses that were given by hand, by host in lower case and port.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses(HashMap<(String, u16), Vec<SocketAddr>>);

impl Addresses {
    pub(super) fn insert(&mut self, host: &str, port: u16, address: SocketAddr) {
        self.0.entry((host.to_ascii_lowercase(), port)).or_default().push(address);
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, TransportFailure> {
        if let Some(own) = self.0.get(&(host.to_ascii_lowercase(), port)) {
            return Ok(own.clone());
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // Browsers never ask the network for these.
        let name = host.strip_suffix('.').unwrap_or(host);
        if name == "localhost" || name.ends_with(".localhost") {
            let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            return Ok(loopback.map(|address| SocketAddr::new(address, port)).into());
        }
        let failure = |why: String| {
            TransportFailure::new(TransportFailureKind::Dns, format!("{host} has no address: {why}"))
        };
        let found =
            tokio::net::lookup_host((host, port)).await.map_err(|error| failure(error.to_string()))?;
        let found = alternate(found.collect());
        if found.is_empty() { Err(failure("the resolver knows none".into())) } else { Ok(found) }
    }

    /// Connects to the first address that answers.
    pub(super) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, TransportFailure> {
        let addresses = self.look_up(host, port).await?;
        let (stream, to) = match addresses.as_slice() {
            &[only] => (TcpStream::connect(only).await, only),
            several => first_to_answer(several).await,
        };
        let stream = stream.map_err(|error| refusal(&error, host, to))?;
        // Small requests go out at once; where that can't be had, later.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

fn refusal(error: &io::Error, host: &str, address: SocketAddr) -> TransportFailure {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        let message = format!("{host} ({address}) refused the connection");
        return TransportFailure::new(TransportFailureKind::Refused, message);
    }
    let message = format!("{host} ({address}) could not be connected to: {error}");
    TransportFailure::new(TransportFailureKind::Connection, message)
}

/// Puts addresses of the two families in turn, beginning with the resolver's first.
/// [Source](https://www.rfc-editor.org/rfc/rfc8305#section-4).
fn alternate(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    let longer = first.len().max(second.len());
    (0..longer).flat_map(|nth| [first.get(nth), second.get(nth)]).flatten().copied().collect()
}

/// Tries addresses in their order, the next as soon as one fails or takes long. The failure is that of the first
/// address.
async fn first_to_answer(addresses: &[SocketAddr]) -> (io::Result<TcpStream>, SocketAddr) {
    let mut untried = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = untried.next() {
            attempts.spawn(async move { (TcpStream::connect(address).await, address) });
        }
        let Ok(ended) = tokio::time::timeout(ATTEMPT_DELAY, attempts.join_next()).await else { continue };
        match ended {
            Some(Ok((Ok(stream), address))) => return (Ok(stream), address),
            Some(Ok((Err(error), address))) => failures.push((error, address)),
            // None of the attempts panics or is cancelled.
            Some(Err(_)) => {}
            None => break,
        }
    }
    let first = addresses.iter().find_map(|address| failures.iter().position(|(_, own)| own == address));
    match first.map(|nth| failures.swap_remove(nth)) {
        Some((error, address)) => (Err(error), address),
        None => {
            let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
            (Err(io::ErrorKind::AddrNotAvailable.into()), nowhere)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate() {
        let read = |text: &str| text.split(' ').map(|address| address.parse().unwrap()).collect::<Vec<_>>();
        let ordered = alternate(read("[::1]:1 [::2]:1 [::3]:1 1.0.0.1:1 1.0.0.2:1"));
        assert_eq!(ordered, read("[::1]:1 1.0.0.1:1 [::2]:1 1.0.0.2:1 [::3]:1"));
    }

    #[tokio::test]
    async fn names_by_hand_and_of_this_machine_need_no_resolver() {
        let mut addresses = Addresses::default();
        addresses.insert("API.example", 443, "127.0.0.1:8443".parse().unwrap());
        for (host, port, expected) in [
            ("api.example", 443, "127.0.0.1:8443"),
            ("[::1]", 80, "[::1]:80"),
            ("127.0.0.2", 80, "127.0.0.2:80"),
            ("a.localhost", 80, "127.0.0.1:80"),
        ] {
            let found = addresses.look_up(host, port).await.unwrap();
            assert_eq!(found[0].to_string(), expected, "{host}");
        }
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_fails() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = {
            let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        let open = listener.local_addr().unwrap();
        let (stream, address) = first_to_answer(&[closed, open]).await;
        assert!(stream.is_ok());
        assert_eq!(address, open);
        let (stream, address) = first_to_answer(&[closed, closed]).await;
        assert_eq!(stream.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(address, closed);
    }
}
