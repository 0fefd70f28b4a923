//! The script engine of a page: its limits, its prelude, and the functions that the prelude stands on.

use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::function::Opt;
use rquickjs::{
    CatchResultExt as _, Coerced, Context, Ctx, Function, Object, Persistent, Promise, Runtime, Value,
};

use crate::answers;
use crate::bitmap_functions;
use crate::bitmaps::BitmapId;
use crate::blob_functions;
use crate::clock::Clock;
use crate::console::{Kind, Level};
use crate::dom;
use crate::dom_functions;
use crate::encoding_functions;
use crate::fetch_functions;
use crate::functions::set;
use crate::host::Host;
use crate::modules::{Modules, declare};
use crate::network::Answer;
use crate::storage_functions;
use crate::stylesheet_functions;
use crate::text_functions;
use crate::urls;

/// The most memory that the scripts of a page may use, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 512 << 20;
/// The deepest stack that scripts may have, in bytes.
pub const MAX_STACK_BYTES: usize = 1 << 20;

/// The interfaces of a page, in script.
const PRELUDE: &str = concat!(
    "(function (host) { 'use strict';\n",
    include_str!("prelude/base.js"),
    include_str!("prelude/inspect.js"),
    include_str!("prelude/events.js"),
    include_str!("prelude/abort.js"),
    include_str!("prelude/url.js"),
    include_str!("prelude/encodings.js"),
    include_str!("prelude/streams_door.js"),
    include_str!("prelude/blobs.js"),
    include_str!("prelude/formdata.js"),
    include_str!("prelude/clone.js"),
    include_str!("prelude/headers.js"),
    include_str!("prelude/body.js"),
    include_str!("prelude/fetch.js"),
    include_str!("prelude/xhr_response.js"),
    include_str!("prelude/xhr.js"),
    include_str!("prelude/collections.js"),
    include_str!("prelude/eventsource.js"),
    include_str!("prelude/dom.js"),
    include_str!("prelude/element.js"),
    include_str!("prelude/uievents.js"),
    include_str!("prelude/documents.js"),
    include_str!("prelude/style.js"),
    include_str!("prelude/stylesheets.js"),
    include_str!("prelude/scripts.js"),
    include_str!("prelude/elements.js"),
    include_str!("prelude/forms.js"),
    include_str!("prelude/images.js"),
    include_str!("prelude/canvas.js"),
    include_str!("prelude/paths.js"),
    include_str!("prelude/context2d.js"),
    include_str!("prelude/webgl_door.js"),
    include_str!("prelude/location.js"),
    include_str!("prelude/loading.js"),
    include_str!("prelude/fonts_door.js"),
    include_str!("prelude/media.js"),
    include_str!("prelude/window.js"),
    include_str!("prelude/beacon.js"),
    include_str!("prelude/storage.js"),
    "return { deliver: (...news) => { nameElements(); deliver(...news); }, parsed, reportException, trackRejection, reportRejections,\n",
    "  prepareScript: id => { nameElements(); return prepareScript(wrap(id), true); },\n",
    "  canvasBitmap: id => (wrap(id) instanceof HTMLCanvasElement ? bitmapOf(wrap(id))[0] : null) };\n})"
);

/// WebGL, which is read where a page first asks for it: most never do, and it is as long as much of the rest.
const WEBGL: &str = concat!(
    "(function (main) { 'use strict';\n",
    "const { host, MAKING, SURFACE, ImageData, ImageBitmap, bitmapOf, mediaOf, mustBeClean } = main;\n",
    include_str!("prelude/webgl_constants.js"),
    include_str!("prelude/webgl_objects.js"),
    include_str!("prelude/webgl_programs.js"),
    include_str!("prelude/webgl_textures.js"),
    include_str!("prelude/webgl.js"),
    include_str!("prelude/webgl_drawing.js"),
    "})"
);

/// Fonts and text on canvases, which are read in the same way.
const FONTS: &str = concat!(
    "(function (main) { 'use strict';\n",
    "const { host, MAKING, document, request, queueTask, fire, defineHandlers, whenParsed, block, bytesOf, bytesToBinary, Event, EventTarget,",
    "  Element, DOMException, URL } = main;\n",
    include_str!("prelude/css_fonts.js"),
    include_str!("prelude/fonts.js"),
    include_str!("prelude/text.js"),
    "return { set: fontFaceSet, connectFontFace, disconnectFontFace, beginText, setTextStyle, measureText, drawText,\n",
    "  interfaces: { FontFace, FontFaceSet, FontFaceSetLoadEvent, TextMetrics } };\n})"
);

