//! Style sheets' functions, for the prelude. What a style sheet loads is asked for here: script may not know of it.

use std::rc::Rc;

use rquickjs::{Ctx, Object};
use serde_json::json;
use url::Url;

use crate::functions::set;
use crate::host::Host;
use crate::network::RequestId;
use crate::stylesheets::{Load, SheetId, images_of_style};

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, host: &Rc<Host>) -> rquickjs::Result<()> {
    let shared = || Rc::clone(host);
    let own = shared();
    set(ctx, to, "add_sheet", move |text: String, base: String| {
        let base = Url::parse(&base).unwrap_or_else(|_| own.url.clone());
        own.sheets.borrow_mut().add(&text, base, true)
    })?;
    let own = shared();
    set(ctx, to, "sheet_rules", move |id: SheetId| own.sheets.borrow().rules(id))?;
    let own = shared();
    set(ctx, to, "sheet_fonts", move |id: SheetId| own.sheets.borrow().fonts(id))?;
    let own = shared();
    set(ctx, to, "load_imports", move |id: SheetId| -> Vec<RequestId> {
        let imports = own.sheets.borrow().imports(id);
        let fetch =
            |url: Url| own.fetch(&json!({ "as": "stylesheet", "url": url.as_str() }).to_string(), None);
        imports.into_iter().filter_map(fetch).collect()
    })?;
    let own = shared();
    set(ctx, to, "load_images", move |id: SheetId| {
        let loads = own.sheets.borrow().images(id, &own.dom.borrow());
        load(&own, loads);
    })?;
    let own = shared();
    set(ctx, to, "load_images_of_style", move |text: String, base: String| {
        if let Ok(base) = Url::parse(&base) {
            load(&own, images_of_style(&text, &base));
        }
    })
}

/// Asks for what was not asked for before.
fn load(host: &Host, loads: Vec<Load>) {
    for load in loads {
        let Load { initiator, url } = &load;
        let description = json!({ "as": initiator.name(), "url": url.as_str() }).to_string();
        if host.style_loads.borrow_mut().insert(load) {
            host.fetch(&description, None);
        }
    }
}
