//! Shadows of what is painted on canvases.
//! [Source](https://html.spec.whatwg.org/multipage/canvas.html#when-shadows-are-drawn).

use serde::Deserialize;
use tiny_skia::{BlendMode, ColorU8, IntRect, Pixmap, PremultipliedColorU8, Rect, Transform};

use crate::bitmaps::Bitmaps;
use crate::images::MAX_PIXELS;
use crate::layers::Target;

/// The widest that a shadow is blurred: the standard deviation, in pixels. What is more is drawn so.
const MAX_DEVIATION: f32 = 512.0;
/// How far a shadow may be from what throws it, in pixels; one that is farther is not drawn.
const MAX_OFFSET: f32 = 1e6;
/// How many pixels more a layer has than its canvas, where they do not lie on each other.
const ROUNDING: u64 = 1 << 16;
/// The deviation from which on three means in a row stand for the bell curve.
const MIN_DEVIATION_OF_MEANS: f32 = 2.0;

/// A shadow, as the prelude describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Shadow {
    pub(crate) rgba: [u8; 4],
    /// How far it is blurred, in pixels: twice the standard deviation.
    pub(crate) blur: f32,
    pub(crate) offset: (f32, f32),
}

impl Shadow {
    fn deviation(&self) -> f32 {
        (self.blur / 2.0).clamp(0.0, MAX_DEVIATION)
    }

    /// The part of what is painted whose shadow is seen, and the part in which it is, before it is moved away.
    fn parts(&self, bounds: Rect, canvas: &Pixmap) -> Option<(IntRect, IntRect)> {
        if self.offset.0.abs().max(self.offset.1.abs()) > MAX_OFFSET {
            return None;
        }
        let margin = (self.deviation() * 3.0).ceil() + 1.0;
        let (width, height) = (canvas.width() as f32, canvas.height() as f32);
        let canvas = Rect::from_xywh(-self.offset.0, -self.offset.1, width, height)?;
        let seen = canvas.intersect(&bounds.outset(margin, margin)?)?;
        // Of the largest canvases, what is beside them is not blurred into them.
        let sources = [seen.outset(margin, margin)?, seen].into_iter();
        let mut sources =
            sources.filter_map(|source| source.intersect(&bounds)?.outset(1.0, 1.0)?.round_out());
        let pixels = |source: &IntRect| u64::from(source.width()) * u64::from(source.height());
        let source = sources.find(|source| pixels(source) <= MAX_PIXELS + ROUNDING)?;
        Some((source, seen.round_out()?))
    }

    /// The shadow in a region of what another layer shows; `None` where there is no time left for it.
    fn of(&self, layer: &Pixmap, from: IntRect, to: IntRect, is_late: impl Fn() -> bool) -> Option<Pixmap> {
        let blur = Blur::of(self.deviation());
        let (width, height) = (to.width() as usize, to.height() as usize);
        let mut rows = Vec::with_capacity(width * from.height() as usize);
        let across = Line::between((from.x(), from.width()), (to.x(), to.width()));
        for row in layer.pixels().chunks_exact(layer.width() as usize) {
            if is_late() {
                return None;
            }
            rows.extend(across.blurred(row.iter().map(|pixel| f32::from(pixel.alpha())), &blur));
        }
        let [red, green, blue, own] = self.rgba;
        let colour = ColorU8::from_rgba(red, green, blue, own).premultiply();
        let mut shadow = Pixmap::new(to.width(), to.height())?;
        let down = Line::between((from.y(), from.height()), (to.y(), to.height()));
        for column in 0..width {
            if is_late() {
                return None;
            }
            let alphas = down.blurred(rows.iter().skip(column).step_by(width).copied(), &blur);
            for (row, alpha) in alphas.into_iter().enumerate().take(height) {
                let scale = (alpha + 0.5) as u32 + 1;
                let part = |own: u8| ((u32::from(own) * scale) >> 8) as u8;
                let (red, green, blue) = (part(colour.red()), part(colour.green()), part(colour.blue()));
                let pixel = PremultipliedColorU8::from_rgba(red, green, blue, part(colour.alpha()))?;
                shadow.pixels_mut()[row * width + column] = pixel;
            }
        }
        Some(shadow)
    }
}

