// Runs one case in the document that it is for, and tells what script saw of it. The servers saw the rest.

import { byFontRule, byImage, byMask, byMedia, byScript, byShape, byStylesheet, byTrack } from "./elements.js";
import { byBeacon, byEventSource, byFetch, byFontFace, byXhr, error, pause } from "./interfaces.js";

const PATIENCE = 10_000;

async function run(ask, { url, names, number, settled }) {
  switch (ask.as) {
    case "fetch": return byFetch(ask, url, names);
    case "xhr": return byXhr(ask, url, names);
    case "image":
    case "webgl-texture": return byImage(ask, url);
    case "script": return byScript(ask, url, "");
    case "module": return byScript(ask, url, "module");
    case "stylesheet": return byStylesheet(ask, url);
    case "font": return byFontRule(url, number);
    case "font-face": return byFontFace(url);
    case "eventsource": return byEventSource(ask, url);
    case "beacon": return byBeacon(ask, url, settled);
    case "video":
    case "audio": return byMedia(ask, url, ask.as);
    case "track": return byTrack(ask, url);
    case "css-mask": return byMask(url, settled);
    case "css-shape": return byShape(url, settled);
    default: throw new Error(`nobody asks as ${ask.as}`);
  }
}

/** The URL of a blob of this document that holds what a `data:` URL does. */
function blobUrl(url) {
  const [head, text] = url.split(";base64,");
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: head.slice("data:".length) }));
}

/** Asks for all that one case asks for, in this document. */
export async function runHere(described) {
  const { number, attempt, asks } = described;
  if (described.blob) described.url = blobUrl(described.url);
  const seen = [];
  for (const ask of asks) {
    if (ask.after) await pause(ask.after);
    const late = pause(PATIENCE).then(() => ({ ...error, result: "late" }));
    const failed = problem => ({ ...error, result: `page: ${problem}` });
    seen.push(await Promise.race([run(ask, described).catch(failed), late]));
  }
  return { number, attempt, asks: seen };
}
