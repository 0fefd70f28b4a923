//! The life of a page: loaded, parsed, its tasks run in HTML's order, until nothing is left to do.

use std::rc::Rc;
use std::sync::{OnceLock, mpsc};

use crossorigin::infrastructure::request_origin::Origin;
use crossorigin_agent::{Agent, BoxedTransport};
use tokio::sync::oneshot::Sender;
use url::Url;

use crate::clock::Clock;
use crate::console::{Kind, Level, Line, Teller};
use crate::document::{self, Document, Loader};
use crate::engine::Engine;
use crate::frames::{FrameId, Shown, TOP};
use crate::host::{Host, Next, Task};
use crate::inbox::{Ask, Message};
use crate::network::{Answer, Network};
use crate::options::PageOptions;
use crate::page::PageError;
use crate::parser::{Parser, Step};
use crate::realm::{Evaluated, Promised};
use crate::sandbox::Sandbox;
use crate::selector::Selector;
use crate::window::{Place, Window, WindowId};

/// What a page did last.
pub(crate) enum Turn {
    /// A task, and its microtasks.
    Went,
    /// Nothing yet: whoever holds it wants something.
    Asked(Ask),
    /// Nothing, for nothing is left to do.
    Idle,
    /// Nothing, for its time is over.
    Over,
}

/// A page that runs on this thread.
pub(crate) struct Life {
    // Values of the engine go before the engine.
    promised: Vec<(Promised, Sender<Result<String, PageError>>)>,
    idle: Vec<Sender<()>>,
    has_begun: bool,
    engine: Rc<Engine>,
    window: Rc<Window>,
    pub(crate) host: Rc<Host>,
}

impl Drop for Life {
    fn drop(&mut self) {
        // The windows hold the host, and the host's frames hold the windows.
        self.host.frames.end();
    }
}

impl Life {
    /// Loads a page. Nothing of it runs yet.
    ///
    /// # Errors
    /// It can't be had, or the engine does not start.
    pub(crate) fn begin(
        agent: &Agent<BoxedTransport>,
        url: &Url,
        options: &PageOptions,
        clock: Rc<Clock>,
        console: Box<dyn Fn(Line)>,
    ) -> Result<(Self, mpsc::Sender<Message>), PageError> {
        let (sender, inbox) = mpsc::channel();
        let network = Network::start(sender.clone()).map_err(|error| PageError::Engine(error.to_string()))?;
        let Document { html, url } = match url.scheme() {
            "file" if options.files => document::read_file(url)?,
            _ => Loader { agent, network: &network, inbox: &inbox, clock: &clock }.fetch(url)?,
        };
        let origin = options.origin.clone().unwrap_or_else(|| Origin::of_url(&url));
        let mut environment = agent.environment(origin);
        environment.url = Some(url.clone());
        environment.profile = options.profile;
        environment.host_permissions.clone_from(&options.host_permissions);
        let host = Rc::new(Host::new(network, inbox, clock, Teller::new(console), options.storage.clone()));
        host.explains.set(options.explain);
        let place = Place {
            frame: TOP,
            base: url.clone(),
            url,
            referrer: String::new(),
            sandbox: Sandbox::NONE,
            is_initial: false,
        };
        let no_room = || PageError::Engine("there is no room for a document".to_owned());
        let window = Rc::new(Window::new(&host, place, environment).ok_or_else(no_room)?);
        let opened = Engine::new(&host.clock).and_then(|engine| engine.open(&window).map(|()| engine));
        let engine = match opened {
            Ok(engine) => engine,
            // The engine was interrupted while it was being set up.
            Err(_) if host.clock.is_over() => return Err(PageError::TimedOut),
            Err(error) => return Err(PageError::Engine(error.to_string())),
        };
        host.frames.begin(&window);
        let parser = Parser::new(&window, html);
        *window.parser.borrow_mut() = Some(Rc::new(parser));
        let life = Self { promised: Vec::new(), idle: Vec::new(), has_begun: false, engine, window, host };
        Ok((life, sender))
    }