/// Streams, which are read where a page first asks for one.
const STREAMS: &str = concat!(
    "(function (main) { 'use strict';\n",
    "const { MAKING, bytesOf, dictionary, encodeUtf8, structuredClone, TextDecoder } = main;\n",
    "const { AbortSignal, AbortController, addAbortSteps, removeAbortSteps } = main;\n",
    include_str!("prelude/streams.js"),
    include_str!("prelude/streams_tee.js"),
    include_str!("prelude/streams_bytes.js"),
    include_str!("prelude/streams_writable.js"),
    include_str!("prelude/streams_transform.js"),
    "})"
);

/// What stacks of calls have in place of the prelude's URL.
const PRELUDE_NAME: &str = "crossorigin:prelude";

/// A page's script engine.
pub(crate) struct Realm {
    // Dropped in this order: what is kept of the context, the context, the runtime.
    entries: Entries,
    context: Context,
    runtime: Runtime,
    clock: Rc<Clock>,
}

/// What came of a script.
pub(crate) enum Evaluated {
    /// Its value, as JSON; empty where it has none.
    Value(String),
    /// What it threw.
    Threw(String),
    /// Its value is to come.
    Promised(Promised),
}

/// A value that is to come. It must not outlive its realm.
pub(crate) struct Promised(Persistent<Promise<'static>>);

/// The prelude's functions that are called from here.
struct Entries {
    deliver: Persistent<Function<'static>>,
    parsed: Persistent<Function<'static>>,
    prepare_script: Persistent<Function<'static>>,
    report_exception: Persistent<Function<'static>>,
    report_rejections: Persistent<Function<'static>>,
    canvas_bitmap: Persistent<Function<'static>>,
    track_rejection: Persistent<Function<'static>>,
}

impl Drop for Realm {
    fn drop(&mut self) {
        // It holds a function of the context, which goes first.
        self.runtime.set_host_promise_rejection_tracker(None);
    }
}

impl Realm {
    /// An engine for a page, its interfaces in place.
    ///
    /// # Errors
    /// The engine does not start.
    pub(crate) fn new(host: &Rc<Host>) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(MAX_SCRIPT_BYTES);
        runtime.set_max_stack_size(MAX_STACK_BYTES);
        let clock = Rc::clone(&host.clock);
        runtime.set_interrupt_handler(Some(Box::new(move || clock.is_over())));
        runtime.set_loader(Modules::new(host), Modules::new(host));
        let context = Context::full(&runtime)?;
        let entries = context.with(|ctx| -> anyhow::Result<Entries> {
            let prelude: Function<'_> = prelude(&ctx, PRELUDE)
                .catch(&ctx)
                .map_err(|error| anyhow::anyhow!("the prelude: {error}"))?;
            let functions = Object::new(ctx.clone())?;
            define(&ctx, &functions, host)?;
            dom_functions::define(&ctx, &functions, &host.dom, &host.clock)?;
            bitmap_functions::define(&ctx, &functions, &host.bitmaps)?;
            stylesheet_functions::define(&ctx, &functions, host)?;
            text_functions::define(&ctx, &functions, &host.fonts, &host.bitmaps)?;
            fetch_functions::define(&ctx, &functions, host)?;
            urls::define(&ctx, &functions)?;
            encoding_functions::define(&ctx, &functions)?;
            blob_functions::define(&ctx, &functions, host)?;
            storage_functions::define(&ctx, &functions, host)?;
            let made: Object<'_> = prelude
                .call((functions,))
                .catch(&ctx)
                .map_err(|error| anyhow::anyhow!("the prelude: {error}"))?;
            let save = |name: &str| {
                made.get::<_, Function<'_>>(name).map(|function| Persistent::save(&ctx, function))
            };
            Ok(Entries {
                deliver: save("deliver")?,
                parsed: save("parsed")?,
                prepare_script: save("prepareScript")?,
                report_exception: save("reportException")?,
                report_rejections: save("reportRejections")?,
                canvas_bitmap: save("canvasBitmap")?,
                track_rejection: save("trackRejection")?,
            })
        })?;
        let track = entries.track_rejection.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, is_handled| {
                if let Ok(track) = track.clone().restore(&ctx) {
                    let _ = track.call::<_, ()>((promise, reason, is_handled));
                }
            },
        )));
        Ok(Self { entries, context, runtime, clock: Rc::clone(&host.clock) })
    }

    /// Runs a task to its end, and then all microtasks.
    fn task<R>(&self, steps: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<R>) -> Option<R> {
        let done = self.context.with(|ctx| steps(&ctx).map_err(|error| self.report(&ctx, &error)).ok());
        self.run_microtasks();
        self.context.with(|ctx| {
            if let Ok(report) = self.entries.report_rejections.clone().restore(&ctx) {
                let _ = report.call::<_, ()>(());
            }
        });
        self.run_microtasks();
        done
    }

    fn run_microtasks(&self) {
        // Microtasks can make more of themselves without end.
        while self.runtime.is_job_pending() && !self.clock.is_over() {
            if let Err(failed) = self.runtime.execute_pending_job() {
                failed.0.with(|ctx| self.report(&ctx, &rquickjs::Error::Exception));
            }
        }
    }

    /// Reports what was thrown and not caught.
    fn report(&self, ctx: &Ctx<'_>, error: &rquickjs::Error) {
        if error.is_exception() {
            let thrown = ctx.catch();
            if let Ok(report) = self.entries.report_exception.clone().restore(ctx) {
                let _ = report.call::<_, ()>((thrown,));
            }
        }
    }

    /// Tells the prelude that a timer's time has come.
    pub(crate) fn timer(&self, id: u32) {
        // Null, as where a request failed: one that was not even sent is a timer.
        self.task(|ctx| {
            let nothing = Value::new_null(ctx.clone());
            self.entries.deliver.clone().restore(ctx)?.call::<_, ()>((id, nothing))
        });
    }

    /// Tells the prelude of an answer.
    pub(crate) fn answer(&self, host: &Host, answer: &Answer) {
        self.task(|ctx| {
            let value = answers::to_script(ctx, host, Some(answer))?;
            let more = !answer.news.is_last();
            self.entries.deliver.clone().restore(ctx)?.call::<_, ()>((answer.id, value, more))
        });
    }

    /// Prepares a script that the parser came to; the request that it has to wait for, or 0.
    pub(crate) fn prepare_script(&self, script: dom::NodeId) -> u32 {
        self.task(|ctx| self.entries.prepare_script.clone().restore(ctx)?.call::<_, u32>((script,)))
            .unwrap_or(0)
    }

    /// Tells the prelude that the page is parsed.
    pub(crate) fn parsed(&self) {
        self.task(|ctx| self.entries.parsed.clone().restore(ctx)?.call::<_, ()>(()));
    }

    /// Runs a script.
    pub(crate) fn eval(&self, source: &str) -> Evaluated {
        let evaluated = self.task(|ctx| {
            let mut options = EvalOptions::default();
            options.strict = false;
            Ok(evaluated(ctx, ctx.eval_with_options::<Value<'_>, _>(source, options)))
        });
        evaluated.unwrap_or_else(|| Evaluated::Value(String::new()))
    }

    /// The bitmap of an element that is a canvas.
    pub(crate) fn canvas_bitmap(&self, element: dom::NodeId) -> Option<BitmapId> {
        self.task(|ctx| self.entries.canvas_bitmap.clone().restore(ctx)?.call((element,))).flatten()
    }

    /// What came of a promise, once that is known.
    pub(crate) fn settled(&self, promised: &Promised) -> Option<Evaluated> {
        self.context.with(|ctx| {
            let promise = promised.0.clone().restore(&ctx).ok()?;
            Some(evaluated(&ctx, promise.result::<Value<'_>>()?))
        })
    }
}

fn evaluated<'js>(ctx: &Ctx<'js>, result: rquickjs::Result<Value<'js>>) -> Evaluated {
    let json = result.and_then(|value| {
        if let Some(promise) = value.as_promise().cloned() {
            return Ok(Evaluated::Promised(Promised(Persistent::save(ctx, promise))));
        }
        let json = ctx.json_stringify(value)?.map(|text| text.to_string()).transpose()?;
        Ok(Evaluated::Value(json.unwrap_or_default()))
    });
    json.unwrap_or_else(|error| Evaluated::Threw(thrown(ctx, &error)))
}

/// A part of the prelude.
fn prelude<'js>(ctx: &Ctx<'js>, source: &str) -> rquickjs::Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.filename = Some(PRELUDE_NAME.to_owned());
    ctx.eval_with_options(source, options)
}

