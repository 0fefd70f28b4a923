//! The test support itself, over a real axum service with the layer of this project.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use crossorigin::fetching::NetworkErrorReason;
use crossorigin::html::{CorsSettings, Initiator};
use crossorigin::infrastructure::request::{CredentialsMode, Mode, RedirectMode};
use crossorigin::profiles::Profile;
use crossorigin::server::{Policy, PolicyConfig};
use crossorigin_agent::{Browser, Seen};
use crossorigin_tower::CorsLayer;
use crossorigin_verdict::{Record, Verdict};

const PAGE: &str = "https://app.example";

fn layer() -> CorsLayer {
    let mut config = PolicyConfig::default();
    config.origins = vec![PAGE.into()];
    config.credentials = true;
    config.methods = vec!["PUT".into()];
    config.request_headers = vec!["x-csrf-token".into(), "content-type".into()];
    config.exposed_headers = vec!["etag".into()];
    CorsLayer::new(Policy::new(&config).unwrap())
}

fn routes() -> Router {
    Router::new()
        .route("/items", get(async || ([("etag", "\"1\""), ("x-internal", "secret")], "all of them")))
        .route("/items/1", put(async |body: String| body).delete(async || "gone"))
        .route("/moved", get(async || Redirect::temporary("/items")))
        .route("/away", get(async || Redirect::temporary("https://elsewhere.test/items")))
        .route("/log-in", get(async || [("set-cookie", "session=1; SameSite=None; Secure; HttpOnly")]))
        .route("/lax", get(async || [("set-cookie", "lax=1; SameSite=Lax; Secure")]))
        .route("/me", get(async |headers: HeaderMap| cookie_of(&headers)))
        .route("/headers", get(async |headers: HeaderMap| Json(names(&headers)).into_response()))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/events", get(events))
}

fn app() -> Router {
    routes().layer(layer())
}

/// A service that answers preflights by hand, and lists what it permits.
fn by_hand() -> Router {
    const HEADERS: [(&str, &str); 4] = [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "PUT"),
        ("access-control-allow-headers", "x-csrf-token"),
    ];
    let answer = async || (HEADERS, "all of them");
    Router::new().route("/items", get(answer).options(answer).put(answer).delete(answer))
}

fn cookie_of(headers: &HeaderMap) -> String {
    headers.get("cookie").map_or("nobody", |cookie| cookie.to_str().unwrap()).to_owned()
}

fn names(headers: &HeaderMap) -> Vec<String> {
    headers.keys().map(ToString::to_string).collect()
}

async fn events() -> Response {
    let never_ends =
        Body::from_stream(futures_util::stream::pending::<Result<&'static [u8], std::io::Error>>());
    ([("content-type", "text/event-stream")], never_ends).into_response()
}

/// What an expectation that is not met says.
fn complaint(expectation: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(expectation)).expect_err("the expectation must not be met");
    let text = *panic.downcast::<String>().unwrap();
    println!("{text}\n--------");
    text
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing from:\n{text}");
    }
}

/// A request of a page, and what comes of it: a verdict or the reason's code, and how many preflights.
type Case = (&'static str, fn(&Browser) -> crossorigin_agent::PageRequest, &'static str, usize);

