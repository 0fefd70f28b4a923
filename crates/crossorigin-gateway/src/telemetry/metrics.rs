//! What is counted. The request path only adds to counters that its worker alone adds to; they are summed when
//! somebody asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossorigin::server::{Decision, Reason};
use crossorigin_policy::{Listener, Route, Site};
use http::StatusCode;

/// The most routes, and the most policies, that are counted apart; those after them in the file are counted
/// together. So the size of `/metrics` has a bound.
pub(crate) const MOST_APART: usize = 256;
/// What those are called that are counted together.
pub(crate) const FURTHER: &str = "(further)";
/// What is called that has no route.
pub(crate) const NO_ROUTE: &str = "(none)";

/// The upper bounds of the classes of durations, in microseconds.
pub(crate) const BOUNDS: [u64; 13] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// What a route's upstream did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamError {
    Unreachable,
    ConnectTimeout,
    Timeout,
    NotHttp,
    BrokeOff,
    /// It contradicts itself, or encodes as nobody asked.
    BadFraming,
    /// In the middle of its answer.
    BodyBrokeOff,
}

impl UpstreamError {
    pub(crate) const ALL: [Self; 7] = [
        Self::Unreachable,
        Self::ConnectTimeout,
        Self::Timeout,
        Self::NotHttp,
        Self::BrokeOff,
        Self::BadFraming,
        Self::BodyBrokeOff,
    ];

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::ConnectTimeout => "connect-timeout",
            Self::Timeout => "timeout",
            Self::NotHttp => "not-http",
            Self::BrokeOff => "broke-off",
            Self::BadFraming => "bad-framing",
            Self::BodyBrokeOff => "body-broke-off",
        }
    }
}

/// A counter that goes up.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One for each worker, in cache lines of its own.
#[derive(Debug)]
pub(crate) struct PerWorker<T>(Box<[Apart<T>]>);

#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

impl<T: Default> PerWorker<T> {
    pub(crate) fn new(workers: usize) -> Self {
        Self((0..workers.max(1)).map(|_| Apart::default()).collect())
    }

    /// That of one worker.
    pub(crate) fn of(&self, worker: usize) -> &T {
        &self.0[worker % self.0.len()].0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|apart| &apart.0)
    }

    /// The sum of a counter of each.
    pub(crate) fn sum(&self, counter: impl Fn(&T) -> &Counter) -> u64 {
        self.iter().map(|own| counter(own).get()).sum()
    }
}

/// Decisions by reason, each with its place in [`Reason::ALL`].
#[derive(Debug, Default)]
pub(crate) struct PolicyCounts {
    pub(crate) preflights: [Counter; Reason::ALL.len()],
    pub(crate) others: [Counter; Reason::ALL.len()],
}

/// What came of a route's requests.
#[derive(Debug, Default)]
pub(crate) struct RouteCounts {
    /// By the first digit of the status; at 0 those whose client left before there was one.
    pub(crate) classes: [Counter; 6],
    /// By the first of [`BOUNDS`] that holds; the last holds the rest.
    pub(crate) durations: [Counter; BOUNDS.len() + 1],
    pub(crate) microseconds: Counter,
    pub(crate) bytes: Counter,
    pub(crate) upstream_errors: [Counter; UpstreamError::ALL.len()],
}

impl RouteCounts {
    /// A request has ended.
    pub(crate) fn ended(&self, status: Option<StatusCode>, took: Duration, bytes: u64) {
        let class = status.map_or(0, |status| usize::from(status.as_u16() / 100)).min(5);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let slot = BOUNDS.partition_point(|&bound| bound < microseconds);
        self.classes[class].add(1);
        self.durations[slot].add(1);
        self.microseconds.add(microseconds);
        self.bytes.add(bytes);
    }

    pub(crate) fn upstream_error(&self, error: UpstreamError) {
        self.upstream_errors[error as usize].add(1);
    }
}

