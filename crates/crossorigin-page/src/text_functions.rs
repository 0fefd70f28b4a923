//! The functions of fonts and text, for the prelude.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::{Ctx, IntoJs as _, Object, Value};
use serde::Deserialize;
use tiny_skia::Transform;

use crate::bitmaps::{BitmapId, Bitmaps};
use crate::fonts::{FontId, Fonts, check_length};
use crate::functions::{binary, set};
use crate::painting::Drawing;
use crate::text::{SetText, Setting, set_text};

/// A text, as the prelude describes it.
#[derive(Deserialize)]
struct Described {
    text: String,
    fonts: Vec<FontId>,
    size: f32,
    weight: f32,
    is_rtl: bool,
    has_kerning: bool,
    letter_spacing: f32,
    word_spacing: f32,
    align: Align,
    baseline: Baseline,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Align {
    Left,
    Right,
    Center,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Baseline {
    Top,
    Hanging,
    Middle,
    Alphabetic,
    Ideographic,
    Bottom,
}

/// A text to be drawn, and with what.
#[derive(Deserialize)]
struct Drawn {
    #[serde(flatten)]
    text: Described,
    x: f32,
    y: f32,
    max_width: Option<f32>,
    drawing: Drawing,
}

/// A text that is set, and where its place is in it.
struct Placed {
    text: SetText,
    /// What is added to get from the left end of the baseline to the place.
    right: f32,
    down: f32,
    em_ascent: f32,
    em_descent: f32,
}

/// The part of a font's ascent at which scripts hang that hang.
const HANGING: f32 = 0.8;

impl Described {
    fn place(&self, fonts: &Fonts, quarters: Option<(f32, f32)>) -> Option<Placed> {
        let setting = Setting {
            fonts: self.fonts.clone(),
            size: self.size,
            weight: self.weight,
            is_rtl: self.is_rtl,
            has_kerning: self.has_kerning,
            letter_spacing: self.letter_spacing,
            word_spacing: self.word_spacing,
            quarters,
        };
        let text = set_text(fonts, &self.text, &setting)?;
        // The em square is as high as the font's size, and divided as its ascent and descent are.
        let height = text.ascent + text.descent;
        let em_ascent = if height > 0.0 { self.size * text.ascent / height } else { self.size };
        let em_descent = self.size - em_ascent;
        // Lines are as high as whole pixels, as in browsers.
        let text = SetText { ascent: text.ascent.round(), descent: text.descent.round(), ..text };
        let right = match self.align {
            Align::Left => 0.0,
            Align::Right => -text.width,
            Align::Center => -text.width / 2.0,
        };
        let down = match self.baseline {
            Baseline::Top => em_ascent,
            Baseline::Hanging => text.ascent * HANGING,
            Baseline::Middle => (em_ascent - em_descent) / 2.0,
            Baseline::Alphabetic => 0.0,
            Baseline::Ideographic => -text.descent,
            Baseline::Bottom => -em_descent,
        };
        Some(Placed { text, right, down, em_ascent, em_descent })
    }
}

impl Placed {
    /// The members of `TextMetrics`, in the order of the prelude.
    fn metrics(&self) -> [f32; 12] {
        let Self { text, right, down, em_ascent, em_descent } = self;
        let ink = text.path.as_ref().map(|path| path.compute_tight_bounds().unwrap_or(path.bounds()));
        let [left, top, ink_right, bottom] = ink.map_or([0.0; 4], |ink| {
            [-(ink.left() + right), -(ink.top() + down), ink.right() + right, ink.bottom() + down]
        });
        [
            text.width,
            left,
            top,
            ink_right,
            bottom,
            text.ascent - down,
            text.descent + down,
            em_ascent - down,
            em_descent + down,
            text.ascent * HANGING - down,
            -down,
            -text.descent - down,
        ]
    }
}

pub(crate) fn define<'js>(
    ctx: &Ctx<'js>,
    to: &Object<'js>,
    fonts: &Rc<RefCell<Fonts>>,
    bitmaps: &Rc<RefCell<Bitmaps>>,
) -> rquickjs::Result<()> {
    let own = Rc::clone(fonts);
    set(ctx, to, "add_font", move |ctx: Ctx<'js>, file: String| {
        to_script(&ctx, own.borrow_mut().add(&binary(&file)))
    })?;
    // What is longer is not even handed over.
    set(ctx, to, "font_problem", |length: usize| check_length(length).err())?;
    let own = Rc::clone(fonts);
    set(ctx, to, "measure_text", move |described: String| {
        let described = serde_json::from_str::<Described>(&described).ok();
        let placed = described.and_then(|described| described.place(&own.borrow(), None));
        placed.map_or([0.0; 12], |placed| placed.metrics()).map(f64::from).to_vec()
    })?;
    let (own, canvases) = (Rc::clone(fonts), Rc::clone(bitmaps));
    set(ctx, to, "draw_text", move |id: BitmapId, drawn: String| {
        let Ok(drawn) = serde_json::from_str::<Drawn>(&drawn) else { return };
        let Some(mut placed) = drawn.text.place(&own.borrow(), None) else { return };
        let mut at = drawn.at(&placed);
        if let Some(level) = drawn.level() {
            // Baselines lie between two rows of pixels.
            let row = level.sy * at.ty + level.ty;
            at.ty += (row.round() - row) / level.sy;
            let quarters = Some((level.sx * at.sx, level.sx * at.tx + level.tx));
            placed = drawn.text.place(&own.borrow(), quarters).unwrap_or(placed);
        }
        let path = placed.text.path.and_then(|path| path.transform(at));
        canvases.borrow_mut().paint(id, path, &drawn.drawing);
    })
}

/// The largest text whose lines stand on whole pixels, in pixels.
const MAX_ON_PIXELS: f32 = 256.0;

impl Drawn {
    /// Where the text is, which is squeezed to what it may be wide.
    fn at(&self, placed: &Placed) -> Transform {
        let width = placed.text.width;
        let squeeze = self.max_width.filter(|max| *max < width && width > 0.0).map_or(1.0, |max| max / width);
        let (x, y) = (self.x + placed.right * squeeze, self.y + placed.down);
        Transform::from_row(squeeze, 0.0, 0.0, 1.0, x, y)
    }

    /// The transformation, where the text is level and not very large: browsers move its letters then.
    fn level(&self) -> Option<Transform> {
        let placed = self.drawing.transform();
        let is_level = placed.kx == 0.0 && placed.ky == 0.0 && placed.sx != 0.0 && placed.sy != 0.0;
        (is_level && self.text.size * placed.sy.abs() <= MAX_ON_PIXELS).then_some(placed)
    }
}

/// A font's number, or why there is none.
pub(crate) fn to_script<'js>(ctx: &Ctx<'js>, added: Result<FontId, String>) -> rquickjs::Result<Value<'js>> {
    match added {
        Ok(id) => id.into_js(ctx),
        Err(problem) => problem.into_js(ctx),
    }
}
