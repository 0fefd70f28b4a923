//! The CORS-preflight fetch: what is asked, and how the answer is judged.

use std::time::Duration;

use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, LOCATION, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::cors_check::cors_check_for;
use super::http_network_or_cache_fetch::Purpose;
use super::http_redirect_fetch::is_redirect_status;
use super::machine::Context;
use super::reason::NetworkErrorReason;
use super::response::ResponseHead;
use super::trace::{By, Event, Section, StepNumber, Trace};
use crate::infrastructure::header_names::is_cors_non_wildcard_request_header_name;
use crate::infrastructure::header_values::{
    extract_delta_seconds, extract_header_list_values, get, parse_delta_seconds,
};
use crate::infrastructure::methods::is_cors_safelisted_method;
use crate::infrastructure::request::{CredentialsMode, Request};
use crate::infrastructure::shared_header_value;
use crate::profiles::{BadMaxAge, Behavior, CoversAuthorization, PreflightOrder};

/// How long an answer is kept that says nothing valid about it.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5);

/// The headers of the OPTIONS request that asks for permission, which never carries credentials.
/// [Source](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0).
pub fn cors_preflight_request_headers(request: &Request, behavior: &Behavior) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    // 2, 3. Any type is welcome; the method is asked for even where it is safelisted.
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if let Ok(method) = HeaderValue::from_str(request.method.as_str()) {
        headers.insert(ACCESS_CONTROL_REQUEST_METHOD, method);
    }
    // 4, 5. The names are joined by bare commas: all user agents do so.
    let names = request.names_to_ask_for(behavior);
    let names: Vec<_> = names.iter().map(HeaderName::as_str).collect();
    let names = names.join(",");
    if let Some(names) = shared_header_value(names) {
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, names);
    }
    // 6. A request whose response tainting is "cors" always says its origin.
    headers.insert(ORIGIN, preflight_origin(request, behavior));
    headers
}

/// The origin that a preflight says, and whose permission its response must give.
fn preflight_origin(request: &Request, behavior: &Behavior) -> HeaderValue {
    // DEVIATION: firefox-preflight-origin-after-redirect.
    if behavior.preflight_origin_is_never_tainted {
        return request.origin.serialized();
    }
    request.byte_serialize_origin()
}

/// Judges the answer to a preflight for `request`, and keeps in the cache what it permits.
/// [Source](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0).
///
/// # Errors
/// The step at which the answer fails.
pub(super) fn cors_preflight_response<T: Trace>(
    request: &Request,
    response: ResponseHead<'_>,
    behavior: &Behavior,
    context: &mut Context<'_>,
    trace: &mut T,
) -> Result<(), NetworkErrorReason> {
    const SECTION: Section = Section::CorsPreflightFetch;
    // 7. The check is on the request itself, whose credentials mode counts; then the status.
    let check = |trace: &mut T| {
        let origin = preflight_origin(request, behavior);
        if behavior.preflight_origin_is_never_tainted && request.is_same_origin() {
            return Ok(());
        }
        let checked = cors_check_for(&origin, request.credentials_mode, response.headers, trace);
        trace.step(StepNumber::new(SECTION, "7"), || Event::CorsCheck(Purpose::Preflight, checked.clone()));
        checked.map_err(NetworkErrorReason::PreflightCorsCheck)
    };
    let judge_status = |trace: &mut T| {
        trace.step(StepNumber::new(SECTION, "7"), || Event::PreflightStatus(response.status));
        let status = response.status;
        status.is_success().then_some(()).ok_or(NetworkErrorReason::PreflightStatus(status.as_u16()))
    };
    // DEVIATION: chromium-preflight-redirect-first, webkit-preflight-status-first.
    match behavior.preflight_order {
        PreflightOrder::CorsCheckFirst => {
            check(trace)?;
            judge_status(trace)?;
        }
        PreflightOrder::RedirectFirst => {
            if is_redirect_status(response.status) && response.headers.contains_key(LOCATION) {
                judge_status(trace)?;
            }
            check(trace)?;
            judge_status(trace)?;
        }
        PreflightOrder::StatusFirst => {
            judge_status(trace)?;
            check(trace)?;
        }
    }
    // 7.1 to 7.3. One bad item fails the whole list.
    let methods = extract_header_list_values(response.headers, &ACCESS_CONTROL_ALLOW_METHODS)
        .map_err(|_| NetworkErrorReason::PreflightAllowMethodsSyntax)?;
    let header_names = extract_header_list_values(response.headers, &ACCESS_CONTROL_ALLOW_HEADERS)
        .map_err(|_| NetworkErrorReason::PreflightAllowHeadersSyntax)?
        .unwrap_or_default();
    // 7.4. What was asked for by the flag alone is kept as if it were listed.
    let method = request.method.as_str().as_bytes();
    let methods = match methods {
        // DEVIATION: chromium-upload-listener-method.
        None if request.use_cors_preflight && behavior.upload_listener_permits_method => vec![method],
        methods => methods.unwrap_or_default(),
    };
    // DEVIATION: webkit-failed-preflight-is-kept.
    if behavior.failed_preflight_is_kept {
        keep(request, response, &methods, &header_names, behavior, context, trace);
        return permits(request, &methods, &header_names, behavior, trace);
    }
    permits(request, &methods, &header_names, behavior, trace)?;
    keep(request, response, &methods, &header_names, behavior, context, trace);
    Ok(())
}

