// WebGL: vertex attributes, framebuffers, clearing, reading, and drawing, which is refused.

const ATTRIBUTE_TYPES = new Map(Object.entries({ BYTE: 1, UNSIGNED_BYTE: 1, SHORT: 2, UNSIGNED_SHORT: 2, FLOAT: 4 }).map(([name, bytes]) => [GL[name], bytes]));
const ATTRIBUTE_TYPES_2 = new Map(Object.entries({ INT: 4, UNSIGNED_INT: 4, HALF_FLOAT: 2 }).map(([name, bytes]) => [GL[name], bytes]));

function attributeAt(graphics, index) {
  return graphics.vertexArray.attributes[index] ?? fail(graphics, "INVALID_VALUE", null);
}

function setAttribute(context, index, numbers) {
  const own = attributeAt(graphicsOf(context), index);
  if (own) own.value = Float32Array.of(...[0, 0, 0, 1].map((otherwise, nth) => numbers[nth] ?? otherwise));
}

function pointAttribute(graphics, index, own) {
  const at = attributeAt(graphics, index);
  if (!at) return;
  const bytes = ATTRIBUTE_TYPES.get(own.type) ?? (graphics.version === 2 ? ATTRIBUTE_TYPES_2.get(own.type) : undefined);
  if (!bytes) return fail(graphics, "INVALID_ENUM");
  if (own.size < 1 || own.size > 4 || own.stride < 0 || own.stride > 255 || own.offset < 0) return fail(graphics, "INVALID_VALUE");
  const buffer = graphics.buffers.get(GL.ARRAY_BUFFER) ?? null;
  if (own.stride % bytes || own.offset % bytes || (!buffer && own.offset !== 0)) return fail(graphics, "INVALID_OPERATION");
  Object.assign(at, own, { buffer });
}

const ATTRIBUTE_METHODS = {
  enableVertexAttribArray(index) {
    const own = attributeAt(graphicsOf(this), index);
    if (own) own.enabled = true;
  },
  disableVertexAttribArray(index) {
    const own = attributeAt(graphicsOf(this), index);
    if (own) own.enabled = false;
  },
  vertexAttribPointer(index, size, type, normalized, stride, offset) {
    pointAttribute(graphicsOf(this), index, { size, type, normalized: Boolean(normalized), stride, offset });
  },
  getVertexAttribOffset(index) { return attributeAt(graphicsOf(this), index)?.offset ?? 0; },
  getVertexAttrib(index, name) {
    const graphics = graphicsOf(this);
    const own = attributeAt(graphics, index);
    if (!own) return null;
    switch (name) {
      case GL.VERTEX_ATTRIB_ARRAY_BUFFER_BINDING: return own.buffer;
      case GL.VERTEX_ATTRIB_ARRAY_ENABLED: return own.enabled;
      case GL.VERTEX_ATTRIB_ARRAY_SIZE: return own.size;
      case GL.VERTEX_ATTRIB_ARRAY_STRIDE: return own.stride;
      case GL.VERTEX_ATTRIB_ARRAY_TYPE: return own.type;
      case GL.VERTEX_ATTRIB_ARRAY_NORMALIZED: return own.normalized;
      case GL.CURRENT_VERTEX_ATTRIB: return own.value.slice();
      default: return fail(graphics, "INVALID_ENUM", null);
    }
  },
  vertexAttrib1f(index, x) { setAttribute(this, index, [x]); },
  vertexAttrib2f(index, x, y) { setAttribute(this, index, [x, y]); },
  vertexAttrib3f(index, x, y, z) { setAttribute(this, index, [x, y, z]); },
  vertexAttrib4f(index, x, y, z, w) { setAttribute(this, index, [x, y, z, w]); },
  ...Object.fromEntries([1, 2, 3, 4].map(count => [`vertexAttrib${count}fv`, { method(index, numbers) {
    if (numbers.length < count) return fail(graphicsOf(this), "INVALID_VALUE");
    setAttribute(this, index, Array.from(numbers).slice(0, count));
  } }.method])),
};

