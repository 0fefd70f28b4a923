//! The demo's page in a real browser: what each demonstration comes to, down to its pixels and to the heads that
//! went over the wire.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use support::browser::{Browser, base64};
use support::demonstrations::{DEMONSTRATIONS, demo, finish};
use support::picture::Picture;
use support::program::Signal;

/// What Chromium's console says of those that fail by the CORS check, to developers alone.
const CONSOLE: [(&str, &str); 6] = [
    ("image-refused", "Access to image at"),
    ("font-refused", "Access to font at"),
    ("shape-refused", "Access to image at"),
    ("fetch-refused", "Response to preflight request doesn't pass access control check"),
    ("xhr-refused", "Response to preflight request doesn't pass access control check"),
    ("events-refused", "Access to resource at"),
];

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn every_demonstration_comes_out_as_it_should() {
    let (program, site) = demo();
    let browser = Browser::start();
    browser.emulate(1280, "light");
    browser.open(&site);
    finish(&browser);
    keep_screenshots(&browser);

    let page = browser.run(
        "return [...document.querySelectorAll('[data-demo]')].map(trial => {
            const { demo, state, detail } = trial.dataset;
            const rows = [...trial.querySelectorAll('.decides')];
            return { demo, state, detail, decides: rows.map(row =>
                `${row.querySelector('dt').lastChild.textContent}: ${row.querySelector('dd').textContent}`) };
        });",
    );
    let page: BTreeMap<&str, &Value> =
        page.as_array().unwrap().iter().map(|trial| (trial["demo"].as_str().unwrap(), trial)).collect();
    assert_eq!(page.len(), DEMONSTRATIONS.len());
    for (name, state, detail, decides) in DEMONSTRATIONS {
        let trial = page[name];
        println!("{name}: {}: {}", trial["state"], trial["detail"]);
        assert_eq!(trial["state"], state, "{trial}");
        assert!(trial["detail"].as_str().unwrap().contains(detail), "{trial} has no {detail:?}");
        let decides = decides.replace("{site}", site.trim_end_matches('/'));
        assert!(trial["decides"].as_array().unwrap().contains(&json!(decides)), "{trial} has no {decides:?}");
    }

    console_names_what_was_refused(&browser.console());
    circle_is_round(&browser);
    wall_has_every_day(&browser);
    export_outlives_the_page(&browser, &site);
    requests_were_what_the_page_says(&browser, &site);
    nothing_came_from_elsewhere(&browser);

    // Ctrl-C, while the browser still holds its connections.
    let (status, _) = program.stop(Signal::INT);
    assert!(status.success(), "{status}");
}

fn console_names_what_was_refused(console: &[String]) {
    let of = |name: &str| {
        let tag = format!("trial={name}.");
        console.iter().filter(move |line| line.contains(&tag) && line.contains("blocked by CORS policy"))
    };
    for (name, reason) in CONSOLE {
        assert!(of(name).any(|line| line.contains(reason)), "{name}: no {reason:?} among {console:#?}");
    }
    for (name, state, ..) in DEMONSTRATIONS {
        assert!(state == "blocked" || of(name).next().is_none(), "{name} is allowed: {console:#?}");
    }
}

fn circle_is_round(browser: &Browser) {
    let photo = Picture::of(&contents(browser, "[data-demo=circle] img.result"));
    assert_eq!((photo.width, photo.height), (480, 480));
    for (x, y) in [(0, 0), (479, 0), (0, 479), (479, 479), (60, 60)] {
        assert_eq!(photo.pixel(x, y)[3], 0, "the corner at {x}, {y} is transparent");
    }
    for (x, y) in [(240, 240), (240, 2), (2, 240), (240, 477), (477, 240)] {
        assert_eq!(photo.pixel(x, y)[3], 255, "the photo is there at {x}, {y}");
    }
    assert_ne!(photo.pixel(240, 20), photo.pixel(240, 460), "sky and hills differ");
}

/// The wall is 53 weeks by three years of seven days; squares of 32 pixels, 24 between the years.
fn wall_has_every_day(browser: &Browser) {
    let wall = Picture::of(&contents(browser, "[data-demo=wall] img.result"));
    assert_eq!((wall.width, wall.height), (1_696, 720));
    let middles =
        (0..21).flat_map(|row| (0..53).map(move |week| (week * 32 + 15, row * 32 + row / 7 * 24 + 15)));
    let hung: Vec<_> = middles.map(|(x, y)| wall.pixel(x, y)).filter(|pixel| pixel[3] == 255).collect();
    assert_eq!(hung.len(), 1_096);
    let different: std::collections::BTreeSet<_> = hung.into_iter().collect();
    assert!(different.len() > 500, "{} colours", different.len());
    let more = browser.run("return document.querySelector('[data-demo=wall] .more').textContent");
    assert_eq!(more, "and 1,095 more like this");
}

