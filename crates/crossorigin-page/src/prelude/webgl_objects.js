// WebGL: what a context knows, its errors, and the objects that it hands out. Nothing is rasterised.
// Source: https://registry.khronos.org/webgl/specs/latest/1.0/#5

/** What contexts know, and what their objects are, out of script's reach. */
const GRAPHICS = new WeakMap();
const GRAPHICS_OBJECTS = new WeakMap();

/** The largest texture, renderbuffer and viewport, in pixels. */
const MAX_TEXTURE_SIDE = 16384;
/** How many vertex attributes, texture units and draw buffers there are. */
const [MAX_ATTRIBUTES, MAX_UNITS, MAX_DRAW_BUFFERS] = [16, 32, 8];

class WebGLObject {
  constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); }
}
class WebGLBuffer extends WebGLObject {}
class WebGLFramebuffer extends WebGLObject {}
class WebGLProgram extends WebGLObject {}
class WebGLRenderbuffer extends WebGLObject {}
class WebGLShader extends WebGLObject {}
class WebGLTexture extends WebGLObject {}
class WebGLVertexArrayObject extends WebGLObject {}
class WebGLSampler extends WebGLObject {}

/** What script may know of a thing, as properties that it can't change. */
function readOnly(Class, ...names) {
  for (const name of names) {
    Object.defineProperty(Class.prototype, name, { configurable: true, enumerable: true, get() { return GRAPHICS_OBJECTS.get(this)[name]; } });
  }
}
class WebGLUniformLocation { constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); } }
class WebGLActiveInfo { constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); } }
class WebGLShaderPrecisionFormat { constructor(making) { if (making !== MAKING) throw new TypeError("Illegal constructor"); } }
readOnly(WebGLActiveInfo, "name", "size", "type");
readOnly(WebGLShaderPrecisionFormat, "rangeMin", "rangeMax", "precision");

function makeGraphicsObject(Class, own) {
  const made = new Class(MAKING);
  GRAPHICS_OBJECTS.set(made, own);
  return made;
}

/** A context as it begins. */
function beginGraphics(canvas, version, attributes) {
  return {
    canvas, version, attributes, errors: new Set(), hasTold: false,
    enabled: new Set([GL.DITHER]), buffers: new Map(), framebuffers: new Map(), renderbuffer: null, program: null,
    unit: 0, units: Array.from({ length: MAX_UNITS }, () => new Map()), samplers: new Map(),
    vertexArray: { attributes: beginAttributes(), elements: null }, vertexArrayObject: null, defaultVertexArray: null,
    storage: new Map([[GL.UNPACK_ALIGNMENT, 4], [GL.PACK_ALIGNMENT, 4]]),
    values: new Map([
      [GL.COLOR_CLEAR_VALUE, Float32Array.of(0, 0, 0, 0)], [GL.DEPTH_CLEAR_VALUE, 1], [GL.STENCIL_CLEAR_VALUE, 0],
      [GL.COLOR_WRITEMASK, [true, true, true, true]], [GL.DEPTH_WRITEMASK, true], [GL.STENCIL_WRITEMASK, 0xFFFFFFFF],
      [GL.STENCIL_BACK_WRITEMASK, 0xFFFFFFFF], [GL.VIEWPORT, Int32Array.of(0, 0, canvas.width, canvas.height)],
      [GL.SCISSOR_BOX, Int32Array.of(0, 0, canvas.width, canvas.height)], [GL.BLEND_COLOR, Float32Array.of(0, 0, 0, 0)],
      [GL.DEPTH_RANGE, Float32Array.of(0, 1)], [GL.LINE_WIDTH, 1], [GL.CULL_FACE_MODE, GL.BACK], [GL.FRONT_FACE, GL.CCW],
      [GL.DEPTH_FUNC, GL.LESS], [GL.GENERATE_MIPMAP_HINT, GL.DONT_CARE],
      [GL.BLEND_SRC_RGB, GL.ONE], [GL.BLEND_SRC_ALPHA, GL.ONE], [GL.BLEND_DST_RGB, GL.ZERO], [GL.BLEND_DST_ALPHA, GL.ZERO],
      [GL.BLEND_EQUATION_RGB, GL.FUNC_ADD], [GL.BLEND_EQUATION_ALPHA, GL.FUNC_ADD],
      [GL.POLYGON_OFFSET_FACTOR, 0], [GL.POLYGON_OFFSET_UNITS, 0], [GL.SAMPLE_COVERAGE_VALUE, 1], [GL.SAMPLE_COVERAGE_INVERT, false],
      ...[["", GL.FRONT], ["BACK_", GL.BACK]].flatMap(([side]) => [
        [GL[`STENCIL_${side}FUNC`], GL.ALWAYS], [GL[`STENCIL_${side}REF`], 0], [GL[`STENCIL_${side}VALUE_MASK`], 0xFFFFFFFF],
        [GL[`STENCIL_${side}FAIL`], GL.KEEP], [GL[`STENCIL_${side}PASS_DEPTH_FAIL`], GL.KEEP], [GL[`STENCIL_${side}PASS_DEPTH_PASS`], GL.KEEP],
      ]),
    ]),
  };
}

