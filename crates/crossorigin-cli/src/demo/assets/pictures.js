// Pictures, and what may be done with their pixels.

import { blocked, expectSecurityError, make, ok } from "./trial.js";
import { signIn, withCookie } from "./requests.js";

/** Loads an image; `crossOrigin` is `null`, "anonymous" or "use-credentials". */
export function load(url, crossOrigin) {
  return new Promise((loaded, failed) => {
    const image = new Image();
    image.crossOrigin = crossOrigin;
    image.onload = () => loaded(image);
    image.onerror = () => failed(new Error(`${url} did not load`));
    image.src = url;
  });
}

export function picture(source, caption, properties = {}) {
  if (!(source instanceof Node)) source = make("img", { src: source, ...properties });
  return make("figure", {}, source, make("figcaption", {}, caption));
}

/** Where a picture would be, had it been allowed. */
export function nothing(sentence, caption) {
  return make("figure", { className: "nothing" }, make("p", {}, sentence), make("figcaption", {}, caption));
}

export function canvasOf(source, width, height) {
  const canvas = make("canvas", { width, height, role: "img", ariaLabel: "A canvas with the picture drawn on it" });
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return canvas;
}

const exported = canvas => new Promise(done => canvas.toBlob(done, "image/png"));
const kilobytes = bytes => `${(bytes / 1024).toLocaleString("en", { maximumFractionDigits: 1 })} KB`;

async function circle({ stage, url }) {
  const photo = await load(url("/photos/hills.png"), "anonymous");
  photo.alt = "Hills under an evening sun";
  stage.append(picture(photo, "720 × 480, as it came"));
  const side = 480;
  const canvas = make("canvas", { width: side, height: side });
  const context = canvas.getContext("2d");
  context.beginPath();
  context.arc(side / 2, side / 2, side / 2, 0, 2 * Math.PI);
  context.clip();
  context.drawImage(photo, (720 - side) * 0.8, 0, side, side, 0, 0, side, side);
  const blob = await exported(canvas);
  const result = await load(URL.createObjectURL(blob), null);
  Object.assign(result, { alt: "The same photo, cut to a circle", className: "result" });
  stage.append(picture(result, "Cut, exported, put back"));
  return ok(`PNG of ${side} × ${side} pixels, ${kilobytes(blob.size)}`);
}

function* days() {
  for (let day = new Date(Date.UTC(2023, 0, 1)); day.getUTCFullYear() <= 2025; day.setUTCDate(day.getUTCDate() + 1)) {
    yield new Date(day);
  }
}

/** A year is a band, a week a column, Monday above. */
function place(day) {
  const year = day.getUTCFullYear();
  const first = Date.UTC(year, 0, 1);
  const ofYear = (day - first) / 86_400_000 + (new Date(first).getUTCDay() + 6) % 7;
  return { column: Math.floor(ofYear / 7), row: ofYear % 7, band: year - 2023 };
}

async function wall({ stage, url, progress }) {
  const tile = 32, gap = 24;
  const all = [...days()];
  const columns = 1 + Math.max(...all.map(day => place(day).column));
  const canvas = make("canvas", { width: columns * tile, height: 3 * 7 * tile + 2 * gap, className: "wall", role: "img", ariaLabel: "The wall, being drawn" });
  const context = canvas.getContext("2d");
  stage.append(make("figure", { className: "full" }, canvas, make("figcaption", {}, "2023, 2024 and 2025; a column is a week, from Monday to Sunday")));
  let drawn = 0;
  const hang = async day => {
    const photo = await load(url(`/photos/${day.toISOString().slice(0, 10)}.png`), "anonymous");
    const { column, row, band } = place(day);
    context.drawImage(photo, column * tile, (band * 7 + row) * tile + band * gap, tile - 2, tile - 2);
    if (++drawn % 32 === 0) progress(`${drawn.toLocaleString("en")} of ${all.length.toLocaleString("en")}`);
  };
  await Promise.all(all.map(hang));
  const blob = await exported(canvas);
  const source = URL.createObjectURL(blob);
  const result = await load(source, null);
  Object.assign(result, { alt: "1,096 small landscapes, whose colours follow the seasons of three years", className: "result wall" });
  canvas.replaceWith(result);
  stage.append(make("a", { className: "button", href: source, download: "three-years.png" }, "Save the PNG"));
  return ok(`${drawn.toLocaleString("en")} photos in one PNG of ${canvas.width} × ${canvas.height} pixels, ${kilobytes(blob.size)}`);
}
wall.most = 1;

