//! The CORS-preflight fetch: what is asked, and how the answer is judged.

use std::time::Duration;

use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::cors_check::cors_check;
use super::cors_preflight_cache::CorsPreflightCache;
use super::reason::NetworkErrorReason;
use crate::infrastructure::header_names::is_cors_non_wildcard_request_header_name;
use crate::infrastructure::header_values::{extract_delta_seconds, extract_header_list_values};
use crate::infrastructure::methods::is_cors_safelisted_method;
use crate::infrastructure::request::{CredentialsMode, Request};
use crate::infrastructure::request_headers::cors_unsafe_request_header_names;
use crate::infrastructure::shared_header_value;

/// How long an answer is kept that says nothing valid about it.
const DEFAULT_MAX_AGE: u64 = 5;

/// The headers of the OPTIONS request that asks for permission, which never carries credentials.
/// [Source](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0).
pub fn cors_preflight_request_headers(request: &Request) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    // 2, 3. Any type is welcome; the method is asked for even where it is safelisted.
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if let Ok(method) = HeaderValue::from_str(request.method.as_str()) {
        headers.insert(ACCESS_CONTROL_REQUEST_METHOD, method);
    }
    // 4, 5. The names are joined by bare commas: all user agents do so.
    let names = cors_unsafe_request_header_names(&request.headers);
    let names = names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(",");
    if let Some(names) = shared_header_value(names) {
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, names);
    }
    // 6. A request whose response tainting is "cors" always says its origin.
    headers.insert(ORIGIN, request.byte_serialize_origin());
    headers
}

