// WebGL: textures. What another origin did not share is refused when it is uploaded, so that a canvas stays clean.
// Source: https://registry.khronos.org/webgl/specs/latest/1.0/#TEXIMAGE2D and #ORIGIN_RESTRICTIONS

const CUBE_FACES = Array.from({ length: 6 }, (_, face) => GL.TEXTURE_CUBE_MAP_POSITIVE_X + face);
const TEXTURE_TARGETS = ["TEXTURE_2D", "TEXTURE_CUBE_MAP"].map(name => GL[name]);
const TEXTURE_TARGETS_2 = ["TEXTURE_3D", "TEXTURE_2D_ARRAY"].map(name => GL[name]);
/** How many numbers a pixel has, by format. */
const FORMATS = new Map(Object.entries({ ALPHA: 1, RGB: 3, RGBA: 4, LUMINANCE: 1, LUMINANCE_ALPHA: 2 }).map(([name, count]) => [GL[name], count]));
const FORMATS_2 = new Map(Object.entries({
  RED: 1, RED_INTEGER: 1, RG: 2, RG_INTEGER: 2, RGB_INTEGER: 3, RGBA_INTEGER: 4, DEPTH_COMPONENT: 1, DEPTH_STENCIL: 1,
}).map(([name, count]) => [GL[name], count]));
/** For each type of pixels: the bytes of a number, or of a whole pixel where it is packed, and the views that hold it. */
const PIXEL_TYPES = new Map([
  ["UNSIGNED_BYTE", 1, [Uint8Array, Uint8ClampedArray]], ["UNSIGNED_SHORT_5_6_5", 2, [Uint16Array], GL.RGB],
  ["UNSIGNED_SHORT_4_4_4_4", 2, [Uint16Array], GL.RGBA], ["UNSIGNED_SHORT_5_5_5_1", 2, [Uint16Array], GL.RGBA],
].map(([name, bytes, views, packs]) => [GL[name], { bytes, views, packs }]));
const PIXEL_TYPES_2 = new Map([
  ["BYTE", 1, [Int8Array]], ["UNSIGNED_SHORT", 2, [Uint16Array]], ["SHORT", 2, [Int16Array]], ["UNSIGNED_INT", 4, [Uint32Array]],
  ["INT", 4, [Int32Array]], ["HALF_FLOAT", 2, [Uint16Array]], ["FLOAT", 4, [Float32Array]],
  ["UNSIGNED_INT_2_10_10_10_REV", 4, [Uint32Array], GL.RGBA], ["UNSIGNED_INT_10F_11F_11F_REV", 4, [Uint32Array], GL.RGB],
  ["UNSIGNED_INT_5_9_9_9_REV", 4, [Uint32Array], GL.RGB], ["UNSIGNED_INT_24_8", 4, [Uint32Array], GL.DEPTH_STENCIL],
].map(([name, bytes, views, packs]) => [GL[name], { bytes, views, packs }]));
/** WebGL 2's sized formats, by the format in which their pixels come. */
const SIZED = new Map(Object.entries({
  RED: "R8 R8_SNORM R16F R32F", RED_INTEGER: "R8UI R8I R16UI R16I R32UI R32I", RG: "RG8 RG8_SNORM RG16F RG32F",
  RG_INTEGER: "RG8UI RG8I RG16UI RG16I RG32UI RG32I", RGB: "RGB8 SRGB8 RGB565 RGB8_SNORM R11F_G11F_B10F RGB9_E5 RGB16F RGB32F",
  RGB_INTEGER: "RGB8UI RGB8I RGB16UI RGB16I RGB32UI RGB32I",
  RGBA: "RGBA8 SRGB8_ALPHA8 RGBA8_SNORM RGB5_A1 RGBA4 RGB10_A2 RGBA16F RGBA32F",
  RGBA_INTEGER: "RGBA8UI RGBA8I RGB10_A2UI RGBA16UI RGBA16I RGBA32UI RGBA32I",
  DEPTH_COMPONENT: "DEPTH_COMPONENT16 DEPTH_COMPONENT24 DEPTH_COMPONENT32F", DEPTH_STENCIL: "DEPTH24_STENCIL8 DEPTH32F_STENCIL8",
}).flatMap(([format, names]) => names.split(" ").map(name => [GL[name], GL[format]])));

/** The width and height of what is uploaded; throws where it holds what another origin did not share. */
function uploadOf(source) {
  if (source instanceof ImageData) return [source.width, source.height];
  const bitmap = source instanceof ImageBitmap && source.width === 0 ? null : mediaOf(source) ?? bitmapOf(source);
  if (!bitmap) return null;
  mustBeClean(bitmap[0], "texImage2D");
  return bitmap[1] && bitmap[2] ? [bitmap[1], bitmap[2]] : null;
}

