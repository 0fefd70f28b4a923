//! The demo's page: its demonstrations, and what comes of them.

use super::browser::Browser;
use super::program::Program;

/// Every demonstration: its name, its state, a part of its detail, and the header that decides, as the page says
/// it.
pub const DEMONSTRATIONS: [(&str, &str, &str, &str); 22] = [
    ("circle", "ok", "PNG of 480 × 480 pixels", "Access-Control-Allow-Origin: *"),
    ("wall", "ok", "1,096 photos in one PNG of 1696 × 720 pixels", "Access-Control-Allow-Origin: *"),
    ("storage", "ok", "of text under “crossorigin-demo-export”", "Access-Control-Allow-Origin: *"),
    ("private", "ok", "Loaded and readable", "Access-Control-Allow-Credentials: true"),
    ("private-anonymous", "blocked", "error event", "Cookie: not sent"),
    ("canvas-refused", "blocked", "SecurityError: ", "Access-Control-Allow-Origin: not sent"),
    ("image-refused", "blocked", "error event", "Access-Control-Allow-Origin: not sent"),
    ("bitmap-refused", "blocked", "SecurityError: ", "Access-Control-Allow-Origin: not sent"),
    ("video", "ok", "A PNG of 320 × 200 pixels, from second 1.5", "Access-Control-Allow-Origin: *"),
    ("video-refused", "blocked", "SecurityError: ", "Access-Control-Allow-Origin: not sent"),
    ("font", "ok", "The word is 327 px wide", "Access-Control-Allow-Origin: *"),
    ("font-refused", "blocked", "NetworkError: ", "Access-Control-Allow-Origin: not sent"),
    ("shape", "ok", "different places", "Access-Control-Allow-Origin: *"),
    ("shape-refused", "blocked", "edge of the picture’s square", "Access-Control-Allow-Origin: not sent"),
    ("texture", "ok", "The middle of the ball is rgb(", "Access-Control-Allow-Origin: *"),
    ("texture-refused", "blocked", "SecurityError: ", "Access-Control-Allow-Origin: not sent"),
    ("fetch", "ok", "GET 404 read by script", "Access-Control-Allow-Origin: {site}"),
    ("fetch-refused", "blocked", "TypeError: Failed to fetch", "Access-Control-Allow-Origin: not sent"),
    ("xhr", "ok", "The API counted 25,165,824 bytes", "Access-Control-Allow-Origin: {site}"),
    ("xhr-refused", "blocked", "status 0, 0 characters", "Access-Control-Allow-Origin: not sent"),
    ("events", "ok", "Events 1, 2, 3, 4, 5, 6, over two connections", "Access-Control-Allow-Origin: {site}"),
    ("events-refused", "blocked", "closed for good", "Access-Control-Allow-Origin: not sent"),
];

/// Starts the demo on free ports.
pub fn demo() -> (Program, String) {
    let program = Program::start(&["demo", "--port", "0"], "Stop with Ctrl-C");
    let site =
        program.printed.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    (program, site)
}

/// Waits until every demonstration has come to something.
pub fn finish(browser: &Browser) {
    let tally = browser.run(
        "const tally = document.querySelector('#tally');
         const done = () => tally.dataset.done === 'true';
         return new Promise((finished, failed) => {
             const patience = setTimeout(() => failed(new Error(tally.textContent)), 60000);
             const look = () => done() && (clearTimeout(patience), finished(tally.textContent));
             new MutationObserver(look).observe(tally, { attributes: true });
             look();
         });",
    );
    println!("{}", tally.as_str().unwrap());
}