const FRAMEBUFFER_TARGETS_2 = [GL.READ_FRAMEBUFFER, GL.DRAW_FRAMEBUFFER];
const ATTACHMENTS = ["COLOR_ATTACHMENT0", "DEPTH_ATTACHMENT", "STENCIL_ATTACHMENT", "DEPTH_STENCIL_ATTACHMENT"].map(name => GL[name]);
const isAttachment = (graphics, point) => ATTACHMENTS.includes(point)
  || (graphics.version === 2 && point > GL.COLOR_ATTACHMENT0 && point < GL.COLOR_ATTACHMENT0 + MAX_DRAW_BUFFERS);
const RENDERBUFFER_FORMATS = ["RGBA4", "RGB565", "RGB5_A1", "DEPTH_COMPONENT16", "STENCIL_INDEX8", "DEPTH_STENCIL"].map(name => GL[name]);

/** The framebuffer at a target: null for the canvas's own, `undefined`, with the error noted, where there is no such target. */
function framebufferAt(graphics, target) {
  if (target !== GL.FRAMEBUFFER && !(graphics.version === 2 && FRAMEBUFFER_TARGETS_2.includes(target))) return fail(graphics, "INVALID_ENUM");
  const object = graphics.framebuffers.get(target === GL.DRAW_FRAMEBUFFER ? GL.FRAMEBUFFER : target) ?? null;
  return object && GRAPHICS_OBJECTS.get(object);
}

function attach(graphics, target, point, attached) {
  const own = framebufferAt(graphics, target);
  if (own === undefined) return;
  if (!isAttachment(graphics, point)) return fail(graphics, "INVALID_ENUM");
  if (own === null) return fail(graphics, "INVALID_OPERATION");
  if (attached) own.attachments.set(point, attached);
  else own.attachments.delete(point);
}

