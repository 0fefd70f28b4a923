//! The demo's photos, drawn at its start: a landscape for every day of three years, and a few larger pictures.

use std::f32::consts::TAU;
use std::path::Path;
use std::{fs, io, thread};

use bytes::Bytes;

/// The years of the wall. One of them is a leap year, so that they have 1,096 days.
const YEARS: std::ops::RangeInclusive<u32> = 2023..=2025;
/// Width and height of a small photo, in pixels.
const SMALL: u32 = 32;

/// Width and height of the moon: in CSS pixels that of its place on the page, for not every browser scales a
/// picture that is a shape.
const MOON: u32 = 160;

/// The larger pictures, as PNG files.
pub(super) struct Large {
    /// The photo of most demonstrations.
    pub(super) hills: Bytes,
    /// The photo that takes a cookie to see.
    pub(super) portrait: Bytes,
    /// A moon on a transparent ground, for text to flow around.
    pub(super) moon: Bytes,
}

/// Draws everything; puts the public photos into a folder. Returns how many small ones there are.
///
/// # Errors
/// A file can't be written.
pub(super) fn draw(folder: &Path) -> anyhow::Result<(usize, Large)> {
    let days = days();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let large = thread::scope(|scope| {
        let large = scope.spawn(large);
        let smalls: Vec<_> = (0..workers)
            .map(|worker| {
                let days = &days;
                scope.spawn(move || small(days, worker, workers, folder))
            })
            .collect();
        for small in smalls {
            small.join().map_err(|_| io::Error::other("a photo could not be drawn"))??;
        }
        large.join().map_err(|_| io::Error::other("a photo could not be drawn"))?
    })?;
    fs::write(folder.join("hills.png"), &large.hills)?;
    fs::write(folder.join("moon.png"), &large.moon)?;
    Ok((days.len(), large))
}

fn small(days: &[Day], worker: usize, workers: usize, folder: &Path) -> io::Result<()> {
    for day in days.iter().skip(worker).step_by(workers) {
        let photo = png(SMALL, SMALL, png::ColorType::Rgb, &Scene::of(day).draw(SMALL, SMALL))?;
        fs::write(folder.join(&day.file), photo)?;
    }
    Ok(())
}

fn large() -> io::Result<Large> {
    let evening = Scene { season: 0.72, sun: (0.66, 0.44), clouds: 0.25, night: false, seed: 40 };
    let winter = Scene { season: 0.02, sun: (0.3, 0.24), clouds: 0.0, night: true, seed: 11 };
    let photo = |scene: &Scene, width, height| {
        png(width, height, png::ColorType::Rgb, &scene.draw(width, height)).map(Bytes::from)
    };
    Ok(Large {
        hills: photo(&evening, 720, 480)?,
        portrait: photo(&winter, 480, 320)?,
        moon: png(MOON, MOON, png::ColorType::Rgba, &moon(MOON))?.into(),
    })
}

/// One day: its file and its place in the year.
struct Day {
    file: String,
    season: f32,
    seed: u32,
}

fn days() -> Vec<Day> {
    let mut days = Vec::new();
    for year in YEARS {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let months = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut of_year = 0.0;
        for (month, length) in months.into_iter().enumerate() {
            for day in 1..=length {
                let file = format!("{year}-{:02}-{day:02}.png", month + 1);
                days.push(Day { file, season: of_year / 365.0, seed: days.len() as u32 });
                of_year += 1.0;
            }
        }
    }
    days
}

type Colour = [f32; 3];

/// Sky above, sky below, far hills, near hills: at the turn of the year and the middle of each season.
const SEASONS: [(f32, [Colour; 4]); 7] = [
    (0.0, [[96.0, 128.0, 172.0], [226.0, 226.0, 232.0], [172.0, 188.0, 208.0], [74.0, 96.0, 126.0]]),
    (0.14, [[120.0, 148.0, 190.0], [240.0, 222.0, 220.0], [178.0, 184.0, 200.0], [92.0, 104.0, 124.0]]),
    (0.3, [[126.0, 182.0, 216.0], [250.0, 236.0, 214.0], [150.0, 190.0, 168.0], [66.0, 126.0, 86.0]]),
    (0.46, [[64.0, 152.0, 208.0], [250.0, 238.0, 196.0], [116.0, 172.0, 136.0], [28.0, 104.0, 84.0]]),
    (0.62, [[70.0, 144.0, 196.0], [254.0, 224.0, 158.0], [186.0, 176.0, 104.0], [104.0, 114.0, 52.0]]),
    (0.78, [[112.0, 124.0, 168.0], [252.0, 188.0, 128.0], [198.0, 112.0, 76.0], [120.0, 48.0, 48.0]]),
    (0.92, [[104.0, 116.0, 150.0], [232.0, 200.0, 190.0], [150.0, 130.0, 142.0], [82.0, 68.0, 86.0]]),
];

