//! Pictures that a page exported, pixel by pixel.

/// A PNG, decoded.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// Decodes a file as browsers export canvases, with transparency.
    pub fn of(file: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgba, "browsers export canvases with their transparency");
        Self { width: info.width as usize, height: info.height as usize, pixels }
    }

    /// Red, green, blue and alpha.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        let at = (y * self.width + x) * 4;
        self.pixels[at..at + 4].try_into().unwrap()
    }
}