    /// Does what comes next.
    pub(crate) fn turn(&mut self) -> Turn {
        if self.host.clock.is_over() {
            return Turn::Over;
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            self.parse(self.window.id);
            return Turn::Went;
        }
        if self.host.closed.get() {
            return self.host.asked().map_or(Turn::Idle, Turn::Asked);
        }
        match self.host.next() {
            Next::Timer(window, id) => self.engine.timer(window, id),
            Next::Answer(window, answer) => match self.host.frames.awaiting(answer.id) {
                Some(frame) => self.come(frame, &answer),
                None => self.answer(window, &answer),
            },
            Next::Task(window, task) => self.task(window, task),
            Next::Asked(ask) => return Turn::Asked(ask),
            Next::TimedOut => return Turn::Over,
            Next::Idle => return Turn::Idle,
        }
        Turn::Went
    }

    /// Goes on until nothing is left to do; `false` where its time was over before.
    pub(crate) fn run(&mut self) -> bool {
        loop {
            match self.turn() {
                Turn::Went | Turn::Asked(_) => {}
                Turn::Idle => return true,
                Turn::Over => return false,
            }
        }
    }

    /// Runs a script, and waits for what it promises; its value, as JSON. What it throws goes to the console.
    pub(crate) fn eval_to_end(&mut self, script: &str) -> Option<String> {
        let mut evaluated = self.engine.eval(self.window.id, script);
        if let Evaluated::Promised(promised) = evaluated {
            self.run();
            evaluated =
                self.engine.settled(self.window.id, &promised).unwrap_or(Evaluated::Value(String::new()));
        }
        match evaluated {
            Evaluated::Value(value) => return Some(value),
            Evaluated::Threw(text) => {
                self.host.uncaught.set(self.host.uncaught.get() + 1);
                self.host.print(Kind::Exception, Level::Error, format!("Uncaught {text}"));
            }
            Evaluated::Promised(_) => {}
        }
        None
    }

    /// What is drawn on the first canvas that a selector finds, as a PNG, tainted or not: it is for the user.
    pub(crate) fn canvas(&self, selector: &str) -> Result<Vec<u8>, PageError> {
        let wrong = |why: &str| PageError::Canvas(format!("{selector:?} {why}"));
        let parsed = Selector::parse(selector).ok_or_else(|| wrong("is no selector that is known here"))?;
        let found =
            parsed.select(&self.window.cluster.dom.borrow(), self.window.document, true).first().copied();
        let node = found.ok_or_else(|| wrong("finds no element of the page"))?;
        let bitmap = self
            .engine
            .canvas_bitmap(self.window.id, node)
            .ok_or_else(|| wrong("finds an element that is no canvas"))?;
        let file = self.window.cluster.bitmaps.borrow().png_for_the_user(bitmap);
        if file.is_empty() { Err(wrong("finds a canvas without pixels")) } else { Ok(file) }
    }

    /// Runs for whoever holds the page, until that is no more or the time is over.
    pub(crate) fn serve(mut self, end: &OnceLock<PageError>) {
        let why = self.serve_until_the_end();
        // Before all who still wait are told that nobody answers.
        let _ = end.set(why);
    }

    fn serve_until_the_end(&mut self) -> PageError {
        loop {
            self.settle();
            let asked = match self.turn() {
                Turn::Went => continue,
                Turn::Asked(ask) => ask,
                Turn::Idle => {
                    self.rest();
                    continue;
                }
                Turn::Over if self.host.clock.is_given_up() => return PageError::Closed,
                Turn::Over => return self.time_is_over(),
            };
            match asked {
                Ask::Eval { script, done } => {
                    self.host.clock.renew();
                    let evaluated = self.engine.eval(self.window.id, &script);
                    self.hand_over(evaluated, done);
                }
                Ask::Idle(done) => self.idle.push(done),
                Ask::Look(look) => look(self),
                Ask::Close => return PageError::Closed,
            }
        }
    }

    /// Tells those who wait for it that nothing is left to do, and waits for something to come.
    fn rest(&mut self) {
        for done in self.idle.drain(..) {
            let _ = done.send(());
        }
        for (_, done) in self.promised.drain(..) {
            let _ = done.send(Err(PageError::Unsettled));
        }
        self.host.rest();
        // However long that took, the page had nothing to do.
        self.host.clock.renew();
    }