/// Judges the answer to a preflight for `request`, and keeps in the cache what it permits.
/// [Source](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0).
///
/// # Errors
/// The step at which the answer fails.
pub fn cors_preflight_response(
    request: &Request,
    status: StatusCode,
    response: &HeaderMap,
    cache: &mut CorsPreflightCache,
    now: Duration,
) -> Result<(), NetworkErrorReason> {
    // 7. The check is on the request itself, whose credentials mode counts; then the status.
    cors_check(request, response).map_err(NetworkErrorReason::PreflightCorsCheck)?;
    if !status.is_success() {
        return Err(NetworkErrorReason::PreflightStatus(status.as_u16()));
    }
    // 7.1 to 7.3. One bad item fails the whole list.
    let methods = extract_header_list_values(response, &ACCESS_CONTROL_ALLOW_METHODS)
        .map_err(|_| NetworkErrorReason::PreflightAllowMethodsSyntax)?;
    let header_names = extract_header_list_values(response, &ACCESS_CONTROL_ALLOW_HEADERS)
        .map_err(|_| NetworkErrorReason::PreflightAllowHeadersSyntax)?
        .unwrap_or_default();
    // 7.4. What was asked for by the flag alone is kept as if it were listed.
    let method = request.method.as_str().as_bytes();
    let methods = match methods {
        None if request.use_cors_preflight => vec![method],
        methods => methods.unwrap_or_default(),
    };
    let wildcards_count = request.credentials_mode != CredentialsMode::Include;
    // 7.5. The method counts case-sensitively; safelisted ones need no listing.
    let any_method = wildcards_count && methods.contains(&&b"*"[..]);
    if !any_method && !is_cors_safelisted_method(method) && !methods.contains(&method) {
        return Err(NetworkErrorReason::PreflightMethod);
    }
    let is_named = |name: &HeaderName| {
        header_names.iter().any(|listed| listed.eq_ignore_ascii_case(name.as_str().as_bytes()))
    };
    // 7.6. Authorization must be named.
    let needs_naming =
        |name: &&HeaderName| is_cors_non_wildcard_request_header_name(name.as_str().as_bytes());
    if let Some(name) = request.headers.keys().filter(needs_naming).find(|name| !is_named(name)) {
        return Err(NetworkErrorReason::PreflightHeader(name.clone()));
    }
    // 7.7. Every other name is listed, or covered by the wildcard.
    let any_header = wildcards_count && header_names.contains(&&b"*"[..]);
    let unsafe_names = cors_unsafe_request_header_names(&request.headers);
    if let Some(name) = unsafe_names.into_iter().find(|name| !any_header && !is_named(name)) {
        return Err(NetworkErrorReason::PreflightHeader(name));
    }
    // 7.8 to 7.15. All that is listed is kept, not just what was asked for; the cache caps the time.
    let max_age =
        extract_delta_seconds(response, &ACCESS_CONTROL_MAX_AGE).ok().flatten().unwrap_or(DEFAULT_MAX_AGE);
    cache.store(request, &methods, &header_names, Duration::from_secs(max_age), now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    type Pairs<'a> = &'a [(&'static str, &'static str)];

    fn header_map(pairs: Pairs<'_>) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn request(method: &str, headers: Pairs<'_>) -> Request {
        let page = "https://a.example".parse().unwrap();
        let mut request = Request::new(page, "https://b.example/".parse().unwrap());
        request.method = Method::from_bytes(method.as_bytes()).unwrap();
        request.headers = header_map(headers);
        request
    }

    #[test]
    fn the_question_is_to_the_byte() {
        let headers = [("x-foo", "1"), ("accept", "text/html"), ("content-type", "application/json")];
        let asked = cors_preflight_request_headers(&request("patch", &headers));
        let expected = header_map(&[
            ("accept", "*/*"),
            ("access-control-request-method", "patch"),
            ("access-control-request-headers", "content-type,x-foo"),
            ("origin", "https://a.example"),
        ]);
        assert_eq!(asked, expected);
        let asked = cors_preflight_request_headers(&request("PUT", &[]));
        assert!(!asked.contains_key(ACCESS_CONTROL_REQUEST_HEADERS));
    }

    const METHODS: &str = "access-control-allow-methods";
    const HEADERS: &str = "access-control-allow-headers";

    #[test]
    fn the_answer_is_judged_in_order() {
        use NetworkErrorReason as R;
        let authorization: Pairs<'_> = &[("authorization", "x")];
        let foo: Pairs<'_> = &[("x-foo", "1")];
        let no_header = |name| Err(R::PreflightHeader(HeaderName::from_static(name)));
        for (method, headers, credentials, status, answer, expected) in [
            ("PUT", &[][..], false, 204, &[(METHODS, "PUT")][..], Ok(())),
            ("PUT", &[], false, 299, &[(METHODS, "GET, PUT")], Ok(())),
            ("PUT", &[], false, 301, &[(METHODS, "PUT")], Err(R::PreflightStatus(301))),
            ("PUT", &[], false, 401, &[(METHODS, "PUT")], Err(R::PreflightStatus(401))),
            ("PUT", &[], false, 204, &[], Err(R::PreflightMethod)),
            ("PUT", &[], false, 204, &[(METHODS, "put")], Err(R::PreflightMethod)),
            ("PUT", &[], false, 204, &[(METHODS, "*")], Ok(())),
            ("PUT", &[], true, 204, &[(METHODS, "*")], Err(R::PreflightMethod)),
            ("patch", &[], false, 204, &[(METHODS, "PATCH")], Err(R::PreflightMethod)),
            ("PUT", &[], false, 204, &[(METHODS, "PUT, a b")], Err(R::PreflightAllowMethodsSyntax)),
            ("POST", foo, false, 204, &[(HEADERS, "X-FOO")], Ok(())),
            ("POST", foo, false, 204, &[(HEADERS, "*")], Ok(())),
            ("POST", foo, true, 204, &[(HEADERS, "*")], no_header("x-foo")),
            ("POST", foo, false, 204, &[], no_header("x-foo")),
            ("POST", foo, false, 204, &[(HEADERS, "x-foo;")], Err(R::PreflightAllowHeadersSyntax)),
            ("GET", authorization, false, 204, &[(HEADERS, "*")], no_header("authorization")),
            ("GET", authorization, false, 204, &[(HEADERS, "*, Authorization")], Ok(())),
        ] {
            let mut request = request(method, headers);
            let mut answer = header_map(answer);
            answer.insert("access-control-allow-origin", HeaderValue::from_static("https://a.example"));
            answer.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
            if credentials {
                request.credentials_mode = CredentialsMode::Include;
            }
            let status = StatusCode::from_u16(status).unwrap();
            let mut cache = CorsPreflightCache::default();
            let result = cors_preflight_response(&request, status, &answer, &mut cache, Duration::ZERO);
            assert_eq!(result, expected, "{method} {headers:?} {answer:?}");
            assert_eq!(cache.is_empty(), result.is_err(), "{method} {headers:?} {answer:?}");
        }
        let (mut cache, put) = (CorsPreflightCache::default(), request("PUT", &[]));
        let result =
            cors_preflight_response(&put, StatusCode::FOUND, &HeaderMap::new(), &mut cache, Duration::ZERO);
        assert!(matches!(result, Err(R::PreflightCorsCheck(_))), "the check comes before the status");
    }

    #[test]
    fn answers_are_kept_for_as_long_as_they_say() {
        for (lines, seconds) in [
            (&[][..], 5),
            (&["10"], 10),
            (&["x"], 5),
            (&["-1"], 5),
            (&["10", "10"], 5),
            (&["999999"], 86_400),
        ] {
            let mut request = request("GET", &[]);
            request.use_cors_preflight = true;
            let mut answer = header_map(&[("access-control-allow-origin", "*")]);
            for line in lines {
                answer.append(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(line));
            }
            let mut cache = CorsPreflightCache::default();
            let now = Duration::ZERO;
            cors_preflight_response(&request, StatusCode::OK, &answer, &mut cache, now).unwrap();
            let kept = |at| cache.method_cache_entry_match(&request, b"GET", Duration::from_secs(at));
            assert!(kept(seconds - 1) && !kept(seconds), "{lines:?}");
        }
    }
}
