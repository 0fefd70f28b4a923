//! The functions of images and canvases, for the prelude.

use std::cell::RefCell;
use std::rc::Rc;

use crossorigin::fetching::ResponseType;
use rquickjs::{Ctx, Exception, Object, TypedArray};

use crate::bitmaps::{BitmapId, Bitmaps, Tainted};
use crate::functions::{binary, set};
use crate::images::Colours;
use crate::images::MAX_PIXELS;
use crate::painting::{self, Drawing};

type Shared = Rc<RefCell<Bitmaps>>;

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>, bitmaps: &Shared) -> rquickjs::Result<()> {
    let own = Rc::clone(bitmaps);
    set(ctx, to, "canvas", move |width: u32, height: u32| own.borrow_mut().canvas(width, height))?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "resize", move |id: BitmapId, width: u32, height: u32| {
        own.borrow_mut().resize(id, width, height);
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "release", move |id: BitmapId| own.borrow_mut().release(id))?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "is_origin_clean", move |id: BitmapId| own.borrow().is_origin_clean(id))?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "draw_image", move |to: BitmapId, from: BitmapId, areas: Vec<f32>, drawing: String| {
        if let ([a, b, c, d, e, f, g, h], Some(drawing)) = (&areas[..], described(&drawing)) {
            own.borrow_mut().draw_image(to, from, (*a, *b, *c, *d), (*e, *f, *g, *h), &drawing);
        }
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "hand_on_flag", move |from: BitmapId, to: BitmapId| {
        own.borrow_mut().hand_on_flag(from, to);
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "paint", move |id: BitmapId, path: Vec<f32>, drawing: String| {
        if let Some(drawing) = described(&drawing) {
            own.borrow_mut().paint(id, painting::path(&path), &drawing);
        }
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "clear_rect", move |id: BitmapId, path: Vec<f32>, drawing: String| {
        if let Some(drawing) = described(&drawing) {
            own.borrow_mut().clear_rect(id, &path, &drawing);
        }
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "set_clip", move |id: BitmapId, paths: Vec<Vec<f32>>| {
        own.borrow_mut().set_clip(id, &paths)
    })?;
    set(ctx, to, "covers", |path: Vec<f32>, drawing: String, x: f32, y: f32| {
        described(&drawing).is_some_and(|drawing| painting::covers(&path, &drawing, x, y))
    })?;
    set(ctx, to, "svg_path", |text: String| painting::svg_path(&text))?;
    set(ctx, to, "parse_colour", |text: String| {
        // The one name of CSS that SVG does not have.
        let text = if text.eq_ignore_ascii_case("rebeccapurple") { "#639" } else { &text };
        let colour: svgtypes::Color = text.parse().ok()?;
        Some(vec![colour.red, colour.green, colour.blue, colour.alpha])
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "decode_image", move |file: String, is_svg: bool, keeps_colours: bool| {
        let colours = if keeps_colours { Colours::Kept } else { Colours::Converted };
        let decoded = own.borrow_mut().decode(&binary(&file), is_svg, colours, ResponseType::Basic);
        decoded.map(|(id, width, height)| vec![id, width, height])
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "is_vector", move |id: BitmapId| own.borrow().vector(id).is_some())?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "copy_bitmap", move |id: BitmapId, x: i32, y: i32, width: u32, height: u32| {
        own.borrow_mut().copy(id, x, y, width, height)
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "clear_colour", move |id: BitmapId, area: Vec<f32>, colour: Vec<u8>| {
        if let ([x, y, width, height], [red, green, blue, alpha]) = (&area[..], &colour[..]) {
            let area = (*x, *y, *width, *height);
            let mut bitmaps = own.borrow_mut();
            bitmaps.clear(id, area);
            bitmaps.fill(id, area, [*red, *green, *blue, *alpha]);
        }
    })?;
    let own = Rc::clone(bitmaps);
    set(
        ctx,
        to,
        "read_pixels",
        move |ctx: Ctx<'js>, id: BitmapId, x: i32, y: i32, width: u32, height: u32| {
            if u64::from(width) * u64::from(height) > MAX_PIXELS {
                let text = format!("more than {MAX_PIXELS} pixels can't be read at once");
                return Err(Exception::throw_range(&ctx, &text));
            }
            let pixels = own.borrow().read(id, x, y, width, height).map_err(|Tainted| tainted(&ctx))?;
            TypedArray::<u8>::new(ctx.clone(), pixels)
        },
    )?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "write_pixels", move |id: BitmapId, bytes: String, width: u32, x: i32, y: i32| {
        own.borrow_mut().write(id, &binary(&bytes), width, x, y);
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "jpeg", move |ctx: Ctx<'js>, id: BitmapId, quality: f64| {
        let file = own.borrow().jpeg(id, quality).map_err(|Tainted| tainted(&ctx))?;
        TypedArray::<u8>::new(ctx.clone(), file)
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "webp", move |ctx: Ctx<'js>, id: BitmapId| {
        let file = own.borrow().webp(id).map_err(|Tainted| tainted(&ctx))?;
        TypedArray::<u8>::new(ctx.clone(), file)
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "size_on", move |id: BitmapId, width: u32, height: u32| {
        own.borrow().size_on(id, width, height).map(|(width, height)| vec![width, height])
    })?;
    let own = Rc::clone(bitmaps);
    set(ctx, to, "png", move |ctx: Ctx<'js>, id: BitmapId| {
        let file = own.borrow().png(id).map_err(|Tainted| tainted(&ctx))?;
        TypedArray::<u8>::new(ctx.clone(), file)
    })
}

fn described(drawing: &str) -> Option<Drawing> {
    serde_json::from_str(drawing).ok()
}

/// The prelude asks for the flag first; this is for one that forgets.
fn tainted(ctx: &Ctx<'_>) -> rquickjs::Error {
    Exception::throw_message(ctx, "SecurityError: the canvas holds what another origin did not share")
}
