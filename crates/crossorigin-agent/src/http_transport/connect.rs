//! A new connection: directly, to a proxy, or through one.

use std::sync::Arc;
use std::time::Duration;

use crossorigin_verdict::{TransportFailure, TransportFailureKind};
use http::HeaderValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::connection::Connection;
use super::failure;
use super::pool::Key;
use super::proxies::{Proxies, Proxy, ProxyError};
use super::resolve::Addresses;
use super::stream::Stream;
use super::tls::Tls;

/// The longest answer to CONNECT that is read, in bytes.
const MAX_CONNECT_ANSWER_BYTES: usize = 16 * 1024;

/// How much of a proxy's refusal is told, in characters.
const MAX_TOLD_REFUSAL: usize = 100;

/// Makes connections.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) addresses: Addresses,
    pub(super) tls: Tls,
    pub(super) proxies: Result<Proxies, ProxyError>,
    pub(super) timeout: Duration,
}

impl Connector {
    pub(super) async fn connect(&self, key: &Key) -> Result<Connection, TransportFailure> {
        let established = tokio::time::timeout(self.timeout, self.establish(key)).await;
        established.unwrap_or_else(|_| {
            let (authority, bound) = (key.authority(), self.timeout.as_secs_f32());
            let message = format!("no connection to {authority} came about within {bound} s");
            Err(TransportFailure::new(TransportFailureKind::TimedOut, message))
        })
    }

    async fn establish(&self, key: &Key) -> Result<Connection, TransportFailure> {
        let proxies = self.proxies.as_ref().map_err(|error| proxy_failure(error.to_string()))?;
        let proxy = proxies.of(key.is_https(), key.host());
        let stream = match proxy {
            None => self.addresses.connect(key.host(), key.port()).await?,
            Some(proxy) => {
                let stream = self.addresses.connect(&proxy.host, proxy.port).await;
                let stream = stream.map_err(|error| proxy_failure(format!("the proxy failed: {error}")))?;
                if key.is_https() { tunnel(stream, proxy, key).await? } else { stream }
            }
        };
        let host = key.host_header()?;
        let broken = |error: hyper::Error| failure::of_hyper(&error, key.authority());
        if !key.is_https() {
            let proxy = proxy.map(Arc::clone);
            return Connection::http1(Stream::plain(stream), host, proxy).await.map_err(broken);
        }
        let stream = self.tls.connect(key.host(), stream).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = Stream::tls(stream);
        let connection = if is_http2 {
            Connection::http2(stream, host).await
        } else {
            Connection::http1(stream, host, None).await
        };
        connection.map_err(broken)
    }
}

/// Asks a proxy for a connection to a host.
/// [Source](https://www.rfc-editor.org/rfc/rfc9110#name-connect).
async fn tunnel(mut stream: TcpStream, proxy: &Proxy, key: &Key) -> Result<TcpStream, TransportFailure> {
    let target = format!("{}:{}", key.host(), key.port());
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(HeaderValue::as_bytes(authorization));
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let broken = |error| proxy_failure(format!("the connection to the proxy broke: {error}"));
    stream.write_all(&request).await.map_err(broken)?;
    let mut answer = Vec::new();
    // The server speaks after the client, so that nothing of its can follow the proxy's head.
    while !answer.ends_with(b"\r\n\r\n") && !answer.ends_with(b"\n\n") {
        let mut byte = [0];
        if answer.len() == MAX_CONNECT_ANSWER_BYTES || stream.read(&mut byte).await.map_err(broken)? == 0 {
            return Err(proxy_failure(format!("the proxy did not answer CONNECT {target} in HTTP")));
        }
        answer.extend_from_slice(&byte);
    }
    let status_line = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let status_line = String::from_utf8_lossy(status_line);
    let mut words = status_line.split_whitespace();
    let is_http = words.next().is_some_and(|version| version.starts_with("HTTP/1."));
    if is_http && words.next().is_some_and(|status| status.len() == 3 && status.starts_with('2')) {
        return Ok(stream);
    }
    // People read it on terminals, to which its control characters are commands.
    let told = status_line.trim().chars().take(MAX_TOLD_REFUSAL);
    let told: String =
        told.map(|told| if told.is_control() { char::REPLACEMENT_CHARACTER } else { told }).collect();
    Err(proxy_failure(format!("the proxy refused CONNECT {target}: {told}")))
}

pub(super) fn proxy_failure(message: String) -> TransportFailure {
    TransportFailure::new(TransportFailureKind::Proxy, message)
}
