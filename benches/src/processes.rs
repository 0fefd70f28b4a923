//! `crossorigin check` beside curl, as whole processes: from the start of one to its end, over loopback.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::Context as _;

use crate::measure::Spread;
use crate::page::time;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: text/plain\r\n\
    Content-Length: 2\r\nConnection: close\r\n\r\nhi";

/// What one run took.
pub(crate) struct Usage {
    pub(crate) nanoseconds: f64,
    pub(crate) bytes: f64,
}

/// The section of the page, in Markdown; one sentence where there is no curl.
pub(crate) fn section(rounds: usize) -> anyhow::Result<String> {
    let title = "## `crossorigin check` beside curl\n\n";
    if Command::new("curl").arg("--version").output().is_err() {
        return Ok(format!("{title}Not measured: there is no curl here.\n"));
    }
    let address = serve()?;
    let url = format!("http://{address}/");
    let program = beside("crossorigin")?;
    let program = program.to_str().context("the path of crossorigin is no UTF-8")?;
    let curl = ["curl", "--silent", "--noproxy", "*", "--header", "Origin: https://app.example", &url];
    let all = [program, "check", &url, "--from", "https://app.example"];
    let one = [program, "check", &url, "--from", "https://app.example", "--profile", "chromium"];
    let (mut by_all, mut by_one, mut by_curl) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        // In turn, each order as often as the other; the first round only brings files into memory.
        let mut runs = [(&mut by_all, &all[..]), (&mut by_one, &one), (&mut by_curl, &curl)];
        if round % 2 == 1 {
            runs.reverse();
        }
        for (usages, command) in runs {
            let usage = run(command)?;
            if round > 0 {
                usages.push(usage);
            }
        }
    }
    let mut text = String::from(title);
    writeln!(
        text,
        "Whole processes, from start to end, that ask one loopback URL; medians of {rounds} rounds, and of ratios \
         within a round. Four profiles send one request.\n\n\
         | | Time | Times curl's | Goal | Memory | Times curl's | Goal |\n|---|--:|--:|--:|--:|--:|--:|"
    )?;
    for (name, usages) in
        [("`check`, all profiles", &by_all), ("`check --profile chromium`", &by_one), ("curl", &by_curl)]
    {
        let median = |of: fn(&Usage) -> f64| Spread::of(usages.iter().map(of).collect()).median;
        let ratio = |of: fn(&Usage) -> f64| {
            Spread::of(usages.iter().zip(&by_curl).map(|(ours, theirs)| of(ours) / of(theirs)).collect())
                .median
        };
        let (slower, larger) = (ratio(|usage| usage.nanoseconds), ratio(|usage| usage.bytes));
        let goal = |measured: f64, most: f64| match name {
            "curl" => String::new(),
            _ if measured <= most => format!("at most {most}×: met"),
            _ => format!("at most {most}×: **missed**"),
        };
        writeln!(
            text,
            "| {name} | {} | {slower:.2}× | {} | {:.1} MB | {larger:.2}× | {} |",
            time(median(|usage| usage.nanoseconds)),
            goal(slower, 3.0),
            median(|usage| usage.bytes) / 1e6,
            goal(larger, 2.0),
        )?;
    }
    Ok(text)
}

/// Runs a command in a small process that measures it.
pub(crate) fn run(command: &[&str]) -> anyhow::Result<Usage> {
    let output = Command::new(beside("child_usage")?).env("NO_PROXY", "*").args(command).output()?;
    let said = String::from_utf8(output.stdout)?;
    anyhow::ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut figures = said.split_whitespace().map(str::parse);
    match (figures.next(), figures.next()) {
        (Some(Ok(nanoseconds)), Some(Ok(bytes))) => Ok(Usage { nanoseconds, bytes }),
        _ => anyhow::bail!("{command:?} said {said:?}"),
    }
}

/// A program that is built beside this one.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(program.exists(), "there is no {}; run this as `cargo xtask bench`", program.display());
    Ok(program)
}

/// Answers on a loopback address for as long as this process lives.
fn serve() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(answer(stream))));
    Ok(address)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    // The request is small enough to come at once.
    let _read = stream.read(&mut [0; 4096])?;
    stream.write_all(ANSWER)
}
