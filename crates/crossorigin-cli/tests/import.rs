//! `crossorigin import`, run as people run it.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;
use std::process::Command;

const RULE: &str = "<FilesMatch \"\\.(png|jpe?g)$\">\nSetEnvIf Origin \":\" IS_CORS\n\
                    Header set Access-Control-Allow-Origin \"*\" env=IS_CORS\n</FilesMatch>\n";

/// Exit code, standard output, standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    let output = command.current_dir(folder).arg("import").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn folder(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn the_rule_for_images_is_read_and_its_missing_vary_explained() {
    let folder = folder(".htaccess", RULE);
    let (code, out, error) = run(folder.path(), &["--from", "apache", ".htaccess"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(
        out.contains("origins = \"*\"") && out.contains("extensions = [\"jpeg\", \"jpg\", \"png\"]"),
        "{out}"
    );
    let vary = error.find("warning[missing-vary]: .htaccess:3: ").unwrap_or_else(|| unreachable!("{error}"));
    assert!(error[vary..].contains("that keeps the answer to a request without Origin"), "{error}");
}

#[test]
fn the_policy_file_is_written_whole_and_over_nothing() {
    let folder = folder("rule.conf", RULE);
    let path = folder.path().join("policy.toml");
    let arguments = ["--from", "apache", "rule.conf", "--output", "policy.toml"];
    let (code, out, error) = run(folder.path(), &arguments);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{error}");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.starts_with("# Read from rule.conf.\n"), "{written}");
    std::fs::write(&path, "mine").unwrap();
    let (code, _, error) = run(folder.path(), &arguments);
    assert_eq!(code, Some(1));
    assert!(error.contains("policy.toml is there already; give --force to overwrite it"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let (code, _, error) = run(folder.path(), &[&arguments[..], &["--force"]].concat());
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn what_is_not_read_exits_1_with_the_origin_that_is_let_in() {
    let text = "if ($http_origin ~ ^https://shop\\.example) {\n  add_header Access-Control-Allow-Origin $http_origin always;\n}\n";
    let folder = folder("a.conf", text);
    let (code, out, error) = run(folder.path(), &["--from", "nginx", "a.conf"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("not read[look-alike-origin]: a.conf:1: "), "{error}");
    assert!(error.contains("lets https://shop.example.evil.test read too"), "{error}");
    assert!(out.contains("# Not read, line 1: ") && out.contains("origins = []"), "{out}");
}

#[test]
fn what_can_not_be_read_says_where_and_writes_nothing() {
    let folder = folder("a.conf", "server {\n  include cors.conf;\n}\n");
    let (code, out, error) = run(folder.path(), &["--from", "nginx", "a.conf", "--output", "p.toml"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(error.starts_with("error: a.conf:2: include cors.conf is not followed"), "{error}");
    assert!(!folder.path().join("p.toml").exists());
    let (code, _, error) = run(folder.path(), &["--from", "nginx", "gone.conf"]);
    assert!(code == Some(1) && error.contains("can't read gone.conf"), "{error}");
    let (code, _, error) = run(folder.path(), &["--from", "iis", "a.conf"]);
    assert!(
        code == Some(2) && error.contains("nginx, apache, caddy, envoy, gateway-api, s3, gcs"),
        "{error}"
    );
}
