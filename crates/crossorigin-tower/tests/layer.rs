//! The layer on real frameworks: axum, hyper, tonic.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use axum::error_handling::HandleErrorLayer;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::{get, post};
use axum::{BoxError, Router, body::Body};
use crossorigin::server::{Policy, PolicyConfig, SharedPolicy};
use crossorigin_tower::CorsLayer;
use http_body_util::BodyExt;
use tower::{Layer, ServiceBuilder, ServiceExt};

fn policy(origins: &[&str]) -> Policy {
    let mut config = PolicyConfig::default();
    config.origins = origins.iter().map(|&origin| origin.to_owned()).collect();
    config.methods = vec!["PUT".into()];
    config.request_headers = vec!["content-type".into()];
    Policy::new(&config).unwrap()
}

/// A request from `METHOD PATH`, with `Origin` and further headers.
fn request(line: &str, origin: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path).header("origin", origin);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn allowed(headers: &HeaderMap) -> Option<&str> {
    headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap())
}

fn app() -> Router {
    Router::new()
        .route("/items", get(|| async { "items" }).put(|| async { StatusCode::NO_CONTENT }))
        .route("/options", axum::routing::options(|| async { "the app's own" }))
        .route("/fails", post(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
}

/// Outside the router and inside of it the same table holds.
#[tokio::test]
async fn axum_outside_and_inside() {
    const A: &str = "https://a.example";
    const PREFLIGHT: &[(&str, &str)] = &[("access-control-request-method", "PUT")];
    for (line, origin, headers, status, shared) in [
        ("GET /items", A, &[][..], 200, Some(A)),
        ("GET /items", "https://b.example", &[], 200, None),
        ("POST /items", A, &[], 405, Some(A)),
        ("POST /fails", A, &[], 500, Some(A)),
        ("GET /nowhere", A, &[], 404, Some(A)),
        ("OPTIONS /items", A, PREFLIGHT, 204, Some(A)),
        ("OPTIONS /items", "https://b.example", PREFLIGHT, 204, None),
        ("OPTIONS /nowhere", A, PREFLIGHT, 204, Some(A)),
        ("OPTIONS /options", A, &[], 200, Some(A)),
        ("OPTIONS /items", A, &[], 405, Some(A)),
    ] {
        let layer = CorsLayer::new(policy(&[A]));
        let outside = layer.layer(app()).oneshot(request(line, origin, headers)).await.unwrap();
        let inside = app().layer(layer).oneshot(request(line, origin, headers)).await.unwrap();
        for (place, response) in [("outside", outside), ("inside", inside)] {
            let found = (response.status().as_u16(), allowed(response.headers()));
            assert_eq!(found, (status, shared), "{line} from {origin} {headers:?}, {place}");
            let vary = response.headers()["vary"].to_str().unwrap();
            assert!(vary.starts_with("Origin"), "{line}: {vary}");
        }
    }
}

#[tokio::test]
async fn the_service_never_sees_a_preflight() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = seen.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        log.lock().unwrap().push(request.method().clone());
        std::future::ready(Ok::<_, std::convert::Infallible>(axum::response::Response::new(Body::empty())))
    });
    let service = CorsLayer::new(policy(&["https://a.example"])).layer(service);
    let preflight = request("OPTIONS /", "https://a.example", &[("access-control-request-method", "PUT")]);
    for request in [
        preflight,
        request("OPTIONS /", "https://a.example", &[]),
        request("PUT /", "https://a.example", &[]),
    ] {
        service.clone().oneshot(request).await.unwrap();
    }
    assert_eq!(*seen.lock().unwrap(), [Method::OPTIONS, Method::PUT]);
}

#[tokio::test]
async fn each_route_may_have_a_policy() {
    let app = Router::new()
        .route("/public", get(|| async {}).layer(CorsLayer::new(policy(&["*"]))))
        .nest(
            "/api",
            Router::new().route("/", get(|| async {})).layer(CorsLayer::new(policy(&["https://a.example"]))),
        )
        .route("/private", get(|| async {}));
    for (path, origin, shared) in [
        ("/public", "https://b.example", Some("*")),
        ("/api", "https://a.example", Some("https://a.example")),
        ("/api", "https://b.example", None),
        ("/private", "https://a.example", None),
    ] {
        let response = app.clone().oneshot(request(&format!("GET {path}"), origin, &[])).await.unwrap();
        assert_eq!(allowed(response.headers()), shared, "{path} from {origin}");
        assert_eq!(response.headers().contains_key("vary"), path == "/api", "{path} from {origin}");
    }
}

#[tokio::test]
async fn errors_turned_into_responses_are_decorated() {
    let app = Router::new().route("/slow", get(std::future::pending::<()>)).layer(
        ServiceBuilder::new()
            .layer(CorsLayer::new(policy(&["https://a.example"])))
            .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::GATEWAY_TIMEOUT }))
            .layer(tower::timeout::TimeoutLayer::new(Duration::ZERO)),
    );
    let response = app.oneshot(request("GET /slow", "https://a.example", &[])).await.unwrap();
    assert_eq!(response.status(), 504);
    assert_eq!(allowed(response.headers()), Some("https://a.example"));
}