    /// Hands over what was promised and is there.
    fn settle(&mut self) {
        for nth in (0..self.promised.len()).rev() {
            if let Some(evaluated) = self.engine.settled(self.window.id, &self.promised[nth].0) {
                let (_, done) = self.promised.swap_remove(nth);
                self.hand_over(evaluated, done);
            }
        }
    }

    fn hand_over(&mut self, evaluated: Evaluated, done: Sender<Result<String, PageError>>) {
        // Who has stopped waiting is not told.
        let _ = match evaluated {
            Evaluated::Promised(promised) => {
                self.promised.push((promised, done));
                Ok(())
            }
            Evaluated::Threw(_) if self.host.clock.is_over() => done.send(Err(PageError::TimedOut)),
            Evaluated::Threw(text) => done.send(Err(PageError::Script(text))),
            Evaluated::Value(value) => done.send(Ok(value)),
        };
    }

    fn time_is_over(&mut self) -> PageError {
        for (_, done) in self.promised.drain(..) {
            let _ = done.send(Err(PageError::TimedOut));
        }
        PageError::TimedOut
    }

    /// Does what was queued at a window.
    fn task(&mut self, window: WindowId, task: Task) {
        match task {
            Task::Framed { element, fires } => self.engine.framed(window, element, fires),
            Task::Show(shown) => self.show(*shown),
            Task::Message(letter) => self.engine.receive(window, &letter, None),
            Task::Port(port, letter) => {
                let is_its = self.host.ports.borrow().is_of(port, window);
                match is_its {
                    true => self.engine.receive(window, &letter, Some(port)),
                    // It has gone on meanwhile.
                    false => {
                        let due = self.host.ports.borrow_mut().bring(port, letter);
                        self.host.queue_letters(due);
                    }
                }
            }
        }
    }

    /// A frame's document has come, or could not be had.
    fn come(&mut self, frame: FrameId, answer: &Answer) {
        let holder = self.host.frames.holder(frame);
        match self.host.frames.come(frame, answer.loaded()) {
            Some(shown) => self.show(shown),
            None => {
                if let Some((around, element)) = holder {
                    self.engine.framed(around.id, element, false);
                }
            }
        }
    }

    /// Shows a document in its frame.
    fn show(&mut self, mut shown: Shown) {
        let html = std::mem::take(&mut shown.html);
        let Some((window, gone)) = self.host.frames.show(shown) else { return };
        for id in gone {
            self.engine.close(id);
        }
        if let Err(error) = self.engine.open(&window) {
            window.print(Kind::Exception, Level::Error, format!("a frame shows nothing: {error}"));
            self.host.frames.loaded(&self.host, window.place.frame);
            return;
        }
        let parser = Parser::new(&window, html);
        *window.parser.borrow_mut() = Some(Rc::new(parser));
        self.parse(window.id);
    }

    /// Parses a window's document up to the next script that must come first, or to the end.
    fn parse(&mut self, id: WindowId) {
        let Some(window) = self.engine.window(id) else { return };
        while let Some(parser) = window.parser() {
            if self.host.clock.is_over() {
                return;
            }
            // The window may be gone by what its scripts do.
            if window.is_gone.get() {
                window.parser.borrow_mut().take();
                return;
            }
            match parser.step(&window) {
                Step::Script(script) => {
                    let awaited = self.engine.prepare_script(id, script);
                    if awaited != 0 {
                        parser.wait_for(awaited);
                    }
                    // It may have written another that must come first.
                    if parser.waits() {
                        return;
                    }
                }
                Step::Open => return,
                Step::Done => {
                    window.parser.borrow_mut().take();
                    self.engine.parsed(id);
                }
            }
        }
    }

    /// Tells a window of an answer, and goes on parsing where it was waited for this.
    fn answer(&mut self, window: WindowId, answer: &Answer) {
        let parser = self.engine.window(window).and_then(|window| window.parser());
        let was_awaited = answer.news.is_last() && parser.is_some_and(|parser| parser.has_come(answer.id));
        self.engine.answer(window, answer);
        let waits = self
            .engine
            .window(window)
            .and_then(|window| window.parser())
            .is_some_and(|parser| parser.waits());
        if was_awaited && !waits {
            self.parse(window);
        }
    }
}
