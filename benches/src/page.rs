//! The page: what was measured, in words and tables.

use std::fmt::{self, Write as _};
use std::fs;
use std::process::Command;

use anyhow::Context as _;
use crossorigin_bench::asks::{Kind, SEED};

use crate::measure::Spread;
use crate::study::{Place, SIZES, Study, lists};

/// The page in Markdown.
pub(crate) fn page(study: &Study, sections: &[String]) -> anyhow::Result<String> {
    let mut page = String::new();
    let text = &mut page;
    writeln!(text, "# How fast the decision is\n")?;
    writeln!(
        text,
        "This page is written by `cargo xtask bench`. All of its ratios are from one run on one machine.\n\n\
         ![Time a request by the number of allowed origins](benchmarks.svg)\n"
    )?;
    goals(text, study)?;
    costs(text, study)?;
    request_header_lists(text, study)?;
    allocations(text)?;
    sections.iter().try_for_each(|section| writeln!(text, "{section}"))?;
    method(text, study)?;
    Ok(page)
}

/// A goal of the project, and how far it is met.
struct Goal {
    what: String,
    at: Bound,
    measured: Spread,
}

enum Bound {
    AtMost(f64),
    AtLeast(f64),
    None,
}

impl Goal {
    fn new(what: impl Into<String>, at: Bound, measured: Spread) -> Self {
        Self { what: what.into(), at, measured }
    }

    fn row(&self) -> String {
        let Spread { low, median, high } = self.measured;
        let (goal, verdict) = match self.at {
            Bound::AtMost(most) => {
                (format!("at most {most}×"), if median <= most { "met" } else { "**missed**" })
            }
            Bound::AtLeast(least) => {
                (format!("at least {least}×"), if median >= least { "met" } else { "**missed**" })
            }
            Bound::None => ("–".to_owned(), ""),
        };
        format!(
            "| {} | {goal} | {} | {} – {} | {verdict} |",
            self.what,
            times(median),
            times(low),
            times(high)
        )
    }
}

fn goals(text: &mut String, study: &Study) -> fmt::Result {
    let growth = |place, kind, size| study.ratio(kind, (place, 1), (place, size));
    let against = |ours, theirs, size| study.ratio(Kind::Actual, (ours, size), (theirs, size));
    let preflight = |ours, theirs, size| study.ratio(Kind::Preflight, (ours, size), (theirs, size));
    let goals = [
        Goal::new(
            "Cost of a decision with 10,000 origins, 1,000 of them active, to that with 1",
            Bound::AtMost(1.3),
            growth(Place::Active, Kind::Actual, 10_000),
        ),
        Goal::new(
            "… with 1,000,000, 1,000 of them active",
            Bound::AtMost(3.0),
            growth(Place::Active, Kind::Actual, 1_000_000),
        ),
        Goal::new(
            "… with 10,000, all of them active",
            Bound::AtMost(1.3),
            growth(Place::Decision, Kind::Actual, 10_000),
        ),
        Goal::new(
            "… with 1,000,000, all of them active",
            Bound::AtMost(3.0),
            growth(Place::Decision, Kind::Actual, 1_000_000),
        ),
        Goal::new(
            "… with 10,000 wildcards, to that with 1",
            Bound::None,
            growth(Place::Wildcards, Kind::Actual, 10_000),
        ),
        Goal::new(
            "… on a preflight, with 10,000",
            Bound::AtMost(1.3),
            growth(Place::Decision, Kind::Preflight, 10_000),
        ),
        Goal::new(
            "… on a preflight, with 1,000,000",
            Bound::AtMost(3.0),
            growth(Place::Decision, Kind::Preflight, 1_000_000),
        ),
        Goal::new(
            "tower-http to crossorigin, around a tower service, 1 origin",
            Bound::AtLeast(4.0),
            against(Place::Tower, Place::TowerHttp, 1),
        ),
        Goal::new("… 10,000 origins", Bound::AtLeast(40.0), against(Place::Tower, Place::TowerHttp, 10_000)),
        Goal::new(
            "tower-http to crossorigin, in an axum Router, 1 origin",
            Bound::AtLeast(4.0),
            against(Place::Axum, Place::AxumTowerHttp, 1),
        ),
        Goal::new(
            "… 10,000 origins",
            Bound::AtLeast(40.0),
            against(Place::Axum, Place::AxumTowerHttp, 10_000),
        ),
        Goal::new(
            "… preflights, 1 origin, whole call",
            Bound::None,
            preflight(Place::Axum, Place::AxumTowerHttp, 1),
        ),
        Goal::new(
            "… preflights, 10,000 origins, whole call",
            Bound::None,
            preflight(Place::Axum, Place::AxumTowerHttp, 10_000),
        ),
        Goal::new(
            "actix-cors in actix, to crossorigin around a tower service, 1 origin",
            Bound::None,
            against(Place::Tower, Place::Actix, 1),
        ),
        Goal::new("… 10,000 origins", Bound::None, against(Place::Tower, Place::Actix, 10_000)),
        Goal::new(
            "The dearest hostile list of request headers, to the longest that is read",
            Bound::AtMost(1.0),
            study.hostile_lists(),
        ),
    ];
    writeln!(text, "## Ratios\n\n| What | Goal | Median | Quartiles | |\n|---|---|---|---|---|")?;
    goals.iter().try_for_each(|goal| writeln!(text, "{}", goal.row()))?;
    writeln!(text)
}

