//! What is painted on canvases: paths and their lines, within a clip, blended, above their shadows.

use serde::Deserialize;
use tiny_skia::{
    BlendMode, Color, FillRule, LineCap, LineJoin, Mask, Path, PathBuilder, PathStroker, Rect, Shader,
    Stroke, StrokeDash, Transform,
};

use crate::bitmaps::{BitmapId, Bitmaps, Clip};
use crate::images::MAX_SIDE;
use crate::inks::Style;
use crate::layers::{Shape, Target, is_unbounded};
use crate::outlines::{held, straightened};
use crate::places::transform;
use crate::shadows::Shadow;

/// The most numbers that a path may have; one of more draws nothing.
pub(crate) const MAX_PATH_NUMBERS: usize = 1 << 22;

/// How finely lines are made for how large they are drawn: at least, and at most.
const MIN_SCALE: f32 = 1e-3;
const MAX_SCALE: f32 = 1e3;
/// The largest width of a line that is told from a larger one.
const MAX_WIDTH: f32 = 1e6;
/// The largest miter limit that is told from a larger one.
const MAX_MITER: f32 = 1e4;
/// The widest of the lines that are drawn as paler lines of one pixel, as browsers do.
const THIN: f32 = 1.0;
/// How many times the dashes of a line may be repeated; a line of more is drawn whole.
const MAX_DASHES: f32 = 65_536.0;

/// With what is painted, as the prelude describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Drawing {
    style: Option<Style>,
    transform: [f32; 6],
    pub(crate) alpha: f32,
    blend: String,
    #[serde(default)]
    is_even_odd: bool,
    /// Whether the path's points are on the canvas already, so that only the style is transformed.
    #[serde(default)]
    is_placed: bool,
    /// Whether images are smoothed.
    #[serde(default)]
    pub(crate) smooth: bool,
    /// Whether images that become much smaller are so in steps.
    #[serde(default)]
    pub(crate) levels: bool,
    line: Option<Line>,
    pub(crate) shadow: Option<Shadow>,
}

#[derive(Debug, Deserialize)]
struct Line {
    width: f32,
    cap: String,
    join: String,
    miter: f32,
    dash: Vec<f32>,
    offset: f32,
}

/// A path of numbers: 0 and a point to move to, 1 for a line, 2 for a quadratic and 3 for a cubic curve, 4 closes it.
pub(crate) fn path(numbers: &[f32]) -> Option<Path> {
    if numbers.len() > MAX_PATH_NUMBERS {
        return None;
    }
    let mut builder = PathBuilder::new();
    let mut rest = numbers;
    while let [kind, after @ ..] = rest {
        rest = match (*kind as u8, after) {
            (0, [x, y, rest @ ..]) => {
                builder.move_to(*x, *y);
                rest
            }
            (1, [x, y, rest @ ..]) => {
                builder.line_to(*x, *y);
                rest
            }
            (2, [a, b, x, y, rest @ ..]) => {
                builder.quad_to(*a, *b, *x, *y);
                rest
            }
            (3, [a, b, c, d, x, y, rest @ ..]) => {
                builder.cubic_to(*a, *b, *c, *d, *x, *y);
                rest
            }
            (4, rest) => {
                builder.close();
                rest
            }
            _ => return None,
        };
    }
    builder.finish()
}

/// An SVG path's numbers, up to where it is wrong.
/// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-path2d).
pub(crate) fn svg_path(text: &str) -> Vec<f32> {
    use svgtypes::SimplePathSegment as S;
    let mut numbers: Vec<f64> = Vec::new();
    for segment in svgtypes::SimplifyingPathParser::from(text).map_while(Result::ok) {
        match segment {
            S::MoveTo { x, y } => numbers.extend([0.0, x, y]),
            S::LineTo { x, y } => numbers.extend([1.0, x, y]),
            S::Quadratic { x1, y1, x, y } => numbers.extend([2.0, x1, y1, x, y]),
            S::CurveTo { x1, y1, x2, y2, x, y } => numbers.extend([3.0, x1, y1, x2, y2, x, y]),
            S::ClosePath => numbers.push(4.0),
        }
    }
    numbers.into_iter().map(|number| number as f32).collect()
}

