const http = require("node:http");
const path = require("node:path");
const express = require("express");

const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/** What another server answers, with the policy's headers in place of its own. */
function forward(rule, decision, request, response) {
  const policy = policies[rule.policy];
  const headers = { ...request.headers };
  HOP_BY_HOP.forEach((name) => delete headers[name]);
  headers["x-forwarded-for"] = request.socket.remoteAddress;
  headers["x-forwarded-host"] = request.headers.host;
  headers["x-forwarded-proto"] = "http";
  if (Number(request.headers["content-length"]) > rule.mostBytes) return response.status(413).end();
  const asked = http.request(
    { ...rule.upstream, method: request.method, path: request.originalUrl, headers, timeout: LIMITS.upstreamTimeout },
    (answer) => {
      const drop = new Set([...HOP_BY_HOP, ...(policy ? replaced(policy, decision) : [])]);
      const vary = [];
      for (let nth = 0; nth < answer.rawHeaders.length; nth += 2) {
        const name = answer.rawHeaders[nth].toLowerCase();
        if (name === "vary") vary.push(answer.rawHeaders[nth + 1]);
        else if (!drop.has(name)) response.appendHeader(name, answer.rawHeaders[nth + 1]);
      }
      const merged = mergeVary(vary, decision?.vary ?? []);
      if (merged) response.setHeader("Vary", merged);
      response.writeHead(answer.statusCode);
      answer.pipe(response);
    },
  );
  asked.on("timeout", () => asked.destroy(new Error("the upstream does not answer")));
  asked.on("error", () => (response.headersSent ? response.destroy() : response.status(502).end()));
  request.pipe(asked);
}

function serveFile(rule, request, response, next) {
  if (request.method === "OPTIONS") return response.status(204).end();
  request.url = request.url.slice(rule.prefix.length).replace(/^\/*/, "/");
  return rule.files(request, response, next);
}

function app(listener) {
  const own = express();
  own.disable("x-powered-by");
  own.use((request, response, next) => {
    const url = request.url;
    const isRefused = listener.refused.some((path) => path.test(url));
    let decoded = url.split("?")[0];
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      // Bytes that are no UTF-8 stand for no route's letters.
    }
    const host = (request.headers.host ?? "").toLowerCase().replace(/\.?(?::[0-9]*)?$/, "");
    const asked = lines(request, "access-control-request-method");
    const isPreflight = request.method === "OPTIONS" && asked.length > 0 && lines(request, "origin").length > 0;
    const method = isPreflight ? asked[0] : request.method;
    const takes = (rule) =>
      rule.path.test(decoded) &&
      (rule.hosts.length === 0 || rule.hosts.includes(host)) &&
      (rule.methods.length === 0 || rule.methods.includes(method));
    const rule = isRefused ? undefined : listener.rules.find(takes);
    const policy = policies[rule ? rule.policy : listener.policy];
    const decision = policy && decide(policy, request);
    for (const [name, value] of Object.entries(decision?.headers ?? {})) response.setHeader(name, value);
    if (decision?.vary.length) response.setHeader("Vary", decision.vary.join(", "));
    if (isRefused) return response.status(400).end();
    if (decision?.status) return response.status(decision.status).end();
    if (!rule) return response.status(404).end();
    return rule.upstream ? forward(rule, decision, request, response) : serveFile(rule, request, response, next);
  });
  own.use((request, response) => response.status(404).end());
  // Express's own handler would take the headers away.
  own.use((error, request, response, _next) => response.status(error.status ?? 500).end());
  return own;
}

const files = (folder) => express.static(path.resolve(folder), { redirect: false, fallthrough: false });

for (const listener of listeners()) {
  const server = http.createServer({ maxHeaderSize: LIMITS.headBytes }, app(listener));
  server.headersTimeout = LIMITS.headTimeout;
  server.keepAliveTimeout = LIMITS.idleTimeout;
  server.requestTimeout = 0;
  server.listen(listener.port, listener.host);
}
