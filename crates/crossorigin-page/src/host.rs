//! What the page's script interfaces are built on: the page's state, and the requests that it makes.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossorigin_verdict::{Outcome, Record, TransportFailure, explanation};
use tokio::sync::mpsc::UnboundedSender;
use url::Url;

use crate::bitmaps::Bitmaps;
use crate::clock::Clock;
use crate::console::{Kind, Level, Line, Teller};
use crate::description::{Description, RequestBody};
use crate::dom::Dom;
use crate::fonts::Fonts;
use crate::import_map::ImportMap;
use crate::inbox::{Ask, Message};
use crate::network::{Answer, Asked, Command, Environment, Network, News, PIECES_AHEAD, RequestId};
use crate::storage::Storage;
use crate::stylesheets::{Load, Sheets};
use crate::upload;

/// The most requests that a page may have under way at once; what is more fails.
pub const MAX_REQUESTS: usize = 16_384;

/// The most timers, and other tasks, that a page may wait for at once; what is more never comes.
pub const MAX_TIMERS: usize = 1 << 18;

/// A page's state, as the functions given to its prelude share it.
pub(crate) struct Host {
    pub(crate) dom: Rc<RefCell<Dom>>,
    pub(crate) bitmaps: Rc<RefCell<Bitmaps>>,
    pub(crate) fonts: Rc<RefCell<Fonts>>,
    pub(crate) url: Url,
    pub(crate) uncaught: Cell<usize>,
    pub(crate) import_map: RefCell<ImportMap>,
    pub(crate) closed: Cell<bool>,
    /// Whether failed requests are explained.
    pub(crate) explains: Cell<bool>,
    pub(crate) clock: Rc<Clock>,
    pub(crate) local_storage: Storage,
    pub(crate) session_storage: Storage,
    console: Teller,
    environment: Environment,
    network: Network,
    inbox: Receiver<Message>,
    next_id: Cell<RequestId>,
    timers: RefCell<BinaryHeap<Reverse<(Instant, RequestId)>>>,
    cleared: RefCell<HashSet<RequestId>>,
    /// Timers that keep no page alive.
    weak: RefCell<HashSet<RequestId>>,
    under_way: RefCell<HashMap<RequestId, UnderWay>>,
    /// How many of them the network owes something.
    busy: Cell<usize>,
    /// Whether a timer's time had come last.
    was_timer: Cell<bool>,
    arrived: RefCell<VecDeque<Message>>,
    sources: RefCell<HashMap<u32, String>>,
    pub(crate) sheets: RefCell<Sheets>,
    /// What styles have asked for.
    pub(crate) style_loads: RefCell<HashSet<Load>>,
    /// The URLs of classic scripts whose content the page must not know.
    pub(crate) muted: RefCell<HashSet<String>>,
}

/// A request under way.
struct UnderWay {
    /// How many more pieces of news the network may tell before the page takes some. While it is none, the page does
    /// not wait for the network.
    owed: usize,
    /// Where the pieces of the request's own body go.
    body: Option<UnboundedSender<Result<Bytes, TransportFailure>>>,
}

/// What comes next for a page.
pub(crate) enum Next {
    /// A timer's time has come.
    Timer(RequestId),
    /// A request is answered.
    Answer(Box<Answer>),
    /// Whoever holds the page wants something.
    Asked(Ask),
    /// Nothing is left to wait for.
    Idle,
    /// The page's time is over.
    TimedOut,
}

