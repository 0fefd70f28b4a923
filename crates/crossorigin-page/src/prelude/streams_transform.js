// Transform streams, those of text, and queuing strategies: https://streams.spec.whatwg.org/#ts

class TransformStream {
  #readable; #writable;
  constructor(transformer, writableStrategy, readableStrategy) {
    transformer = dictionary(transformer, "The transformer");
    const [inner, outer] = [dictionary(writableStrategy, "The strategy"), dictionary(readableStrategy, "The strategy")];
    if (transformer.readableType !== undefined || transformer.writableType !== undefined) throw new RangeError("A transformer has no types yet.");
    const [start, transform, flush, cancel] = ["start", "transform", "flush", "cancel"].map(name => method(transformer, name));
    const made = makeTransform({
      start, flush, cancel, transform: transform ?? ((chunk, controller) => controller.enqueue(chunk)),
      writable: { mark: highWaterMark(inner, 1), size: sizeAlgorithm(inner) },
      readable: { mark: highWaterMark(outer, 0), size: sizeAlgorithm(outer) },
    });
    [this.#readable, this.#writable] = [made.readable, made.writable];
  }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
}

class TransformStreamDefaultController {
  #own;
  constructor(making, own) {
    if (making !== MAKING) throw new TypeError("Illegal constructor");
    this.#own = own;
  }
  get desiredSize() { return desiredSize(this.#own.out); }
  enqueue(chunk) { this.#own.enqueue(chunk); }
  error(error) { this.#own.fail(error); }
  terminate() {
    closeDefault(this.#own.out);
    this.#own.failInner(new TypeError("The transform was terminated."));
  }
}

/** The two sides of a transform. */
function makeTransform({ start, transform, flush, cancel, writable: inner = {}, readable: outer = { mark: 0 } }) {
  const own = { backpressure: true, changed: settleable(), finishing: null, forget() { transform = flush = cancel = undefined; } };
  const setPressure = value => {
    own.changed.resolve();
    own.changed = settleable();
    own.backpressure = value;
  };
  own.failInner = error => {
    own.forget();
    if (own.inner.state === "writable") failWritable(own.inner, error);
    if (own.backpressure) setPressure(false);
  };
  own.fail = error => {
    errorDefault(own.out, error);
    own.failInner(error);
  };
  own.enqueue = chunk => {
    if (!takesMore(own.out)) throw new TypeError("The readable side is closed.");
    try { enqueueDefault(own.out, chunk); } catch (error) {
      own.failInner(error);
      throw own.out.stream.error;
    }
    const pressure = !shouldPullMore(own.out);
    if (pressure !== own.backpressure) setPressure(pressure);
  };
  const shouldPullMore = out => out.stream.reader?.requests.length > 0 || desiredSize(out) > 0;
  const controller = new TransformStreamDefaultController(MAKING, own);
  const started = settleable();
  const run = async chunk => {
    try { await transform(chunk, controller); } catch (error) {
      own.fail(error);
      throw error;
    }
  };
  /** Ends both sides, by whichever way comes first. */
  const finish = (steps, after, failed) => {
    if (own.finishing) return own.finishing.promise;
    own.finishing = settleable();
    const result = attempt(steps);
    own.forget();
    result.then(() => {
      try {
        after();
        own.finishing.resolve();
      } catch (error) { own.finishing.reject(error); }
    }, error => {
      failed(error);
      own.finishing.reject(error);
    });
    return own.finishing.promise;
  };
  const writable = makeWritable({
    ...inner,
    start: () => started.promise,
    async write(chunk) {
      if (own.backpressure) {
        await own.changed.promise;
        if (own.inner.state === "erroring") throw own.inner.error;
      }
      return run(chunk);
    },
    close: () => finish(() => flush?.(controller), () => {
      if (own.out.stream.state === "errored") throw own.out.stream.error;
      closeDefault(own.out);
    }, error => errorDefault(own.out, error)),
    abort: reason => finish(() => cancel?.(reason), () => {
      if (own.out.stream.state === "errored") throw own.out.stream.error;
      errorDefault(own.out, reason);
    }, error => errorDefault(own.out, error)),
  });
  own.inner = writableState(writable);
  const unblock = () => { if (own.backpressure) setPressure(false); };
  const readable = makeReadable({
    mark: 0, ...outer,
    start: () => started.promise,
    pull() {
      setPressure(false);
      return own.changed.promise;
    },
    cancel: reason => finish(() => cancel?.(reason), () => {
      if (own.inner.state === "errored") throw own.inner.error;
      if (own.inner.state === "writable") failWritable(own.inner, reason);
      unblock();
    }, error => {
      if (own.inner.state === "writable") failWritable(own.inner, error);
      unblock();
    }),
  });
  own.out = readableState(readable).controller;
  started.resolve(start?.(controller));
  return { readable, writable };
}

class TextEncoderStream {
  #sides; #high = "";
  constructor() {
    this.#sides = makeTransform({
      transform: (chunk, controller) => {
        let text = this.#high + String(chunk);
        const last = text.charCodeAt(text.length - 1);
        this.#high = last >= 0xD800 && last <= 0xDBFF ? text.at(-1) : "";
        if (this.#high) text = text.slice(0, -1);
        if (text) controller.enqueue(encodeUtf8(text));
      },
      flush: controller => { if (this.#high) controller.enqueue(encodeUtf8("\uFFFD")); },
    });
  }
  get encoding() { return "utf-8"; }
  get readable() { return this.#sides.readable; }
  get writable() { return this.#sides.writable; }
}

class TextDecoderStream {
  #sides; #decoder;
  constructor(label, options) {
    this.#decoder = new TextDecoder(label, options);
    const give = (text, controller) => { if (text) controller.enqueue(text); };
    this.#sides = makeTransform({
      transform: (chunk, controller) => {
        if (!(chunk instanceof ArrayBuffer) && !ArrayBuffer.isView(chunk)) throw new TypeError("A chunk to decode is a buffer, or a view of one.");
        give(this.#decoder.decode(chunk, { stream: true }), controller);
      },
      flush: controller => give(this.#decoder.decode(), controller),
    });
  }
  get encoding() { return this.#decoder.encoding; }
  get fatal() { return this.#decoder.fatal; }
  get ignoreBOM() { return this.#decoder.ignoreBOM; }
  get readable() { return this.#sides.readable; }
  get writable() { return this.#sides.writable; }
}

function mark(init) {
  if (init?.highWaterMark === undefined) throw new TypeError("A strategy has a highWaterMark.");
  return Number(init.highWaterMark);
}
const sizes = { count: () => 1, bytes: chunk => chunk.byteLength };
class CountQueuingStrategy {
  #mark;
  constructor(init) { this.#mark = mark(init); }
  get highWaterMark() { return this.#mark; }
  get size() { return sizes.count; }
}
class ByteLengthQueuingStrategy {
  #mark;
  constructor(init) { this.#mark = mark(init); }
  get highWaterMark() { return this.#mark; }
  get size() { return sizes.bytes; }
}

return {
  interfaces: {
    ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader, ReadableStreamDefaultController,
    ReadableByteStreamController, ReadableStreamBYOBRequest, WritableStream, WritableStreamDefaultWriter,
    WritableStreamDefaultController, TransformStream, TransformStreamDefaultController, TextEncoderStream,
    TextDecoderStream, CountQueuingStrategy, ByteLengthQueuingStrategy,
  },
  readableState, makeReadable, acquireReader, cancelReadable, teeReadable, read, endByte, enqueueByte, errorByte,
};
