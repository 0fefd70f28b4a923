//! Images that are drawn on canvases.

use tiny_skia::{
    FillRule, FilterQuality, IntRect, PathBuilder, Pattern, Pixmap, PixmapRef, PremultipliedColorU8, Rect,
    SpreadMode, Transform,
};

use crate::bitmaps::{Area, BitmapId, Bitmaps};
use crate::layers::{Shape, Target};
use crate::painting::Drawing;
use crate::places::{filtered, is_exact};

impl Bitmaps {
    /// Draws a part of one bitmap on another, and hands on its flag, whatever is seen of it.
    /// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-drawimage).
    pub(crate) fn draw_image(
        &mut self,
        to: BitmapId,
        from: BitmapId,
        source: Area,
        area: Area,
        drawing: &Drawing,
    ) {
        self.hand_on_flag(from, to);
        let Some(bounds) = Rect::from_xywh(area.0, area.1, area.2, area.3)
            .and_then(|area| area.transform(drawing.transform()))
        else {
            return;
        };
        let copied = if to == from { self.pixels(from).cloned() } else { None };
        let scaled = self.scaled(from, source, area, drawing);
        self.put(to, bounds, drawing, |bitmaps, target| match &scaled {
            Some((image, source)) => draw(target, image, *source, area, drawing),
            None => {
                if let Some(image) = copied.as_ref().or_else(|| bitmaps.pixels(from)) {
                    draw(target, image, source, area, drawing);
                }
            }
        });
    }

    /// An SVG image in the size in which it is drawn, and where the source's area is then; `None` where that is its own
    /// size, or too large.
    fn scaled(&self, from: BitmapId, source: Area, area: Area, drawing: &Drawing) -> Option<(Pixmap, Area)> {
        let vector = self.vector(from)?;
        let (across, down) = drawing.transform().get_scale();
        let scale = (across * area.2 / source.2, down * area.3 / source.3);
        if scale == (1.0, 1.0) || !(scale.0 > 0.0 && scale.1 > 0.0) {
            return None;
        }
        let pixels = vector.draw(scale.0, scale.1)?;
        Some((pixels, (source.0 * scale.0, source.1 * scale.1, source.2 * scale.0, source.3 * scale.1)))
    }
}

fn draw(target: &mut Target<'_>, image: &Pixmap, source: Area, area: Area, drawing: &Drawing) {
    let Some((source, area)) = within(image, source, area) else { return };
    let scale = (area.2 / source.2, area.3 / source.3);
    let origin = (area.0 - source.0 * scale.0, area.1 - source.1 * scale.1);
    let own = drawing.transform();
    let placed = own.pre_concat(Transform::from_row(scale.0, 0.0, 0.0, scale.1, origin.0, origin.1));
    let Some(outline) = Rect::from_xywh(area.0, area.1, area.2, area.3)
        .and_then(|area| PathBuilder::from_rect(area).transform(own))
    else {
        return;
    };
    // Upright images end where pixels do, unless they would be lost, as in browsers.
    let bounds = outline.bounds();
    let is_upright = own.kx == 0.0 && own.ky == 0.0 || own.sx == 0.0 && own.sy == 0.0;
    let is_smooth = !is_upright || bounds.width() < 1.0 || bounds.height() < 1.0;
    let smaller =
        if drawing.smooth && drawing.levels { shrunk(image.as_ref(), source, placed) } else { None };
    let (image, placed) = smaller.as_ref().map_or((image, placed), |(image, placed)| (image, *placed));
    let quality =
        if is_exact(placed) || !drawing.smooth { FilterQuality::Nearest } else { FilterQuality::Bilinear };
    let placed = filtered(placed.post_translate(-target.at.0 as f32, -target.at.1 as f32), quality);
    let shader = Pattern::new(image.as_ref(), SpreadMode::Pad, quality, drawing.alpha, placed);
    target.fill(&Shape::Area(outline, FillRule::Winding), shader, is_smooth);
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

/// The part of an image that is drawn, halved as often as it is still as large as it is drawn, and where it is then;
/// `None` where it is not drawn so small.
fn shrunk(image: PixmapRef<'_>, source: Area, placed: Transform) -> Option<(Pixmap, Transform)> {
    let (mut across, mut down) = placed.get_scale();
    let mut halvings = 0;
    while across <= 0.5 && down <= 0.5 && halvings < 15 {
        (across, down, halvings) = (across * 2.0, down * 2.0, halvings + 1);
    }
    if halvings == 0 {
        return None;
    }
    // What is beside the part that is drawn blends into its edge.
    let whole = 1_i32 << halvings;
    let from = |at: f32| (at as i32 - whole).max(0) / whole * whole;
    let to = |at: f32, end: u32| (at.ceil() as i32 + whole).min(end as i32);
    let (left, top) = (from(source.0), from(source.1));
    let (right, bottom) = (to(source.0 + source.2, image.width()), to(source.1 + source.3, image.height()));
    let mut part = image.clone_rect(IntRect::from_ltrb(left, top, right, bottom)?)?;
    let mut placed = placed.pre_translate(left as f32, top as f32);
    for _ in 0..halvings {
        let (width, height) = (part.width() as f32, part.height() as f32);
        part = halved(part.as_ref())?;
        placed = placed.pre_scale(width / part.width() as f32, height / part.height() as f32);
    }
    Some((part, placed))
}

/// An image in which two pixels beside and above each other are one; three, where their number is odd.
fn halved(image: PixmapRef<'_>) -> Option<Pixmap> {
    let weights = |side: u32| -> &[u32] {
        match side {
            1 => &[1],
            side if side.is_multiple_of(2) => &[1, 1],
            _ => &[1, 2, 1],
        }
    };
    let (across, down) = (weights(image.width()), weights(image.height()));
    let (width, height) = ((image.width() / 2).max(1), (image.height() / 2).max(1));
    let mut smaller = Pixmap::new(width, height)?;
    let pixels = image.pixels();
    for (nth, out) in smaller.pixels_mut().iter_mut().enumerate() {
        let (column, row) = (nth as u32 % width * 2, nth as u32 / width * 2);
        let (mut sums, mut count) = ([0_u32; 4], 0);
        for (y, by_y) in (row..).zip(down) {
            for (x, by_x) in (column..).zip(across) {
                let pixel = pixels[(y * image.width() + x) as usize];
                let own = [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()];
                sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += u32::from(own) * by_x * by_y);
                count += by_x * by_y;
            }
        }
        let [red, green, blue, alpha] = sums.map(|sum| ((sum + count / 2) / count) as u8);
        *out = PremultipliedColorU8::from_rgba(red.min(alpha), green.min(alpha), blue.min(alpha), alpha)?;
    }
    Some(smaller)
}
