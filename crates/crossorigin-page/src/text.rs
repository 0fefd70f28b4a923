//! Text as outlines: which font has which character, how they stand side by side, and where they are.

use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, PathSink};
use harfrust::{Buffer, Direction, Font, GlyphId, ShapeOptions, ShaperFont, Tag, shape};
use tiny_skia::{Path, PathBuilder, Transform};
use unicode_bidi::{BidiInfo, Level};

use crate::fonts::{FontId, Fonts};

/// The longest text that is drawn or measured, in bytes; of a longer one, the beginning is.
pub(crate) const MAX_TEXT_BYTES: usize = 1 << 16;
/// The most segments of outlines that one text may have; what is more is not drawn.
pub(crate) const MAX_SEGMENTS: usize = 1 << 20;

/// How a text is set.
pub(crate) struct Setting {
    /// The fonts to take a character from, the first that has it.
    pub(crate) fonts: Vec<FontId>,
    /// The size of the font, in pixels.
    pub(crate) size: f32,
    /// How bold it is, from 1 to 1000; for fonts that vary in it.
    pub(crate) weight: f32,
    /// Whether the text as a whole runs from right to left.
    pub(crate) is_rtl: bool,
    /// Whether letters that are pairs stand closer.
    pub(crate) has_kerning: bool,
    /// What stands between letters in addition, in pixels.
    pub(crate) letter_spacing: f32,
    /// What stands between words in addition, in pixels.
    pub(crate) word_spacing: f32,
    /// Where letters stand on the canvas: how many of its pixels one here is, and where the first letter stands. Those
    /// of level text move to quarters of pixels, as in browsers.
    pub(crate) quarters: Option<(f32, f32)>,
}

impl Setting {
    fn moved(&self, x: f32) -> f32 {
        match self.quarters {
            Some((scale, start)) => (((x * scale + start) * 4.0).round() / 4.0 - start) / scale,
            None => x,
        }
    }
}

/// A text that is set: in pixels, from the left end of its baseline, down being positive.
pub(crate) struct SetText {
    /// The outlines; none where there is nothing to see.
    pub(crate) path: Option<Path>,
    /// How wide it is.
    pub(crate) width: f32,
    /// How far the first font goes above the baseline, and below it.
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
}

/// Sets a text in one line; `None` where there is no font for it.
pub(crate) fn set_text(fonts: &Fonts, text: &str, setting: &Setting) -> Option<SetText> {
    let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
    let weight = Tag::new(b"wght");
    let fonts: Vec<Font> = setting
        .fonts
        .iter()
        .filter_map(|id| fonts.get(*id))
        .map(|font| font.instance_builder().variations([(weight, setting.weight)]).build())
        .collect();
    let line = fonts.first()?.metrics().h_line();
    let units = f32::from(fonts.first()?.units_per_em().max(1));
    let scaled = |value: f64| value as f32 * setting.size / units;
    let mut pen = Pen { builder: PathBuilder::new(), at: Transform::identity(), segments: 0 };
    let mut width = 0.0;
    for (run, is_rtl) in runs(text, setting.is_rtl) {
        let mut parts = by_font(&fonts, run);
        if is_rtl {
            parts.reverse();
        }
        for (font, part) in parts {
            width = set_part(font, part, is_rtl, setting, width, &mut pen);
        }
    }
    Some(SetText {
        path: pen.builder.finish(),
        width,
        ascent: line.map_or(0.0, |line| scaled(line.ascender.to_f64())),
        descent: line.map_or(0.0, |line| -scaled(line.descender.to_f64())),
    })
}

/// The pieces of a text that run in one direction, from left to right, and whether it is to the left.
fn runs(text: &str, is_rtl: bool) -> Vec<(&str, bool)> {
    let level = if is_rtl { Level::rtl() } else { Level::ltr() };
    let bidi = BidiInfo::new(text, Some(level));
    let mut found = Vec::new();
    // Of a text with several paragraphs, which canvases don't let through, each is set behind the other.
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        found.extend(runs.into_iter().map(|run| (&text[run.clone()], levels[run.start].is_rtl())));
    }
    found
}

/// The pieces of a run by the font that has their characters; what no font has is left to the first.
fn by_font<'a, 't>(fonts: &'a [Font], run: &'t str) -> Vec<(&'a Font, &'t str)> {
    let has = |font: &Font, letter: char| font.charmap().map_unicode(letter).is_some();
    let mut pieces: Vec<(usize, usize, usize)> = Vec::new();
    for (at, letter) in run.char_indices() {
        let end = at + letter.len_utf8();
        let before = pieces.last().map(|piece| piece.0);
        // What joins or only separates stays with what it follows, where that font has it.
        let stays = before.filter(|nth| !letter.is_alphanumeric() && has(&fonts[*nth], letter));
        let nth = stays.or_else(|| fonts.iter().position(|font| has(font, letter))).or(before).unwrap_or(0);
        match pieces.last_mut() {
            Some(piece) if piece.0 == nth => piece.2 = end,
            _ => pieces.push((nth, at, end)),
        }
    }
    pieces.into_iter().map(|(nth, from, to)| (&fonts[nth], &run[from..to])).collect()
}

