//! What `crossorigin export` writes, started as it says, in front of a real upstream: every answer has the headers that the
//! project's own engine gives it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "export/asking.rs"]
mod asking;
#[path = "export/cases.rs"]
mod cases;
#[path = "export/page.rs"]
mod page;
#[path = "export/pages.rs"]
mod pages;
#[path = "export/policies.rs"]
mod policies;
#[path = "export/server.rs"]
mod server;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use asking::Connection;
use cases::{Case, cases};
use crossorigin_policy::{PolicyDocument, Site};
use policies::POLICIES;
use server::{Exported, exported};
use support::scripted::Scripted;

/// The fewest cases of a policy.
const CASES: usize = 500;

/// What came of one policy at one target.
struct Proof {
    policy: &'static str,
    cases: usize,
    /// Fetches of pages, by the user agent's algorithm.
    fetches: usize,
    /// Cases that no browser can send and that are answered otherwise.
    other_programs: usize,
    refused: Option<String>,
    /// What the export said of differences, a line each.
    told: BTreeSet<String>,
}

/// Proves all policies at a target; those that it can't hold are to be refused with these names.
fn prove(target: &str, refused: &[(&str, &str)]) {
    let refused: BTreeMap<_, _> = refused.iter().copied().collect();
    let mut proofs = Vec::new();
    let mut wrong = Vec::new();
    for (name, text) in POLICIES {
        let proof = prove_one(target, name, text, refused.get(name).copied(), &mut wrong);
        proofs.push(proof);
    }
    let mut told = String::new();
    for proof in &proofs {
        let what = match &proof.refused {
            Some(name) => format!("refused: {name}"),
            None => format!("{} cases, {} of other programs differ", proof.cases, proof.other_programs),
        };
        writeln!(told, "{target} {}: {what}", proof.policy).unwrap();
    }
    println!("{told}");
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    let proven = proofs.iter().filter(|proof| proof.refused.is_none());
    proven.for_each(|proof| assert!(proof.cases >= CASES, "{}: {} cases", proof.policy, proof.cases));
    assert!(refused.keys().all(|name| POLICIES.iter().any(|(own, _)| own == name)));
    page::hold(Some(target), &section(target, &proofs));
}

/// What the documentation says of a target.
fn section(target: &str, proofs: &[Proof]) -> String {
    let mut text = format!("## {target}\n\nProven with {}.\n\n", server::version(target));
    text.push_str("| Policy | Requests | Answered otherwise, to programs that are no browsers | Fetches of pages |\n|---|---:|---:|---:|\n");
    for proof in proofs {
        match &proof.refused {
            Some(name) => writeln!(text, "| {} | refused: `{name}` | | |", proof.policy).unwrap(),
            None => {
                let Proof { policy, cases, other_programs, fetches, .. } = proof;
                writeln!(text, "| {policy} | {cases} | {other_programs} | {fetches} |").unwrap();
            }
        }
    }
    let told: BTreeSet<_> = proofs.iter().flat_map(|proof| &proof.told).collect();
    for (heading, kind) in [("Refuses", "error: "), ("Warns of", "warning: ")] {
        let of_kind: Vec<_> = told.iter().filter_map(|line| line.strip_prefix(kind)).collect();
        if !of_kind.is_empty() {
            writeln!(text, "\n{heading}:\n").unwrap();
        }
        for line in of_kind {
            let (name, explanation) = line.split_once(": ").unwrap_or((line, ""));
            let explanation = explanation.trim_end_matches(" (no browser sends such a request)");
            writeln!(text, "- `{name}`: {explanation}").unwrap();
        }
    }
    text
}

/// The differences of what an export printed to standard error.
fn differences(printed: &str) -> BTreeSet<String> {
    let is_told = |line: &&str| {
        let name = line.strip_prefix("error: ").or(line.strip_prefix("warning: "));
        name.is_some_and(|name| name.split_once(": ").is_some())
    };
    printed.lines().filter(is_told).map(str::to_owned).collect()
}