/// What is counted under one label.
#[derive(Debug)]
pub(crate) struct Series<T> {
    pub(crate) label: String,
    pub(crate) counts: PerWorker<T>,
}

pub(crate) type RouteSeries = Series<RouteCounts>;
pub(crate) type PolicySeries = Series<PolicyCounts>;

/// The series of a route, and of its policy.
type OfRoute = (Arc<RouteSeries>, Option<Arc<PolicySeries>>);

/// The series of a site: where a request finds its counters without looking anything up.
#[derive(Debug)]
pub(crate) struct SiteSeries {
    no_route: Arc<RouteSeries>,
    routes: Vec<OfRoute>,
    /// By the place of the listener: the policy of what no route matches.
    elsewhere: Vec<Option<Arc<PolicySeries>>>,
}

impl SiteSeries {
    /// The counters of a request's route.
    pub(crate) fn route(&self, route: Option<usize>, worker: usize) -> &RouteCounts {
        let series =
            route.and_then(|index| self.routes.get(index)).map_or(&self.no_route, |(series, _)| series);
        series.counts.of(worker)
    }

    /// Counts a decision by the policy of a route, or else of a listener.
    pub(crate) fn decided(
        &self,
        route: Option<&Route>,
        listener: Option<&Listener>,
        decision: &Decision,
        worker: usize,
    ) {
        let series = match route {
            Some(route) => self.routes.get(route.index()).and_then(|(_, policy)| policy.as_ref()),
            None => {
                listener.and_then(|listener| self.elsewhere.get(listener.index())).and_then(Option::as_ref)
            }
        };
        let Some(series) = series else { return };
        let counts = series.counts.of(worker);
        let counters = if decision.is_preflight() { &counts.preflights } else { &counts.others };
        if let Some(counter) = counters.get(decision.reason() as usize) {
            counter.add(1);
        }
    }
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    workers: usize,
    known: Mutex<Known>,
    pub(crate) good_reloads: Counter,
    pub(crate) bad_reloads: Counter,
    /// Whether the last reload was good; so is beginning.
    pub(crate) last_reload_was_bad: std::sync::atomic::AtomicBool,
    /// Lines of the log that could not be written.
    pub(crate) lost_lines: Arc<AtomicU64>,
}

/// The series of the site that is served, by label: one that stays through a reload counts on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) routes: Vec<Arc<RouteSeries>>,
    pub(crate) policies: Vec<Arc<PolicySeries>>,
}

impl Metrics {
    pub(crate) fn new(workers: usize, lost_lines: Arc<AtomicU64>) -> Self {
        Self {
            workers,
            known: Mutex::default(),
            good_reloads: Counter::default(),
            bad_reloads: Counter::default(),
            last_reload_was_bad: std::sync::atomic::AtomicBool::new(false),
            lost_lines,
        }
    }

    /// The series of a site that is served from now on. Those that it has no more are forgotten.
    pub(crate) fn series(&self, site: &Site) -> SiteSeries {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut routes = Labels::new(self.workers, &known.routes);
        let mut policies = Labels::new(self.workers, &known.policies);
        let no_route = routes.get(NO_ROUTE.to_owned());
        let mut of_routes = Vec::with_capacity(site.routes.len());
        for route in &site.routes {
            let policy = route.policy.as_ref().map(|(name, _)| policies.get(name.clone()));
            of_routes.push((routes.get(site.place(route)), policy));
        }
        let elsewhere = site.listeners.iter();
        let elsewhere = elsewhere
            .map(|listener| listener.default_policy.as_ref().map(|(name, _)| policies.get(name.clone())))
            .collect();
        *known = Known { routes: routes.taken, policies: policies.taken };
        SiteSeries { no_route, routes: of_routes, elsewhere }
    }

    /// All series there are now.
    pub(crate) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Gives labels their series: the one that was there before, or a new one, up to [`MOST_APART`].
struct Labels<'a, T> {
    workers: usize,
    before: HashMap<&'a str, &'a Arc<Series<T>>>,
    by_label: HashMap<String, usize>,
    taken: Vec<Arc<Series<T>>>,
}

