/**
 * The middleware of a policy. It belongs before everything that may answer, authentication too: it answers preflights, and
 * gives every other answer its headers, in place of those that handlers set.
 */
function cors(name) {
  const policy = policies[name];
  return (request, response, next) => {
    // Of several the first counts.
    if (response.locals.corsPolicy) return next();
    response.locals.corsPolicy = name;
    const decision = decide(policy, request);
    const writeHead = response.writeHead;
    response.writeHead = function (...all) {
      replaced(policy, decision).forEach((header) => response.removeHeader(header));
      for (const [header, value] of Object.entries(decision.headers)) response.setHeader(header, value);
      const merged = mergeVary([response.getHeader("vary") ?? []].flat(), decision.vary);
      if (merged) response.setHeader("Vary", merged);
      return writeHead.apply(this, all);
    };
    return decision.status ? response.status(decision.status).end() : next();
  };
}

module.exports = { cors };
