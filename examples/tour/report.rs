//! The table that the tour prints, and the verdict under it.

use std::process::ExitCode;
use std::time::Instant;

/// Who plays a part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Rust,
    C,
    Kernel,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Side::Rust => "Rust",
            Side::C => "C",
            Side::Kernel => "kernel",
        }
    }
}

pub struct Report {
    shown: usize,
    failed: Vec<String>,
    forbidden: Vec<String>,
}

impl Report {
    pub fn new() -> Self {
        Report { shown: 0, failed: Vec::new(), forbidden: Vec::new() }
    }

    pub fn heading(&self) {
        println!("{:<38} {:<7} {:<7} {:>9}   what happened", "", "server", "client", "time");
    }

    /// Does one thing, and prints the line: what it says happened, or why it failed.
    pub fn line(
        &mut self,
        what: &str,
        server: Side,
        client: Side,
        body: impl FnOnce() -> Result<String, String>,
    ) {
        let started = Instant::now();
        let result = body();
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        let text = match &result {
            Ok(text) => text.clone(),
            Err(text) => format!("FAILED: {text}"),
        };
        println!("{what:<38} {:<7} {:<7} {millis:>6.2} ms   {text}", server.name(), client.name());
        match result {
            Ok(_) => self.shown += 1,
            Err(text) => self.failed(what, &text),
        }
    }

    /// Something went wrong.
    pub fn failed(&mut self, what: &str, reason: &str) {
        self.failed.push(format!("{what}: {reason}"));
    }

    /// Something cannot be shown here, and why.
    pub fn forbidden(&mut self, what: &str, reason: &str) {
        self.forbidden.push(format!("{what}: {reason}"));
    }

    /// The verdict.
    pub fn finish(&self) -> ExitCode {
        println!();
        for reason in &self.forbidden {
            println!("NOT SHOWN, this machine forbids it: {reason}");
        }
        for reason in &self.failed {
            println!("FAILED: {reason}");
        }
        if !self.failed.is_empty() {
            println!("{} of {} things failed.", self.failed.len(), self.shown + self.failed.len());
            return ExitCode::FAILURE;
        }
        if !self.forbidden.is_empty() {
            println!("{} things worked, the rest could not be shown here.", self.shown);
            return ExitCode::from(2);
        }
        println!("All {} things worked.", self.shown);
        ExitCode::SUCCESS
    }
}