/// What was thrown, as `String()` has it.
fn thrown(ctx: &Ctx<'_>, error: &rquickjs::Error) -> String {
    if !error.is_exception() {
        return error.to_string();
    }
    let value = ctx.catch();
    let text =
        value.as_object().map(|object| (object.get::<_, String>("name"), object.get::<_, String>("message")));
    match text {
        Some((Ok(name), Ok(message))) => format!("{name}: {message}"),
        _ => value.get::<Coerced<String>>().map_or_else(|_| "something".to_owned(), |text| text.0),
    }
}

fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, host: &Rc<Host>) -> rquickjs::Result<()> {
    let shared = || Rc::clone(host);
    let own = shared();
    set(ctx, to, "log", move |level: String, text: String| {
        own.print(Kind::Console, Level::named(&level), text);
    })?;
    let own = shared();
    set(ctx, to, "uncaught", move |message: String, stack: String| {
        own.uncaught.set(own.uncaught.get() + 1);
        // Of the stack, what is the page's own.
        let frames = stack.lines().filter(|frame| !frame.contains(PRELUDE_NAME) && !frame.trim().is_empty());
        let text = std::iter::once(message.as_str()).chain(frames).collect::<Vec<_>>().join("\n");
        own.print(Kind::Exception, Level::Error, text);
    })?;
    let own = shared();
    set(ctx, to, "now", move || own.now())?;
    let own = shared();
    set(ctx, to, "timer", move |milliseconds: f64, weak: Opt<bool>| {
        let id = own.timer(milliseconds);
        if weak.0 == Some(true) {
            own.weaken_timer(id);
        }
        id
    })?;
    let own = shared();
    set(ctx, to, "clear_timer", move |id: u32| own.clear_timer(id))?;
    let own = shared();
    set(ctx, to, "close", move || own.closed.set(true))?;
    let own = shared();
    set(ctx, to, "add_import_map", move |text: String, base: String| {
        own.import_map.borrow_mut().add(&text, &base).err()
    })?;
    let own = shared();
    set(ctx, to, "page_url", move || own.url.to_string())?;
    set(ctx, to, "user_agent", || crossorigin_agent::USER_AGENT_VALUE)?;
    define_scripts(ctx, to, host)
}

