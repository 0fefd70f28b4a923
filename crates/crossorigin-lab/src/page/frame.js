// Runs cases in a frame, for the page around it.

import { runHere } from "./cases.js";
import { learnCookies } from "./interfaces.js";

addEventListener("message", async ({ data: { realm, origins }, ports: [port] }) => {
  await learnCookies(origins, realm);
  port.onmessage = async ({ data: { id, described } }) => port.postMessage({ id, report: await runHere(described) });
  port.postMessage({ id: "ready" });
}, { once: true });
