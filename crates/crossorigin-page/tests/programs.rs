//! Programs of the kinds that people wrote first, and what comes of them where the other host agrees and where it does
//! not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "programs/mod.rs"]
mod programs;

use crossorigin::profiles::Profile;
use crossorigin_agent::Agent;
use crossorigin_page::{Page, PageOptions, Storage};
use programs::{FRAMED, PROGRAMS, Program};
use serde_json::Value;

/// What came of a program, and what the console said, stacks left out.
async fn run(program: &Program, options: &PageOptions) -> (Value, Vec<String>) {
    let hosts = program.serve();
    let url = format!("{}/", hosts.site).parse().unwrap();
    let page = Page::open_with(&Agent::default(), &url, options).await.unwrap();
    let outcome = used(&page, program, "window").await;
    let lines = page.console().lines();
    let first = |text: &str| hosts.named(text.lines().next().unwrap_or_default());
    let lines = lines.iter().map(|line| first(&line.text)).collect();
    page.close().await;
    (outcome, lines)
}

/// Uses a page that holds a program in one of its windows, as the expression says which.
async fn used(page: &Page, program: &Program, window: &str) -> Value {
    page.idle().await.unwrap();
    for script in program.does {
        page.eval::<Value>(&Program::script(window, script)).await.unwrap();
        page.idle().await.unwrap();
    }
    let until = Program::value(window, &format!("Boolean({})", program.until));
    assert!(page.eval::<bool>(&until).await.unwrap(), "{}", program.name);
    page.eval(&Program::value(window, program.outcome)).await.unwrap()
}

