//! What image files say of their colours, and how they come to sRGB, which canvases are in.

use std::io::Cursor;

use moxcms::{
    Chromaticity, ColorPrimaries, ColorProfile, DataColorSpace, Layout, ToneReprCurve, TransformOptions,
};

/// The largest ICC profile that is heeded, in bytes.
const MAX_PROFILE_BYTES: usize = 1 << 22;
/// The gammas that are one, from the smallest to the largest that is heeded.
const GAMMAS: std::ops::RangeInclusive<f32> = 0.05..=20.0;

/// The profile of an image file; `None` where it has none that says anything, and is in sRGB.
pub(crate) fn profile_of(file: &[u8], icc: Option<Vec<u8>>) -> Option<ColorProfile> {
    match icc {
        Some(icc) if icc.len() <= MAX_PROFILE_BYTES => {
            let profile = ColorProfile::new_from_slice(&icc).ok()?;
            (profile.color_space == DataColorSpace::Rgb).then_some(profile)
        }
        Some(_) => None,
        None => profile_of_png(file),
    }
}

/// What a PNG without an ICC profile says by its gamma and its primaries.
/// [Source](https://www.w3.org/TR/png-3/#4Concepts.ColourSpaces).
fn profile_of_png(file: &[u8]) -> Option<ColorProfile> {
    let reader = png::Decoder::new(Cursor::new(file)).read_info().ok()?;
    let info = reader.info();
    if info.srgb.is_some() {
        return None;
    }
    let gamma = info.gama_chunk?.into_value();
    if !GAMMAS.contains(&gamma) {
        return None;
    }
    let mut profile = ColorProfile::new_srgb();
    let curve = ToneReprCurve::Parametric(vec![1.0 / gamma]);
    (profile.red_trc, profile.green_trc, profile.blue_trc) =
        (Some(curve.clone()), Some(curve.clone()), Some(curve));
    profile.cicp = None;
    if let Some(said) = info.chrm_chunk {
        let at =
            |(x, y): (png::ScaledFloat, png::ScaledFloat)| Chromaticity::new(x.into_value(), y.into_value());
        let white = at(said.white);
        if white.y <= 0.0 {
            return None;
        }
        let primaries = ColorPrimaries { red: at(said.red), green: at(said.green), blue: at(said.blue) };
        profile.update_rgb_colorimetry(white.to_xyyb(), primaries);
    }
    Some(profile)
}

/// Brings pixels of four bytes, not premultiplied, to sRGB. What can't be brought there stays as it is.
pub(crate) fn to_srgb(profile: &ColorProfile, pixels: &mut Vec<u8>) {
    let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
    let Ok(transform) = profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options) else {
        return;
    };
    let mut converted = vec![0; pixels.len()];
    if transform.transform(pixels, &mut converted).is_ok() {
        *pixels = converted;
    }
}
