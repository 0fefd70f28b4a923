//! The files that the demo carries. `assets/make.py` made font and film.

pub(super) const POLICY: &str = include_str!("policy.toml");
pub(super) const PAGE: &str = include_str!("assets/page.html");
pub(super) const FONT: &[u8] = include_bytes!("assets/origin.woff2");
pub(super) const FILM: &[u8] = include_bytes!("assets/film.webm");

/// What the site serves beside the page: path, type, contents.
pub(super) const FILES: [(&str, &str, &str); 8] = [
    ("/page.css", "text/css; charset=utf-8", include_str!("assets/page.css")),
    ("/main.js", SCRIPT, include_str!("assets/main.js")),
    ("/trial.js", SCRIPT, include_str!("assets/trial.js")),
    ("/wire.js", SCRIPT, include_str!("assets/wire.js")),
    ("/pictures.js", SCRIPT, include_str!("assets/pictures.js")),
    ("/styles.js", SCRIPT, include_str!("assets/styles.js")),
    ("/texture.js", SCRIPT, include_str!("assets/texture.js")),
    ("/requests.js", SCRIPT, include_str!("assets/requests.js")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";
