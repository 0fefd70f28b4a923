//! What is delivered beside the program: manual pages, completions, units, the container's recipe, a policy file.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_crossorigin");

fn packaging(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(file)
}

#[track_caller]
fn run(program: &str, arguments: &[&str]) -> Output {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    run(PROGRAM, &["man", "--all", folder.to_str().unwrap()]);
    let mut pages: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

#[test]
fn every_subcommand_has_a_manual_page_and_a_completion() {
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(folder.path());
    let help = String::from_utf8(run(PROGRAM, &["help"]).stdout).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> =
        names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() >= 10, "{names:?}");
    let completions = |shell: &str| String::from_utf8(run(PROGRAM, &["completions", shell]).stdout).unwrap();
    let scripts: Vec<_> = ["bash", "zsh", "fish"].map(|shell| (shell, completions(shell))).into();
    for name in names {
        let page = folder.path().join(format!("crossorigin-{name}.1"));
        assert!(pages.contains(&page), "no page of {name} in {pages:?}");
        for (shell, script) in &scripts {
            assert!(script.contains(name), "{shell} does not complete {name}");
        }
    }
    let page = fs::read_to_string(folder.path().join("crossorigin-serve.1")).unwrap();
    for flag in ["upstream", "log\\-sample", "check"] {
        assert!(page.contains(&format!("\\-\\-{flag}")), "no --{flag} in {page}");
    }
    let whole = String::from_utf8(run(PROGRAM, &["man"]).stdout).unwrap();
    assert!(whole.contains(".TH crossorigin 1"), "{whole}");
}

#[test]
#[ignore = "needs man-db: cargo xtask test"]
fn man_shows_the_pages_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    for page in pages(folder.path()) {
        let mut man = Command::new("man");
        man.args(["--warnings", "--encoding=UTF-8", "--troff-device=utf8", "--ditroff", "--local-file"]);
        let output = man.arg(&page).env("LC_ALL", "C.UTF-8").output().unwrap();
        let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && warnings.is_empty(), "{}: {warnings}", page.display());
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn bash_reads_the_completion_and_completes() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("crossorigin");
    fs::write(&script, run(PROGRAM, &["completions", "bash"]).stdout).unwrap();
    let script = script.to_str().unwrap();
    run("bash", &["-n", script]);
    let ask = "source \"$1\"; COMP_WORDS=(crossorigin serve --log-f); COMP_CWORD=2; \
               _crossorigin crossorigin --log-f serve; echo \"${COMPREPLY[*]}\"";
    let completed = run("bash", &["-c", ask, "bash", script]).stdout;
    assert_eq!(String::from_utf8_lossy(&completed).trim(), "--log-format");
}

#[test]
#[ignore = "needs systemd: cargo xtask test"]
fn systemd_takes_the_units_and_finds_them_closed() {
    let folder = tempfile::tempdir().unwrap();
    for unit in ["crossorigin.service", "crossorigin.socket"] {
        let text = fs::read_to_string(packaging(unit)).unwrap();
        // The program has to be there.
        fs::write(folder.path().join(unit), text.replace("/usr/bin/crossorigin", PROGRAM)).unwrap();
    }
    let path = |unit: &str| folder.path().join(unit).to_str().unwrap().to_owned();
    let (service, socket) = (path("crossorigin.service"), path("crossorigin.socket"));
    let verified = run("systemd-analyze", &["verify", "--man=no", &service, &socket]);
    assert_eq!(String::from_utf8_lossy(&verified.stderr), "");
    // In tenths, of 100 for a service that is open to all.
    let security =
        run("systemd-analyze", &["security", "--offline=true", "--threshold=20", "--no-pager", &service]);
    let told = String::from_utf8_lossy(&security.stdout).into_owned();
    println!("{}", told.lines().last().unwrap_or_default());
}

#[test]
fn the_policy_file_is_served_and_its_listener_is_the_sockets() {
    let site = packaging("site.toml");
    let output = run(PROGRAM, &["serve", "--check", site.to_str().unwrap()]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no warning");
    let told = String::from_utf8(output.stdout).unwrap();
    let socket = fs::read_to_string(packaging("crossorigin.socket")).unwrap();
    let address = socket.lines().find_map(|line| line.strip_prefix("ListenStream=")).unwrap();
    assert!(told.starts_with(&format!("listening on http://{address}\n")), "{told}");
    assert!(told.contains("admin listener on http://127.0.0.1:9180\n"), "{told}");
}

#[test]
fn the_container_runs_as_nobody_and_names_no_registry() {
    let recipe = fs::read_to_string(packaging("Containerfile")).unwrap();
    let lines: Vec<_> = recipe.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.contains(&"USER 65534:65534"));
    let last = |word: &str| lines.iter().rposition(|line| line.starts_with(word)).unwrap();
    assert!(last("USER") > last("COPY") && last("USER") < last("ENTRYPOINT"));
    for line in lines.iter().filter(|line| line.starts_with("FROM") || line.starts_with("ARG")) {
        assert!(!line.contains('/'), "{line}");
    }
}

#[test]
fn a_check_opens_nothing_and_exits_by_what_it_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.toml");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let listener = format!("[[listeners]]\naddress = \"{address}\"\n");
    for (text, code, told) in [
        (listener.clone(), 0, format!("listening on http://{address}\n")),
        (
            format!("{listener}[[routes]]\npath = \"/a/\"\nupstream = \"http://b\"\n"),
            0,
            "/a/ -> http://b".to_owned(),
        ),
        (String::new(), 2, "there is nothing to listen on".to_owned()),
        ("nonsense = [".to_owned(), 2, "site.toml:1:".to_owned()),
    ] {
        fs::write(&path, &text).unwrap();
        let output = Command::new(PROGRAM).args(["serve", "--check"]).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        let all = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8_lossy(&all).contains(&told), "{text}: {}", String::from_utf8_lossy(&all));
    }
}
