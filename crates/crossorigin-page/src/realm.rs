//! The realm of a window: its prelude, and the functions that the prelude stands on.

use std::rc::{Rc, Weak};

use rquickjs::context::EvalOptions;
use rquickjs::function::Opt;
use rquickjs::loader::{Loader as _, bundle::Bundle};
use rquickjs::{CatchResultExt as _, Coerced, Context, Ctx, Function, Object, Persistent, Promise, Value};

use crate::bitmap_functions;
use crate::blob_functions;
use crate::console::{Kind, Level};
use crate::dom_functions;
use crate::encoding_functions;
use crate::engine::Engine;
use crate::fetch_functions;
use crate::frame_functions;
use crate::functions::set;
use crate::message_functions;
use crate::modules::declare;
use crate::parser_functions;
use crate::prelude::{COMPILED, FONTS, MAIN, PRELUDE_NAME, STREAMS, WEBGL};
use crate::storage_functions;
use crate::stylesheet_functions;
use crate::text_functions;
use crate::urls;
use crate::window::Window;

/// A window's realm.
pub(crate) struct Realm {
    // Dropped in this order: what is kept of the context, the context.
    pub(crate) entries: Entries,
    pub(crate) context: Context,
    pub(crate) window: Rc<Window>,
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
pub(crate) struct Promised(pub(crate) Persistent<Promise<'static>>);

/// The prelude's functions that are called from here.
pub(crate) struct Entries {
    pub(crate) deliver: Persistent<Function<'static>>,
    pub(crate) parsed: Persistent<Function<'static>>,
    pub(crate) prepare_script: Persistent<Function<'static>>,
    pub(crate) canvas_bitmap: Persistent<Function<'static>>,
    pub(crate) track_rejection: Persistent<Function<'static>>,
    pub(crate) framed: Persistent<Function<'static>>,
    pub(crate) receive: Persistent<Function<'static>>,
    /// The element of a node.
    pub(crate) wrap: Persistent<Function<'static>>,
    pub(crate) global: Persistent<Object<'static>>,
    pub(crate) document: Persistent<Object<'static>>,
    /// What the preludes of a cluster share, and no script sees.
    pub(crate) common: Persistent<Object<'static>>,
    report_exception: Persistent<Function<'static>>,
    report_rejections: Persistent<Function<'static>>,
}

impl Realm {
    /// A realm for a window, its interfaces in place, in a context into which `ctx` leads.
    ///
    /// # Errors
    /// There is no memory left, or no time.
    pub(crate) fn new(
        context: Context,
        ctx: &Ctx<'_>,
        window: &Rc<Window>,
        engine: &Weak<Engine>,
        common: Option<Persistent<Object<'static>>>,
    ) -> anyhow::Result<Self> {
        let prelude: Function<'_> =
            prelude(ctx, MAIN).catch(ctx).map_err(|error| anyhow::anyhow!("the prelude: {error}"))?;
        let functions = Object::new(ctx.clone())?;
        let cluster = &window.cluster;
        define(ctx, &functions, window)?;
        dom_functions::define(ctx, &functions, &cluster.dom, window.document, &window.host.clock)?;
        bitmap_functions::define(ctx, &functions, &cluster.bitmaps)?;
        stylesheet_functions::define(ctx, &functions, window)?;
        text_functions::define(ctx, &functions, &cluster.fonts, &cluster.bitmaps)?;
        fetch_functions::define(ctx, &functions, window)?;
        urls::define(ctx, &functions)?;
        encoding_functions::define(ctx, &functions)?;
        blob_functions::define(ctx, &functions, window)?;
        storage_functions::define(ctx, &functions, window)?;
        frame_functions::define(ctx, &functions, window, engine)?;
        message_functions::define(ctx, &functions, window)?;
        parser_functions::define(ctx, &functions, window)?;
        let common = match common {
            Some(common) => common.restore(ctx)?,
            None => {
                let common = Object::new(ctx.clone())?;
                // Scripts can reach what objects have by themselves.
                common.set_prototype(None)?;
                common
            }
        };
        functions.set("common", common.clone())?;
        let made: Object<'_> =
            prelude.call((functions,)).catch(ctx).map_err(|error| anyhow::anyhow!("the prelude: {error}"))?;
        let save =
            |name: &str| made.get::<_, Function<'_>>(name).map(|function| Persistent::save(ctx, function));
        let entries = Entries {
            deliver: save("deliver")?,
            parsed: save("parsed")?,
            prepare_script: save("prepareScript")?,
            report_exception: save("reportException")?,
            report_rejections: save("reportRejections")?,
            canvas_bitmap: save("canvasBitmap")?,
            track_rejection: save("trackRejection")?,
            framed: save("framed")?,
            receive: save("receive")?,
            wrap: save("wrap")?,
            global: Persistent::save(ctx, ctx.globals()),
            document: Persistent::save(ctx, made.get::<_, Object<'_>>("document")?),
            common: Persistent::save(ctx, common),
        };
        Ok(Self { entries, context, window: Rc::clone(window) })
    }

    /// Reports what was thrown and not caught.
    pub(crate) fn report(&self, ctx: &Ctx<'_>, error: &rquickjs::Error) {
        if error.is_exception() {
            let thrown = ctx.catch();
            if let Ok(report) = self.entries.report_exception.clone().restore(ctx) {
                let _ = report.call::<_, ()>((thrown,));
            }
        }
    }

    /// Tells of promises that were rejected and that nobody looks after.
    pub(crate) fn report_rejections(&self) {
        self.context.with(|ctx| {
            if let Ok(report) = self.entries.report_rejections.clone().restore(&ctx) {
                let _ = report.call::<_, ()>(());
            }
        });
    }
}

/// What a script came to, as far as that is known.
pub(crate) fn evaluated<'js>(ctx: &Ctx<'js>, result: rquickjs::Result<Value<'js>>) -> Evaluated {
    let json = result.and_then(|value| {
        if let Some(promise) = value.as_promise().cloned() {
            return Ok(Evaluated::Promised(Promised(Persistent::save(ctx, promise))));
        }
        let json = ctx.json_stringify(value)?.map(|text| text.to_string()).transpose()?;
        Ok(Evaluated::Value(json.unwrap_or_default()))
    });
    json.unwrap_or_else(|error| Evaluated::Threw(thrown(ctx, &error)))
}

/// A part of the prelude: a function of what it stands on.
///
/// OPTIMIZATION: it was compiled when this crate was built, for reading it takes longer than most pages do (test
/// `the_prelude_is_what_its_files_say`).
fn prelude<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    let module = Bundle(COMPILED).load(ctx, name, None)?;
    let (module, evaluated) = module.eval()?;
    evaluated.finish::<()>()?;
    module.get("default")
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

fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let shared = || Rc::clone(window);
    let own = shared();
    set(ctx, to, "log", move |level: String, text: String| {
        own.print(Kind::Console, Level::named(&level), text);
    })?;
    let own = shared();
    set(ctx, to, "uncaught", move |message: String, stack: String| {
        own.host.uncaught.set(own.host.uncaught.get() + 1);
        // Of the stack, what is the page's own.
        let frames = stack.lines().filter(|frame| !frame.contains(PRELUDE_NAME) && !frame.trim().is_empty());
        let text = std::iter::once(message.as_str()).chain(frames).collect::<Vec<_>>().join("\n");
        own.print(Kind::Exception, Level::Error, text);
    })?;
    let own = shared();
    set(ctx, to, "now", move || own.host.now())?;
    let own = shared();
    set(ctx, to, "timer", move |milliseconds: f64, weak: Opt<bool>| {
        let id = own.timer(milliseconds);
        if weak.0 == Some(true) {
            own.host.weaken_timer(id);
        }
        id
    })?;
    let own = shared();
    set(ctx, to, "clear_timer", move |id: u32| own.host.clear_timer(id))?;
    let own = shared();
    set(ctx, to, "close", move || own.host.closed.set(true))?;
    let own = shared();
    set(ctx, to, "add_import_map", move |text: String, base: String| {
        own.import_map.borrow_mut().add(&text, &base).err()
    })?;
    let own = shared();
    set(ctx, to, "page_url", move || own.place.url.to_string())?;
    set(ctx, to, "user_agent", || crossorigin_agent::USER_AGENT_VALUE)?;
    define_scripts(ctx, to, window)
}

/// The functions that run scripts.
fn define_scripts<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let shared = || Rc::clone(window);
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