struct Scene {
    /// 0 to 1 through the year.
    season: f32,
    /// Place of sun or moon, in parts of width and height.
    sun: (f32, f32),
    /// 0 for a clear sky, 1 for a grey one.
    clouds: f32,
    night: bool,
    seed: u32,
}

impl Scene {
    fn of(day: &Day) -> Self {
        let chance = |nth| noise(day.seed, nth);
        Self {
            season: (day.season + (chance(0) - 0.5) * 0.05).rem_euclid(1.0),
            sun: (0.15 + 0.7 * chance(1), 0.16 + 0.36 * chance(2)),
            clouds: (chance(3) * 1.9 - 1.0).max(0.0),
            night: chance(4) < 0.13,
            seed: day.seed,
        }
    }

    /// Red, green and blue of every pixel.
    fn draw(&self, width: u32, height: u32) -> Vec<u8> {
        let [mut above, mut below, far, near] = colours(self.season);
        let grey = [176.0, 182.0, 190.0];
        above = mix(above, grey, self.clouds * 0.7);
        below = mix(below, grey, self.clouds * 0.6);
        let dusk =
            |colour: Colour, share| if self.night { mix(colour, [16.0, 22.0, 52.0], share) } else { colour };
        (above, below) = (dusk(above, 0.88), dusk(below, 0.66));
        const RIDGES: u32 = 4;
        let ridges: Vec<(Vec<f32>, Colour)> = (0..RIDGES)
            .map(|nth| {
                let depth = nth as f32 / (RIDGES - 1) as f32;
                let colour = dusk(mix(mix(far, below, 0.35 * (1.0 - depth)), near, depth), 0.72);
                (ridge(self.seed, nth, depth, width, height), colour)
            })
            .collect();
        let (width_f, height_f) = (width as f32, height as f32);
        let radius = height_f * if self.night { 0.07 } else { 0.085 };
        let (sun_x, sun_y) = (self.sun.0 * width_f, self.sun.1 * height_f);
        let light = if self.night { [232.0, 234.0, 246.0] } else { [255.0, 244.0, 214.0] };
        let mut pixels = Vec::with_capacity((width * height * 3) as usize);
        for y in 0..height {
            let y_f = y as f32 + 0.5;
            let sky = mix(above, below, (y_f / height_f / 0.72).min(1.0));
            for x in 0..width {
                let x_f = x as f32 + 0.5;
                let covering = ridges.iter().rposition(|(line, _)| y_f - line[x as usize] >= 0.5);
                let mut colour = match covering {
                    Some(nth) => ridges[nth].1,
                    None => {
                        let (across, down) = (x_f - sun_x, y_f - sun_y);
                        let distance = (across * across + down * down).sqrt();
                        let glow = (1.0 - distance / (height_f * 0.55)).max(0.0);
                        let disc = (radius - distance + 0.5).clamp(0.0, 1.0);
                        let veil = 1.0 - 0.8 * self.clouds;
                        mix(mix(sky, light, glow * glow * 0.55 * veil), light, disc * veil)
                    }
                };
                // The ridges in front of what covers this pixel may still touch it with their edge.
                for (line, near) in &ridges[covering.map_or(0, |nth| nth + 1)..] {
                    let share = (y_f - line[x as usize] + 0.5).clamp(0.0, 1.0);
                    if share > 0.0 {
                        colour = mix(colour, *near, share);
                    }
                }
                pixels.extend(colour.map(|part| part.clamp(0.0, 255.0) as u8));
            }
        }
        pixels
    }
}

