// WebGL: shaders, programs, uniforms and vertex attributes. Shaders are read for what they declare, and not compiled.

const GLSL_TYPES = {
  float: "FLOAT", int: "INT", uint: "UNSIGNED_INT", bool: "BOOL", sampler2D: "SAMPLER_2D", samplerCube: "SAMPLER_CUBE",
  sampler3D: "SAMPLER_3D", sampler2DArray: "SAMPLER_2D_ARRAY", sampler2DShadow: "SAMPLER_2D_SHADOW", isampler2D: "INT_SAMPLER_2D",
  usampler2D: "UNSIGNED_INT_SAMPLER_2D",
  ...Object.fromEntries([2, 3, 4].flatMap(n => [[`vec${n}`, `FLOAT_VEC${n}`], [`ivec${n}`, `INT_VEC${n}`], [`uvec${n}`, `UNSIGNED_INT_VEC${n}`],
    [`bvec${n}`, `BOOL_VEC${n}`], [`mat${n}`, `FLOAT_MAT${n}`], ...[2, 3, 4].filter(m => m !== n).map(m => [`mat${n}x${m}`, `FLOAT_MAT${n}x${m}`])])),
};
/** The most variables that a shader may declare, elements of arrays counted. */
const MAX_VARIABLES = 4096;

/** A shader's text without comments; macros that stand for numbers are put in their places. */
function plainShader(source) {
  const text = source.replace(/\\\n/g, "").replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, " ");
  const macros = new Map([...text.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\d+)[ \t]*$/gm)].map(match => [match[1], match[2]]));
  for (const match of text.matchAll(/\bconst\s+(?:\w+\s+)?int\s+(\w+)\s*=\s*(\d+)\s*;/g)) macros.set(match[1], match[2]);
  return text.replace(/^[ \t]*#.*$/gm, "").replace(/\[\s*(\w+)\s*\]/g, (whole, name) => (macros.has(name) ? `[${macros.get(name)}]` : whole));
}

/** The variables that a shader declares with one of these words: name, type and size, those of structures one by one. */
function declared(source, words) {
  const text = plainShader(source);
  const structures = new Map([...text.matchAll(/\bstruct\s+(\w+)\s*\{([^}]*)\}/g)].map(match => [match[1], match[2]]));
  const found = [];
  const add = (type, declarators, prefix, layout) => {
    for (const declarator of declarators.split(",")) {
      const [, name, brackets, size] = /^\s*(\w+)\s*(\[\s*(\d+)\s*\])?/.exec(declarator) ?? [];
      if (!name || found.length >= MAX_VARIABLES) continue;
      const count = Math.min(Number(size ?? 1), MAX_VARIABLES);
      if (structures.has(type)) {
        for (let nth = 0; nth < count && found.length < MAX_VARIABLES; nth++) {
          const inner = `${prefix}${name}${brackets ? `[${nth}]` : ""}.`;
          for (const field of structures.get(type).matchAll(FIELD)) if (field[1] !== type) add(field[1], field[2], inner);
        }
      } else if (Object.hasOwn(GLSL_TYPES, type)) {
        found.push({ name: `${prefix}${name}${brackets ? "[0]" : ""}`, type: GL[GLSL_TYPES[type]], size: count, layout });
      }
    }
  };
  const declaration = new RegExp(`(?:layout\\s*\\(\\s*location\\s*=\\s*(\\d+)\\s*\\)\\s*)?\\b(?:${words})\\s+(?:(?:lowp|mediump|highp|flat)\\s+)*(\\w+)\\s+([^;{}()]+);`, "g");
  for (const [, layout, type, declarators] of text.matchAll(declaration)) add(type, declarators, "", layout && Number(layout));
  return found;
}
const FIELD = /(?:(?:lowp|mediump|highp)\s+)?(\w+)\s+([^;]+);/g;