fn export_outlives_the_page(browser: &Browser, site: &str) {
    const KEPT: &str = "return localStorage.getItem('crossorigin-demo-export')";
    let kept = browser.run(KEPT);
    let picture =
        Picture::of(&base64(kept.as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap()));
    assert_eq!((picture.width, picture.height), (300, 200));
    assert_eq!(picture.pixel(150, 100)[3], 255);

    browser.open(site);
    assert_eq!(browser.run(KEPT), kept);
    finish(browser);
    let caption = browser.run("return document.querySelector('[data-demo=storage] figcaption').textContent");
    assert!(caption.as_str().unwrap().contains("since an earlier run"), "{caption}");
    let removed = browser.run(
        "document.querySelector('[data-demo=storage] .stage button').click();
         return localStorage.getItem('crossorigin-demo-export')",
    );
    assert_eq!(removed, Value::Null);
}

fn requests_were_what_the_page_says(browser: &Browser, site: &str) {
    let wire = |name: &str| -> Vec<String> {
        let lines = browser.run_with(
            "return [...document.querySelectorAll(`[data-demo=${arguments[0]}] .exchanges li`)].map(exchange =>
                [exchange.querySelector('summary').textContent, ...[...exchange.querySelectorAll('dl div')].map(row =>
                    `${row.querySelector('dt').lastChild.textContent}: ${row.querySelector('dd').textContent}`)].join('\\n'))",
            &json!([name]),
        );
        lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    };
    let site = site.trim_end_matches('/');
    let has = |exchange: &str, lines: &[&str]| {
        for line in lines {
            let line = line.replace("{site}", site);
            assert!(exchange.lines().any(|given| given == line), "no {line:?} in {exchange}");
        }
    };

    let fetch = wire("fetch");
    let heads: Vec<_> = fetch.iter().map(|exchange| exchange.lines().next().unwrap()).collect();
    assert_eq!(
        heads,
        [
            "POST /api/session 200",
            "OPTIONS /api/notes/1 preflight 204",
            "PUT /api/notes/1 200",
            "DELETE /api/notes/1 204",
            "GET /api/notes/1 404",
        ]
    );
    has(
        &fetch[1],
        &[
            "Origin: {site}",
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: content-type,x-csrf-token",
            "Access-Control-Allow-Origin: {site}",
            "Access-Control-Allow-Credentials: true",
            "Access-Control-Max-Age: 600",
        ],
    );
    has(&fetch[2], &["Access-Control-Expose-Headers: etag", "ETag: \"1\""]);
    assert!(
        fetch[1]
            .lines()
            .any(|line| line.starts_with("Access-Control-Allow-Methods: ") && line.contains("PUT"))
    );
    assert!(!fetch[1].contains("Cookie"), "preflights carry no credentials");
    for exchange in &fetch {
        assert!(
            exchange.lines().any(|line| line.starts_with("Vary: ") && line.contains("Origin")),
            "{exchange}"
        );
    }

    let refused = wire("fetch-refused");
    assert_eq!(refused.len(), 1, "PATCH itself is never sent: {refused:?}");
    has(&refused[0], &["Access-Control-Request-Method: PATCH", "Access-Control-Allow-Origin: not sent"]);

    has(
        &wire("private")[1],
        &["Access-Control-Allow-Origin: {site}", "Access-Control-Allow-Credentials: true"],
    );
    assert!(wire("private")[1].contains("\nCookie: crossorigin_demo="));
    has(&wire("private-anonymous")[0], &["Cookie: not sent", "Access-Control-Allow-Origin: {site}"]);

    let events = wire("events");
    assert!(events.len() == 3, "{events:#?}");
    has(&events[2], &["Last-Event-ID: 3"]);

    let steps = browser.run(
        "return [...document.querySelectorAll('[data-demo=xhr] .steps li')].map(step => step.firstChild.textContent)",
    );
    assert_eq!(
        steps,
        json!([
            "readystatechange",
            "loadstart",
            "upload.loadstart",
            "upload.progress",
            "upload.load",
            "upload.loadend",
            "readystatechange",
            "progress",
            "readystatechange",
            "load",
            "loadend",
        ])
    );
    let times = browser.run("return document.querySelectorAll('[data-demo=xhr] .came')[3].textContent");
    let times: u32 = times.as_str().unwrap().trim_start_matches("× ").parse().unwrap();
    assert!(times >= 3, "the upload's progress was told {times} times");
}

