//! The parser of a window's document: it takes the page as it comes, and what scripts write in between.
//! [Source](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};

use crate::console::{Kind, Level};
use crate::dom::{NodeId, Sink};
use crate::network::RequestId;
use crate::pieces::{full_text, pieces};
use crate::window::Window;

/// The most that scripts may write into a document, in bytes.
pub const MAX_WRITTEN_BYTES: usize = 64 << 20;

/// Where the parser is.
pub(crate) struct Parser {
    tokenizer: Tokenizer<TreeBuilder<NodeId, Sink>>,
    input: BufferQueue,
    html: String,
    /// How much of the HTML was given to the tokenizer, in bytes.
    given: Cell<usize>,
    /// What scripts have written and is not parsed yet; what is written inside of another text stands behind it.
    written: RefCell<Vec<Rc<BufferQueue>>>,
    /// How much of that there was in all, in bytes.
    written_bytes: Cell<usize>,
    /// The script that it waits for.
    waits_for: Cell<RequestId>,
    /// Whether script has opened the document, and not closed it yet.
    is_open: Cell<bool>,
}

/// What the parser has come to.
pub(crate) enum Step {
    /// A script that must come first.
    Script(NodeId),
    /// The end of all that there is, while more may be written; or of the page's time.
    Open,
    /// The end.
    Done,
}

impl Parser {
    pub(crate) fn new(window: &Window, html: String) -> Self {
        let sink = Sink { dom: Rc::clone(&window.cluster.dom), root: window.document, is_shown: true };
        let builder = TreeBuilder::new(sink, TreeBuilderOpts::default());
        Self {
            tokenizer: Tokenizer::new(builder, TokenizerOpts::default()),
            input: BufferQueue::default(),
            html,
            given: Cell::new(0),
            written: RefCell::default(),
            written_bytes: Cell::new(0),
            waits_for: Cell::new(0),
            is_open: Cell::new(false),
        }
    }

    /// A parser of nothing but what script will write.
    pub(crate) fn opened(window: &Window) -> Self {
        let parser = Self::new(window, String::new());
        parser.is_open.set(true);
        parser
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// Nothing more will be written.
    pub(crate) fn close(&self) {
        self.is_open.set(false);
    }

    pub(crate) fn waits(&self) -> bool {
        self.waits_for.get() != 0
    }

    pub(crate) fn wait_for(&self, script: RequestId) {
        self.waits_for.set(script);
    }

    /// Waits no more where it was this that it waited for; whether it was.
    pub(crate) fn has_come(&self, script: RequestId) -> bool {
        let was_it = self.waits_for.get() == script;
        if was_it {
            self.waits_for.set(0);
        }
        was_it
    }

    /// Goes on to the next script or to the end.
    pub(crate) fn step(&self, window: &Window) -> Step {
        loop {
            if window.host.clock.is_over() {
                return Step::Open;
            }
            if let Some(script) = self.parse_written(0) {
                return Step::Script(script);
            }
            match self.tokenizer.feed(&self.input) {
                TokenizerResult::Script(script) => return Step::Script(script),
                TokenizerResult::EncodingIndicator(_) => {}
                TokenizerResult::Done if self.go_on(window) => {}
                TokenizerResult::Done if self.is_open() => return Step::Open,
                TokenizerResult::Done => {
                    self.tokenizer.end();
                    return Step::Done;
                }
            }
        }
    }

    /// Gives the tokenizer the next piece; `false` where there is none, or no room for it.
    fn go_on(&self, window: &Window) -> bool {
        let rest = &self.html[self.given.get()..];
        if !rest.is_empty() && window.cluster.dom.borrow().is_full() {
            window.print(Kind::Exception, Level::Error, full_text());
            return false;
        }
        let Some(piece) = pieces(rest).next() else { return false };
        self.given.set(self.given.get() + piece.len());
        self.input.push_back(StrTendril::from(piece));
        true
    }

    /// Where a script that begins to run writes: behind so many texts.
    pub(crate) fn insertion_point(&self) -> usize {
        self.written.borrow().len()
    }

    /// Makes room for text that is to be written; `false` where there is none.
    pub(crate) fn has_room(&self, text: &str) -> bool {
        self.written_bytes.set(self.written_bytes.get().saturating_add(text.len()));
        self.written_bytes.get() <= MAX_WRITTEN_BYTES
    }

    /// Writes text at the insertion point of the script that runs, and parses it where nothing is waited for; a script
    /// that must come first.
    pub(crate) fn write(&self, at: usize, text: &str) -> Option<NodeId> {
        if text.is_empty() {
            return None;
        }
        let own = {
            let mut written = self.written.borrow_mut();
            if written.len() <= at {
                written.push(Rc::default());
            }
            Rc::clone(&written[at.min(written.len() - 1)])
        };
        own.push_back(StrTendril::from(text));
        self.go_on_writing(at)
    }

    /// Parses what was written from an insertion point on; a script that must come first.
    pub(crate) fn go_on_writing(&self, at: usize) -> Option<NodeId> {
        if self.waits() { None } else { self.parse_written(at) }
    }

    fn parse_written(&self, at: usize) -> Option<NodeId> {
        loop {
            let last = self.written.borrow().get(at..).and_then(|own| own.last().cloned())?;
            match self.tokenizer.feed(&last) {
                TokenizerResult::Script(script) => return Some(script),
                TokenizerResult::EncodingIndicator(_) => {}
                TokenizerResult::Done => drop(self.written.borrow_mut().pop()),
            }
        }
    }
}
