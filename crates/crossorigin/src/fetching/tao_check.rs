//! The TAO check.

use http::{HeaderMap, HeaderName};

use crate::infrastructure::header_values::{get, get_decode_and_split};
use crate::infrastructure::request::{Mode, Request, ResponseTainting};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// Whether a response's timing may be shown to the page that asked for it.
/// [Source](https://fetch.spec.whatwg.org/#concept-tao-check).
pub fn tao_check(request: &Request, response: &HeaderMap) -> bool {
    // 2. What an earlier hop withheld stays withheld.
    if request.timing_allow_failed {
        return false;
    }
    // 3 to 5. A wildcard or the origin, anywhere in the list.
    if let Some(value) = get(response, &TIMING_ALLOW_ORIGIN) {
        let origin = request.byte_serialize_origin();
        if get_decode_and_split(&value).into_iter().any(|item| item == b"*" || item == origin.as_bytes()) {
            return true;
        }
    }
    // 6. A frame's container learns nothing of a navigation elsewhere.
    if request.mode == Mode::Navigate && !request.is_same_origin() {
        return false;
    }
    // 7, 8. Beyond that only what is the page's own.
    request.response_tainting == ResponseTainting::Basic
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn timing_is_shown_to_whom_it_may_be() {
        use ResponseTainting::{Basic, Cors, Opaque};
        let page = "https://a.example";
        for (value, mode, tainting, failed, shown) in [
            (None, Mode::Cors, Basic, false, true),
            (None, Mode::Cors, Cors, false, false),
            (None, Mode::NoCors, Opaque, false, false),
            (Some("*"), Mode::NoCors, Opaque, false, true),
            (Some("*"), Mode::NoCors, Opaque, true, false),
            (Some("x, https://a.example"), Mode::Cors, Cors, false, true),
            (Some("https://A.example"), Mode::Cors, Cors, false, false),
            (Some("\"*\""), Mode::Cors, Cors, false, false),
            (None, Mode::Navigate, Basic, false, false),
            (Some(page), Mode::Navigate, Basic, false, true),
        ] {
            let url = if tainting == Basic && mode != Mode::Navigate { page } else { "https://b.example" };
            let mut request = Request::new(page.parse().unwrap(), url.parse().unwrap());
            (request.mode, request.response_tainting, request.timing_allow_failed) = (mode, tainting, failed);
            let headers: HeaderMap = value
                .map(|value| (TIMING_ALLOW_ORIGIN, HeaderValue::from_static(value)))
                .into_iter()
                .collect();
            assert_eq!(tao_check(&request, &headers), shown, "{value:?} {mode:?} {tainting:?} {failed}");
        }
        // Once redirects took the origin away, it is null here too.
        let mut astray = Request::new(page.parse().unwrap(), "https://b.example".parse().unwrap());
        astray.append_url("https://c.example".parse().unwrap());
        for (value, shown) in [(page, false), ("null", true)] {
            let headers = [(TIMING_ALLOW_ORIGIN, HeaderValue::from_static(value))].into_iter().collect();
            astray.response_tainting = Cors;
            assert_eq!(tao_check(&astray, &headers), shown, "{value}");
        }
    }
}
