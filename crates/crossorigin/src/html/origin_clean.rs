//! Whether script may read the pixels of a canvas.

use std::fmt;

use crate::fetching::ResponseType;

/// What script does that reads pixels, or would let it read them, is refused: the pixels came from another
/// origin that did not share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityError;

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the pixels are of another origin, which did not share them; set crossorigin on the image or video, \
             and let its server send Access-Control-Allow-Origin",
        )
    }
}

impl std::error::Error for SecurityError {}

/// The origin-clean flag of a bitmap: of a canvas, an `ImageBitmap`, a pattern, or of an image or a frame of
/// video that is about to be drawn. It holds no pixels.
/// [Source](https://html.spec.whatwg.org/multipage/canvas.html#concept-canvas-origin-clean).
///
/// ```
/// use crossorigin::fetching::ResponseType;
/// use crossorigin::html::Bitmap;
///
/// let (foreign, shared) = (Bitmap::of_response(ResponseType::Opaque), Bitmap::of_response(ResponseType::Cors));
/// let mut canvas = Bitmap::new();
/// canvas.draw(shared);
/// assert!(canvas.read().is_ok());
/// canvas.draw(foreign);
/// assert!(canvas.read().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitmap {
    is_origin_clean: bool,
}

impl Default for Bitmap {
    fn default() -> Self {
        Self::new()
    }
}

impl Bitmap {
    /// What script made itself: a new canvas, an `ImageData`, a blob.
    pub const fn new() -> Self {
        Self { is_origin_clean: true }
    }

    /// An image, or media, that came in a response of this type.
    /// [Source](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-cross-origin).
    pub const fn of_response(response_type: ResponseType) -> Self {
        Self { is_origin_clean: matches!(response_type, ResponseType::Basic | ResponseType::Cors) }
    }

    /// Whether nothing foreign was drawn.
    pub const fn is_origin_clean(self) -> bool {
        self.is_origin_clean
    }

    /// Draws something on a canvas, or sets a pattern of it as a style: `drawImage`, `fillStyle`,
    /// `strokeStyle`. Neither clearing nor resizing the canvas undoes it.
    /// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-drawimage).
    pub fn draw(&mut self, source: Self) {
        self.is_origin_clean &= source.is_origin_clean;
    }

    /// A copy that carries the flag along: `createImageBitmap`, `createPattern`.
    /// [Source](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#dom-createimagebitmap).
    #[must_use]
    pub const fn copied(self) -> Self {
        self
    }

    /// Hands over the bitmap, and has a new one from then on: `transferToImageBitmap`, and a transfer of an
    /// `ImageBitmap` to another realm.
    /// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-offscreencanvas-transfertoimagebitmap).
    #[must_use]
    pub fn transfer(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Shows another bitmap instead: `transferFromImageBitmap`.
    /// [Source](https://html.spec.whatwg.org/multipage/canvas.html#dom-imagebitmaprenderingcontext-transferfromimagebitmap).
    pub fn replace(&mut self, bitmap: Self) {
        *self = bitmap;
    }

    /// Whether script may have the pixels: `getImageData`, `toDataURL`, `toBlob`, `convertToBlob`,
    /// `captureStream`.
    ///
    /// # Errors
    /// It may not.
    pub const fn read(self) -> Result<(), SecurityError> {
        if self.is_origin_clean { Ok(()) } else { Err(SecurityError) }
    }

    /// Whether the bitmap may become a texture (`texImage2D`, `texSubImage2D`, `copyExternalImageToTexture`): a
    /// shader's time tells of its pixels, so that a foreign one is refused at once.
    /// [Source](https://registry.khronos.org/webgl/specs/latest/1.0/#4.2).
    ///
    /// # Errors
    /// It may not.
    pub const fn upload_as_texture(self) -> Result<(), SecurityError> {
        self.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREIGN: Bitmap = Bitmap::of_response(ResponseType::Opaque);
    const SHARED: Bitmap = Bitmap::of_response(ResponseType::Cors);

    #[test]
    fn what_is_shared_can_be_read() {
        for (response_type, readable) in [
            (ResponseType::Basic, true),
            (ResponseType::Cors, true),
            (ResponseType::Opaque, false),
            (ResponseType::OpaqueRedirect, false),
        ] {
            let source = Bitmap::of_response(response_type);
            let mut canvas = Bitmap::new();
            canvas.draw(source);
            assert_eq!(canvas.is_origin_clean(), readable, "{response_type:?}");
            assert_eq!(canvas.read().is_ok(), readable, "{response_type:?}");
            assert_eq!(source.upload_as_texture().is_ok(), readable, "{response_type:?}");
        }
    }

    #[test]
    fn the_taint_goes_where_the_pixels_go() {
        let mut canvas = Bitmap::new();
        canvas.draw(SHARED);
        canvas.draw(FOREIGN.copied());
        canvas.draw(SHARED);
        assert_eq!(canvas.read(), Err(SecurityError), "what is clean washes nothing off");
        // Onto another canvas.
        let mut second = Bitmap::new();
        second.draw(canvas);
        assert_eq!(second.read(), Err(SecurityError));
        // And out of this one, with its pixels.
        let handed_over = canvas.transfer();
        assert_eq!((handed_over.read(), canvas.read()), (Err(SecurityError), Ok(())));
        let mut shown = Bitmap::new();
        shown.replace(handed_over);
        assert_eq!(shown.read(), Err(SecurityError));
        shown.replace(SHARED);
        assert_eq!(shown.read(), Ok(()));
    }
}
