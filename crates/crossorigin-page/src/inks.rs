//! What is painted with: colours, gradients and patterns.

use serde::Deserialize;
use tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, IntRect, LinearGradient, Paint, PathBuilder, Pattern,
    Pixmap, Point, PremultipliedColorU8, Rect, Shader, SpreadMode, Transform,
};

use crate::bitmaps::{BitmapId, Bitmaps};
use crate::outlines::held;
use crate::places::{filtered, is_exact, transform};

/// The most colours of a gradient.
pub(crate) const MAX_STOPS: usize = 4096;
/// The most colours of a gradient that the rasteriser looks through for each pixel.
const MAX_STOPS_OF_SHADER: usize = 32;

/// With what is painted, as the prelude describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Style {
    Colour { rgba: [u8; 4] },
    Linear { at: [f32; 4], stops: Vec<(f32, [u8; 4])> },
    Radial { at: [f32; 6], stops: Vec<(f32, [u8; 4])> },
    Conic { at: [f32; 3], stops: Vec<(f32, [u8; 4])> },
    Pattern { bitmap: BitmapId, across: bool, down: bool, transform: [f32; 6] },
}

/// What is painted with: a colour, or what each pixel of a region would be.
pub(crate) enum Ink {
    Colour(Color),
    Linear { from: Point, to: Point, stops: Vec<(f32, [u8; 4])>, transform: Transform },
    Layer(Pixmap, IntRect),
}

impl Ink {
    /// The ink for a layer whose upper left corner lies at this place of the canvas.
    pub(crate) fn shader(&self, alpha: f32, at: (i32, i32)) -> Shader<'_> {
        let mut shader = match self {
            Self::Colour(colour) => {
                let mut colour = *colour;
                colour.apply_opacity(alpha);
                Shader::SolidColor(colour)
            }
            Self::Linear { from, to, stops, transform } => {
                let stops = stops.iter().map(|(at, [red, green, blue, own])| {
                    let mut colour = Color::from_rgba8(*red, *green, *blue, *own);
                    colour.apply_opacity(alpha);
                    GradientStop::new(*at, colour)
                });
                LinearGradient::new(*from, *to, stops.collect(), SpreadMode::Pad, *transform)
                    .unwrap_or(Shader::SolidColor(Color::TRANSPARENT))
            }
            Self::Layer(layer, region) => Pattern::new(
                layer.as_ref(),
                SpreadMode::Pad,
                FilterQuality::Nearest,
                alpha,
                Transform::from_translate(region.x() as f32, region.y() as f32),
            ),
        };
        shader.transform(Transform::from_translate(-at.0 as f32, -at.1 as f32));
        shader
    }
}

impl Bitmaps {
    /// What a style paints a region of a canvas with; `None` where it paints nothing, or the page's time is over.
    pub(crate) fn ink(&self, style: &Style, own: Transform, region: IntRect) -> Option<Ink> {
        Some(match style {
            Style::Colour { rgba: [red, green, blue, alpha] } => {
                Ink::Colour(Color::from_rgba8(*red, *green, *blue, *alpha))
            }
            Style::Linear { at: [x0, y0, x1, y1], stops } => {
                // Between two points that are one nothing is painted.
                if (x0, y0) == (x1, y1) || stops.is_empty() {
                    return None;
                }
                let (from, to) = (Point::from_xy(*x0, *y0), Point::from_xy(*x1, *y1));
                if stops.len() <= MAX_STOPS_OF_SHADER {
                    return Some(Ink::Linear { from, to, stops: stops.clone(), transform: own });
                }
                let (dx, dy) = (x1 - x0, y1 - y0);
                let along = |x: f32, y: f32| ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
                Ink::Layer(self.each_pixel(region, own, |x, y| colour_at(stops, along(x, y)))?, region)
            }
            Style::Radial { at, stops } => {
                Ink::Layer(self.each_pixel(region, own, |x, y| colour_at(stops, radial(*at, x, y)?))?, region)
            }
            Style::Conic { at: [angle, x0, y0], stops } => {
                let turn = |x: f32, y: f32| ((y - y0).atan2(x - x0) - angle) / std::f32::consts::TAU;
                let colour = |x, y| colour_at(stops, turn(x, y).rem_euclid(1.0));
                Ink::Layer(self.each_pixel(region, own, colour)?, region)
            }
            Style::Pattern { bitmap, across, down, transform: by } => {
                let placed = own.pre_concat(transform(*by));
                let image = self.pixels(*bitmap)?;
                let (whole_x, whole_y) = (image.width() as f32, image.height() as f32);
                let (scale_x, scale_y) = placed.get_scale();
                // In the size in which it is shown, to a whole number of pixels, so that it can be repeated.
                let fine = |scale: f32, side: f32| (scale * side).round().max(1.0) / side;
                let scale = (fine(scale_x, whole_x), fine(scale_y, whole_y));
                let drawn = match self.vector(*bitmap) {
                    Some(vector) if scale != (1.0, 1.0) => vector.draw(scale.0, scale.1),
                    _ => None,
                };
                let (image, placed) = match &drawn {
                    Some(drawn) => {
                        let (x, y) = (drawn.width() as f32 / whole_x, drawn.height() as f32 / whole_y);
                        (drawn, placed.pre_scale(1.0 / x, 1.0 / y))
                    }
                    None => (image, placed),
                };
                Ink::Layer(tiles(image, (*across, *down), placed, region)?, region)
            }
        })
    }

