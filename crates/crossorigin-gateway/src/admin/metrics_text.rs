//! Metrics as text, in Prometheus's format.
//! [Source](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).

use std::fmt::Write;
use std::sync::atomic::Ordering;

use crossorigin::server::Reason;

use crate::running::Shared;
use crate::telemetry::metrics::{BOUNDS, RouteCounts, Series, UpstreamError};

/// The media type of the text.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text under way. Writing to a string can't fail.
struct Text(String);

impl Text {
    /// Begins a metric.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One value of it.
    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (nth, (label, text)) in labels.iter().enumerate() {
            let before = if nth == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"");
            for character in text.chars() {
                match character {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    other => self.0.push(other),
                }
            }
            self.0.push('"');
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// A metric of one value.
    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.metric(name, kind, help);
        self.value(name, &[], value);
    }
}

/// All metrics as they are now.
pub(crate) fn render(shared: &Shared) -> String {
    let mut text = Text(String::with_capacity(16 * 1024));
    text.metric("crossorigin_build_info", "gauge", "The version that runs.");
    text.value("crossorigin_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    decisions(&mut text, shared);
    routes(&mut text, shared);
    listeners(&mut text, shared);
    let metrics = &shared.metrics;
    let name = "crossorigin_reloads_total";
    text.metric(name, "counter", "Reloads of the policy file.");
    text.value(name, &[("result", "good")], metrics.good_reloads.get());
    text.value(name, &[("result", "bad")], metrics.bad_reloads.get());
    let was_good = !metrics.last_reload_was_bad.load(Ordering::Relaxed);
    text.single(
        "crossorigin_last_reload_successful",
        "gauge",
        "Whether the policy file as it was last read is the one that is served.",
        u8::from(was_good),
    );
    text.single(
        "crossorigin_draining",
        "gauge",
        "Whether the gateway is about to end.",
        u8::from(*shared.ending.borrow()),
    );
    let lost = metrics.lost_lines.load(Ordering::Relaxed);
    text.single(
        "crossorigin_log_lines_lost_total",
        "counter",
        "Lines of the log that could not be written.",
        lost,
    );
    file_cache(&mut text, shared);
    text.0
}

fn decisions(text: &mut Text, shared: &Shared) {
    let name = "crossorigin_decisions_total";
    text.metric(name, "counter", "Decisions by policy, kind of request, outcome and reason.");
    for series in shared.metrics.known().policies {
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            let (of_preflights, of_others) = comes_of(reason);
            let mut add = |request, count| {
                let labels = [
                    ("policy", &*series.label),
                    ("request", request),
                    ("outcome", outcome(reason)),
                    ("reason", reason.code()),
                ];
                text.value(name, &labels, count);
            };
            if of_preflights {
                add("preflight", series.counts.sum(|counts| &counts.preflights[place]));
            }
            if of_others {
                add("actual", series.counts.sum(|counts| &counts.others[place]));
            }
        }
    }
}

/// Whether a reason is given for preflights, and for other requests.
fn comes_of(reason: Reason) -> (bool, bool) {
    match reason {
        Reason::NoOrigin | Reason::SameOrigin => (false, true),
        Reason::SeveralRequestMethods
        | Reason::RequestMethodMalformed
        | Reason::MethodNotAllowed
        | Reason::RequestHeadersMalformed
        | Reason::RequestHeadersTooLong
        | Reason::AuthorizationNotNamed
        | Reason::HeaderNotAllowed => (true, false),
        _ => (true, true),
    }
}

fn outcome(reason: Reason) -> &'static str {
    match reason {
        Reason::NoOrigin => "no-origin",
        Reason::SameOrigin => "same-origin",
        Reason::AnyOrigin | Reason::OriginListed | Reason::OriginMatchesPattern | Reason::NullAllowed => {
            "allowed"
        }
        _ => "refused",
    }
}

fn routes(text: &mut Text, shared: &Shared) {
    let routes = shared.metrics.known().routes;
    let name = "crossorigin_requests_total";
    text.metric(name, "counter", "Requests that have ended, by route and class of the status.");
    for series in &routes {
        for (class, label) in ["none", "1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().enumerate() {
            let count = series.counts.sum(|counts| &counts.classes[class]);
            text.value(name, &[("route", &series.label), ("class", label)], count);
        }
    }
    let name = "crossorigin_request_duration_seconds";
    text.metric(name, "histogram", "From the head of a request to the end of its response.");
    for series in &routes {
        durations(text, name, series);
    }
    let name = "crossorigin_response_body_bytes_total";
    text.metric(name, "counter", "Bytes of bodies that were sent to clients.");
    for series in &routes {
        text.value(name, &[("route", &series.label)], series.counts.sum(|counts| &counts.bytes));
    }
    let name = "crossorigin_upstream_errors_total";
    text.metric(name, "counter", "What upstreams did wrong, by route and kind.");
    for series in &routes {
        for (place, error) in UpstreamError::ALL.into_iter().enumerate() {
            let count = series.counts.sum(|counts| &counts.upstream_errors[place]);
            text.value(name, &[("route", &series.label), ("kind", error.code())], count);
        }
    }
}

fn durations(text: &mut Text, name: &str, series: &Series<RouteCounts>) {
    let bucket = format!("{name}_bucket");
    let mut count = 0;
    for place in 0..=BOUNDS.len() {
        count += series.counts.sum(|counts| &counts.durations[place]);
        let bound = BOUNDS.get(place).map_or_else(|| "+Inf".to_owned(), |&bound| seconds(bound).to_string());
        text.value(&bucket, &[("route", &series.label), ("le", &bound)], count);
    }
    let sum = seconds(series.counts.sum(|counts| &counts.microseconds));
    text.value(&format!("{name}_sum"), &[("route", &series.label)], sum);
    text.value(&format!("{name}_count"), &[("route", &series.label)], count);
}

/// Microseconds in seconds; beyond 2^53 of them the last digits don't matter.
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

fn listeners(text: &mut Text, shared: &Shared) {
    let places = shared.places.load();
    let mut each = |name: &str, kind, help, count: &dyn Fn(&crate::client::place::Place) -> u64| {
        text.metric(name, kind, help);
        for place in places.iter() {
            text.value(name, &[("listener", &place.listener.name)], count(place));
        }
    };
    each("crossorigin_connections", "gauge", "Connections of clients that are open.", &|place| {
        place.connections.load(Ordering::Relaxed) as u64
    });
    each("crossorigin_connections_accepted_total", "counter", "Connections that were accepted.", &|place| {
        place.accepted.get()
    });
    each(
        "crossorigin_connections_turned_away_total",
        "counter",
        "Connections that were told 503, for there were too many, or too many open files.",
        &|place| place.turned_away.get(),
    );
}

fn file_cache(text: &mut Text, shared: &Shared) {
    let state = shared.file_cache.state();
    for (name, kind, help, value) in [
        ("crossorigin_file_cache_bytes", "gauge", "Bytes of files that are kept in memory.", state.bytes),
        ("crossorigin_file_cache_capacity_bytes", "gauge", "The most that are kept.", state.capacity),
        ("crossorigin_file_cache_files", "gauge", "Files that are kept in memory.", state.files),
        (
            "crossorigin_file_cache_hits_total",
            "counter",
            "Reads of files that were answered from memory.",
            state.hits,
        ),
        ("crossorigin_file_cache_misses_total", "counter", "Reads of files that were not.", state.misses),
    ] {
        text.single(name, kind, help, value);
    }
}
