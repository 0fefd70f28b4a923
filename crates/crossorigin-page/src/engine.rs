//! The script engine of a page: its limits, the realms of its windows, and their tasks.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Exception, Object, Persistent, Runtime, Value};

use crate::answers;
use crate::bitmaps::BitmapId;
use crate::clock::Clock;
use crate::dom::NodeId;
use crate::messages::{Letter, PortId};
use crate::modules::Modules;
use crate::network::{Answer, RequestId};
use crate::realm::{Entries, Evaluated, Promised, Realm, evaluated};
use crate::window::{Window, WindowId};

/// The most memory that the scripts of a page may use, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 512 << 20;
/// The deepest stack that scripts may have, in bytes.
pub const MAX_STACK_BYTES: usize = 1 << 20;

/// The most windows into which script can look in the task in which it made them; at first, a quarter of that.
pub const MAX_NEW_WINDOWS: usize = 16;

/// A context without a window.
struct Spare {
    global: Persistent<Object<'static>>,
    context: Context,
}

/// A page's script engine.
pub(crate) struct Engine {
    // Dropped in this order: what is kept of the realms, the realms, the runtime.
    realms: RefCell<Vec<Rc<Realm>>>,
    /// Contexts for windows that script looks into before its task is over: none can be made while it runs.
    spare: RefCell<Vec<Spare>>,
    wanted: Cell<usize>,
    own: Weak<Self>,
    runtime: Runtime,
    clock: Rc<Clock>,
    /// Whether a promise was rejected of which nobody was told yet.
    has_rejected: Cell<bool>,
}