impl Bitmaps {
    /// Casts the shadow of what is painted within these bounds.
    pub(crate) fn cast(
        &self,
        shadow: &Shadow,
        bounds: Rect,
        target: &mut Target<'_>,
        paint: &impl Fn(&Self, &mut Target<'_>),
    ) {
        let Some((from, to)) = shadow.parts(bounds, target.pixels) else { return };
        let Some(mut layer) = Pixmap::new(from.width(), from.height()) else { return };
        let at = (from.x(), from.y());
        paint(self, &mut Target { pixels: &mut layer, at, blend_mode: BlendMode::SourceOver, clip: None });
        if let Some(picture) = shadow.of(&layer, from, to, || self.is_late()) {
            let (x, y) = (to.x() as f32 + shadow.offset.0, to.y() as f32 + shadow.offset.1);
            target.lay(&picture, Transform::from_translate(x, y));
        }
    }
}

/// A row or a column of which a part is given, and another wanted.
struct Line {
    length: usize,
    given: usize,
    wanted: std::ops::Range<usize>,
}

impl Line {
    fn between(given: (i32, u32), wanted: (i32, u32)) -> Self {
        let end = |(start, length): (i32, u32)| i64::from(start) + i64::from(length);
        let start = given.0.min(wanted.0);
        let from = |place: i64| usize::try_from(place - i64::from(start)).unwrap_or_default();
        Self {
            length: from(end(given).max(end(wanted))),
            given: from(i64::from(given.0)),
            wanted: from(i64::from(wanted.0))..from(end(wanted)),
        }
    }

    fn blurred(&self, given: impl Iterator<Item = f32>, blur: &Blur) -> Vec<f32> {
        let mut line = vec![0.0; self.length];
        line[self.given..].iter_mut().zip(given).for_each(|(own, given)| *own = given);
        blur.line(&mut line);
        line.truncate(self.wanted.end);
        line.split_off(self.wanted.start)
    }
}

/// How a line of pixels is blurred.
enum Blur {
    None,
    /// Each pixel by its neighbours, as the bell curve weighs them, from the farthest to the left.
    Bell(Vec<f32>),
    /// By means over so many pixels to the left and to the right, one after the other.
    Means([(usize, usize); 3]),
}

impl Blur {
    /// [Source](https://drafts.fxtf.org/filter-effects/#feGaussianBlurElement).
    fn of(deviation: f32) -> Self {
        if deviation <= 0.0 {
            return Self::None;
        }
        if deviation < MIN_DEVIATION_OF_MEANS {
            let reach = (deviation * 3.0).ceil() as i32;
            let bell = |at: i32| (-(at * at) as f32 / (2.0 * deviation * deviation)).exp();
            let sum: f32 = (-reach..=reach).map(bell).sum();
            return Self::Bell((-reach..=reach).map(|at| bell(at) / sum).collect());
        }
        let size = (deviation * 3.0 * std::f32::consts::TAU.sqrt() / 4.0 + 0.5) as usize;
        let half = size / 2;
        Self::Means(match size % 2 {
            1 => [(half, half); 3],
            _ => [(half, half - 1), (half - 1, half), (half, half)],
        })
    }

    fn line(&self, line: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Bell(weights) => {
                let reach = weights.len() / 2;
                let before = line.to_vec();
                for (nth, out) in line.iter_mut().enumerate() {
                    let from = nth.saturating_sub(reach);
                    let weights = &weights[from + reach - nth..];
                    *out = before[from..].iter().zip(weights).map(|(own, weight)| own * weight).sum();
                }
            }
            Self::Means(all) => {
                for (left, right) in all {
                    mean(line, *left, *right);
                }
            }
        }
    }
}

/// Makes each number the mean of those from so many before to so many behind it; beyond the ends there is nothing.
fn mean(line: &mut [f32], left: usize, right: usize) {
    let before = line.to_vec();
    let size = (left + 1 + right) as f64;
    let mut sum: f64 = before.iter().take(right).map(|own| f64::from(*own)).sum();
    for (nth, out) in line.iter_mut().enumerate() {
        sum += before.get(nth + right).map_or(0.0, |own| f64::from(*own));
        *out = (sum / size).max(0.0) as f32;
        sum -= nth.checked_sub(left).map_or(0.0, |nth| f64::from(before[nth]));
    }
}
