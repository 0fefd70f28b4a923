//! A font of four letters, made here, in the three formats that pages have.

/// A rectangle as a glyph: its sides, and how wide it is with what is around it. All in thousandths of its size.
struct Box {
    left: i16,
    bottom: i16,
    right: i16,
    top: i16,
    advance: u16,
}

/// The letters: `.notdef`, a space, A (a square), V (which stands a tenth closer behind A) and alef.
const GLYPHS: [Box; 5] = [
    Box { left: 0, bottom: 0, right: 100, top: 100, advance: 200 },
    Box { left: 0, bottom: 0, right: 0, top: 0, advance: 250 },
    Box { left: 0, bottom: 0, right: 500, top: 500, advance: 600 },
    Box { left: 0, bottom: -200, right: 400, top: 300, advance: 500 },
    Box { left: 0, bottom: 0, right: 300, top: 800, advance: 400 },
];
const LETTERS: [(char, u32); 4] = [(' ', 1), ('A', 2), ('V', 3), ('\u{5D0}', 4)];

fn bytes<const N: usize>(values: [u16; N]) -> Vec<u8> {
    values.into_iter().flat_map(u16::to_be_bytes).collect()
}

fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_be_bytes()
}

fn glyph(own: &Box) -> Vec<u8> {
    if own.right == own.left {
        return Vec::new();
    }
    let bounds = [1, own.left, own.bottom, own.right, own.top].map(|side| side as u16);
    let mut glyph = bytes(bounds);
    glyph.extend(bytes([3, 0]));
    glyph.extend([1; 4]);
    let (width, height) = (own.right - own.left, own.top - own.bottom);
    glyph.extend(bytes([own.left, 0, width, 0].map(|x| x as u16)));
    glyph.extend(bytes([own.bottom, height, 0, -height].map(|y| y as u16)));
    glyph.resize(glyph.len().next_multiple_of(4), 0);
    glyph
}

/// The tables, by their tags in order.
fn tables() -> Vec<(&'static [u8; 4], Vec<u8>)> {
    let mut cmap = bytes([0, 1, 3, 10, 0, 12, 12, 0]);
    cmap.extend(long(16 + 12 * LETTERS.len()).into_iter().chain(long(0)).chain(long(LETTERS.len())));
    for (letter, glyph) in LETTERS {
        cmap.extend([letter as u32, letter as u32, glyph].into_iter().flat_map(u32::to_be_bytes));
    }
    let (mut glyf, mut loca) = (Vec::new(), long(0).to_vec());
    for own in &GLYPHS {
        glyf.extend(glyph(own));
        loca.extend(long(glyf.len()));
    }
    let mut head = bytes([1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0, 1000]);
    head.extend([0; 16]);
    head.extend(bytes([0, -200_i16 as u16, 500, 800, 0, 8, 2, 1, 0]));
    let mut hhea = bytes([1, 0, 800, -200_i16 as u16, 0, 600]);
    hhea.extend([0; 22]);
    hhea.extend(bytes([GLYPHS.len() as u16]));
    let hmtx = GLYPHS.iter().flat_map(|own| bytes([own.advance, own.left as u16])).collect();
    let mut kern = bytes([0, 1, 0, 20, 1, 1, 6, 0, 0]);
    kern.extend(bytes([2, 3, -100_i16 as u16]));
    let mut maxp = bytes([1, 0, GLYPHS.len() as u16, 4, 1]);
    maxp.resize(32, 0);
    vec![
        (b"cmap", cmap),
        (b"glyf", glyf),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"kern", kern),
        (b"loca", loca),
        (b"maxp", maxp),
    ]
}

/// As TrueType.
pub(crate) fn truetype() -> Vec<u8> {
    let tables = tables();
    let mut file = bytes([1, 0, tables.len() as u16, 0, 0, 0]);
    let mut at = file.len() + 16 * tables.len();
    for (tag, table) in &tables {
        file.extend(tag.iter().copied().chain(long(0)).chain(long(at)).chain(long(table.len())));
        at += table.len().next_multiple_of(4);
    }
    for (_, mut table) in tables {
        table.resize(table.len().next_multiple_of(4), 0);
        file.extend(table);
    }
    file
}

/// As WOFF, its tables deflated where that makes them shorter.
pub(crate) fn woff() -> Vec<u8> {
    use std::io::Write as _;
    let packed: Vec<_> = tables()
        .into_iter()
        .map(|(tag, table)| {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&table).unwrap();
            let short = encoder.finish().unwrap();
            (tag, table.len(), if short.len() < table.len() { short } else { table })
        })
        .collect();
    let (mut directory, mut data) = (Vec::new(), Vec::new());
    for (tag, length, table) in &packed {
        let at = 44 + 20 * packed.len() + data.len();
        directory.extend(tag.iter().copied().chain(long(at)).chain(long(table.len())));
        directory.extend(long(*length).into_iter().chain(long(0)));
        data.extend(table);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut file = b"wOFF\0\x01\0\0".to_vec();
    file.extend(long(44 + directory.len() + data.len()));
    file.extend(bytes([packed.len() as u16, 0]));
    file.extend(long(truetype().len()));
    file.extend([0; 24]);
    file.extend(directory);
    file.extend(data);
    file
}

/// As WOFF2, with its outlines as they are, in a Brotli stream that compresses nothing.
pub(crate) fn woff2() -> Vec<u8> {
    let tables = tables();
    let (mut directory, mut data) = (Vec::new(), Vec::<u8>::new());
    for (tag, table) in &tables {
        // A tag follows; the third way for outlines is none.
        directory.push(if matches!(*tag, b"glyf" | b"loca") { 0xFF } else { 0x3F });
        directory.extend(tag.iter());
        let length = table.len();
        if length >= 128 {
            directory.push(0x80 | (length >> 7) as u8);
        }
        directory.push((length & 0x7F) as u8);
        data.extend(table);
    }
    let head = ((data.len() - 1) << 4) | (1 << 20);
    let mut stream = vec![head as u8, (head >> 8) as u8, (head >> 16) as u8];
    stream.extend(data);
    stream.push(3);
    let mut file = b"wOF2\0\x01\0\0".to_vec();
    file.extend(long((48 + directory.len() + stream.len()).next_multiple_of(4)));
    file.extend(bytes([tables.len() as u16, 0]));
    file.extend(long(truetype().len()).into_iter().chain(long(stream.len())));
    file.extend([0; 24]);
    file.extend(directory);
    file.extend(stream);
    file.resize(file.len().next_multiple_of(4), 0);
    file
}