impl Engine {
    /// An engine without a window.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) fn new(clock: &Rc<Clock>) -> anyhow::Result<Rc<Self>> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(MAX_SCRIPT_BYTES);
        runtime.set_max_stack_size(MAX_STACK_BYTES);
        let time = Rc::clone(clock);
        runtime.set_interrupt_handler(Some(Box::new(move || time.is_over())));
        Ok(Rc::new_cyclic(|own: &Weak<Self>| {
            runtime.set_loader(Modules::new(own), Modules::new(own));
            let tracking = Weak::clone(own);
            runtime.set_host_promise_rejection_tracker(Some(Box::new(
                move |ctx, promise, reason, is_handled| {
                    let Some(engine) = tracking.upgrade() else { return };
                    engine.has_rejected.set(true);
                    let track = engine.realm_of(&ctx).map(|realm| realm.entries.track_rejection.clone());
                    if let Some(Ok(track)) = track.map(|track| track.restore(&ctx)) {
                        let _ = track.call::<_, ()>((promise, reason, is_handled));
                    }
                },
            )));
            Self {
                realms: RefCell::default(),
                spare: RefCell::default(),
                wanted: Cell::new(MAX_NEW_WINDOWS / 4),
                own: Weak::clone(own),
                runtime,
                clock: Rc::clone(clock),
                has_rejected: Cell::new(false),
            }
        }))
    }

    /// Gives a window its realm, the interfaces in place.
    ///
    /// # Errors
    /// There is no memory left, or no time.
    pub(crate) fn open(&self, window: &Rc<Window>) -> anyhow::Result<()> {
        let context = Context::full(&self.runtime)?;
        let realm = context
            .clone()
            .with(|ctx| Realm::new(context, &ctx, window, &self.own, self.common_of(window)))?;
        self.realms.borrow_mut().push(Rc::new(realm));
        Ok(())
    }

    /// What the preludes of a window's cluster share.
    fn common_of(&self, window: &Window) -> Option<Persistent<Object<'static>>> {
        let realms = self.realms.borrow();
        let sibling = realms.iter().find(|realm| realm.window.is_of_cluster(window));
        sibling.map(|realm| realm.entries.common.clone())
    }

    /// Lets a window have a realm no more.
    pub(crate) fn close(&self, window: WindowId) {
        self.realms.borrow_mut().retain(|realm| realm.window.id != window);
    }

    /// The realm of a window into which script looks; it is made where nobody has looked there before.
    pub(crate) fn realm_in_task(&self, ctx: &Ctx<'_>, window: &Rc<Window>) -> rquickjs::Result<Rc<Realm>> {
        if let Some(realm) = self.realm(window.id) {
            return Ok(realm);
        }
        let Some(Spare { global, context }) = self.spare.borrow_mut().pop() else {
            self.wanted.set((2 * self.wanted.get()).min(MAX_NEW_WINDOWS));
            let why = "script looks into too many new frames at once; look into them in later tasks";
            return Err(Exception::throw_range(ctx, why));
        };
        let global = global.restore(ctx)?;
        let realm = Realm::new(context, global.ctx(), window, &self.own, self.common_of(window))
            .map_err(|error| Exception::throw_internal(ctx, &error.to_string()))?;
        let realm = Rc::new(realm);
        self.realms.borrow_mut().push(Rc::clone(&realm));
        Ok(realm)
    }

    /// Makes contexts for the task to come.
    fn provide(&self) {
        while self.spare.borrow().len() < self.wanted.get() {
            let Ok(context) = Context::full(&self.runtime) else { return };
            let global = context.with(|ctx| Persistent::save(&ctx, ctx.globals()));
            self.spare.borrow_mut().push(Spare { global, context });
        }
    }

    fn realm(&self, window: WindowId) -> Option<Rc<Realm>> {
        self.realms.borrow().iter().find(|realm| realm.window.id == window).cloned()
    }

    /// A window that is shown.
    pub(crate) fn window(&self, id: WindowId) -> Option<Rc<Window>> {
        self.realm(id).map(|realm| Rc::clone(&realm.window))
    }

    /// The realm in which script runs.
    fn realm_of(&self, ctx: &Ctx<'_>) -> Option<Rc<Realm>> {
        self.realms.borrow().iter().find(|realm| realm.context.as_raw() == ctx.as_raw()).cloned()
    }

    /// The window whose script runs.
    pub(crate) fn window_of(&self, ctx: &Ctx<'_>) -> Option<Rc<Window>> {
        self.realm_of(ctx).map(|realm| Rc::clone(&realm.window))
    }

    /// Runs a task of a window to its end, and then all microtasks.
    fn task<R>(
        &self,
        window: WindowId,
        steps: impl FnOnce(&Ctx<'_>, &Entries, &Window) -> rquickjs::Result<R>,
    ) -> Option<R> {
        let realm = self.realm(window)?;
        self.provide();
        let done = realm.context.with(|ctx| {
            let done = steps(&ctx, &realm.entries, &realm.window);
            done.map_err(|error| realm.report(&ctx, &error)).ok()
        });
        self.run_microtasks();
        if self.has_rejected.replace(false) {
            let realms = self.realms.borrow().clone();
            realms.iter().for_each(|realm| realm.report_rejections());
            self.run_microtasks();
        }
        done
    }

    fn run_microtasks(&self) {
        // Microtasks can make more of themselves without end.
        while self.runtime.is_job_pending() && !self.clock.is_over() {
            if let Err(failed) = self.runtime.execute_pending_job() {
                failed.0.with(|ctx| {
                    if let Some(realm) = self.realm_of(&ctx) {
                        realm.report(&ctx, &rquickjs::Error::Exception);
                    }
                });
            }
        }
    }

    /// Tells a window's prelude that a timer's time has come.
    pub(crate) fn timer(&self, window: WindowId, id: RequestId) {
        // Null, as where a request failed: one that was not even sent is a timer.
        self.task(window, |ctx, entries, _| {
            let nothing = Value::new_null(ctx.clone());
            entries.deliver.clone().restore(ctx)?.call::<_, ()>((id, nothing))
        });
    }

    /// Tells a window's prelude of an answer.
    pub(crate) fn answer(&self, window: WindowId, answer: &Answer) {
        self.task(window, |ctx, entries, window| {
            let value = answers::to_script(ctx, window, Some(answer))?;
            let more = !answer.news.is_last();
            entries.deliver.clone().restore(ctx)?.call::<_, ()>((answer.id, value, more))
        });
    }

    /// Prepares a script that a window's parser came to; the request that it has to wait for, or 0.
    pub(crate) fn prepare_script(&self, window: WindowId, script: NodeId) -> RequestId {
        let prepared = self.task(window, |ctx, entries, _| {
            entries.prepare_script.clone().restore(ctx)?.call::<_, RequestId>((script,))
        });
        prepared.unwrap_or(0)
    }

    /// Tells a window's prelude that its document is parsed.
    pub(crate) fn parsed(&self, window: WindowId) {
        self.task(window, |ctx, entries, _| entries.parsed.clone().restore(ctx)?.call::<_, ()>(()));
    }

    /// Tells a window's prelude that what one of its frames shows is loaded, or stays as it was.
    pub(crate) fn framed(&self, window: WindowId, element: NodeId, fires: bool) {
        self.task(window, |ctx, entries, _| {
            entries.framed.clone().restore(ctx)?.call::<_, ()>((element, fires))
        });
    }

    /// Tells a window's prelude of a message, for one of its ports where there is one.
    pub(crate) fn receive(&self, window: WindowId, letter: &Letter, port: Option<PortId>) {
        self.task(window, |ctx, entries, own| {
            own.host.ports.borrow_mut().hand_over(&letter.ports, window);
            let origin = &own.environment().origin;
            if letter.target.as_ref().is_some_and(|target| !target.same_origin(origin)) {
                return Ok(());
            }
            let (sender, origin) = letter.sender.clone().unzip();
            let told = (port, letter.text.as_str(), letter.ports.clone(), sender, origin.unwrap_or_default());
            entries.receive.clone().restore(ctx)?.call::<_, ()>(told)
        });
    }

    /// Runs a script in a window.
    pub(crate) fn eval(&self, window: WindowId, source: &str) -> Evaluated {
        let evaluated = self.task(window, |ctx, _, _| {
            let mut options = EvalOptions::default();
            options.strict = false;
            Ok(evaluated(ctx, ctx.eval_with_options::<Value<'_>, _>(source, options)))
        });
        evaluated.unwrap_or_else(|| Evaluated::Value(String::new()))
    }

    /// The bitmap of an element that is a canvas.
    pub(crate) fn canvas_bitmap(&self, window: WindowId, element: NodeId) -> Option<BitmapId> {
        self.task(window, |ctx, entries, _| entries.canvas_bitmap.clone().restore(ctx)?.call((element,)))
            .flatten()
    }

    /// What came of a promise of a window, once that is known.
    pub(crate) fn settled(&self, window: WindowId, promised: &Promised) -> Option<Evaluated> {
        self.realm(window)?.context.with(|ctx| {
            let promise = promised.0.clone().restore(&ctx).ok()?;
            Some(evaluated(&ctx, promise.result::<Value<'_>>()?))
        })
    }
}
