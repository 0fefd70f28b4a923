//! Runs the command of its arguments, and prints how long it took in nanoseconds and the most memory that it had,
//! in bytes. A process of its own, and a small one, for the kernel tells of all children of a process together, and
//! counts what stood in memory when they were started.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().unwrap_or_default();
    let begin = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status()?;
    let took = begin.elapsed().as_nanos();
    let kilobytes = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    println!("{took} {}", kilobytes * 1024);
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(255)).unwrap_or(255)))
}
