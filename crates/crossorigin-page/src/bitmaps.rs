//! Images and canvases: pixels, and the flag that says whether script may have them.

use std::rc::Rc;

use crossorigin::fetching::ResponseType;
use crossorigin::html::Bitmap;
use tiny_skia::{Color, Mask, Paint, Pixmap, PixmapPaint, PremultipliedColorU8, Rect, Transform};

use crate::bound::Bound;
use crate::clock::Clock;
use crate::exports;
use crate::images::{self, Colours, Image};
use crate::vector_images::Vector;

/// The most that all images, canvases and clips of a page may come to, in bytes; what is more has no pixels, and a
/// clip that is more lets nothing through.
pub const MAX_BITMAP_BYTES: usize = 2 << 30;

/// Names a bitmap of a page.
pub(crate) type BitmapId = u32;

/// All bitmaps of the windows of an origin.
pub(crate) struct Bitmaps {
    all: Vec<Surface>,
    room: Bound,
    /// By which painting ends when the page's time is over.
    clock: Rc<Clock>,
}

impl Drop for Bitmaps {
    fn drop(&mut self) {
        self.room.give_back(self.all.iter().map(Surface::bytes).sum());
    }
}

/// Pixels, and whether they are the page's own to read.
struct Surface {
    pixels: Option<Pixmap>,
    flag: Bitmap,
    /// What painting reaches.
    clip: Clip,
    /// What an SVG image is drawn of, in each size that it is shown in.
    vector: Option<Vector>,
}

/// What painting on a canvas reaches.
#[derive(Default)]
pub(crate) enum Clip {
    #[default]
    Everything,
    Masked(Mask),
    Nothing,
}

impl Clip {
    fn bytes(&self) -> usize {
        if let Self::Masked(mask) = self { mask.data().len() } else { 0 }
    }

    /// For the rasteriser; `None` where there is nothing to paint.
    pub(crate) fn mask(&self) -> Option<Option<&Mask>> {
        match self {
            Self::Everything => Some(None),
            Self::Masked(mask) => Some(Some(mask)),
            Self::Nothing => None,
        }
    }
}

impl Surface {
    fn bytes(&self) -> usize {
        self.pixels.as_ref().map_or(0, |pixels| pixels.data().len()) + self.clip.bytes()
    }

    /// The pixels of a rectangle, whether script may have them or not.
    fn pixels_of(&self, x: i32, y: i32, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![0; width as usize * height as usize * 4];
        let Some(pixels) = &self.pixels else { return bytes };
        for (nth, out) in bytes.chunks_exact_mut(4).enumerate() {
            let (column, row) = ((nth % width as usize) as i64, (nth / width as usize) as i64);
            let at = (i64::from(x) + column, i64::from(y) + row);
            if let (Ok(x), Ok(y)) = (u32::try_from(at.0), u32::try_from(at.1))
                && let Some(pixel) = pixels.pixel(x, y)
            {
                out.copy_from_slice(&demultiplied(pixel));
            }
        }
        bytes
    }
}

/// Script may not have the pixels.
#[derive(Debug)]
pub(crate) struct Tainted;

/// A rectangle: x, y, width and height.
pub(crate) type Area = (f32, f32, f32, f32);

/// A pixel as script sees it. Halves go to the even side, as far as short floating-point numbers tell them, so that each
/// byte is the one that browsers have.
fn demultiplied(pixel: PremultipliedColorU8) -> [u8; 4] {
    if pixel.is_opaque() {
        return [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()];
    }
    let share = |byte: u8| f32::from(byte) * (1.0 / 255.0);
    let scale = if pixel.alpha() == 0 { 0.0 } else { 1.0 / share(pixel.alpha()) };
    let part = |byte: u8| (share(byte) * scale * 255.0).round_ties_even() as u8;
    [part(pixel.red()), part(pixel.green()), part(pixel.blue()), pixel.alpha()]
}