const kept = "crossorigin-demo-export";

async function storage({ stage, url }) {
  const before = localStorage.getItem(kept);
  const photo = await load(url("/photos/hills.png"), "anonymous");
  const canvas = canvasOf(photo, 300, 200);
  const text = canvas.toDataURL("image/png");
  localStorage.setItem(kept, text);
  const back = localStorage.getItem(kept);
  const result = await load(back, null);
  Object.assign(result, { alt: "The photo, as local storage gave it back", className: "result" });
  const remove = make("button", { type: "button" }, "Remove it");
  remove.addEventListener("click", () => {
    localStorage.removeItem(kept);
    remove.replaceWith(make("p", { className: "quiet", role: "status" }, "Removed."));
  });
  stage.append(picture(result, before ? "Was there since an earlier run, and was replaced" : "Kept, and read back"), remove);
  if (back !== text) throw new Error("Local storage gave back something else");
  return ok(`${kilobytes(text.length)} of text under “${kept}”`);
}

async function withCredentials({ stage, url }) {
  await signIn(url);
  const photo = await load(url("/api/private.png"), "use-credentials");
  photo.alt = "Hills under a winter moon";
  photo.className = "result";
  stage.append(picture(photo, "For visitors with a cookie"));
  const pixel = canvasOf(photo, 6, 4).getContext("2d").getImageData(3, 2, 1, 1).data;
  return ok(`Loaded and readable: the middle is rgb(${[...pixel].slice(0, 3).join(", ")})`);
}

withCredentials.decides = withCookie;

async function withoutCredentials({ stage, url }) {
  try {
    await load(url("/api/private.png"), "anonymous");
  } catch {
    stage.append(nothing("401", "No cookie was sent"));
    return blocked("The image fired its error event");
  }
  return ok("The photo came without a cookie");
}

withoutCredentials.decides = ["cookie"];

async function canvasRefused({ stage, url }) {
  const photo = await load(url("/photos/hills.png"), null);
  const canvas = canvasOf(photo, 480, 320);
  stage.append(picture(canvas, "On the canvas, for eyes only"));
  const result = await expectSecurityError(() => canvas.toDataURL());
  stage.append(nothing("SecurityError", "Exported"));
  return result;
}

async function imageRefused({ stage, url }) {
  try {
    await load(url("/photos/hills.png"), "anonymous");
  } catch {
    stage.append(nothing("Not loaded", "The image"));
    return blocked("The image fired its error event");
  }
  return ok("The photo loaded");
}

async function bitmapRefused({ stage, url }) {
  const bitmap = await createImageBitmap(await load(url("/photos/hills.png"), null));
  const canvas = canvasOf(bitmap, 480, 320);
  stage.append(picture(canvas, `The bitmap of ${bitmap.width} × ${bitmap.height}, drawn`));
  const result = await expectSecurityError(() => canvas.getContext("2d").getImageData(0, 0, 1, 1));
  stage.append(nothing("SecurityError", "Its pixels"));
  return result;
}

/** A film at its second second. */
function film(url, crossOrigin) {
  return new Promise((shown, failed) => {
    const video = make("video", { muted: true, playsInline: true, preload: "auto", crossOrigin, ariaLabel: "A sun over hills" });
    video.onerror = () => failed(new Error(`${url} did not load`));
    video.onloadeddata = () => {
      video.onseeked = () => shown(video);
      video.currentTime = 1.5;
    };
    video.src = url;
  });
}

async function videoFrame({ stage, url }) {
  const video = await film(url("/film/film.webm"), "anonymous");
  stage.append(picture(video, "The film"));
  const result = await load(canvasOf(video, 320, 200).toDataURL(), null);
  Object.assign(result, { alt: "The frame as an image", className: "result" });
  stage.append(picture(result, "Its frame, exported"));
  return ok(`A PNG of 320 × 200 pixels, from second ${video.currentTime}`);
}

async function videoRefused({ stage, url }) {
  const video = await film(url("/film/film.webm"), null);
  stage.append(picture(video, "The film"));
  const result = await expectSecurityError(() => canvasOf(video, 320, 200).toDataURL());
  stage.append(nothing("SecurityError", "Its frame"));
  return result;
}

export const trials = {
  circle,
  wall,
  storage,
  private: withCredentials,
  "private-anonymous": withoutCredentials,
  "canvas-refused": canvasRefused,
  "image-refused": imageRefused,
  "bitmap-refused": bitmapRefused,
  video: videoFrame,
  "video-refused": videoRefused,
};
