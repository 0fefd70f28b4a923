//! Image files of every kind that pages here decode, made of the same two pictures.

use image::codecs::{gif::GifEncoder, jpeg::JpegEncoder, webp::WebPEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, ImageFormat, RgbImage, RgbaImage};
use png::{BitDepth, ColorType};

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

/// A picture with soft and sharp parts: waves, a bright disc, and a fine grain.
fn photo(width: u32, height: u32, grain: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let disc = if (u - 0.7).hypot(v - 0.3) < 0.18 { 80.0 } else { 0.0 };
        let noise = ((x * 7919 + y * 104_729) % 257 * grain / 257) as f32;
        let wave = (u * 9.0 + v * 4.0).sin() * 50.0;
        let byte = |value: f32| value.clamp(0.0, 255.0) as u8;
        image::Rgb([
            byte(90.0 + wave + disc + noise),
            byte(60.0 + v * 140.0 + noise),
            byte(200.0 - u * 150.0 + disc - wave / 2.0 + noise),
        ])
    })
}

/// The same with every degree of transparency.
fn translucent() -> RgbaImage {
    let photo = photo(WIDTH, HEIGHT, 24);
    RgbaImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let [red, green, blue] = photo.get_pixel(x, y).0;
        image::Rgba([red, green, blue, ((x * 4 + y * 2).min(255)) as u8])
    })
}

/// Of these colours every pixel is one, and nothing between.
fn indexes() -> Vec<u8> {
    (0..WIDTH * HEIGHT).map(|at| ((at % WIDTH / 8 + at / WIDTH / 6) % 16) as u8).collect()
}

fn palette() -> Vec<u8> {
    (0..16_u32).flat_map(|nth| [nth * 16, 255 - nth * 15, nth * 83 % 256].map(|part| part as u8)).collect()
}

/// A PNG of these samples, with what else its information says.
fn png(colour: ColorType, depth: BitDepth, samples: &[u8], more: impl FnOnce(&mut png::Info<'_>)) -> Vec<u8> {
    let mut info = png::Info::with_size(WIDTH, HEIGHT);
    (info.color_type, info.bit_depth) = (colour, depth);
    more(&mut info);
    let mut file = Vec::new();
    let encoder = png::Encoder::with_info(&mut file, info).unwrap();
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    file
}

/// An interlaced PNG, its data stored as they are.
fn interlaced(photo: &RgbImage) -> Vec<u8> {
    const PASSES: [(u32, u32, u32, u32); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut samples = Vec::new();
    for (left, top, across, down) in PASSES {
        for y in (top..HEIGHT).step_by(down as usize) {
            samples.push(0);
            samples.extend((left..WIDTH).step_by(across as usize).flat_map(|x| photo.get_pixel(x, y).0));
        }
    }
    let length = u16::try_from(samples.len()).unwrap();
    let mut data =
        [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &samples].concat();
    let sums = samples.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    data.extend((sums.1 << 16 | sums.0).to_be_bytes());
    let mut file = Vec::new();
    let mut info = png::Info::with_size(WIDTH, HEIGHT);
    (info.color_type, info.bit_depth, info.interlaced) = (ColorType::Rgb, BitDepth::Eight, true);
    let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, &data).unwrap();
    drop(writer);
    file
}

fn jpeg(image: &DynamicImage) -> Vec<u8> {
    jpeg_with(image, None)
}

fn jpeg_with(image: &DynamicImage, profile: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, 90);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).unwrap();
    }
    encoder.encode_image(image).unwrap();
    file
}

/// The same JPEG, of which EXIF data say how it is to be turned.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

fn webp(samples: &[u8], colour: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    WebPEncoder::new_lossless(&mut file).encode(samples, WIDTH, HEIGHT, colour).unwrap();
    file
}

fn gif(image: &RgbaImage) -> Vec<u8> {
    let mut file = Vec::new();
    GifEncoder::new(&mut file).encode(image, WIDTH, HEIGHT, ExtendedColorType::Rgba8).unwrap();
    file
}

/// 256 colours at most, so that a GIF shows them as they are.
fn few_colours(has_holes: bool) -> RgbaImage {
    let (indexes, palette) = (indexes(), palette());
    RgbaImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let nth = usize::from(indexes[(y * WIDTH + x) as usize]);
        let colour = &palette[nth * 3..][..3];
        if has_holes && nth == 3 {
            return image::Rgba([0; 4]);
        }
        image::Rgba([colour[0], colour[1], colour[2], 255])
    })
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image.write_to(&mut file, format).unwrap();
    file.into_inner()
}

const SHAPES: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64" viewBox="0 0 96 64">
  <rect width="96" height="64" fill="#eef"/><circle cx="30" cy="32" r="22" fill="#c33"/>
  <path d="M50 10 h40 l-20 44 z" fill="#393" stroke="#000" stroke-width="3" stroke-linejoin="round"/>
  <ellipse cx="60" cy="40" rx="30" ry="10" fill="blue" opacity=".4" transform="rotate(-20 60 40)"/></svg>"##;
const SIZED: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 15">
  <path d="M0 0 H15 V15 Z" fill="#f80"/><path d="M15 0 L30 7.5 L15 15 Z" fill="#08f"/></svg>"##;
const FILTERED: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64">
  <defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#fe0"/><stop offset="1" stop-color="#d05"/></linearGradient>
    <filter id="f" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="3"/></filter>
    <clipPath id="c"><circle cx="60" cy="32" r="24"/></clipPath>
    <mask id="m"><rect width="96" height="64" fill="#888"/></mask></defs>
  <rect x="10" y="10" width="40" height="40" fill="url(#g)"/><circle cx="30" cy="30" r="12" filter="url(#f)"/>
  <rect x="40" y="8" width="50" height="50" fill="#06a" clip-path="url(#c)" mask="url(#m)"/></svg>"##;

