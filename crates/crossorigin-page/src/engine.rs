//! The script engine of a page: its limits, the realms of its windows, and their tasks.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Runtime, Value};

use crate::answers;
use crate::bitmaps::BitmapId;
use crate::clock::Clock;
use crate::dom::NodeId;
use crate::modules::Modules;
use crate::network::{Answer, RequestId};
use crate::realm::{Entries, Evaluated, Promised, Realm, evaluated};
use crate::window::{Window, WindowId};

/// The most memory that the scripts of a page may use, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 512 << 20;
/// The deepest stack that scripts may have, in bytes.
pub const MAX_STACK_BYTES: usize = 1 << 20;

/// A page's script engine.
pub(crate) struct Engine {
    // Dropped in this order: what is kept of the realms, the realms, the runtime.
    realms: RefCell<Vec<Rc<Realm>>>,
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
        let realm = Realm::new(Context::full(&self.runtime)?, window)?;
        self.realms.borrow_mut().push(Rc::new(realm));
        Ok(())
    }

    fn realm(&self, window: WindowId) -> Option<Rc<Realm>> {
        self.realms.borrow().iter().find(|realm| realm.window.id == window).cloned()
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