impl Bitmaps {
    /// No bitmaps yet, painted on until this clock says that the time is over.
    pub(crate) fn new(room: &Bound, clock: &Rc<Clock>) -> Self {
        Self { all: Vec::new(), room: room.clone(), clock: Rc::clone(clock) }
    }

    /// Whether there is no time left to paint in.
    pub(crate) fn is_late(&self) -> bool {
        self.clock.is_over()
    }

    fn add(&mut self, pixels: Option<Pixmap>, flag: Bitmap) -> BitmapId {
        let pixels = pixels.filter(|pixels| self.room.has_room(pixels.data().len()));
        let surface = Surface { pixels, flag, clip: Clip::Everything, vector: None };
        self.room.take(surface.bytes());
        self.all.push(surface);
        (self.all.len() - 1) as BitmapId
    }

    fn get(&self, id: BitmapId) -> Option<&Surface> {
        self.all.get(id as usize)
    }

    /// An image from its file, whose type says whether it is an SVG; `None` where it is none, or there is no room.
    pub(crate) fn decode(
        &mut self,
        file: &[u8],
        is_svg: bool,
        colours: Colours,
        response_type: ResponseType,
    ) -> Option<(BitmapId, u32, u32)> {
        let Image { pixels, vector } = images::decode(file, is_svg, colours)?;
        let (width, height) = (pixels.width(), pixels.height());
        let id = self.add(Some(pixels), Bitmap::of_response(response_type));
        self.all.last_mut()?.vector = vector;
        self.size(id).map(|_| (id, width, height))
    }

    /// The size in which an image is drawn that says none itself, on a canvas of this size; `None` where it says one.
    pub(crate) fn size_on(&self, id: BitmapId, width: u32, height: u32) -> Option<(f32, f32)> {
        self.get(id)?.vector.as_ref()?.size_on(width as f32, height as f32)
    }

    /// What an SVG image is drawn of.
    pub(crate) fn vector(&self, id: BitmapId) -> Option<&Vector> {
        self.get(id)?.vector.as_ref()
    }

    /// What was loaded and has no pixels; only its flag counts.
    pub(crate) fn without_pixels(&mut self, response_type: ResponseType) -> BitmapId {
        self.add(None, Bitmap::of_response(response_type))
    }

    /// A new canvas, clear and clean.
    pub(crate) fn canvas(&mut self, width: u32, height: u32) -> BitmapId {
        self.add(sized(width, height), Bitmap::new())
    }

    /// Sets a canvas's size, which clears it and leaves its flag.
    pub(crate) fn resize(&mut self, id: BitmapId, width: u32, height: u32) {
        let Some(surface) = self.all.get_mut(id as usize) else { return };
        self.room.give_back(surface.bytes());
        (surface.pixels, surface.clip) = (None, Clip::Everything);
        let bytes = (u64::from(width) * u64::from(height)).saturating_mul(4);
        if usize::try_from(bytes).is_ok_and(|bytes| self.room.has_room(bytes)) {
            surface.pixels = sized(width, height);
        }
        self.room.take(surface.bytes());
    }

    /// Gives back the pixels of a bitmap that nothing draws any more.
    pub(crate) fn release(&mut self, id: BitmapId) {
        let Some(surface) = self.all.get_mut(id as usize) else { return };
        self.room.give_back(surface.bytes());
        (surface.pixels, surface.clip, surface.vector) = (None, Clip::Everything, None);
    }

    /// Whether script may have the pixels.
    pub(crate) fn is_origin_clean(&self, id: BitmapId) -> bool {
        self.get(id).is_some_and(|surface| surface.flag.is_origin_clean())
    }

    /// Lets one bitmap be as foreign as what is painted on it.
    pub(crate) fn hand_on_flag(&mut self, from: BitmapId, to: BitmapId) {
        let flag = self.get(from).map(|surface| surface.flag);
        if let (Some(flag), Some(surface)) = (flag, self.all.get_mut(to as usize)) {
            surface.flag.draw(flag);
        }
    }

