//! What the browser holds for the URL.

use crossorigin_agent::Agent;
use url::Url;

use super::usage::Usage;

/// Words by which `Set-Cookie` is known from `Cookie`.
const ATTRIBUTES: [&str; 8] =
    ["samesite", "secure", "path", "domain", "httponly", "max-age", "expires", "partitioned"];

/// Cookies as `Set-Cookie` would set them, one each: either one with its attributes, or several as `Cookie` has
/// them. Those are taken to be for other sites too, where that can be, and a note says so.
pub(super) fn cookies(text: &str, url: &Url, notes: &mut Vec<String>) -> Result<Vec<String>, Usage> {
    let parts = || text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let is_attribute = |part: &str| {
        let name = part.split('=').next().unwrap_or_default().trim();
        ATTRIBUTES.iter().any(|attribute| name.eq_ignore_ascii_case(attribute))
    };
    if parts().skip(1).any(is_attribute) {
        return match settable(text, url) {
            Ok(()) => Ok(vec![text.to_owned()]),
            Err(why) => Err(Usage(format!("--cookie {text:?}: {why}"))),
        };
    }
    let mut set = Vec::new();
    for pair in parts() {
        if !pair.contains('=') {
            return Err(Usage(format!("--cookie {pair:?} has no =; write name and value, as in session=1")));
        }
        let for_all = format!("{pair}; SameSite=None; Secure");
        if settable(&for_all, url).is_ok() {
            notes.push(format!(
                "the cookie {} is taken to have SameSite=None; else give it with its attributes, as in Set-Cookie",
                name(pair)
            ));
            set.push(for_all);
        } else if settable(pair, url).is_ok() {
            notes.push(format!("the cookie {} stays on its own site: its URL is not secure", name(pair)));
            set.push(pair.to_owned());
        } else {
            let why = settable(pair, url).err().unwrap_or_default();
            return Err(Usage(format!("--cookie {pair:?}: {why}")));
        }
    }
    Ok(set)
}

fn name(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default().trim()
}

/// Whether a browser would take it.
fn settable(cookie: &str, url: &Url) -> Result<(), String> {
    Agent::with_transport(()).set_cookie(cookie, url).map_err(|error| error.to_string())
}
