//! Style sheets' functions, for the prelude. What a style sheet loads is asked for here: script may not know of it.

use std::rc::Rc;

use rquickjs::{Ctx, Object};
use serde_json::json;
use url::Url;

use crate::functions::set;
use crate::network::RequestId;
use crate::stylesheets::{Load, SheetId, images_of_style};
use crate::window::Window;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let shared = || Rc::clone(window);
    let own = shared();
    set(ctx, to, "add_sheet", move |text: String, base: String| {
        let base = Url::parse(&base).unwrap_or_else(|_| own.place.url.clone());
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
        let loads = own.sheets.borrow().images(id, &own.cluster.dom.borrow(), &own.style_loads.borrow());
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
fn load(window: &Window, loads: Vec<Load>) {
    for load in loads {
        let Load { initiator, url } = &load;
        let description = json!({ "as": initiator.name(), "url": url.as_str() }).to_string();
        if window.style_loads.borrow_mut().insert(load) {
            window.fetch(&description, None);
        }
    }
}
