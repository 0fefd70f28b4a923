// Messages between windows, and channels of them: https://html.spec.whatwg.org/multipage/web-messaging.html

/** Their numbers, by which the host knows them; null for one that has gone elsewhere. */
const portNumbers = new WeakMap();
/** Those of this window, as long as something may come. */
const openPorts = new Map();

const isPort = value => typeof value === "object" && value !== null && portNumbers.has(value);

class MessagePort extends EventTarget {
  constructor(making) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    super();
  }
  postMessage(message, options) {
    const { transfer } = Array.isArray(options) ? { transfer: options } : dictionary(options, "The options");
    const given = [...transfer ?? []];
    if (given.includes(this)) throw new DOMException("A port can't be sent through itself.", "DataCloneError");
    const written = serialize(message, given);
    const number = portNumbers.get(this);
    if (number !== null && !host.post_to_port(number, toText(written), written.ports)) throw noRoom();
  }
  start() { if (portNumbers.get(this) !== null) host.start_port(portNumbers.get(this)); }
  close() {
    const number = portNumbers.get(this);
    if (number === null) return;
    host.close_port(number);
    openPorts.delete(number);
    portNumbers.set(this, null);
  }
}
defineHandlers(MessagePort.prototype, "message", "messageerror");
const { get: getOnMessage, set: setOnMessage } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", {
  configurable: true, enumerable: true, get: getOnMessage,
  set(handler) {
    apply(setOnMessage, this, [handler]);
    this.start();
  },
});

class MessageChannel {
  #ports;
  constructor() {
    const numbers = host.open_channel();
    if (!numbers) throw new DOMException("The page has too many message ports.", "QuotaExceededError");
    this.#ports = numbers.map(adoptPort);
  }
  get port1() { return this.#ports[0]; }
  get port2() { return this.#ports[1]; }
}

const noRoom = () => new DOMException("Too many messages are on their way; let some arrive.", "QuotaExceededError");

/** The port of a number, which is this window's now. */
function adoptPort(number) {
  const port = new MessagePort(MAKING);
  portNumbers.set(port, number);
  openPorts.set(number, port);
  return port;
}

/** Lets a port be nobody's, until it is another window's. */
function detachPort(port) {
  const number = portNumbers.get(port);
  openPorts.delete(number);
  portNumbers.set(port, null);
  return number;
}

/** What was written down, as text: nothing else passes from window to window. */
function toText({ root, records }) {
  const told = records.map(record => (record.bytes ? { ...record, bytes: bytesToBinary(record.bytes) } : record));
  return JSON.stringify({ root, records: told });
}
function fromText(text) {
  const written = JSON.parse(text);
  for (const record of written.records) if (record.bytes !== undefined) record.bytes = binaryToBytes(record.bytes);
  return written;
}

/** Sends a message to what a frame shows: https://html.spec.whatwg.org/multipage/web-messaging.html#window-post-message-steps */
function postTo(frame, message, second, transfer) {
  const options = typeof second === "object" && second !== null ? second : { targetOrigin: second, transfer };
  let target = String(options.targetOrigin ?? "/");
  if (target !== "*" && target !== "/") {
    const url = URL.parse(target);
    if (!url) throw new DOMException(`${JSON.stringify(target)} is no origin.`, "SyntaxError");
    target = url.origin;
  }
  const written = serialize(message, options.transfer);
  if (!host.post_message(frame, target, toText(written), written.ports)) throw noRoom();
}

/** A message has come, for the window or for one of its ports. */
function receive(port, text, ports, sender, origin) {
  const target = port === undefined ? globalThis : openPorts.get(port);
  if (!target) return;
  let data;
  const adopted = ports.map(adoptPort);
  try {
    data = deserialize(fromText(text), adopted);
  } catch {
    fire(target, new MessageEvent("messageerror", { origin }));
    return;
  }
  const source = sender === undefined ? null : viewOf(sender);
  fire(target, new MessageEvent("message", { data: data === undefined ? MAKING : data, origin, source, ports: adopted }));
}

expose({ MessagePort, MessageChannel });
