//! A server of a few texts on a loopback address.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Serves for as long as this process lives.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
}

impl Web {
    /// Answers these paths with these texts, which are shared with everyone.
    pub(crate) fn serve(texts: HashMap<&'static str, String>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let texts = Arc::new(texts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let texts = Arc::clone(&texts);
                thread::spawn(move || drop(answer(stream, &texts)));
            }
        });
        Ok(Self { address })
    }
}

fn answer(mut stream: TcpStream, texts: &HashMap<&'static str, String>) -> std::io::Result<()> {
    // A request is small enough to come at once.
    let mut head = [0; 8192];
    let read = stream.read(&mut head)?;
    let head = String::from_utf8_lossy(&head[..read]);
    let text = head.split(' ').nth(1).and_then(|path| texts.get(path));
    let (status, text) = text.map_or(("404 Not Found", ""), |text| ("200 OK", text));
    let kind = if text.starts_with('<') { "text/html" } else { "text/plain" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    )
}

/// A port on which nothing listens now.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
