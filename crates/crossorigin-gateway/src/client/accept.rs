//! Accepts connections, and says no politely where there is no room for them.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connection;
use super::place::{Counted, Place, Stop};
use crate::context::Admission;
use crate::running::Local;

/// Connections over a listener's limit that are answered with 503. More than these wait unaccepted.
const TURNED_AWAY_AT_ONCE: usize = 64;
/// How long to wait until accepting is tried again when it failed for want of files or memory.
const PAUSE: Duration = Duration::from_millis(50);
/// The shortest time between two lines in the log that say so.
const BETWEEN_REPORTS: Duration = Duration::from_secs(10);

/// A socket to accept on.
#[derive(Debug)]
pub(crate) struct Accepting {
    pub(crate) place: Arc<Place>,
    pub(crate) socket: std::net::TcpListener,
}

/// Accepts on one socket until the gateway or the listener ends.
pub(crate) async fn accept(local: Arc<Local>, accepting: Accepting, ending: watch::Receiver<bool>) {
    let Accepting { place, socket } = accepting;
    let socket = match TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => {
            let address = place.listener.address;
            tracing::error!(%address, %error, "can't accept connections on this listener");
            return;
        }
    };
    let mut stop = place.stop(ending);
    let mut reserve = Reserve::new();
    loop {
        tokio::select! {
            biased;
            () = stop.asked() => break,
            accepted = room(&local, &place, &socket) => match accepted {
                Ok(stream) => start(&local, &place, &stop, stream),
                Err(error) if is_for_one_connection(&error) => {
                    tracing::debug!(%error, "a client left before it was accepted");
                }
                Err(error) => reserve.bridge(&error, &local, &place, &stop, &socket).await,
            },
        }
    }
    // What the kernel has queued on this socket would be reset with it.
    let Ok(socket) = socket.into_std() else { return };
    while let Ok((stream, _)) = socket.accept() {
        if let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            start(&local, &place, &stop, stream);
        }
    }
}

/// Accepts a connection when there is room for it, be it only to say that there is none.
async fn room(local: &Local, place: &Place, socket: &TcpListener) -> io::Result<TcpStream> {
    while place.connections.load(Ordering::Relaxed)
        >= local.shared.site.load().limits.connections.saturating_add(TURNED_AWAY_AT_ONCE)
    {
        tokio::time::sleep(PAUSE).await;
    }
    socket.accept().await.map(|(stream, _)| stream)
}

fn start(local: &Arc<Local>, place: &Arc<Place>, stop: &Stop, stream: TcpStream) {
    let counted = Counted::new(place);
    let limit = local.shared.site.load().limits.connections;
    let admission = match place.connections.load(Ordering::Relaxed) > limit {
        true => {
            place.turned_away.add(1);
            Admission::Overloaded("it has as many connections as it takes")
        }
        false => Admission::Admitted,
    };
    tokio::spawn(connection::serve(local.clone(), place.clone(), counted, stream, stop.clone(), admission));
}

/// Errors that concern the connection and not the socket.
fn is_for_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// A file kept open, to be given up when the table of open files is full: so that one client after the other
/// can be accepted and told so.
struct Reserve {
    file: Option<File>,
    reported: Option<Instant>,
}

impl Reserve {
    fn new() -> Self {
        Self { file: open_reserve(), reported: None }
    }

    async fn bridge(
        &mut self,
        error: &io::Error,
        local: &Arc<Local>,
        place: &Arc<Place>,
        stop: &Stop,
        socket: &TcpListener,
    ) {
        if self.reported.is_none_or(|reported| reported.elapsed() > BETWEEN_REPORTS) {
            self.reported = Some(Instant::now());
            let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
            let address = place.listener.address;
            tracing::error!(
                %address, %error, limit,
                "can't accept connections; where open files are what is missing, raise their number (ulimit -n, \
                 LimitNOFILE=) or lower [limits] connections"
            );
        }
        self.file = None;
        match poll_once(socket.accept()).await {
            Some(Ok((stream, _))) => {
                let admission = Admission::Overloaded("it has as many open files as it may have");
                place.turned_away.add(1);
                let counted = Counted::new(place);
                connection::serve(local.clone(), place.clone(), counted, stream, stop.clone(), admission)
                    .await;
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
        self.file = open_reserve();
    }
}

fn open_reserve() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Asks a future once.
async fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
