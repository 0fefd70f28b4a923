//! What is painted on canvases: paths and images, in colours, gradients and patterns, within a clip, blended.

use serde::Deserialize;
use tiny_skia::{
    BlendMode, Color, FillRule, FilterQuality, GradientStop, IntRect, LineCap, LineJoin, LinearGradient,
    Mask, Paint, Path, PathBuilder, PathStroker, Pattern, Pixmap, PixmapPaint, PixmapRef, Point,
    PremultipliedColorU8, Rect, Shader, SpreadMode, Stroke, StrokeDash, Transform,
};

use crate::bitmaps::{Area, BitmapId, Bitmaps, MAX_SIDE};
use crate::outlines::{held, straightened};

/// The most numbers that a path may have; one of more draws nothing.
pub(crate) const MAX_PATH_NUMBERS: usize = 1 << 22;
/// The most colours of a gradient.
pub(crate) const MAX_STOPS: usize = 4096;

/// How finely lines are made for how large they are drawn: at least, and at most.
const MIN_SCALE: f32 = 1e-3;
const MAX_SCALE: f32 = 1e3;
/// The largest width of a line that is told from a larger one.
const MAX_WIDTH: f32 = 1e6;
/// The largest miter limit that is told from a larger one.
const MAX_MITER: f32 = 1e4;
/// How many times the dashes of a line may be repeated; a line of more is drawn whole.
const MAX_DASHES: f32 = 65_536.0;

