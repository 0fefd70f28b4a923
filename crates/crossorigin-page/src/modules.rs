//! Where imports lead, and how they are fetched: while script waits, for the network is on a thread of its own.

use std::rc::Rc;

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Module};
use serde_json::json;

use crate::host::Host;
use crate::network::Answer;
use crate::urls::parse_url;

/// Resolves and fetches the modules of a page.
pub(crate) struct Modules(Rc<Host>);

impl Modules {
    pub(crate) fn new(host: &Rc<Host>) -> Self {
        Self(Rc::clone(host))
    }
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        let is_relative = ["./", "../", "/"].iter().any(|start| name.starts_with(start));
        let url = if is_relative { parse_url(name, Some(base)) } else { parse_url(name, None) };
        url.map(Into::into).ok_or_else(|| {
            Error::new_resolving_message(
                base,
                name,
                "a module is named by a URL, or by a path that begins with /, ./ or ../",
            )
        })
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
        let answer = self.0.fetch(&description, None).and_then(|id| self.0.wait_for(id));
        let loaded = answer.as_ref().and_then(Answer::loaded);
        match loaded.filter(|loaded| loaded.status.is_success()) {
            Some(loaded) => Module::declare(ctx.clone(), name, &*loaded.body),
            None => Err(Error::new_loading_message(name, "it could not be fetched")),
        }
    }
}
