-- What is found out of a request is kept for its response.
local KEPT = "crossorigin"
local CORS_HEADERS = {
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-max-age",
  "access-control-expose-headers",
}
local SAFE = { GET = true, HEAD = true, OPTIONS = true, TRACE = true }
local TOKEN = "^[!#$%%&'*+%.^_`|~%w-]+$"

local function is_label(label)
  return label:find("^[a-z0-9]") ~= nil and label:find("[a-z0-9]$") ~= nil and label:find("^[a-z0-9-]+$") ~= nil
end

-- The scheme, host and port of an origin as browsers write it.
local function parse(origin)
  local scheme, rest = origin:match("^([a-z][a-z0-9+.-]*)://(.+)$")
  if not scheme then return nil end
  local host = rest:match("^%[[0-9a-f:]+%]") or rest:match("^[a-z0-9.-]+")
  if not host then return nil end
  if not host:find("^%[") then
    for label in (host .. "."):gmatch("([^.]*)%.") do
      if not is_label(label) then return nil end
    end
  end
  local port = rest:sub(#host + 1)
  if port ~= "" then
    port = port:match("^:(%d%d?%d?%d?%d?)$")
    if not port then return nil end
  end
  return scheme, host, port
end

local function matches(pattern, scheme, host, port)
  if scheme ~= pattern.scheme then return false end
  if pattern.port ~= "*" and port ~= pattern.port then return false end
  if not pattern.subdomains then return host == pattern.host end
  return #host > #pattern.host + 1 and host:sub(-#pattern.host - 1) == "." .. pattern.host
end

local function is_origin_allowed(policy, origin)
  if policy.origins[origin] then return true end
  if origin == "null" then return policy.null end
  local scheme, host, port = parse(origin)
  if not scheme then return false end
  if policy.any then return true end
  for _, pattern in ipairs(policy.patterns) do
    if matches(pattern, scheme, host, port) then return true end
  end
  return false
end

local function is_method_allowed(policy, method)
  return policy.methods[method] or (policy.methods["*"] and method:find(TOKEN) ~= nil)
end

-- Whether all names of a list are taken; intermediaries may have spaced it.
local function are_names_allowed(policy, list)
  for element in (list .. ","):gmatch("([^,]*),") do
    local name = element:match("^%s*(.-)%s*$"):lower()
    if name ~= "" and not policy.names[name] then
      local by_any = policy.names["*"] and name ~= "authorization" and name:find(TOKEN) ~= nil
      if not by_any then return false end
    end
  end
  return true
end

local function lines(headers, name)
  local found = {}
  for nth = 0, headers:getNumValues(name) - 1 do found[#found + 1] = headers:getAtIndex(name, nth) end
  return found
end

local function has_element(list, wanted)
  for element in ((list or "") .. ","):gmatch("([^,]*),") do
    if element:match("^%s*(.-)%s*$"):lower() == wanted then return true end
  end
  return false
end

-- What is to be said in the response, by header.
local function decide(policy, headers)
  local method = headers:get(":method")
  local origins, methods = lines(headers, "origin"), lines(headers, "access-control-request-method")
  local is_options = method == "OPTIONS"
  local is_preflight = is_options and #origins > 0 and #methods > 0
  local names = table.concat(lines(headers, "access-control-request-headers"), ",")
  local is_read = #origins == 1 and is_origin_allowed(policy, origins[1])
  if is_preflight then
    is_read = is_read and #methods == 1 and is_method_allowed(policy, methods[1]) and are_names_allowed(policy, names)
  elseif policy.public then
    is_read = true
  end

  local is_websocket = (headers:get("upgrade") or ""):lower() == "websocket"
    and has_element(headers:get("connection"), "upgrade")
  local changes = not SAFE[method] or is_websocket
  local site = headers:get("sec-fetch-site")
  local is_own = (site == nil and origins[1] == policy.own) or site == "same-origin"
  local is_forbidden = policy.own and changes and not is_preflight and not is_read and #origins > 0 and not is_own

  local said = {}
  if is_read then
    said["access-control-allow-origin"] = policy.public and "*" or origins[1]
    if policy.credentials then said["access-control-allow-credentials"] = "true" end
  end
  if is_preflight and is_read then
    said["access-control-allow-methods"] = policy.echoes_method and methods[1] or policy.allow_methods
    if policy.echoes_names then
      if names ~= "" then said["access-control-allow-headers"] = names end
    else
      said["access-control-allow-headers"] = policy.allow_headers
    end
    said["access-control-max-age"] = policy.max_age
  end
  if not is_preflight then
    if is_read then said["access-control-expose-headers"] = policy.expose_headers end
    if policy.timing == "any" then said["timing-allow-origin"] = "*" end
    if policy.timing == "allowed" then said["timing-allow-origin"] = said["access-control-allow-origin"] or "" end
    said["cross-origin-resource-policy"] = policy.resource_policy
  end
  local vary = ""
  if is_options then
    vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
  elseif policy.own and changes then
    vary = "Origin, Sec-Fetch-Site"
  elseif policy.varies then
    vary = "Origin"
  end
  local status = (is_preflight and policy.preflight_status) or (is_forbidden and "403") or nil
  return status, said, vary
end

-- Whether a body is announced that is larger than the route takes.
local function is_too_large(handle)
  local most = handle:metadata():get("most_bytes")
  local length = tonumber(handle:headers():get("content-length") or "")
  return most ~= nil and length ~= nil and length > most
end

function envoy_on_request(handle)
  local name = handle:metadata():get("policy")
  local policy = name and POLICIES[name]
  if not policy then return end
  local status, said, vary = decide(policy, handle:headers())
  local kept = handle:streamInfo():dynamicMetadata()
  kept:set(KEPT, "said", said)
  kept:set(KEPT, "vary", vary)
  -- A path that is refused, and one that no route takes, come first: their status is the route's own.
  if status and (status ~= "403" or not handle:metadata():get("answers")) and not handle:metadata():get("refuses") then
    handle:respond({ [":status"] = status }, "")
  elseif is_too_large(handle) then
    handle:respond({ [":status"] = "413" }, "")
  end
end

function envoy_on_response(handle)
  local kept = handle:streamInfo():dynamicMetadata():get(KEPT)
  if not kept then return end
  local headers = handle:headers()
  for _, name in ipairs(CORS_HEADERS) do headers:remove(name) end
  for name, value in pairs(kept.said) do
    if value == "" then headers:remove(name) else headers:replace(name, value) end
  end
  local there = table.concat(lines(headers, "vary"), ", ")
  for name in kept.vary:gmatch("[^, ]+") do
    if not has_element(there, name:lower()) and not has_element(there, "*") then
      there = there == "" and name or there .. ", " .. name
    end
  end
  if there ~= "" then headers:replace("vary", there) end
end
