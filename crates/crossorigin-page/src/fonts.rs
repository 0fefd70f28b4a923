//! The fonts of the windows of an origin: read from their files, kept by number, and never handed to script.

use std::io::Read as _;
use std::panic::catch_unwind;

use harfrust::Font;

use crate::bound::Bound;

/// The longest file of a font, as it comes and as it is unpacked, in bytes.
pub(crate) const MAX_FONT_BYTES: usize = 32 << 20;
/// The most bytes that the fonts of a page may have together, unpacked.
pub(crate) const MAX_ALL_FONTS_BYTES: usize = 128 << 20;

/// Names a font of a page.
pub(crate) type FontId = u32;

/// All fonts of the windows of an origin.
pub(crate) struct Fonts {
    all: Vec<Font>,
    bytes: usize,
    room: Bound,
}

impl Drop for Fonts {
    fn drop(&mut self) {
        self.room.give_back(self.bytes);
    }
}

impl Fonts {
    pub(crate) fn new(room: &Bound) -> Self {
        Self { all: Vec::new(), bytes: 0, room: room.clone() }
    }

    /// Reads a font from its file, TrueType, OpenType, WOFF or WOFF2; of a collection, its first.
    ///
    /// # Errors
    /// Why it is none that can be used.
    pub(crate) fn add(&mut self, file: &[u8]) -> Result<FontId, String> {
        let unpacked = unpack(file)?;
        let length = unpacked.len();
        if !self.room.has_room(length) {
            return Err(format!(
                "the fonts of a page may have {MAX_ALL_FONTS_BYTES} bytes together, and this one is too much"
            ));
        }
        let font = Font::new(unpacked, 0).ok_or("it is no TrueType or OpenType font")?;
        if font.outline_glyphs().is_empty() || !font.charmap().has_unicode() {
            return Err("it has no outlines, or none for characters of Unicode".to_owned());
        }
        self.room.take(length);
        self.bytes += length;
        self.all.push(font);
        Ok((self.all.len() - 1) as FontId)
    }

    pub(crate) fn get(&self, id: FontId) -> Option<&Font> {
        self.all.get(id as usize)
    }
}

/// Refuses files that are too long.
pub(crate) fn check_length(length: usize) -> Result<(), String> {
    match length {
        0..=MAX_FONT_BYTES => Ok(()),
        _ => Err(format!("a font's file may have {MAX_FONT_BYTES} bytes, and this one has {length}")),
    }
}

/// The tables of a font as they were before they were packed.
fn unpack(file: &[u8]) -> Result<Vec<u8>, String> {
    if file.len() > MAX_FONT_BYTES {
        return Err(format!(
            "a font's file may have {MAX_FONT_BYTES} bytes, and this one has {}",
            file.len()
        ));
    }
    match file.get(..4) {
        Some(b"wOFF") => guarded(file, |file| wuff::decompress_woff1_with_custom_z(file, &mut inflate).ok())
            .ok_or_else(|| "its WOFF file is damaged".to_owned()),
        Some(b"wOF2") => {
            guarded(file, |file| wuff::decompress_woff2_with_custom_brotli(file, &mut unbrotli).ok())
                .ok_or_else(|| "its WOFF2 file is damaged".to_owned())
        }
        Some([0, 1, 0, 0] | b"OTTO" | b"true" | b"ttcf") => Ok(file.to_vec()),
        _ => Err("it is no TrueType, OpenType, WOFF or WOFF2 file".to_owned()),
    }
}

/// Runs a reader that was not written for this house, so that a damaged file costs a font and not the page.
fn guarded(file: &[u8], read: fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    catch_unwind(|| read(file)).ok().flatten().filter(|bytes| bytes.len() <= MAX_FONT_BYTES)
}

type Unpacked = Result<Vec<u8>, Box<dyn std::error::Error>>;

fn inflate(packed: &[u8], length: usize) -> Unpacked {
    exactly(flate2::read::ZlibDecoder::new(packed), length)
}

fn unbrotli(packed: &[u8], length: usize) -> Unpacked {
    exactly(brotli_decompressor::Decompressor::new(packed, 4096), length)
}

/// Reads as many bytes as were announced; more and less are errors.
fn exactly(reader: impl std::io::Read, length: usize) -> Unpacked {
    if length > MAX_FONT_BYTES {
        return Err("the table is too long".into());
    }
    let mut bytes = Vec::new();
    reader.take(length as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err("the table has another length".into()) }
}
