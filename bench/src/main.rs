//! Instructions per operation, in user space: C, our Rust API, and our C library, beside the bars.
//!
//! Without arguments: the table. With the name of a row and a count: that row's operation, so many times,
//! which is what the table runs under callgrind. The README beside this says how it measures.

mod callgrind;
mod heap;
mod messages;
mod programs;
mod rows;
mod table;

use std::process::ExitCode;

use table::Row;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.as_slice() {
        [] => measure(),
        [row, count] => run(row, count).map(|()| true),
        _ => Err("usage: libsockets-bench [ROW COUNT]".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(reason) => {
            eprintln!("bench: {reason}");
            ExitCode::from(2)
        }
    }
}

/// One row, many times.
fn run(name: &str, count: &str) -> Result<(), String> {
    let row = Row::named(name).ok_or_else(|| format!("no row {name}"))?;
    let count = count.parse().map_err(|_| format!("not a count: {count}"))?;
    (row.run)(count).map_err(|errno| format!("{name}: {errno}"))
}

/// The table. Is everything within its bar?
fn measure() -> Result<bool, String> {
    if cfg!(debug_assertions) {
        return Err("counts of a debug build say nothing: use --release".into());
    }
    if !cfg!(all(target_arch = "x86_64", target_env = "gnu")) {
        return Err("the bars are for x86_64 and glibc".into());
    }
    let toolchain = programs::toolchain()?;
    let programs = programs::Programs::build()?;
    println!("Instructions per operation, user space, one thread. {toolchain}\n");
    table::print(&programs)
}
