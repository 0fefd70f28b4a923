//! A fetch beside the clients that check nothing: the program `agent`, shown as a section of the page.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Context as _;

use crate::page::time;
use crate::processes::beside;

/// What a fetch may cost, in terms of hyper's pooled client.
const GOAL: f64 = 1.10;
/// What is held to that.
const OURS: &str = "crossorigin, environment.fetch";

/// The section of the page, in Markdown.
pub(crate) fn section(rounds: usize) -> anyhow::Result<String> {
    let output = Command::new(beside("agent")?).arg(rounds.to_string()).output()?;
    anyhow::ensure!(output.status.success(), "agent failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut text = String::from("## A fetch beside clients that check nothing\n\n");
    writeln!(
        text,
        "1 KB over a kept loopback connection, the same request headers for all; medians of {rounds} rounds of 250 \
         fetches, and of ratios within a round, with their quartiles. The server is hyper's, on a thread of its own.\n\n\
         | | A fetch | Times hyper's pooled client | Quartiles | Goal |\n|---|--:|--:|--:|--:|"
    )?;
    for line in String::from_utf8(output.stdout)?.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        let [name, nanoseconds, low, ratio, high] = columns[..] else { anyhow::bail!("agent said {line:?}") };
        let median: f64 = ratio.parse().context("a ratio")?;
        let goal = match name {
            OURS if median <= GOAL => format!("at most {GOAL}×: met"),
            OURS => format!("at most {GOAL}×: **missed**"),
            _ => String::new(),
        };
        let nanoseconds: f64 = nanoseconds.parse().context("nanoseconds")?;
        writeln!(text, "| {name} | {} | {ratio}× | {low} – {high} | {goal} |", time(nanoseconds))?;
    }
    text.push_str(String::from_utf8_lossy(&output.stderr).trim_end());
    Ok(text)
}
