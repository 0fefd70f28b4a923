//! URLs as people write them.

use url::Url;

/// Reads a URL that requests can be made to; the error is message and remedy.
pub(crate) fn http_url(text: &str, base: Option<&Url>) -> Result<Url, (String, String)> {
    let url = match base {
        Some(base) => base.join(text),
        None => Url::parse(text),
    };
    let url = url.map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => (
            format!("{text:?} has no scheme and no host"),
            "write the whole URL, such as https://api.example/items".to_owned(),
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