/// The functions that run scripts.
fn define_scripts<'js>(ctx: &Ctx<'js>, to: &Object<'js>, host: &Rc<Host>) -> rquickjs::Result<()> {
    let shared = || Rc::clone(host);
    set(ctx, to, "part", |ctx: Ctx<'js>, name: String| {
        prelude(&ctx, if name == "webgl" { WEBGL } else { FONTS })
    })?;
    set(ctx, to, "webgl", |ctx: Ctx<'js>| prelude(&ctx, WEBGL))?;
    set(ctx, to, "streams", |ctx: Ctx<'js>| prelude(&ctx, STREAMS))?;
    set(ctx, to, "run_script", |ctx: Ctx<'js>, source: String, url: String| run_classic(&ctx, source, url))?;
    let own = shared();
    set(ctx, to, "run_source", move |ctx: Ctx<'js>, source: u32, url: String, is_muted: bool| {
        if is_muted {
            own.muted.borrow_mut().insert(url.clone());
        }
        run_classic(&ctx, own.take_source(source), url)
    })?;
    let own = shared();
    set(ctx, to, "is_muted", move |stack: String, file: String| own.is_muted(&stack, &file))?;
    set(ctx, to, "run_module", |ctx: Ctx<'js>, source: String, url: String| {
        Ok::<_, rquickjs::Error>(declare(&ctx, &url, source)?.eval()?.1)
    })?;
    let own = shared();
    set(ctx, to, "run_module_source", move |ctx: Ctx<'js>, source: u32, url: String| {
        Ok::<_, rquickjs::Error>(declare(&ctx, &url, own.take_source(source))?.eval()?.1)
    })
}

fn run_classic(ctx: &Ctx<'_>, source: String, url: String) -> rquickjs::Result<()> {
    let mut options = EvalOptions::default();
    (options.strict, options.filename) = (false, Some(url));
    ctx.eval_with_options::<Value<'_>, _>(source, options).map(drop)
}
