//! The CORS check.

use std::fmt;

use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{HeaderMap, HeaderValue};

use super::trace::{Event, Section, StepNumber, Trace};
use crate::infrastructure::header_values::get;
use crate::infrastructure::request::{CredentialsMode, Request};

/// Where the CORS check stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsCheckError {
    /// There is no `Access-Control-Allow-Origin` (step 2).
    AllowOriginMissing,
    /// `Access-Control-Allow-Origin` is `*`, but the request is with credentials (step 4).
    AllowOriginWildcard,
    /// `Access-Control-Allow-Origin`, all lines joined, is another value (step 4).
    AllowOriginMismatch(Vec<u8>),
    /// `Access-Control-Allow-Credentials` is not exactly `true`; `None` where it is absent (step 8).
    AllowCredentials(Option<Vec<u8>>),
}

impl CorsCheckError {
    /// The number of the step.
    pub(super) fn step(&self) -> &'static str {
        match self {
            Self::AllowOriginMissing => "2",
            Self::AllowOriginWildcard | Self::AllowOriginMismatch(_) => "4",
            Self::AllowCredentials(_) => "8",
        }
    }
}

impl fmt::Display for CorsCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowOriginMissing => {
                f.write_str("Access-Control-Allow-Origin is missing; send the request's origin in it")
            }
            Self::AllowOriginWildcard => f.write_str(
                "Access-Control-Allow-Origin is * for a request with credentials; send the request's origin",
            ),
            Self::AllowOriginMismatch(value) => write!(
                f,
                "Access-Control-Allow-Origin is {:?}; send the request's origin, byte for byte and once",
                String::from_utf8_lossy(value)
            ),
            Self::AllowCredentials(None) => {
                f.write_str("Access-Control-Allow-Credentials is missing; send true")
            }
            Self::AllowCredentials(Some(value)) => write!(
                f,
                "Access-Control-Allow-Credentials is {:?}; send true, in lower case and once",
                String::from_utf8_lossy(value)
            ),
        }
    }
}

impl std::error::Error for CorsCheckError {}

/// Whether a response may be shared with the page that asked for it.
/// [Source](https://fetch.spec.whatwg.org/#concept-cors-check).
///
/// # Errors
/// The step that says no.
pub fn cors_check(request: &Request, response: &HeaderMap) -> Result<(), CorsCheckError> {
    cors_check_for(&request.byte_serialize_origin(), request.credentials_mode, response, &mut ())
}

/// The check for a serialized origin. What fits is told to the trace; what does not is in the error.
pub(super) fn cors_check_for<T: Trace>(
    request_origin: &HeaderValue,
    credentials_mode: CredentialsMode,
    response: &HeaderMap,
    trace: &mut T,
) -> Result<(), CorsCheckError> {
    const SECTION: Section = Section::CorsCheck;
    // 1, 2. All lines count as one value, and there must be one.
    let origin = get(response, &ACCESS_CONTROL_ALLOW_ORIGIN).ok_or(CorsCheckError::AllowOriginMissing)?;
    let with_credentials = credentials_mode == CredentialsMode::Include;
    // 3. Everyone may read what is asked for without credentials.
    if !with_credentials && *origin == *b"*" {
        trace.step(StepNumber::new(SECTION, "3"), || Event::AllowOriginFits(HeaderValue::from_static("*")));
        return Ok(());
    }
    // 4. The origin counts byte for byte; that of a sandbox is matched by the word null.
    if request_origin.as_bytes() != &*origin {
        return Err(match &*origin {
            b"*" => CorsCheckError::AllowOriginWildcard,
            other => CorsCheckError::AllowOriginMismatch(other.to_vec()),
        });
    }
    trace.step(StepNumber::new(SECTION, "4"), || Event::AllowOriginFits(request_origin.clone()));
    // 5. Without credentials that is all.
    if !with_credentials {
        return Ok(());
    }
    // 6 to 8. With them the response says so, in one spelling.
    match get(response, &ACCESS_CONTROL_ALLOW_CREDENTIALS) {
        Some(value) if *value == *b"true" => {
            trace.step(StepNumber::new(SECTION, "7"), || Event::AllowCredentialsFits);
            Ok(())
        }
        other => Err(CorsCheckError::AllowCredentials(other.map(std::borrow::Cow::into_owned))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infrastructure::request_origin::Origin;
    use http::HeaderName;

    #[test]
    fn the_check_is_to_the_byte() {
        use CredentialsMode::{Include, Omit, SameOrigin};
        let page = "https://a.example";
        for (origin, mode, allow_origin, allow_credentials, shared) in [
            (page, SameOrigin, &["*"][..], &[][..], true),
            (page, Omit, &["*"], &[], true),
            (page, Include, &["*"], &["true"], false),
            (page, SameOrigin, &[page], &[], true),
            (page, Include, &[page], &["true"], true),
            (page, Include, &[page], &[], false),
            (page, Include, &[page], &["True"], false),
            (page, Include, &[page], &["true", "true"], false),
            (page, Include, &[page], &["true, true"], false),
            (page, SameOrigin, &[], &["true"], false),
            (page, SameOrigin, &[page, page], &[], false),
            (page, SameOrigin, &["*", "*"], &[], false),
            (page, SameOrigin, &["https://a.example/"], &[], false),
            (page, SameOrigin, &["https://A.example"], &[], false),
            (page, SameOrigin, &["https://a.example:443"], &[], false),
            (page, SameOrigin, &["http://a.example"], &[], false),
            (page, SameOrigin, &["https://*.example"], &[], false),
            (page, SameOrigin, &["null"], &[], false),
            (page, SameOrigin, &[""], &[], false),
            ("null", SameOrigin, &["null"], &[], true),
            ("null", Include, &["null"], &["true"], true),
            ("null", SameOrigin, &["NULL"], &[], false),
        ] {
            let url = url::Url::parse("https://b.example/").unwrap();
            let mut request = Request::new(origin.parse::<Origin>().unwrap(), url);
            request.credentials_mode = mode;
            let mut headers = HeaderMap::new();
            let mut add = |name: HeaderName, values: &[&str]| {
                for value in values {
                    headers.append(&name, HeaderValue::from_str(value).unwrap());
                }
            };
            add(ACCESS_CONTROL_ALLOW_ORIGIN, allow_origin);
            add(ACCESS_CONTROL_ALLOW_CREDENTIALS, allow_credentials);
            let result = cors_check(&request, &headers);
            assert_eq!(result.is_ok(), shared, "{origin} {mode:?} {allow_origin:?}: {result:?}");
        }
    }
}
