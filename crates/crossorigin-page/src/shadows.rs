//! Shadows of what is painted on canvases.
//! [Source](https://html.spec.whatwg.org/multipage/canvas.html#when-shadows-are-drawn).

use serde::Deserialize;
use tiny_skia::{BlendMode, ColorU8, IntRect, Pixmap, PremultipliedColorU8, Rect, Transform};

use crate::bitmaps::{Bitmaps, MAX_PIXELS};
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

    /// The part of a canvas, or of what is beside it, whose shadow is seen, with room for what it is blurred over.
    fn layer(&self, bounds: Rect, canvas: &Pixmap) -> Option<IntRect> {
        if self.offset.0.abs().max(self.offset.1.abs()) > MAX_OFFSET {
            return None;
        }
        let wanted = (self.deviation() * 3.0).ceil() + 1.0;
        // Of the largest canvases, less of what is beside them is blurred into them.
        [wanted, wanted / 4.0, 0.0].into_iter().find_map(|margin| {
            let (left, top) = (-self.offset.0 - margin, -self.offset.1 - margin);
            let (width, height) = (canvas.width() as f32, canvas.height() as f32);
            let seen = Rect::from_ltrb(
                left.max(bounds.left() - wanted),
                top.max(bounds.top() - wanted),
                (width - self.offset.0 + margin).min(bounds.right() + wanted),
                (height - self.offset.1 + margin).min(bounds.bottom() + wanted),
            )?;
            let seen = seen.round_out()?;
            (u64::from(seen.width()) * u64::from(seen.height()) <= MAX_PIXELS + ROUNDING).then_some(seen)
        })
    }

    /// Makes a layer its own shadow; `None` where there is no time left for it.
    fn darken(&self, layer: &mut Pixmap, is_late: impl Fn() -> bool) -> Option<()> {
        let (width, height) = (layer.width() as usize, layer.height() as usize);
        let mut alphas: Vec<f32> = layer.pixels().iter().map(|pixel| f32::from(pixel.alpha())).collect();
        if self.deviation() > 0.0 {
            let blur = Blur::of(self.deviation());
            for row in alphas.chunks_exact_mut(width) {
                blur.line(row);
                if is_late() {
                    return None;
                }
            }
            let mut line = vec![0.0; height];
            for column in 0..width {
                let places = (0..height).map(|row| row * width + column);
                line.iter_mut().zip(places.clone()).for_each(|(own, at)| *own = alphas[at]);
                blur.line(&mut line);
                line.iter().zip(places).for_each(|(own, at)| alphas[at] = *own);
                if is_late() {
                    return None;
                }
            }
        }
        let [red, green, blue, own] = self.rgba;
        let colour = ColorU8::from_rgba(red, green, blue, own).premultiply();
        for (pixel, alpha) in layer.pixels_mut().iter_mut().zip(alphas) {
            let scale = (alpha + 0.5) as u32 + 1;
            let part = |own: u8| ((u32::from(own) * scale) >> 8) as u8;
            let (red, green, blue) = (part(colour.red()), part(colour.green()), part(colour.blue()));
            *pixel =
                PremultipliedColorU8::from_rgba(red, green, blue, part(colour.alpha())).unwrap_or(*pixel);
        }
        Some(())
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
        let Some(area) = shadow.layer(bounds, target.pixels) else { return };
        let Some(mut layer) = Pixmap::new(area.width(), area.height()) else { return };
        let at = (area.x(), area.y());
        paint(self, &mut Target { pixels: &mut layer, at, blend_mode: BlendMode::SourceOver, clip: None });
        if shadow.darken(&mut layer, || self.is_late()).is_some() {
            let (x, y) = (at.0 as f32 + shadow.offset.0, at.1 as f32 + shadow.offset.1);
            target.lay(&layer, Transform::from_translate(x, y));
        }
    }
}

/// How a line of pixels is blurred.
enum Blur {
    /// Each pixel by its neighbours, as the bell curve weighs them, from the farthest to the left.
    Bell(Vec<f32>),
    /// By means over so many pixels to the left and to the right, one after the other.
    Means([(usize, usize); 3]),
}

impl Blur {
    /// [Source](https://drafts.fxtf.org/filter-effects/#feGaussianBlurElement).
    fn of(deviation: f32) -> Self {
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
