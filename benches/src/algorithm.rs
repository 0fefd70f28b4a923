//! The user agent's half without I/O: what a fetch costs in the algorithm, and a look into the preflight cache.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossorigin::fetching::{Context, CorsPreflightCache, EmbedderPolicyValue, Machine, ResponseHead, Step};
use crossorigin::infrastructure::request::{Mode, Request};
use crossorigin::infrastructure::request_origin::Origin;
use crossorigin::profiles::{Behavior, Profile};
use crossorigin_bench::asks::Draws;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use crate::measure::Spread;
use crate::page::time;

/// How many URLs a page has permission for, in the cache that is small and in the one that is large.
const FEW: usize = 10;
const MANY: usize = 10_000;
/// How many of the many are asked for, where a page goes on asking for the same.
const ACTIVE: usize = 1_000;
/// Requests made and then timed together, which a page made just now.
const HANDFUL: usize = 32;
const HANDFULS: usize = 200;
const NOW: Duration = Duration::from_secs(1);

/// The section of the page, in Markdown.
pub(crate) fn section(rounds: usize) -> anyhow::Result<String> {
    let (few, many) = (Cached::new(FEW)?, Cached::new(MANY)?);
    let mut draws = Draws::new(2);
    let (mut by_few, mut by_many, mut by_active, mut fetches) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let mut lookups =
            [(&mut by_few, &few, FEW), (&mut by_many, &many, MANY), (&mut by_active, &many, ACTIVE)];
        if round % 2 == 1 {
            lookups.reverse();
        }
        for (taken, cached, active) in lookups {
            // Once off the clock: what was asked before is no measure of what is asked now.
            cached.lookup(active, &mut draws);
            taken.push(cached.lookup(active, &mut draws));
        }
        fetches.push(fetch()?);
    }
    // The first round only brings things into memory.
    for taken in [&mut by_few, &mut by_many, &mut by_active, &mut fetches] {
        taken.remove(0);
    }
    let ratio = |to: &[f64]| Spread::of(by_few.iter().zip(to).map(|(few, many)| many / few).collect()).median;
    let (all, active) = (ratio(&by_many), ratio(&by_active));
    let median = |taken: Vec<f64>| time(Spread::of(taken).median);
    let mut text = String::from("## A fetch in the user agent's half\n\n");
    writeln!(
        text,
        "The algorithm alone, from the request to what script may see, without I/O; medians of {rounds} rounds. \
         A look into the preflight cache is for a URL drawn from all that it holds, or from those that are active.\n\n\
         | | Time | Beside | Goal |\n|---|--:|--:|--:|"
    )?;
    let verdict = |ratio| if ratio <= 1.5 { "met" } else { "**missed**" };
    writeln!(text, "| A safelisted GET to another origin | {} | | |", median(fetches))?;
    writeln!(text, "| A look into a preflight cache of {FEW} URLs | {} | 1× | |", median(by_few))?;
    for (what, ratio, taken) in [
        ("one of 10,000 URLs, 1,000 of them active", active, by_active),
        ("one of 10,000 URLs, all of them active", all, by_many),
    ] {
        let (taken, verdict) = (median(taken), verdict(ratio));
        writeln!(text, "| A look into {what} | {taken} | {ratio:.2}× | at most 1.5×: {verdict} |")?;
    }
    writeln!(
        text,
        "\nThat such a GET allocates nothing beyond the request that it hands out is shown by a test, \
         `a_safelisted_get_allocates_nothing_beyond_its_request`."
    )?;
    Ok(text)
}

/// A cache with permission for so many URLs, and their requests.
struct Cached {
    cache: CorsPreflightCache,
    requests: Vec<Request>,
}

impl Cached {
    fn new(count: usize) -> anyhow::Result<Self> {
        let mut cache = CorsPreflightCache::default();
        let mut requests = Vec::with_capacity(count);
        let page = request("https://api.example/")?;
        for nth in 0..count {
            let mut put = request(&format!("https://api.example/v1/items/{nth}"))?;
            // All are of one page, and share its origin and site.
            (put.origin, put.network_partition_key) =
                (page.origin.clone(), page.network_partition_key.clone());
            put.method = Method::PUT;
            permit(put.clone(), &mut cache)?;
            requests.push(put);
        }
        anyhow::ensure!(cache.len() == count, "the cache holds {} of {count}", cache.len());
        Ok(Self { cache, requests })
    }

    /// Nanoseconds of a look.
    fn lookup(&self, active: usize, draws: &mut Draws) -> f64 {
        let mut taken = Duration::ZERO;
        for _ in 0..HANDFULS {
            let handful: Vec<_> = (0..HANDFUL).map(|_| self.requests[draws.below(active)].clone()).collect();
            let start = Instant::now();
            for request in &handful {
                let permitted =
                    self.cache.method_cache_entry_match(request, b"PUT", &Behavior::STANDARD, NOW);
                assert!(black_box(permitted));
            }
            taken += start.elapsed();
        }
        taken.as_secs_f64() * 1e9 / (HANDFULS * HANDFUL) as f64
    }
}

/// Nanoseconds from a safelisted GET to its response.
fn fetch() -> anyhow::Result<f64> {
    let get = request("https://api.example/v1/items")?;
    let headers = shared();
    let (mut cache, mut taken) = (CorsPreflightCache::default(), Duration::ZERO);
    for _ in 0..HANDFULS {
        let handful: Vec<_> = (0..HANDFUL).map(|_| get.clone()).collect();
        let start = Instant::now();
        for get in handful {
            let mut context = Context { cache: &mut cache, now: NOW };
            let mut machine = Machine::new(get, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
            let sent = machine.start(&mut context);
            let response = machine.response(ResponseHead::new(StatusCode::OK, &headers), &mut context);
            assert!(matches!(black_box((sent, response)), (Step::Send(_), Step::Response(_))));
        }
        taken += start.elapsed();
    }
    Ok(taken.as_secs_f64() * 1e9 / (HANDFULS * HANDFUL) as f64)
}

fn request(url: &str) -> anyhow::Result<Request> {
    let origin: Origin = "https://app.example".parse()?;
    let mut request = Request::new(origin, Url::parse(url)?);
    request.network_partition_key = Some(request.origin.site());
    request.mode = Mode::Cors;
    request.unsafe_request = true;
    Ok(request)
}

fn shared() -> HeaderMap {
    HeaderMap::from_iter([(http::header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))])
}

/// Runs a fetch that is permitted, so that the cache holds it.
fn permit(request: Request, cache: &mut CorsPreflightCache) -> anyhow::Result<()> {
    let mut headers = shared();
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("PUT, DELETE"));
    headers.insert(http::header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    let mut context = Context { cache, now: Duration::ZERO };
    let mut machine = Machine::new(request, EmbedderPolicyValue::UnsafeNone, Profile::Standard);
    machine.start(&mut context);
    let step = machine.response(ResponseHead::new(StatusCode::NO_CONTENT, &headers), &mut context);
    matches!(step, Step::Send(_)).then_some(()).context("the preflight is not permitted")
}
