//! `crossorigin export`, run as people run it, short of starting what it writes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "export/page.rs"]
mod page;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crossorigin_export::Target;
use tempfile::TempDir;

const SITE: &str = r#"
[policies.api]
origins = ["https://app.example"]
methods = ["PUT"]

[[listeners]]
address = "127.0.0.1:8080"

[[routes]]
path = "/"
upstream = "http://127.0.0.1:9000"
policy = "api"
"#;

/// nginx can't say which methods a route leaves to another.
const BY_METHOD: &str = r#"
[policies.read]
origins = "*"

[policies.write]
origins = ["https://app.example"]
methods = ["PUT"]

[[listeners]]
address = "127.0.0.1:8080"

[[routes]]
path = "/up"
methods = ["GET"]
upstream = "http://127.0.0.1:9000"
policy = "read"

[[routes]]
path = "/up"
upstream = "http://127.0.0.1:9000"
policy = "write"
"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("site.toml", SITE);
    write("by-method.toml", BY_METHOD);
    write("broken.toml", &SITE.replace("https://app.example", "https://app.example/"));
    write("no-listeners.toml", SITE.split_once("[[listeners]]").unwrap().0);
    write("thousands.toml", &SITE.replace("methods", "origins_file = \"origins.txt\"\nmethods"));
    let origins: Vec<_> = (0..2000).map(|nth| format!("https://customer-{nth}.example")).collect();
    write("origins.txt", &origins.join("\n"));
    folder
}

/// Exit code, standard output, standard error.
fn export(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    let output = program.current_dir(folder).arg("export").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    entries.map(|entry| (entry.file_name().into_string().unwrap(), read(&entry.path()))).collect()
}

fn servers() -> impl Iterator<Item = Target> {
    Target::ALL.iter().copied().filter(|target| !target.is_service())
}

#[test]
fn what_cannot_be_used_is_named_with_its_remedy() {
    let rows: &[(&[&str], &[&str])] = &[
        (&["site.toml", "--to", "ngnix"], &["'ngnix'", "did you mean nginx?"]),
        (&["site.toml", "--to", "lighttpd"], &["no such target (targets: nginx,"]),
        (&["site.toml", "--to", "nginx", "--target-version", "new"], &["such as 1.24"]),
        (
            &["site.toml", "--to", "nginx", "--target-version", "7.1"],
            &["no version 7 of nginx is known", "1"],
        ),
        (&["site.toml", "--to", "caddy", "--force"], &["--output <DIR>"]),
        (
            &["site.toml", "--to", "caddy", "--accept", "vary"],
            &["--accept vary: nothing differs by that name"],
        ),
        (&["missing.toml", "--to", "nginx"], &["missing.toml: can't read the policy file"]),
        (&["broken.toml", "--to", "nginx"], &["broken.toml:3:12", "https://app.example/", "help:"]),
        (&["no-listeners.toml", "--to", "haproxy"], &["no-listeners.toml: it has no [[listeners]]"]),
        (&["thousands.toml", "--to", "haproxy"], &["haproxy.cfg and 1 more", "--output"]),
        (&["site.toml", "--to", "nginx", "--output", "site.toml"], &["site.toml", "is no folder"]),
    ];
    let folder = folder();
    let before = files(folder.path());
    for (arguments, expected) in rows {
        let (code, printed, errors) = export(folder.path(), arguments);
        assert_eq!((code, &*printed), (Some(2), ""), "{arguments:?}: {errors}");
        for part in *expected {
            assert!(errors.contains(part), "{arguments:?}: {part:?} is not in {errors}");
        }
    }
    assert!(files(folder.path()) == before, "something was written");
}

#[test]
fn what_a_target_cannot_say_is_refused_with_a_request_and_let_through_by_name() {
    let folder = folder();
    let output = folder.path().join("out");
    let arguments = ["by-method.toml", "--to", "nginx", "--output", "out"];
    let (code, printed, errors) = export(folder.path(), &arguments);
    assert_eq!((code, &*printed), (Some(1), ""), "{errors}");
    for part in [
        "error: route-methods: route 1 takes some methods and leaves the others to route 2",
        "  request  OPTIONS /up/ without Access-Control-Request-Method",
        "  policy   route 2",
        "  target   404, by route 1",
        "  remedy   ",
        "  accept   --accept route-methods",
        "by-method.toml: not exported to nginx",
    ] {
        assert!(errors.contains(part), "{part:?} is not in {errors}");
    }
    assert!(!output.exists(), "a refused export leaves no folder");

    let (code, printed, errors) =
        export(folder.path(), &[&arguments[..], &["--accept", "route-methods"]].concat());
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("warning: accepted: route-methods: "), "{errors}");
    assert!(printed.lines().last().unwrap().starts_with("start: nginx "), "{printed}");
}

#[test]
fn the_last_line_starts_it_from_any_folder() {
    let folder = folder();
    for target in servers() {
        let output = format!("it's in {target}");
        let (code, printed, errors) =
            export(folder.path(), &["site.toml", "--to", target.name(), "--output", &output]);
        assert_eq!(code, Some(0), "{target}: {errors}");
        let start = printed.lines().last().and_then(|line| line.strip_prefix("start: ")).expect(&printed);
        let words = format!("printf '%s\\n' {start}");
        let words = Command::new("sh").args(["-c", &words]).output().unwrap().stdout;
        let words = String::from_utf8(words).unwrap();
        let place = folder.path().join(&output).display().to_string();
        assert!(words.contains(&place), "{target}: {words}");
        // Other lines name the files.
        let named: Vec<_> = printed.lines().rev().skip(1).collect();
        assert_eq!(named.len(), files(&folder.path().join(&output)).len(), "{target}: {printed}");
        named.iter().for_each(|path| assert!(Path::new(path).is_file(), "{target}: {path}"));
    }
}

