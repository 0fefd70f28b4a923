//! Counts allocations, under an allocator that would distort the time of others: a line for each contender,
//! with its allocations on an actual request and on a preflight, beyond those of the bare service.

use std::hint::black_box;

use actix_web::{App, test, web};
use crossorigin_bench::asks::{Ask, Kind, origin};
use crossorigin_bench::contenders::{
    actix_answer, actix_cors, actix_request, answer, decide, policy, ready, request, response, router,
    tower_http,
};
use crossorigin_tower::CorsLayer;
use http::Request;
use tower::layer::util::Identity;
use tower::{Layer as _, Service, service_fn};

const ORIGINS: usize = 100;

fn main() -> anyhow::Result<()> {
    let origins: Vec<_> = (0..ORIGINS).map(origin).collect();
    let ours = policy(origins.clone())?;
    let theirs = tower_http(&origins)?;

    show("crossorigin, the decision", |kind| {
        let ask = Ask::new(kind, &origin(7));
        let headers = || response().into_parts().0.headers;
        decide(&ours, &ask, &mut headers());
        let mut headers = headers();
        counted(|| decide(&ours, &ask, &mut headers))
    });
    let bare = |kind| tower(&mut service_fn(answer), kind);
    show("crossorigin, tower", |kind| {
        tower(&mut CorsLayer::new(ours.clone()).layer(service_fn(answer)), kind) - bare(kind)
    });
    show("tower-http, tower", |kind| tower(&mut theirs.layer(service_fn(answer)), kind) - bare(kind));
    let bare = |kind| tower(&mut router().layer(Identity::new()), kind);
    show("crossorigin, axum Router", |kind| {
        tower(&mut router().layer(CorsLayer::new(ours.clone())), kind) - bare(kind)
    });
    show("tower-http, axum Router", |kind| tower(&mut router().layer(theirs.clone()), kind) - bare(kind));

    let runtime = actix_web::rt::System::new();
    let app = || App::new().route("/", web::to(actix_answer));
    let bare = runtime.block_on(test::init_service(app()));
    let cors = runtime.block_on(test::init_service(
        App::new().wrap(actix_cors(&origins)).route("/", web::to(actix_answer)),
    ));
    let bare = |kind| actix(&runtime, &bare, kind);
    show("actix-cors, actix", |kind| actix(&runtime, &cors, kind) - bare(kind));
    Ok(())
}

fn show(name: &str, mut allocations: impl FnMut(Kind) -> i64) {
    println!("{name}\t{}\t{}", allocations(Kind::Actual), allocations(Kind::Preflight));
}

fn counted<T>(work: impl FnOnce() -> T) -> i64 {
    let info = allocation_counter::measure(|| {
        black_box(work());
    });
    i64::try_from(info.count_total).unwrap_or(i64::MAX)
}

/// Allocations of one call, after another that may fill caches.
fn tower<S: Service<Request<axum::body::Body>>>(service: &mut S, kind: Kind) -> i64 {
    let ask = || request(Ask::new(kind, &origin(7)));
    drop(ready(service.call(ask())));
    let next = ask();
    counted(|| ready(service.call(next)).is_ok())
}

fn actix<S>(runtime: &actix_web::rt::SystemRunner, app: &S, kind: Kind) -> i64
where
    S: actix_web::dev::Service<actix_http::Request>,
{
    let ask = || actix_request(&Ask::new(kind, &origin(7)));
    drop(runtime.block_on(app.call(ask())));
    let next = ask();
    counted(|| ready(app.call(next)).is_ok())
}
