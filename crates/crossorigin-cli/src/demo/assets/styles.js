// What style sheets load with CORS: fonts, and shapes for text to flow around.

import { blocked, explain, make, ok } from "./trial.js";
import { exchanges } from "./wire.js";

const word = "crossorigin";

async function font({ stage, url, tag }) {
  const family = `Origin ${tag}`;
  const specimen = make("p", { className: "specimen" }, word);
  stage.append(specimen);
  specimen.style.fontFamily = `"${family}", monospace`;
  const fallback = widthOf(`"${family}", monospace`);
  const face = new FontFace(family, `url("${url("/fonts/origin.woff2")}")`);
  try {
    document.fonts.add(await face.load());
  } catch (error) {
    return blocked(`${explain(error)} The word stays in the fallback font.`);
  }
  const own = widthOf(`"${family}", monospace`);
  if (own === fallback) throw new Error("The font loaded, but the word is as wide as before");
  const without = await askedWithOrigin(tag) ? "" : ". This browser asked for it without CORS, as WebKit does";
  return ok(`The word is ${Math.round(own)} px wide, in the fallback font ${Math.round(fallback)} px${without}`);
}

/** Whether the host has answered a request that said its origin. */
async function askedWithOrigin(tag) {
  const seen = await exchanges(tag);
  return seen.exchanges.some(({ request }) => request.some(([name]) => name === "origin"));
}

function widthOf(family) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `64px ${family}`;
  return context.measureText(word).width;
}

async function shape({ stage, url, tag }) {
  const image = url("/photos/moon.png");
  const moon = make("div", { className: "moon", role: "img", ariaLabel: "A moon" });
  // Two addresses: what was loaded without CORS, to be seen, must not stand in for what is loaded with it.
  moon.style.backgroundImage = `url("${image}&as=background")`;
  moon.style.shapeOutside = `url("${image}")`;
  const text = make("p", {}, "Where the picture is transparent, the lines may come closer, and where it is not, they keep away. " +
    "So a paragraph can lie along a coast, lean on a hill, or bend around a moon like this one. For that the browser " +
    "needs the outline, and the outline is knowledge about the picture, which belongs to its host.");
  stage.append(make("div", { className: "flow" }, moon, text));
  // No event tells when a shape is there: look at the lines, until the host has answered and a while longer.
  const end = performance.now() + 5000;
  let answeredAt = Infinity;
  for (;;) {
    const edges = lineStarts(text);
    if (edges >= 3) return ok(`The lines start at ${edges} different places`);
    const now = performance.now();
    if (now > end || now > answeredAt + 600) return blocked("The lines start at the edge of the picture’s square");
    if (answeredAt === Infinity && await askedWithOrigin(tag)) answeredAt = performance.now();
    await new Promise(requestAnimationFrame);
  }
}

/** How many different left edges the lines beside the float have. */
function lineStarts(text) {
  const range = document.createRange();
  range.selectNodeContents(text);
  const own = text.getBoundingClientRect().left;
  const starts = [...range.getClientRects()].map(({ left }) => Math.round(left)).filter(left => left > own + 4);
  return new Set(starts).size;
}

export const trials = { font, "font-refused": font, shape, "shape-refused": shape };
