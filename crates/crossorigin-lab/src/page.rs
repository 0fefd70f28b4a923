//! The page that browsers visit, and what its elements load.

use bytes::Bytes;
use crossorigin::html::{CorsSettings, Initiator};
use serde_json::{Value, json};

use crate::attempt::Attempt;
use crate::case::{Case, Host};
use crate::places::Places;

/// The page, for one visit.
pub(crate) fn html(places: &Places, visit: u32, seed: u64) -> String {
    let origins = Host::ALL.map(|host| places.origin(host));
    include_str!("page/lab.html")
        .replace("{origins}", &json!(origins).to_string())
        .replace("{visit}", &visit.to_string())
        .replace("{seed}", &seed.to_string())
}

/// The type and the text of a file that the page loads.
pub(crate) fn file(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "lab.css" => ("text/css", include_str!("page/lab.css")),
        "lab.js" => ("text/javascript", include_str!("page/lab.js")),
        "run.js" => ("text/javascript", include_str!("page/run.js")),
        _ => return None,
    })
}

const FONT: &[u8] = include_bytes!("../../crossorigin-cli/src/demo/assets/origin.woff2");
/// One white pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// What a response to this initiator holds.
pub(crate) fn body_for(initiator: Initiator) -> Bytes {
    Bytes::from_static(match initiator {
        Initiator::Image => PIXEL,
        Initiator::Font | Initiator::FontFace => FONT,
        Initiator::Script | Initiator::Module => b"self.ran = (self.ran ?? 0) + 1;",
        Initiator::Stylesheet => b"p { color: green }",
        Initiator::EventSource => b"data: here\n\n",
        _ => b"body",
    })
}

/// The type that it says.
pub(crate) fn type_for(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Image => "image/gif",
        Initiator::Font | Initiator::FontFace => "font/woff2",
        Initiator::Script | Initiator::Module => "text/javascript",
        Initiator::Stylesheet => "text/css",
        Initiator::EventSource => "text/event-stream",
        _ => "text/plain",
    }
}

/// A case, as the page takes it.
pub(crate) fn describe(case: &Case, attempt: Attempt, places: &Places) -> Value {
    let url = places.url(case.hops[0].host, &attempt.to_string(), case.number, 0);
    let mut names: Vec<&str> =
        case.hops.iter().flat_map(|hop| hop.actual.headers.iter().map(|(name, _)| *name)).collect();
    names.sort_unstable();
    names.dedup();
    let asks: Vec<Value> = case
        .asks
        .iter()
        .map(|ask| {
            json!({
                "as": ask.initiator.name(),
                "crossorigin": match ask.settings {
                    CorsSettings::NoCors => Value::Null,
                    CorsSettings::Anonymous => "anonymous".into(),
                    CorsSettings::UseCredentials => "use-credentials".into(),
                },
                "method": ask.method,
                "headers": ask.headers,
                "body": ask.body.then_some("body"),
                "credentials": ask.credentials.unwrap_or("same-origin"),
                "mode": ask.mode,
                "redirect": ask.redirect,
                "upload": ask.upload_listener,
                "after": ask.after.as_millis(),
            })
        })
        .collect();
    json!({ "number": case.number, "attempt": attempt.to_string(), "url": url, "names": names, "asks": asks })
}
