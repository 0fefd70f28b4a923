//! The page that browsers visit, and what its elements load.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crossorigin::html::{CorsSettings, Initiator};
use serde_json::{Value, json};

use crate::attempt::Attempt;
use crate::case::{Body, Case, Hop, Host, Target};
use crate::places::Places;

/// The page, for one visit.
pub(crate) fn html(places: &Places, visit: u32, seed: u64) -> String {
    let origins = Host::ALL.map(|host| places.origin(host));
    include_str!("page/lab.html")
        .replace("{origins}", &json!(origins).to_string())
        .replace("{visit}", &visit.to_string())
        .replace("{seed}", &seed.to_string())
}

/// The document in a frame.
pub(crate) fn frame(places: &Places) -> String {
    include_str!("page/frame.html").replace("{own}", &places.origin(Host::Own))
}

/// The type and the text of a file that the page loads.
pub(crate) fn file(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "lab.css" => ("text/css", include_str!("page/lab.css")),
        "lab.js" => ("text/javascript", include_str!("page/lab.js")),
        "run.js" => ("text/javascript", include_str!("page/run.js")),
        "frames.js" => ("text/javascript", include_str!("page/frames.js")),
        "frame.js" => ("text/javascript", include_str!("page/frame.js")),
        "cases.js" => ("text/javascript", include_str!("page/cases.js")),
        "interfaces.js" => ("text/javascript", include_str!("page/interfaces.js")),
        "elements.js" => ("text/javascript", include_str!("page/elements.js")),
        "pixels.js" => ("text/javascript", include_str!("page/pixels.js")),
        _ => return None,
    })
}

const FONT: &[u8] = include_bytes!("../../crossorigin-cli/src/demo/assets/origin.woff2");
/// One white pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
/// One pixel that is not there.
const CLEAR_PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
/// One white frame of 16 pixels by 16, in VP8.
const FRAME: &[u8] = include_bytes!("page/white.webm");
/// The head of a WAV file of one channel with 8,000 samples a second, of 16 bits each, and one of 400 samples.
const SOUND_HEAD: &[u8] = b"RIFF\x44\x03\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x20\x03\x00\x00";
const SOUND_BYTES: usize = 800;

/// What a response to this initiator holds.
pub(crate) fn body_for(initiator: Initiator) -> Bytes {
    if initiator == Initiator::Audio {
        let mut sound = SOUND_HEAD.to_vec();
        sound.resize(SOUND_HEAD.len() + SOUND_BYTES, 0);
        return sound.into();
    }
    Bytes::from_static(match initiator {
        Initiator::Image | Initiator::WebGlTexture => PIXEL,
        Initiator::CssShape | Initiator::CssMask => CLEAR_PIXEL,
        Initiator::Video => FRAME,
        Initiator::Track => b"WEBVTT\n\n00:00.000 --> 00:01.000\nhere\n",
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
        Initiator::Image | Initiator::WebGlTexture | Initiator::CssShape | Initiator::CssMask => "image/gif",
        Initiator::Video => "video/webm",
        Initiator::Audio => "audio/wav",
        Initiator::Track => "text/vtt",
        Initiator::Font | Initiator::FontFace => "font/woff2",
        Initiator::Script | Initiator::Module => "text/javascript",
        Initiator::Stylesheet => "text/css",
        Initiator::EventSource => "text/event-stream",
        _ => "text/plain",
    }
}

/// The same, in a URL.
pub(crate) fn data_url(initiator: Initiator) -> String {
    format!("data:{};base64,{}", type_for(initiator), STANDARD.encode(body_for(initiator)))
}

/// The headers of every response of a case that are not among its scripted ones.
pub(crate) fn always_sent(case: &Case) -> impl Iterator<Item = &'static str> {
    // What has no body has a length in some answers and none in others, as HTTP is written.
    let has_body = |hop: &Hop| !matches!(hop.actual.status, 204 | 205 | 304);
    let length = case.target == Target::Server && case.hops.iter().all(has_body);
    std::iter::once("content-type").chain(length.then_some("content-length"))
}

/// A case, as the page takes it.
pub(crate) fn describe(case: &Case, attempt: Attempt, places: &Places) -> Value {
    let url = match case.target {
        Target::Server => places.url(case.hops[0].host, &attempt.to_string(), case.number, 0),
        Target::Data | Target::Blob => data_url(case.asks[0].initiator),
    };
    let scripted = case.hops.iter().flat_map(|hop| &hop.actual.headers);
    let mut names: Vec<&str> = scripted.map(|(name, _)| *name).chain(always_sent(case)).collect();
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
                "body": ask.body.map(|body| match body {
                    Body::Text => json!({}),
                    Body::Blob(content_type) => json!({ "type": content_type }),
                }),
                "credentials": ask.credentials.unwrap_or("same-origin"),
                "mode": ask.mode,
                "redirect": ask.redirect,
                "upload": ask.upload_listener,
                "reading": ask.reading.name(),
                "after": ask.after.as_millis(),
            })
        })
        .collect();
    json!({
        "number": case.number,
        "attempt": attempt.to_string(),
        "realm": case.realm.name(),
        "url": url,
        "blob": case.target == Target::Blob,
        "settled": places.settled(&attempt.to_string(), case.number),
        "names": names,
        "asks": asks,
    })
}