#[tokio::test]
async fn pages_get_what_the_layer_allows() {
    let cases: &[Case] = &[
        ("https://app.example", |page| page.get("/items"), "shared", 0),
        ("https://app.example", |page| page.get("/items").credentials(), "shared", 0),
        ("https://app.example", |page| page.head("/items"), "shared", 0),
        (
            "https://app.example",
            |page| page.put("/items/1").header("x-csrf-token", "1").body("a"),
            "shared",
            1,
        ),
        ("https://app.example", |page| page.get("/moved"), "shared", 0),
        ("https://app.example", |page| page.get("/broken"), "shared", 0),
        ("https://app.example", |page| page.get("/nowhere"), "shared", 0),
        ("https://app.example", |page| page.request("PUT", "/items/1").credentials(), "shared", 1),
        // What the layer refuses gets no header, so that nobody can probe the policy.
        ("https://app.example", |page| page.delete("/items/1"), "preflight-allow-origin-missing", 1),
        ("https://app.example", |page| page.patch("/items/1"), "preflight-allow-origin-missing", 1),
        (
            "https://app.example",
            |page| page.get("/items").header("x-other", "1"),
            "preflight-allow-origin-missing",
            1,
        ),
        (
            "https://app.example",
            |page| page.post("/items").header("content-type", "application/json").body("{}"),
            "shared",
            1,
        ),
        ("https://app.example", |page| page.get("/items").mode(Mode::SameOrigin), "same-origin-mode", 0),
        (
            "https://app.example",
            |page| page.get("/moved").redirect(RedirectMode::Error),
            "redirect-in-error-mode",
            0,
        ),
        ("https://app.example", |page| page.get("/moved").redirect(RedirectMode::Manual), "opaque", 0),
        ("https://app.example", |page| page.get("/items").mode(Mode::NoCors), "opaque", 0),
        ("https://app.example", |page| page.get("/items").as_initiator(Initiator::Image), "opaque", 0),
        (
            "https://app.example",
            |page| page.get("/items").as_initiator(Initiator::Image).crossorigin(CorsSettings::Anonymous),
            "shared",
            0,
        ),
        // A redirect to another origin makes the origin null.
        ("https://app.example", |page| page.get("/away"), "allow-origin-missing", 0),
        ("https://evil.example", |page| page.get("/items"), "allow-origin-missing", 0),
        ("https://evil.example", |page| page.put("/items/1"), "preflight-allow-origin-missing", 1),
        ("https://app.example.evil.example", |page| page.get("/items"), "allow-origin-missing", 0),
        ("http://app.example", |page| page.get("/items"), "allow-origin-missing", 0),
        ("null", |page| page.get("/items"), "allow-origin-missing", 0),
    ];
    for (origin, request, expected, preflights) in cases {
        let seen: Seen = request(&Browser::at(origin)).send(&mut app()).await.expect_preflights(*preflights);
        println!("{origin} {expected}: {}", seen.records().next().unwrap().request.current_url());
        match *expected {
            "shared" => drop(seen.expect_shared()),
            "opaque" => seen.expect_opaque(),
            code => seen.expect_blocked(code),
        }
        // What the layer says is alike for all browsers.
        let all = request(&Browser::at(origin)).send_in_every_browser(&mut app()).await;
        let verdicts: Vec<_> = all.records().map(Record::verdict).collect();
        assert!(verdicts.len() == 4 && verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
    }
}

#[tokio::test]
async fn lists_of_services_are_read_as_browsers_do() {
    let cases: &[Case] = &[
        (PAGE, |page| page.put("/items").header("x-csrf-token", "1").credentials(), "shared", 1),
        (PAGE, |page| page.delete("/items"), "preflight-method", 1),
        (PAGE, |page| page.get("/items").header("x-other", "1"), "preflight-header", 1),
        ("https://evil.example", |page| page.get("/items"), "allow-origin-mismatch", 0),
        ("https://evil.example", |page| page.delete("/items"), "preflight-allow-origin-mismatch", 1),
    ];
    for (origin, request, expected, preflights) in cases {
        let seen = request(&Browser::at(origin)).send_in_every_browser(&mut by_hand()).await;
        let seen = seen.expect_preflights(*preflights);
        match *expected {
            "shared" => drop(seen.expect_shared()),
            code => seen.expect_blocked(code),
        }
    }
}

#[tokio::test]
async fn script_sees_exposed_headers_alone() {
    let shared = Browser::at(PAGE).get("/items").send(&mut app()).await.expect_shared();
    assert_eq!((shared.status(), shared.text().as_str()), (StatusCode::OK, "all of them"));
    assert_eq!(
        (&shared.bytes()[..], shared.url().as_str()),
        (&b"all of them"[..], "https://service.test/items")
    );
    shared.expect_header("etag", "\"1\"").expect_hidden("x-internal").expect_hidden("x-never-sent");
    assert!(shared.headers().contains_key("content-type") && !shared.headers().contains_key("x-internal"));

    let text = complaint(|| _ = shared.expect_header("x-internal", "secret"));
    assert_says(
        &text,
        &[
            "expected: script sees x-internal: secret",
            "the service sent x-internal: secret, and script doesn't see it",
            "Access-Control-Expose-Headers: x-internal",
            "config.exposed_headers",
        ],
    );
    let text = complaint(|| _ = shared.expect_header("etag", "\"2\""));
    assert_says(&text, &["expected: script sees etag: \"2\"", "got: etag: \"1\""]);
    let text = complaint(|| _ = shared.expect_header("x-never-sent", "1"));
    assert_says(&text, &["the service did not send x-never-sent"]);
    let text = complaint(|| _ = shared.expect_hidden("etag"));
    assert_says(&text, &["expected: script does not see etag", "got: etag: \"1\""]);
}

#[tokio::test]
async fn a_browser_keeps_cookies_and_preflights_from_one_request_to_the_next() {
    let page = Browser::at(PAGE);
    let app = &mut app();
    // No cookie is kept of a response to a request without credentials, nor one that is not for other sites.
    drop(page.get("/log-in").send(app).await.expect_shared());
    drop(page.get("/lax").credentials().send(app).await.expect_shared());
    assert_eq!(page.get("/me").credentials().send(app).await.expect_shared().text(), "nobody");
    drop(page.get("/log-in").credentials().send(app).await.expect_shared());
    assert_eq!(page.get("/me").credentials().send(app).await.expect_shared().text(), "session=1");
    assert_eq!(page.clone().get("/me").credentials().send(app).await.expect_shared().text(), "session=1");
    assert_eq!(page.get("/me").send(app).await.expect_shared().text(), "nobody");
    assert_eq!(Browser::at(PAGE).get("/me").credentials().send(app).await.expect_shared().text(), "nobody");
    // Other browsers have their own.
    let firefox = page.clone().profile(Profile::Firefox);
    assert_eq!(firefox.get("/me").credentials().send(app).await.expect_shared().text(), "nobody");

    let put = page.put("/items/1").header("x-csrf-token", "1").body("a");
    drop(put.send(app).await.expect_preflights(1).expect_shared());
    drop(put.send(app).await.expect_preflights(0).expect_shared());
    // What was permitted without credentials is not with them.
    let with_credentials = put.clone().credentials_mode(CredentialsMode::Include);
    drop(with_credentials.send(app).await.expect_preflights(1).expect_shared());
    drop(firefox.put("/items/1").send(app).await.expect_preflights(1).expect_shared());
}

#[tokio::test]
async fn the_service_has_the_origin_that_the_test_gives_it() {
    let app = &mut app();
    let same_origin = Browser::at(PAGE).service(PAGE);
    let shared = same_origin.delete("/items/1").send(app).await.expect_preflights(0).expect_shared();
    assert_eq!((shared.text().as_str(), shared.url().as_str()), ("gone", "https://app.example/items/1"));
    let same_site =
        Browser::at(PAGE).service("https://api.app.example").cookie("lax=2; SameSite=Lax; Secure");
    assert_eq!(same_site.get("/me").credentials().send(app).await.expect_shared().text(), "lax=2");
    let below = Browser::at(PAGE).service("https://api.example/items/");
    assert_eq!(below.put("1").send(app).await.expect_shared().url().as_str(), "https://api.example/items/1");
    let mixed = Browser::at(PAGE).service("http://api.example");
    mixed.get("/items").send(app).await.expect_blocked("mixed-content");
}

#[tokio::test]
async fn errors_of_layers_outside_lose_their_headers() {
    async fn refuse(request: Request, next: Next) -> Response {
        match request.headers().get("authorization") {
            Some(_) => next.run(request).await,
            None => StatusCode::UNAUTHORIZED.into_response(),
        }
    }
    // The order that every second service has wrong.
    let mut outside = app().layer(from_fn(refuse));
    let page = Browser::at(PAGE);
    page.get("/items").send(&mut outside).await.expect_blocked("allow-origin-missing");
    page.put("/items/1").send(&mut outside).await.expect_blocked("preflight-allow-origin-missing");
    let mut inside = routes().layer(from_fn(refuse)).layer(layer());
    let shared = page.get("/items").send(&mut inside).await.expect_shared();
    assert_eq!(shared.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_the_service_gets_is_what_browsers_send() {
    let app = &mut app();
    let forged =
        Browser::at(PAGE).get("/headers").header("origin", "https://other.example").header("cookie", "a=b");
    let seen = forged.send(app).await;
    let sent = &seen.exchanges()[0].sent_headers;
    assert_eq!((sent["origin"].to_str().unwrap(), sent.contains_key("cookie")), (PAGE, false));
    assert_says(&seen.expect_shared().text(), &["\"host\"", "\"origin\"", "\"user-agent\""]);
    let mut lengths = tower::service_fn(async |request: http::Request<crossorigin_agent::Body>| {
        let said = request.headers().get("content-length").map(|length| length.to_str().unwrap().to_owned());
        let response = http::Response::builder().header("access-control-allow-origin", "*");
        Ok::<_, std::convert::Infallible>(response.body(said.unwrap_or_default()).unwrap())
    });
    for (request, expected) in [
        (Browser::at(PAGE).get("/"), ""),
        (Browser::at(PAGE).post("/"), "0"),
        (Browser::at(PAGE).post("/").body("hello"), "5"),
    ] {
        assert_eq!(request.send(&mut lengths).await.expect_shared().text(), expected);
    }
}

#[test]
fn streams_of_events_and_executors_are_the_services_own() {
    // No runtime: what the service needs is all that is needed.
    futures_util::future::FutureExt::now_or_never(async {
        let shared = Browser::at(PAGE).get("/events").send(&mut app()).await.expect_shared();
        assert!(shared.bytes().is_empty());
        let mut response = shared.into_response();
        assert!(futures_util::future::FutureExt::now_or_never(response.chunk()).is_none());
    })
    .expect("nothing waits");
}

#[tokio::test]
async fn any_service_of_tower_can_be_asked() {
    let mut function =
        tower::service_fn(async |request: http::Request<crossorigin_agent::Body>| {
            match request.uri().path() {
                "/" => Ok(http::Response::new(request.into_body())),
                path => Err(format!("{path} is no path of this service")),
            }
        });
    let page = Browser::at("http://localhost:3000").service("http://localhost:3000");
    assert_eq!(page.post("/").body("a").send(&mut function).await.expect_shared().text(), "a");
    let seen = page.get("/b").send(&mut function).await;
    assert_eq!(seen.records().next().unwrap().verdict(), Verdict::Unreachable);
    assert_says(&complaint(|| drop(seen.expect_shared())), &["unreachable", "/b is no path of this service"]);
}

#[tokio::test]
async fn grpc_web_is_asked_as_its_clients_ask() {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let mut config = PolicyConfig::default();
    config.origins = vec![PAGE.into()];
    config.request_headers = vec!["content-type".into(), "x-grpc-web".into()];
    config.exposed_headers = vec!["grpc-status".into()];
    let mut app = tonic::service::Routes::new(health)
        .prepare()
        .into_axum_router()
        .layer(tonic_web::GrpcWebLayer::new())
        .layer(CorsLayer::new(Policy::new(&config).unwrap()));
    let call = Browser::at(PAGE)
        .post("/grpc.health.v1.Health/Check")
        .header("content-type", "application/grpc-web+proto")
        .header("x-grpc-web", "1")
        .body(&[0; 5][..]);
    let shared = call.send_in_every_browser(&mut app).await.expect_preflights(1).expect_shared();
    // One message, which says that it serves, and the trailers.
    assert_eq!(&shared.bytes()[..7], [0, 0, 0, 0, 2, 8, 1]);
    assert_says(&shared.text(), &["grpc-status:0"]);
}

#[tokio::test]
async fn expectations_that_are_not_met_say_why() {
    let page = Browser::at(PAGE);
    let app = &mut by_hand();
    let delete = page.delete("/items").credentials();

    let seen = delete.send(app).await;
    let explanation = seen.explanation();
    let text = complaint(|| drop(seen.expect_shared()));
    assert_says(
        &text,
        &[
            "expected: the page reads the response (shared)",
            "got: blocked: preflight-method, 1 preflight, as standard",
            "DELETE https://service.test/items from https://app.example",
            "access-control-allow-methods: PUT",
            "https://fetch.spec.whatwg.org/#",
            "In axum, with crossorigin-tower:",
            "config.methods",
        ],
    );
    // Nothing listens, so that there is nothing for curl to ask, and no gateway to put before it.
    assert!(!text.contains("curl ") && !text.contains("crossorigin serve"), "{text}");
    assert!(text.ends_with(explanation.trim_end()), "{text}");

    let seen = delete.send(app).await;
    let text = complaint(|| seen.expect_blocked("preflight-header"));
    assert_says(
        &text,
        &["expected: the browser blocks it (blocked: preflight-header)", "got: blocked: preflight-method"],
    );

    let seen = page.get("/items").send(app).await;
    assert_says(&complaint(|| seen.expect_blocked("preflight-header")), &["got: shared", "no preflight"]);
    let seen = page.get("/items").send(app).await;
    assert_says(&complaint(|| seen.expect_opaque()), &["expected: the page can't look into", "got: shared"]);
    let seen = page.get("/items").send(app).await;
    assert_says(
        &complaint(|| drop(seen.expect_preflights(1))),
        &["expected: 1 preflight\n", "got: shared, no preflight"],
    );

    let every = delete.send_in_every_browser(app).await;
    let text = complaint(|| drop(every.expect_shared()));
    for profile in Profile::ALL {
        assert_says(&text, &[&format!("got: blocked: preflight-method, 1 preflight, as {profile}")]);
    }
}

#[tokio::test]
async fn browsers_that_differ_are_told_apart() {
    // Authorization is not among what `*` allows, and some browsers take it for allowed.
    const STAR: [(&str, &str); 3] = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-headers", "*"),
        ("access-control-allow-methods", "*"),
    ];
    let mut app = Router::new().route("/", get(async || (STAR, "hello")).options(async || STAR));
    let with_password = Browser::at(PAGE).get("/").header("authorization", "Basic YTpi");
    let every = with_password.send_in_every_browser(&mut app).await;
    let text = complaint(|| every.expect_blocked("preflight-header"));
    assert_says(&text, &["met: blocked: preflight-header, 1 preflight, as standard", "got: shared"]);
}

#[test]
fn mistakes_of_the_test_are_told_at_their_line() {
    let page = Browser::at(PAGE);
    let cases: [(&dyn Fn(), &str); 9] = [
        (
            &|| drop(Browser::at("app.example")),
            "\"app.example\" is no origin; write scheme, host and port alone",
        ),
        (&|| drop(Browser::at("https://app.example/")), "is no origin"),
        (&|| drop(Browser::at(PAGE).service("api")), "\"api\" is no URL"),
        (&|| drop(Browser::at(PAGE).service("ftp://api.example")), "write one of http or https"),
        (&|| drop(Browser::at(PAGE).cookie("a=b; SameSite=None")), "Secure"),
        (&|| drop(page.get("https://[")), "\"https://[\" is no URL"),
        (&|| drop(page.request("A B", "/")), "\"A B\" is no method"),
        (&|| drop(page.get("/").header("a b", "1")), "\"a b\" is no header name"),
        (&|| drop(page.get("/").header("a", "\n")), "\"\\n\" can't be the value of a"),
    ];
    for (mistake, said) in cases {
        assert_says(&complaint(mistake), &[said]);
    }
}

#[tokio::test]
async fn unknown_reasons_are_mistakes_of_the_test() {
    let ask = async || Browser::at(PAGE).delete("/items").send(&mut by_hand()).await;
    let seen = ask().await;
    let text = complaint(|| seen.expect_blocked("preflight-methods"));
    assert_says(&text, &["\"preflight-methods\" is no reason; did you mean preflight-method"]);
    let seen = ask().await;
    let text = complaint(|| seen.expect_blocked("!"));
    assert_says(&text, NetworkErrorReason::CODES);
}

#[test]
fn panics_point_at_the_line_of_the_test() {
    let seen = futures_util::future::FutureExt::now_or_never(async {
        Browser::at("https://evil.example").get("/items").send(&mut app()).await
    });
    let seen = seen.expect("nothing waits");
    let (sender, places) = std::sync::mpsc::channel();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = sender.send(panic.location().map(|place| (place.file().to_owned(), place.line())));
    }));
    let line = line!() + 1;
    let failed = catch_unwind(AssertUnwindSafe(|| drop(seen.expect_shared())));
    std::panic::set_hook(before);
    assert!(failed.is_err());
    let places: Vec<_> = places.try_iter().flatten().collect();
    assert!(places.iter().any(|(file, at)| file.ends_with("tests/browser.rs") && *at == line), "{places:?}");
}