/** The texture that is bound to a target, and the level of it that is meant. */
function boundLevel(graphics, target, level) {
  const isFace = CUBE_FACES.includes(target);
  if (!isFace && target !== GL.TEXTURE_2D && !(graphics.version === 2 && TEXTURE_TARGETS_2.includes(target))) {
    return fail(graphics, "INVALID_ENUM", null);
  }
  const texture = graphics.units[graphics.unit].get(isFace ? GL.TEXTURE_CUBE_MAP : target);
  if (!texture) return fail(graphics, "INVALID_OPERATION", null);
  if (!(level >= 0 && level <= Math.log2(MAX_TEXTURE_SIDE))) return fail(graphics, "INVALID_VALUE", null);
  return { own: GRAPHICS_OBJECTS.get(texture), key: `${target} ${level}`, isFace };
}

/** Whether a format and a type go together; notes the error where not. */
function fitFormat(graphics, internal, format, type) {
  const formats = graphics.version === 2 ? new Map([...FORMATS, ...FORMATS_2]) : FORMATS;
  const pixel = PIXEL_TYPES.get(type) ?? (graphics.version === 2 ? PIXEL_TYPES_2.get(type) : undefined);
  if (!formats.has(format) || !pixel) return fail(graphics, "INVALID_ENUM", null);
  if (internal !== null && !FORMATS.has(internal) && !(graphics.version === 2 && SIZED.has(internal))) return fail(graphics, "INVALID_VALUE", null);
  if (internal !== null && (SIZED.get(internal) ?? internal) !== format) return fail(graphics, "INVALID_OPERATION", null);
  if (pixel.packs !== undefined && pixel.packs !== format) return fail(graphics, "INVALID_OPERATION", null);
  return { bytes: pixel.packs === undefined ? pixel.bytes * formats.get(format) : pixel.bytes, views: pixel.views };
}

/** Whether the view that script gives is of the right kind and large enough. */
function fitPixels(graphics, pixels, pixel, width, height, depth, offset) {
  if (!ArrayBuffer.isView(pixels)) throw new TypeError("These are no pixels.");
  if (!pixel.views.some(View => pixels instanceof View)) return fail(graphics, "INVALID_OPERATION", false);
  const alignment = graphics.storage.get(GL.UNPACK_ALIGNMENT);
  const row = width * pixel.bytes;
  const rows = height * depth;
  const wanted = rows && width ? Math.ceil(row / alignment) * alignment * (rows - 1) + row : 0;
  return pixels.byteLength - offset * pixels.BYTES_PER_ELEMENT >= wanted || fail(graphics, "INVALID_OPERATION", false);
}

/** What stands in a call behind its first parameters: a size with pixels, or a source that has its own size. */
function readUpload(graphics, name, count, parameters) {
  // A source comes without a size; WebGL 2 takes one with a size, too.
  if (parameters.length === count) {
    const [format, type, source] = parameters.slice(-3);
    const size = uploadOf(source);
    return size ? { width: size[0], height: size[1], border: 0, format, type, pixels: null } : fail(graphics, "INVALID_VALUE", null);
  }
  const isWhole = name === "texImage2D";
  const [width, height, ...rest] = parameters;
  const border = isWhole ? rest.shift() : 0;
  const [format, type, pixels, offset = 0] = rest;
  if (rest.length < 3) throw new TypeError(`${name}: there are too few parameters.`);
  const isSource = graphics.version === 2 && typeof pixels === "object" && pixels !== null && !ArrayBuffer.isView(pixels);
  if (isSource && !uploadOf(pixels)) return fail(graphics, "INVALID_VALUE", null);
  return { width, height, border, format, type, pixels: isSource || typeof pixels === "number" ? null : pixels ?? null, offset };
}

function setLevel(graphics, target, level, internal, upload) {
  const at = boundLevel(graphics, target, level);
  if (!at) return;
  const pixel = fitFormat(graphics, internal, upload.format, upload.type);
  if (!pixel) return;
  const { width, height, depth = 1, border, pixels, offset = 0 } = upload;
  const isOdd = side => graphics.version === 1 && level > 0 && (side & (side - 1)) !== 0;
  const fits = side => side >= 0 && side <= MAX_TEXTURE_SIDE >> level && !isOdd(side);
  if (border !== 0 || !fits(width) || !fits(height) || !fits(depth) || (at.isFace && width !== height)) return fail(graphics, "INVALID_VALUE");
  if (at.own.isFixed) return fail(graphics, "INVALID_OPERATION");
  if (pixels !== null && !fitPixels(graphics, pixels, pixel, width, height, depth, offset)) return;
  at.own.levels.set(at.key, { width, height, depth, internal, format: upload.format, type: upload.type });
}

