//! The blend modes that take hue, saturation and luminosity apart.
//! [Source](https://drafts.fxtf.org/compositing/#blendingnonseparable).

use tiny_skia::{BlendMode, Mask, Pixmap, PremultipliedColorU8};

type Rgb = [f32; 3];

pub(crate) fn is_of_hues(mode: BlendMode) -> bool {
    matches!(mode, BlendMode::Hue | BlendMode::Saturation | BlendMode::Color | BlendMode::Luminosity)
}

/// Blends a layer into a canvas of the same size.
pub(crate) fn blend(canvas: &mut Pixmap, layer: &Pixmap, mode: BlendMode, clip: Option<&Mask>) {
    let covers = clip.map(Mask::data);
    for (nth, (below, above)) in canvas.pixels_mut().iter_mut().zip(layer.pixels()).enumerate() {
        let cover = covers.map_or(1.0, |covers| f32::from(covers[nth]) / 255.0);
        if above.alpha() == 0 || cover == 0.0 {
            continue;
        }
        let (own, own_alpha) = parts(*above, cover);
        let (backdrop, alpha) = parts(*below, 1.0);
        let mixed = match mode {
            BlendMode::Hue => {
                with_luminosity(with_saturation(own, saturation(backdrop)), luminosity(backdrop))
            }
            BlendMode::Saturation => {
                with_luminosity(with_saturation(backdrop, saturation(own)), luminosity(backdrop))
            }
            BlendMode::Color => with_luminosity(own, luminosity(backdrop)),
            _ => with_luminosity(backdrop, luminosity(own)),
        };
        let whole = own_alpha + alpha - own_alpha * alpha;
        let byte = |share: f32| (share * 255.0 + 0.5) as u8;
        let [red, green, blue] = [0, 1, 2].map(|nth| {
            let part = own[nth] * own_alpha * (1.0 - alpha)
                + backdrop[nth] * alpha * (1.0 - own_alpha)
                + mixed[nth] * alpha * own_alpha;
            byte(part).min(byte(whole))
        });
        *below = PremultipliedColorU8::from_rgba(red, green, blue, byte(whole)).unwrap_or(*below);
    }
}

/// A colour, not premultiplied, and its alpha, each from 0 to 1.
fn parts(pixel: PremultipliedColorU8, cover: f32) -> (Rgb, f32) {
    let alpha = f32::from(pixel.alpha());
    let share = |part: u8| if alpha > 0.0 { f32::from(part) / alpha } else { 0.0 };
    ([share(pixel.red()), share(pixel.green()), share(pixel.blue())], alpha / 255.0 * cover)
}

fn luminosity([red, green, blue]: Rgb) -> f32 {
    0.3 * red + 0.59 * green + 0.11 * blue
}

fn with_luminosity(colour: Rgb, wanted: f32) -> Rgb {
    let more = wanted - luminosity(colour);
    let mut colour = colour.map(|part| part + more);
    let (least, most) = ends(colour);
    if least < 0.0 {
        colour = colour.map(|part| wanted + (part - wanted) * wanted / (wanted - least));
    }
    if most > 1.0 {
        colour = colour.map(|part| wanted + (part - wanted) * (1.0 - wanted) / (most - wanted));
    }
    colour.map(|part| part.clamp(0.0, 1.0))
}

fn ends(colour: Rgb) -> (f32, f32) {
    (colour.into_iter().fold(f32::INFINITY, f32::min), colour.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

fn saturation(colour: Rgb) -> f32 {
    let (least, most) = ends(colour);
    most - least
}

fn with_saturation(colour: Rgb, wanted: f32) -> Rgb {
    let (least, most) = ends(colour);
    let scale = if most > least { wanted / (most - least) } else { 0.0 };
    colour.map(|part| (part - least) * scale)
}
