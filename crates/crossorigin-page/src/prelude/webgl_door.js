// The door to WebGL, behind which the rest of it is read once a page asks for it.

const WEBGL_INTERFACES = [
  "WebGLObject", "WebGLBuffer", "WebGLFramebuffer", "WebGLProgram", "WebGLRenderbuffer", "WebGLShader", "WebGLTexture",
  "WebGLVertexArrayObject", "WebGLSampler", "WebGLUniformLocation", "WebGLActiveInfo", "WebGLShaderPrecisionFormat",
  "WebGLRenderingContext", "WebGL2RenderingContext",
];

let webgl = null;
function loadWebgl() {
  return (webgl ??= host.webgl()({ host, MAKING, SURFACE, ImageData, ImageBitmap, bitmapOf, mustBeClean }));
}

exposeLater(WEBGL_INTERFACES, () => loadWebgl().interfaces);
for (const kind of ["webgl", "webgl2"]) defineContext(kind, (canvas, attributes) => loadWebgl().contexts[kind](canvas, attributes));