const FRAMEBUFFER_METHODS = {
  ...lifeOf(WebGLFramebuffer, "Framebuffer", () => ({ attachments: new Map() }), (graphics, own, object) => unbind(graphics.framebuffers, object)),
  ...lifeOf(WebGLRenderbuffer, "Renderbuffer", () => ({ width: 0, height: 0, format: GL.RGBA4 }), (graphics, own, object) => {
    if (graphics.renderbuffer === object) graphics.renderbuffer = null;
  }),
  bindFramebuffer(target, framebuffer) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLFramebuffer, framebuffer);
    if (own === false || framebufferAt(graphics, target) === undefined) return;
    if (own) own.bound = true;
    // One that is bound as both is that for reading and that for drawing.
    if (target !== GL.READ_FRAMEBUFFER) graphics.framebuffers.set(GL.FRAMEBUFFER, framebuffer ?? null);
    if (target !== GL.DRAW_FRAMEBUFFER) graphics.framebuffers.set(GL.READ_FRAMEBUFFER, framebuffer ?? null);
  },
  bindRenderbuffer(target, renderbuffer) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLRenderbuffer, renderbuffer);
    if (own === false) return;
    if (target !== GL.RENDERBUFFER) return fail(graphics, "INVALID_ENUM");
    if (own) own.bound = true;
    graphics.renderbuffer = renderbuffer ?? null;
  },
  renderbufferStorage(target, format, width, height) {
    const graphics = graphicsOf(this);
    const known = RENDERBUFFER_FORMATS.includes(format) || (graphics.version === 2 && SIZED.has(format));
    if (target !== GL.RENDERBUFFER || !known) return fail(graphics, "INVALID_ENUM");
    if (!graphics.renderbuffer) return fail(graphics, "INVALID_OPERATION");
    if (!(width >= 0 && height >= 0 && Math.max(width, height) <= MAX_TEXTURE_SIDE)) return fail(graphics, "INVALID_VALUE");
    Object.assign(GRAPHICS_OBJECTS.get(graphics.renderbuffer), { width, height, format });
  },
  getRenderbufferParameter(target, name) {
    const graphics = graphicsOf(this);
    if (target !== GL.RENDERBUFFER) return fail(graphics, "INVALID_ENUM", null);
    if (!graphics.renderbuffer) return fail(graphics, "INVALID_OPERATION", null);
    const own = GRAPHICS_OBJECTS.get(graphics.renderbuffer);
    const known = new Map([[GL.RENDERBUFFER_WIDTH, own.width], [GL.RENDERBUFFER_HEIGHT, own.height], [GL.RENDERBUFFER_INTERNAL_FORMAT, own.format]]);
    return known.get(name) ?? fail(graphics, "INVALID_ENUM", null);
  },
  framebufferRenderbuffer(target, point, kind, renderbuffer) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLRenderbuffer, renderbuffer);
    if (own === false) return;
    if (kind !== GL.RENDERBUFFER) return fail(graphics, "INVALID_ENUM");
    attach(graphics, target, point, own && { object: renderbuffer, kind, size: () => own });
  },
  framebufferTexture2D(target, point, textureTarget, texture, level) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLTexture, texture);
    if (own === false) return;
    if (textureTarget !== GL.TEXTURE_2D && !CUBE_FACES.includes(textureTarget)) return fail(graphics, "INVALID_ENUM");
    if (own && (own.target === GL.TEXTURE_2D) !== (textureTarget === GL.TEXTURE_2D)) return fail(graphics, "INVALID_OPERATION");
    if (graphics.version === 1 && level !== 0) return fail(graphics, "INVALID_VALUE");
    attach(graphics, target, point, own && { object: texture, kind: GL.TEXTURE, size: () => own.levels.get(`${textureTarget} ${level}`) });
  },
  checkFramebufferStatus(target) {
    const graphics = graphicsOf(this);
    const own = framebufferAt(graphics, target);
    if (own === undefined) return 0;
    if (own === null) return GL.FRAMEBUFFER_COMPLETE;
    const sizes = [...own.attachments.values()].map(attachment => attachment.size());
    if (sizes.length === 0) return GL.FRAMEBUFFER_INCOMPLETE_MISSING_ATTACHMENT;
    if (sizes.some(size => !size?.width || !size?.height)) return GL.FRAMEBUFFER_INCOMPLETE_ATTACHMENT;
    const isEven = graphics.version === 2 || sizes.every(size => size.width === sizes[0].width && size.height === sizes[0].height);
    return isEven ? GL.FRAMEBUFFER_COMPLETE : GL.FRAMEBUFFER_INCOMPLETE_DIMENSIONS;
  },
  getFramebufferAttachmentParameter(target, point, name) {
    const graphics = graphicsOf(this);
    const own = framebufferAt(graphics, target);
    if (own === undefined) return null;
    if (!isAttachment(graphics, point)) return fail(graphics, "INVALID_ENUM", null);
    if (own === null) return fail(graphics, "INVALID_OPERATION", null);
    const attached = own.attachments.get(point);
    if (name === GL.FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE) return attached?.kind ?? GL.NONE;
    if (name === GL.FRAMEBUFFER_ATTACHMENT_OBJECT_NAME && attached) return attached.object;
    return fail(graphics, "INVALID_ENUM", null);
  },
};

/** Whether a draw call is one at all; then it is refused. */
function draw(context, name, mode, count, isFine = true) {
  const graphics = graphicsOf(context);
  if (!MODES.includes(mode)) return fail(graphics, "INVALID_ENUM");
  if (count < 0 || !isFine) return fail(graphics, "INVALID_VALUE");
  if (!graphics.program) return fail(graphics, "INVALID_OPERATION");
  refuseToDraw(graphics, name);
}
const INDEX_TYPES = ["UNSIGNED_BYTE", "UNSIGNED_SHORT"].map(name => GL[name]);
function drawIndexed(context, name, mode, count, type, offset, isFine) {
  const graphics = graphicsOf(context);
  if (!INDEX_TYPES.includes(type) && !(graphics.version === 2 && type === GL.UNSIGNED_INT)) return fail(graphics, "INVALID_ENUM");
  draw(context, name, mode, count, isFine && offset >= 0);
}

