//! The network's thread: it fetches, so that script can block without stopping what is under way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use crossorigin::fetching::NetworkErrorReason;
use crossorigin_agent::{BoxedTransport, FetchRequest, Loaded, Loading};
use crossorigin_verdict::{Outcome, Record};
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::inbox::Message;
use crate::integrity;

/// A page, to the agent.
pub(crate) type Environment = crossorigin_agent::Environment<BoxedTransport>;

/// Names a request, from the page's thread to the network's and back.
pub(crate) type RequestId = u32;

/// How many pieces of a body come before the page has taken the first; then one comes for each that it takes.
pub(crate) const PIECES_AHEAD: usize = 8;

/// How long the requests that outlive a page may take when it is gone.
pub(crate) const MAX_AFTERLIFE: Duration = Duration::from_secs(5);

/// What a page asks of the network.
pub(crate) enum Command {
    /// Fetch for this page.
    Fetch(Box<Asked>),
    /// The page has taken a piece of the body.
    More(RequestId),
    /// Give up, and tell nothing more.
    Abort(RequestId),
}

/// A request, and how the page wants its response.
pub(crate) struct Asked {
    pub(crate) id: RequestId,
    pub(crate) request: FetchRequest,
    pub(crate) environment: Environment,
    /// The hashes that the body has to fit.
    pub(crate) integrity: String,
    /// Whether the head is told by itself, and the body in pieces.
    pub(crate) streams: bool,
    /// Whether it goes on when the page is gone.
    pub(crate) outlives: bool,
}

/// What the network tells a page.
pub(crate) struct Answer {
    pub(crate) id: RequestId,
    pub(crate) news: News,
}

/// What there is to tell of a request.
pub(crate) enum News {
    /// All there is: what came, or nothing where the fetch failed; and what went on, for people.
    Whole(Option<Box<Loaded>>, Box<Record>),
    /// A response whose body comes in pieces.
    Head(Box<Loaded>, Box<Record>),
    /// A piece of a body.
    Piece(Bytes),
    /// The end of a body.
    End,
    /// A body broke off.
    Broken(Box<Record>),
    /// The network took a piece of the request's body.
    Taken,
    /// So many bytes of the request's body are sent.
    Sent(u64),
}

impl News {
    /// Whether nothing follows it.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self, Self::Whole(..) | Self::End | Self::Broken(_))
    }
}

impl Answer {
    /// What came as a whole.
    pub(crate) fn loaded(&self) -> Option<&Loaded> {
        match &self.news {
            News::Whole(loaded, _) => loaded.as_deref(),
            _ => None,
        }
    }
}

/// Tells the page of one request.
#[derive(Clone)]
pub(crate) struct Teller {
    answers: mpsc::Sender<Message>,
    id: RequestId,
}

impl Teller {
    pub(crate) fn tell(&self, news: News) {
        // A page that is gone wants to know nothing.
        let _ = self.answers.send(Message::Answer(Box::new(Answer { id: self.id, news })));
    }
}

/// The network, as a page speaks to it. It ends when this is dropped.
pub(crate) struct Network {
    commands: Option<UnboundedSender<Command>>,
    answers: mpsc::Sender<Message>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Network {
    /// Starts the thread, which sends its answers here.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn start(answers: mpsc::Sender<Message>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (commands, received) = unbounded_channel();
        let own = answers.clone();
        let thread = thread::Builder::new()
            .name("network".to_owned())
            .spawn(move || runtime.block_on(serve(received, own)))?;
        Ok(Self { commands: Some(commands), answers, thread: Some(thread) })
    }

    /// Sends a command. One that comes too late is lost, as is all that the page still waits for.
    pub(crate) fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
    }

    /// What tells the page of a request, beside the network itself.
    pub(crate) fn teller(&self, id: RequestId) -> Teller {
        Teller { answers: self.answers.clone(), id }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A request under way.
struct UnderWay {
    task: JoinHandle<()>,
    wanted: Arc<Semaphore>,
    outlives: bool,
}

async fn serve(mut commands: UnboundedReceiver<Command>, answers: mpsc::Sender<Message>) {
    let mut under_way: HashMap<RequestId, UnderWay> = HashMap::new();
    // When those that are done are forgotten: not each time, for they may be many.
    let mut full = 64;
    while let Some(command) = commands.recv().await {
        match command {
            // Nobody waits for it any more.
            Command::Fetch(asked) if commands.is_closed() && !asked.outlives => {}
            Command::Fetch(asked) => {
                if under_way.len() >= full {
                    under_way.retain(|_, one| !one.task.is_finished());
                    full = (2 * under_way.len()).max(64);
                }
                let wanted = Arc::new(Semaphore::new(PIECES_AHEAD));
                let (id, teller) = (asked.id, Teller { answers: answers.clone(), id: asked.id });
                let outlives = asked.outlives;
                let task = tokio::spawn(answer(*asked, teller, Arc::clone(&wanted)));
                under_way.insert(id, UnderWay { task, wanted, outlives });
            }
            Command::More(id) => {
                if let Some(one) = under_way.get(&id) {
                    one.wanted.add_permits(1);
                }
            }
            Command::Abort(id) => {
                if let Some(one) = under_way.remove(&id) {
                    one.task.abort();
                }
            }
        }
    }
    let last = under_way.into_values().filter(|one| one.outlives).map(|one| {
        // Nobody takes its pieces any more.
        one.wanted.close();
        one.task
    });
    let _ = tokio::time::timeout(MAX_AFTERLIFE, join_all(last)).await;
    // Dropping the runtime aborts what is left.
}

async fn answer(asked: Asked, teller: Teller, wanted: Arc<Semaphore>) {
    let Asked { request, mut environment, integrity, streams, .. } = asked;
    let (loading, mut record) = environment.begin_to_load(request).await;
    let Some(loading) = loading else { return teller.tell(News::Whole(None, Box::new(record))) };
    // What has to fit a hash is seen by nobody before all of it is there.
    if streams && integrity.is_empty() {
        return stream(loading, record, &teller, &wanted).await;
    }
    let loaded = match loading.whole().await {
        Ok(loaded) if integrity::fits(&loaded.body, &integrity) => Some(Box::new(loaded)),
        Ok(_) => {
            record.outcome = Outcome::Blocked(NetworkErrorReason::Integrity);
            None
        }
        Err(failure) => {
            record.outcome = Outcome::Unreachable(failure);
            None
        }
    };
    teller.tell(News::Whole(loaded, Box::new(record)));
}

/// Tells the head, and then pieces as fast as the page takes them.
async fn stream(mut loading: Loading, mut record: Record, teller: &Teller, wanted: &Semaphore) {
    if matches!(record.outcome, Outcome::Opaque(_)) {
        // Nobody may look into the body.
        return teller.tell(News::Whole(Some(Box::new(loading.head().clone())), Box::new(record)));
    }
    teller.tell(News::Head(Box::new(loading.head().clone()), Box::new(record.clone())));
    loop {
        match wanted.acquire().await {
            Ok(permit) => permit.forget(),
            // The page is gone.
            Err(_) => return,
        }
        match loading.chunk().await {
            Ok(Some(piece)) => teller.tell(News::Piece(piece)),
            Ok(None) => return teller.tell(News::End),
            Err(failure) => {
                record.outcome = Outcome::Unreachable(failure);
                return teller.tell(News::Broken(Box::new(record)));
            }
        }
    }
}