function setPartOfLevel(graphics, target, level, [x, y, z], upload) {
  const at = boundLevel(graphics, target, level);
  if (!at) return;
  const known = at.own.levels.get(at.key);
  if (!known) return fail(graphics, "INVALID_OPERATION");
  const pixel = fitFormat(graphics, null, upload.format, upload.type);
  if (!pixel) return;
  const { width, height, depth = 1, pixels, offset = 0 } = upload;
  const isInside = [[x, width, known.width], [y, height, known.height], [z, depth, known.depth]]
    .every(([from, length, whole]) => from >= 0 && length >= 0 && from + length <= whole);
  if (!isInside) return fail(graphics, "INVALID_VALUE");
  if (known.format !== upload.format || (graphics.version === 1 && known.type !== upload.type)) return fail(graphics, "INVALID_OPERATION");
  if (pixels === null && upload.isBytes) return fail(graphics, "INVALID_VALUE");
  if (pixels !== null) fitPixels(graphics, pixels, pixel, width, height, depth, offset);
}

const TEXTURE_DEFAULTS = () => new Map([
  [GL.TEXTURE_MAG_FILTER, GL.LINEAR], [GL.TEXTURE_MIN_FILTER, GL.NEAREST_MIPMAP_LINEAR], [GL.TEXTURE_WRAP_S, GL.REPEAT], [GL.TEXTURE_WRAP_T, GL.REPEAT],
]);
const TEXTURE_DEFAULTS_2 = () => new Map([
  [GL.TEXTURE_WRAP_R, GL.REPEAT], [GL.TEXTURE_MIN_LOD, -1000], [GL.TEXTURE_MAX_LOD, 1000], [GL.TEXTURE_BASE_LEVEL, 0],
  [GL.TEXTURE_MAX_LEVEL, 1000], [GL.TEXTURE_COMPARE_MODE, GL.NONE], [GL.TEXTURE_COMPARE_FUNC, GL.LEQUAL],
]);
const WRAPS = ["REPEAT", "CLAMP_TO_EDGE", "MIRRORED_REPEAT"].map(name => GL[name]);
const MAG_FILTERS = ["NEAREST", "LINEAR"].map(name => GL[name]);
const MIN_FILTERS = [...MAG_FILTERS, ...["NEAREST", "LINEAR"].flatMap(one => ["NEAREST", "LINEAR"].map(two => GL[`${one}_MIPMAP_${two}`]))];
const PARAMETER_VALUES = new Map([
  [GL.TEXTURE_MAG_FILTER, MAG_FILTERS], [GL.TEXTURE_MIN_FILTER, MIN_FILTERS], [GL.TEXTURE_WRAP_S, WRAPS], [GL.TEXTURE_WRAP_T, WRAPS],
  [GL.TEXTURE_WRAP_R, WRAPS],
]);

/** What is known of the texture at a target, and its parameters; nothing, with the error noted, where there is none. */
function texturesParameters(graphics, target) {
  if (!TEXTURE_TARGETS.includes(target) && !(graphics.version === 2 && TEXTURE_TARGETS_2.includes(target))) {
    return fail(graphics, "INVALID_ENUM", null);
  }
  const texture = graphics.units[graphics.unit].get(target);
  if (!texture) return fail(graphics, "INVALID_OPERATION", null);
  const own = GRAPHICS_OBJECTS.get(texture);
  own.parameters ??= new Map([...TEXTURE_DEFAULTS(), ...(graphics.version === 2 ? TEXTURE_DEFAULTS_2() : [])]);
  return own;
}

function setTextureParameter(context, target, name, value) {
  const graphics = graphicsOf(context);
  const own = texturesParameters(graphics, target);
  if (!own) return;
  const allowed = PARAMETER_VALUES.get(name);
  if (!own.parameters.has(name) || (allowed && !allowed.includes(value))) return fail(graphics, "INVALID_ENUM");
  own.parameters.set(name, value);
}