/// Whether these lists permit a request.
fn permits<T: Trace>(
    request: &Request,
    methods: &[&[u8]],
    header_names: &[&[u8]],
    behavior: &Behavior,
    trace: &mut T,
) -> Result<(), NetworkErrorReason> {
    const SECTION: Section = Section::CorsPreflightFetch;
    let method = request.method.as_str().as_bytes();
    let wildcards_count = request.credentials_mode != CredentialsMode::Include;
    // 7.5. The method counts case-sensitively; safelisted ones need no listing.
    let by = if methods.contains(&method) {
        By::Name
    } else if is_cors_safelisted_method(method) {
        By::Safelist
    } else if wildcards_count && methods.contains(&&b"*"[..]) {
        By::Wildcard
    } else {
        return Err(NetworkErrorReason::PreflightMethod);
    };
    trace.step(StepNumber::new(SECTION, "7.5"), || Event::MethodPermitted(request.method.clone(), by));
    // 7.6, 7.7. Every name is listed, or covered by the wildcard, which does not cover Authorization.
    let any_header = wildcards_count && header_names.contains(&&b"*"[..]);
    let must_be_named = |name: &HeaderName| {
        // DEVIATION: the entries named authorization-under-wildcard.
        behavior.wildcard_covers_authorization == CoversAuthorization::Nowhere
            && is_cors_non_wildcard_request_header_name(name.as_str().as_bytes())
    };
    let mut permit = |name: &HeaderName, number| {
        let is_named =
            header_names.iter().any(|listed| listed.eq_ignore_ascii_case(name.as_str().as_bytes()));
        let by = match (is_named, any_header && !must_be_named(name)) {
            (true, _) => By::Name,
            (false, true) => By::Wildcard,
            (false, false) => return Err(NetworkErrorReason::PreflightHeader(name.clone())),
        };
        trace.step(StepNumber::new(SECTION, number), || Event::HeaderPermitted(name.clone(), by));
        Ok(())
    };
    for name in request.headers.keys().filter(|name| must_be_named(name)) {
        permit(name, "7.6")?;
    }
    for name in &request.names_to_ask_for(behavior) {
        if !must_be_named(name) {
            permit(name, "7.7")?;
        }
    }
    Ok(())
}

/// Keeps what a preflight's response lists, for as long as it says and the user agent lets it.
fn keep<T: Trace>(
    request: &Request,
    response: ResponseHead<'_>,
    methods: &[&[u8]],
    header_names: &[&[u8]],
    behavior: &Behavior,
    context: &mut Context<'_>,
    trace: &mut T,
) {
    // 7.8 to 7.15. All that is listed is kept, not just what was asked for.
    let kept = max_age(response.headers, behavior).map(|seconds| seconds.min(behavior.max_age_cap));
    let Some(max_age) = kept else { return };
    context.cache.store(request, methods, header_names, max_age, behavior, context.now);
    trace.step(StepNumber::new(Section::CorsPreflightFetch, "7.15"), || {
        let owned =
            |list: &[&[u8]]| list.iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect();
        Event::PermissionKept { methods: owned(methods), header_names: owned(header_names), max_age }
    });
}

