// The door to streams, behind which they are read once a page asks for them.

const STREAM_INTERFACES = [
  "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "ReadableStreamDefaultController",
  "ReadableByteStreamController", "ReadableStreamBYOBRequest", "WritableStream", "WritableStreamDefaultWriter",
  "WritableStreamDefaultController", "TransformStream", "TransformStreamDefaultController", "TextEncoderStream",
  "TextDecoderStream", "CountQueuingStrategy", "ByteLengthQueuingStrategy",
];

let loadedStreams = null;
/** Streams, and what the user agent does with them. */
function streams() {
  if (!loadedStreams) {
    loadedStreams = host.streams()({
      MAKING, bytesOf, dictionary, encodeUtf8, structuredClone, TextDecoder, AbortSignal, AbortController, addAbortSteps, removeAbortSteps,
    });
    for (const [name, made] of Object.entries(loadedStreams.interfaces)) tag(made, name);
  }
  return loadedStreams;
}
const isReadableStream = value => loadedStreams !== null && value instanceof loadedStreams.interfaces.ReadableStream;

exposeLater(STREAM_INTERFACES, () => streams().interfaces);
