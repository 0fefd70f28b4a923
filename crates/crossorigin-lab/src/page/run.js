// Runs cases, each in the document that it is for.

import { runHere } from "./cases.js";
import { runInFrame } from "./frames.js";

export { learnCookies, pause } from "./interfaces.js";

const CONCURRENT = 12;

/** Runs one case. */
export const runCase = described => (described.realm === "page" ? runHere(described) : runInFrame(described));

/** Runs many cases, some at a time. */
export async function runAll(cases) {
  const reports = [];
  const lane = async () => {
    for (let next = cases.shift(); next; next = cases.shift()) reports.push(await runCase(next));
  };
  await Promise.all(Array.from({ length: CONCURRENT }, lane));
  return reports;
}
