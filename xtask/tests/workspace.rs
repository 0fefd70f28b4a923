//! How the crates depend on each other and on the world, held against ARCHITECTURE.md's rules.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// A library crate, and the crates of this workspace that it may depend on, tests included.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("crossorigin", &[]),
    ("crossorigin-policy", &["crossorigin"]),
    ("crossorigin-export", &["crossorigin", "crossorigin-policy"]),
    ("crossorigin-tower", &["crossorigin"]),
    ("crossorigin-gateway", &["crossorigin", "crossorigin-policy", "crossorigin-tower"]),
    ("crossorigin-verdict", &["crossorigin"]),
    ("crossorigin-agent", &["crossorigin", "crossorigin-verdict", "crossorigin-tower"]),
    ("crossorigin-inputs", &["crossorigin", "crossorigin-verdict"]),
    ("crossorigin-lab", &["crossorigin"]),
    ("crossorigin-page", &["crossorigin", "crossorigin-verdict", "crossorigin-agent"]),
    (
        "crossorigin-cli",
        &[
            "crossorigin",
            "crossorigin-policy",
            "crossorigin-export",
            "crossorigin-tower",
            "crossorigin-gateway",
            "crossorigin-verdict",
            "crossorigin-agent",
            "crossorigin-lab",
            "crossorigin-page",
            "crossorigin-inputs",
        ],
    ),
];

/// Packages that no user of the crates builds.
const CHORES: &[&str] = &["crossorigin-bench", "crossorigin-fuzz-bodies", "xtask"];

/// Crates that do I/O, read clocks or run futures: not for the protocol crate, not even in its tests.
const IMPURE: &[&str] = &[
    "async-io",
    "async-std",
    "axum",
    "chrono",
    "futures-executor",
    "getrandom-wasm",
    "hyper",
    "hyper-util",
    "jiff",
    "mio",
    "polling",
    "reqwest",
    "smol",
    "socket2",
    "time",
    "tokio",
    "tower",
    "tracing",
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir("..").output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn workspace() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps", "--locked"]);
    let mut metadata: Value = serde_json::from_str(&metadata).expect("cargo prints JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => unreachable!("packages: {other}"),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[test]
fn dependencies_run_one_way() {
    let allowed: BTreeMap<_, _> = MAY_DEPEND_ON.iter().copied().collect();
    let packages = workspace();
    let members: BTreeSet<_> = packages.iter().map(|package| text(package, "name")).collect();
    for package in &packages {
        let name = text(package, "name");
        if CHORES.contains(&name) {
            continue;
        }
        let Some(allowed) = allowed.get(name) else { panic!("{name} is missing from MAY_DEPEND_ON") };
        for dependency in package["dependencies"].as_array().expect("a list") {
            let dependency = text(dependency, "name");
            if members.contains(dependency) {
                assert!(allowed.contains(&dependency), "{name} must not depend on {dependency}");
            }
        }
    }
}

#[test]
fn the_protocol_crate_has_no_runtime_no_io_and_no_clock() {
    let tree = cargo(&[
        "tree",
        "--package=crossorigin",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={lib}",
        "--locked",
    ]);
    let crates: BTreeSet<_> = tree.lines().map(|line| line.replace('_', "-")).collect();
    assert!(crates.contains("http"), "{tree}");
    let impure: Vec<_> = IMPURE.iter().filter(|name| crates.contains(**name)).collect();
    assert!(impure.is_empty(), "crossorigin drags in {impure:?}");
}

#[test]
fn the_adapter_has_no_runtime_of_its_own() {
    let tree =
        cargo(&["tree", "--package=crossorigin-tower", "--edges=normal,build", "--prefix=none", "--locked"]);
    for name in ["tokio", "hyper", "axum", "tower"] {
        assert!(!tree.lines().any(|line| line.starts_with(&format!("{name} v"))), "{name} in:\n{tree}");
    }
}

#[test]
fn tests_in_process_drag_in_no_network() {
    let tree = cargo(&[
        "tree",
        "--package=crossorigin-agent",
        "--no-default-features",
        "--edges=normal,build",
        "--prefix=none",
        "--locked",
    ]);
    for name in ["hyper", "h2", "rustls", "ring", "mio", "socket2"] {
        assert!(!tree.lines().any(|line| line.starts_with(&format!("{name} v"))), "{name} in:\n{tree}");
    }
}

#[test]
fn nothing_unsafe_and_nothing_published_by_accident() {
    for package in workspace() {
        let name = text(&package, "name");
        let manifest = std::fs::read_to_string(text(&package, "manifest_path")).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} doesn't take the workspace's lints");
        let published = package["publish"] == Value::Null;
        assert_eq!(published, !CHORES.contains(&name), "{name}: publish");
        assert_eq!(text(&package, "license"), "MIT OR Apache-2.0", "{name}");
        assert_eq!(text(&package, "rust_version"), "1.95", "{name}");
    }
}
