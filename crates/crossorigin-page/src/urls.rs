//! URLs, for the prelude.

use rquickjs::function::Opt;
use rquickjs::{Ctx, Object};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::functions::set;

/// Parses a URL, against a base where there is one.
pub(crate) fn parse_url(url: &str, base: Option<&str>) -> Option<Url> {
    match base {
        Some(base) => Url::parse(base).ok()?.join(url).ok(),
        None => Url::parse(url).ok(),
    }
}

/// A URL's parts, by the names that script has for them.
fn parts(url: &Url) -> String {
    use url::quirks;
    json!({
        "href": url.as_str(),
        "origin": quirks::origin(url),
        "protocol": quirks::protocol(url),
        "username": quirks::username(url),
        "password": quirks::password(url),
        "host": quirks::host(url),
        "hostname": quirks::hostname(url),
        "port": quirks::port(url),
        "pathname": quirks::pathname(url),
        "search": quirks::search(url),
        "hash": quirks::hash(url),
    })
    .to_string()
}

/// Sets a part; a value that it can't have changes nothing.
fn set_part(url: &mut Url, part: &str, value: &str) {
    use url::quirks;
    let _ = match part {
        "protocol" => quirks::set_protocol(url, value),
        "username" => quirks::set_username(url, value),
        "password" => quirks::set_password(url, value),
        "host" => quirks::set_host(url, value),
        "hostname" => quirks::set_hostname(url, value),
        "port" => quirks::set_port(url, value),
        "pathname" => {
            quirks::set_pathname(url, value);
            Ok(())
        }
        "search" => {
            quirks::set_search(url, value);
            Ok(())
        }
        "hash" => {
            quirks::set_hash(url, value);
            Ok(())
        }
        _ => Ok(()),
    };
}

pub(crate) fn define<'js>(ctx: &Ctx<'js>, to: &Object<'js>) -> rquickjs::Result<()> {
    set(ctx, to, "parse_url", |url: String, base: Opt<Option<String>>| {
        parse_url(&url, base.0.flatten().as_deref()).map(|url| parts(&url))
    })?;
    set(ctx, to, "set_url_part", |url: String, part: String, value: String| {
        let mut url = Url::parse(&url).ok()?;
        set_part(&mut url, &part, &value);
        Some(parts(&url))
    })?;
    set(ctx, to, "parse_form", |form: String| {
        json!(form_urlencoded::parse(form.as_bytes()).collect::<Vec<_>>()).to_string()
    })?;
    set(ctx, to, "serialize_form", |pairs: String| {
        let pairs: Vec<(String, String)> = serde_json::from_str(&pairs).unwrap_or_default();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    })
}