    /// A layer of a region's size, each pixel by its place before the transformation.
    fn each_pixel(
        &self,
        region: IntRect,
        placed: Transform,
        colour: impl Fn(f32, f32) -> Option<[f32; 4]>,
    ) -> Option<Pixmap> {
        let back = placed.invert()?;
        let (left, top) = (region.x() as f32 + 0.5, region.y() as f32 + 0.5);
        let mut layer = Pixmap::new(region.width(), region.height())?;
        for (row, pixels) in layer.pixels_mut().chunks_exact_mut(region.width() as usize).enumerate() {
            if self.is_late() {
                return None;
            }
            for (column, out) in pixels.iter_mut().enumerate() {
                let mut at = Point::from_xy(left + column as f32, top + row as f32);
                back.map_point(&mut at);
                if let Some([red, green, blue, alpha]) = colour(at.x, at.y) {
                    let byte = |part: f32| (part * alpha * 255.0 + 0.5) as u8;
                    let alpha = (alpha * 255.0 + 0.5) as u8;
                    let [red, green, blue] = [red, green, blue].map(|part| byte(part).min(alpha));
                    *out = PremultipliedColorU8::from_rgba(red, green, blue, alpha)?;
                }
            }
        }
        Some(layer)
    }
}

/// A region in which an image is repeated across, down, in both directions or in none.
fn tiles(image: &Pixmap, (across, down): (bool, bool), placed: Transform, region: IntRect) -> Option<Pixmap> {
    let mut layer = Pixmap::new(region.width(), region.height())?;
    let far = 1e6;
    let strip = Rect::from_ltrb(
        if across { -far } else { 0.0 },
        if down { -far } else { 0.0 },
        if across { far } else { image.width() as f32 },
        if down { far } else { image.height() as f32 },
    )?;
    let quality = if is_exact(placed) { FilterQuality::Nearest } else { FilterQuality::Bilinear };
    let is_smooth = !is_exact(placed);
    let placed = filtered(placed.post_translate(-region.x() as f32, -region.y() as f32), quality);
    let shader = Pattern::new(image.as_ref(), SpreadMode::Repeat, quality, 1.0, placed);
    let paint = Paint { shader, anti_alias: is_smooth, ..Paint::default() };
    if across && down {
        let everything = Rect::from_xywh(0.0, 0.0, region.width() as f32, region.height() as f32)?;
        layer.fill_rect(everything, &paint, Transform::identity(), None);
    } else {
        let outline = PathBuilder::from_rect(strip).transform(placed);
        if let Some(outline) = outline.and_then(|outline| held(outline, region.width(), region.height())) {
            layer.fill_path(&outline, &paint, FillRule::Winding, Transform::identity(), None);
        }
    }
    Some(layer)
}

/// How far between two circles a point lies: the farthest circle through it counts.
/// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createradialgradient).
fn radial([x0, y0, r0, x1, y1, r1]: [f32; 6], x: f32, y: f32) -> Option<f32> {
    if (x0, y0, r0) == (x1, y1, r1) {
        return None;
    }
    let (dx, dy, dr) = (f64::from(x1 - x0), f64::from(y1 - y0), f64::from(r1 - r0));
    let (px, py, r0) = (f64::from(x - x0), f64::from(y - y0), f64::from(r0));
    // |p - t·d|² = (r0 + t·dr)²
    let a = dx * dx + dy * dy - dr * dr;
    let b = px * dx + py * dy + r0 * dr;
    let c = px * px + py * py - r0 * r0;
    let candidates = if a.abs() < 1e-9 {
        if b.abs() < 1e-12 { return None } else { [c / (2.0 * b), f64::NAN] }
    } else {
        let root = (b * b - a * c).sqrt();
        [(b + root) / a, (b - root) / a]
    };
    let fitting = candidates.into_iter().filter(|t| t.is_finite() && r0 + t * dr >= 0.0);
    fitting.reduce(f64::max).map(|t| t as f32)
}

/// A gradient's colour, not premultiplied, each part from 0 to 1.
fn colour_at(stops: &[(f32, [u8; 4])], at: f32) -> Option<[f32; 4]> {
    let shares = |rgba: [u8; 4]| rgba.map(|part| f32::from(part) / 255.0);
    let stops = &stops[..stops.len().min(MAX_STOPS)];
    let next = stops.partition_point(|(own, _)| *own <= at);
    let (Some(before), Some(after)) = (next.checked_sub(1).and_then(|nth| stops.get(nth)), stops.get(next))
    else {
        let nearest = if next == 0 { stops.first() } else { stops.last() };
        return nearest.map(|(_, rgba)| shares(*rgba));
    };
    let share = (at - before.0) / (after.0 - before.0);
    let (from, to) = (shares(before.1), shares(after.1));
    Some([0, 1, 2, 3].map(|nth| from[nth] + (to[nth] - from[nth]) * share))
}
