// Readable streams, iterated over and doubled: https://streams.spec.whatwg.org/#rs-asynciterator and #abstract-opdef-readablestreamtee

const asyncIterator = Object.getPrototypeOf(Object.getPrototypeOf((async function* () {}).prototype));
function streamIterator(stream, preventCancel) {
  const reader = acquireReader(readableState(stream));
  let last = Promise.resolve();
  let finished = false;
  const inTurn = steps => { last = last.then(steps, steps); return last; };
  return Object.create(asyncIterator, {
    next: {
      enumerable: true,
      value: () => inTurn(async () => {
        if (finished) return { value: undefined, done: true };
        try {
          const step = await read(reader);
          if (step.done) {
            finished = true;
            releaseReader(reader);
          }
          return step;
        } catch (error) {
          finished = true;
          releaseReader(reader);
          throw error;
        }
      }),
    },
    return: {
      enumerable: true,
      value: value => inTurn(async () => {
        if (!finished) {
          finished = true;
          const cancelled = preventCancel ? undefined : cancelReadable(reader.stream, value);
          releaseReader(reader);
          await cancelled;
        }
        return { value, done: true };
      }),
    },
  });
}

/** Two streams of what one gives; `copies` where each has to have bytes of its own. */
function teeReadable(stream, copies) {
  const reader = acquireReader(stream);
  const isOfBytes = Boolean(stream.controller.isOfBytes);
  const [close, fail, add] = isOfBytes ? [endByte, errorByte, enqueueByte] : [closeDefault, errorDefault, enqueueDefault];
  const cancelled = [undefined, undefined];
  const done = settleable();
  let [reading, again] = [false, false];
  const branches = [];
  const each = steps => branches.forEach((branch, nth) => { if (!cancelled[nth]) steps(branch, nth); });
  const pull = () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    readChunk(reader, {
      chunk: chunk => Promise.resolve().then(() => {
        again = false;
        try {
          const pieces = [chunk, copies || isOfBytes ? copyOfChunk(chunk) : chunk];
          each((branch, nth) => add(branch, pieces[nth]));
        } catch (error) {
          each(branch => fail(branch, error));
          done.resolve(cancelReadable(stream, error));
          return;
        }
        reading = false;
        if (again) pull();
      }),
      close() {
        reading = false;
        each(branch => close(branch));
        done.resolve();
      },
      error() { reading = false; },
    });
  };
  const streams = [0, 1].map(nth => makeReadable({
    bytes: isOfBytes, mark: isOfBytes ? 0 : 1, pull,
    cancel(reason) {
      cancelled[nth] = { reason };
      if (cancelled[1 - nth]) done.resolve(cancelReadable(stream, cancelled.map(one => one.reason)));
      return done.promise;
    },
  }));
  branches.push(...streams.map(branch => readableState(branch).controller));
  reader.closed.promise.then(undefined, error => {
    each(branch => fail(branch, error));
    done.resolve();
  });
  return streams;
}

const copyOfChunk = chunk => (ArrayBuffer.isView(chunk) ? bytesOf(chunk) : structuredClone(chunk));
