//! What all windows of a page have in common: its time, its console, its timers, and the requests under way.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossorigin::profiles::Profile;
use crossorigin_agent::Loaded;
use crossorigin_verdict::{Outcome, Record, TransportFailure, explanation};
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::Clock;
use crate::console::{Kind, Level, Line, Teller};
use crate::description::{Description, RequestBody};
use crate::dom::NodeId;
use crate::frames::{Frames, Shown};
use crate::inbox::{Ask, Message};
use crate::messages::{Due, Letter, PortId, Ports};
use crate::network::{Answer, Asked, Command, Environment, Network, News, PIECES_AHEAD, RequestId};
use crate::storage::Storage;
use crate::upload;
use crate::window::WindowId;

/// The most requests that a page may have under way at once; what is more fails.
pub const MAX_REQUESTS: usize = 16_384;

/// The most timers, and other tasks, that a page may wait for at once; what is more never comes.
pub const MAX_TIMERS: usize = 1 << 18;

/// A page's state, as its windows share it.
pub(crate) struct Host {
    pub(crate) uncaught: Cell<usize>,
    pub(crate) closed: Cell<bool>,
    /// Whether failed requests are explained.
    pub(crate) explains: Cell<bool>,
    pub(crate) clock: Rc<Clock>,
    pub(crate) local_storage: Storage,
    pub(crate) session_storage: Storage,
    pub(crate) frames: Frames,
    pub(crate) ports: RefCell<Ports>,
    console: Teller,
    network: Network,
    inbox: Receiver<Message>,
    next_id: Cell<RequestId>,
    timers: RefCell<BinaryHeap<Reverse<(Instant, RequestId, WindowId)>>>,
    /// What is done when the time of a timer has come, where that is not the prelude's to know.
    tasks: RefCell<HashMap<RequestId, Task>>,
    cleared: RefCell<HashSet<RequestId>>,
    /// Timers that keep no page alive.
    weak: RefCell<HashSet<RequestId>>,
    under_way: RefCell<HashMap<RequestId, UnderWay>>,
    /// How many of them the network owes something.
    busy: Cell<usize>,
    /// Whether a timer's time had come last.
    was_timer: Cell<bool>,
    arrived: RefCell<VecDeque<Message>>,
}

/// A request under way.
struct UnderWay {
    window: WindowId,
    /// How many more pieces of news the network may tell before the page takes some. While it is none, the page does
    /// not wait for the network.
    owed: usize,
    /// Whether it goes on when the window is gone.
    outlives: bool,
    /// Where the pieces of the request's own body go.
    body: Option<UnboundedSender<Result<Bytes, TransportFailure>>>,
}

/// What comes next for a page.
pub(crate) enum Next {
    /// The time of a window's timer has come.
    Timer(WindowId, RequestId),
    /// A window's request is answered.
    Answer(WindowId, Box<Answer>),
    /// Something was queued at a window.
    Task(WindowId, Task),
    /// Whoever holds the page wants something.
    Asked(Ask),
    /// Nothing is left to wait for.
    Idle,
    /// The page's time is over.
    TimedOut,
}

/// What is queued at a window, and told its prelude by more than a number.
pub(crate) enum Task {
    /// What a frame shows is loaded, which an event tells; or it stays as it was.
    Framed { element: NodeId, fires: bool },
    /// A frame has a document to show that came by no network.
    Show(Box<Shown>),
    /// A message for the window.
    Message(Letter),
    /// A message for one of its ports.
    Port(PortId, Letter),
}

impl Host {
    pub(crate) fn new(
        network: Network,
        inbox: Receiver<Message>,
        clock: Rc<Clock>,
        console: Teller,
        local_storage: Storage,
    ) -> Self {
        Self {
            uncaught: Cell::new(0),
            closed: Cell::new(false),
            explains: Cell::new(false),
            clock,
            local_storage,
            session_storage: Storage::new(),
            frames: Frames::default(),
            ports: RefCell::new(Ports::new()),
            console,
            network,
            inbox,
            next_id: Cell::new(1),
            timers: RefCell::default(),
            tasks: RefCell::default(),
            cleared: RefCell::default(),
            weak: RefCell::default(),
            under_way: RefCell::default(),
            busy: Cell::new(0),
            was_timer: Cell::new(false),
            arrived: RefCell::default(),
        }
    }

    pub(crate) fn print(&self, kind: Kind, level: Level, text: String) {
        self.print_of(None, kind, level, text);
    }

    /// Prints what is about a URL.
    pub(crate) fn print_of(&self, url: Option<String>, kind: Kind, level: Level, text: String) {
        self.console.tell(Line { kind, level, text, url, reason: None, explanation: None });
    }

    /// Milliseconds since the page began.
    pub(crate) fn now(&self) -> f64 {
        self.clock.elapsed().as_secs_f64() * 1000.0
    }

    /// A number that nothing else of the page has.
    pub(crate) fn new_id(&self) -> RequestId {
        self.next_id.replace(self.next_id.get().wrapping_add(1))
    }

    /// Sets a timer, which a window's prelude is told of by its number.
    pub(crate) fn timer(&self, window: WindowId, milliseconds: f64) -> RequestId {
        self.try_timer(window, milliseconds).unwrap_or_else(|| self.new_id())
    }