/// The height of a ridge over every column, from above.
fn ridge(seed: u32, nth: u32, depth: f32, width: u32, height: u32) -> Vec<f32> {
    let phase = TAU * noise(seed, 20 + nth);
    let steepness = 1.4 - 0.9 * depth;
    (0..width)
        .map(|x| {
            let at = x as f32 / width as f32 * TAU;
            let wave = (at * 0.7 + phase).sin() * 0.07
                + (at * 1.9 + phase * 2.3).sin() * 0.035
                + (at * 4.7 + phase * 3.1).sin() * 0.012 * steepness
                + (at * 11.0 + phase * 5.7).sin() * 0.004 * steepness;
            height as f32 * (0.54 + 0.36 * depth - wave * steepness)
        })
        .collect()
}

fn colours(season: f32) -> [Colour; 4] {
    let next = SEASONS.iter().position(|(start, _)| *start > season).unwrap_or(SEASONS.len());
    let (start, from) = SEASONS[next - 1];
    let (end, to) = SEASONS.get(next).copied().unwrap_or((1.0, SEASONS[0].1));
    let share = (season - start) / (end - start);
    [0, 1, 2, 3].map(|part| mix(from[part], to[part], share))
}

/// A gibbous moon; what is not moon is transparent.
fn moon(size: u32) -> Vec<u8> {
    let middle = size as f32 / 2.0;
    let radius = middle - 4.0;
    let craters =
        [(-0.32, -0.3, 0.2), (0.22, 0.12, 0.26), (-0.24, 0.4, 0.13), (0.4, -0.42, 0.11), (0.06, -0.62, 0.09)];
    let mut pixels = Vec::with_capacity((size * size * 4) as usize);
    for y in 0..size {
        for x in 0..size {
            let (across, down) = ((x as f32 + 0.5 - middle) / radius, (y as f32 + 0.5 - middle) / radius);
            let distance = (across * across + down * down).sqrt();
            let cover = ((1.0 - distance) * radius + 0.5).clamp(0.0, 1.0);
            let mut colour =
                mix([246.0, 232.0, 200.0], [206.0, 176.0, 132.0], (distance * distance).min(1.0));
            for (cx, cy, r) in craters {
                let from_crater = ((across - cx).powi(2) + (down - cy).powi(2)).sqrt();
                let share = ((r - from_crater) * radius / 2.0).clamp(0.0, 1.0);
                colour = mix(colour, [196.0, 164.0, 122.0], share * 0.55);
            }
            pixels.extend(colour.map(|part| part as u8));
            pixels.push((cover * 255.0) as u8);
        }
    }
    pixels
}

fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    [0, 1, 2].map(|part| from[part] + (to[part] - from[part]) * share)
}

/// A number from 0 to 1 that depends on both arguments and on nothing else.
fn noise(seed: u32, nth: u32) -> f32 {
    let mut bits = seed.wrapping_mul(0x9E37_79B9) ^ nth.wrapping_mul(0x85EB_CA6B).wrapping_add(0x27D4_EB2F);
    for factor in [0x7FEB_352D, 0x846C_A68B] {
        bits = (bits ^ (bits >> 16)).wrapping_mul(factor);
    }
    (bits ^ (bits >> 16)) as f32 / u32::MAX as f32
}

fn png(width: u32, height: u32, colour: png::ColorType, pixels: &[u8]) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_years_have_1096_days() {
        let days = days();
        assert_eq!(days.len(), 1_096);
        assert_eq!(days[0].file, "2023-01-01.png");
        assert_eq!(days[365 + 31 + 28].file, "2024-02-29.png");
        assert_eq!(days[1_095].file, "2025-12-31.png");
    }

    #[test]
    fn photos_are_the_same_at_every_start_and_differ_from_day_to_day() {
        let days = days();
        let photo = |nth: usize| Scene::of(&days[nth]).draw(SMALL, SMALL);
        assert_eq!(photo(7), photo(7));
        let all: std::collections::HashSet<_> = (0..days.len()).map(photo).collect();
        assert_eq!(all.len(), days.len());
    }

    #[test]
    fn the_moon_is_transparent_in_its_corners_only() {
        let pixels = moon(64);
        let alpha = |x: usize, y: usize| pixels[(y * 64 + x) * 4 + 3];
        assert_eq!([alpha(0, 0), alpha(63, 0), alpha(0, 63), alpha(63, 63)], [0; 4]);
        assert_eq!(alpha(32, 32), 255);
    }
}
