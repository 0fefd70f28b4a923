//! Where imports lead, and how they are fetched: while script waits, for the network is on a thread of its own.

use std::rc::{Rc, Weak};

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Module};
use serde_json::json;

use crate::answers::is_javascript;
use crate::engine::Engine;
use crate::network::Answer;
use crate::window::Window;

/// Resolves and fetches the modules of a page's windows.
pub(crate) struct Modules(Weak<Engine>);

impl Modules {
    pub(crate) fn new(engine: &Weak<Engine>) -> Self {
        Self(Weak::clone(engine))
    }

    /// The window whose script imports.
    fn window(&self, ctx: &Ctx<'_>) -> rquickjs::Result<Rc<Window>> {
        let window = self.0.upgrade().and_then(|engine| engine.window_of(ctx));
        window.ok_or_else(|| Exception::throw_type(ctx, "nothing is imported where no window is shown"))
    }
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        let found = self.window(ctx)?.import_map.borrow().resolve(name, base);
        found
            .map(Into::into)
            .map_err(|why| Exception::throw_type(ctx, &format!("{base} imports {name:?}, but {why}")))
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        let description = json!({ "as": "module", "url": name }).to_string();
        let window = self.window(ctx)?;
        let answer = window.fetch(&description, None).and_then(|id| window.host.wait_for(id));
        let loaded = answer.as_ref().and_then(Answer::loaded);
        match loaded.filter(|loaded| loaded.status.is_success() && is_javascript(loaded)) {
            Some(loaded) => declare(ctx, name, &*loaded.body),
            None => {
                let why = "could not be fetched, or is not served as JavaScript";
                Err(Exception::throw_type(ctx, &format!("the module {name} {why}")))
            }
        }
    }
}

/// A module that knows its URL.
pub(crate) fn declare<'js>(
    ctx: &Ctx<'js>,
    url: &str,
    source: impl Into<Vec<u8>>,
) -> rquickjs::Result<Module<'js, Declared>> {
    let module = Module::declare(ctx.clone(), url, source)?;
    module.meta()?.set("url", url)?;
    Ok(module)
}