impl Drawing {
    pub(crate) fn transform(&self) -> Transform {
        transform(self.transform)
    }

    fn rule(&self) -> FillRule {
        if self.is_even_odd { FillRule::EvenOdd } else { FillRule::Winding }
    }

    pub(crate) fn blend_mode(&self) -> BlendMode {
        use BlendMode as B;
        match &*self.blend {
            "source-in" => B::SourceIn,
            "source-out" => B::SourceOut,
            "source-atop" => B::SourceAtop,
            "destination-over" => B::DestinationOver,
            "destination-in" => B::DestinationIn,
            "destination-out" => B::DestinationOut,
            "destination-atop" => B::DestinationAtop,
            "lighter" => B::Plus,
            "copy" => B::Source,
            "xor" => B::Xor,
            "multiply" => B::Multiply,
            "screen" => B::Screen,
            "overlay" => B::Overlay,
            "darken" => B::Darken,
            "lighten" => B::Lighten,
            "color-dodge" => B::ColorDodge,
            "color-burn" => B::ColorBurn,
            "hard-light" => B::HardLight,
            "soft-light" => B::SoftLight,
            "difference" => B::Difference,
            "exclusion" => B::Exclusion,
            "hue" => B::Hue,
            "saturation" => B::Saturation,
            "color" => B::Color,
            "luminosity" => B::Luminosity,
            _ => B::SourceOver,
        }
    }

    /// What is painted of a path, on a canvas of this size.
    fn shape(&self, local: Path, size: (u32, u32)) -> Option<Shape> {
        let Some(line) = &self.line else {
            return Some(Shape::Area(self.outline(local, size)?, self.rule()));
        };
        let (across, down) = self.transform().get_scale();
        let width = line.width * across.max(down);
        if !(width > 0.0 && width <= THIN) {
            return Some(Shape::Area(self.outline(local, size)?, FillRule::Winding));
        }
        let local = self.dashed(straightened(local, self.transform(), 1.0, size)?, line)?;
        Some(Shape::Thin(local.transform(self.transform())?, width, line.cap()))
    }

    /// What a path's line encloses, where lines are drawn, else the path itself; for a canvas of this size.
    fn outline(&self, local: Path, size: (u32, u32)) -> Option<Path> {
        let Some(line) = &self.line else {
            return if self.is_placed { Some(local) } else { local.transform(self.transform()) };
        };
        let scale = self.fineness();
        let stroke = Stroke {
            width: line.width.min(MAX_WIDTH),
            miter_limit: line.miter.min(MAX_MITER),
            line_cap: line.cap(),
            line_join: match &*line.join {
                "round" => LineJoin::Round,
                "bevel" => LineJoin::Bevel,
                _ => LineJoin::Miter,
            },
            dash: None,
        };
        let reach = stroke.width * stroke.miter_limit.max(1.0) * scale;
        let dashed = self.dashed(straightened(local, self.transform(), reach, size)?, line)?;
        dashed.stroke(&stroke, scale)?.transform(self.transform())
    }

    fn dashed(&self, local: Path, line: &Line) -> Option<Path> {
        match StrokeDash::new(line.dash.clone(), line.offset) {
            Some(dash) if length(&local) <= line.dash.iter().sum::<f32>() * MAX_DASHES => {
                local.dash(&dash, self.fineness())
            }
            _ => Some(local),
        }
    }

    fn fineness(&self) -> f32 {
        PathStroker::compute_resolution_scale(&self.transform()).clamp(MIN_SCALE, MAX_SCALE)
    }
}

impl Line {
    fn cap(&self) -> LineCap {
        match &*self.cap {
            "round" => LineCap::Round,
            "square" => LineCap::Square,
            _ => LineCap::Butt,
        }
    }
}

/// How long a path is at most.
fn length(path: &Path) -> f32 {
    path.points().windows(2).map(|pair| pair[0].distance(pair[1])).sum()
}