#[tokio::test]
async fn each_decision_is_told() {
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = told.clone();
    let layer = CorsLayer::new(policy(&["https://a.example"])).on_decision(move |request, decision| {
        log.lock().unwrap().push(format!("{} {}", request.method, decision.reason().code()));
    });
    let app = app().layer(layer);
    for (line, origin, headers) in [
        ("GET /items", "https://a.example", &[][..]),
        ("OPTIONS /items", "https://a.example", &[("access-control-request-method", "DELETE")]),
    ] {
        app.clone().oneshot(request(line, origin, headers)).await.unwrap();
    }
    assert_eq!(*told.lock().unwrap(), ["GET origin-listed", "OPTIONS method-not-allowed"]);
}

#[tokio::test]
async fn a_policy_is_replaced_at_run_time() {
    let shared = SharedPolicy::new(policy(&["https://a.example"]));
    let app = app().layer(CorsLayer::new(shared.clone()));
    for origin in ["https://a.example", "https://b.example"] {
        shared.store(policy(&[origin]));
        let response = app.clone().oneshot(request("GET /items", origin, &[])).await.unwrap();
        assert_eq!(allowed(response.headers()), Some(origin));
    }
}

#[tokio::test]
async fn hyper_serves_it() {
    use hyper_util::rt::TokioIo;
    use hyper_util::service::TowerToHyperService;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = tower::service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, std::convert::Infallible>(axum::http::Response::new(
            http_body_util::Full::<axum::body::Bytes>::from("hello"),
        ))
    });
    let service = TowerToHyperService::new(CorsLayer::new(policy(&["https://a.example"])).layer(service));
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service.clone())
                .await
                .unwrap();
        }
    });
    for (line, extra, expected) in [
        ("GET /", "", "HTTP/1.1 200 OK"),
        ("OPTIONS /", "access-control-request-method: PUT\r\n", "HTTP/1.1 204 No Content"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: https://a.example\r\n{extra}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(expected), "{answer}");
        assert!(answer.contains("access-control-allow-origin: https://a.example\r\n"), "{answer}");
    }
    server.await.unwrap();
}

/// A real tonic service behind grpc-web, which is how browsers reach one.
#[tokio::test]
async fn tonic_serves_it() {
    let mut config = PolicyConfig::default();
    config.origins = vec!["https://a.example".into()];
    config.request_headers =
        ["content-type", "x-grpc-web", "x-user-agent", "grpc-timeout"].map(str::to_owned).into();
    config.exposed_headers = ["grpc-status", "grpc-message"].map(str::to_owned).into();
    let (_reporter, health) = tonic_health::server::health_reporter();
    let routes = tonic::service::Routes::new(health).prepare();
    let service = ServiceBuilder::new()
        .layer(CorsLayer::new(Policy::new(&config).unwrap()))
        .layer(tonic_web::GrpcWebLayer::new())
        .service(routes);

    let preflight = axum::http::Request::builder()
        .method("OPTIONS")
        .uri("/grpc.health.v1.Health/Check")
        .header("origin", "https://a.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-grpc-web,x-user-agent")
        .body(tonic::body::Body::empty())
        .unwrap();
    let response = service.clone().oneshot(preflight).await.unwrap();
    assert_eq!((response.status().as_u16(), allowed(response.headers())), (204, Some("https://a.example")));

    // A frame of an empty HealthCheckRequest.
    let call = axum::http::Request::builder()
        .method("POST")
        .uri("/grpc.health.v1.Health/Check")
        .header("origin", "https://a.example")
        .header("content-type", "application/grpc-web+proto")
        .header("x-grpc-web", "1")
        .body(tonic::body::Body::new(http_body_util::Full::new(axum::body::Bytes::from_static(&[0; 5]))))
        .unwrap();
    let response = service.oneshot(call).await.unwrap();
    assert_eq!((response.status().as_u16(), allowed(response.headers())), (200, Some("https://a.example")));
    assert_eq!(response.headers()["access-control-expose-headers"], "grpc-message,grpc-status");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    // A frame with the status SERVING, then the trailers with grpc-status 0.
    assert_eq!(body[..7], [0, 0, 0, 0, 2, 8, 1]);
    assert!(String::from_utf8_lossy(&body).contains("grpc-status:0"), "{body:?}");
}

#[tokio::test]
async fn the_service_never_sees_what_the_policy_forbids() {
    let mut config = PolicyConfig::default();
    config.origins = vec!["https://a.example".into()];
    config.forbid_refused_origins = true;
    config.public_url = Some("https://api.example".into());
    let layer = CorsLayer::new(Policy::new(&config).unwrap());
    for (origin, status, calls) in [("https://b.example", 403, 0), ("https://a.example", 200, 1)] {
        let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = seen.clone();
        let service = layer.layer(tower::service_fn(move |_: Request<Body>| {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async { Ok::<_, std::convert::Infallible>(axum::http::Response::new(Body::empty())) }
        }));
        let response = service.oneshot(request("POST /items", origin, &[])).await.unwrap();
        let found = (response.status().as_u16(), seen.load(std::sync::atomic::Ordering::Relaxed));
        assert_eq!(found, (status, calls), "{origin}");
    }
}
