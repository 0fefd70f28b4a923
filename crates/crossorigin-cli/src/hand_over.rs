//! A restart that loses nothing: the sockets go from this program to a new one.
//!
//! Sockets come in as systemd hands them over (`LISTEN_FDS`), whoever opened them. A program that was started by
//! the one before it finds behind them one more, a datagram socket by which it says that it is ready.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use command_fds::{CommandFdExt as _, FdMapping};
use listenfd::ListenFd;
use tokio::process::{Child, Command};

/// The first of the files that are handed over.
/// [Source](https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html).
const FIRST: RawFd = 3;
/// The most files that are taken over.
const MOST: usize = 4096;
/// Says how many sockets there are before the one by which to say that one is ready.
const READY_BEHIND: &str = "CROSSORIGIN_READY_BEHIND";
/// How long a new program may take until it serves.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// What it says then.
const READY: &[u8] = b"ready";

/// What the program was handed over.
pub(crate) struct Taken {
    pub(crate) sockets: Vec<TcpListener>,
    before: Option<UnixDatagram>,
}

impl Taken {
    /// Takes what the environment tells of. To be called before there are other threads, for it changes the
    /// environment, and once.
    pub(crate) fn from_environment() -> Self {
        let behind = env::var(READY_BEHIND).ok().and_then(|number| number.parse::<usize>().ok());
        let mut files = ListenFd::from_env();
        let mut sockets = Vec::new();
        for place in 0..files.len().min(behind.unwrap_or(MOST)).min(MOST) {
            match files.take_tcp_listener(place) {
                Ok(Some(socket)) => sockets.push(socket),
                Ok(None) => {}
                Err(error) => eprintln!("warning: what was handed over can't be listened on: {error}"),
            }
        }
        let before = behind.and_then(|place| files.take_unix_datagram(place).ok().flatten());
        Self { sockets, before }
    }

    /// Tells the program before this one that it can end.
    pub(crate) fn ready(&mut self) {
        if let Some(before) = self.before.take() {
            // Where it has ended in the meantime, nobody needs to know.
            let _ = before.send(READY);
        }
    }
}

/// How this program was started, which is how a new one is.
pub(crate) struct Restart {
    program: io::Result<PathBuf>,
    arguments: Vec<OsString>,
}

impl Restart {
    /// To be called at the beginning: when the program's file is replaced, it is the new one that is wanted.
    pub(crate) fn new() -> Self {
        Self { program: env::current_exe(), arguments: env::args_os().skip(1).collect() }
    }

    /// Starts the new program with these sockets, and waits until it serves: its process number.
    pub(crate) async fn hand_over(&self, sockets: Vec<TcpListener>) -> Result<u32, NotReady> {
        let (ours, theirs) = UnixDatagram::pair().map_err(NotReady::NotStarted)?;
        ours.set_nonblocking(true).map_err(NotReady::NotStarted)?;
        let ours = tokio::net::UnixDatagram::from_std(ours).map_err(NotReady::NotStarted)?;
        let mut child = self.start(sockets, theirs).map_err(NotReady::NotStarted)?;
        let number = child.id().unwrap_or_default();
        let mut said = [0; READY.len()];
        let failed = tokio::select! {
            biased;
            said_so = ours.recv(&mut said) => match said_so {
                Ok(length) if said[..length] == *READY => {
                    // From here on it lives for itself.
                    std::mem::forget(child);
                    return Ok(number);
                }
                Ok(_) => NotReady::Ended(child.wait().await.ok()),
                Err(error) => NotReady::NotStarted(error),
            },
            ended = child.wait() => NotReady::Ended(ended.ok()),
            () = tokio::time::sleep(READY_WITHIN) => NotReady::TooLong,
        };
        // One that is still there would serve beside this one. So it would where nobody waits for it any more.
        let _ = child.kill().await;
        Err(failed)
    }

    fn start(&self, sockets: Vec<TcpListener>, ready: UnixDatagram) -> io::Result<Child> {
        let program =
            self.program.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        let count = sockets.len();
        let files = sockets.into_iter().map(OwnedFd::from).chain([OwnedFd::from(ready)]);
        let mappings = files.zip(FIRST..).map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
        let mut command = std::process::Command::new(program);
        command.args(&self.arguments);
        command.env("LISTEN_FDS", (count + 1).to_string()).env(READY_BEHIND, count.to_string());
        // They say for whom the sockets were that this program got.
        command.env_remove("LISTEN_PID").env_remove("LISTEN_FDNAMES");
        command.fd_mappings(mappings.collect()).map_err(io::Error::other)?;
        let mut command = Command::from(command);
        command.kill_on_drop(true).spawn()
    }
}

/// Why no new program has taken over.
#[derive(Debug)]
pub(crate) enum NotReady {
    NotStarted(io::Error),
    Ended(Option<ExitStatus>),
    TooLong,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(error) => write!(f, "it can't be started: {error}"),
            Self::Ended(Some(status)) => write!(f, "it ended before it served, with {status}"),
            Self::Ended(None) => f.write_str("it ended before it served"),
            Self::TooLong => write!(f, "it did not serve within {} s", READY_WITHIN.as_secs()),
        }
    }
}

/// Tells the supervisor something, where there is one that wants to know.
/// [Source](https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html).
pub(crate) fn notify(text: &str) {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else { return };
    let told = UnixDatagram::unbound().and_then(|socket| send(&socket, text, &name));
    if let Err(error) = told {
        tracing::warn!(%error, "can't tell the supervisor (NOTIFY_SOCKET)");
    }
}

fn send(socket: &UnixDatagram, text: &str, name: &std::ffi::OsStr) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::net::SocketAddrExt as _;
        use std::os::unix::ffi::OsStrExt as _;
        // One that is no file.
        if let Some(name) = name.as_bytes().strip_prefix(b"@") {
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            return socket.send_to_addr(text.as_bytes(), &address);
        }
    }
    socket.send_to(text.as_bytes(), name)
}
