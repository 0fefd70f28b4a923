//! Opens connections to upstreams.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How an upstream is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// Where an upstream is, and how it is reached.
#[derive(Debug)]
pub(crate) struct Address {
    host: Box<str>,
    port: u16,
    scheme: Scheme,
}

#[derive(Debug)]
enum Scheme {
    Http,
    PriorKnowledge,
    Tls(Box<Tls>),
}

#[derive(Debug)]
struct Tls {
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
    /// For WebSocket handshakes, which are not made in HTTP/2.
    only_http1: Arc<ClientConfig>,
}

impl Address {
    /// The address of a site's upstream. `tls` is asked for where it is reached by https.
    pub(crate) fn new<E>(
        server: &Uri,
        tls: impl FnOnce() -> Result<Arc<ClientConfig>, E>,
    ) -> Result<Self, E> {
        let host: Box<str> = server.host().unwrap_or_default().trim_matches(['[', ']']).into();
        let is_tls = server.scheme_str() == Some("https");
        let port = server.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let scheme = match server.scheme_str() {
            Some("https") => {
                let config = tls()?;
                // Hosts of sites are names or addresses; any other name is in no certificate.
                let name = ServerName::try_from(host.to_string());
                let name = name.unwrap_or(ServerName::IpAddress(IpAddr::from([0, 0, 0, 0]).into()));
                let only_http1 = Arc::new(with_protocols(&config, &[b"http/1.1"]));
                let config = Arc::new(with_protocols(&config, &[b"h2", b"http/1.1"]));
                Scheme::Tls(Box::new(Tls { name, config, only_http1 }))
            }
            Some("h2c") => Scheme::PriorKnowledge,
            _ => Scheme::Http,
        };
        Ok(Self { host, port, scheme })
    }

    /// The protocol, where it is known without asking.
    pub(crate) fn protocol(&self) -> Option<Protocol> {
        match self.scheme {
            Scheme::Http => Some(Protocol::Http1),
            Scheme::PriorKnowledge => Some(Protocol::Http2),
            Scheme::Tls(_) => None,
        }
    }

    /// Opens a connection.
    pub(crate) async fn connect(
        &self,
        within: Duration,
        only_http1: bool,
    ) -> Result<(Wire, Protocol), ConnectError> {
        let deadline = Instant::now() + within;
        let stream = self.open(deadline).await?;
        let _ = stream.set_nodelay(true);
        match &self.scheme {
            Scheme::Http => Ok((Wire::Plain(stream), Protocol::Http1)),
            Scheme::PriorKnowledge => Ok((Wire::Plain(stream), Protocol::Http2)),
            Scheme::Tls(tls) => {
                let config = if only_http1 { &tls.only_http1 } else { &tls.config };
                let connecting = TlsConnector::from(config.clone()).connect(tls.name.clone(), stream);
                let stream = match timeout_at(deadline, connecting).await {
                    Ok(connected) => connected.map_err(|error| self.tls_error(error))?,
                    Err(_) => return Err(ConnectError::TimedOut),
                };
                let protocol = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => Protocol::Http2,
                    _ => Protocol::Http1,
                };
                Ok((Wire::Tls(Box::new(stream)), protocol))
            }
        }
    }

    /// Tries the host's addresses one after the other, each for its share of the time.
    async fn open(&self, deadline: Instant) -> Result<TcpStream, ConnectError> {
        let addresses: Vec<SocketAddr> = match self.host.parse::<IpAddr>() {
            Ok(address) => vec![(address, self.port).into()],
            Err(_) => {
                let found = tokio::net::lookup_host((&*self.host, self.port));
                match timeout_at(deadline, found).await {
                    Ok(found) => found.map_err(ConnectError::Lookup)?.collect(),
                    Err(_) => return Err(ConnectError::TimedOut),
                }
            }
        };
        let mut last = ConnectError::NoAddress;
        for (nth, address) in addresses.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - nth).unwrap_or(u32::MAX);
            match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = ConnectError::Connect(error),
                Err(_) => last = ConnectError::TimedOut,
            }
        }
        Err(last)
    }

    fn tls_error(&self, error: io::Error) -> ConnectError {
        let tls = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidCertificate(reason)) => {
                ConnectError::Certificate { host: self.host.clone(), reason: reason.clone() }
            }
            _ => ConnectError::Tls { host: self.host.clone(), error },
        }
    }
}

fn with_protocols(config: &ClientConfig, protocols: &[&[u8]]) -> ClientConfig {
    let mut config = config.clone();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    config
}

/// Why there is no connection. Nothing of a request was sent.
#[derive(Debug)]
pub(crate) enum ConnectError {
    Lookup(io::Error),
    NoAddress,
    TimedOut,
    Connect(io::Error),
    Certificate {
        host: Box<str>,
        reason: rustls::CertificateError,
    },
    Tls {
        host: Box<str>,
        error: io::Error,
    },
    /// The upstream speaks HTTP/2, in which there is no such handshake.
    NoUpgrade,
    Handshake(hyper::Error),
}

impl ConnectError {
    /// The system's error below it.
    pub(crate) fn io(&self) -> Option<&io::Error> {
        match self {
            Self::Lookup(error) | Self::Connect(error) | Self::Tls { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl ConnectError {
    /// Whether the upstream can't be reached in time.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self, Self::TimedOut)
            || self.io().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookup(error) => write!(f, "its name can't be resolved: {error}"),
            Self::NoAddress => f.write_str("its name has no address"),
            Self::TimedOut => f.write_str("it did not take the connection within connect_timeout"),
            Self::Connect(error) => write!(f, "it does not take the connection: {error}"),
            Self::Certificate { host, reason } => {
                let remedy = match reason {
                    rustls::CertificateError::UnknownIssuer => {
                        "name its authority's certificate in the route's `upstream_ca`, or have the system trust it"
                    }
                    rustls::CertificateError::NotValidForName
                    | rustls::CertificateError::NotValidForNameContext { .. } => {
                        "write the name that its certificate is for as the upstream's host"
                    }
                    rustls::CertificateError::Expired
                    | rustls::CertificateError::ExpiredContext { .. }
                    | rustls::CertificateError::NotValidYet
                    | rustls::CertificateError::NotValidYetContext { .. } => {
                        "renew it, or set this machine's clock"
                    }
                    _ => "give it a certificate that TLS takes",
                };
                write!(f, "the certificate of {host} is refused: {reason}; {remedy}")
            }
            Self::Tls { host, error } => write!(f, "no TLS with {host}: {error}"),
            Self::NoUpgrade => f.write_str("it speaks HTTP/2, in which WebSocket is not passed on"),
            Self::Handshake(error) => write!(f, "the connection broke off at once: {error}"),
        }
    }
}

impl std::error::Error for ConnectError {}

/// A connection's bytes.
#[derive(Debug)]
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, out),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, out),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_with_the_host_and_what_to_do() {
        for (reason, remedy) in [
            (CertificateError::UnknownIssuer, "`upstream_ca`"),
            (CertificateError::NotValidForName, "as the upstream's host"),
            (CertificateError::Expired, "renew it"),
        ] {
            let text =
                ConnectError::Certificate { host: "api.internal".into(), reason: reason.clone() }.to_string();
            assert!(text.contains("the certificate of api.internal is refused"), "{text}");
            assert!(text.contains(&reason.to_string()) && text.contains(remedy), "{text}");
        }
    }
}
