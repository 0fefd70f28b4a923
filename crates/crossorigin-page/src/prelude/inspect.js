// What a console shows of values.

const MAX_SHOWN = 100;

/** What a console shows of a value. */
function inspect(value, depth = 0, seen = []) {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "function") return inspectFunction(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return describe(value);
  if (value === globalThis) return "Window";
  if (value === location) return `Location ${location.href}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Node) return inspectNode(value);
  if (seen.includes(value)) return "[Circular]";
  if (depth > 3) return Array.isArray(value) ? "[…]" : "{…}";
  const inner = item => inspect(item, depth + 1, [...seen, value]);
  const list = items => `${items.slice(0, MAX_SHOWN).map(inner).join(", ")}${items.length > MAX_SHOWN ? ", …" : ""}`;
  if (Array.isArray(value)) return `[${list(value)}]`;
  const name = constructorName(value);
  if (value instanceof NodeList || value instanceof HTMLCollection || value instanceof DOMTokenList) return `${name}(${value.length}) [${list([...value])}]`;
  if (ArrayBuffer.isView(value)) return `${name}(${value.length ?? value.byteLength})`;
  if (value instanceof Map) return `${name}(${value.size}) {${[...value].slice(0, MAX_SHOWN).map(([key, item]) => `${inner(key)} => ${inner(item)}`).join(", ")}}`;
  if (value instanceof Set) return `${name}(${value.size}) {${list([...value])}}`;
  const fields = fieldsOf(value).slice(0, MAX_SHOWN).map(([key, item]) => `${key}: ${inner(item)}`);
  const prefix = name && name !== "Object" ? `${name} ` : "";
  return `${prefix}{${fields.length ? ` ${fields.join(", ")} ` : ""}}`;
}

function inspectFunction(value) {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  return isClass ? `[class ${value.name || "anonymous"}]` : `[Function ${value.name || "anonymous"}]`;
}

function constructorName(value) {
  try {
    return String(value.constructor?.name ?? "");
  } catch {
    return "";
  }
}

/** An element by its start tag, a text by its data. */
function inspectNode(node) {
  if (!(node instanceof Element)) return node instanceof CharacterData ? `${node.nodeName} ${JSON.stringify(node.data)}` : node.nodeName;
  const attributes = node.getAttributeNames().map(name => ` ${name}="${node.getAttribute(name)}"`);
  return `<${node.localName}${attributes.join("")}>`;
}

/** What an object holds: its own properties, symbols too; of an interface's, what its plain members say. */
function fieldsOf(value) {
  const symbols = Object.getOwnPropertySymbols(value).filter(key => Object.getOwnPropertyDescriptor(value, key).enumerable);
  const own = [...Object.entries(value), ...symbols.map(key => [String(key), value[key]])];
  const prototype = Object.getPrototypeOf(value);
  if (own.length > 0 || !platformPrototypes.has(prototype)) return own;
  try {
    if (typeof value.entries === "function" && typeof value[Symbol.iterator] === "function") return [...value.entries()];
  } catch {
    return [];
  }
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { get }]) => {
    try {
      const said = get?.call(value);
      return said === undefined || said === null || ["object", "function"].includes(typeof said) ? [] : [[name, said]];
    } catch {
      return [];
    }
  });
}

/** A value as a table: a line for each of its items. */
function tableOf(value) {
  if (typeof value !== "object" || value === null) return [inspect(value)];
  const items = Object.entries(value);
  const isRow = item => typeof item === "object" && item !== null;
  const columns = [...new Set(items.flatMap(([, item]) => (isRow(item) ? Object.keys(item) : [])))];
  const hasValues = items.some(([, item]) => !isRow(item));
  const head = ["(index)", ...columns, ...(hasValues ? ["Values"] : [])];
  const row = ([key, item]) => [key, ...columns.map(name => (isRow(item) && name in item ? inspect(item[name], 1) : "")), ...(hasValues ? [isRow(item) ? "" : inspect(item, 1)] : [])];
  const rows = [head, ...items.slice(0, MAX_SHOWN).map(row)];
  const widths = head.map((_, at) => Math.max(...rows.map(cells => cells[at].length)));
  return rows.map(cells => cells.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd());
}

