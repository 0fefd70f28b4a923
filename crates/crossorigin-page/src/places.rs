//! Where things are placed: transforms, as script gives them and as the rasteriser takes them.

use tiny_skia::{FilterQuality, Transform};

/// A scale that changes nothing that is seen.
const ALMOST_ONE: f32 = 1.000_000_5;

/// Of its six numbers, in their order in CSS.
pub(crate) fn transform([a, b, c, d, e, f]: [f32; 6]) -> Transform {
    Transform::from_row(a, b, c, d, e, f)
}

/// Whether pixels come to lie on pixels.
pub(crate) fn is_exact(placed: Transform) -> bool {
    placed.is_translate() && placed.tx.fract() == 0.0 && placed.ty.fract() == 0.0 || placed.is_identity()
}

/// The same place, where pixels are mixed: the rasteriser takes the nearest pixel of what is only moved, be it by half a
/// pixel.
pub(crate) fn filtered(placed: Transform, quality: FilterQuality) -> Transform {
    match quality == FilterQuality::Bilinear && placed.is_translate() {
        true => placed.pre_scale(ALMOST_ONE, ALMOST_ONE),
        false => placed,
    }
}