    /// The pixels of a bitmap, to be painted on and put back.
    pub(crate) fn take_pixels(&mut self, id: BitmapId) -> Option<Pixmap> {
        self.all.get_mut(id as usize)?.pixels.take()
    }

    pub(crate) fn put_pixels(&mut self, id: BitmapId, pixels: Pixmap) {
        if let Some(surface) = self.all.get_mut(id as usize) {
            surface.pixels = Some(pixels);
        }
    }

    pub(crate) fn pixels(&self, id: BitmapId) -> Option<&Pixmap> {
        self.get(id)?.pixels.as_ref()
    }

    pub(crate) fn clip(&self, id: BitmapId) -> &Clip {
        self.get(id).map_or(&Clip::Nothing, |surface| &surface.clip)
    }

    /// Sets a canvas's clip; whether there is room for it.
    pub(crate) fn keep_clip(&mut self, id: BitmapId, clip: Clip) -> bool {
        let Some(surface) = self.all.get_mut(id as usize) else { return true };
        self.room.give_back(surface.clip.bytes());
        let has_room = self.room.take(clip.bytes());
        surface.clip = if has_room { clip } else { Clip::Nothing };
        has_room
    }

    /// A copy of a part of a bitmap, with its flag; transparent where that has no pixels.
    pub(crate) fn copy(&mut self, id: BitmapId, x: i32, y: i32, width: u32, height: u32) -> BitmapId {
        let mut copied = sized(width, height);
        if let (Some(copied), Some(pixels)) = (&mut copied, self.pixels(id)) {
            let whole = PixmapPaint::default();
            copied.draw_pixmap(
                x.saturating_neg(),
                y.saturating_neg(),
                pixels.as_ref(),
                &whole,
                Transform::identity(),
                None,
            );
        }
        let copy = self.add(copied, Bitmap::new());
        self.hand_on_flag(id, copy);
        copy
    }

    /// Fills a rectangle with a colour of four bytes.
    pub(crate) fn fill(&mut self, id: BitmapId, area: Area, [red, green, blue, alpha]: [u8; 4]) {
        let Some(canvas) = self.all.get_mut(id as usize).and_then(|surface| surface.pixels.as_mut()) else {
            return;
        };
        let Some(area) = Rect::from_xywh(area.0, area.1, area.2, area.3) else { return };
        let mut paint = Paint::default();
        paint.set_color(Color::from_rgba8(red, green, blue, alpha));
        canvas.fill_rect(area, &paint, Transform::identity(), None);
    }

    /// Makes a rectangle transparent.
    pub(crate) fn clear(&mut self, id: BitmapId, area: Area) {
        let Some(canvas) = self.all.get_mut(id as usize).and_then(|surface| surface.pixels.as_mut()) else {
            return;
        };
        let Some(area) = Rect::from_xywh(area.0, area.1, area.2, area.3) else { return };
        let paint = Paint { blend_mode: tiny_skia::BlendMode::Clear, ..Paint::default() };
        canvas.fill_rect(area, &paint, Transform::identity(), None);
    }

    /// The pixels of a rectangle, not premultiplied; transparent black outside of the canvas.
    ///
    /// # Errors
    /// Something foreign was drawn.
    pub(crate) fn read(
        &self,
        id: BitmapId,
        x: i32,
        y: i32,
        width: u32,
        height: u32,
    ) -> Result<Vec<u8>, Tainted> {
        let Some(surface) = self.get(id) else { return Ok(Vec::new()) };
        surface.flag.read().map_err(|_| Tainted)?;
        Ok(surface.pixels_of(x, y, width, height))
    }

