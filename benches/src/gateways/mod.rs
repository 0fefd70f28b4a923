//! `crossorigin serve` beside nginx, `HAProxy`, Caddy and Envoy: the processor time that a request costs each.
//!
//! One core is theirs, the other is the load generator's and the upstream's. All run the same policy: what
//! `crossorigin export` writes of it. Rounds are interleaved, and a ratio is taken within its round.

mod idle;
mod load;
mod servers;

use std::fmt::Write as _;

use crate::measure::Spread;
use crate::page::time;

use self::load::{Load, ask};
use self::servers::{Running, Site};

/// Connections at once.
const CONNECTIONS: usize = 64;

/// What is asked, over what, and how much dearer than nginx's our answer may be.
struct Scenario {
    name: &'static str,
    load: Load,
    goal: Option<f64>,
}

const fn scenario(name: &'static str, load: Load, goal: Option<f64>) -> Scenario {
    Scenario { name, load, goal }
}

const SCENARIOS: [Scenario; 10] = [
    scenario("1 KB, passed on", Load { path: "/1k", count: 20_000, ..Load::GET }, Some(1.15)),
    scenario("100 KB, passed on", Load { path: "/100k", count: 4_000, ..Load::GET }, Some(1.15)),
    scenario("a preflight", Load { is_preflight: true, count: 40_000, ..Load::GET }, Some(1.0)),
    scenario("a file of 50 KB", Load { path: "/files/50k", count: 15_000, ..Load::GET }, Some(0.85)),
    scenario("a file of 2 MB", Load { path: "/files/2m", count: 600, ..Load::GET }, Some(0.85)),
    scenario("1 KB, passed on, TLS", Load { path: "/1k", count: 12_000, is_secure: true, ..Load::GET }, None),
    scenario(
        "1 KB, passed on, HTTP/2 and TLS",
        Load { path: "/1k", count: 12_000, is_secure: true, is_http2: true, ..Load::GET },
        None,
    ),
    scenario(
        "100 KB, passed on, HTTP/2 and TLS",
        Load { path: "/100k", count: 3_000, is_secure: true, is_http2: true, ..Load::GET },
        None,
    ),
    scenario(
        "a preflight, HTTP/2 and TLS",
        Load { is_preflight: true, count: 30_000, is_secure: true, is_http2: true, ..Load::GET },
        None,
    ),
    scenario(
        "a file of 50 KB, HTTP/2 and TLS",
        Load { path: "/files/50k", count: 6_000, is_secure: true, is_http2: true, ..Load::GET },
        None,
    ),
];

/// The section of the page, in Markdown; one sentence where something is not here.
pub(crate) fn section(rounds: usize) -> anyhow::Result<String> {
    let title = "## `crossorigin serve` beside nginx, HAProxy, Caddy and Envoy\n\n";
    if let Some(missing) = servers::missing() {
        return Ok(format!("{title}Not measured: there is no {missing} here.\n"));
    }
    let site = Site::new()?;
    let _upstream = site.upstream()?;
    let servers = site.start_all()?;
    let mut measured = Vec::new();
    for scenario in &SCENARIOS {
        let able: Vec<&Running> = servers.iter().filter(|server| scenario.load.is_for(server)).collect();
        if !able.iter().any(|server| server.name == servers::OURS) {
            continue;
        }
        let mut costs = vec![Vec::new(); able.len()];
        for round in 0..=rounds {
            for turn in 0..able.len() {
                // Everybody goes first as often as last.
                let nth = (turn + round) % able.len();
                let cost = ask(able[nth], &scenario.load)?;
                // The first round only makes connections and brings files into memory.
                if round > 0 {
                    costs[nth].push(cost);
                }
            }
        }
        eprintln!("{}: measured", scenario.name);
        let names = able.iter().map(|server| server.name);
        measured.push((scenario, names.zip(costs).collect::<Vec<_>>()));
    }
    let idle = idle::measure(&servers)?;
    let mut text = String::from(title);
    writeln!(
        text,
        "Processor time a request, user and system, of all of a server's processes on one core; {CONNECTIONS} connections; \
         medians of {rounds} rounds. Ratios are to nginx, within a round, with quartiles. 100 allowed origins, credentials; \
         each server runs what `crossorigin export` writes of the policy file that `crossorigin serve` runs (nginx with \
         buffers, which the export leaves off for event streams). Metrics are counted, nobody writes an access log.\n"
    )?;
    for (scenario, costs) in &measured {
        rows(&mut text, scenario, costs)?;
    }
    text.push_str(&idle);
    Ok(text)
}

fn rows(text: &mut String, scenario: &Scenario, costs: &[(&str, Vec<f64>)]) -> anyhow::Result<()> {
    let nginx = costs.iter().find(|(name, _)| *name == "nginx").map(|(_, costs)| costs);
    let Some(nginx) = nginx else { anyhow::bail!("nginx was not measured") };
    writeln!(text, "| {} | a request | to nginx | | |\n|---|--:|--:|--:|---|", scenario.name)?;
    for (name, own) in costs {
        let whole = Spread::of(own.clone());
        let Spread { low, median, high } =
            Spread::of(own.iter().zip(nginx).map(|(own, nginx)| own / nginx).collect());
        let verdict = match scenario.goal.filter(|_| *name == servers::OURS) {
            None => String::new(),
            Some(goal) if median <= goal => format!("at most {goal}: met"),
            Some(goal) => format!("at most {goal}: **missed**"),
        };
        writeln!(
            text,
            "| {name} | {} | {median:.2} | {low:.2} – {high:.2} | {verdict} |",
            time(whole.median)
        )?;
    }
    writeln!(text)?;
    Ok(())
}
