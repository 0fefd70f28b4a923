//! Responses that are kept from scripts and stylesheets by their type.

use http::{HeaderMap, HeaderName};
use url::Url;

use super::reason::NetworkErrorReason;
use crate::infrastructure::header_values::{get, get_decode_and_split};
use crate::infrastructure::mime_type::{MimeTypeEssence, extract_mime_type};
use crate::infrastructure::request::Destination;

const X_CONTENT_TYPE_OPTIONS: HeaderName = http::header::X_CONTENT_TYPE_OPTIONS;

/// Whether a response's type keeps it from what asked for it.
/// [Source](https://fetch.spec.whatwg.org/#concept-main-fetch), step 20.
///
/// # Errors
/// It does, by its type alone or by `nosniff`.
pub(super) fn check_mime_type(
    destination: Destination,
    headers: &HeaderMap,
) -> Result<(), NetworkErrorReason> {
    if !matches!(destination, Destination::Script | Destination::Style) {
        return Ok(());
    }
    let content_type = get(headers, &http::header::CONTENT_TYPE);
    let essence = content_type.as_deref().and_then(extract_mime_type);
    if destination == Destination::Script && essence.is_some_and(is_no_script) {
        return Err(NetworkErrorReason::ScriptMimeType);
    }
    // [Source](https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?).
    if determine_nosniff(headers) {
        let fits = essence.is_some_and(|essence| match destination {
            Destination::Style => essence.is("text", "css"),
            _ => essence.is_javascript(),
        });
        if !fits {
            return Err(NetworkErrorReason::Nosniff);
        }
    }
    Ok(())
}

/// Whether the type that a `data:` URL says keeps it from what asked for it.
/// [Source](https://fetch.spec.whatwg.org/#data-url-processor).
///
/// # Errors
/// It does.
pub(super) fn check_data_url(destination: Destination, url: &Url) -> Result<(), NetworkErrorReason> {
    let text = url[url::Position::AfterScheme..].strip_prefix(':').unwrap_or_default();
    // The type stands before the comma. One that is none is taken for text/plain, which keeps nothing out.
    let essence = text.split(',').next().map(str::as_bytes).and_then(MimeTypeEssence::parse);
    if destination == Destination::Script && essence.is_some_and(is_no_script) {
        return Err(NetworkErrorReason::ScriptMimeType);
    }
    Ok(())
}

/// Images and tables are no scripts, whoever says so.
/// [Source](https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?).
fn is_no_script(essence: MimeTypeEssence<'_>) -> bool {
    ["audio", "image", "video"].iter().any(|kind| essence.has_type(kind)) || essence.is("text", "csv")
}

/// [Source](https://fetch.spec.whatwg.org/#determine-nosniff).
fn determine_nosniff(headers: &HeaderMap) -> bool {
    let value = get(headers, &X_CONTENT_TYPE_OPTIONS);
    let is_nosniff = |first: &&[u8]| first.eq_ignore_ascii_case(b"nosniff");
    value.is_some_and(|value| get_decode_and_split(&value).first().is_some_and(is_nosniff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn types_keep_responses_from_scripts_and_styles() {
        use Destination::{Empty, Image, Script, Style};
        use NetworkErrorReason::{Nosniff, ScriptMimeType};
        for (destination, content_type, options, expected) in [
            (Script, Some("image/png"), None, Err(ScriptMimeType)),
            (Script, Some("AUDIO/x"), None, Err(ScriptMimeType)),
            (Script, Some("video/mp4;codecs=x"), None, Err(ScriptMimeType)),
            (Script, Some("text/csv"), None, Err(ScriptMimeType)),
            (Script, Some("text/html"), None, Ok(())),
            (Script, Some("text/javascript, image/png"), None, Err(ScriptMimeType)),
            (Script, Some("image/png, text/plain, */*, x"), None, Ok(())),
            (Script, None, None, Ok(())),
            (Script, None, Some("nosniff"), Err(Nosniff)),
            (Script, Some("text/plain"), Some("nosniff"), Err(Nosniff)),
            (Script, Some("text/javascript;charset=utf-8"), Some("nosniff"), Ok(())),
            (Script, Some("application/X-JavaScript"), Some("NoSniff, x"), Ok(())),
            (Script, Some("text/plain"), Some("x, nosniff"), Ok(())),
            (Script, Some("text/plain"), Some("\"nosniff\""), Ok(())),
            (Style, Some("image/png"), None, Ok(())),
            (Style, Some("text/plain"), Some("nosniff"), Err(Nosniff)),
            (Style, Some("text/css"), Some("nosniff"), Ok(())),
            (Image, Some("text/plain"), Some("nosniff"), Ok(())),
            (Empty, Some("text/plain"), Some("nosniff"), Ok(())),
        ] {
            let headers: HeaderMap =
                [(http::header::CONTENT_TYPE, content_type), (X_CONTENT_TYPE_OPTIONS, options)]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, HeaderValue::from_static(value?))))
                    .collect();
            let result = check_mime_type(destination, &headers);
            assert_eq!(result, expected, "{destination:?} {content_type:?} {options:?}");
        }
    }
}
