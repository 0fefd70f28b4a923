//! Style sheets: how they are loaded, what they load, and who may read their rules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
mod support;

use support::{Files, console};

const CSS: &str = "Content-Type: text/css\r\n";
const SHARED: &str = "Content-Type: text/css\r\nAccess-Control-Allow-Origin: *\r\n";
const OWN: Files = &[
    ("/own.css", CSS, b"p { color: red } @media print { q { color: blue } }"),
    ("/imports.css", CSS, b"@import 'own.css'; @import 'none.css'; p { color: green }"),
    ("/endless.css", CSS, b"@import 'endless.css';"),
    ("/plain.txt", "Content-Type: text/plain\r\n", b"p { color: red }"),
    ("/untyped.css", "", b"p { color: red }"),
];
const OTHER: Files = &[
    ("/closed.css", CSS, b"secret { color: red } @import 'x.css'"),
    ("/open.css", SHARED, b"p { background: url(picture.png) }"),
    (
        "/images.css",
        CSS,
        b".here { shape-outside: url(closed.png) } .gone { shape-outside: url(closed.png?2) }",
    ),
];

const MISSING: &str = "Failed to load resource: the server responded with a status of 404 (Not Found)";

fn page(html: &str) -> Vec<String> {
    console(&format!("<!doctype html><title>x</title>{html}"), OWN, OTHER)
}

#[test]
fn sheets_load_by_their_rules() {
    let report =
        "onload=\"console.log('load', sheet.cssRules.length)\" onerror=\"console.log('error', sheet)\"";
    for (link, expected) in [
        ("href=own.css", &["load 2"][..]),
        ("href=imports.css", &[MISSING, "load 3"]),
        ("href=none.css", &[MISSING, "error null"]),
        ("href=plain.txt", &["error null"]),
        ("href=untyped.css", &["load 1"]),
        ("href=endless.css", &["load 1"]),
        ("href=own.css type=text/other", &[]),
        ("href=own.css disabled", &[]),
        ("href='http://['", &["error null"]),
        ("href={other}/open.css crossorigin", &["load 1"]),
        (
            "href={other}/closed.css crossorigin",
            &[
                "Access to CSS stylesheet at '{other}/closed.css' from origin '{own}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
                "Failed to load resource: net::ERR_FAILED",
                "error null",
            ],
        ),
        (
            "href=own.css integrity=sha256-AAAA",
            &["{own}/own.css: What {own}/own.css answers has not the hash that is demanded.", "error null"],
        ),
    ] {
        assert_eq!(page(&format!("<link rel=stylesheet {link} {report}>")), expected, "{link}");
    }
}

#[test]
fn rules_are_shown_to_the_page_that_may_read_them() {
    let show = "<script>
        const sheet = document.styleSheets[0];
        const show = read => { try { console.log(read()); } catch (e) { console.log(e.name); } };
        show(() => [sheet.href?.split('/').pop(), sheet.ownerNode.tagName, sheet.type]);
        show(() => sheet.cssRules.map(rule => rule.constructor.name + ' ' + rule.cssText).join(' | '));
        show(() => sheet.cssRules[0].style.color);
        show(() => sheet.cssRules[1].cssRules[0].selectorText + sheet.cssRules[1].conditionText);
      </script>";
    let rules = "CSSStyleRule p { color: red; } | CSSMediaRule @media print {\n  q { color: blue; }\n}";
    // Before a script, the style sheets are there.
    assert_eq!(
        page(&format!("<link rel=stylesheet href=own.css>{show}")),
        ["[\"own.css\", \"LINK\", \"text/css\"]", rules.lines().next().unwrap(), "red", "qprint"]
    );
    assert_eq!(
        page(&format!("<link rel=stylesheet href={{other}}/closed.css>{show}")),
        ["[\"closed.css\", \"LINK\", \"text/css\"]", "SecurityError", "SecurityError", "SecurityError"]
    );
    assert_eq!(
        page(&format!("<style>p {{ color: red }}</style>{show}"))[..3],
        ["[undefined, \"STYLE\", \"text/css\"]", "CSSStyleRule p { color: red; }", "red"]
    );
}

#[test]
fn shapes_and_masks_are_asked_for_by_cors() {
    let blocked = |url: &str| {
        format!(
            "Access to image at '{{other}}/{url}' from origin '{{own}}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
        )
    };
    for (html, expected) in [
        ("<p class=here><link rel=stylesheet href={other}/images.css>", Some("closed.png")),
        ("<style>p { shape-outside: url({other}/a.png) }</style><p>", Some("a.png")),
        ("<style>p { -webkit-mask-image: url({other}/a.png) }</style><p>", Some("a.png")),
        ("<style>q { shape-outside: url({other}/a.png) }</style><p>", None),
        ("<style>p { background: url({other}/a.png) }</style><p>", None),
        ("<p style='shape-outside: url({other}/a.png)'>", Some("a.png")),
        (
            "<p id=p><script>p = document.getElementById('p'); p.style.shapeOutside = 'url({other}/a.png)'</script>",
            Some("a.png"),
        ),
        // What comes when the page is there already, and what is not there any more when it would be shown.
        (
            "<p id=p><script>onload = () => setTimeout(() => p.style.maskImage = 'url({other}/a.png)')</script>",
            Some("a.png"),
        ),
        (
            "<style>.late { mask: url({other}/a.png) }</style><p id=p><script>onload = () => setTimeout(() => p.className = 'late')</script>",
            Some("a.png"),
        ),
        (
            "<script>onload = () => setTimeout(() => { const q = document.createElement('q'); q.style.shapeOutside = 'url({other}/a.png)'; document.body.append(q) })</script>",
            Some("a.png"),
        ),
        (
            "<p id=p><script>onload = () => setTimeout(() => { p.style.maskImage = 'url({other}/a.png)'; p.remove() })</script>",
            None,
        ),
    ] {
        let said = page(html);
        let said = said.first().filter(|line| *line != MISSING);
        assert_eq!(said.cloned(), expected.map(blocked), "{html}");
    }
}

#[test]
fn fonts_of_sheets_are_asked_for_by_cors() {
    assert_eq!(
        page(
            "<style>@font-face { font-family: Far; src: url({other}/open.css); font-weight: 700 }
               @font-face { font-family: Closed; src: url({other}/closed.css) }</style>
             <script>onload = () => document.fonts.ready.then(fonts => console.log([...fonts].map(f => `${f.family} ${f.weight} ${f.status}`)));</script>"
        )
        .into_iter()
        .filter(|line| line.starts_with("Access to font") || line.starts_with('['))
        .collect::<Vec<_>>(),
        [
            "Access to font at '{other}/closed.css' from origin '{own}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
            "[\"Far 700 error\", \"Closed normal error\"]",
        ]
    );
}
