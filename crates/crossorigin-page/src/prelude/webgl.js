// WebGL: the contexts, their state, framebuffers, and what draws. Clearing is done; drawing is refused, for nothing is rasterised.

function graphicsOf(context) {
  const graphics = GRAPHICS.get(context);
  if (!graphics) throw new TypeError("Illegal invocation");
  return graphics;
}

/** Refuses to draw, and says so once on the console. */
function refuseToDraw(graphics, name) {
  if (!graphics.hasTold) {
    graphics.hasTold = true;
    host.log("warn", `WebGL: INVALID_OPERATION: ${name}: nothing is rasterised here; textures, programs and buffers are only kept account of`);
  }
  fail(graphics, "INVALID_OPERATION");
}

const CAPABILITIES = ["BLEND", "CULL_FACE", "DEPTH_TEST", "DITHER", "POLYGON_OFFSET_FILL", "SAMPLE_ALPHA_TO_COVERAGE", "SAMPLE_COVERAGE", "SCISSOR_TEST", "STENCIL_TEST"].map(name => GL[name]);
const CAPABILITIES_2 = ["RASTERIZER_DISCARD"].map(name => GL[name]);
const isCapability = (graphics, name) => CAPABILITIES.includes(name) || (graphics.version === 2 && CAPABILITIES_2.includes(name));
const COMPARISONS = ["NEVER", "LESS", "EQUAL", "LEQUAL", "GREATER", "NOTEQUAL", "GEQUAL", "ALWAYS"].map(name => GL[name]);
const FACES = ["FRONT", "BACK", "FRONT_AND_BACK"].map(name => GL[name]);
const STENCIL_STEPS = ["KEEP", "ZERO", "REPLACE", "INCR", "INCR_WRAP", "DECR", "DECR_WRAP", "INVERT"].map(name => GL[name]);
const EQUATIONS = ["FUNC_ADD", "FUNC_SUBTRACT", "FUNC_REVERSE_SUBTRACT"].map(name => GL[name]);
const FACTORS = ["ZERO", "ONE", "SRC_COLOR", "ONE_MINUS_SRC_COLOR", "DST_COLOR", "ONE_MINUS_DST_COLOR", "SRC_ALPHA", "ONE_MINUS_SRC_ALPHA",
  "DST_ALPHA", "ONE_MINUS_DST_ALPHA", "CONSTANT_COLOR", "ONE_MINUS_CONSTANT_COLOR", "CONSTANT_ALPHA", "ONE_MINUS_CONSTANT_ALPHA", "SRC_ALPHA_SATURATE"].map(name => GL[name]);
const MODES = ["POINTS", "LINES", "LINE_LOOP", "LINE_STRIP", "TRIANGLES", "TRIANGLE_STRIP", "TRIANGLE_FAN"].map(name => GL[name]);
const clamp01 = number => Math.max(0, Math.min(1, Number(number) || 0));

/** What sets values: whether they are allowed (otherwise which error it is), and under which names they are kept. */
function setting(allowed, keep) {
  return { set(...values) {
    const graphics = graphicsOf(this);
    const error = allowed(...values);
    if (error) return fail(graphics, error);
    for (const [name, value] of keep(...values)) graphics.values.set(GL[name], value);
  } }.set;
}
const always = () => null;
const each = (list, ...values) => (values.every(value => list.includes(value)) ? null : "INVALID_ENUM");
const sides = (face, names) => [["", GL.FRONT], ["BACK_", GL.BACK]].flatMap(([side, own]) => (face === own || face === GL.FRONT_AND_BACK ? names(`STENCIL_${side}`) : []));
const stencilFunc = (face, func, ref, mask) => sides(face, side => [[`${side}FUNC`, func], [`${side}REF`, ref], [`${side}VALUE_MASK`, mask >>> 0]]);
const stencilMask = (face, mask) => sides(face, side => [[`${side}WRITEMASK`, mask >>> 0]]);
const stencilOp = (face, stencil, depth, pass) => sides(face, side => [[`${side}FAIL`, stencil], [`${side}PASS_DEPTH_FAIL`, depth], [`${side}PASS_DEPTH_PASS`, pass]]);
const blendFunc = (rgb, toRgb, alpha, toAlpha) => [["BLEND_SRC_RGB", rgb], ["BLEND_DST_RGB", toRgb], ["BLEND_SRC_ALPHA", alpha], ["BLEND_DST_ALPHA", toAlpha]];
const rectangle = name => setting((x, y, width, height) => (width < 0 || height < 0 ? "INVALID_VALUE" : null), (...numbers) => [[name, Int32Array.from(numbers)]]);

