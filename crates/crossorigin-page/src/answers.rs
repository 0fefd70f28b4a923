//! What the network tells, as the prelude takes it.

use crossorigin::fetching::ResponseType;
use crossorigin::html::Initiator;
use crossorigin::infrastructure::mime_type::extract_mime_type;
use crossorigin_agent::Loaded;
use crossorigin_verdict::{Outcome, Record};
use http::header::CONTENT_TYPE;
use rquickjs::{Ctx, Object, TypedArray, Value};

use crate::images::Colours;
use crate::network::{Answer, News};
use crate::text_functions;
use crate::window::Window;

/// An answer: null where the fetch or the body failed (`false` where an event stream was refused), an object for a
/// response, bytes for a piece of its body, `true` for its end, and a number for what the network has taken of the
/// request's body.
pub(crate) fn to_script<'js>(
    ctx: &Ctx<'js>,
    window: &Window,
    answer: Option<&Answer>,
) -> rquickjs::Result<Value<'js>> {
    match answer.map(|answer| &answer.news) {
        Some(News::Whole(None, record)) if is_refused(record) => Ok(Value::new_bool(ctx.clone(), false)),
        None | Some(News::Whole(None, _) | News::Broken(_)) => Ok(Value::new_null(ctx.clone())),
        Some(News::Whole(Some(loaded), record)) => response(ctx, window, loaded, Some(record.initiator)),
        Some(News::Head(head, record)) => {
            let object = response(ctx, window, head, None)?;
            set_media(window, &object, head, record.initiator)?;
            Ok(object)
        }
        Some(News::Piece(piece)) => Ok(TypedArray::<u8>::new_copy(ctx.clone(), piece)?.into_value()),
        Some(News::Sent(bytes)) => Ok(Value::new_float(ctx.clone(), *bytes as f64)),
        Some(News::Taken) => Ok(Value::new_int(ctx.clone(), 0)),
        Some(News::End) => Ok(Value::new_bool(ctx.clone(), true)),
    }
}

/// Whether an event stream was refused, so that there is no use in asking again.
fn is_refused(record: &Record) -> bool {
    record.initiator == Initiator::EventSource && matches!(record.outcome, Outcome::Blocked(_))
}

/// A response, with its body where there is an initiator that it is all for.
fn response<'js>(
    ctx: &Ctx<'js>,
    window: &Window,
    loaded: &Loaded,
    whole_for: Option<Initiator>,
) -> rquickjs::Result<Value<'js>> {
    let is_visible = matches!(loaded.response_type, ResponseType::Basic | ResponseType::Cors);
    let object = Object::new(ctx.clone())?;
    object.set("type", loaded.response_type.name())?;
    let tells_url = loaded.response_type != ResponseType::Opaque;
    object.set("url", if tells_url { loaded.url.as_str() } else { "" })?;
    object.set("redirected", loaded.redirected && is_visible)?;
    object.set("status", if is_visible { loaded.status.as_u16() } else { 0 })?;
    object.set("statusText", if is_visible { loaded.status_text.as_str() } else { "" })?;
    let headers: Vec<Vec<String>> = loaded
        .visible_headers
        .iter()
        .map(|(name, value)| {
            vec![name.to_string(), value.as_bytes().iter().map(|byte| char::from(*byte)).collect()]
        })
        .collect();
    object.set("headers", headers)?;
    // Scripts stay here until they run: the page could look into anything that passes through its interfaces.
    if matches!(whole_for, Some(Initiator::Script | Initiator::Module)) {
        let is_module = whole_for == Some(Initiator::Module);
        let is_good = loaded.status.is_success() && (!is_module || is_javascript(loaded));
        object.set("source", is_good.then(|| window.keep_source(&loaded.body)))?;
        return Ok(object.into_value());
    }
    if whole_for == Some(Initiator::Stylesheet) {
        object.set("sheet", window.sheets.borrow_mut().keep(loaded))?;
        return Ok(object.into_value());
    }
    if whole_for == Some(Initiator::Image) {
        let content_type = loaded.content_type.as_ref().and_then(|value| extract_mime_type(value.as_bytes()));
        let is_svg = content_type.is_some_and(|essence| essence.is("image", "svg+xml"));
        let image = window.cluster.bitmaps.borrow_mut().decode(
            &loaded.body,
            is_svg,
            Colours::Converted,
            loaded.response_type,
        );
        object.set("image", image.map(|(id, width, height)| vec![id, width, height]))?;
    }
    if let Some(initiator) = whole_for {
        set_media(window, object.as_value(), loaded, initiator)?;
    }
    if matches!(whole_for, Some(Initiator::Font | Initiator::FontFace)) {
        // Of what is opaque too, though script is not told its status.
        let added = if loaded.status.is_success() {
            window.cluster.fonts.borrow_mut().add(&loaded.body)
        } else {
            Err(format!("its status is {}", loaded.status))
        };
        object.set("font", text_functions::to_script(ctx, added)?)?;
        return Ok(object.into_value());
    }
    if whole_for.is_some() {
        let body: &[u8] = if is_visible { &loaded.body } else { &[] };
        object.set("body", TypedArray::<u8>::new_copy(ctx.clone(), body)?)?;
    }
    Ok(object.into_value())
}

/// Modules are taken only from what says that it is JavaScript.
/// [Source](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script).
pub(crate) fn is_javascript(loaded: &Loaded) -> bool {
    let content_type = loaded.visible_headers.get(CONTENT_TYPE);
    let essence = content_type.and_then(|value| extract_mime_type(value.as_bytes()));
    essence.is_some_and(|essence| essence.is_javascript())
}

/// Video and sound are known to the prelude by a bitmap without pixels, whose flag says whether they are shared.
fn set_media(window: &Window, to: &Value<'_>, loaded: &Loaded, initiator: Initiator) -> rquickjs::Result<()> {
    match to.as_object() {
        Some(object) if matches!(initiator, Initiator::Video | Initiator::Audio) => {
            object.set("media", window.cluster.bitmaps.borrow_mut().without_pixels(loaded.response_type))
        }
        _ => Ok(()),
    }
}