impl<'a, T: Default> Labels<'a, T> {
    fn new(workers: usize, before: &'a [Arc<Series<T>>]) -> Self {
        let before = before.iter().map(|series| (series.label.as_str(), series)).collect();
        Self { workers, before, by_label: HashMap::new(), taken: Vec::new() }
    }

    fn get(&mut self, label: String) -> Arc<Series<T>> {
        if let Some(&place) = self.by_label.get(&label) {
            return self.taken[place].clone();
        }
        if self.taken.len() >= MOST_APART && label != FURTHER {
            return self.get(FURTHER.to_owned());
        }
        let series = match self.before.get(label.as_str()) {
            Some(&series) => series.clone(),
            None => Arc::new(Series { label: label.clone(), counts: PerWorker::new(self.workers) }),
        };
        self.by_label.insert(label, self.taken.len());
        self.taken.push(series.clone());
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_errors_have_the_places_of_their_lists() {
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place, "{reason:?}");
        }
        for (place, error) in UpstreamError::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, place, "{error:?}");
        }
    }

    #[test]
    fn a_duration_belongs_to_the_first_bound_that_is_not_below_it() {
        let counts = RouteCounts::default();
        for (microseconds, slot) in [(0, 0), (1_000, 0), (1_001, 1), (10_000_000, 12), (10_000_001, 13)] {
            let before = counts.durations[slot].get();
            counts.ended(Some(StatusCode::OK), Duration::from_micros(microseconds), 0);
            assert_eq!(counts.durations[slot].get(), before + 1, "{microseconds} µs");
        }
    }

    #[test]
    fn counting_takes_no_memory_and_workers_count_apart() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[policies.p]\norigins = []\n[[listeners]]\naddress = \"127.0.0.1:0\"\n\
                    [[routes]]\npath = \"/\"\nfiles = \".\"\npolicy = \"p\"\n";
        let document = crossorigin_policy::PolicyDocument::parse(&folder.path().join("p.toml"), text);
        let (site, _) = document.compile().unwrap();
        let metrics = Metrics::new(3, Arc::default());
        let series = metrics.series(&site);
        let (route, listener) = (&site.routes[0], &site.listeners[0]);
        let (parts, ()) = http::Request::new(()).into_parts();
        let decision = route.policy.as_ref().unwrap().1.decide(&parts);
        let taken = allocation_counter::measure(|| {
            for worker in 0..3 {
                series.decided(Some(route), Some(listener), &decision, worker);
                series.route(Some(0), worker).ended(Some(StatusCode::OK), Duration::from_millis(3), 5);
                series.route(None, worker).upstream_error(UpstreamError::Timeout);
            }
        });
        assert_eq!(taken.count_total, 0);
        let known = metrics.known();
        let whole = known.routes.iter().find(|series| series.label == "/").unwrap();
        assert_eq!(whole.counts.sum(|counts| &counts.bytes), 15);
        assert!(whole.counts.iter().all(|counts| counts.bytes.get() == 5));
        let policy = &known.policies[0].counts;
        assert_eq!(policy.sum(|counts| &counts.others[Reason::NoOrigin as usize]), 3);
    }

    #[test]
    fn labels_have_a_bound_and_outlive_reloads() {
        let mut labels = Labels::<RouteCounts>::new(1, &[]);
        let kept = labels.get("kept".to_owned());
        kept.counts.of(0).bytes.add(7);
        for number in 0..1000 {
            labels.get(number.to_string());
        }
        assert_eq!(labels.taken.len(), MOST_APART + 1);
        assert_eq!(labels.get("one more".to_owned()).label, FURTHER);
        let before = std::mem::take(&mut labels.taken);
        let mut labels = Labels::new(1, &before);
        assert_eq!(labels.get("kept".to_owned()).counts.sum(|counts| &counts.bytes), 7);
        assert_eq!(labels.taken.len(), 1);
    }
}
