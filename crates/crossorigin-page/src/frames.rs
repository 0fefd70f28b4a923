//! The frames of a page: which there are, what each shows, and where they may be led.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crossorigin::infrastructure::request_origin::Origin;
use crossorigin_agent::Loaded;
use serde_json::json;
use url::Url;

use crate::cluster::Clusters;
use crate::console::{Kind, Level};
use crate::document::{self, NoPage};
use crate::dom::NodeId;
use crate::host::{Host, Task};
use crate::network::RequestId;
use crate::sandbox::Sandbox;
use crate::window::{Place, Window, WindowId};

/// The most frames that a page may have at once; what is more shows nothing.
pub const MAX_FRAMES: usize = 128;
/// How deep frames may be in one another; what is deeper shows nothing.
pub const MAX_FRAME_DEPTH: usize = 16;

/// Names a frame of a page.
pub(crate) type FrameId = u32;

/// The page itself.
pub(crate) const TOP: FrameId = 0;

/// A frame. [Source](https://html.spec.whatwg.org/multipage/document-sequences.html#navigable).
struct Frame {
    /// Where it is: the window around it and the element there; none for the page itself.
    holder: Option<(Rc<Window>, NodeId)>,
    window: Rc<Window>,
    name: String,
    /// What its element says of the documents to come.
    sandbox: Sandbox,
    /// What it is about to show.
    coming: Option<Coming>,
}

/// A document on its way.
struct Coming {
    request: RequestId,
    url: Url,
    referrer: String,
}

/// A document that has come, for a frame to show.
pub(crate) struct Shown {
    pub(crate) frame: FrameId,
    pub(crate) html: String,
    place: Place,
    origin: Origin,
    /// Whose URL its requests tell of.
    referring: Option<Url>,
}

/// All frames of a page.
#[derive(Default)]
pub(crate) struct Frames {
    pub(crate) clusters: Clusters,
    all: RefCell<HashMap<FrameId, Frame>>,
}

impl Frames {
    /// Lets the page itself be shown.
    pub(crate) fn begin(&self, window: &Rc<Window>) {
        let window = Rc::clone(window);
        let top = Frame { holder: None, window, name: String::new(), sandbox: Sandbox::NONE, coming: None };
        self.all.borrow_mut().insert(TOP, top);
    }

    /// Lets nothing be shown any more.
    pub(crate) fn end(&self) {
        // Dropped only once nobody looks at them.
        drop(std::mem::take(&mut *self.all.borrow_mut()));
    }

    fn get<R>(&self, id: FrameId, look: impl FnOnce(&Frame) -> R) -> Option<R> {
        self.all.borrow().get(&id).map(look)
    }

    /// The window that a frame shows now.
    pub(crate) fn window(&self, id: FrameId) -> Option<Rc<Window>> {
        self.get(id, |frame| Rc::clone(&frame.window))
    }

    /// Whether a window is shown by some frame.
    pub(crate) fn shows(&self, window: WindowId) -> bool {
        self.all.borrow().values().any(|frame| frame.window.id == window)
    }

    /// The window around a frame, and its element there.
    pub(crate) fn holder(&self, id: FrameId) -> Option<(Rc<Window>, NodeId)> {
        self.get(id, |frame| frame.holder.clone()).flatten()
    }

    pub(crate) fn parent(&self, id: FrameId) -> Option<FrameId> {
        self.holder(id).map(|(window, _)| window.place.frame)
    }

    pub(crate) fn name(&self, id: FrameId) -> String {
        self.get(id, |frame| frame.name.clone()).unwrap_or_default()
    }

    pub(crate) fn set_name(&self, id: FrameId, name: String) {
        if let Some(frame) = self.all.borrow_mut().get_mut(&id) {
            frame.name = name;
        }
    }

