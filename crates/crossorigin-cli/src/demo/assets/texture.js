// A photo as the texture of a ball.

import { expectSecurityError, make, ok } from "./trial.js";
import { load, nothing, picture } from "./pictures.js";

const corners = `
attribute vec2 corner;
varying vec2 at;
void main() { at = corner; gl_Position = vec4(corner, 0.0, 1.0); }`;

const ball = `
precision highp float;
varying vec2 at;
uniform sampler2D photo;
void main() {
  float reach = dot(at, at);
  float cover = clamp((1.0 - sqrt(reach)) * 160.0, 0.0, 1.0);
  vec3 normal = vec3(at, sqrt(max(0.0, 1.0 - reach)));
  vec2 place = vec2(0.55 + atan(normal.x, normal.z) / 3.6, 0.5 - asin(clamp(normal.y, -1.0, 1.0)) / 3.1416);
  float light = 0.35 + 0.75 * max(0.0, dot(normal, normalize(vec3(0.5, 0.6, 0.8))));
  gl_FragColor = vec4(texture2D(photo, place).rgb * light, 1.0) * cover;
}`;

/** A drawing surface with everything but the texture. */
function prepare(stage) {
  const canvas = make("canvas", { width: 320, height: 320, className: "ball", role: "img", ariaLabel: "A ball in WebGL" });
  const gl = canvas.getContext("webgl", { preserveDrawingBuffer: true });
  if (!gl) {
    stage.append(nothing("No WebGL", "This browser offers none"));
    throw new Error("WebGL is not available here, so this can’t be shown; turn on hardware acceleration, or start Chromium with --enable-unsafe-swiftshader");
  }
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, corners], [gl.FRAGMENT_SHADER, ball]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`The shaders don’t link: ${gl.getProgramInfoLog(program)}`);
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, "corner");
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const [name, value] of [[gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE], [gl.TEXTURE_MIN_FILTER, gl.LINEAR]]) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
  return { canvas, gl };
}

const upload = (gl, photo) => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, photo);

async function texture({ stage, url }) {
  const { canvas, gl } = prepare(stage);
  upload(gl, await load(url("/photos/hills.png"), "anonymous"));
  gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  const pixel = new Uint8Array(4);
  gl.readPixels(160, 160, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  stage.append(picture(canvas, "The photo around a ball"));
  if (pixel[0] + pixel[1] + pixel[2] === 0) throw new Error("The ball is black");
  return ok(`The middle of the ball is rgb(${[...pixel].slice(0, 3).join(", ")})`);
}

async function textureRefused({ stage, url }) {
  const { gl } = prepare(stage);
  const photo = await load(url("/photos/hills.png"), null);
  photo.alt = "The photo, which may be shown";
  stage.append(picture(photo, "As an image, it may be seen"));
  const result = await expectSecurityError(() => upload(gl, photo));
  stage.append(nothing("SecurityError", "As a texture"));
  return result;
}

export const trials = { texture, "texture-refused": textureRefused };