fn prove_one(
    target: &str,
    name: &'static str,
    text: &str,
    refused: Option<&str>,
    wrong: &mut Vec<String>,
) -> Proof {
    let upstreams = [(); 2].map(|()| Scripted::start(|asked| cases::upstream(&asked.line).text()));
    let folder = tempfile::tempdir().unwrap();
    let file = policies::write(text, folder.path(), upstreams.each_ref().map(|upstream| upstream.address));
    let document = PolicyDocument::read(&file).unwrap();
    let (site, _) = document.compile().unwrap();
    let proof = |cases, fetches, other_programs, refused: Option<&str>, printed: &str| Proof {
        policy: name,
        cases,
        fetches,
        other_programs,
        refused: refused.map(str::to_owned),
        told: differences(printed),
    };
    let server = match (exported(target, &file, folder.path(), &site), refused) {
        (Exported::Refused(printed), Some(by)) => {
            assert!(printed.contains(&format!("--accept {by}")), "{name} is refused otherwise: {printed}");
            return proof(0, 0, 0, Some(by), &printed);
        }
        (Exported::Refused(printed), None) => panic!("{target} refuses {name}: {printed}"),
        (Exported::Running(_), Some(by)) => panic!("{target} takes {name}, which was to be refused by {by}"),
        (Exported::Running(server), None) => server,
    };
    let cases = cases(&site, &document.configurations(), CASES);
    let mut connections: BTreeMap<_, _> = BTreeMap::new();
    let (mut count, mut other_programs) = (0, 0);
    for case in &cases {
        let connection = connections.entry(case.address).or_insert_with(|| Connection::new(case.address));
        let expected = case.expected(&site);
        let found = connection.ask(case);
        count += 1;
        if found.relevant(&expected) == expected {
            continue;
        }
        if case.by_browsers || !case.excuses().iter().any(|name| server.warns_of(name)) {
            wrong.push(told(target, name, case, &expected, &found.relevant(&expected)));
        } else {
            other_programs += 1;
        }
    }
    if text.contains("upstreams =") {
        assert!(
            upstreams.iter().all(|upstream| !upstream.asked().is_empty()),
            "{target}: one of two does all"
        );
    }
    let fetches = fetch_all(target, name, &cases, &site, wrong);
    proof(count, fetches, other_programs, None, &server.printed)
}

/// Lets pages fetch, from the server and from the engine.
fn fetch_all(target: &str, policy: &str, cases: &[Case], site: &Site, wrong: &mut Vec<String>) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetches = pages::fetches(cases);
    let network = pages::network();
    for fetch in &fetches {
        let expected = runtime.block_on(pages::seen(fetch, pages::Engine(site)));
        let found = runtime.block_on(pages::seen(fetch, network.clone()));
        if expected != found {
            wrong.push(format!(
                "{target}, policy {policy}: {fetch}\n  expected {expected}\n  found    {found}"
            ));
        }
    }
    fetches.len()
}

fn told(
    target: &str,
    policy: &str,
    case: &Case,
    expected: &cases::Relevant,
    found: &cases::Relevant,
) -> String {
    format!("{target}, policy {policy}: {case}\n  expected {expected:?}\n  found    {found:?}")
}

#[test]
#[ignore = "needs nginx: cargo xtask test"]
fn nginx_answers_as_the_policy_says() {
    prove("nginx", &[("routes by method", "route-methods")]);
}

#[test]
#[ignore = "needs haproxy: cargo xtask test"]
fn haproxy_answers_as_the_policy_says() {
    prove("haproxy", &[("files by extension", "files")]);
}

#[test]
#[ignore = "needs varnishd: cargo xtask test"]
fn varnish_answers_as_the_policy_says() {
    prove("varnish", &[("files by extension", "files"), ("several upstreams", "several-upstreams")]);
}

#[test]
#[ignore = "needs caddy: cargo xtask test"]
fn caddy_answers_as_the_policy_says() {
    prove("caddy", &[]);
}

#[test]
#[ignore = "needs apache2: cargo xtask test"]
fn apache_answers_as_the_policy_says() {
    prove("apache", &[("several upstreams", "several-upstreams")]);
}

#[test]
#[ignore = "needs node and express: cargo xtask test"]
fn express_answers_as_the_policy_says() {
    prove("express", &[("several upstreams", "several-upstreams")]);
}

#[test]
#[ignore = "needs envoy: cargo xtask test"]
fn envoy_answers_as_the_policy_says() {
    prove("envoy", &[("files by extension", "files")]);
}