/// Sets a piece of one font and direction behind what is there already; how wide all of it is.
fn set_part(font: &Font, text: &str, is_rtl: bool, setting: &Setting, start: f32, pen: &mut Pen) -> f32 {
    let scale = setting.size / f32::from(font.units_per_em().max(1));
    let mut buffer = Buffer::new();
    buffer.push_str(text);
    buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
    buffer.guess_segment_properties();
    let no_kerning = [harfrust::Feature::new(Tag::new(b"kern"), 0, ..)];
    let features: &[harfrust::Feature] = if setting.has_kerning { &[] } else { &no_kerning };
    if shape(&ShaperFont::new(font), &mut buffer, ShapeOptions::new().features(features)).is_err() {
        return start;
    }
    let outlines = font.outline_glyphs();
    let mut x = start;
    for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
        let at = (setting.moved(x + position.x_offset as f32 * scale), -(position.y_offset as f32) * scale);
        pen.at = Transform::from_row(scale, 0.0, 0.0, -scale, at.0, at.1);
        if let Some(outline) = outlines.get(GlyphId::new(info.glyph_id)) {
            // A glyph that is damaged is not seen.
            let _ = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, pen);
        }
        let is_space =
            text.get(info.cluster as usize..).is_some_and(|rest| rest.starts_with([' ', '\u{A0}']));
        let between = setting.letter_spacing + if is_space { setting.word_spacing } else { 0.0 };
        x += position.x_advance as f32 * scale + between;
    }
    x
}

/// Takes outlines in the units of a font, and puts them where they belong.
struct Pen {
    builder: PathBuilder,
    at: Transform,
    segments: usize,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (x * self.at.sx + self.at.tx, y * self.at.sy + self.at.ty)
    }

    fn is_full(&mut self) -> bool {
        self.segments += 1;
        self.segments > MAX_SEGMENTS
    }
}

impl PathSink for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        if !self.is_full() {
            self.builder.move_to(x, y);
        }
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        if !self.is_full() {
            self.builder.line_to(x, y);
        }
    }

    fn quad_to(&mut self, control_x: f32, control_y: f32, x: f32, y: f32) {
        let ((control_x, control_y), (x, y)) = (self.place(control_x, control_y), self.place(x, y));
        if !self.is_full() {
            self.builder.quad_to(control_x, control_y, x, y);
        }
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        if !self.is_full() {
            self.builder.cubic_to(x1, y1, x2, y2, x, y);
        }
    }

    fn close(&mut self) {
        if !self.is_full() {
            self.builder.close();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
#[path = "../tests/support/font.rs"]
mod font;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::bound::Bound;
    use crate::fonts::MAX_ALL_FONTS_BYTES;

    const SEED: u64 = 7;
    const ROUNDS: usize = 2_000;

    /// How wide a text is in one font, and how many segments its outlines have.
    fn set(file: &[u8]) -> Result<(f32, usize), String> {
        let mut fonts = Fonts::new(&Bound::new(MAX_ALL_FONTS_BYTES));
        let id = fonts.add(file)?;
        let setting = Setting {
            fonts: vec![id],
            size: 100.0,
            weight: 400.0,
            is_rtl: false,
            has_kerning: true,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            quarters: None,
        };
        let set = set_text(&fonts, "AV \u{5D0}?", &setting).ok_or("it has no font")?;
        Ok((set.width, set.path.map_or(0, |path| path.verbs().len())))
    }

    #[test]
    fn damaged_fonts_are_refused_or_drawn_and_nothing_panics() {
        println!("seed {SEED}");
        let mut random = fastrand::Rng::with_seed(SEED);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../crossorigin-cli/src/demo/assets/origin.woff2");
        let transformed = std::fs::read(path).unwrap();
        for file in [font::truetype(), font::woff(), font::woff2()] {
            assert_eq!(set(&file), Ok((185.0, 20)));
        }
        for file in [font::truetype(), font::woff(), font::woff2(), transformed] {
            let mut refused = 0;
            for _ in 0..ROUNDS {
                let mut damaged = file.clone();
                for _ in 0..random.usize(1..6) {
                    let at = random.usize(..damaged.len());
                    damaged[at] = random.u8(..);
                }
                damaged.truncate(if random.bool() { file.len() } else { random.usize(..file.len()) });
                refused += usize::from(set(&damaged).is_err());
            }
            assert!(refused > 0 && refused < ROUNDS, "{refused}");
        }
    }
}