/// With what is painted, as the prelude describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Drawing {
    style: Option<Style>,
    transform: [f32; 6],
    alpha: f32,
    blend: String,
    #[serde(default)]
    is_even_odd: bool,
    /// Whether the path's points are on the canvas already, so that only the style is transformed.
    #[serde(default)]
    is_placed: bool,
    /// Whether images are smoothed.
    #[serde(default)]
    smooth: bool,
    line: Option<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Style {
    Colour { rgba: [u8; 4] },
    Linear { at: [f32; 4], stops: Vec<(f32, [u8; 4])> },
    Radial { at: [f32; 6], stops: Vec<(f32, [u8; 4])> },
    Conic { at: [f32; 3], stops: Vec<(f32, [u8; 4])> },
    Pattern { bitmap: BitmapId, across: bool, down: bool, transform: [f32; 6] },
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

fn transform([a, b, c, d, e, f]: [f32; 6]) -> Transform {
    Transform::from_row(a, b, c, d, e, f)
}

impl Drawing {
    fn transform(&self) -> Transform {
        transform(self.transform)
    }

    fn rule(&self) -> FillRule {
        if self.is_even_odd { FillRule::EvenOdd } else { FillRule::Winding }
    }

    fn blend_mode(&self) -> BlendMode {
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

    /// What a path's line encloses, where lines are drawn, else the path itself; for a canvas of this size.
    fn outline(&self, local: Path, size: (u32, u32)) -> Option<Path> {
        let Some(line) = &self.line else {
            return if self.is_placed { Some(local) } else { local.transform(self.transform()) };
        };
        let scale = PathStroker::compute_resolution_scale(&self.transform()).clamp(MIN_SCALE, MAX_SCALE);
        let stroke = Stroke {
            width: line.width.min(MAX_WIDTH),
            miter_limit: line.miter.min(MAX_MITER),
            line_cap: match &*line.cap {
                "round" => LineCap::Round,
                "square" => LineCap::Square,
                _ => LineCap::Butt,
            },
            line_join: match &*line.join {
                "round" => LineJoin::Round,
                "bevel" => LineJoin::Bevel,
                _ => LineJoin::Miter,
            },
            dash: None,
        };
        let reach = stroke.width * stroke.miter_limit.max(1.0) * scale;
        let local = straightened(local, self.transform(), reach, size)?;
        let dashed = match StrokeDash::new(line.dash.clone(), line.offset) {
            Some(dash) if length(&local) <= line.dash.iter().sum::<f32>() * MAX_DASHES => {
                local.dash(&dash, scale)?
            }
            _ => local,
        };
        dashed.stroke(&stroke, scale)?.transform(self.transform())
    }
}

/// How long a path is at most.
fn length(path: &Path) -> f32 {
    path.points().windows(2).map(|pair| pair[0].distance(pair[1])).sum()
}

/// Modes that change a canvas where nothing is painted too.
fn is_unbounded(mode: BlendMode) -> bool {
    use BlendMode as B;
    matches!(mode, B::Source | B::SourceIn | B::SourceOut | B::DestinationIn | B::DestinationAtop)
}

impl Bitmaps {
    /// Fills a path, or draws its line.
    pub(crate) fn paint(&mut self, id: BitmapId, local: Option<Path>, drawing: &Drawing) {
        if let Some(Style::Pattern { bitmap, .. }) = &drawing.style {
            self.hand_on_flag(*bitmap, id);
        }
        let Some(size) = self.size(id) else { return };
        let Some(outline) = local.and_then(|path| drawing.outline(path, size)) else { return };
        let Some(mut canvas) = self.take_pixels(id) else { return };
        if let Some(ink) = self.ink(id, drawing, &canvas) {
            let shader = ink.shader(drawing.alpha);
            fill(&mut canvas, outline, shader, drawing, self.clip(id));
        }
        self.put_pixels(id, canvas);
    }

    /// Draws a part of one bitmap on another, and hands on its flag, whatever is seen of it.
    /// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-drawimage).
    pub(crate) fn draw_image(
        &mut self,
        to: BitmapId,
        from: BitmapId,
        source: Area,
        target: Area,
        drawing: &Drawing,
    ) {
        self.hand_on_flag(from, to);
        let copied = if to == from { self.pixels(from).cloned() } else { None };
        let Some(mut canvas) = self.take_pixels(to) else { return };
        if let Some(image) = copied.as_ref().or_else(|| self.pixels(from)) {
            draw(&mut canvas, image, source, target, drawing, self.clip(to));
        }
        self.put_pixels(to, canvas);
    }

    /// Makes a rectangle transparent.
    pub(crate) fn clear_rect(&mut self, id: BitmapId, local: &[f32], drawing: &Drawing) {
        let Some(outline) = path(local).and_then(|path| path.transform(drawing.transform())) else { return };
        let Some(mut canvas) = self.take_pixels(id) else { return };
        let outline = held(outline, canvas.width(), canvas.height());
        let paint = Paint { blend_mode: BlendMode::Clear, anti_alias: true, ..Paint::default() };
        if let Some(outline) = outline {
            canvas.fill_path(&outline, &paint, FillRule::Winding, Transform::identity(), self.clip(id));
        }
        self.put_pixels(id, canvas);
    }

    /// Lets painting reach only what all of these paths enclose. Each begins with 1 where its rule is even-odd.
    pub(crate) fn set_clip(&mut self, id: BitmapId, paths: &[Vec<f32>]) {
        let Some((width, height)) = self.size(id) else { return };
        let mut clip: Option<Mask> = None;
        for numbers in paths {
            let Some((rule, numbers)) = numbers.split_first() else { continue };
            let rule = if *rule == 1.0 { FillRule::EvenOdd } else { FillRule::Winding };
            let outline = path(numbers).and_then(|outline| held(outline, width, height));
            let identity = Transform::identity();
            match (&mut clip, outline) {
                (Some(clip), Some(outline)) => clip.intersect_path(&outline, rule, true, identity),
                (None, Some(outline)) => {
                    clip = Mask::new(width, height);
                    if let Some(clip) = &mut clip {
                        clip.fill_path(&outline, rule, true, identity);
                    }
                }
                // A path of nothing encloses nothing.
                (_, None) => clip = Mask::new(width, height),
            }
        }
        self.keep_clip(id, clip);
    }

    /// What a style paints with, on a canvas of this size.
    fn ink(&self, id: BitmapId, drawing: &Drawing, canvas: &Pixmap) -> Option<Ink> {
        let own = drawing.transform();
        let (width, height) = (canvas.width(), canvas.height());
        Some(match drawing.style.as_ref()? {
            Style::Colour { rgba: [red, green, blue, alpha] } => {
                Ink::Colour(Color::from_rgba8(*red, *green, *blue, *alpha))
            }
            Style::Linear { at: [x0, y0, x1, y1], stops } => {
                // Between two points that are one nothing is painted.
                if (x0, y0) == (x1, y1) || stops.is_empty() {
                    return None;
                }
                let (from, to) = (Point::from_xy(*x0, *y0), Point::from_xy(*x1, *y1));
                Ink::Linear { from, to, stops: stops.clone(), transform: own }
            }
            Style::Radial { at, stops } => {
                Ink::Layer(each_pixel(width, height, own, |x, y| colour_at(stops, radial(*at, x, y)?))?)
            }
            Style::Conic { at: [angle, x0, y0], stops } => {
                let turn = |x: f32, y: f32| ((y - y0).atan2(x - x0) - angle) / std::f32::consts::TAU;
                Ink::Layer(each_pixel(width, height, own, |x, y| {
                    colour_at(stops, turn(x, y).rem_euclid(1.0))
                })?)
            }
            Style::Pattern { bitmap, across, down, transform: by } => {
                let image = if *bitmap == id { canvas } else { self.pixels(*bitmap)? };
                let placed = own.pre_concat(transform(*by));
                let mut layer = Pixmap::new(width, height)?;
                let far = 1e6;
                let strip = Rect::from_ltrb(
                    if *across { -far } else { 0.0 },
                    if *down { -far } else { 0.0 },
                    if *across { far } else { image.width() as f32 },
                    if *down { far } else { image.height() as f32 },
                )?;
                let quality = if is_exact(placed) { FilterQuality::Nearest } else { FilterQuality::Bilinear };
                let shader = Pattern::new(image.as_ref(), SpreadMode::Repeat, quality, 1.0, placed);
                let paint = Paint { shader, anti_alias: !is_exact(placed), ..Paint::default() };
                let everything = Rect::from_xywh(0.0, 0.0, width as f32, height as f32)?;
                if *across && *down {
                    layer.fill_rect(everything, &paint, Transform::identity(), None);
                } else {
                    let outline = PathBuilder::from_rect(strip).transform(placed);
                    if let Some(outline) = outline.and_then(|outline| held(outline, width, height)) {
                        layer.fill_path(&outline, &paint, FillRule::Winding, Transform::identity(), None);
                    }
                }
                Ink::Layer(layer)
            }
        })
    }
}

/// What is painted with: a colour, or what each pixel of the canvas would be.
enum Ink {
    Colour(Color),
    Linear { from: Point, to: Point, stops: Vec<(f32, [u8; 4])>, transform: Transform },
    Layer(Pixmap),
}

impl Ink {
    fn shader(&self, alpha: f32) -> Shader<'_> {
        match self {
            Self::Colour(colour) => {
                let mut colour = *colour;
                colour.apply_opacity(alpha);
                Shader::SolidColor(colour)
            }
            Self::Linear { from, to, stops, transform } => {
                let stops = stops.iter().take(MAX_STOPS).map(|(at, [red, green, blue, own])| {
                    let mut colour = Color::from_rgba8(*red, *green, *blue, *own);
                    colour.apply_opacity(alpha);
                    GradientStop::new(*at, colour)
                });
                LinearGradient::new(*from, *to, stops.collect(), SpreadMode::Pad, *transform)
                    .unwrap_or(Shader::SolidColor(Color::TRANSPARENT))
            }
            Self::Layer(layer) => Pattern::new(
                layer.as_ref(),
                SpreadMode::Pad,
                FilterQuality::Nearest,
                alpha,
                Transform::identity(),
            ),
        }
    }
}

fn fill(canvas: &mut Pixmap, outline: Path, shader: Shader<'_>, drawing: &Drawing, clip: Option<&Mask>) {
    let blend_mode = drawing.blend_mode();
    let mut paint = Paint { shader, anti_alias: true, ..Paint::default() };
    let outline = held(outline, canvas.width(), canvas.height());
    // In the integers of the short way, what these modes subtract overflows on its way.
    paint.force_hq_pipeline = matches!(blend_mode, BlendMode::Overlay | BlendMode::HardLight);
    if !is_unbounded(blend_mode) {
        let Some(outline) = outline else { return };
        paint.blend_mode = blend_mode;
        canvas.fill_path(&outline, &paint, drawing.rule(), Transform::identity(), clip);
        return;
    }
    let Some(mut layer) = Pixmap::new(canvas.width(), canvas.height()) else { return };
    if let Some(outline) = outline {
        layer.fill_path(&outline, &paint, drawing.rule(), Transform::identity(), None);
    }
    let whole = PixmapPaint { blend_mode, ..PixmapPaint::default() };
    canvas.draw_pixmap(0, 0, layer.as_ref(), &whole, Transform::identity(), clip);
}

fn is_exact(placed: Transform) -> bool {
    placed.is_translate() && placed.tx.fract() == 0.0 && placed.ty.fract() == 0.0 || placed.is_identity()
}

fn draw(
    canvas: &mut Pixmap,
    image: &Pixmap,
    source: Area,
    target: Area,
    drawing: &Drawing,
    clip: Option<&Mask>,
) {
    let Some((source, target)) = within(image, source, target) else { return };
    let scale = (target.2 / source.2, target.3 / source.3);
    let origin = (target.0 - source.0 * scale.0, target.1 - source.1 * scale.1);
    let own = drawing.transform();
    let placed = own.pre_concat(Transform::from_row(scale.0, 0.0, 0.0, scale.1, origin.0, origin.1));
    let Some(outline) = Rect::from_xywh(target.0, target.1, target.2, target.3)
        .and_then(|area| PathBuilder::from_rect(area).transform(own))
    else {
        return;
    };
    if is_exact(placed) || !drawing.smooth {
        let shader =
            Pattern::new(image.as_ref(), SpreadMode::Pad, FilterQuality::Nearest, drawing.alpha, placed);
        return fill(canvas, outline, shader, drawing, clip);
    }
    // Pixels beside the part that is drawn must not blend into it.
    let (left, top) = (source.0.floor(), source.1.floor());
    let size = ((source.0 + source.2).ceil() - left, (source.1 + source.3).ceil() - top);
    let part = IntRect::from_xywh(left as i32, top as i32, size.0 as u32, size.1 as u32);
    let Some(mut part) = part.and_then(|part| image.as_ref().clone_rect(part)) else { return };
    let mut placed = placed.pre_translate(left, top);
    // Of what becomes much smaller, several pixels make one.
    let (scale_x, scale_y) = placed.get_scale();
    let (mut shrunk_x, mut shrunk_y) = (scale_x, scale_y);
    while shrunk_x < 0.5 && part.width() > 1 || shrunk_y < 0.5 && part.height() > 1 {
        let (by_x, by_y) = (
            if shrunk_x < 0.5 && part.width() > 1 { 2 } else { 1 },
            if shrunk_y < 0.5 && part.height() > 1 { 2 } else { 1 },
        );
        let (width, height) = (part.width(), part.height());
        let Some(smaller) = halved(part.as_ref(), by_x, by_y) else { break };
        let back = (width as f32 / smaller.width() as f32, height as f32 / smaller.height() as f32);
        placed = placed.pre_scale(back.0, back.1);
        (shrunk_x, shrunk_y) = (shrunk_x * back.0, shrunk_y * back.1);
        part = smaller;
    }
    let shader = Pattern::new(part.as_ref(), SpreadMode::Pad, FilterQuality::Bilinear, drawing.alpha, placed);
    fill(canvas, outline, shader, drawing, clip);
}

/// What of a source is in the image, and where that comes to.
fn within(image: &Pixmap, source: Area, target: Area) -> Option<(Area, Area)> {
    let (x0, y0) = (source.0.max(0.0), source.1.max(0.0));
    let x1 = (source.0 + source.2).min(image.width() as f32);
    let y1 = (source.1 + source.3).min(image.height() as f32);
    if x1 <= x0 || y1 <= y0 {
        return None;
    }
    let scale = (target.2 / source.2, target.3 / source.3);
    let placed = (
        target.0 + (x0 - source.0) * scale.0,
        target.1 + (y0 - source.1) * scale.1,
        (x1 - x0) * scale.0,
        (y1 - y0) * scale.1,
    );
    Some(((x0, y0, x1 - x0, y1 - y0), placed))
}

/// An image in which so many pixels beside and above each other are one.
fn halved(image: PixmapRef<'_>, by_x: u32, by_y: u32) -> Option<Pixmap> {
    let (width, height) = (image.width().div_ceil(by_x), image.height().div_ceil(by_y));
    let mut smaller = Pixmap::new(width, height)?;
    let pixels = image.pixels();
    for (nth, out) in smaller.pixels_mut().iter_mut().enumerate() {
        let (column, row) = (nth as u32 % width * by_x, nth as u32 / width * by_y);
        let (mut sums, mut count) = ([0_u32; 4], 0);
        for y in row..(row + by_y).min(image.height()) {
            for x in column..(column + by_x).min(image.width()) {
                let pixel = pixels[(y * image.width() + x) as usize];
                let own = [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()];
                sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += u32::from(own));
                count += 1;
            }
        }
        let [red, green, blue, alpha] = sums.map(|sum| ((sum + count / 2) / count) as u8);
        *out = PremultipliedColorU8::from_rgba(red.min(alpha), green.min(alpha), blue.min(alpha), alpha)?;
    }
    Some(smaller)
}

