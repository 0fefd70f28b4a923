//! Image files: their pixels, held to bounds before anything is allocated.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};
use tiny_skia::{IntSize, Pixmap};

use crate::bitmaps::{MAX_PIXELS, MAX_SIDE};
use crate::colour_profiles::{profile_of, to_srgb};
use crate::vector_images::Vector;

/// The most bytes that one pixel of a file takes while it is decoded: four channels of 16 bits each.
const BYTES_OF_A_PIXEL: u64 = 8;

/// The pixels of an image file, upright as its EXIF data say; `None` where it is none, or too large.
///
/// What it is, its first bytes tell, as browsers sniff images, except for SVG, which only its type does.
/// [Source](https://mimesniff.spec.whatwg.org/#sniffing-in-an-image-context).
pub(crate) fn decode(file: &[u8], is_svg: bool) -> Option<Image> {
    if !is_svg {
        return decode_raster(file).map(|pixels| Image { pixels, vector: None });
    }
    let vector = Vector::parse(file)?;
    Some(Image { pixels: vector.draw(1.0, 1.0)?, vector: Some(vector) })
}

/// An image, in the size that it has by itself.
pub(crate) struct Image {
    pub(crate) pixels: Pixmap,
    pub(crate) vector: Option<Vector>,
}

/// The pixels of a BMP, GIF, ICO, JPEG, PNG or WebP, of the first picture where it moves.
fn decode_raster(file: &[u8]) -> Option<Pixmap> {
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().ok()?;
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if !fits(width, height) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_PIXELS * BYTES_OF_A_PIXEL);
    decoder.set_limits(limits).ok()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = profile_of(file, decoder.icc_profile().ok().flatten());
    let mut decoded = DynamicImage::from_decoder(decoder).ok()?;
    decoded.apply_orientation(orientation);
    let (width, height) = (decoded.width(), decoded.height());
    let mut pixels = bytes(decoded);
    if let Some(profile) = profile {
        to_srgb(&profile, &mut pixels);
    }
    premultiplied(pixels, width, height)
}

/// The pixels of an image, four bytes each. Of deeper samples the upper bytes are taken, as browsers do.
fn bytes(decoded: DynamicImage) -> Vec<u8> {
    match decoded {
        DynamicImage::ImageLuma16(_)
        | DynamicImage::ImageLumaA16(_)
        | DynamicImage::ImageRgb16(_)
        | DynamicImage::ImageRgba16(_) => {
            decoded.into_rgba16().into_raw().into_iter().map(|sample| (sample >> 8) as u8).collect()
        }
        _ => decoded.into_rgba8().into_raw(),
    }
}

/// Whether an image or a canvas may have this size.
pub(crate) fn fits(width: u32, height: u32) -> bool {
    width <= MAX_SIDE && height <= MAX_SIDE && u64::from(width) * u64::from(height) <= MAX_PIXELS
}

fn premultiplied(mut bytes: Vec<u8>, width: u32, height: u32) -> Option<Pixmap> {
    for rgba in bytes.chunks_exact_mut(4) {
        let colour = tiny_skia::ColorU8::from_rgba(rgba[0], rgba[1], rgba[2], rgba[3]).premultiply();
        rgba.copy_from_slice(&[colour.red(), colour.green(), colour.blue(), colour.alpha()]);
    }
    Pixmap::from_vec(bytes, IntSize::from_wh(width, height)?)
}