const DRAWING_METHODS = {
  clear(mask) {
    const graphics = graphicsOf(this);
    if (mask & ~(GL.COLOR_BUFFER_BIT | GL.DEPTH_BUFFER_BIT | GL.STENCIL_BUFFER_BIT)) return fail(graphics, "INVALID_VALUE");
    // Of framebuffers that are not the canvas's own, no pixels are kept.
    if (!(mask & GL.COLOR_BUFFER_BIT) || graphics.framebuffers.get(GL.FRAMEBUFFER)) return;
    if (!graphics.values.get(GL.COLOR_WRITEMASK).every(Boolean)) return refuseToDraw(graphics, "clear with a color mask");
    const { width, height, [SURFACE]: { id } } = graphics.canvas;
    const whole = [0, 0, width, height];
    const [x, y, columns, rows] = graphics.enabled.has(GL.SCISSOR_TEST) ? graphics.values.get(GL.SCISSOR_BOX) : whole;
    const [red, green, blue, opacity] = [...graphics.values.get(GL.COLOR_CLEAR_VALUE)].map(clamp01);
    const alpha = graphics.attributes.alpha ? opacity : 1;
    const divisor = graphics.attributes.premultipliedAlpha ? alpha || 1 : 1;
    const colour = [red / divisor, green / divisor, blue / divisor, alpha].map(number => Math.round(clamp01(number) * 255));
    host.clear_colour(id, [x, height - y - rows, columns, rows], colour);
  },
  readPixels(x, y, width, height, format, type, pixels, offset = 0) {
    const graphics = graphicsOf(this);
    if (pixels === null || pixels === undefined) return fail(graphics, "INVALID_VALUE");
    if (width < 0 || height < 0) return fail(graphics, "INVALID_VALUE");
    if (format !== GL.RGBA || type !== GL.UNSIGNED_BYTE) return fail(graphics, "INVALID_OPERATION");
    if (!(pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray)) return fail(graphics, "INVALID_OPERATION");
    if (pixels.length - offset < width * height * 4) return fail(graphics, "INVALID_OPERATION");
    if (graphics.framebuffers.get(GL.READ_FRAMEBUFFER)) return refuseToDraw(graphics, "readPixels of a framebuffer");
    const canvas = graphics.canvas;
    const bytes = host.read_pixels(canvas[SURFACE].id, x, canvas.height - y - height, width, height);
    if (graphics.attributes.premultipliedAlpha) {
      for (let at = 0; at < bytes.length; at++) if (at % 4 !== 3) bytes[at] = Math.round(bytes[at] * bytes[at | 3] / 255);
    }
    // Rows count from below.
    for (let row = 0; row < height; row++) {
      pixels.set(bytes.subarray(row * width * 4, (row + 1) * width * 4), offset + (height - 1 - row) * width * 4);
    }
  },
  drawArrays(mode, first, count) { draw(this, "drawArrays", mode, count, first >= 0); },
  drawElements(mode, count, type, offset) { drawIndexed(this, "drawElements", mode, count, type, offset, true); },
};

