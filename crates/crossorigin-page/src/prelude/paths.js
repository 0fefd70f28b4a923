// Paths, of canvases and by themselves: numbers that the host understands.

const [MOVE, LINE, QUADRATIC, CUBIC, CLOSING] = [0, 1, 2, 3, 4];
const LENGTHS = [3, 3, 5, 7, 1];

const isFinite_ = Number.isFinite;
const allFinite = (...numbers) => numbers.every(number => isFinite_(number));

/** A point by a transformation of six numbers. */
const moved = ([a, b, c, d, e, f], x, y) => [a * x + c * y + e, b * x + d * y + f];

/** One after the other: first the second, then the first. */
const multiplied = ([a, b, c, d, e, f], [g, h, i, j, k, l]) =>
  [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];

function inverted([a, b, c, d, e, f]) {
  const size = a * d - b * c;
  if (!isFinite_(size) || size === 0) return null;
  return [d / size, -b / size, -c / size, a / size, (c * f - d * e) / size, (b * e - a * f) / size];
}

/** A path's numbers with all points transformed. */
function movedPath(matrix, numbers) {
  const result = [];
  for (let at = 0; at < numbers.length; at += LENGTHS[numbers[at]]) {
    result.push(numbers[at]);
    for (let point = at + 1; point < at + LENGTHS[numbers[at]]; point += 2) {
      result.push(...moved(matrix, numbers[point], numbers[point + 1]));
    }
  }
  return result;
}

