//! The schema, the reference and the example are what the table of keys says.
//!
//! `UPDATE_DOCS=1 cargo test -p crossorigin-policy --test documentation` writes the first two anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossorigin_policy::{Limits, Severity, load, reference, schema};
use serde_json::Value;

const BEGIN: &str = "<!-- What follows is written by a test from the table of keys. -->\n";
const END: &str = "<!-- Until here. -->\n";

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

fn assert_current(file: &str, expected: &str) {
    let path = docs(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == expected, "{file} is out of date: run this test with UPDATE_DOCS=1");
}

#[test]
fn the_schema_is_current() {
    assert_current("policy.schema.json", &schema());
}

#[test]
fn the_reference_is_current() {
    let page = std::fs::read_to_string(docs("policy-file.md")).unwrap();
    let (front, rest) = page.split_once(BEGIN).expect("the page marks where the reference begins");
    let (_, back) = rest.split_once(END).expect("the page marks where the reference ends");
    assert_current("policy-file.md", &format!("{front}{BEGIN}\n{}{END}{back}", reference()));
}

/// Every key that the schema has, as `table.key`.
fn schema_keys() -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let tables = &schema["properties"];
    let listed = [
        ("policies", &tables["policies"]["additionalProperties"]),
        ("listeners", &tables["listeners"]["items"]),
        ("routes", &tables["routes"]["items"]),
        ("limits", &tables["limits"]),
        ("admin", &tables["admin"]),
        ("log", &tables["log"]),
    ];
    assert_eq!(tables.as_object().unwrap().len(), listed.len());
    let keys = listed.iter().flat_map(|(name, table)| {
        table["properties"].as_object().unwrap().keys().map(move |key| format!("{name}.{key}"))
    });
    keys.collect()
}

#[test]
fn the_example_shows_every_key_and_compiles() {
    let path = docs("example.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let example: toml::Table = toml::from_str(&text).unwrap();
    let mut shown = BTreeSet::new();
    for (name, value) in &example {
        let tables: Vec<&toml::Table> = match value {
            toml::Value::Array(tables) => tables.iter().filter_map(toml::Value::as_table).collect(),
            toml::Value::Table(table) if name == "policies" => {
                table.values().filter_map(toml::Value::as_table).collect()
            }
            toml::Value::Table(table) => vec![table],
            other => panic!("{name} = {other:?}"),
        };
        shown.extend(tables.iter().flat_map(|table| table.keys().map(|key| format!("{name}.{key}"))));
    }
    // The files that it names would have to be there.
    assert!(text.contains("\n# tls = ") && shown.insert("listeners.tls".to_owned()));
    assert!(text.contains("\n# upstream_ca = ") && shown.insert("routes.upstream_ca".to_owned()));
    assert_eq!(shown, schema_keys());

    let (site, warnings) = load(&path).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!((site.policies.len(), site.listeners.len(), site.routes.len()), (2, 1, 4));
    assert_eq!(site.watched, [docs("origins.txt")]);
    // The folder of the example is made up; nothing else is to be said about it.
    let said: Vec<_> = warnings.iter().filter(|warning| warning.severity() < Severity::Note).collect();
    assert!(said.iter().all(|warning| warning.code() == "no-folder"), "{said:?}");
}

#[test]
fn the_examples_limits_are_the_defaults() {
    let (site, _) = load(&docs("example.toml")).unwrap();
    assert_eq!(site.limits, Limits::default());
}

#[test]
fn every_limit_can_be_set() {
    let text = "[limits]\nhead_bytes = 9000\nheader_lines = 2\nbody_bytes = 3\nconnections = 4\n\
        head_timeout = '5s'\nhandshake_timeout = '1s'\nstreams = 5\nidle_timeout = '6s'\nstall_timeout = '7s'\nconnect_timeout = '8s'\n\
        upstream_timeout = '9s'\nwebsocket_timeout = '8m'\ndrain_timeout = '10s'\nfile_cache_bytes = '11KiB'\n";
    let (site, _) = crossorigin_policy::PolicyDocument::parse(Path::new("p.toml"), text).compile().unwrap();
    let limits = site.limits;
    assert_eq!((limits.handshake_timeout, limits.streams), (Duration::from_secs(1), 5));
    assert_eq!(limits.websocket_timeout, Duration::from_secs(480));
    let seconds = [
        limits.head_timeout,
        limits.idle_timeout,
        limits.stall_timeout,
        limits.connect_timeout,
        limits.upstream_timeout,
        limits.drain_timeout,
    ];
    assert_eq!(seconds.map(|duration: Duration| duration.as_secs()), [5, 6, 7, 8, 9, 10]);
    assert_eq!((limits.head_bytes, limits.header_lines, limits.body_bytes), (9000, 2, 3));
    assert_eq!((limits.connections, limits.file_cache_bytes), (4, 11 * 1024));
}