impl Host {
    pub(crate) fn new(
        url: Url,
        environment: Environment,
        network: Network,
        inbox: Receiver<Message>,
        clock: Rc<Clock>,
        console: Teller,
        local_storage: Storage,
    ) -> Self {
        Self {
            dom: Rc::new(RefCell::new(Dom::new())),
            bitmaps: Rc::default(),
            fonts: Rc::default(),
            url,
            uncaught: Cell::new(0),
            import_map: RefCell::default(),
            closed: Cell::new(false),
            explains: Cell::new(false),
            clock,
            local_storage,
            session_storage: Storage::new(),
            console,
            environment,
            network,
            inbox,
            next_id: Cell::new(1),
            timers: RefCell::default(),
            cleared: RefCell::default(),
            weak: RefCell::default(),
            under_way: RefCell::default(),
            busy: Cell::new(0),
            was_timer: Cell::new(false),
            arrived: RefCell::default(),
            sources: RefCell::default(),
            sheets: RefCell::default(),
            style_loads: RefCell::default(),
            muted: RefCell::default(),
        }
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The page's origin, serialized.
    pub(crate) fn origin(&self) -> String {
        String::from_utf8_lossy(self.environment.origin.serialized().as_bytes()).into_owned()
    }

    pub(crate) fn print(&self, kind: Kind, level: Level, text: String) {
        self.console.tell(Line { kind, level, text, url: None, reason: None, explanation: None });
    }

    /// Milliseconds since the page began.
    pub(crate) fn now(&self) -> f64 {
        self.clock.elapsed().as_secs_f64() * 1000.0
    }

    fn new_id(&self) -> RequestId {
        self.next_id.replace(self.next_id.get().wrapping_add(1))
    }

    /// Keeps a script's source until it runs; its number.
    pub(crate) fn keep_source(&self, source: &[u8]) -> u32 {
        let id = self.new_id();
        let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
        self.sources.borrow_mut().insert(id, String::from_utf8_lossy(source).into_owned());
        id
    }

    /// Whether an exception with this stack, of a callback from this file, is one of a script that the page must not
    /// know. [Source](https://html.spec.whatwg.org/multipage/webappapis.html#muted-errors).
    pub(crate) fn is_muted(&self, stack: &str, file: &str) -> bool {
        let muted = self.muted.borrow();
        muted.contains(file) || muted.iter().any(|url| stack.contains(&format!("{url}:")))
    }

    /// Hands over a script's source, once.
    pub(crate) fn take_source(&self, id: u32) -> String {
        self.sources.borrow_mut().remove(&id).unwrap_or_default()
    }

    /// Sets a timer, which the prelude is told of by its number.
    pub(crate) fn timer(&self, milliseconds: f64) -> RequestId {
        let id = self.new_id();
        if self.timers.borrow().len() >= MAX_TIMERS {
            let text = format!("more than {MAX_TIMERS} timers are set at once: one is not set");
            self.print(Kind::Exception, Level::Error, text);
            return id;
        }
        let wait = Duration::from_secs_f64(milliseconds.clamp(0.0, 1e9) / 1000.0);
        self.timers.borrow_mut().push(Reverse((Instant::now() + wait, id)));
        id
    }

    /// Lets the page be idle while it waits for this timer.
    pub(crate) fn weaken_timer(&self, id: RequestId) {
        self.weak.borrow_mut().insert(id);
    }

    pub(crate) fn clear_timer(&self, id: RequestId) {
        self.cleared.borrow_mut().insert(id);
    }

    /// Sends a request; its number, by which the answer comes.
    pub(crate) fn fetch(&self, description: &str, body: Option<Vec<u8>>) -> Option<RequestId> {
        let described = serde_json::from_str::<Description>(description).ok()?;
        if self.under_way.borrow().len() >= MAX_REQUESTS {
            let text = format!(
                "more than {MAX_REQUESTS} requests are under way at once: {} is not sent",
                described.url
            );
            self.print(Kind::Network, Level::Error, text);
            return None;
        }
        let id = self.new_id();
        let (integrity, streams) = (described.integrity.clone(), described.streams);
        let environment = described.environment(&self.environment);
        let (pieces, body) = match described.body_streams {
            true => {
                let (pieces, body) = upload::channel(self.network.teller(id));
                (Some(pieces), Some(RequestBody::Stream(body)))
            }
            false => (None, body.map(RequestBody::Bytes)),
        };
        let outlives = described.outlives();
        let has_listener = described.upload_listener && streams;
        let mut request = described.into_request(body)?;
        if has_listener {
            let teller = self.network.teller(id);
            request = request.on_sent(move |bytes| teller.tell(News::Sent(bytes)));
        }
        let owed = if streams { PIECES_AHEAD } else { 1 };
        self.under_way.borrow_mut().insert(id, UnderWay { owed, body: pieces });
        self.busy.set(self.busy.get() + 1);
        let asked = Asked { id, request, environment, integrity, streams, outlives };
        self.network.send(Command::Fetch(Box::new(asked)));
        Some(id)
    }

    /// Sends a piece of a request's body; without one, it ends.
    pub(crate) fn send_piece(&self, id: RequestId, piece: Option<Vec<u8>>) {
        if let Some(own) = self.under_way.borrow_mut().get_mut(&id) {
            match piece {
                Some(piece) => drop(own.body.as_ref().map(|body| body.send(Ok(piece.into())))),
                None => own.body = None,
            }
        }
    }

    /// The page has taken a piece of a body.
    pub(crate) fn take_piece(&self, id: RequestId) {
        if let Some(own) = self.under_way.borrow_mut().get_mut(&id) {
            if own.owed == 0 {
                self.busy.set(self.busy.get() + 1);
            }
            own.owed += 1;
            self.network.send(Command::More(id));
        }
    }

    pub(crate) fn abort(&self, id: RequestId) {
        if self.forget(id) {
            self.network.send(Command::Abort(id));
        }
    }

    /// Takes a request off the list; whether it was on it.
    fn forget(&self, id: RequestId) -> bool {
        let gone = self.under_way.borrow_mut().remove(&id);
        if gone.as_ref().is_some_and(|gone| gone.owed > 0) {
            self.busy.set(self.busy.get() - 1);
        }
        gone.is_some()
    }

    /// Waits for the answer to one request, and lets nothing else happen meanwhile.
    pub(crate) fn wait_for(&self, id: RequestId) -> Option<Answer> {
        loop {
            match self.inbox.recv_timeout(self.clock.left()?).ok()? {
                Message::Answer(answer) if answer.id == id && answer.news.is_last() => {
                    self.take_note(&answer);
                    return Some(*answer);
                }
                message => self.arrived.borrow_mut().push_back(message),
            }
        }
    }

    /// Waits, however long, until something comes. What it is, [`next`](Self::next) says.
    pub(crate) fn rest(&self) {
        let message = match self.next_timer().filter(|_| !self.closed.get()) {
            Some((at, _)) => self.inbox.recv_timeout(at.saturating_duration_since(Instant::now())).ok(),
            None => self.inbox.recv().ok(),
        };
        self.arrived.borrow_mut().extend(message);
    }

    /// What whoever holds a page that has closed itself wants. Nothing else comes to it any more.
    pub(crate) fn asked(&self) -> Option<Ask> {
        loop {
            match self.arrival()? {
                Message::Ask(ask) => return Some(ask),
                Message::Answer(_) => {}
            }
        }
    }

    /// What has come already.
    fn arrival(&self) -> Option<Message> {
        self.arrived.borrow_mut().pop_front().or_else(|| self.inbox.try_recv().ok())
    }

    /// Waits for what comes next.
    pub(crate) fn next(&self) -> Next {
        loop {
            let Some(left) = self.clock.left() else { return Next::TimedOut };
            let due = self.next_timer();
            let now = Instant::now();
            // Timers that are always due must not keep all else out.
            let first = if self.was_timer.replace(false) { self.arrival() } else { None };
            if let Some((at, id)) = due
                && at <= now
                && first.is_none()
            {
                self.timers.borrow_mut().pop();
                self.weak.borrow_mut().remove(&id);
                self.was_timer.set(true);
                return Next::Timer(id);
            }
            let message = match first.or_else(|| self.arrival()) {
                Some(message) => message,
                None if self.busy.get() == 0 && !self.has_strong_timer() => return Next::Idle,
                None => {
                    let wait = due.map_or(left, |(at, _)| left.min(at.saturating_duration_since(now)));
                    match self.inbox.recv_timeout(wait) {
                        Ok(message) => message,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return Next::Idle,
                    }
                }
            };
            match message {
                Message::Ask(ask) => return Next::Asked(ask),
                // What was aborted meanwhile is nobody's any more.
                Message::Answer(answer) if self.under_way.borrow().contains_key(&answer.id) => {
                    self.take_note(&answer);
                    return Next::Answer(answer);
                }
                Message::Answer(_) => {}
            }
        }
    }

    /// Whether a timer is set for which the page stays.
    fn has_strong_timer(&self) -> bool {
        let (weak, cleared) = (self.weak.borrow(), self.cleared.borrow());
        let is_strong = |id: &RequestId| !weak.contains(id) && !cleared.contains(id);
        self.timers.borrow().iter().any(|Reverse((_, id))| is_strong(id))
    }

    /// The first timer that was not cleared.
    fn next_timer(&self) -> Option<(Instant, RequestId)> {
        let mut timers = self.timers.borrow_mut();
        loop {
            let Reverse((at, id)) = *timers.peek()?;
            if !self.cleared.borrow_mut().remove(&id) {
                return Some((at, id));
            }
            timers.pop();
        }
    }

    /// Counts what came, and prints what a browser would of what failed.
    fn take_note(&self, answer: &Answer) {
        if answer.news.is_last() {
            self.forget(answer.id);
        } else if matches!(answer.news, News::Piece(_))
            && let Some(own) = self.under_way.borrow_mut().get_mut(&answer.id)
        {
            own.owed -= 1;
            if own.owed == 0 {
                self.busy.set(self.busy.get() - 1);
            }
        }
        let (News::Whole(_, record) | News::Head(_, record) | News::Broken(record)) = &answer.news else {
            return;
        };
        let mut told: Vec<_> = record.console().into_iter().map(|message| message.text).collect();
        if told.is_empty() && matches!(record.outcome, Outcome::Blocked(_) | Outcome::Unreachable(_)) {
            told.push(failure(record));
        }
        let last = told.len().saturating_sub(1);
        for (nth, text) in told.into_iter().enumerate() {
            self.console.tell(Line {
                kind: Kind::Network,
                level: Level::Error,
                text,
                url: Some(record.request.current_url().to_string()),
                reason: record.code(),
                explanation: (self.explains.get() && nth == last).then(|| explanation(record)),
            });
        }
    }
}

fn failure(record: &Record) -> String {
    format!("{}: {}", record.request.current_url(), record.cause())
}