/// All files: name and content.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let photo_of = |grain| DynamicImage::ImageRgb8(photo(WIDTH, HEIGHT, grain));
    let (small, smooth) = (photo(WIDTH, HEIGHT, 24), photo(96, 64, 0));
    let clear = translucent();
    let deep =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().flat_map(|byte| [*byte, byte.wrapping_mul(31)]).collect() };
    let grey: Vec<u8> = small.pixels().map(|pixel| pixel[1]).collect();
    let half_there = |at: usize| if at.is_multiple_of(3) { 0 } else { 255 };
    let with_alpha: Vec<u8> =
        grey.iter().enumerate().flat_map(|(at, grey)| [*grey, half_there(at)]).collect();
    let quarters: Vec<u8> =
        grey.chunks(4).map(|four| four.iter().fold(0, |all, grey| all << 2 | grey >> 6)).collect();
    let gamma = |gamma: f32| png::ScaledFloat::new(gamma);
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let rgb = |more: &dyn Fn(&mut png::Info<'_>)| png(ColorType::Rgb, BitDepth::Eight, &small, more);
    let indexed = |clear: Option<Vec<u8>>| {
        png(ColorType::Indexed, BitDepth::Eight, &indexes(), |info| {
            info.palette = Some(palette().into());
            info.trns = clear.map(Into::into);
        })
    };
    let colour = small.get_pixel(9, 9).0;
    vec![
        ("photo.png", rgb(&|_| {})),
        ("large.png", encoded(&DynamicImage::ImageRgb8(photo(256, 160, 40)), ImageFormat::Png)),
        ("smooth.png", encoded(&DynamicImage::ImageRgb8(smooth.clone()), ImageFormat::Png)),
        ("tile.png", encoded(&DynamicImage::ImageRgb8(photo(20, 14, 20)), ImageFormat::Png)),
        ("alpha.png", png(ColorType::Rgba, BitDepth::Eight, &clear, |_| {})),
        ("palette.png", indexed(None)),
        ("palette-clear.png", indexed(Some(vec![255, 255, 0, 255, 0]))),
        ("grey.png", png(ColorType::Grayscale, BitDepth::Eight, &grey, |_| {})),
        ("grey-alpha.png", png(ColorType::GrayscaleAlpha, BitDepth::Eight, &with_alpha, |_| {})),
        ("grey-2.png", png(ColorType::Grayscale, BitDepth::Two, &quarters, |_| {})),
        (
            "clear-colour.png",
            rgb(&|info| info.trns = Some(colour.iter().flat_map(|part| [0, *part]).collect())),
        ),
        ("deep.png", png(ColorType::Rgb, BitDepth::Sixteen, &deep(&small), |_| {})),
        ("deep-alpha.png", png(ColorType::Rgba, BitDepth::Sixteen, &deep(&clear), |_| {})),
        ("interlaced.png", interlaced(&small)),
        ("srgb.png", rgb(&|info| info.srgb = Some(png::SrgbRenderingIntent::Perceptual))),
        ("gamma.png", rgb(&|info| info.source_gamma = Some(gamma(1.0)))),
        ("gamma-3.png", rgb(&|info| info.source_gamma = Some(gamma(0.454_55)))),
        (
            "gamma-2.png",
            rgb(&|info| {
                info.source_gamma = Some(gamma(1.0 / 1.8));
                info.source_chromaticities = Some(png::SourceChromaticities::new(
                    (0.3127, 0.329),
                    (0.64, 0.33),
                    (0.21, 0.71),
                    (0.15, 0.06),
                ));
            }),
        ),
        ("wide.png", rgb(&|info| info.icc_profile = Some(wide.clone().into()))),
        ("wide.jpg", jpeg_with(&photo_of(8), Some(wide.clone()))),
        ("wide.webp", {
            let mut file = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut file);
            encoder.set_icc_profile(wide.clone()).unwrap();
            encoder.encode(&small, WIDTH, HEIGHT, ExtendedColorType::Rgb8).unwrap();
            file
        }),
        ("photo.gif", gif(&few_colours(false))),
        ("clear.gif", gif(&few_colours(true))),
        ("photo.webp", webp(&small, ExtendedColorType::Rgb8)),
        ("alpha.webp", webp(&clear, ExtendedColorType::Rgba8)),
        ("photo.bmp", encoded(&photo_of(24), ImageFormat::Bmp)),
        ("photo.ico", encoded(&DynamicImage::ImageRgba8(few_colours(true)), ImageFormat::Ico)),
        ("photo.jpg", jpeg(&photo_of(8))),
        ("grey.jpg", jpeg(&DynamicImage::ImageLuma8(photo_of(8).into_luma8()))),
        ("turned.jpg", turned(&jpeg(&photo_of(8)), 6)),
        ("shapes.svg", SHAPES.into()),
        ("sized.svg", SIZED.into()),
        ("filtered.svg", FILTERED.into()),
        ("origin.woff2", include_bytes!("../../src/demo/assets/origin.woff2").to_vec()),
        ("images.js", include_bytes!("images.js").to_vec()),
        ("painting.js", include_bytes!("painting.js").to_vec()),
        ("", include_bytes!("page.html").to_vec()),
    ]
}

/// The type by which a file is served.
pub(crate) fn type_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("jpg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("bmp") => "image/bmp",
        _ => "text/html",
    }
}
