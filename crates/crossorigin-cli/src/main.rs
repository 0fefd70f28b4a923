//! The program `crossorigin`: one file a subcommand.

mod check;
mod demo;
mod explain;
mod export;
mod hand_over;
mod import;
mod lab;
mod log;
mod manual;
mod open;
mod policy;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Cross-Origin Resource Sharing, whole.
#[derive(Parser)]
#[command(name = "crossorigin", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(Box<check::Check>),
    Demo(demo::Demo),
    Serve(Box<serve::Serve>),
    Explain(explain::Explain),
    Export(export::Export),
    Import(import::Import),
    Lab(lab::Lab),
    Open(Box<open::Open>),
    Policy(policy::PolicyCommand),
    Man(manual::Man),
    Completions(manual::Completions),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Check(check) => check.run(),
        Command::Demo(demo) => demo.run(),
        Command::Serve(serve) => serve.run(),
        Command::Explain(explain) => explain.run(),
        Command::Export(export) => export.run(),
        Command::Import(import) => import.run(),
        Command::Lab(lab) => lab.run(),
        Command::Open(open) => open.run(),
        Command::Policy(policy) => policy.run(),
        Command::Man(man) => man.run(),
        Command::Completions(completions) => completions.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