/// For how long a response to a preflight wants to be kept; `None` where it is not to be kept at all.
fn max_age(headers: &HeaderMap, behavior: &Behavior) -> Option<Duration> {
    let value = get(headers, &ACCESS_CONTROL_MAX_AGE);
    let value = value.as_deref().unwrap_or_default();
    let extracted = match value.strip_prefix(b"+") {
        // DEVIATION: the entries named signed-max-age.
        Some(digits) if behavior.max_age_may_have_a_plus => parse_delta_seconds(digits).map(Some),
        _ => extract_delta_seconds(headers, &ACCESS_CONTROL_MAX_AGE),
    };
    let bad = match extracted {
        // DEVIATION: firefox-zero-max-age.
        Ok(Some(0)) if behavior.zero_max_age_changes_nothing => BadMaxAge::NotKept,
        // DEVIATION: the entries named large-max-age.
        Ok(Some(seconds)) if seconds > behavior.largest_max_age => behavior.bad_max_age,
        Ok(Some(seconds)) => return Some(Duration::from_secs(seconds)),
        // No value is as good as no header.
        Ok(None) => BadMaxAge::Default,
        Err(_) if value.is_empty() => BadMaxAge::Default,
        // DEVIATION: firefox-bad-max-age, chromium-negative-max-age, webkit-negative-max-age.
        Err(_) if is_negative(value) => behavior.negative_max_age,
        Err(_) => behavior.bad_max_age,
    };
    match bad {
        BadMaxAge::Default => Some(DEFAULT_MAX_AGE),
        BadMaxAge::Zero => Some(Duration::ZERO),
        BadMaxAge::NotKept => None,
    }
}

fn is_negative(value: &[u8]) -> bool {
    value.strip_prefix(b"-").is_some_and(|digits| parse_delta_seconds(digits).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetching::CorsPreflightCache;
    use http::{Method, StatusCode};

    fn judge(
        request: &Request,
        status: StatusCode,
        headers: &HeaderMap,
        cache: &mut CorsPreflightCache,
    ) -> Result<(), NetworkErrorReason> {
        let mut context = Context { cache, now: Duration::ZERO };
        let response = ResponseHead::new(status, headers);
        cors_preflight_response(request, response, &Behavior::STANDARD, &mut context, &mut ())
    }

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
        let asked = cors_preflight_request_headers(&request("patch", &headers), &Behavior::STANDARD);
        let expected = header_map(&[
            ("accept", "*/*"),
            ("access-control-request-method", "patch"),
            ("access-control-request-headers", "content-type,x-foo"),
            ("origin", "https://a.example"),
        ]);
        assert_eq!(asked, expected);
        let asked = cors_preflight_request_headers(&request("PUT", &[]), &Behavior::STANDARD);
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
            ("PUT", &[], false, 304, &[(METHODS, "PUT")], Err(R::PreflightStatus(304))),
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
            let result = judge(&request, status, &answer, &mut cache);
            assert_eq!(result, expected, "{method} {headers:?} {answer:?}");
            assert_eq!(cache.is_empty(), result.is_err(), "{method} {headers:?} {answer:?}");
        }
        let (mut cache, put) = (CorsPreflightCache::default(), request("PUT", &[]));
        let result = judge(&put, StatusCode::FOUND, &HeaderMap::new(), &mut cache);
        assert!(matches!(result, Err(R::PreflightCorsCheck(_))), "the check comes before the status");
    }

    #[test]
    fn answers_are_kept_for_as_long_as_they_say() {
        for (lines, seconds) in [
            (&[][..], 5),
            (&["10"], 10),
            (&["x"], 5),
            (&[""], 5),
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
            judge(&request, StatusCode::OK, &answer, &mut cache).unwrap();
            let kept = |at| {
                let now = Duration::from_secs(at);
                cache.method_cache_entry_match(&request, b"GET", &Behavior::STANDARD, now)
            };
            assert!(kept(seconds - 1) && !kept(seconds), "{lines:?}");
        }
    }
}