const STATE_METHODS = {
  clearColor: setting(always, (...colour) => [["COLOR_CLEAR_VALUE", Float32Array.from(colour)]]),
  clearDepth: setting(always, depth => [["DEPTH_CLEAR_VALUE", clamp01(depth)]]),
  clearStencil: setting(always, value => [["STENCIL_CLEAR_VALUE", value | 0]]),
  colorMask: setting(always, (...mask) => [["COLOR_WRITEMASK", mask.map(Boolean)]]),
  depthMask: setting(always, flag => [["DEPTH_WRITEMASK", Boolean(flag)]]),
  depthFunc: setting(func => each(COMPARISONS, func), func => [["DEPTH_FUNC", func]]),
  depthRange: setting((near, far) => (near > far ? "INVALID_OPERATION" : null), (near, far) => [["DEPTH_RANGE", Float32Array.of(clamp01(near), clamp01(far))]]),
  cullFace: setting(face => each(FACES, face), face => [["CULL_FACE_MODE", face]]),
  frontFace: setting(order => each([GL.CW, GL.CCW], order), order => [["FRONT_FACE", order]]),
  lineWidth: setting(width => (width > 0 ? null : "INVALID_VALUE"), width => [["LINE_WIDTH", Number(width)]]),
  polygonOffset: setting(always, (factor, units) => [["POLYGON_OFFSET_FACTOR", Number(factor)], ["POLYGON_OFFSET_UNITS", Number(units)]]),
  sampleCoverage: setting(always, (value, invert) => [["SAMPLE_COVERAGE_VALUE", clamp01(value)], ["SAMPLE_COVERAGE_INVERT", Boolean(invert)]]),
  hint: setting((target, mode) => each([GL.GENERATE_MIPMAP_HINT], target) ?? each([GL.DONT_CARE, GL.FASTEST, GL.NICEST], mode), (_, mode) => [["GENERATE_MIPMAP_HINT", mode]]),
  blendColor: setting(always, (...colour) => [["BLEND_COLOR", Float32Array.from(colour)]]),
  blendEquation: setting(mode => each(EQUATIONS, mode), mode => [["BLEND_EQUATION_RGB", mode], ["BLEND_EQUATION_ALPHA", mode]]),
  blendEquationSeparate: setting((...modes) => each(EQUATIONS, ...modes), (rgb, alpha) => [["BLEND_EQUATION_RGB", rgb], ["BLEND_EQUATION_ALPHA", alpha]]),
  blendFunc: setting((...factors) => each(FACTORS, ...factors), (from, to) => blendFunc(from, to, from, to)),
  blendFuncSeparate: setting((...factors) => each(FACTORS, ...factors), blendFunc),
  stencilFunc: setting(func => each(COMPARISONS, func), (...rest) => stencilFunc(GL.FRONT_AND_BACK, ...rest)),
  stencilFuncSeparate: setting((face, func) => each(FACES, face) ?? each(COMPARISONS, func), stencilFunc),
  stencilMask: setting(always, mask => stencilMask(GL.FRONT_AND_BACK, mask)),
  stencilMaskSeparate: setting(face => each(FACES, face), stencilMask),
  stencilOp: setting((...steps) => each(STENCIL_STEPS, ...steps), (...steps) => stencilOp(GL.FRONT_AND_BACK, ...steps)),
  stencilOpSeparate: setting((face, ...steps) => each(FACES, face) ?? each(STENCIL_STEPS, ...steps), stencilOp),
  viewport: rectangle("VIEWPORT"),
  scissor: rectangle("SCISSOR_BOX"),
  enable(name) {
    const graphics = graphicsOf(this);
    if (isCapability(graphics, name)) graphics.enabled.add(name);
    else fail(graphics, "INVALID_ENUM");
  },
  disable(name) {
    const graphics = graphicsOf(this);
    if (isCapability(graphics, name)) graphics.enabled.delete(name);
    else fail(graphics, "INVALID_ENUM");
  },
  isEnabled(name) {
    const graphics = graphicsOf(this);
    return isCapability(graphics, name) ? graphics.enabled.has(name) : fail(graphics, "INVALID_ENUM", false);
  },
  pixelStorei(name, value) {
    const graphics = graphicsOf(this);
    const isAlignment = name === GL.UNPACK_ALIGNMENT || name === GL.PACK_ALIGNMENT;
    const isFlag = name === GL.UNPACK_FLIP_Y_WEBGL || name === GL.UNPACK_PREMULTIPLY_ALPHA_WEBGL;
    const isCount = graphics.version === 2 && ["ROW_LENGTH", "SKIP_PIXELS", "SKIP_ROWS"].some(what => name === GL[`UNPACK_${what}`] || name === GL[`PACK_${what}`]);
    if (!isAlignment && !isFlag && !isCount && name !== GL.UNPACK_COLORSPACE_CONVERSION_WEBGL) return fail(graphics, "INVALID_ENUM");
    if ((isAlignment && ![1, 2, 4, 8].includes(value)) || (isCount && value < 0)) return fail(graphics, "INVALID_VALUE");
    graphics.storage.set(name, isFlag ? Boolean(value) : value);
  },
  getError() {
    const { errors } = graphicsOf(this);
    for (const error of errors) {
      errors.delete(error);
      return error;
    }
    return GL.NO_ERROR;
  },
  getParameter(name) { return parameter(graphicsOf(this), name); },
  getContextAttributes() { return { ...graphicsOf(this).attributes }; },
  getExtension() { return null; },
  getSupportedExtensions() { return []; },
  isContextLost() { return false; },
  flush() {},
  finish() {},
};