const TEXTURE_METHODS = {
  ...lifeOf(WebGLTexture, "Texture", () => ({ target: null, levels: new Map(), isFixed: false, parameters: null }), (graphics, own, object) => {
    for (const unit of graphics.units) unbind(unit, object);
  }),
  activeTexture(unit) {
    const graphics = graphicsOf(this);
    if (!(unit >= GL.TEXTURE0 && unit < GL.TEXTURE0 + MAX_UNITS)) return fail(graphics, "INVALID_ENUM");
    graphics.unit = unit - GL.TEXTURE0;
  },
  bindTexture(target, texture) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLTexture, texture);
    if (own === false) return;
    if (!TEXTURE_TARGETS.includes(target) && !(graphics.version === 2 && TEXTURE_TARGETS_2.includes(target))) return fail(graphics, "INVALID_ENUM");
    if (own && own.target !== null && own.target !== target) return fail(graphics, "INVALID_OPERATION");
    if (own) [own.target, own.bound] = [target, true];
    graphics.units[graphics.unit].set(target, texture ?? null);
  },
  texImage2D(target, level, internal, ...rest) {
    const graphics = graphicsOf(this);
    const upload = readUpload(graphics, "texImage2D", 3, rest);
    if (upload) setLevel(graphics, target, level, internal, upload);
  },
  texSubImage2D(target, level, x, y, ...rest) {
    const graphics = graphicsOf(this);
    const upload = readUpload(graphics, "texSubImage2D", 3, rest);
    if (upload) setPartOfLevel(graphics, target, level, [x, y, 0], { ...upload, isBytes: rest.length > 3 && graphics.version === 1 });
  },
  copyTexImage2D(target, level, internal, x, y, width, height, border) {
    const graphics = graphicsOf(this);
    setLevel(graphics, target, level, internal, { width, height, border, format: SIZED.get(internal) ?? internal, type: GL.UNSIGNED_BYTE, pixels: null });
  },
  copyTexSubImage2D(target, level, x, y, fromX, fromY, width, height) {
    const graphics = graphicsOf(this);
    const at = boundLevel(graphics, target, level);
    const known = at?.own.levels.get(at.key);
    if (known) setPartOfLevel(graphics, target, level, [x, y, 0], { ...known, width, height, pixels: null });
    else if (at) fail(graphics, "INVALID_OPERATION");
  },
  // No compressed format is known here, as on machines whose hardware has none.
  compressedTexImage2D() { return fail(graphicsOf(this), "INVALID_ENUM"); },
  compressedTexSubImage2D() { return fail(graphicsOf(this), "INVALID_ENUM"); },
  generateMipmap(target) {
    const graphics = graphicsOf(this);
    const own = texturesParameters(graphics, target);
    if (!own) return;
    const base = own.levels.get(`${target === GL.TEXTURE_CUBE_MAP ? CUBE_FACES[0] : target} 0`);
    const isOdd = side => (side & (side - 1)) !== 0;
    if (!base || (graphics.version === 1 && (isOdd(base.width) || isOdd(base.height)))) fail(graphics, "INVALID_OPERATION");
  },
  texParameteri(target, name, value) { setTextureParameter(this, target, name, Math.trunc(value)); },
  texParameterf(target, name, value) { setTextureParameter(this, target, name, Number(value)); },
  getTexParameter(target, name) {
    const graphics = graphicsOf(this);
    const own = texturesParameters(graphics, target);
    if (!own) return null;
    return own.parameters.get(name) ?? fail(graphics, "INVALID_ENUM", null);
  },
};

const TEXTURE_METHODS_2 = {
  texImage3D(target, level, internal, width, height, depth, border, format, type, pixels, offset = 0) {
    const graphics = graphicsOf(this);
    if (!TEXTURE_TARGETS_2.includes(target)) return fail(graphics, "INVALID_ENUM");
    const isSource = typeof pixels === "object" && pixels !== null && !ArrayBuffer.isView(pixels);
    if (isSource && !uploadOf(pixels)) return fail(graphics, "INVALID_VALUE");
    setLevel(graphics, target, level, internal, { width, height, depth, border, format, type, pixels: ArrayBuffer.isView(pixels) ? pixels : null, offset });
  },
  texSubImage3D(target, level, x, y, z, width, height, depth, format, type, pixels, offset = 0) {
    const graphics = graphicsOf(this);
    if (!TEXTURE_TARGETS_2.includes(target)) return fail(graphics, "INVALID_ENUM");
    const isSource = typeof pixels === "object" && pixels !== null && !ArrayBuffer.isView(pixels);
    if (isSource && !uploadOf(pixels)) return fail(graphics, "INVALID_VALUE");
    setPartOfLevel(graphics, target, level, [x, y, z], { width, height, depth, format, type, pixels: ArrayBuffer.isView(pixels) ? pixels : null, offset });
  },
  texStorage2D(target, levels, internal, width, height) {
    const graphics = graphicsOf(this);
    const own = texturesParameters(graphics, target);
    if (!own) return;
    if (!SIZED.has(internal)) return fail(graphics, "INVALID_ENUM");
    if (!(levels > 0 && width > 0 && height > 0 && Math.max(width, height) <= MAX_TEXTURE_SIDE)) return fail(graphics, "INVALID_VALUE");
    if (own.isFixed || levels > Math.floor(Math.log2(Math.max(width, height))) + 1) return fail(graphics, "INVALID_OPERATION");
    own.isFixed = true;
    for (const face of target === GL.TEXTURE_CUBE_MAP ? CUBE_FACES : [target]) {
      for (let level = 0; level < levels; level++) {
        const side = length => Math.max(1, length >> level);
        own.levels.set(`${face} ${level}`, { width: side(width), height: side(height), depth: 1, internal, format: SIZED.get(internal), type: null });
      }
    }
  },
};
