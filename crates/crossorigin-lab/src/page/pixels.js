// The ways by which script gets at the pixels of what has loaded.

const SIZE = 1;
const canvas = () => Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });

function drawn(source, onto = canvas()) {
  onto.getContext("2d").drawImage(source, 0, 0);
  return onto;
}

const data = canvas => canvas.getContext("2d").getImageData(0, 0, SIZE, SIZE);

let gl;
// A page gets few contexts: all cases share one.
const webGl = () => gl ??= canvas().getContext("webgl");

/** Each throws, or rejects, where script may not have the pixels. */
const READINGS = {
  "image-data": source => data(drawn(source)),
  "data-url": source => drawn(source).toDataURL(),
  "blob": source => new Promise((done, refuse) =>
    drawn(source).toBlob(blob => (blob ? done(blob) : refuse(new Error("no blob"))))),
  "offscreen-blob": source => drawn(source, new OffscreenCanvas(SIZE, SIZE)).convertToBlob(),
  "pattern": source => {
    const filled = canvas();
    const context = filled.getContext("2d");
    context.fillStyle = context.createPattern(source, "repeat");
    context.fillRect(0, 0, SIZE, SIZE);
    return data(filled);
  },
  "image-bitmap": async source => data(drawn(await createImageBitmap(source))),
  "other-canvas": source => data(drawn(drawn(source))),
  "texture": source => {
    const gl = webGl();
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
  },
};

/** Whether script can read the pixels of an image, or of the frame of a video. */
export async function canRead(source, reading) {
  // Where there is no WebGL, a canvas is read instead, for which the same is foretold.
  const way = reading === "texture" && !webGl() ? "image-data" : reading;
  try {
    await READINGS[way](source);
    return true;
  } catch (problem) {
    if (problem.name === "SecurityError") return false;
    throw problem;
  }
}
