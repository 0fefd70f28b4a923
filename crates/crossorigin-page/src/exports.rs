//! Image files of what canvases hold. What can't be written is an empty file.

use image::codecs::{png::PngEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

pub(crate) fn png(bytes: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = PngEncoder::new(&mut file);
    encoder.write_image(bytes, width, height, ExtendedColorType::Rgba8).map(|()| file).unwrap_or_default()
}

/// On black, of a quality from 0 to 1. Below the highest, four pixels have one colour between them, as in browsers.
pub(crate) fn jpeg(bytes: &[u8], width: u32, height: u32, quality: f64) -> Vec<u8> {
    let on_black = bytes
        .chunks_exact(4)
        .flat_map(|rgba| [0, 1, 2].map(|nth| (u16::from(rgba[nth]) * u16::from(rgba[3]) / 255) as u8));
    let (rgb, mut file): (Vec<u8>, _) = (on_black.collect(), Vec::new());
    let quality = (quality * 100.0).round().clamp(1.0, 100.0) as u8;
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else { return file };
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(if quality == 100 { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let written = encoder.encode(&rgb, width, height, ColorType::Rgb);
    written.map(|()| file).unwrap_or_default()
}

/// Without loss: of another quality nothing here writes one.
pub(crate) fn webp(bytes: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut file);
    encoder.encode(bytes, width, height, ExtendedColorType::Rgba8).map(|()| file).unwrap_or_default()
}
