//! The prelude's parts, each a module that exports one function. The crate's build script compiles them.

/// The interfaces of a page, in script.
pub(crate) const MAIN_SOURCE: &str = concat!(
    "export default (function (host) { 'use strict';\n",
    include_str!("prelude/base.js"),
    include_str!("prelude/inspect.js"),
    include_str!("prelude/numbers.js"),
    include_str!("prelude/events.js"),
    include_str!("prelude/abort.js"),
    include_str!("prelude/url.js"),
    include_str!("prelude/encodings.js"),
    include_str!("prelude/streams_door.js"),
    include_str!("prelude/blobs.js"),
    include_str!("prelude/formdata.js"),
    include_str!("prelude/clone.js"),
    include_str!("prelude/messages.js"),
    include_str!("prelude/headers.js"),
    include_str!("prelude/body.js"),
    include_str!("prelude/fetch.js"),
    include_str!("prelude/xhr_response.js"),
    include_str!("prelude/xhr.js"),
    include_str!("prelude/collections.js"),
    include_str!("prelude/eventsource.js"),
    include_str!("prelude/dom.js"),
    include_str!("prelude/element.js"),
    include_str!("prelude/uievents.js"),
    include_str!("prelude/documents.js"),
    include_str!("prelude/style.js"),
    include_str!("prelude/stylesheets.js"),
    include_str!("prelude/scripts.js"),
    include_str!("prelude/writing.js"),
    include_str!("prelude/elements.js"),
    include_str!("prelude/forms.js"),
    include_str!("prelude/images.js"),
    include_str!("prelude/canvas.js"),
    include_str!("prelude/paths.js"),
    include_str!("prelude/context2d.js"),
    include_str!("prelude/webgl_door.js"),
    include_str!("prelude/location.js"),
    include_str!("prelude/loading.js"),
    include_str!("prelude/fonts_door.js"),
    include_str!("prelude/media.js"),
    include_str!("prelude/views.js"),
    include_str!("prelude/frames.js"),
    include_str!("prelude/window.js"),
    include_str!("prelude/beacon.js"),
    include_str!("prelude/storage.js"),
    "return { deliver: (...news) => { nameElements(); deliver(...news); }, parsed, reportException, trackRejection, reportRejections,\n",
    "  document, wrap, framed, receive,\n",
    "  prepareScript: id => { nameElements(); return prepareScript(wrap(id), true); },\n",
    "  canvasBitmap: id => (wrap(id) instanceof HTMLCanvasElement ? bitmapOf(wrap(id))[0] : null) };\n})"
);

/// WebGL, which is read where a page first asks for it: most never do, and it is as long as much of the rest.
pub(crate) const WEBGL_SOURCE: &str = concat!(
    "export default (function (main) { 'use strict';\n",
    "const { host, MAKING, SURFACE, ImageData, ImageBitmap, bitmapOf, mediaOf, mustBeClean } = main;\n",
    include_str!("prelude/webgl_constants.js"),
    include_str!("prelude/webgl_objects.js"),
    include_str!("prelude/webgl_programs.js"),
    include_str!("prelude/webgl_textures.js"),
    include_str!("prelude/webgl.js"),
    include_str!("prelude/webgl_drawing.js"),
    "})"
);

/// Fonts and text on canvases, which are read in the same way.
pub(crate) const FONTS_SOURCE: &str = concat!(
    "export default (function (main) { 'use strict';\n",
    "const { host, MAKING, document, request, queueTask, fire, defineHandlers, whenParsed, block, bytesOf, bytesToBinary, Event, EventTarget,",
    "  Element, DOMException, URL } = main;\n",
    include_str!("prelude/css_fonts.js"),
    include_str!("prelude/fonts.js"),
    include_str!("prelude/text.js"),
    "return { set: fontFaceSet, connectFontFace, disconnectFontFace, beginText, setTextStyle, measureText, drawText,\n",
    "  interfaces: { FontFace, FontFaceSet, FontFaceSetLoadEvent, TextMetrics } };\n})"
);

/// Streams, which are read where a page first asks for one.
pub(crate) const STREAMS_SOURCE: &str = concat!(
    "export default (function (main) { 'use strict';\n",
    "const { MAKING, bytesOf, dictionary, encodeUtf8, structuredClone, TextDecoder } = main;\n",
    "const { AbortSignal, AbortController, addAbortSteps, removeAbortSteps } = main;\n",
    include_str!("prelude/streams.js"),
    include_str!("prelude/streams_tee.js"),
    include_str!("prelude/streams_bytes.js"),
    include_str!("prelude/streams_writable.js"),
    include_str!("prelude/streams_transform.js"),
    "})"
);

/// Their names, and what they say.
pub(crate) const SOURCES: [(&str, &str); 4] = [
    ("crossorigin:prelude", MAIN_SOURCE),
    ("crossorigin:prelude/webgl", WEBGL_SOURCE),
    ("crossorigin:prelude/fonts", FONTS_SOURCE),
    ("crossorigin:prelude/streams", STREAMS_SOURCE),
];