/** Why a shader does not compile, as far as it can be told without compiling it; empty where nothing was found. */
function shaderProblem(source, version) {
  const text = plainShader(source);
  if (/^\s*#\s*error\b/m.test(source)) return "ERROR: 0:1: '#error' directive";
  if (version === 1 && /^\s*#\s*version\s+300/.test(source)) return "ERROR: 0:1: '300' : version number not supported";
  if (text.split("{").length !== text.split("}").length) return "ERROR: 0:1: '{' : syntax error: unbalanced braces";
  return /\bvoid\s+main\s*\(/.test(text) ? "" : "ERROR: 0:1: 'main' : missing main()";
}

const PROGRAM_METHODS = {
  ...lifeOf(WebGLShader, "Shader", () => ({}), () => {}),
  createShader(type) {
    const graphics = graphicsOf(this);
    if (type !== GL.VERTEX_SHADER && type !== GL.FRAGMENT_SHADER) return fail(graphics, "INVALID_ENUM", null);
    return makeGraphicsObject(WebGLShader, { graphics, deleted: false, bound: true, type, source: "", compiled: null, log: "" });
  },
  shaderSource(shader, source) {
    const own = take(graphicsOf(this), WebGLShader, shader);
    if (own) own.source = String(source);
  },
  getShaderSource(shader) { return take(graphicsOf(this), WebGLShader, shader)?.source ?? null; },
  compileShader(shader) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLShader, shader);
    if (!own) return;
    own.log = shaderProblem(own.source, graphics.version);
    own.compiled = own.log === "" ? own.source : null;
  },
  getShaderParameter(shader, name) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLShader, shader);
    if (!own) return null;
    if (name === GL.SHADER_TYPE) return own.type;
    if (name === GL.DELETE_STATUS) return own.deleted;
    if (name === GL.COMPILE_STATUS) return own.compiled !== null;
    return fail(graphics, "INVALID_ENUM", null);
  },
  getShaderInfoLog(shader) { return take(graphicsOf(this), WebGLShader, shader)?.log ?? null; },
  getShaderPrecisionFormat(shader, precision) {
    const graphics = graphicsOf(this);
    const isFloat = precision >= GL.LOW_FLOAT && precision <= GL.HIGH_FLOAT;
    const isInt = precision >= GL.LOW_INT && precision <= GL.HIGH_INT;
    if ((shader !== GL.VERTEX_SHADER && shader !== GL.FRAGMENT_SHADER) || !(isFloat || isInt)) return fail(graphics, "INVALID_ENUM", null);
    const own = isFloat ? { rangeMin: 127, rangeMax: 127, precision: 23 } : { rangeMin: 31, rangeMax: 30, precision: 0 };
    return makeGraphicsObject(WebGLShaderPrecisionFormat, own);
  },
  ...lifeOf(WebGLProgram, "Program", () => ({
    bound: true, shaders: [], linked: false, log: "", uniforms: [], attributes: [], wanted: new Map(), values: new Map(), generation: 0,
  }), (graphics, own, object) => {
    // What is in use is there as long as it is used.
    if (graphics.program === object) [own.deleted, own.isDoomed] = [false, true];
  }),
  attachShader(program, shader) {
    const graphics = graphicsOf(this);
    const [own, part] = [take(graphics, WebGLProgram, program), take(graphics, WebGLShader, shader)];
    if (!own || !part) return;
    if (own.shaders.some(other => GRAPHICS_OBJECTS.get(other).type === part.type)) return fail(graphics, "INVALID_OPERATION");
    own.shaders.push(shader);
  },
  detachShader(program, shader) {
    const graphics = graphicsOf(this);
    const [own, part] = [take(graphics, WebGLProgram, program), take(graphics, WebGLShader, shader)];
    if (!own || !part) return;
    if (!own.shaders.includes(shader)) return fail(graphics, "INVALID_OPERATION");
    own.shaders = own.shaders.filter(other => other !== shader);
  },
  getAttachedShaders(program) {
    const own = take(graphicsOf(this), WebGLProgram, program);
    return own ? [...own.shaders] : null;
  },
  bindAttribLocation(program, index, name) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLProgram, program);
    if (!own) return;
    if (index >= MAX_ATTRIBUTES) return fail(graphics, "INVALID_VALUE");
    if (/^(gl_|webgl_|_webgl_)/.test(name)) return fail(graphics, "INVALID_OPERATION");
    own.wanted.set(String(name), index);
  },
  linkProgram(program) {
    const own = take(graphicsOf(this), WebGLProgram, program);
    if (!own) return;
    const part = type => own.shaders.map(shader => GRAPHICS_OBJECTS.get(shader)).find(shader => shader.type === type)?.compiled ?? null;
    const [vertex, fragment] = [part(GL.VERTEX_SHADER), part(GL.FRAGMENT_SHADER)];
    [own.linked, own.uniforms, own.attributes, own.values] = [false, [], [], new Map()];
    own.generation += 1;
    own.log = vertex === null ? "Missing or uncompiled vertex shader." : fragment === null ? "Missing or uncompiled fragment shader." : "";
    if (own.log) return;
    own.linked = true;
    const uniforms = new Map([...declared(vertex, "uniform"), ...declared(fragment, "uniform")].map(one => [one.name, one]));
    own.uniforms = [...uniforms.values()];
    const attributes = declared(vertex, "attribute|in");
    const taken = new Set(attributes.map(({ name, layout }) => own.wanted.get(name) ?? layout).filter(index => index !== undefined));
    const free = () => {
      for (let index = 0; ; index++) if (!taken.has(index)) return taken.add(index) && index;
    };
    own.attributes = attributes.map(one => ({ ...one, location: own.wanted.get(one.name) ?? one.layout ?? free() }));
    if (own.attributes.some(({ location }) => location >= MAX_ATTRIBUTES)) [own.linked, own.log] = [false, "Too many attributes."];
  },
  validateProgram(program) { take(graphicsOf(this), WebGLProgram, program); },
  useProgram(program) {
    const graphics = graphicsOf(this);
    const own = takeOrNone(graphics, WebGLProgram, program);
    if (own === false) return;
    if (own && !own.linked) return fail(graphics, "INVALID_OPERATION");
    const before = graphics.program && GRAPHICS_OBJECTS.get(graphics.program);
    if (before?.isDoomed && before !== own) before.deleted = true;
    graphics.program = program ?? null;
  },
  getProgramParameter(program, name) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLProgram, program);
    if (!own) return null;
    switch (name) {
      case GL.DELETE_STATUS: return Boolean(own.isDoomed);
      case GL.LINK_STATUS: case GL.VALIDATE_STATUS: return own.linked;
      case GL.ATTACHED_SHADERS: return own.shaders.length;
      case GL.ACTIVE_ATTRIBUTES: return own.attributes.length;
      case GL.ACTIVE_UNIFORMS: return own.uniforms.length;
      default: return fail(graphics, "INVALID_ENUM", null);
    }
  },
  getProgramInfoLog(program) { return take(graphicsOf(this), WebGLProgram, program)?.log ?? null; },
  getActiveUniform(program, index) { return active(graphicsOf(this), program, index, "uniforms"); },
  getActiveAttrib(program, index) { return active(graphicsOf(this), program, index, "attributes"); },
  getAttribLocation(program, name) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLProgram, program);
    if (!own) return -1;
    if (!own.linked) return fail(graphics, "INVALID_OPERATION", -1);
    return own.attributes.find(one => one.name === String(name))?.location ?? -1;
  },
  getUniformLocation(program, name) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLProgram, program);
    if (!own) return null;
    if (!own.linked) return fail(graphics, "INVALID_OPERATION", null);
    const [, base, nth] = /^(.*?)(?:\[(\d+)\])?$/s.exec(String(name));
    const uniform = own.uniforms.find(one => one.name === base || one.name === `${base}[0]`);
    const isArray = uniform?.name.endsWith("[0]");
    if (!uniform || (nth !== undefined && (!isArray || Number(nth) >= uniform.size))) return null;
    return makeGraphicsObject(WebGLUniformLocation, { program: own, generation: own.generation, uniform, nth: Number(nth ?? 0), isArray });
  },
  getUniform(program, location) {
    const graphics = graphicsOf(this);
    const own = take(graphics, WebGLProgram, program);
    const at = GRAPHICS_OBJECTS.get(location);
    if (!own) return null;
    if (!at || at.program !== own || at.generation !== own.generation) return fail(graphics, "INVALID_OPERATION", null);
    return own.values.get(`${at.uniform.name}#${at.nth}`) ?? UNIFORM_KINDS.get(at.uniform.type)?.none() ?? null;
  },
};

