const http = require("node:http");
const path = require("node:path");
const express = require("express");

const CORS_HEADERS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-max-age",
  "access-control-expose-headers",
];
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/** All lines of a header, as they came. */
function lines(request, name) {
  const found = [];
  for (let nth = 0; nth < request.rawHeaders.length; nth += 2) {
    if (request.rawHeaders[nth].toLowerCase() === name) found.push(request.rawHeaders[nth + 1]);
  }
  return found;
}

function isAllowed(policy, origin) {
  return policy.origins.has(origin) || policy.patterns.some((pattern) => pattern.test(origin));
}

/** Whether all names of a list are taken; intermediaries may have split and spaced it. */
function areNamesAllowed(policy, list) {
  return policy.names.test(list) && !(policy.butNames && policy.butNames.test(list));
}

/** What a policy says to a request: the status where it answers itself, and the headers of whatever is answered. */
function decide(policy, request) {
  const headers = {};
  const [origins, methods] = [lines(request, "origin"), lines(request, "access-control-request-method")];
  const isOptions = request.method === "OPTIONS";
  const isPreflight = isOptions && origins.length > 0 && methods.length > 0;
  let isRead = origins.length === 1 && isAllowed(policy, origins[0]);
  const names = lines(request, "access-control-request-headers").join(",");
  if (isPreflight) isRead &&= methods.length === 1 && policy.methods.test(methods[0]) && areNamesAllowed(policy, names);
  else if (policy.isPublic) isRead = true;

  const isWebSocket =
    /^websocket$/i.test(request.headers.upgrade ?? "") &&
    /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(request.headers.connection ?? "");
  const changes = !["GET", "HEAD", "OPTIONS", "TRACE"].includes(request.method) || isWebSocket;
  const site = request.headers["sec-fetch-site"];
  const isOwn = site === undefined ? origins[0] === policy.own : site === "same-origin";
  const isForbidden = policy.own && changes && !isPreflight && !isRead && origins.length > 0 && !isOwn;

  if (isRead) {
    headers["Access-Control-Allow-Origin"] = policy.isPublic ? "*" : origins[0];
    if (policy.credentials) headers["Access-Control-Allow-Credentials"] = "true";
  }
  if (isPreflight && isRead) {
    const allowMethods = policy.echoesMethod ? methods[0] : policy.allowMethods;
    const allowHeaders = policy.echoesNames ? names : policy.allowHeaders;
    if (allowMethods) headers["Access-Control-Allow-Methods"] = allowMethods;
    if (allowHeaders) headers["Access-Control-Allow-Headers"] = allowHeaders;
    if (policy.maxAge !== undefined) headers["Access-Control-Max-Age"] = policy.maxAge;
  }
  if (!isPreflight) {
    if (isRead && policy.exposeHeaders) headers["Access-Control-Expose-Headers"] = policy.exposeHeaders;
    if (policy.timing === "any") headers["Timing-Allow-Origin"] = "*";
    if (policy.timing === "allowed" && isRead) headers["Timing-Allow-Origin"] = headers["Access-Control-Allow-Origin"];
    if (policy.resourcePolicy) headers["Cross-Origin-Resource-Policy"] = policy.resourcePolicy;
  }
  const vary = [];
  if (isOptions) vary.push("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers");
  else if (policy.own && changes) vary.push("Origin", "Sec-Fetch-Site");
  else if (policy.varies) vary.push("Origin");
  const status = isPreflight ? policy.preflightStatus : isForbidden ? 403 : undefined;
  return { status, headers, vary, isPreflight };
}

/** Names that are there already are not said twice. */
function mergeVary(there, names) {
  const said = there.flatMap((line) => line.split(",")).map((name) => name.trim()).filter(Boolean);
  if (said.includes("*")) return "*";
  const lower = said.map((name) => name.toLowerCase());
  return [...said, ...names.filter((name) => !lower.includes(name.toLowerCase()))].join(", ");
}

function replaced(policy, decision) {
  const names = [...CORS_HEADERS];
  if (!decision.isPreflight && policy.timing) names.push("timing-allow-origin");
  if (!decision.isPreflight && policy.resourcePolicy) names.push("cross-origin-resource-policy");
  return names;
}

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
