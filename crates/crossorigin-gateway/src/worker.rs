//! A thread that serves: it accepts connections on its own sockets and keeps them.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::client::accept;
use crate::client::accept::Accepting;
use crate::running::{Local, Shared};
use crate::telemetry::dice::Dice;
use crate::upstream::balance::Pools;

/// How often connections to upstreams are looked through for those that nobody will use.
const TEND_EVERY: Duration = Duration::from_secs(5);
/// Threads of a worker that read files at once; further reads wait their turn.
const MOST_READING: usize = 64;

#[derive(Debug)]
pub(crate) struct Worker {
    orders: mpsc::UnboundedSender<Accepting>,
    thread: JoinHandle<bool>,
}

impl Worker {
    /// Starts a worker, which accepts on the sockets that it is sent until `ending` says `true`.
    pub(crate) fn start(
        number: usize,
        shared: &Arc<Shared>,
        ending: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MOST_READING)
            .build()?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let shared = shared.clone();
        let thread = std::thread::Builder::new().name(format!("gateway-{number}")).spawn(move || {
            let all_ended = runtime.block_on(serve(number, shared, inbox, ending));
            // File reads that still run on other threads end by themselves.
            runtime.shutdown_background();
            all_ended
        })?;
        Ok(Self { orders, thread })
    }

    pub(crate) fn orders(&self) -> mpsc::UnboundedSender<Accepting> {
        self.orders.clone()
    }

    /// Blocks until the worker has ended: whether all its requests ended by themselves.
    pub(crate) fn join(self) -> bool {
        drop(self.orders);
        self.thread.join().unwrap_or(false)
    }
}

async fn serve(
    number: usize,
    shared: Arc<Shared>,
    mut inbox: mpsc::UnboundedReceiver<Accepting>,
    ending: watch::Receiver<bool>,
) -> bool {
    let (alive, mut all_gone) = mpsc::channel(1);
    let local = Arc::new(Local {
        pools: Pools::default(),
        shared: shared.clone(),
        number,
        dice: Dice::new(number as u64),
        alive,
    });
    let mut ended = ending.clone();
    let mut tending = tokio::time::interval(TEND_EVERY);
    loop {
        tokio::select! {
            biased;
            Some(accepting) = inbox.recv() => {
                tokio::spawn(accept::accept(local.clone(), accepting, ending.clone()));
            }
            _ = tending.tick() => local.pools.tend(),
            _ = ended.wait_for(|&ending| ending) => break,
        }
    }
    drop(local);
    let limit = shared.site.load().limits.drain_timeout;
    tokio::time::timeout(limit, all_gone.recv()).await.is_ok()
}
