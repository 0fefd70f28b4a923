//! What is timed: the bare decision, and the layers of each project around the same small service.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use actix_web::dev::{Service as ActixService, ServiceResponse};
use actix_web::{App, HttpResponse, test, web};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use crossorigin::server::{Policy, PolicyConfig, RequestHead};
use crossorigin_tower::CorsLayer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use tower::{Service, service_fn};

use crate::asks::Ask;

/// Answers requests one after the other, and says how long that took: from a request that is there to the drop
/// of its response.
pub type Contender = Box<dyn FnMut(Vec<Ask>) -> Duration>;

const METHODS: [&str; 2] = ["PUT", "DELETE"];
const REQUEST_HEADERS: [&str; 2] = ["content-type", "x-csrf-token"];
const MAX_AGE: Duration = Duration::from_secs(600);

/// The policy of every contender, in our words.
pub fn policy(origins: Vec<String>) -> anyhow::Result<Policy> {
    let mut config = PolicyConfig::default();
    config.origins = origins;
    config.credentials = true;
    config.methods = METHODS.map(Into::into).into();
    config.request_headers = REQUEST_HEADERS.map(Into::into).into();
    config.max_age = Some(MAX_AGE);
    Ok(Policy::new(&config)?)
}

/// The same in tower-http's words.
pub fn tower_http(origins: &[String]) -> anyhow::Result<tower_http::cors::CorsLayer> {
    let origins =
        origins.iter().map(|origin| HeaderValue::from_str(origin)).collect::<Result<Vec<_>, _>>()?;
    Ok(tower_http::cors::CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::PUT, Method::DELETE])
        .allow_headers(REQUEST_HEADERS.map(HeaderName::from_static))
        .max_age(MAX_AGE))
}

/// The same in actix-cors' words.
pub fn actix_cors(origins: &[String]) -> actix_cors::Cors {
    let cors = actix_cors::Cors::default()
        .supports_credentials()
        .allowed_methods(METHODS)
        .allowed_headers(REQUEST_HEADERS)
        .max_age(usize::try_from(MAX_AGE.as_secs()).ok());
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// The decision and its headers, without any service.
pub fn decision(policy: Policy) -> Contender {
    Box::new(move |asks| {
        let mut answers: Vec<_> = asks.iter().map(|_| response().into_parts().0.headers).collect();
        let begun = Instant::now();
        for (ask, headers) in asks.iter().zip(&mut answers) {
            decide(&policy, ask, headers);
        }
        let took = begun.elapsed();
        black_box(&answers);
        took
    })
}

/// One decision, applied: to a service's headers, or as an answer of its own.
pub fn decide(policy: &Policy, ask: &Ask, headers: &mut HeaderMap) {
    let decision = policy.decide(RequestHead { method: &ask.method, headers: &ask.headers });
    if decision.answers_itself() {
        drop(black_box(decision.response::<()>()));
    } else {
        decision.decorate(black_box(headers));
    }
}

/// What every service answers.
pub fn response() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A tower service by itself, or within a layer.
pub fn bare_tower() -> Contender {
    tower(service_fn(answer))
}

/// The small service within our layer.
pub fn our_tower(policy: Policy) -> Contender {
    tower(tower::Layer::layer(&CorsLayer::new(policy), service_fn(answer)))
}

/// The small service within tower-http's layer.
pub fn their_tower(layer: &tower_http::cors::CorsLayer) -> Contender {
    tower(tower::Layer::layer(layer, service_fn(answer)))
}

/// What the small service does.
#[expect(clippy::missing_errors_doc, reason = "it can't fail")]
pub async fn answer(_request: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(response())
}

/// An axum router of one route.
pub fn router() -> Router {
    Router::new().route("/", get(async || response()).put(async || response()))
}

/// Any tower service.
pub fn tower<S, B>(mut service: S) -> Contender
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    B: 'static,
{
    Box::new(move |asks| {
        let requests: Vec<_> = asks.into_iter().map(request).collect();
        let begun = Instant::now();
        for request in requests {
            drop(black_box(ready(service.call(request))));
        }
        begun.elapsed()
    })
}

/// A request in the types of tower's services.
pub fn request(ask: Ask) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = ask.method;
    *request.headers_mut() = ask.headers;
    request
}

/// The outcome of a future that never waits.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("none of these services waits"),
    }
}

/// The runtime that actix needs, shared by its contenders.
pub type Runtime = Rc<actix_web::rt::SystemRunner>;

/// An actix app of one route.
pub fn bare_actix(runtime: &Runtime) -> Contender {
    actix(runtime, runtime.block_on(test::init_service(App::new().route("/", web::to(actix_answer)))))
}

/// The same within actix-cors.
pub fn their_actix(runtime: &Runtime, cors: actix_cors::Cors) -> Contender {
    let app = App::new().wrap(cors).route("/", web::to(actix_answer));
    actix(runtime, runtime.block_on(test::init_service(app)))
}

/// The same for actix.
pub async fn actix_answer() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").finish()
}

fn actix<S, B>(runtime: &Runtime, app: S) -> Contender
where
    S: ActixService<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: 'static,
{
    let runtime = Rc::clone(runtime);
    Box::new(move |asks| {
        let requests: Vec<_> = asks.iter().map(actix_request).collect();
        runtime.block_on(async {
            let begun = Instant::now();
            for request in requests {
                drop(black_box(app.call(request).await));
            }
            begun.elapsed()
        })
    })
}

/// A request in actix' types, which are those of an earlier `http`.
pub fn actix_request(ask: &Ask) -> actix_http::Request {
    let method = ask.method.as_str().parse().expect("a method is one to every version of http");
    let mut request = test::TestRequest::default().method(method);
    for (name, value) in &ask.headers {
        request = request.append_header((name.as_str(), value.as_bytes()));
    }
    request.to_request()
}
