//! Programs of the kinds that people wrote first, in `crossorigin open` beside Chromium: the same comes of them, and
//! the same is told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "another test uses the rest")]
#[path = "../../crossorigin-page/tests/programs/mod.rs"]
mod programs;
mod support;

use std::process::Command;

use programs::{Hosts, PROGRAMS, Program};
use serde_json::{Value, json};
use support::browser::Browser;

/// What came of a program, and what the console said.
#[derive(Debug, PartialEq)]
struct Done {
    outcome: Value,
    console: Vec<String>,
}

#[test]
#[ignore = "needs chromium and chromium-driver: cargo xtask test"]
fn programs_come_out_as_in_chromium() {
    let browser = Browser::start();
    let mut failed = Vec::new();
    for program in PROGRAMS {
        let (ours, theirs) =
            (in_open(program, &program.serve()), in_chromium(&browser, program, &program.serve()));
        println!("{}\n  open     {ours:?}\n  Chromium {theirs:?}", program.name);
        if ours != theirs {
            failed.push(program.name);
        }
    }
    assert!(failed.is_empty(), "{} of {} come out differently: {failed:#?}", failed.len(), PROGRAMS.len());
}

fn in_open(program: &Program, hosts: &Hosts) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    command.args(["open", &hosts.site, "--profile", "chromium", "--format", "json"]);
    for script in program.does {
        command.args(["--eval", &Program::script("window", script)]);
    }
    command.args(["--eval", &Program::value("window", program.outcome)]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (values, told): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line["kind"] == "value");
    let console = told.iter().map(|line| hosts.named(line["text"].as_str().unwrap())).collect();
    Done { outcome: values.last().unwrap()["value"].clone(), console }
}

fn in_chromium(browser: &Browser, program: &Program, hosts: &Hosts) -> Done {
    browser.open(&hosts.site);
    // As `open` has it: nothing is done before the page has loaded.
    for script in program.does {
        browser.run(&Program::script("window", script));
    }
    let until = Program::value("window", program.until);
    browser.run_with(
        "const end = performance.now() + 20000;
         while (!eval(arguments[0])) {
           if (performance.now() > end) throw new Error('it does not come to its end');
           await new Promise(next => setTimeout(next, 5));
         }",
        &json!([until]),
    );
    let outcome = browser.run(&format!("return await {};", Program::value("window", program.outcome)));
    let console = browser.console().iter().map(|line| text_of(&hosts.named(line))).collect();
    Done { outcome, console }
}

/// A line of Chromium's console without the place that it is about: a URL, and where in it, if that is known by then.
fn text_of(line: &str) -> String {
    let mut words = line.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(_), Some("-"), Some(text)) => text.to_owned(),
        (Some(_), Some(at), Some(text)) if at.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') => {
            text.to_owned()
        }
        _ => line.to_owned(),
    }
}
