//! Outlines held to the canvas they are painted on: the rasteriser counts in small fixed-point numbers, and script may come
//! by any.

use tiny_skia::{Path, PathBuilder, PathSegment, Point, Transform};

/// How far from the canvas an outline may reach, in pixels, before it is cut there.
const FAR: f32 = 4096.0;
/// How far outside the canvas an outline is cut, in pixels: what the smoothing of edges does not reach.
const MARGIN: f64 = 4.0;
/// How far a line may be from the curve that it stands for, in pixels.
const FLAT: f64 = 0.02;
/// How many times a curve is halved at most.
const MAX_HALVINGS: u32 = 24;

/// The largest number of a path whose line is drawn; squares of larger ones leave what the rasteriser can say.
const MAX_NUMBER: f32 = 1e9;

type At = (f64, f64);

/// An outline that covers the same pixels of a canvas of this size, with no point far from it; `None` where it covers none.
pub(crate) fn held(outline: Path, width: u32, height: u32) -> Option<Path> {
    let bounds = outline.bounds();
    let (width, height) = (width as f32, height as f32);
    if bounds.right() <= -1.0
        || bounds.bottom() <= -1.0
        || bounds.left() >= width + 1.0
        || bounds.top() >= height + 1.0
    {
        return None;
    }
    let is_near = bounds.left() > -FAR && bounds.top() > -FAR;
    if is_near && bounds.right() < width + FAR && bounds.bottom() < height + FAR {
        return Some(outline);
    }
    let edges = Edges::around(width, height, MARGIN, Transform::identity());
    let mut cut = PathBuilder::new();
    for (polygon, _) in parts(&outline, &edges) {
        let polygon = edges.cut(polygon);
        let mut points = polygon.into_iter().map(|(x, y)| (x as f32, y as f32));
        let Some((x, y)) = points.next() else { continue };
        cut.move_to(x, y);
        points.for_each(|(x, y)| cut.line_to(x, y));
        cut.close();
    }
    cut.finish()
}

/// A path to draw the line of, whose curves are lines where it reaches far from the canvas; `None` where its numbers are
/// beyond [`MAX_NUMBER`]. `reach` is how far from the path its line goes, in pixels of the canvas.
pub(crate) fn straightened(
    local: Path,
    placed: Transform,
    reach: f32,
    (width, height): (u32, u32),
) -> Option<Path> {
    let bounds = local.bounds();
    if [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()]
        .iter()
        .any(|number| number.abs() > MAX_NUMBER)
    {
        return None;
    }
    let (width, height) = (width as f32, height as f32);
    let seen = local.clone().transform(placed)?.bounds();
    if seen.left() > -FAR && seen.top() > -FAR && seen.right() < width + FAR && seen.bottom() < height + FAR {
        return Some(local);
    }
    let edges = Edges::around(width, height, MARGIN + f64::from(reach), placed);
    let mut lines = PathBuilder::new();
    for (polygon, is_closed) in parts(&local, &edges) {
        let mut points = polygon.into_iter().map(|(x, y)| (x as f32, y as f32));
        let Some((x, y)) = points.next() else { continue };
        lines.move_to(x, y);
        points.for_each(|(x, y)| lines.line_to(x, y));
        if is_closed {
            lines.close();
        }
    }
    lines.finish()
}

/// The lines of each part of a path, and whether it is closed; curves become lines where they can be seen.
fn parts(path: &Path, edges: &Edges) -> Vec<(Vec<At>, bool)> {
    let mut parts: Vec<(Vec<At>, bool)> = Vec::new();
    let at = |point: Point| (f64::from(point.x), f64::from(point.y));
    for segment in path.segments() {
        if let PathSegment::MoveTo(point) = segment {
            parts.push((vec![at(point)], false));
            continue;
        }
        // What follows a closed part without a move begins where that part began.
        if let Some((closed, true)) = parts.last() {
            parts.push((vec![closed[0]], false));
        }
        let Some((lines, is_closed)) = parts.last_mut() else { continue };
        let Some(from) = lines.last().copied() else { continue };
        match segment {
            PathSegment::LineTo(point) => lines.push(at(point)),
            PathSegment::QuadTo(control, to) => {
                let (control, to) = (at(control), at(to));
                let third = |end: At| (end.0 + (control.0 - end.0) / 1.5, end.1 + (control.1 - end.1) / 1.5);
                edges.flatten([from, third(from), third(to), to], 0, lines);
            }
            PathSegment::CubicTo(first, second, to) => {
                edges.flatten([from, at(first), at(second), at(to)], 0, lines);
            }
            PathSegment::Close => *is_closed = true,
            PathSegment::MoveTo(_) => {}
        }
    }
    parts
}

fn between(from: At, to: At) -> At {
    (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1))
}

/// The rectangle of the canvas that outlines are held to, and how their points come to be on it.
struct Edges {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    placed: Transform,
}

impl Edges {
    fn around(width: f32, height: f32, margin: f64, placed: Transform) -> Self {
        let (right, bottom) = (f64::from(width) + margin, f64::from(height) + margin);
        Self { left: -margin, top: -margin, right, bottom, placed }
    }

