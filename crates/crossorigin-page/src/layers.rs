//! Layers that are painted on: a canvas, or a part of one that is laid on it later.

use tiny_skia::{
    BlendMode, FillRule, IntRect, LineCap, Mask, Paint, Path, PathSegment, Pixmap, PixmapPaint, Rect, Shader,
    Stroke, Transform,
};

use crate::hues::{self, is_of_hues};
use crate::outlines::held;

/// Where something is painted: a layer, whose upper left corner lies at a place of the canvas.
pub(crate) struct Target<'a> {
    pub(crate) pixels: &'a mut Pixmap,
    pub(crate) at: (i32, i32),
    pub(crate) blend_mode: BlendMode,
    pub(crate) clip: Option<&'a Mask>,
}

impl Target<'_> {
    /// What of the canvas is on the layer, and within these bounds; `None` where that is nothing.
    pub(crate) fn region(&self, bounds: Rect) -> Option<IntRect> {
        let whole = IntRect::from_xywh(self.at.0, self.at.1, self.pixels.width(), self.pixels.height())?;
        let bounds = Rect::from_ltrb(
            bounds.left().max(whole.left() as f32),
            bounds.top().max(whole.top() as f32),
            bounds.right().min(whole.right() as f32),
            bounds.bottom().min(whole.bottom() as f32),
        )?;
        let (left, top) = (bounds.left().floor() as i32 - 1, bounds.top().floor() as i32 - 1);
        let (right, bottom) = (bounds.right().ceil() as i32 + 1, bounds.bottom().ceil() as i32 + 1);
        IntRect::from_ltrb(left, top, right, bottom)?.intersect(&whole)
    }

    /// Paints a shape of the canvas.
    pub(crate) fn fill(&mut self, shape: &Shape, shader: Shader<'_>, is_smooth: bool) {
        let mut paint = Paint { shader, anti_alias: is_smooth, ..Paint::default() };
        let (width, height) = (self.pixels.width(), self.pixels.height());
        if !is_unbounded(self.blend_mode) && !is_of_hues(self.blend_mode) {
            // In the integers of the short way, what these modes subtract overflows on its way.
            paint.force_hq_pipeline = matches!(self.blend_mode, BlendMode::Overlay | BlendMode::HardLight);
            paint.blend_mode = self.blend_mode;
            shape.put(self.pixels, self.at, paint, self.clip);
            return;
        }
        let Some(mut layer) = Pixmap::new(width, height) else { return };
        shape.put(&mut layer, self.at, paint, None);
        self.lay(&layer, Transform::identity());
    }

    /// Lays a picture on the layer.
    pub(crate) fn lay(&mut self, picture: &Pixmap, placed: Transform) {
        let whole = PixmapPaint { blend_mode: self.blend_mode, ..PixmapPaint::default() };
        let is_of_hues = is_of_hues(self.blend_mode);
        if !is_of_hues && (!is_unbounded(self.blend_mode) || placed.is_identity()) {
            self.pixels.draw_pixmap(0, 0, picture.as_ref(), &whole, placed, self.clip);
            return;
        }
        let Some(mut layer) = Pixmap::new(self.pixels.width(), self.pixels.height()) else { return };
        layer.draw_pixmap(0, 0, picture.as_ref(), &PixmapPaint::default(), placed, None);
        if is_of_hues {
            hues::blend(self.pixels, &layer, self.blend_mode, self.clip);
            return;
        }
        self.pixels.draw_pixmap(0, 0, layer.as_ref(), &whole, Transform::identity(), self.clip);
    }
}

/// What is painted, on the canvas.
pub(crate) enum Shape {
    Area(Path, FillRule),
    /// A line that is thinner than a pixel: how thin, and how it ends.
    Thin(Path, f32, LineCap),
}

impl Shape {
    pub(crate) fn bounds(&self) -> Rect {
        match self {
            Self::Area(outline, _) => outline.bounds(),
            Self::Thin(line, ..) => line.bounds().outset(1.0, 1.0).unwrap_or(line.bounds()),
        }
    }

    fn put(&self, pixels: &mut Pixmap, at: (i32, i32), mut paint: Paint<'_>, clip: Option<&Mask>) {
        let moved = Transform::from_translate(-at.0 as f32, -at.1 as f32);
        match self {
            Self::Area(outline, rule) => {
                let outline = outline.clone().transform(moved);
                let outline = outline.and_then(|outline| held(outline, pixels.width(), pixels.height()));
                if let Some(outline) = outline {
                    put(pixels, &outline, *rule, &paint, clip);
                }
            }
            Self::Thin(line, width, cap) => {
                paint.shader.apply_opacity(*width);
                let stroke = Stroke { width: 0.0, line_cap: *cap, ..Stroke::default() };
                pixels.stroke_path(line, &paint, &stroke, moved, clip);
            }
        }
    }
}

/// Modes that change a canvas where nothing is painted too.
pub(crate) fn is_unbounded(mode: BlendMode) -> bool {
    use BlendMode as B;
    matches!(mode, B::Source | B::SourceIn | B::SourceOut | B::DestinationIn | B::DestinationAtop)
}

/// Fills an outline. What is a rectangle covers its pixels exactly, and not only as far as others are measured.
fn put(pixels: &mut Pixmap, outline: &Path, rule: FillRule, paint: &Paint<'_>, clip: Option<&Mask>) {
    let whole = Rect::from_xywh(0.0, 0.0, pixels.width() as f32, pixels.height() as f32);
    let within = rectangle(outline).zip(whole).map(|(rectangle, whole)| rectangle.intersect(&whole));
    match within {
        Some(Some(rectangle)) if !paint.anti_alias => {
            let [left, top, right, bottom] =
                [rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom()]
                    .map(|side| (side - 0.5).ceil());
            if let Some(rectangle) = Rect::from_ltrb(left, top, right, bottom) {
                pixels.fill_rect(rectangle, paint, Transform::identity(), clip);
            }
        }
        Some(Some(rectangle)) => pixels.fill_rect(rectangle, paint, Transform::identity(), clip),
        Some(None) => {}
        None => pixels.fill_path(outline, paint, rule, Transform::identity(), clip),
    }
}

/// The rectangle that an outline is, if it is one whose sides are upright.
fn rectangle(outline: &Path) -> Option<Rect> {
    let mut corners = Vec::with_capacity(5);
    for (nth, segment) in outline.segments().enumerate() {
        match segment {
            PathSegment::MoveTo(point) if nth == 0 => corners.push(point),
            PathSegment::LineTo(point) if corners.len() < 5 => corners.push(point),
            PathSegment::Close if nth + 1 == outline.len() => {}
            _ => return None,
        }
    }
    if corners.len() == 5 && corners[4] == corners[0] {
        corners.pop();
    }
    let [a, b, c, d] = corners[..] else { return None };
    let is_upright = a.x == b.x && b.y == c.y && c.x == d.x && d.y == a.y
        || a.y == b.y && b.x == c.x && c.y == d.y && d.x == a.x;
    let bounds = outline.bounds();
    is_upright
        .then(|| Rect::from_ltrb(bounds.left(), bounds.top(), bounds.right(), bounds.bottom()))
        .flatten()
}
