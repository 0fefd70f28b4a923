//! What `crossorigin export` writes, started as it says, in front of a real upstream: every answer has the headers that the
//! project's own engine gives it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "export/asking.rs"]
mod asking;
#[path = "export/cases.rs"]
mod cases;
#[path = "export/policies.rs"]
mod policies;
#[path = "export/server.rs"]
mod server;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use asking::Connection;
use cases::{Case, cases};
use crossorigin_policy::PolicyDocument;
use policies::POLICIES;
use server::{Exported, exported};
use support::scripted::Scripted;

/// The fewest cases of a policy.
const CASES: usize = 500;

/// What came of one policy at one target.
struct Proof {
    policy: &'static str,
    cases: usize,
    /// Cases that no browser can send and that are answered otherwise.
    other_programs: usize,
    refused: Option<String>,
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
}

fn prove_one(
    target: &str,
    name: &'static str,
    text: &str,
    refused: Option<&str>,
    wrong: &mut Vec<String>,
) -> Proof {
    let upstream = Scripted::start(|asked| cases::upstream(&asked.line).text());
    let folder = tempfile::tempdir().unwrap();
    let file = policies::write(text, folder.path(), upstream.address);
    let document = PolicyDocument::read(&file).unwrap();
    let (site, _) = document.compile().unwrap();
    let proof = |cases, other_programs, refused: Option<&str>| Proof {
        policy: name,
        cases,
        other_programs,
        refused: refused.map(str::to_owned),
    };
    let server = match (exported(target, &file, folder.path(), &site), refused) {
        (Exported::Refused(printed), Some(by)) => {
            assert!(printed.contains(&format!("--accept {by}")), "{name} is refused otherwise: {printed}");
            return proof(0, 0, Some(by));
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
        if case.by_browsers || !server.warned {
            wrong.push(told(target, name, case, &expected, &found.relevant(&expected)));
        } else {
            other_programs += 1;
        }
    }
    proof(count, other_programs, None)
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
    prove("varnish", &[("files by extension", "files")]);
}

#[test]
#[ignore = "needs caddy: cargo xtask test"]
fn caddy_answers_as_the_policy_says() {
    prove("caddy", &[]);
}

#[test]
#[ignore = "needs apache2: cargo xtask test"]
fn apache_answers_as_the_policy_says() {
    prove("apache", &[]);
}

#[test]
#[ignore = "needs node and express: cargo xtask test"]
fn express_answers_as_the_policy_says() {
    prove("express", &[]);
}

#[test]
#[ignore = "needs envoy: cargo xtask test"]
fn envoy_answers_as_the_policy_says() {
    prove("envoy", &[("files by extension", "files")]);
}
