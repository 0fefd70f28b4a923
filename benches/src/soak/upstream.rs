//! A server that is stopped and started again, with all its connections.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::MARGIN;
use crate::web::free_port;

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    listener: Option<TcpListener>,
    connections: Vec<TcpStream>,
    /// When it went away, and when it was back.
    away: Vec<(Instant, Option<Instant>)>,
}

impl Upstream {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let upstream = Self { address, state: Arc::default() };
        upstream.listen()?;
        Ok(upstream)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address)?;
        let accepting = listener.try_clone()?;
        self.state().listener = Some(listener);
        let state = self.state.clone();
        thread::spawn(move || {
            while let Ok((stream, _)) = accepting.accept() {
                let Ok(kept) = stream.try_clone() else { continue };
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if state.listener.is_none() {
                    return;
                }
                state.connections.push(kept);
                drop(state);
                thread::spawn(move || drop(serve(stream)));
            }
        });
        Ok(())
    }

    /// Stops it, with what is under way, and starts it again.
    pub(crate) fn restart(&self, away: Duration) -> anyhow::Result<()> {
        let stopped = {
            let mut state = self.state();
            state.away.push((Instant::now(), None));
            state.connections.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
            state.listener.take()
        };
        if stopped.is_some() {
            // Wakes the thread that accepts, which then ends and closes the socket.
            drop(stopped);
            drop(TcpStream::connect(self.address));
        }
        thread::sleep(away);
        self.listen()?;
        if let Some(last) = self.state().away.last_mut() {
            last.1 = Some(Instant::now());
        }
        Ok(())
    }

    /// Whether a request that was under way between these two was lost here.
    pub(crate) fn was_away(&self, begin: Instant, end: Instant) -> bool {
        self.state()
            .away
            .iter()
            .rev()
            .take(4)
            .any(|(went, back)| end + MARGIN >= *went && back.is_none_or(|back| begin <= back + MARGIN))
    }
}

/// Answers one request after the other, with what a careless server says of CORS.
fn serve(stream: TcpStream) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        writer.write_all(
            b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: https://wrong.example\r\nVary: Accept\r\nContent-Length: 2\r\n\r\nup",
        )?;
    }
}