impl Bitmaps {
    /// Fills a path, or draws its line.
    pub(crate) fn paint(&mut self, id: BitmapId, local: Option<Path>, drawing: &Drawing) {
        if let Some(Style::Pattern { bitmap, .. }) = &drawing.style {
            self.hand_on_flag(*bitmap, id);
        }
        let Some(size) = self.size(id) else { return };
        let Some(style) = &drawing.style else { return };
        let Some(shape) = local.and_then(|path| drawing.shape(path, size)) else { return };
        let bounds = shape.bounds();
        self.put(id, bounds, drawing, |bitmaps, target| {
            let region = target.region(bounds);
            let ink = region.and_then(|region| bitmaps.ink(style, drawing.transform(), region));
            let shader = ink.as_ref().map(|ink| ink.shader(drawing.alpha, target.at));
            if let Some(shader) = shader {
                target.fill(&shape, shader, true);
            } else if region.is_none() && is_unbounded(target.blend_mode) {
                target.fill(&shape, Shader::SolidColor(Color::TRANSPARENT), true);
            }
        });
    }

    /// Paints on a canvas what comes to lie within these bounds, above its shadow.
    pub(crate) fn put(
        &mut self,
        id: BitmapId,
        bounds: Rect,
        drawing: &Drawing,
        paint: impl Fn(&Self, &mut Target<'_>),
    ) {
        let Some(mut canvas) = self.take_pixels(id) else { return };
        if let Some(clip) = self.clip(id).mask() {
            let blend_mode = drawing.blend_mode();
            let mut target = Target { pixels: &mut canvas, at: (0, 0), blend_mode, clip };
            if let Some(shadow) = &drawing.shadow {
                self.cast(shadow, bounds, &mut target, &paint);
            }
            paint(self, &mut target);
        }
        self.put_pixels(id, canvas);
    }

    /// Makes a rectangle transparent.
    pub(crate) fn clear_rect(&mut self, id: BitmapId, local: &[f32], drawing: &Drawing) {
        let Some(outline) = path(local).and_then(|path| path.transform(drawing.transform())) else { return };
        let Some(mut canvas) = self.take_pixels(id) else { return };
        if let Some(clip) = self.clip(id).mask() {
            let mut target = Target { pixels: &mut canvas, at: (0, 0), blend_mode: BlendMode::Clear, clip };
            target.fill(&Shape::Area(outline, FillRule::Winding), Shader::SolidColor(Color::BLACK), true);
        }
        self.put_pixels(id, canvas);
    }

    /// Lets painting reach only what all of these paths enclose; whether there is room to remember what that is. Each
    /// begins with 1 where its rule is even-odd.
    pub(crate) fn set_clip(&mut self, id: BitmapId, paths: &[Vec<f32>]) -> bool {
        let Some((width, height)) = self.size(id) else { return true };
        let mut clip = Clip::Everything;
        for numbers in paths {
            let Some((rule, numbers)) = numbers.split_first() else { continue };
            let rule = if *rule == 1.0 { FillRule::EvenOdd } else { FillRule::Winding };
            let outline = path(numbers).and_then(|outline| held(outline, width, height));
            clip = match (clip, outline) {
                (Clip::Masked(mut mask), Some(outline)) => {
                    mask.intersect_path(&outline, rule, true, Transform::identity());
                    Clip::Masked(mask)
                }
                (Clip::Everything, Some(outline)) => {
                    Mask::new(width, height).map_or(Clip::Nothing, |mut mask| {
                        mask.fill_path(&outline, rule, true, Transform::identity());
                        Clip::Masked(mask)
                    })
                }
                // A path of nothing encloses nothing.
                (_, None) | (Clip::Nothing, _) => Clip::Nothing,
            };
        }
        self.keep_clip(id, clip)
    }
}

/// Whether a path encloses a point, or its line covers it.
pub(crate) fn covers(local: &[f32], drawing: &Drawing, x: f32, y: f32) -> bool {
    let outline = path(local).and_then(|path| drawing.outline(path, (MAX_SIDE, MAX_SIDE)));
    let moved = outline.and_then(|outline| outline.transform(Transform::from_translate(0.5 - x, 0.5 - y)));
    let moved = moved.and_then(|outline| held(outline, 1, 1));
    let (Some(outline), Some(mut mask)) = (moved, Mask::new(1, 1)) else { return false };
    mask.fill_path(&outline, drawing.rule(), false, Transform::identity());
    mask.data().first().is_some_and(|covered| *covered > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever numbers script comes by, painting ends and nothing panics.
    #[test]
    fn any_numbers_are_painted() {
        let seed = 0x005e_edc0;
        println!("seed {seed:#x}");
        let mut random = fastrand::Rng::with_seed(seed);
        let odd = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, 1e9, -1e9, 1e20, 3e38, -3e38, f32::MIN_POSITIVE];
        let mut bitmaps = Bitmaps::of_test();
        let (canvas, other) = (bitmaps.canvas(16, 16), bitmaps.canvas(3, 5));
        for _ in 0..3_000 {
            let mut number = || match random.u8(0..4) {
                0 => odd[random.usize(0..odd.len())],
                _ => (random.f32() - 0.5) * 40.0,
            };
            let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| number()).collect() };
            let six = |numbers: Vec<f32>| <[f32; 6]>::try_from(numbers).unwrap();
            let stops = vec![(0.0, [255, 0, 0, 255]), (0.5, [0, 255, 0, 128]), (0.5, [0; 4]), (1.0, [9; 4])];
            let [placed, of_pattern, circles] = [6, 6, 6].map(|count| six(numbers(count)));
            let (points, widths, area) = (numbers(12), numbers(4), numbers(8));
            let modes = ["source-over", "copy", "source-in", "destination-atop", "luminosity", "overlay"];
            let style = match random.u8(0..5) {
                0 => Style::Colour { rgba: [1, 2, 3, 200] },
                1 => Style::Linear { at: [circles[0], circles[1], circles[2], circles[3]], stops },
                2 => Style::Radial { at: circles, stops },
                3 => Style::Conic { at: [circles[0], circles[1], circles[2]], stops },
                _ => Style::Pattern {
                    bitmap: if random.bool() { canvas } else { other },
                    across: random.bool(),
                    down: random.bool(),
                    transform: of_pattern,
                },
            };
            let line = random.bool().then(|| Line {
                width: widths[0].abs(),
                cap: "round".to_owned(),
                join: "miter".to_owned(),
                miter: widths[1].abs(),
                dash: if random.bool() { vec![widths[2].abs(), widths[3].abs()] } else { Vec::new() },
                offset: widths[1],
            });
            let drawing = Drawing {
                style: Some(style),
                transform: placed,
                alpha: random.f32(),
                blend: modes[random.usize(0..modes.len())].to_owned(),
                is_even_odd: random.bool(),
                is_placed: random.bool(),
                smooth: random.bool(),
                levels: random.bool(),
                line,
                shadow: random.bool().then(|| Shadow {
                    rgba: [9, 9, 9, 200],
                    blur: widths[2].abs().min(64.0),
                    offset: (circles[0], circles[1]),
                }),
            };
            let p = &points;
            let rectangle = [0.0, p[0], p[1], 1.0, p[2], p[1], 1.0, p[2], p[3], 1.0, p[0], p[3], 4.0];
            let local = [
                0.0, p[0], p[1], 1.0, p[2], p[3], 2.0, p[4], p[5], p[6], p[7], 3.0, p[0], p[9], p[8], p[7],
                p[10], p[11], 4.0,
            ];
            match random.u8(0..5) {
                0 => bitmaps.clear_rect(canvas, &local, &drawing),
                1 => drop(bitmaps.set_clip(canvas, &[[&[1.0][..], &local].concat()])),
                2 => drop(covers(&local, &drawing, p[0], p[1])),
                3 => {
                    let source = (area[0], area[1], area[2].abs(), area[3].abs());
                    let target = (area[4], area[5], area[6].abs(), area[7].abs());
                    bitmaps.draw_image(canvas, other, source, target, &drawing);
                }
                _ => bitmaps.paint(canvas, path(if random.bool() { &local } else { &rectangle }), &drawing),
            }
        }
        assert_eq!(bitmaps.size(canvas), Some((16, 16)));
    }
}