function beginAttributes() {
  return Array.from({ length: MAX_ATTRIBUTES }, () => ({
    enabled: false, size: 4, type: GL.FLOAT, normalized: false, stride: 0, offset: 0, divisor: 0, buffer: null, value: Float32Array.of(0, 0, 0, 1),
  }));
}

/** Notes an error, which `getError` gives back once. The result is that of a call that did nothing. */
function fail(graphics, error, result) {
  graphics.errors.add(GL[error]);
  return result;
}

/** What stands behind an object that script hands over; nothing, with the error noted, where it may not be used. */
function take(graphics, Class, object, whenDeleted = "INVALID_VALUE") {
  if (!(object instanceof Class) || !GRAPHICS_OBJECTS.has(object)) throw new TypeError(`This is no ${Class.name}.`);
  const own = GRAPHICS_OBJECTS.get(object);
  if (own.graphics !== graphics) return fail(graphics, "INVALID_OPERATION", null);
  return own.deleted ? fail(graphics, whenDeleted, null) : own;
}

/** The same for what may be null; `false` where it may not be used. */
function takeOrNone(graphics, Class, object) {
  if (object === null || object === undefined) return null;
  return take(graphics, Class, object, "INVALID_OPERATION") ?? false;
}

/** For what is asked with `is…` and deleted: an object of this context that is there, or nothing, and no error. */
function peek(graphics, Class, object) {
  if (object === null || object === undefined) return null;
  if (!(object instanceof Class) || !GRAPHICS_OBJECTS.has(object)) throw new TypeError(`This is no ${Class.name}.`);
  const own = GRAPHICS_OBJECTS.get(object);
  return own.graphics === graphics && !own.deleted ? own : null;
}

/** The methods that make, delete and recognise the objects of one interface. `forget` unbinds a deleted one. */
function lifeOf(Class, name, begin, forget) {
  return {
    [`create${name}`]() {
      const graphics = graphicsOf(this);
      return makeGraphicsObject(Class, { graphics, deleted: false, bound: false, ...begin() });
    },
    [`delete${name}`](object) {
      const graphics = graphicsOf(this);
      if (object instanceof Class && GRAPHICS_OBJECTS.get(object)?.graphics !== graphics) return fail(graphics, "INVALID_OPERATION");
      const own = peek(graphics, Class, object);
      if (!own) return;
      own.deleted = true;
      forget(graphics, own, object);
    },
    [`is${name}`](object) { return Boolean(peek(graphicsOf(this), Class, object)?.bound); },
  };
}

function unbind(map, object) {
  for (const [target, bound] of map) if (bound === object) map.delete(target);
}

const BUFFER_TARGETS = ["ARRAY_BUFFER", "ELEMENT_ARRAY_BUFFER"].map(name => GL[name]);
const BUFFER_TARGETS_2 = ["COPY_READ_BUFFER", "COPY_WRITE_BUFFER", "TRANSFORM_FEEDBACK_BUFFER", "UNIFORM_BUFFER", "PIXEL_PACK_BUFFER", "PIXEL_UNPACK_BUFFER"].map(name => GL[name]);
const BUFFER_USAGES = ["STREAM_DRAW", "STATIC_DRAW", "DYNAMIC_DRAW"].map(name => GL[name]);
const BUFFER_USAGES_2 = ["STREAM_READ", "STREAM_COPY", "STATIC_READ", "STATIC_COPY", "DYNAMIC_READ", "DYNAMIC_COPY"].map(name => GL[name]);