    fn place(&self, (x, y): At) -> At {
        let [a, b, c, d, e, f] =
            [self.placed.sx, self.placed.ky, self.placed.kx, self.placed.sy, self.placed.tx, self.placed.ty]
                .map(f64::from);
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// Whether all of these points are beyond one edge, so that whatever joins them covers nothing.
    fn are_beyond_one(&self, points: &[At]) -> bool {
        points.iter().all(|at| at.0 < self.left)
            || points.iter().all(|at| at.0 > self.right)
            || points.iter().all(|at| at.1 < self.top)
            || points.iter().all(|at| at.1 > self.bottom)
    }

    fn is_flat([from, first, second, to]: [At; 4]) -> bool {
        let off = |control: At, share: f64| {
            let on = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            (control.0 - on.0).abs().max((control.1 - on.1).abs())
        };
        off(first, 1.0 / 3.0) <= FLAT && off(second, 2.0 / 3.0) <= FLAT
    }

    /// Adds a cubic curve's lines, without its first point.
    fn flatten(&self, curve: [At; 4], halvings: u32, lines: &mut Vec<At>) {
        let placed = curve.map(|at| self.place(at));
        if Self::is_flat(placed) || halvings == MAX_HALVINGS || self.are_beyond_one(&placed) {
            lines.push(curve[3]);
            return;
        }
        let [from, first, second, to] = curve;
        let (a, b, c) = (between(from, first), between(first, second), between(second, to));
        let (ab, bc) = (between(a, b), between(b, c));
        let middle = between(ab, bc);
        self.flatten([from, a, ab, middle], halvings + 1, lines);
        self.flatten([middle, bc, c, to], halvings + 1, lines);
    }

    /// A polygon cut at each edge in turn. It winds around each point within as often as before.
    fn cut(&self, polygon: Vec<At>) -> Vec<At> {
        let at_x =
            |x: f64| move |from: At, to: At| (x, from.1 + (to.1 - from.1) * ((x - from.0) / (to.0 - from.0)));
        let at_y =
            |y: f64| move |from: At, to: At| (from.0 + (to.0 - from.0) * ((y - from.1) / (to.1 - from.1)), y);
        let polygon = half(&polygon, |at| at.0 >= self.left, at_x(self.left));
        let polygon = half(&polygon, |at| at.0 <= self.right, at_x(self.right));
        let polygon = half(&polygon, |at| at.1 >= self.top, at_y(self.top));
        half(&polygon, |at| at.1 <= self.bottom, at_y(self.bottom))
    }
}

/// What of a polygon is on one side of a line, given where edges cross it.
fn half(polygon: &[At], is_within: impl Fn(At) -> bool, crossing: impl Fn(At, At) -> At) -> Vec<At> {
    let Some(mut from) = polygon.last().copied() else { return Vec::new() };
    let mut kept = Vec::with_capacity(polygon.len());
    for to in polygon.iter().copied() {
        if is_within(from) != is_within(to) {
            kept.push(crossing(from, to));
        }
        if is_within(to) {
            kept.push(to);
        }
        from = to;
    }
    kept
}

#[cfg(test)]
mod tests {
    use tiny_skia::{FillRule, Mask, Rect};

    use super::*;

    fn covered(outline: &Path, rule: FillRule) -> Vec<u8> {
        let mut mask = Mask::new(24, 16).unwrap();
        mask.fill_path(outline, rule, true, Transform::identity());
        mask.data().to_vec()
    }

    /// An outline of lines alone, since the rasteriser has a coarser way with curves.
    fn lines(outline: &Path) -> Path {
        let all = Edges::around(1e6, 1e6, 1e6, Transform::identity());
        let mut lines = PathBuilder::new();
        for (polygon, _) in parts(outline, &all) {
            lines.move_to(polygon[0].0 as f32, polygon[0].1 as f32);
            polygon[1..].iter().for_each(|at| lines.line_to(at.0 as f32, at.1 as f32));
            lines.close();
        }
        lines.finish().unwrap()
    }

    /// What is cut covers what the whole does.
    #[test]
    fn a_cut_outline_covers_the_same_pixels() {
        let seed = 0x00c0_ffee;
        println!("seed {seed:#x}");
        let mut random = fastrand::Rng::with_seed(seed);
        for round in 0..500 {
            let mut builder = PathBuilder::new();
            for _ in 0..random.usize(1..4) {
                let mut number = || (random.f32() - 0.4) * 60.0;
                builder.move_to(number(), number());
                builder.line_to(number(), number());
                builder.quad_to(number(), number(), number(), number());
                builder.cubic_to(number(), number(), number(), number(), number(), number());
                builder.close();
            }
            // A far point and back again: the line encloses nothing, but the outline is cut.
            let small = lines(&builder.clone().finish().unwrap());
            builder.move_to(3.0, 3.0);
            builder.line_to(50_000.0, 3.0);
            builder.close();
            let large = builder.finish().unwrap();
            for rule in [FillRule::Winding, FillRule::EvenOdd] {
                let cut = held(large.clone(), 24, 16).map(|cut| covered(&cut, rule)).unwrap();
                let whole = covered(&small, rule);
                let off = whole.iter().zip(&cut).map(|(whole, cut)| whole.abs_diff(*cut)).max().unwrap();
                assert!(off <= 64, "round {round}, {rule:?}: off by {off}");
            }
        }
    }

    #[test]
    fn what_is_beside_the_canvas_covers_nothing() {
        for (x, y) in [(-1e9, 0.0), (1e9, 0.0), (0.0, -1e9), (0.0, 1e9)] {
            let rect =
                Rect::from_xywh(x, y, 10.0, 10.0).unwrap_or_else(|| Rect::from_xywh(x, y, 1e6, 1e6).unwrap());
            assert!(held(PathBuilder::from_rect(rect), 24, 16).is_none(), "{rect:?}");
        }
        let all = PathBuilder::from_rect(Rect::from_ltrb(-1e9, -1e9, 1e9, 1e9).unwrap());
        let cut = held(all, 24, 16).unwrap();
        assert!(covered(&cut, FillRule::Winding).iter().all(|covered| *covered == 255));
    }
}