    /// The frames within what a frame shows, in the order of their elements.
    pub(crate) fn within(&self, id: FrameId) -> Vec<FrameId> {
        let Some(window) = self.window(id) else { return Vec::new() };
        let mut found: Vec<_> = self
            .all
            .borrow()
            .iter()
            .filter_map(|(id, frame)| {
                frame.holder.as_ref().map(|(holder, element)| (holder.id, *element, *id))
            })
            .filter(|(holder, ..)| *holder == window.id)
            .collect();
        if found.len() > 1 {
            let dom = window.cluster.dom.borrow();
            let order = dom.in_order(window.document);
            found.sort_by_key(|(_, element, _)| order.iter().position(|node| node == element));
        }
        found.into_iter().map(|(.., id)| id).collect()
    }

    fn is_within(&self, id: FrameId, above: FrameId) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if id == above {
                return true;
            }
            at = self.parent(id);
        }
        false
    }

    /// Whether a window's scripts may lead a frame elsewhere.
    /// [Source](https://html.spec.whatwg.org/multipage/document-sequences.html#allowed-by-sandboxing-to-navigate).
    fn may_lead(&self, from: &Window, id: FrameId) -> bool {
        let sandbox = from.place.sandbox;
        match id {
            _ if self.is_within(id, from.place.frame) => true,
            TOP => sandbox.top_navigation,
            _ => sandbox.navigation,
        }
    }

    /// A frame for an element that came into a window's document. It shows an empty document.
    /// [Source](https://html.spec.whatwg.org/multipage/document-sequences.html#create-a-new-child-navigable).
    pub(crate) fn insert(&self, around: &Rc<Window>, element: NodeId, name: String) -> Option<FrameId> {
        let host = &around.host;
        let refused = |why: &str| {
            around.print(Kind::Exception, Level::Error, why.to_owned());
            None
        };
        if self.all.borrow().len() > MAX_FRAMES {
            return refused(&format!(
                "more than {MAX_FRAMES} frames are in the page at once: one shows nothing"
            ));
        }
        let depth = std::iter::successors(Some(around.place.frame), |id| self.parent(*id)).count();
        if depth > MAX_FRAME_DEPTH {
            return refused(&format!("a frame is within {MAX_FRAME_DEPTH} others: it shows nothing"));
        }
        let id = host.new_id();
        let sandbox = self.sandbox_of(around, element);
        let place = Place { is_initial: true, ..self.inherited(id, around, sandbox, "about:blank") };
        let origin = origin_of(&place.url, around, sandbox);
        let mut environment = around.environment().clone();
        environment.origin = origin;
        let Some(window) = Window::new(host, place, environment) else {
            return refused("the page has no room for the document of one more frame");
        };
        let holder = Some((Rc::clone(around), element));
        let frame = Frame { holder, window: Rc::new(window), name, sandbox, coming: None };
        self.all.borrow_mut().insert(id, frame);
        Some(id)
    }

    fn sandbox_of(&self, around: &Window, element: NodeId) -> Sandbox {
        let dom = around.cluster.dom.borrow();
        Sandbox::parse(dom.attribute(element, "sandbox")).and(around.place.sandbox)
    }

    /// The place of a document that has no URL of its own to speak of.
    fn inherited(&self, frame: FrameId, from: &Window, sandbox: Sandbox, url: &str) -> Place {
        Place {
            frame,
            url: Url::parse(url).unwrap_or_else(|_| from.place.url.clone()),
            base: from.base_url(),
            referrer: from.referrer_to(&from.place.url),
            sandbox,
            is_initial: false,
        }
    }

    /// Leads a frame to what its element says in `srcdoc`.
    pub(crate) fn show_text(&self, id: FrameId, html: String) {
        let Some((around, element)) = self.holder(id) else { return };
        self.stop(id);
        let sandbox = self.sandbox_of(&around, element);
        let place = self.inherited(id, &around, sandbox, "about:srcdoc");
        let origin = origin_of(&place.url, &around, sandbox);
        let referring = around.environment().url.clone();
        let shown = Shown { frame: id, html, place, origin, referring };
        around.host.queue(around.id, Task::Show(Box::new(shown)));
    }

    /// Leads a frame to a URL, as a window's script or an element of it asks.
    ///
    /// # Errors
    /// It may not: why.
    pub(crate) fn navigate(&self, from: &Rc<Window>, id: FrameId, url: Url) -> Result<(), String> {
        if !self.may_lead(from, id) {
            let (own, what) = (&from.place.url, if id == TOP { "the page" } else { "another frame" });
            return Err(format!("the frame of {own} is sandboxed, and may not lead {what} to {url}"));
        }
        let host = &from.host;
        let Some((around, element)) = self.holder(id) else {
            let text = format!("The page leads to {url}, which is not followed: a page is opened once.");
            from.print(Kind::Console, Level::Warn, text);
            return Ok(());
        };
        self.stop(id);
        let sandbox = self.sandbox_of(&around, element);
        if url.scheme() == "about" {
            let place = self.inherited(id, from, sandbox, url.as_str());
            let (origin, referring) = (origin_of(&url, from, sandbox), from.environment().url.clone());
            let shown = Shown { frame: id, html: String::new(), place, origin, referring };
            host.queue(around.id, Task::Show(Box::new(shown)));
            return Ok(());
        }
        if self.shows_itself(id, &url) {
            let text = format!("A frame of {url} within itself shows nothing.");
            from.print(Kind::Console, Level::Warn, text);
            host.queue(around.id, Task::Framed { element, fires: false });
            return Ok(());
        }
        let description = json!({ "as": "frame", "url": url.as_str() }).to_string();
        let request = host.fetch(around.id, from.environment(), &description, None);
        let referrer = from.referrer_to(&url);
        match (request, self.all.borrow_mut().get_mut(&id)) {
            (Some(request), Some(frame)) => frame.coming = Some(Coming { request, url, referrer }),
            _ => drop(host.queue(around.id, Task::Framed { element, fires: false })),
        }
        Ok(())
    }

    /// Whether a frame would show what is around it already, and so on without end.
    fn shows_itself(&self, id: FrameId, url: &Url) -> bool {
        let same = |other: &Url| url[..url::Position::AfterQuery] == other[..url::Position::AfterQuery];
        std::iter::successors(self.parent(id), |id| self.parent(*id))
            .any(|above| self.get(above, |frame| same(&frame.window.place.url)).unwrap_or(false))
    }

    /// Stops what is under way to a frame.
    fn stop(&self, id: FrameId) {
        let mut all = self.all.borrow_mut();
        if let Some(frame) = all.get_mut(&id)
            && let Some(coming) = frame.coming.take()
        {
            frame.window.host.abort(coming.request);
        }
    }

    /// The frame that waits for this answer.
    pub(crate) fn awaiting(&self, request: RequestId) -> Option<FrameId> {
        let all = self.all.borrow();
        all.iter()
            .find(|(_, frame)| frame.coming.as_ref().is_some_and(|coming| coming.request == request))
            .map(|(id, _)| *id)
    }

    /// What a frame shows of what came, or nothing new where that is none.
    pub(crate) fn come(&self, id: FrameId, loaded: Option<&Loaded>) -> Option<Shown> {
        let (around, element) = self.holder(id)?;
        let coming = self.all.borrow_mut().get_mut(&id)?.coming.take()?;
        let sandbox = self.sandbox_of(&around, element);
        // What could not be had is shown as a page of no origin, on which nothing is.
        let failed = || {
            let mut place = self.inherited(id, &around, sandbox, coming.url.as_str());
            place.base = coming.url.clone();
            Shown { frame: id, html: String::new(), place, origin: Origin::opaque(), referring: None }
        };
        let Some(loaded) = loaded else { return Some(failed()) };
        if let Some(why) = self.refusal(&around, loaded) {
            around.print(Kind::Console, Level::Error, why);
            return Some(failed());
        }
        let html = match document::html_of(loaded) {
            Ok(html) => html,
            Err(NoPage::Nothing(_)) => return None,
            Err(NoPage::Other(why)) => {
                around.print(Kind::Console, Level::Warn, format!("A frame shows nothing: {why}"));
                String::new()
            }
        };
        let mut url = loaded.url.clone();
        if url.fragment().is_none() {
            url.set_fragment(coming.url.fragment());
        }
        let origin = Origin::of_page(&url, !sandbox.same_origin);
        let referring = Some(url.clone());
        let base = url.clone();
        let place = Place { frame: id, url, base, referrer: coming.referrer, sandbox, is_initial: false };
        Some(Shown { frame: id, html, place, origin, referring })
    }

    /// Why a response wants to be in no frame here.
    /// [Source](https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header).
    fn refusal(&self, around: &Rc<Window>, loaded: &Loaded) -> Option<String> {
        let values: Vec<String> = loaded
            .visible_headers
            .get_all("x-frame-options")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_ascii_uppercase())
            .collect();
        let mut known: Vec<&str> = values
            .iter()
            .map(String::as_str)
            .filter(|value| ["DENY", "SAMEORIGIN", "ALLOWALL"].contains(value))
            .collect();
        known.sort_unstable();
        known.dedup();
        let frames = std::iter::successors(Some(around.place.frame), |id| self.parent(*id));
        let is_own = |id: FrameId| {
            self.get(id, |frame| frame.window.environment().origin.same_origin_with_url(&loaded.url))
        };
        let refuses = match known.as_slice() {
            [] | ["ALLOWALL"] => false,
            ["SAMEORIGIN"] => !frames.into_iter().all(|id| is_own(id) == Some(true)),
            // Several that contradict each other refuse.
            _ => true,
        };
        refuses.then(|| {
            let said = values.join(", ");
            format!(
                "Refused to display '{}' in a frame because it set 'X-Frame-Options' to '{said}'.",
                loaded.url
            )
        })
    }

    /// Shows a document in its frame. Gives the window, and those that are gone for it.
    pub(crate) fn show(&self, shown: Shown) -> Option<(Rc<Window>, Vec<WindowId>)> {
        let Shown { frame, place, origin, referring, .. } = shown;
        let (around, _) = self.holder(frame)?;
        let before = self.window(frame)?;
        let mut environment = around.environment().clone();
        (environment.origin, environment.url) = (origin, referring);
        let sandbox = place.sandbox;
        let window = Rc::new(Window::new(&around.host, place, environment)?);
        let gone = self.leave(&before);
        let mut all = self.all.borrow_mut();
        let own = all.get_mut(&frame)?;
        (own.window, own.sandbox) = (Rc::clone(&window), sandbox);
        Some((window, gone))
    }

    /// Takes a frame out of the page. Gives the windows that are gone.
    pub(crate) fn remove(&self, id: FrameId) -> Vec<WindowId> {
        self.stop(id);
        let Some(window) = self.window(id).filter(|_| id != TOP) else { return Vec::new() };
        let gone = self.leave(&window);
        self.all.borrow_mut().remove(&id);
        gone
    }

    /// Lets a window be gone, and all that is within it.
    fn leave(&self, window: &Window) -> Vec<WindowId> {
        let mut gone: Vec<_> =
            self.within(window.place.frame).into_iter().flat_map(|id| self.remove(id)).collect();
        window.is_gone.set(true);
        window.host.forget_window(window.id);
        gone.push(window.id);
        gone
    }

    /// Tells the window around a frame that what the frame shows is loaded.
    pub(crate) fn loaded(&self, host: &Host, id: FrameId) {
        if let Some((around, element)) = self.holder(id) {
            host.queue(around.id, Task::Framed { element, fires: true });
        }
    }
}

/// The origin of a document: of its URL, or of whoever gave it its text.
/// [Source](https://html.spec.whatwg.org/multipage/document-sequences.html#determining-the-origin).
fn origin_of(url: &Url, from: &Window, sandbox: Sandbox) -> Origin {
    match url.scheme() {
        _ if !sandbox.same_origin => Origin::opaque(),
        "about" => from.environment().origin.clone(),
        _ => Origin::of_url(url),
    }
}
