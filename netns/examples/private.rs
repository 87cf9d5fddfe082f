//! Runs a command in a private network: `cargo run --example private -- ip address`.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        println!("What this machine allows:\n{}", netns::status());
        return ExitCode::SUCCESS;
    };
    if let Err(refusal) = netns::status().check(netns::Needs::USERNS) {
        eprintln!("private: {refusal}");
        return ExitCode::FAILURE;
    }
    if let Err(error) = netns::enter() {
        eprintln!("private: {error}");
        return ExitCode::FAILURE;
    }
    let error = Command::new(&program).args(arguments).exec();
    eprintln!("private: {}: {error}", program.to_string_lossy());
    ExitCode::FAILURE
}
