const CORS_HEADERS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-max-age",
  "access-control-expose-headers",
];

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
