// The door to WebGL, behind which the rest of it is read once a page asks for it.

const WEBGL_INTERFACES = [
  "WebGLObject", "WebGLBuffer", "WebGLFramebuffer", "WebGLProgram", "WebGLRenderbuffer", "WebGLShader", "WebGLTexture",
  "WebGLVertexArrayObject", "WebGLSampler", "WebGLUniformLocation", "WebGLActiveInfo", "WebGLShaderPrecisionFormat",
  "WebGLRenderingContext", "WebGL2RenderingContext",
];

/** What a video has loaded, as a bitmap of no pixels; null where it has nothing, or is none. */
const mediaOf = source => (source instanceof HTMLVideoElement && source[MEDIA].bitmap !== null ? [source[MEDIA].bitmap, 0, 0] : null);

let webgl = null;
function loadWebgl() {
  return (webgl ??= host.part("webgl")({ host, MAKING, SURFACE, ImageData, ImageBitmap, bitmapOf, mediaOf, mustBeClean }));
}

exposeLater(WEBGL_INTERFACES, () => loadWebgl().interfaces);
for (const kind of ["webgl", "webgl2"]) defineContext(kind, (canvas, attributes) => loadWebgl().contexts[kind](canvas, attributes));