fn costs(text: &mut String, study: &Study) -> fmt::Result {
    writeln!(text, "## Time a request\n")?;
    for (kind, says) in [
        (Kind::Actual, "An actual request: the time above that of the same service without CORS."),
        (Kind::Preflight, "A preflight: the whole call, which never reaches the service."),
    ] {
        writeln!(text, "{says} Medians, and quartiles below them.\n")?;
        write!(text, "| Allowed origins |")?;
        SIZES.iter().try_for_each(|&size| write!(text, " {} |", grouped(size)))?;
        writeln!(text, "\n|---|{}", "--:|".repeat(SIZES.len()))?;
        for place in Place::ALL {
            write!(text, "| {} |", place.name())?;
            let measured: Vec<_> = place.sizes().collect();
            for size in SIZES {
                if measured.contains(&size) {
                    let Spread { low, median, high } = study.cost(place, kind, size);
                    write!(text, " {}<br><small>{} – {}</small> |", time(median), time(low), time(high))?;
                } else {
                    write!(text, " |")?;
                }
            }
            writeln!(text)?;
        }
        writeln!(text)?;
    }
    writeln!(text, "The whole call on an actual request, and the service without CORS:\n")?;
    writeln!(text, "| | without CORS | 1 origin | 10,000 origins |\n|---|--:|--:|--:|")?;
    for place in [Place::Tower, Place::TowerHttp, Place::Axum, Place::AxumTowerHttp, Place::Actix] {
        let whole = |size| time(study.whole(place, Kind::Actual, size).median);
        let bare = study.bare(place, Kind::Actual).map_or_else(String::new, |bare| time(bare.median));
        writeln!(text, "| {} | {bare} | {} | {} |", place.name(), whole(1), whole(10_000))?;
    }
    writeln!(text)
}

fn request_header_lists(text: &mut String, study: &Study) -> fmt::Result {
    writeln!(
        text,
        "## Lists of request headers\n\n\
         The decision on a preflight, by its `Access-Control-Request-Headers`. A list is read up to fixed bounds, so \
         that a hostile one costs no more than the longest that is accepted.\n\n\
         | List | Median | Quartiles |\n|---|--:|--:|"
    )?;
    for (name, _) in lists() {
        let Spread { low, median, high } = study.list(name);
        writeln!(text, "| {name} | {} | {} – {} |", time(median), time(low), time(high))?;
    }
    writeln!(text)
}

fn allocations(text: &mut String) -> anyhow::Result<()> {
    let mut counter = std::env::current_exe()?;
    counter.set_file_name("allocations");
    let output =
        Command::new(&counter).output().context("run this as `cargo xtask bench`, which builds all parts")?;
    anyhow::ensure!(output.status.success(), "counting failed: {}", String::from_utf8_lossy(&output.stderr));
    writeln!(
        text,
        "## Allocations\n\n\
         Of one request, beyond those of the same service without CORS, with 100 allowed origins. On a preflight the \
         service isn't called, so that its own are spared.\n\n\
         | | Actual request | Preflight |\n|---|--:|--:|"
    )?;
    for line in String::from_utf8(output.stdout)?.lines() {
        writeln!(text, "| {} |", line.replace('\t', " | "))?;
    }
    writeln!(text)?;
    Ok(())
}

fn method(text: &mut String, study: &Study) -> anyhow::Result<()> {
    writeln!(
        text,
        "## How it was measured\n\n\
         - {} rounds. In each, everything is timed once, in an order drawn anew; a ratio is taken within its round, and \
         what is shown are medians and quartiles over the rounds.\n\
         - Requests are made and then timed in handfuls of 32, so that they are in the processor's cache as one that \
         just came from a connection is. Each is for an origin drawn at random from all that are allowed; where that is said, from 1,000 of them. About 30,000 \
         requests off the clock bring what the contender reads back into the cache before up to 8,000 on it, the \
         slower ones fewer; a million origins don't fit there, and are read from memory.\n\
         - The services are called in one thread without a network: from a request that is there to the drop of its \
         response. Above a tower service and an axum `Router` stand `CorsLayer` of crossorigin and of tower-http, above \
         actix's `App` stands actix-cors; the services answer with one header and no body. axum boxes a `Router`'s routes \
         anew for any layer, so what is taken off there is a `Router` with a layer that does nothing. actix itself differs, so its \
         row compares what CORS adds to each.\n\
         - All allow the same: credentials, PUT and DELETE, two request headers, ten minutes.\n\
         - The seed is {SEED:#x}. Release profile.\n\n\
         Machine: {}, {} cores, Linux {}. {}. Versions: {}.",
        study.count,
        processor(),
        std::thread::available_parallelism()?,
        kernel(),
        compiler(),
        versions(&["tower-http", "axum", "actix-cors", "actix-web"]),
    )?;
    Ok(())
}

fn processor() -> String {
    let facts = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = facts.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.to_owned())
}

/// The kernel's version, without what its builder added.
fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.trim().split('-').next().filter(|version| !version.is_empty()).unwrap_or("unknown").to_owned()
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Versions of these packages, from the lock file that this was built by.
fn versions(names: &[&str]) -> String {
    let locked = include_str!("../../Cargo.lock");
    let version = |name: &str| {
        let (_, rest) = locked.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split_once('"')?.0))
    };
    names.iter().filter_map(|name| version(name)).collect::<Vec<_>>().join(", ")
}

fn times(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}×") } else { format!("{ratio:.0}×") }
}

/// Nanoseconds for people.
pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 999.5 => format!("{small:.0} ns"),
        middle if middle < 99_950.0 => format!("{:.1} µs", middle / 1e3),
        large if large < 999_500.0 => format!("{:.0} µs", large / 1e3),
        huge => format!("{:.1} ms", huge / 1e6),
    }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
