// Text and bytes: https://encoding.spec.whatwg.org/, and base64.

class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return encodeUtf8(text); }
  encodeInto(text, target) {
    if (!(target instanceof Uint8Array)) throw new TypeError("encodeInto wants a Uint8Array.");
    let [read, written] = [0, 0];
    // Character by character: what does not fit whole stays out.
    for (const letter of String(text).toWellFormed()) {
      const bytes = encodeUtf8(letter);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += letter.length;
    }
    return { read, written };
  }
}

const isBytes = source => source instanceof ArrayBuffer || ArrayBuffer.isView(source)
  || (typeof SharedArrayBuffer === "function" && source instanceof SharedArrayBuffer);

class TextDecoder {
  #name; #fatal; #ignoreBOM; #decode = null;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    const name = host.encoding_name(String(label));
    if (name === undefined || name === "replacement") throw new RangeError(`The encoding ${label} is not known.`);
    [this.#name, this.#fatal, this.#ignoreBOM] = [name, Boolean(fatal), Boolean(ignoreBOM)];
  }
  get encoding() { return this.#name; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(source, { stream = false } = {}) {
    if (source !== undefined && !isBytes(source)) throw new TypeError("decode wants a buffer, or a view of one.");
    const bytes = source === undefined ? "" : bytesToBinary(bytesOf(source));
    const decode = this.#decode ?? host.decoder(this.#name, this.#fatal, this.#ignoreBOM);
    const text = decode(bytes, !stream);
    this.#decode = stream && text !== undefined ? decode : null;
    if (text === undefined) throw new TypeError(`The bytes are not ${this.#name}.`);
    return text;
  }
}

/** Text of an encoding, by its label; a byte order mark has the last word. */
const decodeText = (bytes, label) => host.decode_text(bytesToBinary(bytes), label);

expose({
  TextEncoder, TextDecoder,
  btoa(text) {
    text = String(text);
    if (/[^\0-\xFF]/.test(text)) throw new DOMException("A character is beyond Latin-1.", "InvalidCharacterError");
    return host.encode_base64(text);
  },
  atob(text) {
    const decoded = host.decode_base64(String(text));
    if (decoded === undefined || decoded === null) throw new DOMException("The text is not base64.", "InvalidCharacterError");
    return decoded;
  },
});

// MIME types: https://mimesniff.spec.whatwg.org/#parsing-a-mime-type

/** A MIME type's essence and parameters; null where it is none. */
function parseMime(text) {
  const match = /^[\t\n\r ]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\/([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t\n\r ]*(?:;|$)/.exec(text);
  if (!match) return null;
  const parameters = new Map();
  const PARAMETER = /[\t\n\r ]*([^;="]*)(?:=(?:"((?:[^"\\]|\\[^])*)(?:"[^;]*|\\?$)|([^;]*)))?(?:;|$)/y;
  PARAMETER.lastIndex = match[0].length;
  while (PARAMETER.lastIndex < text.length) {
    const found = PARAMETER.exec(text);
    if (!found) break;
    const [, name, quoted, plain] = found;
    const value = quoted === undefined ? plain?.replace(/[\t\n\r ]+$/, "") : quoted.replace(/\\([^])/g, "$1");
    const key = name.toLowerCase();
    const isGood = TOKEN.test(name) && value !== undefined && (value !== "" || quoted !== undefined) && !/[^\t\x20-\x7E\x80-\xFF]/.test(value);
    if (isGood && !parameters.has(key)) parameters.set(key, value);
  }
  return { essence: `${match[1]}/${match[2]}`.toLowerCase(), parameters };
}

function serializeMime({ essence, parameters }) {
  const one = ([name, value]) => `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  return essence + [...parameters].map(one).join("");
}

/** The MIME type that all Content-Type lines, joined, come to: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type */
function extractMime(lines) {
  let [type, charset] = [null, null];
  for (const value of lines.join(", ").match(/(?:[^,"]|"(?:[^"\\]|\\[^])*(?:"|\\?$))+/g) ?? []) {
    const parsed = parseMime(value);
    if (!parsed || parsed.essence === "*/*") continue;
    if (parsed.essence !== type?.essence) charset = null;
    type = parsed;
    if (type.parameters.has("charset")) charset = type.parameters.get("charset");
    else if (charset !== null) type.parameters.set("charset", charset);
  }
  return type;
}