/** The buffer that is bound to a target; nothing, with the error noted, where there is none. */
function boundBuffer(graphics, target) {
  const known = BUFFER_TARGETS.includes(target) || (graphics.version === 2 && BUFFER_TARGETS_2.includes(target));
  if (!known) return fail(graphics, "INVALID_ENUM", null);
  const buffer = target === GL.ELEMENT_ARRAY_BUFFER ? graphics.vertexArray.elements : graphics.buffers.get(target);
  return buffer ? GRAPHICS_OBJECTS.get(buffer) : fail(graphics, "INVALID_OPERATION", null);
}

/** How many bytes of a view are meant, by WebGL 2's offset and length in elements; -1 where they lie outside. */
function meantBytes(source, offset = 0, length = 0) {
  const size = source.BYTES_PER_ELEMENT ?? 1;
  const left = source.byteLength - offset * size;
  if (left < 0 || length * size > left) return -1;
  return length === 0 ? left : length * size;
}

const BUFFER_METHODS = {
  ...lifeOf(WebGLBuffer, "Buffer", () => ({ size: 0, usage: GL.STATIC_DRAW, target: null }), (graphics, own, object) => {
    unbind(graphics.buffers, object);
    if (graphics.vertexArray.elements === object) graphics.vertexArray.elements = null;
    for (const attribute of graphics.vertexArray.attributes) if (attribute.buffer === object) attribute.buffer = null;
  }),
  bindBuffer(target, buffer) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLBuffer, buffer);
    if (own === false) return;
    const known = BUFFER_TARGETS.includes(target) || (graphics.version === 2 && BUFFER_TARGETS_2.includes(target));
    if (!known) return fail(graphics, "INVALID_ENUM");
    if (own) {
      // Indices and vertices keep apart: a buffer of the one kind is never bound as the other.
      const isElements = target === GL.ELEMENT_ARRAY_BUFFER;
      if (own.target !== null && (own.target === GL.ELEMENT_ARRAY_BUFFER) !== isElements) return fail(graphics, "INVALID_OPERATION");
      [own.target, own.bound] = [own.target ?? target, true];
    }
    if (target === GL.ELEMENT_ARRAY_BUFFER) graphics.vertexArray.elements = buffer ?? null;
    else graphics.buffers.set(target, buffer ?? null);
  },
  bufferData(target, data, usage, offset = 0, length = 0) {
    const graphics = graphicsOf(this);
    const own = boundBuffer(graphics, target);
    if (!own) return;
    if (!BUFFER_USAGES.includes(usage) && !(graphics.version === 2 && BUFFER_USAGES_2.includes(usage))) return fail(graphics, "INVALID_ENUM");
    const isBytes = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
    if (data === null || data === undefined) return fail(graphics, "INVALID_VALUE");
    const size = isBytes ? meantBytes(data, offset, length) : Math.trunc(Number(data)) || 0;
    if (size < 0) return fail(graphics, "INVALID_VALUE");
    [own.size, own.usage] = [size, usage];
  },
  bufferSubData(target, at, data, offset = 0, length = 0) {
    const graphics = graphicsOf(this);
    const own = boundBuffer(graphics, target);
    if (!own) return;
    if (!(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) throw new TypeError("bufferSubData wants bytes.");
    const size = meantBytes(data, offset, length);
    if (at < 0 || size < 0 || at + size > own.size) return fail(graphics, "INVALID_VALUE");
  },
  getBufferParameter(target, name) {
    const graphics = graphicsOf(this);
    const own = boundBuffer(graphics, target);
    if (!own) return null;
    if (name === GL.BUFFER_SIZE) return own.size;
    if (name === GL.BUFFER_USAGE) return own.usage;
    return fail(graphics, "INVALID_ENUM", null);
  },
};
