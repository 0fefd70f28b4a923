//! A client: asks at its pace, on one connection, and looks at every answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Pace;
use super::asked::{ALL, Asked};
use super::upstream::Upstream;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) upstream: u64,
    pub(crate) files: u64,
    pub(crate) preflights: u64,
    /// 502 while the upstream was away.
    pub(crate) lost_upstream: u64,
    /// 502 otherwise.
    pub(crate) other_failures: u64,
    pub(crate) unanswered: u64,
    pub(crate) wrong: Vec<String>,
}

impl Told {
    pub(crate) fn add(&mut self, other: Self) {
        self.upstream += other.upstream;
        self.files += other.files;
        self.preflights += other.preflights;
        self.lost_upstream += other.lost_upstream;
        self.other_failures += other.other_failures;
        self.unanswered += other.unanswered;
        self.wrong.extend(other.wrong);
    }

    pub(crate) fn answers(&self) -> u64 {
        self.upstream + self.files + self.preflights + self.lost_upstream + self.other_failures
    }

    pub(crate) fn is_good(&self) -> bool {
        self.other_failures == 0 && self.unanswered == 0 && self.wrong.is_empty()
    }
}

pub(crate) async fn run(gateway: SocketAddr, nth: u64, pace: Arc<Pace>, upstream: Arc<Upstream>) -> Told {
    let mut told = Told::default();
    let between = Duration::from_nanos(pace.between.load(Ordering::Relaxed));
    // Not all at once.
    let mut next = Instant::now() + between.mul_f64(nth as f64 / super::CLIENTS as f64);
    let mut stream = None;
    for asked in ALL.iter().cycle().skip(nth as usize) {
        if pace.is_over.load(Ordering::Acquire) {
            break;
        }
        if !between.is_zero() {
            tokio::time::sleep_until(next.into()).await;
            next += between;
        }
        let begin = Instant::now();
        match ask(&mut stream, gateway, asked).await {
            Ok((status, head)) => {
                if let Some(fault) = asked.fault(status, &head) {
                    told.wrong.push(fault);
                }
                match status {
                    502 if upstream.was_away(begin, Instant::now()) => told.lost_upstream += 1,
                    502 => told.other_failures += 1,
                    _ if asked.is_preflight => told.preflights += 1,
                    _ if asked.is_of_upstream() => told.upstream += 1,
                    _ => told.files += 1,
                }
            }
            Err(error) => {
                stream = None;
                told.unanswered += 1;
                if told.wrong.len() < 10 {
                    told.wrong.push(format!("{} {}: {error}", asked.method, asked.path));
                }
            }
        }
    }
    told
}

/// Sends a request and reads its whole answer; gives the status and the head.
async fn ask(
    stream: &mut Option<TcpStream>,
    gateway: SocketAddr,
    asked: &Asked,
) -> anyhow::Result<(u16, String)> {
    let open = match stream {
        Some(open) => open,
        None => stream.insert(TcpStream::connect(gateway).await?),
    };
    open.write_all(asked.head().as_bytes()).await?;
    let mut read = Vec::with_capacity(4096);
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        anyhow::ensure!(open.read_buf(&mut read).await? > 0, "the connection ended in a head: {read:?}");
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let status: u16 = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
    let length: usize = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while read.len() < end + length {
        anyhow::ensure!(open.read_buf(&mut read).await? > 0, "the connection ended in a body");
    }
    let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    if closes {
        *stream = None;
    }
    Ok((status, head))
}
