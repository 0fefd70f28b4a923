// EventSource: https://html.spec.whatwg.org/multipage/server-sent-events.html

/** How long a connection that was lost is waited for before the next try, in milliseconds, where the server does not say. */
const RECONNECTION_TIME = 3000;
/** The longest line of an event stream, and the longest data of an event, in characters. What is longer ends the stream. */
const MAX_EVENT_CHARACTERS = 64 << 20;
const [CONNECTING, OPEN, CLOSED] = [0, 1, 2];

class EventSource extends EventTarget {
  #url; #withCredentials; #state = CONNECTING; #id = null; #timer = null; #wait = RECONNECTION_TIME; #lastEventId = "";
  constructor(url, init) {
    super();
    if (url === undefined) throw new TypeError("An EventSource wants a URL.");
    const parsed = URL.parse(String(url), document.baseURI);
    if (!parsed) throw new DOMException(`${JSON.stringify(String(url))} is no URL.`, "SyntaxError");
    this.#url = parsed.href;
    this.#withCredentials = Boolean(dictionary(init, "The init").withCredentials);
    this.#connect();
  }
  get url() { return this.#url; }
  get withCredentials() { return this.#withCredentials; }
  get readyState() { return this.#state; }
  close() {
    this.#state = CLOSED;
    if (this.#id !== null && waiting.delete(this.#id)) host.abort(this.#id);
    if (this.#timer !== null && waiting.delete(this.#timer)) host.clear_timer(this.#timer);
    this.#id = this.#timer = null;
  }
  #connect() {
    const headers = this.#lastEventId === "" ? [] : [["last-event-id", bytesToBinary(encodeUtf8(this.#lastEventId))]];
    const description = {
      as: "eventsource", url: this.#url, headers, cache: "no-store", streams: true,
      crossorigin: this.#withCredentials ? "use-credentials" : "anonymous",
    };
    let stream = null;
    const id = request(description, null, answer => {
      // What is on its way of a source that was closed is nobody's.
      if (this.#id !== id) return;
      // Who is refused once is refused again; who was not reached may be.
      if (answer === false) this.#fail();
      else if (answer === null || answer === true) this.#reconnect();
      else if (stream) {
        host.take_piece(id);
        stream.push(answer);
      } else stream = this.#announce(answer);
    });
    this.#id = id;
  }
  /** A response is there: what reads it, where it is an event stream. */
  #announce(answer) {
    const type = extractMime(answer.headers.filter(line => line[0] === "content-type").map(line => line[1]));
    if (answer.status !== 200 || type?.essence !== "text/event-stream") {
      if (answer.status === 200) {
        // Chromium's words: third_party/blink/renderer/modules/eventsource/event_source.cc
        host.log("error", `EventSource's response has a MIME type ("${type?.essence ?? ""}") that is not "text/event-stream". Aborting the connection.`);
      }
      this.#fail();
      return null;
    }
    const origin = new URL(answer.url).origin;
    const stream = new EventStream({
      event: (name, data, lastEventId) => {
        this.#lastEventId = lastEventId;
        if (name !== null) fire(this, new MessageEvent(name, { data, origin, lastEventId }));
      },
      retry: milliseconds => { this.#wait = milliseconds; },
      tooLong: () => this.#fail(),
      isOpen: () => this.#state !== CLOSED,
    }, this.#lastEventId);
    this.#state = OPEN;
    fire(this, "open");
    return stream;
  }
  #fail() {
    if (this.#state === CLOSED) return;
    this.close();
    fire(this, "error");
  }
  #reconnect() {
    this.#id = null;
    this.#state = CONNECTING;
    fire(this, "error");
    if (this.#state !== CONNECTING) return;
    this.#timer = host.timer(this.#wait);
    waiting.set(this.#timer, () => {
      this.#timer = null;
      this.#connect();
    });
  }
}
for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSED })) {
  for (const holder of [EventSource, EventSource.prototype]) Object.defineProperty(holder, name, { value, enumerable: true });
}
defineHandlers(EventSource.prototype, "open", "message", "error");

/** Reads the lines of an event stream: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
class EventStream {
  #decode = host.decoder("utf-8", false, false); #rest = ""; #afterReturn = false; #to; #name = ""; #data = ""; #hasData = false; #id;
  constructor(to, lastEventId) { [this.#to, this.#id] = [to, lastEventId]; }
  push(bytes) {
    let text = this.#decode(bytesToBinary(bytes), false);
    // A line may end with a return whose feed comes with the next piece.
    if (this.#afterReturn && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1);
      this.#afterReturn = false;
    }
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    if (text !== "") this.#afterReturn = text.endsWith("\r");
    this.#rest = lines.pop();
    for (const line of lines) {
      if (!this.#to.isOpen()) return;
      this.#read(line);
    }
    if (this.#rest.length > MAX_EVENT_CHARACTERS || this.#data.length > MAX_EVENT_CHARACTERS) {
      host.log("error", `An event of more than ${MAX_EVENT_CHARACTERS} characters ends its EventSource.`);
      this.#to.tooLong();
    }
  }
  #read(line) {
    if (line === "") {
      const name = this.#hasData ? this.#name || "message" : null;
      const data = this.#data;
      [this.#name, this.#data, this.#hasData] = ["", "", false];
      this.#to.event(name, data, this.#id);
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#name = value;
    else if (field === "data") {
      this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
      this.#hasData = true;
    } else if (field === "id") {
      if (!value.includes("\0")) this.#id = value;
    } else if (field === "retry" && /^[0-9]+$/.test(value)) this.#to.retry(Number(value));
  }
}

expose({ EventSource });