function active(graphics, program, index, kind) {
  const own = take(graphics, WebGLProgram, program);
  if (!own) return null;
  const found = own[kind][index];
  if (!found) return fail(graphics, "INVALID_VALUE", null);
  return makeGraphicsObject(WebGLActiveInfo, { name: found.name, size: found.size, type: found.type });
}

/** For each type of uniforms: how many numbers it has, the letters of the functions that set it, and its value at first. */
const UNIFORM_KINDS = new Map(Object.values(GLSL_TYPES).map(name => {
  const [, rows, columns] = /(\d)(?:x(\d))?$/.exec(name.replace("SAMPLER_2D", "SAMPLER").replace("SAMPLER_3D", "SAMPLER")) ?? [];
  const isMatrix = name.includes("MAT");
  const count = isMatrix ? rows * (columns ?? rows) : Number(rows ?? 1);
  const letter = name.startsWith("FLOAT") ? "f" : name.startsWith("UNSIGNED_INT") && !name.includes("SAMPLER") ? "ui" : "i";
  const letters = name.startsWith("BOOL") ? ["f", "i", "ui"] : [letter];
  const Holder = { f: Float32Array, i: Int32Array, ui: Uint32Array }[letter];
  const keep = numbers => {
    if (name.startsWith("BOOL")) return count === 1 ? Boolean(numbers[0]) : [...numbers].map(Boolean);
    const held = Holder.from(numbers);
    return count === 1 ? held[0] : held;
  };
  const shape = isMatrix ? `Matrix${columns && columns !== rows ? `${rows}x${columns}` : rows}` : String(count);
  return [GL[name], { count, letters, shape, keep, none: () => keep(new Array(count).fill(0)) }];
}));

