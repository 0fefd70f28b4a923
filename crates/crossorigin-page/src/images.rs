//! Image files: their pixels, held to bounds before anything is allocated.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};
use tiny_skia::{IntSize, Pixmap};

use crate::colour_profiles::{profile_of, to_srgb};
use crate::vector_images::Vector;

/// The longest side of an image or a canvas, in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// The most pixels that an image or a canvas may have.
pub const MAX_PIXELS: u64 = 1 << 26;

/// The most bytes that one pixel of a file takes while it is decoded: four channels of 16 bits each.
const BYTES_OF_A_PIXEL: u64 = 8;

/// The pixels of an image file, upright as its EXIF data say; `None` where it is none, or too large.
///
/// What it is, its first bytes tell, as browsers sniff images, except for SVG, which only its type does.
/// [Source](https://mimesniff.spec.whatwg.org/#sniffing-in-an-image-context).
pub(crate) fn decode(file: &[u8], is_svg: bool, colours: Colours) -> Option<Image> {
    if !is_svg {
        return decode_raster(file, colours).map(|pixels| Image { pixels, vector: None });
    }
    let vector = Vector::parse(file)?;
    Some(Image { pixels: vector.draw(1.0, 1.0)?, vector: Some(vector) })
}

/// What becomes of an image's colours.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Colours {
    /// They are brought to sRGB, by what the file says of them.
    Converted,
    /// They are taken as they are.
    Kept,
}

/// An image, in the size that it has by itself.
pub(crate) struct Image {
    pub(crate) pixels: Pixmap,
    pub(crate) vector: Option<Vector>,
}

/// The pixels of a BMP, GIF, ICO, JPEG, PNG or WebP, of the first picture where it moves.
fn decode_raster(file: &[u8], colours: Colours) -> Option<Pixmap> {
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
    let profile = match colours {
        Colours::Converted => profile_of(file, decoder.icc_profile().ok().flatten()),
        Colours::Kept => None,
    };
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::codecs::webp::WebPEncoder;
    use image::{ExtendedColorType, ImageEncoder as _, ImageFormat, RgbaImage};
    use moxcms::ColorProfile;

    use super::*;

    const SEED: u64 = 11;
    const ROUNDS: usize = 500;
    const ROUNDS_OF_PROFILES: usize = 100;

    fn picture() -> RgbaImage {
        RgbaImage::from_fn(24, 17, |x, y| image::Rgba([(x * 9) as u8, (y * 13) as u8, 77, 255]))
    }

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture().write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    /// A JPEG with this profile of its colours.
    fn with_profile(profile: Vec<u8>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut file, 90);
        encoder.set_icc_profile(profile).unwrap();
        encoder.encode_image(&DynamicImage::ImageRgba8(picture()).into_rgb8()).unwrap();
        file
    }

    #[test]
    fn damaged_files_are_refused_or_shown_and_nothing_panics() {
        println!("seed {SEED}");
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut webp = Vec::new();
        let encoder = WebPEncoder::new_lossless(&mut webp);
        encoder.encode(picture().as_raw(), 24, 17, ExtendedColorType::Rgba8).unwrap();
        let formats = [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Ico].map(encoded);
        for file in
            formats.into_iter().chain([webp, with_profile(ColorProfile::new_display_p3().encode().unwrap())])
        {
            let whole = decode(&file, false, Colours::Converted).unwrap().pixels;
            assert_eq!((whole.width(), whole.height()), (24, 17));
            for _ in 0..ROUNDS {
                drop(decode(&damaged(&file, &mut random), false, Colours::Converted));
            }
        }
    }

    #[test]
    fn damaged_profiles_are_left_alone_or_heeded_and_nothing_panics() {
        println!("seed {SEED}");
        let mut random = fastrand::Rng::with_seed(SEED);
        let profiles = [
            ColorProfile::new_display_p3(),
            ColorProfile::new_srgb(),
            ColorProfile::new_gray_with_gamma(2.2),
            ColorProfile::new_lab(),
            ColorProfile::new_bt2020_pq(),
        ];
        for profile in profiles {
            let profile = profile.encode().unwrap();
            for _ in 0..ROUNDS_OF_PROFILES {
                let file = with_profile(damaged(&profile, &mut random));
                assert!(
                    decode(&file, false, Colours::Converted).is_some(),
                    "a profile keeps no image from being shown"
                );
            }
        }
    }

    fn damaged(file: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
        let mut damaged = file.to_vec();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(..damaged.len());
            damaged[at] =
                if random.bool() { random.u8(..) } else { [0, 1, 127, 128, 255][random.usize(..5)] };
        }
        damaged.truncate(if random.u8(..4) > 0 { file.len() } else { random.usize(1..file.len()) });
        damaged
    }
}