const DRAWING_METHODS_2 = {
  ...lifeOf(WebGLVertexArrayObject, "VertexArray", () => ({ array: { attributes: beginAttributes(), elements: null } }), (graphics, own) => {
    if (graphics.vertexArray === own.array) [graphics.vertexArray, graphics.vertexArrayObject] = [graphics.defaultVertexArray, null];
  }),
  bindVertexArray(object) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLVertexArrayObject, object);
    if (own === false) return;
    graphics.defaultVertexArray ??= graphics.vertexArray;
    if (own) own.bound = true;
    [graphics.vertexArray, graphics.vertexArrayObject] = [own?.array ?? graphics.defaultVertexArray, object ?? null];
  },
  ...lifeOf(WebGLSampler, "Sampler", () => ({ bound: true }), (graphics, own, object) => unbind(graphics.samplers, object)),
  bindSampler(unit, sampler) {
    const graphics = graphicsOf(this);
    if (takeOrNone(graphics, WebGLSampler, sampler) === false) return;
    if (!(unit >= 0 && unit < MAX_UNITS)) return fail(graphics, "INVALID_VALUE");
    graphics.samplers.set(unit, sampler ?? null);
  },
  vertexAttribDivisor(index, divisor) {
    const own = attributeAt(graphicsOf(this), index);
    if (own) own.divisor = divisor;
  },
  vertexAttribIPointer(index, size, type, stride, offset) { pointAttribute(graphicsOf(this), index, { size, type, normalized: false, stride, offset }); },
  drawArraysInstanced(mode, first, count, instances) { draw(this, "drawArraysInstanced", mode, count, first >= 0 && instances >= 0); },
  drawElementsInstanced(mode, count, type, offset, instances) {
    drawIndexed(this, "drawElementsInstanced", mode, count, type, offset, instances >= 0);
  },
  drawRangeElements(mode, start, end, count, type, offset) { drawIndexed(this, "drawRangeElements", mode, count, type, offset, end >= start); },
  drawBuffers(buffers) {
    const graphics = graphicsOf(this);
    if (buffers.length > MAX_DRAW_BUFFERS) fail(graphics, "INVALID_VALUE");
  },
};

// The contexts.

class WebGLRenderingContext { constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); } }
class WebGL2RenderingContext { constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); } }

/** Gives a context its constants and methods. */
function defineGraphics(Class, constants, ...lists) {
  for (const [name, value] of Object.entries(constants)) {
    for (const at of [Class, Class.prototype]) Object.defineProperty(at, name, { value, enumerable: true });
  }
  for (const [name, value] of lists.flatMap(list => Object.entries(list))) {
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
  Object.defineProperties(Class.prototype, {
    canvas: { configurable: true, enumerable: true, get() { return graphicsOf(this).canvas; } },
    drawingBufferWidth: { configurable: true, enumerable: true, get() { return graphicsOf(this).canvas.width; } },
    drawingBufferHeight: { configurable: true, enumerable: true, get() { return graphicsOf(this).canvas.height; } },
  });
}
const BASE_METHODS = [BUFFER_METHODS, PROGRAM_METHODS, UNIFORM_METHODS, TEXTURE_METHODS, STATE_METHODS, ATTRIBUTE_METHODS, FRAMEBUFFER_METHODS, DRAWING_METHODS];
defineGraphics(WebGLRenderingContext, WEBGL_CONSTANTS, ...BASE_METHODS);
defineGraphics(WebGL2RenderingContext, GL, ...BASE_METHODS, UNIFORM_METHODS_2, TEXTURE_METHODS_2, DRAWING_METHODS_2);

function graphicsContext(Class, version) {
  return (canvas, attributes) => {
    const context = new Class(MAKING);
    const { alpha = true, depth = true, stencil = false, antialias = true, premultipliedAlpha = true, preserveDrawingBuffer = false } = attributes ?? {};
    GRAPHICS.set(context, beginGraphics(canvas, version, {
      alpha: Boolean(alpha), depth: Boolean(depth), stencil: Boolean(stencil), antialias: Boolean(antialias), premultipliedAlpha: Boolean(premultipliedAlpha),
      preserveDrawingBuffer: Boolean(preserveDrawingBuffer), powerPreference: "default", failIfMajorPerformanceCaveat: false, desynchronized: false,
    }));
    return context;
  };
}
return {
  contexts: { webgl: graphicsContext(WebGLRenderingContext, 1), webgl2: graphicsContext(WebGL2RenderingContext, 2) },
  interfaces: {
    WebGLObject, WebGLBuffer, WebGLFramebuffer, WebGLProgram, WebGLRenderbuffer, WebGLShader, WebGLTexture, WebGLVertexArrayObject, WebGLSampler,
    WebGLUniformLocation, WebGLActiveInfo, WebGLShaderPrecisionFormat, WebGLRenderingContext, WebGL2RenderingContext,
  },
};