    fn try_timer(&self, window: WindowId, milliseconds: f64) -> Option<RequestId> {
        let id = self.new_id();
        if self.timers.borrow().len() >= MAX_TIMERS {
            let text = format!("more than {MAX_TIMERS} timers are set at once: one is not set");
            self.print(Kind::Exception, Level::Error, text);
            return None;
        }
        let wait = Duration::from_secs_f64(milliseconds.clamp(0.0, 1e9) / 1000.0);
        self.timers.borrow_mut().push(Reverse((Instant::now() + wait, id, window)));
        Some(id)
    }

    /// Queues a task at a window; `false` where too many are.
    pub(crate) fn queue(&self, window: WindowId, task: Task) -> bool {
        let id = self.try_timer(window, 0.0);
        if let Some(id) = id {
            self.tasks.borrow_mut().insert(id, task);
        }
        id.is_some()
    }

    /// Queues what was brought to ports.
    pub(crate) fn queue_letters(&self, due: Due) {
        for (window, port, letter) in due {
            self.queue(window, Task::Port(port, letter));
        }
    }

    /// Lets nothing more come to a window.
    pub(crate) fn forget_window(&self, window: WindowId) {
        let (mut tasks, mut weak) = (self.tasks.borrow_mut(), self.weak.borrow_mut());
        self.timers.borrow_mut().retain(|Reverse((_, id, own))| {
            if *own == window {
                tasks.remove(id);
                weak.remove(id);
            }
            *own != window
        });
        let of_window: Vec<_> = self
            .under_way
            .borrow()
            .iter()
            .filter(|(_, own)| own.window == window)
            .map(|(id, own)| (*id, own.outlives))
            .collect();
        for (id, outlives) in of_window {
            match outlives {
                true => _ = self.forget(id),
                false => self.abort(id),
            }
        }
        self.ports.borrow_mut().forget_window(window);
    }

    /// Lets the page be idle while it waits for this timer.
    pub(crate) fn weaken_timer(&self, id: RequestId) {
        self.weak.borrow_mut().insert(id);
    }

    pub(crate) fn clear_timer(&self, id: RequestId) {
        self.cleared.borrow_mut().insert(id);
    }

    /// Sends a request of a window; its number, by which the answer comes.
    pub(crate) fn fetch(
        &self,
        window: WindowId,
        environment: &Environment,
        description: &str,
        body: Option<Vec<u8>>,
    ) -> Option<RequestId> {
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
        let environment = described.environment(environment);
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
        self.under_way.borrow_mut().insert(id, UnderWay { window, owed, outlives, body: pieces });
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
            Some((at, ..)) => self.inbox.recv_timeout(at.saturating_duration_since(Instant::now())).ok(),
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
            if let Some((at, id, window)) = due
                && at <= now
                && first.is_none()
            {
                self.timers.borrow_mut().pop();
                self.weak.borrow_mut().remove(&id);
                self.was_timer.set(true);
                return match self.tasks.borrow_mut().remove(&id) {
                    Some(task) => Next::Task(window, task),
                    None => Next::Timer(window, id),
                };
            }
            let message = match first.or_else(|| self.arrival()) {
                Some(message) => message,
                None if self.busy.get() == 0 && !self.has_strong_timer() => return Next::Idle,
                None => {
                    let wait = due.map_or(left, |(at, ..)| left.min(at.saturating_duration_since(now)));
                    match self.inbox.recv_timeout(wait) {
                        Ok(message) => message,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return Next::Idle,
                    }
                }
            };
            match message {
                Message::Ask(ask) => return Next::Asked(ask),
                Message::Answer(answer) => {
                    let window = self.under_way.borrow().get(&answer.id).map(|own| own.window);
                    // What was aborted meanwhile is nobody's any more.
                    if let Some(window) = window {
                        self.take_note(&answer);
                        return Next::Answer(window, answer);
                    }
                }
            }
        }
    }

    /// Whether a timer is set for which the page stays.
    fn has_strong_timer(&self) -> bool {
        let (weak, cleared) = (self.weak.borrow(), self.cleared.borrow());
        let is_strong = |id: &RequestId| !weak.contains(id) && !cleared.contains(id);
        self.timers.borrow().iter().any(|Reverse((_, id, _))| is_strong(id))
    }

    /// The first timer that was not cleared.
    fn next_timer(&self) -> Option<(Instant, RequestId, WindowId)> {
        let mut timers = self.timers.borrow_mut();
        loop {
            let Reverse((at, id, window)) = *timers.peek()?;
            if !self.cleared.borrow_mut().remove(&id) {
                return Some((at, id, window));
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
        let (loaded, record) = match &answer.news {
            News::Whole(loaded, record) => (loaded.as_deref(), record),
            News::Head(loaded, record) => (Some(&**loaded), record),
            News::Broken(record) => (None, record),
            _ => return,
        };
        let mut told: Vec<_> = record.console().into_iter().map(|message| message.text).collect();
        told.extend(loaded.and_then(|loaded| error_status(loaded, record.profile)));
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

/// What Chromium and WebKit say of a response whose status tells of an error; Firefox says nothing.
/// Sources: `FrameConsole::ReportResourceResponseReceived` in Chromium, `InspectorConsoleAgent::didReceiveResponse` in
/// WebKit.
fn error_status(loaded: &Loaded, profile: Profile) -> Option<String> {
    let tells = matches!(profile, Profile::Chromium | Profile::WebKit) && loaded.status.as_u16() >= 400;
    tells.then(|| {
        format!(
            "Failed to load resource: the server responded with a status of {} ({})",
            loaded.status.as_u16(),
            loaded.status_text
        )
    })
}

fn failure(record: &Record) -> String {
    format!("{}: {}", record.request.current_url(), record.cause())
}