/// A layer of a canvas's size, each pixel by its place before the transformation.
fn each_pixel(
    width: u32,
    height: u32,
    placed: Transform,
    colour: impl Fn(f32, f32) -> Option<[f32; 4]>,
) -> Option<Pixmap> {
    let back = placed.invert()?;
    let mut layer = Pixmap::new(width, height)?;
    for (nth, out) in layer.pixels_mut().iter_mut().enumerate() {
        let mut at = Point::from_xy((nth as u32 % width) as f32 + 0.5, (nth as u32 / width) as f32 + 0.5);
        back.map_point(&mut at);
        if let Some([red, green, blue, alpha]) = colour(at.x, at.y) {
            let byte = |part: f32| (part * alpha * 255.0 + 0.5) as u8;
            let alpha = (alpha * 255.0 + 0.5) as u8;
            let [red, green, blue] = [red, green, blue].map(|part| byte(part).min(alpha));
            *out = PremultipliedColorU8::from_rgba(red, green, blue, alpha)?;
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
    let next = stops.iter().take(MAX_STOPS).position(|(own, _)| *own > at);
    let (before, after) = match next {
        Some(0) => return stops.first().map(|(_, rgba)| shares(*rgba)),
        Some(next) => (stops[next - 1], stops[next]),
        None => return stops.last().map(|(_, rgba)| shares(*rgba)),
    };
    let share = (at - before.0) / (after.0 - before.0);
    let (from, to) = (shares(before.1), shares(after.1));
    Some([0, 1, 2, 3].map(|nth| from[nth] + (to[nth] - from[nth]) * share))
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
        let mut bitmaps = Bitmaps::default();
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
            let modes = ["source-over", "copy", "source-in", "destination-atop", "luminosity", "lighter"];
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
                line,
            };
            let p = &points;
            let local = [
                0.0, p[0], p[1], 1.0, p[2], p[3], 2.0, p[4], p[5], p[6], p[7], 3.0, p[0], p[9], p[8], p[7],
                p[10], p[11], 4.0,
            ];
            match random.u8(0..5) {
                0 => bitmaps.clear_rect(canvas, &local, &drawing),
                1 => bitmaps.set_clip(canvas, &[[&[1.0][..], &local].concat()]),
                2 => drop(covers(&local, &drawing, p[0], p[1])),
                3 => {
                    let source = (area[0], area[1], area[2].abs(), area[3].abs());
                    let target = (area[4], area[5], area[6].abs(), area[7].abs());
                    bitmaps.draw_image(canvas, other, source, target, &drawing);
                }
                _ => bitmaps.paint(canvas, path(&local), &drawing),
            }
        }
        assert_eq!(bitmaps.size(canvas), Some((16, 16)));
    }
}