/** Sets uniforms from a list of numbers: as many elements as there are. */
function setUniform(graphics, location, shape, letter, numbers, isOne) {
  if (location === null || location === undefined) return;
  const at = GRAPHICS_OBJECTS.get(location);
  if (!(location instanceof WebGLUniformLocation) || !at) throw new TypeError("This is no WebGLUniformLocation.");
  const program = graphics.program && GRAPHICS_OBJECTS.get(graphics.program);
  if (!program || at.program !== program || at.generation !== program.generation) return fail(graphics, "INVALID_OPERATION");
  const kind = UNIFORM_KINDS.get(at.uniform.type);
  if (kind.shape !== shape || !kind.letters.includes(letter)) return fail(graphics, "INVALID_OPERATION");
  if (numbers.length < kind.count || numbers.length % kind.count !== 0) return fail(graphics, "INVALID_VALUE");
  const elements = isOne ? 1 : numbers.length / kind.count;
  if (elements > 1 && !at.isArray) return fail(graphics, "INVALID_OPERATION");
  for (let nth = 0; nth < elements && at.nth + nth < at.uniform.size; nth++) {
    const own = numbers.slice(nth * kind.count, (nth + 1) * kind.count);
    program.values.set(`${at.uniform.name}#${at.nth + nth}`, kind.keep(own));
  }
}

/** `uniform1f`, `uniform2fv`, `uniformMatrix4fv` and the like. */
function uniformMethods(letters, matrices) {
  const methods = {};
  for (const letter of letters) {
    for (const count of [1, 2, 3, 4]) {
      methods[`uniform${count}${letter}`] = { method(location, ...numbers) {
        setUniform(graphicsOf(this), location, String(count), letter, numbers.slice(0, count).map(Number), true);
      } }.method;
      methods[`uniform${count}${letter}v`] = { method(location, data, offset = 0, length = 0) {
        const end = length === 0 ? undefined : offset + length;
        setUniform(graphicsOf(this), location, String(count), letter, Array.from(data).slice(offset, end), false);
      } }.method;
    }
  }
  for (const shape of matrices) {
    methods[`uniformMatrix${shape}fv`] = { method(location, transpose, data, offset = 0, length = 0) {
      const graphics = graphicsOf(this);
      if (transpose && graphics.version === 1) return fail(graphics, "INVALID_VALUE");
      const end = length === 0 ? undefined : offset + length;
      setUniform(graphics, location, `Matrix${shape}`, "f", Array.from(data).slice(offset, end), false);
    } }.method;
  }
  return methods;
}
const UNIFORM_METHODS = uniformMethods(["f", "i"], ["2", "3", "4"]);
const UNIFORM_METHODS_2 = uniformMethods(["ui"], ["2x3", "2x4", "3x2", "3x4", "4x2", "4x3"]);
