//! URLs as people write them.

use url::Url;

use crate::input_error::InputError;

/// Reads a URL as it is given to a command. A path alone is one of `page`.
///
/// # Errors
/// What is no URL, or of a scheme that isn't fetched over HTTP.
pub fn address(text: &str, page: Option<&Url>) -> Result<Url, InputError> {
    http_url(text, page.filter(|_| text.starts_with('/')))
        .map_err(|(message, remedy)| InputError::at("URL", text, 0..text.len(), message, remedy))
}

/// Reads a URL that requests can be made to; the error is message and remedy.
pub(crate) fn http_url(text: &str, base: Option<&Url>) -> Result<Url, (String, String)> {
    let url = match base {
        Some(base) => base.join(text),
        None => Url::parse(text),
    };
    let url = url.map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => (
            format!("{text:?} has no scheme and no host"),
            format!("write the whole URL, such as https://{}", plain_host(text)),
        ),
        error => (
            format!("{text:?} is no URL: {error}"),
            "write the whole URL, such as https://api.example/items".to_owned(),
        ),
    })?;
    match url.scheme() {
        "http" | "https" | "data" => Ok(url),
        scheme => Err((
            format!("the scheme {scheme}: is not fetched over HTTP"),
            "write an http: or https: URL".to_owned(),
        )),
    }
}

/// What is written, where it may stand behind a scheme.
fn plain_host(text: &str) -> &str {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/?=&:".contains(letter);
    let bare = text.trim_start_matches('/');
    if bare.contains('.') && bare.len() < 100 && bare.chars().all(is_plain) {
        bare
    } else {
        "api.example/items"
    }
}