/** What paths are built by: the members that contexts and Path2D share. `matrix()` says where the points come to be. */
class PathBuilder {
  numbers = [];
  #start = null; #last = null;
  constructor(matrix) { this.matrix = matrix; }
  #add(kind, ...points) {
    const matrix = this.matrix();
    this.numbers.push(kind);
    for (let at = 0; at < points.length; at += 2) this.numbers.push(...moved(matrix, points[at], points[at + 1]));
    this.#last = points.slice(-2);
  }
  /** Without a point to go on from, the path begins here. */
  #begin(x, y) {
    if (this.#last === null) this.moveTo(x, y);
  }
  moveTo(x, y) {
    if (!allFinite(x, y)) return;
    this.#add(MOVE, x, y);
    this.#start = [x, y];
  }
  lineTo(x, y) {
    if (!allFinite(x, y)) return;
    this.#begin(x, y);
    this.#add(LINE, x, y);
  }
  quadraticCurveTo(a, b, x, y) {
    if (!allFinite(a, b, x, y)) return;
    this.#begin(a, b);
    this.#add(QUADRATIC, a, b, x, y);
  }
  bezierCurveTo(a, b, c, d, x, y) {
    if (!allFinite(a, b, c, d, x, y)) return;
    this.#begin(a, b);
    this.#add(CUBIC, a, b, c, d, x, y);
  }
  closePath() {
    if (this.#last === null) return;
    this.numbers.push(CLOSING);
    this.#last = this.#start;
  }
  rect(x, y, width, height) {
    if (!allFinite(x, y, width, height)) return;
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
    this.moveTo(x, y);
  }
  arc(x, y, radius, from, to, backwards = false) {
    if (allFinite(radius) && radius < 0) throw new DOMException(`The radius is negative: ${radius}.`, "IndexSizeError");
    this.ellipse(x, y, radius, radius, 0, from, to, backwards);
  }
  ellipse(x, y, across, down, turned, from, to, backwards = false) {
    if (!allFinite(x, y, across, down, turned, from, to)) return;
    if (across < 0 || down < 0) throw new DOMException(`A radius is negative: ${Math.min(across, down)}.`, "IndexSizeError");
    const whole = 2 * Math.PI;
    let sweep = to - from;
    if (backwards ? sweep <= -whole : sweep >= whole) sweep = backwards ? -whole : whole;
    else {
      // From 0 to two pi backwards is the whole circle, as browsers have it: pages draw theirs so.
      if (backwards && sweep > 0) sweep = sweep % whole - whole;
      if (!backwards && sweep < 0) sweep = sweep % whole + whole;
    }
    const [cosine, sine] = [Math.cos(turned), Math.sin(turned)];
    const at = (u, v) => [x + u * across * cosine - v * down * sine, y + u * across * sine + v * down * cosine];
    const first = at(Math.cos(from), Math.sin(from));
    if (this.#last === null) this.moveTo(...first);
    else this.lineTo(...first);
    const pieces = Math.max(1, Math.ceil(Math.abs(sweep) / (Math.PI / 4)));
    const step = sweep / pieces;
    const reach = 4 / 3 * Math.tan(step / 4);
    for (let nth = 0; nth < pieces && sweep !== 0; nth++) {
      const [a, b] = [from + nth * step, from + (nth + 1) * step];
      const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
      this.bezierCurveTo(...at(ca - reach * sa, sa + reach * ca), ...at(cb + reach * sb, sb - reach * cb), ...at(cb, sb));
    }
  }
  arcTo(x1, y1, x2, y2, radius) {
    if (!allFinite(x1, y1, x2, y2, radius)) return;
    if (radius < 0) throw new DOMException(`The radius is negative: ${radius}.`, "IndexSizeError");
    this.#begin(x1, y1);
    const [x0, y0] = this.#last;
    const [ax, ay, bx, by] = [x0 - x1, y0 - y1, x2 - x1, y2 - y1];
    const [along, away] = [Math.hypot(ax, ay), Math.hypot(bx, by)];
    const cross = ax * by - ay * bx;
    if (along === 0 || away === 0 || radius === 0 || Math.abs(cross) < 1e-12 * along * away) return this.lineTo(x1, y1);
    const half = Math.acos(Math.max(-1, Math.min(1, (ax * bx + ay * by) / (along * away)))) / 2;
    const far = radius / Math.tan(half);
    const middle = radius / Math.sin(half);
    const [ux, uy] = [ax / along + bx / away, ay / along + by / away];
    const length = Math.hypot(ux, uy);
    const [x, y] = [x1 + ux / length * middle, y1 + uy / length * middle];
    const from = Math.atan2(y1 + ay / along * far - y, x1 + ax / along * far - x);
    const to = Math.atan2(y1 + by / away * far - y, x1 + bx / away * far - x);
    this.arc(x, y, radius, from, to, cross > 0);
  }
  roundRect(x, y, width, height, radii = 0) {
    if (!allFinite(x, y, width, height)) return;
    const list = (typeof radii === "object" && radii !== null && Symbol.iterator in radii ? [...radii] : [radii])
      .map(radius => (typeof radius === "object" && radius !== null ? [Number(radius.x ?? 0), Number(radius.y ?? 0)] : [Number(radius), Number(radius)]));
    if (list.length < 1 || list.length > 4) throw new RangeError(`roundRect wants one to four radii, not ${list.length}.`);
    if (list.some(pair => !allFinite(...pair))) return;
    if (list.flat().some(radius => radius < 0)) throw new RangeError("A radius is negative.");
    let [first, second = first, third = first, fourth = second] = list;
    // Mirrored rectangles have their corners mirrored too.
    if (width < 0) [x, width, first, second, third, fourth] = [x + width, -width, second, first, fourth, third];
    if (height < 0) [y, height, first, second, third, fourth] = [y + height, -height, fourth, third, second, first];
    const scale = Math.min(1, width / (first[0] + second[0]), height / (second[1] + third[1]), width / (third[0] + fourth[0]), height / (fourth[1] + first[1]));
    const [a, b, c, d] = [first, second, third, fourth].map(pair => pair.map(radius => radius * (Number.isNaN(scale) ? 1 : scale)));
    const quarter = Math.PI / 2;
    this.moveTo(x + a[0], y);
    this.lineTo(x + width - b[0], y);
    this.ellipse(x + width - b[0], y + b[1], b[0], b[1], 0, -quarter, 0);
    this.lineTo(x + width, y + height - c[1]);
    this.ellipse(x + width - c[0], y + height - c[1], c[0], c[1], 0, 0, quarter);
    this.lineTo(x + d[0], y + height);
    this.ellipse(x + d[0], y + height - d[1], d[0], d[1], 0, quarter, 2 * quarter);
    this.lineTo(x, y + a[1]);
    this.ellipse(x + a[0], y + a[1], a[0], a[1], 0, 2 * quarter, 3 * quarter);
    this.closePath();
    this.moveTo(x, y);
  }
  append(numbers) {
    for (const number of numbers) this.numbers.push(number);
    if (numbers.length > 0) this.#last = this.#start = numbers.slice(-2);
  }
}

const PATH_METHODS = ["moveTo", "lineTo", "quadraticCurveTo", "bezierCurveTo", "closePath", "rect", "arc", "ellipse", "arcTo", "roundRect"];
const WANTED = { moveTo: 2, lineTo: 2, quadraticCurveTo: 4, bezierCurveTo: 6, closePath: 0, rect: 4, arc: 5, ellipse: 7, arcTo: 5, roundRect: 4 };

/** Gives a class the members by which paths are built. */
function buildsPaths(Class, builderOf) {
  for (const name of PATH_METHODS) {
    Object.defineProperty(Class.prototype, name, {
      configurable: true,
      enumerable: true,
      writable: true,
      value: { [name](...parameters) {
        const wanted = WANTED[name];
        if (parameters.length < wanted) throw new TypeError(`${name} wants ${wanted} arguments, not ${parameters.length}.`);
        const numbers = parameters.slice(0, wanted).map(Number);
        builderOf(this)[name](...numbers, ...parameters.slice(wanted));
      } }[name],
    });
  }
}

let builderOfPath;
class Path2D {
  #builder = new PathBuilder(() => [1, 0, 0, 1, 0, 0]);
  static { builderOfPath = path => path.#builder; }
  constructor(from) {
    if (from instanceof Path2D) this.#builder.append(from.#builder.numbers);
    else if (from !== undefined) this.#builder.append([...host.svg_path(String(from))]);
  }
  addPath(path, transform) {
    if (!(path instanceof Path2D)) throw new TypeError("addPath wants a Path2D.");
    const matrix = transform === undefined ? [1, 0, 0, 1, 0, 0] : matrixOf(transform);
    if (allFinite(...matrix)) this.#builder.append(movedPath(matrix, path.#builder.numbers));
  }
}
buildsPaths(Path2D, builderOfPath);

/** The six numbers of what stands for a transformation. */
function matrixOf(init = {}) {
  const one = (short, long, otherwise) => Number(init[short] ?? init[long] ?? otherwise);
  return [one("a", "m11", 1), one("b", "m12", 0), one("c", "m21", 0), one("d", "m22", 1), one("e", "m41", 0), one("f", "m42", 0)];
}

let numbersOfMatrix;
class DOMMatrix {
  #numbers;
  static { numbersOfMatrix = matrix => matrix.#numbers; }
  constructor(init) {
    if (init === undefined) this.#numbers = [1, 0, 0, 1, 0, 0];
    else if (typeof init === "object" && Symbol.iterator in init && [...init].length === 6) this.#numbers = [...init].map(Number);
    else if (typeof init === "object" && !(Symbol.iterator in init)) this.#numbers = matrixOf(init);
    else throw new TypeError("A matrix is made of six numbers.");
  }
  static fromMatrix(init) { return new DOMMatrix(init); }
  get is2D() { return true; }
  get isIdentity() { return String(this.#numbers) === "1,0,0,1,0,0"; }
  multiply(other) { return new DOMMatrix(multiplied(this.#numbers, matrixOf(other))); }
  inverse() { return new DOMMatrix(inverted(this.#numbers) ?? [NaN, NaN, NaN, NaN, NaN, NaN]); }
  translate(x = 0, y = 0) { return this.multiply({ e: x, f: y }); }
  scale(x = 1, y = x) { return this.multiply({ a: x, d: y }); }
  rotate(degrees = 0) {
    const [cosine, sine] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
    return this.multiply({ a: cosine, b: sine, c: -sine, d: cosine });
  }
  transformPoint({ x = 0, y = 0 } = {}) { const [a, b] = moved(this.#numbers, x, y); return { x: a, y: b, z: 0, w: 1 }; }
  toString() { return `matrix(${this.#numbers.join(", ")})`; }
}
for (const [nth, names] of [["a", "m11"], ["b", "m12"], ["c", "m21"], ["d", "m22"], ["e", "m41"], ["f", "m42"]].entries()) {
  for (const name of names) {
    Object.defineProperty(DOMMatrix.prototype, name, {
      configurable: true, enumerable: true, get() { return numbersOfMatrix(this)[nth]; },
    });
  }
}

expose({ Path2D, DOMMatrix });