    /// Puts pixels where they are, without blending.
    pub(crate) fn write(&mut self, id: BitmapId, bytes: &[u8], width: u32, x: i32, y: i32) {
        let Some(canvas) = self.all.get_mut(id as usize).and_then(|surface| surface.pixels.as_mut()) else {
            return;
        };
        let (own_width, own_height) = (canvas.width(), canvas.height());
        for (nth, rgba) in bytes.chunks_exact(4).enumerate() {
            let at =
                (i64::from(x) + (nth % width as usize) as i64, i64::from(y) + (nth / width as usize) as i64);
            if let (Ok(x), Ok(y)) = (u32::try_from(at.0), u32::try_from(at.1))
                && x < own_width
                && y < own_height
            {
                let colour = tiny_skia::ColorU8::from_rgba(rgba[0], rgba[1], rgba[2], rgba[3]).premultiply();
                canvas.pixels_mut()[(y * own_width + x) as usize] = colour;
            }
        }
    }

    /// The whole as a PNG; empty where there is nothing.
    ///
    /// # Errors
    /// Something foreign was drawn.
    pub(crate) fn png(&self, id: BitmapId) -> Result<Vec<u8>, Tainted> {
        let Some((width, height)) = self.size(id) else { return Ok(Vec::new()) };
        self.read(id, 0, 0, width, height).map(|bytes| exports::png(&bytes, width, height))
    }

    /// The whole as a JPEG on black, of a quality from 0 to 1; empty where there is nothing.
    ///
    /// # Errors
    /// Something foreign was drawn.
    pub(crate) fn jpeg(&self, id: BitmapId, quality: f64) -> Result<Vec<u8>, Tainted> {
        let Some((width, height)) = self.size(id) else { return Ok(Vec::new()) };
        self.read(id, 0, 0, width, height).map(|bytes| exports::jpeg(&bytes, width, height, quality))
    }

    /// The whole as a WebP that loses nothing; empty where there is nothing.
    ///
    /// # Errors
    /// Something foreign was drawn.
    pub(crate) fn webp(&self, id: BitmapId) -> Result<Vec<u8>, Tainted> {
        let Some((width, height)) = self.size(id) else { return Ok(Vec::new()) };
        self.read(id, 0, 0, width, height).map(|bytes| exports::webp(&bytes, width, height))
    }

    /// The same for the user, from whom nothing is kept.
    pub(crate) fn png_for_the_user(&self, id: BitmapId) -> Vec<u8> {
        let (Some(surface), Some((width, height))) = (self.get(id), self.size(id)) else { return Vec::new() };
        exports::png(&surface.pixels_of(0, 0, width, height), width, height)
    }

    pub(crate) fn size(&self, id: BitmapId) -> Option<(u32, u32)> {
        let pixels = self.get(id)?.pixels.as_ref()?;
        Some((pixels.width(), pixels.height()))
    }
}

fn sized(width: u32, height: u32) -> Option<Pixmap> {
    images::fits(width, height).then(|| Pixmap::new(width, height)).flatten()
}

#[cfg(test)]
impl Bitmaps {
    /// Bitmaps of a page that has time.
    pub(crate) fn of_test() -> Self {
        let clock = Clock::start(std::time::Duration::from_secs(600), std::sync::Arc::default());
        Self::new(&Bound::new(MAX_BITMAP_BYTES), &Rc::new(clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_have_their_share_of_the_room() {
        let mut bitmaps = Bitmaps::of_test();
        let canvas = bitmaps.canvas(100, 100);
        let circle = [1.0, 0.0, 10.0, 10.0, 1.0, 90.0, 10.0, 1.0, 50.0, 90.0, 4.0].to_vec();
        assert!(bitmaps.set_clip(canvas, std::slice::from_ref(&circle)));
        assert_eq!(bitmaps.room.taken(), 100 * 100 * 5);
        assert!(bitmaps.set_clip(canvas, &[]));
        assert_eq!(bitmaps.room.taken(), 100 * 100 * 4);
        let rest = MAX_BITMAP_BYTES - bitmaps.room.taken() - 1;
        bitmaps.room.take(rest);
        assert!(!bitmaps.set_clip(canvas, &[circle]), "there is no room");
        assert!(bitmaps.clip(canvas).mask().is_none(), "nothing is painted");
        bitmaps.release(canvas);
        assert_eq!(bitmaps.room.taken(), MAX_BITMAP_BYTES - 1 - 100 * 100 * 4);
    }
}
