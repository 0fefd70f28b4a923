// Requests that elements and style rules make.

import { error, load, pause } from "./interfaces.js";
import { canRead } from "./pixels.js";

const stage = document.querySelector("#stage");

/** How long a shape may take to show after its image came. */
const SHAPE_PATIENCE = 400;

function make(name, properties = {}, style = {}) {
  const made = Object.assign(document.createElement(name), properties);
  Object.assign(made.style, style);
  return made;
}

/** Waits for an element to load or to fail. */
function element(name, properties, ask, loaded = "load") {
  return new Promise(done => {
    const element = make(name);
    if (ask.crossorigin !== null) element.crossOrigin = ask.crossorigin;
    element.addEventListener(loaded, () => done(element));
    element.addEventListener("error", () => done(null));
    Object.assign(element, properties);
    if (name !== "img") stage.append(element);
  });
}

export async function byImage(ask, url) {
  const image = await element("img", { src: url }, ask);
  return image ? load(await canRead(image, ask.reading)) : error;
}

export async function byScript(ask, url, type) {
  const script = await element("script", { src: url, type }, ask);
  script?.remove();
  return script ? load(false) : error;
}

export async function byStylesheet(ask, url) {
  const link = await element("link", { rel: "stylesheet", href: url }, ask);
  if (!link) return error;
  try {
    return load(link.sheet.cssRules.length > 0);
  } catch {
    return load(false);
  } finally {
    link.remove();
  }
}

/** A video or a sound. It is let go afterwards, or the browser would hold its decoder. */
export async function byMedia(ask, url, name) {
  const media = await element(name, { muted: true, preload: "auto", src: url }, ask, "loadeddata");
  if (!media) return error;
  try {
    // WebKit may have loaded data before there is a frame to draw, and nothing drawn taints nothing.
    let readable = name === "video";
    for (let nth = 0; readable && nth < (ask.crossorigin === null ? 4 : 1); nth++) {
      if (nth > 0) await pause(50);
      readable = await canRead(media, ask.reading);
    }
    return load(readable);
  } finally {
    media.removeAttribute("src");
    media.load();
    media.remove();
  }
}

/** A track asks by the attribute of the video that it belongs to. */
export function byTrack(ask, url) {
  return new Promise(done => {
    const video = make("video");
    if (ask.crossorigin !== null) video.crossOrigin = ask.crossorigin;
    const track = make("track", { kind: "metadata", src: url });
    const end = seen => {
      video.remove();
      done(seen);
    };
    track.onload = () => end(load(track.track.cues.length > 0));
    track.onerror = () => end(error);
    video.append(track);
    stage.append(video);
    track.track.mode = "hidden";
  });
}

/** A document where nobody else changes styles, over which WebKit may forget its fonts; this one where none can be had. */
async function quietDocument() {
  const frame = make("iframe", { title: "font", srcdoc: "<!doctype html>" }, { position: "fixed", inset: "auto auto 0 0", width: "40px", height: "30px", border: 0, opacity: .01 });
  await new Promise(done => {
    frame.onload = done;
    document.body.append(frame);
  });
  return [frame.contentDocument ?? document, frame];
}

/** A font of a style rule, which is fetched once a text wants it. */
export async function byFontRule(url, number) {
  const family = `lab-${number}`;
  const rule = make("style", { textContent: `@font-face { font-family: ${family}; src: url(${JSON.stringify(url)}) }` });
  const [quiet, frame] = await quietDocument();
  quiet.head.append(rule);
  try {
    const [font] = await quiet.fonts.load(`1em ${family}`);
    return font?.status === "loaded" ? load(true) : error;
  } catch {
    return error;
  } finally {
    rule.remove();
    frame.remove();
  }
}

/** Nothing tells script of a mask: the servers say when nothing more is likely to come. */
export async function byMask(url, settled) {
  const masked = make("div", { textContent: "masked" }, { maskImage: `url(${JSON.stringify(url)})` });
  stage.append(masked);
  await fetch(settled);
  masked.remove();
  return { ...error, result: "sent" };
}

/** The shape of a clear image lets text flow where its float is. */
export async function byShape(url, settled) {
  const box = make("div", {}, { display: "flow-root", width: "300px" });
  const shapeOutside = `url(${JSON.stringify(url)})`;
  const text = make("span", { textContent: "text" });
  box.append(make("div", {}, { float: "left", width: "100px", height: "100px", shapeOutside }), text);
  stage.append(box);
  const start = box.offsetLeft;
  await fetch(settled);
  const end = performance.now() + SHAPE_PATIENCE;
  const flows = () => text.offsetLeft - start < 100;
  while (!flows() && performance.now() < end) await pause(20);
  const seen = flows() ? load(true) : error;
  box.remove();
  return seen;
}