fn nothing_came_from_elsewhere(browser: &Browser) {
    let elsewhere = browser.run(
        "const hosts = [location.origin, document.body.dataset.shared, document.body.dataset.third];
         return performance.getEntriesByType('resource').map(({ name }) => name)
             .filter(name => !/^(blob|data):/.test(name) && !hosts.includes(new URL(name).origin));",
    );
    assert_eq!(elsewhere, json!([]));
}

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn the_page_works_by_keyboard() {
    const TAB: char = '\u{E004}';
    const ENTER: char = '\u{E007}';
    let (_program, site) = demo();
    let browser = Browser::start();
    browser.emulate(1280, "light");
    browser.open(&site);
    finish(&browser);

    browser.press(TAB);
    let first = browser.run(FOCUS);
    assert_eq!(first["text"], "Skip to the demonstrations");
    assert!(first["top"].as_f64().unwrap() >= 0.0, "the skip link shows itself: {first}");

    // Everything that can be used is reached, in the order of the page, and can be seen to be.
    let all =
        browser.run(&format!("return [...document.querySelectorAll('{USABLE}')].length")).as_u64().unwrap();
    assert!(all > 50, "{all}");
    let mut places = vec![first];
    for _ in 1..all {
        browser.press(TAB);
        places.push(browser.run(FOCUS));
    }
    for place in &places {
        assert!(place["outline"].as_f64().unwrap() >= 2.0, "no outline: {place}");
        assert_eq!(place["seen"], true, "out of sight: {place}");
    }
    let order: Vec<_> = places.iter().map(|place| place["place"].as_u64().unwrap()).collect();
    assert_eq!(order, (0..all).collect::<Vec<_>>());

    // The skip link leads to the demonstrations, and the first button there runs its card again.
    browser.run("scrollTo(0, 0); document.querySelector('.skip').focus()");
    browser.press(ENTER);
    browser.press(TAB);
    let button = browser.run(FOCUS);
    assert_eq!(button["text"], "Run again");
    browser.run("window.states = []; const circle = document.querySelector('[data-demo=circle]');
        new MutationObserver(() => states.push(circle.dataset.state)).observe(circle, { attributeFilter: ['data-state'] });");
    browser.press(ENTER);
    finish(&browser);
    let states = browser.run("await new Promise(go => setTimeout(go)); return states");
    assert!(states.as_array().unwrap().contains(&json!("running")), "{states}");
    assert_eq!(states.as_array().unwrap().last(), Some(&json!("ok")));
    assert_eq!(browser.run(FOCUS)["text"], "Run again", "the focus stays");
}

/// What the tabulator reaches.
const USABLE: &str = "a[href], button, summary";

const FOCUS: &str = r#"
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { top, bottom } = element.getBoundingClientRect();
    const usable = [...document.querySelectorAll(`a[href], button, summary`)];
    return {
        text: element.textContent.trim(),
        place: usable.indexOf(element),
        outline: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
        seen: bottom > 0 && top < innerHeight,
        top,
    };
"#;

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn both_colour_schemes_can_be_read() {
    let (_program, site) = demo();
    let browser = Browser::start();
    let mut papers = Vec::new();
    for scheme in ["light", "dark"] {
        browser.emulate(1280, scheme);
        browser.open(&site);
        let contrasts = browser.run(
            r#"const probe = document.body.appendChild(document.createElement("i"));
            const luminance = name => {
                probe.style.color = `var(--${name})`;
                const parts = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(part => part / 255);
                const [r, g, b] = parts.map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
                return .2126 * r + .7152 * g + .0722 * b;
            };
            const ratio = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            const found = {};
            for (const ground of ["paper", "card", "sunk"])
                for (const text of ["ink", "soft", "site", "shared", "third", "failed"])
                    found[`${text} on ${ground}`] = ratio(luminance(text), luminance(ground));
            return found;"#,
        );
        for (pair, ratio) in contrasts.as_object().unwrap() {
            assert!(ratio.as_f64().unwrap() >= 4.5, "{scheme}: {pair} has a contrast of {ratio}");
        }
        papers.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
    }
    assert_ne!(papers[0], papers[1]);
}

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn a_browser_without_webgl_is_told_so() {
    let (_program, site) = demo();
    let browser = Browser::start_with(&["--disable-3d-apis"]);
    browser.open(&site);
    finish(&browser);
    for name in ["texture", "texture-refused"] {
        let trial = browser.run_with(
            "const { state, detail } = document.querySelector(`[data-demo=${arguments[0]}]`).dataset;
             return { state, detail };",
            &json!([name]),
        );
        assert_eq!(trial["state"], "failed");
        assert!(trial["detail"].as_str().unwrap().contains("WebGL is not available here"), "{trial}");
    }
    assert_eq!(
        browser.run("return document.querySelector('#tally').textContent"),
        "2 of 22 did not come out as they should."
    );
}

fn keep_screenshots(browser: &Browser) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
        browser.emulate(width, scheme);
        let wide = browser.run("return document.documentElement.scrollWidth");
        assert_eq!(wide, width, "the page fits its window");
        browser.screenshot(&folder.join(format!("demo-{scheme}-{width}.png")));
    }
    browser.emulate(1280, "light");
    println!("screenshots: {}", folder.display());
}

/// The bytes of what an image shows.
fn contents(browser: &Browser, image: &str) -> Vec<u8> {
    let encoded = browser.run_with(
        "const image = document.querySelector(arguments[0]);
         const blob = await new Promise((done, failed) => {
             const request = new XMLHttpRequest();
             request.responseType = 'blob';
             request.onload = () => done(request.response);
             request.onerror = () => failed(new Error('not read'));
             request.open('GET', image.src);
             request.send();
         });
         const reader = new FileReader();
         return new Promise(done => {
             reader.onload = () => done(reader.result.split(',')[1]);
             reader.readAsDataURL(blob);
         });",
        &json!([image]),
    );
    base64(encoded.as_str().unwrap())
}
