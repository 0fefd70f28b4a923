//! The program under test, as a process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

pub struct Program {
    child: Child,
    /// What it printed until it was ready.
    pub printed: String,
    rest: Option<BufReader<std::process::ChildStdout>>,
}

impl Program {
    /// Starts `crossorigin` and reads what it prints, up to a line that contains `ready`.
    pub fn start(arguments: &[&str], ready: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crossorigin"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let rest = child.stdout.take().map(BufReader::new);
        let mut program = Self { child, printed: String::new(), rest };
        while !program.printed.contains(ready) {
            let read = program.rest.as_mut().unwrap().read_line(&mut program.printed).unwrap();
            assert!(read > 0, "the program ended before it said {ready:?}: {}", program.printed);
        }
        program
    }

    /// Ends the program by a signal and returns how it ended and what else it printed.
    pub fn stop(mut self, signal: Signal) -> (ExitStatus, String) {
        self.signal(signal);
        let mut printed = String::new();
        self.rest.take().unwrap().read_to_string(&mut printed).unwrap();
        let status = self.ended().unwrap_or_else(|| panic!("the program does not end by {signal:?}"));
        (status, printed)
    }

    /// The program's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// How it ended, within a while.
    fn ended(&mut self) -> Option<ExitStatus> {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Gently first: it has a temporary folder to remove.
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.signal(Signal::TERM);
        }
        if self.ended().is_none() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
