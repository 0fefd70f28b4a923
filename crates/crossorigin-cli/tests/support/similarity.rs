//! How alike two pictures are to the eye.

use super::picture::Picture;

/// The side of a window, in pixels.
const WINDOW: usize = 8;
/// How far one window lies from the next, in pixels.
const STEP: usize = 4;
/// What keeps the quotients of windows without light, and without contrast, at rest: (K₁·L)² and (K₂·L)², with the
/// K₁ = 0.01, K₂ = 0.03 and L = 255 that SSIM was published with.
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// The structural similarity of red, green, blue (each times alpha, for a colour that is not seen counts for
/// nothing) and alpha: the mean over windows of 8 × 8 pixels, four pixels apart, in which each pixel weighs the same.
/// [Source](https://doi.org/10.1109/TIP.2003.819861).
///
/// # Panics
/// The pictures have different sizes.
pub fn similarity(one: &Picture, other: &Picture) -> [f64; 4] {
    assert_eq!((one.width, one.height), (other.width, other.height));
    [0, 1, 2, 3].map(|channel| {
        let sample = |picture: &Picture, x, y| {
            let pixel = picture.pixel(x, y).map(f64::from);
            if channel == 3 { pixel[3] } else { pixel[channel] * pixel[3] / 255.0 }
        };
        let (mut sum, mut count) = (0.0, 0);
        for top in (0..=one.height.saturating_sub(WINDOW)).step_by(STEP) {
            for left in (0..=one.width.saturating_sub(WINDOW)).step_by(STEP) {
                sum += of_window(left, top, one, other, sample);
                count += 1;
            }
        }
        sum / f64::from(count)
    })
}

fn of_window(
    left: usize,
    top: usize,
    one: &Picture,
    other: &Picture,
    sample: impl Fn(&Picture, usize, usize) -> f64,
) -> f64 {
    let (mut count, mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for y in top..(top + WINDOW).min(one.height) {
        for x in left..(left + WINDOW).min(one.width) {
            let (own, others) = (sample(one, x, y), sample(other, x, y));
            count += 1.0;
            a += own;
            b += others;
            aa += own * own;
            bb += others * others;
            ab += own * others;
        }
    }
    let (a, b) = (a / count, b / count);
    let (spread_a, spread_b, both) = (aa / count - a * a, bb / count - b * b, ab / count - a * b);
    (2.0 * a * b + C1) * (2.0 * both + C2) / ((a * a + b * b + C1) * (spread_a + spread_b + C2))
}