/// What a console says of a program.
enum Console {
    Nothing,
    /// A status that tells of an error.
    Status(&'static str),
    /// A host that does not agree: to what kind of request, and for which path.
    Refused(&'static str, &'static str),
    /// The same, where it was asked for leave before.
    NoLeave(&'static str),
}
use Console::{NoLeave, Nothing, Refused, Status};

const WITHOUT_HEADER: &str = "No 'Access-Control-Allow-Origin' header is present on the requested resource.";

impl Console {
    /// Its lines, as a profile's browser prints them.
    fn lines(&self, profile: Profile) -> Vec<String> {
        let (kind, path, is_preflight) = match self {
            Nothing => return Vec::new(),
            Status(status) if profile != Profile::Firefox => {
                return vec![format!(
                    "Failed to load resource: the server responded with a status of {status}"
                )];
            }
            Status(_) => return Vec::new(),
            Refused(kind, path) => (*kind, path, false),
            NoLeave(path) => ("XMLHttpRequest", path, true),
        };
        let url = format!("{{other}}/refuses/{path}");
        let status = if is_preflight { 204 } else { 200 };
        match profile {
            Profile::Firefox => {
                let says = |why: &str, status: &str| {
                    format!(
                        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \
                         {url}. (Reason: {why}). Status code: {status}."
                    )
                };
                let missing = "CORS header \u{2018}Access-Control-Allow-Origin\u{2019} missing";
                let mut lines = vec![says(missing, &status.to_string())];
                lines.extend(is_preflight.then(|| says("CORS request did not succeed", "(null)")));
                lines
            }
            Profile::WebKit => {
                let cannot = match kind {
                    "image" => "Cannot load image",
                    "fetch" => "Fetch API cannot load",
                    _ => "XMLHttpRequest cannot load",
                };
                vec![
                    format!(
                        "Origin {{site}} is not allowed by Access-Control-Allow-Origin. Status code: {status}"
                    ),
                    format!("{cannot} {url} due to access control checks."),
                ]
            }
            _ => {
                let check = "Response to preflight request doesn't pass access control check: ";
                let of = if is_preflight { check } else { "" };
                vec![
                    format!(
                        "Access to {kind} at '{url}' from origin '{{site}}' has been blocked by CORS policy: \
                         {of}{WITHOUT_HEADER}"
                    ),
                    "Failed to load resource: net::ERR_FAILED".to_owned(),
                ]
            }
        }
    }
}

/// Programs, what comes of them as JSON, and what the console says.
const EXPECTED: &[(&str, &str, Console)] = &[
    (
        "a photo is cut to a circle",
        r#"[["the photo is here", "it is round, 48 by 48"],
            ["0 0 0 0", "0 0 0 0", "0 0 0 0", "96 10 48 255", "96 120 64 255", "40 150 44 255"], 0]"#,
        Nothing,
    ),
    (
        "a photo without crossorigin taints",
        r#"[["the photo is here", "SecurityError (18)"], "SecurityError"]"#,
        Nothing,
    ),
    (
        "a photo whose host refuses taints",
        r#"[["the photo is here", "SecurityError (18)"], "SecurityError"]"#,
        Nothing,
    ),
    (
        "a photo with crossorigin is not had from a host that refuses",
        r#"[["the photo could not be loaded", "InvalidStateError (11)"], null]"#,
        Refused("image", "photo.png"),
    ),
    (
        "a drawing is downloaded, drawn and saved",
        r#"[["saved, 40 by 30"], ["0 102 204 255", "255 204 0 255", "0 102 204 255", "255 204 0 255"], 1]"#,
        Nothing,
    ),
    (
        "a drawing is not had from a host that refuses",
        r#"[["no answer: 0 \"\" \"\" \"\""], null]"#,
        Refused("XMLHttpRequest", "drawing.svg"),
    ),
    (
        "a drawing is fetched as a blob, drawn and saved",
        r#"[["saved, 40 by 30"], ["0 102 204 255", "255 204 0 255", "0 102 204 255", "255 204 0 255"], 1]"#,
        Nothing,
    ),
    (
        "a drawing is not fetched from a host that refuses",
        r#"[["TypeError: Failed to fetch"], null]"#,
        Refused("fetch", "drawing.svg"),
    ),
    ("a request of the old kind", r#"[["Today: A concert"], "A concertAt eight o'clock."]"#, Nothing),
    (
        "a request of the old kind to a host that refuses",
        r#"[["Something went wrong, and we can not know what: 0"], ""]"#,
        Refused("XMLHttpRequest", "today.html"),
    ),
    (
        "a request of the old kind where withCredentials is missing",
        r#"[["Your browser is too old for this page."], ""]"#,
        Nothing,
    ),
    ("a note is deleted", r#"["deleted: load, state 4, status 204.", 0]"#, Nothing),
    (
        "a note that is not there is not deleted",
        r#"["not deleted: load, state 4, status 404.", 1]"#,
        Status("404 (Not Found)"),
    ),
    (
        "a note is not deleted where the host refuses",
        r#"["failed: error, state 4, status 0.", 1]"#,
        NoLeave("notes/7"),
    ),
    ("deleting is given up", r#"["given up: abort, state 4, status 0.", 1]"#, Nothing),
    (
        "all events of a request",
        r#"["state 1 status 0 \"\"", "download loadstart 0/?", "upload loadstart 0/26", "upload progress 26/26",
            "upload load 26/26", "upload loadend 26/26", "state 2 status 200 \"\"",
            "state 3 status 200 \"26 bytes received\"", "download progress 17/17",
            "state 4 status 200 \"26 bytes received\"", "download load 17/17", "download loadend 17/17"]"#,
        Nothing,
    ),
    (
        "all events of a request that is refused",
        r#"["state 1 status 0 \"\"", "download loadstart 0/?", "upload loadstart 0/26", "state 4 status 0 \"\"",
            "upload error 0/?", "upload loadend 0/?", "download error 0/?", "download loadend 0/?"]"#,
        NoLeave("upload"),
    ),
    (
        "all events of a request that takes too long",
        r#"["state 1 status 0 \"\"", "download loadstart 0/?", "upload loadstart 0/26", "upload progress 26/26",
            "upload load 26/26", "upload loadend 26/26", "state 4 status 0 \"\"", "download timeout 0/?",
            "download loadend 0/?"]"#,
        Nothing,
    ),
    (
        "all events of a request that is stopped",
        r#"["state 1 status 0 \"\"", "download loadstart 0/?", "upload loadstart 0/26", "state 4 status 0 \"\"",
            "upload abort 0/?", "upload loadend 0/?", "download abort 0/?", "download loadend 0/?",
            "stopped in state 0"]"#,
        Nothing,
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_come_to_what_they_should_and_consoles_say_why_not() {
    for profile in [Profile::Chromium, Profile::Firefox, Profile::WebKit] {
        let options = PageOptions::new().profile(profile);
        for (name, outcome, console) in EXPECTED {
            let (came, told) = run(Program::named(name), &options).await;
            assert_eq!(came, serde_json::from_str::<Value>(outcome).unwrap(), "{name} as {profile}");
            assert_eq!(told, console.lines(profile), "{name} as {profile}");
        }
    }
    assert_eq!(EXPECTED.len(), PROGRAMS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drawing_is_there_when_its_page_is_opened_again() {
    let program = Program::named("a drawing is downloaded, drawn and saved");
    let hosts = program.serve();
    let url = format!("{}/", hosts.site).parse().unwrap();
    let options = PageOptions::new().storage(&Storage::new());
    let agent = Agent::default();
    let page = Page::open_with(&agent, &url, &options).await.unwrap();
    let first = used(&page, program, "window").await;
    page.close().await;
    let page = Page::open_with(&agent, &url, &options).await.unwrap();
    page.idle().await.unwrap();
    let again: Value = page.eval(&Program::value("window", program.outcome)).await.unwrap();
    assert_eq!(again[0], serde_json::json!(["from last time"]));
    assert_eq!(again[1], first[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_told_by_the_console() {
    let hosts = Program::named("a request of the old kind").serve();
    let page = Page::open(&Agent::default(), &format!("{}/", hosts.site).parse().unwrap()).await.unwrap();
    page.idle().await.unwrap();
    let has_followed: bool = page
        .eval(
            "const before = location.href; document.getElementById('ask').click(); location.href !== before",
        )
        .await
        .unwrap();
    page.idle().await.unwrap();
    let lines: Vec<_> = page.console().lines().into_iter().map(|line| line.text).collect();
    assert_eq!(lines, ["alert: Today: A concert"]);
    assert!(!has_followed, "the link's listener returned false");
}

/// The same photo in a frame of another origin, which the page can ask by messages alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_is_cut_in_a_frame_of_another_origin() {
    for (program, log) in FRAMED.iter().zip([
        ["the photo is here", "it is round, 48 by 48"],
        ["the photo is here", "SecurityError (18)"],
        ["the photo could not be loaded", "InvalidStateError (11)"],
    ]) {
        let hosts = program.serve();
        let page = Page::open(&Agent::default(), &format!("{}/", hosts.site).parse().unwrap()).await.unwrap();
        page.idle().await.unwrap();
        let asked = "new Promise(resolve => {
            const frame = document.createElement('iframe');
            frame.src = location.href.replace('127.0.0.1', 'localhost');
            frame.onload = () => frame.contentWindow.postMessage('cut', '*');
            addEventListener('message', event => resolve([event.origin === location.origin, frame.contentDocument, event.data]));
            document.body.append(frame);
        })";
        let came: Value = page.eval(asked).await.unwrap();
        assert_eq!(came, serde_json::json!([false, null, log]), "{}", program.name);
        page.close().await;
    }
}
