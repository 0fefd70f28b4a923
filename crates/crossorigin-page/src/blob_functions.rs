//! `blob:` URLs of a page, for the prelude.

use std::rc::Rc;

use crossorigin_agent::Blob;
use ring::rand::{SecureRandom as _, SystemRandom};
use rquickjs::{Ctx, Object};

use crate::functions::{binary, set};
use crate::window::Window;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, window: &Rc<Window>) -> rquickjs::Result<()> {
    let own = Rc::clone(window);
    set(ctx, to, "page_origin", move || own.origin())?;
    let own = Rc::clone(window);
    set(ctx, to, "add_blob_url", move |bytes: String, media_type: String| {
        let page = own.environment();
        let url = format!("blob:{}/{}", own.origin(), random_uuid()?);
        let blob = Blob { bytes: binary(&bytes).into(), media_type };
        page.blob_urls.add(&url, blob, page.origin.clone()).then_some(url)
    })?;
    let own = Rc::clone(window);
    set(ctx, to, "revoke_blob_url", move |url: String| {
        let page = own.environment();
        page.blob_urls.revoke(&url, &page.origin);
    })
}

/// A name that nobody can guess; none where the system has no chance to give.
/// [Source](https://w3c.github.io/FileAPI/#unicodeBlobURL).
fn random_uuid() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let mut text = String::with_capacity(36);
    for (nth, byte) in bytes.iter().enumerate() {
        if matches!(nth, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Some(text)
}
