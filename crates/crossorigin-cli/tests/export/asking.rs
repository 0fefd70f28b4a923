//! One connection, over which a server is asked case by case.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::cases::{Case, Found};

pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends the case's request and reads the answer; a connection that the server has closed is made anew.
    pub(crate) fn ask(&mut self, case: &Case) -> Found {
        let is_kept = self.stream.is_some();
        match self.try_ask(case) {
            Ok(found) => found,
            Err(_) if is_kept => {
                self.stream = None;
                self.try_ask(case).unwrap_or_else(|error| panic!("{case}: {error}"))
            }
            Err(error) => panic!("{case}: {error}"),
        }
    }

    fn try_ask(&mut self, case: &Case) -> std::io::Result<Found> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_read_timeout(Some(Duration::from_secs(20)))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(case.head().as_bytes())?;
        let (status, headers) = head(&mut stream)?;
        let is_bodiless = case.method == Method::HEAD || status == 204 || status == 304;
        let length =
            headers.get("content-length").and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let is_chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
        let closes = headers.get("connection").is_some_and(|said| said == "close");
        match (is_bodiless, is_chunked, length) {
            (true, ..) => {}
            (_, true, _) => skip_chunks(&mut stream)?,
            (_, _, Some(length)) => {
                std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())?;
            }
            (_, _, None) => {
                std::io::copy(&mut stream, &mut std::io::sink())?;
                return Ok(Found { status, headers });
            }
        }
        if !closes {
            self.stream = Some(stream);
        }
        Ok(Found { status, headers })
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn head(stream: &mut BufReader<TcpStream>) -> std::io::Result<(u16, HeaderMap)> {
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut headers = HeaderMap::new();
    loop {
        let next = line(stream)?;
        let Some((name, value)) = next.split_once(':') else { break };
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).unwrap());
    }
    Ok((status.unwrap_or_else(|| panic!("no status line: {first:?}")), headers))
}

fn skip_chunks(stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    loop {
        let size = line(stream)?;
        let length =
            u64::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("no size of a chunk: {size:?}"));
        std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())?;
        line(stream)?;
        if length == 0 {
            return Ok(());
        }
    }
}