/** Answers to `getParameter` that are the same for every context. */
const FIXED = new Map(Object.entries({
  VENDOR: "crossorigin", RENDERER: "nothing is rasterised", MAX_TEXTURE_SIZE: MAX_TEXTURE_SIDE, MAX_CUBE_MAP_TEXTURE_SIZE: MAX_TEXTURE_SIDE,
  MAX_RENDERBUFFER_SIZE: MAX_TEXTURE_SIDE, MAX_VERTEX_ATTRIBS: MAX_ATTRIBUTES, MAX_TEXTURE_IMAGE_UNITS: 16, MAX_VERTEX_TEXTURE_IMAGE_UNITS: 16,
  MAX_COMBINED_TEXTURE_IMAGE_UNITS: MAX_UNITS, MAX_VERTEX_UNIFORM_VECTORS: 1024, MAX_FRAGMENT_UNIFORM_VECTORS: 1024, MAX_VARYING_VECTORS: 30,
  SUBPIXEL_BITS: 4, SAMPLES: 0, SAMPLE_BUFFERS: 0, RED_BITS: 8, GREEN_BITS: 8, BLUE_BITS: 8, ALPHA_BITS: 8, DEPTH_BITS: 24, STENCIL_BITS: 0,
  IMPLEMENTATION_COLOR_READ_FORMAT: GL.RGBA, IMPLEMENTATION_COLOR_READ_TYPE: GL.UNSIGNED_BYTE,
  MAX_COLOR_ATTACHMENTS: MAX_DRAW_BUFFERS, MAX_DRAW_BUFFERS, MAX_3D_TEXTURE_SIZE: 2048, MAX_ARRAY_TEXTURE_LAYERS: 2048, MAX_SAMPLES: 4,
  MAX_UNIFORM_BUFFER_BINDINGS: 24, MAX_TEXTURE_LOD_BIAS: 2,
}).map(([name, value]) => [GL[name], value]));

function parameter(graphics, name) {
  const bound = target => graphics.units[graphics.unit].get(target) ?? null;
  switch (name) {
    case GL.VERSION: return `WebGL ${graphics.version}.0 (crossorigin)`;
    case GL.SHADING_LANGUAGE_VERSION: return graphics.version === 2 ? "WebGL GLSL ES 3.00 (crossorigin)" : "WebGL GLSL ES 1.0 (crossorigin)";
    case GL.MAX_VIEWPORT_DIMS: return Int32Array.of(MAX_TEXTURE_SIDE, MAX_TEXTURE_SIDE);
    case GL.ALIASED_LINE_WIDTH_RANGE: case GL.ALIASED_POINT_SIZE_RANGE: return Float32Array.of(1, 1);
    case GL.COMPRESSED_TEXTURE_FORMATS: return new Uint32Array(0);
    case GL.ACTIVE_TEXTURE: return GL.TEXTURE0 + graphics.unit;
    case GL.ARRAY_BUFFER_BINDING: return graphics.buffers.get(GL.ARRAY_BUFFER) ?? null;
    case GL.ELEMENT_ARRAY_BUFFER_BINDING: return graphics.vertexArray.elements;
    case GL.CURRENT_PROGRAM: return graphics.program;
    case GL.FRAMEBUFFER_BINDING: return graphics.framebuffers.get(GL.FRAMEBUFFER) ?? null;
    case GL.RENDERBUFFER_BINDING: return graphics.renderbuffer;
    case GL.TEXTURE_BINDING_2D: return bound(GL.TEXTURE_2D);
    case GL.TEXTURE_BINDING_CUBE_MAP: return bound(GL.TEXTURE_CUBE_MAP);
  }
  if (graphics.version === 2 && name === GL.VERTEX_ARRAY_BINDING) return graphics.vertexArrayObject;
  if (isCapability(graphics, name)) return graphics.enabled.has(name);
  const stored = graphics.storage.get(name);
  if (stored !== undefined) return stored;
  if (name === GL.UNPACK_FLIP_Y_WEBGL || name === GL.UNPACK_PREMULTIPLY_ALPHA_WEBGL) return false;
  if (name === GL.UNPACK_COLORSPACE_CONVERSION_WEBGL) return GL.BROWSER_DEFAULT_WEBGL;
  const value = graphics.values.get(name) ?? FIXED.get(name);
  if (value === undefined) return fail(graphics, "INVALID_ENUM", null);
  return typeof value === "object" ? value.slice() : value;
}
