//! Frames, for the prelude. Which window may see what of another is decided here.

use std::rc::{Rc, Weak};

use rquickjs::{Ctx, Exception, Function, Object, Value};
use url::Url;

use crate::dom::NodeId;
use crate::engine::Engine;
use crate::frames::FrameId;
use crate::functions::set;
use crate::realm::Realm;
use crate::window::{Window, WindowId};

pub(crate) fn define<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    window: &Rc<Window>,
    engine: &Weak<Engine>,
) -> rquickjs::Result<()> {
    define_own(ctx, to, window)?;
    define_tree(ctx, to, window)?;
    define_leading(ctx, to, window, engine)?;
    define_looking(ctx, to, window, engine)
}

/// What is about the window itself.
fn define_own<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "own_frame", move || own.place.frame)?;
    let own = Rc::clone(window);
    set(ctx, to, "own_window", move || own.id)?;
    let own = Rc::clone(window);
    set(ctx, to, "is_window_shown", move |id: WindowId| own.host.frames.shows(id))?;
    let own = Rc::clone(window);
    set(ctx, to, "base_url", move || own.place.base.to_string())?;
    let own = Rc::clone(window);
    set(ctx, to, "referrer", move || own.place.referrer.clone())?;
    let own = Rc::clone(window);
    set(ctx, to, "is_initial", move || own.place.is_initial)?;
    let own = Rc::clone(window);
    set(ctx, to, "may_script", move || own.place.sandbox.scripts)?;
    let own = Rc::clone(window);
    set(ctx, to, "may_show_dialogs", move || own.place.sandbox.modals)?;
    let own = Rc::clone(window);
    set(ctx, to, "loaded", move || {
        if !own.is_gone.get() {
            own.host.frames.loaded(&own.host, own.place.frame);
        }
    })
}

/// What anyone may know of frames: which there are, and how they are called.
fn define_tree<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "is_shown", move |frame: FrameId| own.host.frames.window(frame).is_some())?;
    let own = Rc::clone(window);
    set(ctx, to, "parent_of", move |frame: FrameId| own.host.frames.parent(frame))?;
    let own = Rc::clone(window);
    set(ctx, to, "frames_of", move |frame: FrameId| own.host.frames.within(frame))?;
    let own = Rc::clone(window);
    set(ctx, to, "frame_name", move |frame: FrameId| own.host.frames.name(frame))?;
    let own = Rc::clone(window);
    set(ctx, to, "set_frame_name", move |frame: FrameId, name: String| {
        own.host.frames.set_name(frame, name);
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "is_gone", move || own.is_gone.get())
}

/// What makes frames, leads them elsewhere and takes them away.
fn define_leading<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    window: &Rc<Window>,
    engine: &Weak<Engine>,
) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "insert_frame", move |element: NodeId, name: String| {
        if own.is_gone.get() { None } else { own.host.frames.insert(&own, element, name) }
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "show_text", move |frame: FrameId, html: String| own.host.frames.show_text(frame, html))?;
    let own = Rc::clone(window);
    // What is wrong, if anything.
    set(ctx, to, "navigate_frame", move |frame: FrameId, url: String| {
        let url = Url::parse(&url).map_err(|error| error.to_string());
        url.and_then(|url| own.host.frames.navigate(&own, frame, url)).err()
    })?;
    let (own, engine) = (Rc::clone(window), Weak::clone(engine));
    set(ctx, to, "remove_frame", move |frame: FrameId| {
        let gone = own.host.frames.remove(frame);
        if let Some(engine) = engine.upgrade() {
            gone.into_iter().for_each(|id| engine.close(id));
        }
    })
}

/// What lets script look into the windows of its own origin, and no others.
fn define_looking<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    window: &Rc<Window>,
    engine: &Weak<Engine>,
) -> rquickjs::Result<()> {
    let looking = Looking { own: Rc::clone(window), engine: Weak::clone(engine) };
    set(
        ctx,
        to,
        "global_of",
        move |ctx: Ctx<'js>, frame: FrameId| -> rquickjs::Result<Option<Object<'js>>> {
            let realm = looking.realm(&ctx, frame)?;
            realm.map(|realm| realm.entries.global.clone().restore(&ctx)).transpose()
        },
    )?;
    let looking = Looking { own: Rc::clone(window), engine: Weak::clone(engine) };
    set(
        ctx,
        to,
        "document_of",
        move |ctx: Ctx<'js>, frame: FrameId| -> rquickjs::Result<Option<Object<'js>>> {
            let realm = looking.realm(&ctx, frame)?;
            realm.map(|realm| realm.entries.document.clone().restore(&ctx)).transpose()
        },
    )?;
    let looking = Looking { own: Rc::clone(window), engine: Weak::clone(engine) };
    set(ctx, to, "frame_element", move |ctx: Ctx<'js>| -> rquickjs::Result<Option<Value<'js>>> {
        let frames = &looking.own.host.frames;
        let Some((around, element)) = frames.holder(looking.own.place.frame) else { return Ok(None) };
        let Some(realm) = looking.realm(&ctx, around.place.frame)? else { return Ok(None) };
        let wrap: Function<'js> = realm.entries.wrap.clone().restore(&ctx)?;
        wrap.call((element,)).map(Some)
    })
}

struct Looking {
    own: Rc<Window>,
    engine: Weak<Engine>,
}

impl Looking {
    /// The realm that a frame shows, where it is of the own origin.
    fn realm(&self, ctx: &Ctx<'_>, frame: FrameId) -> rquickjs::Result<Option<Rc<Realm>>> {
        let window = self.own.host.frames.window(frame);
        let Some(window) = window.filter(|window| window.is_of_cluster(&self.own)) else { return Ok(None) };
        let engine = self.engine.upgrade();
        let engine = engine.ok_or_else(|| Exception::throw_internal(ctx, "the page is at its end"))?;
        engine.realm_in_task(ctx, &window).map(Some)
    }
}