#[test]
fn an_export_is_the_same_from_run_to_run() {
    let folder = folder();
    for target in servers() {
        let export = || {
            let arguments = ["thousands.toml", "--to", target.name(), "--output", "out", "--force"];
            let (code, printed, errors) = export(folder.path(), &arguments);
            assert_eq!(code, Some(0), "{target}: {errors}");
            (printed, errors, files(&folder.path().join("out")))
        };
        assert!(export() == export(), "{target}");
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

#[test]
fn files_appear_together_or_not_at_all() {
    let folder = folder();
    let output = folder.path().join("out");
    std::fs::create_dir(&output).unwrap();
    let list = output.join("origins_api.lst");
    std::fs::write(&list, "mine").unwrap();
    let arguments = ["thousands.toml", "--to", "haproxy", "--output", "out"];
    let (code, printed, errors) = export(folder.path(), &arguments);
    assert_eq!((code, &*printed), (Some(2), ""), "{errors}");
    assert!(errors.contains("origins_api.lst is there already: --force overwrites it"), "{errors}");
    assert_eq!(files(&output), [("origins_api.lst".to_owned(), "mine".to_owned())].into());

    let (code, _, errors) = export(folder.path(), &[&arguments[..], &["--force"]].concat());
    assert_eq!(code, Some(0), "{errors}");
    let written = files(&output);
    assert_eq!(written.keys().collect::<Vec<_>>(), ["haproxy.cfg", "origins_api.lst"]);
    assert_eq!(written["origins_api.lst"].lines().count(), 2001);

    // What can't be overwritten leaves the other file as it was.
    std::fs::remove_file(&list).unwrap();
    std::fs::create_dir(&list).unwrap();
    std::fs::write(output.join("haproxy.cfg"), "mine").unwrap();
    let (code, printed, errors) = export(folder.path(), &[&arguments[..], &["--force"]].concat());
    assert_eq!((code, &*printed), (Some(2), ""), "{errors}");
    assert!(errors.contains("origins_api.lst is a folder"), "{errors}");
    assert_eq!(std::fs::read_to_string(output.join("haproxy.cfg")).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(&output).unwrap().count(), 2, "temporary files are gone");
}

#[test]
fn a_snippet_needs_no_listener_and_starts_nothing() {
    let folder = folder();
    for target in servers() {
        let whole = export(folder.path(), &["site.toml", "--to", target.name(), "--output", "whole"]);
        let (code, printed, errors) =
            export(folder.path(), &["site.toml", "--to", target.name(), "--snippet", "--output", "part"]);
        assert_eq!((whole.0, code), (Some(0), Some(0)), "{target}: {errors}");
        assert!(!printed.contains("start: "), "{target}: {printed}");
        let (whole, part) = (files(&folder.path().join("whole")), files(&folder.path().join("part")));
        let size = |files: &BTreeMap<String, String>| files.values().map(String::len).sum::<usize>();
        assert!(size(&part) < size(&whole), "{target}: the part is not smaller");
        assert!(part.values().any(|text| text.contains("app")), "{target}");
        for folder in [folder.path().join("whole"), folder.path().join("part")] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[test]
fn a_listener_that_speaks_tls_is_left_to_the_server_that_a_snippet_is_pasted_into() {
    let folder = folder();
    let certificate = rcgen::generate_simple_self_signed(["api.example".to_owned()]).unwrap();
    std::fs::write(folder.path().join("site.pem"), certificate.cert.pem()).unwrap();
    std::fs::write(folder.path().join("site.key"), certificate.signing_key.serialize_pem()).unwrap();
    let tls = "[[listeners]]\ntls = [{ certificate = \"site.pem\", key = \"site.key\" }]";
    std::fs::write(folder.path().join("tls.toml"), SITE.replace("[[listeners]]", tls)).unwrap();
    for target in servers() {
        let to = ["tls.toml", "--to", target.name(), "--output", "out"];
        let (code, printed, errors) = export(folder.path(), &to);
        assert_eq!((code, &*printed), (Some(1), ""), "{target}: {errors}");
        assert!(
            errors.contains("listener-tls: the listener 127.0.0.1:8080 speaks TLS"),
            "{target}: {errors}"
        );
        let (code, _, errors) = export(folder.path(), &[&to[..], &["--snippet"]].concat());
        assert_eq!(code, Some(0), "{target}: {errors}");
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

#[test]
fn another_version_than_the_proven_one_is_told() {
    let folder = folder();
    let (code, printed, errors) =
        export(folder.path(), &["site.toml", "--to", "nginx", "--target-version", "1.18"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("warning: untested-version: "), "{errors}");
    assert!(printed.contains("for nginx 1.18."), "{printed}");
    let (_, _, errors) = export(folder.path(), &["site.toml", "--to", "nginx", "--target-version", "1.22.1"]);
    assert!(!errors.contains("untested-version"), "{errors}");
}

#[test]
fn the_page_of_targets_names_them_all() {
    let mut text =
        "# Targets of export\n\nWritten by the tests. [export.md](export.md) tells how they prove it.\n\n\
                    | `--to` | Version | |\n|---|---|---|\n"
            .to_owned();
    for target in Target::ALL {
        let proof = if target.is_service() { "unproven".to_owned() } else { format!("[proven](#{target})") };
        writeln!(text, "| `{target}` | {} | {proof} |", target.version()).unwrap();
    }
    page::hold(None, &text);
}
