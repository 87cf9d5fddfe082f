//! Counting: a program under callgrind with n operations and with 2n; the difference is n operations and
//! nothing else.

use std::path::Path;
use std::process::Command;

/// n. The setup cancels exactly, so a larger one gains nothing; a smaller one would show less clearly that
/// it does.
const COUNT: u64 = 1000;

/// Instructions that one operation of a row takes in a program.
pub(crate) fn per_operation(program: &Path, row: &str) -> Result<f64, String> {
    let once = total(program, row, COUNT)?;
    let twice = total(program, row, 2 * COUNT)?;
    let difference =
        twice.checked_sub(once).ok_or_else(|| format!("{row}: more work took fewer instructions"))?;
    Ok(difference as f64 / COUNT as f64)
}

/// Instructions of a whole run. All that could differ between two runs besides the count is pinned: the
/// environment, the length of the arguments, and the moment at which functions are bound.
fn total(program: &Path, row: &str, count: u64) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no"])
        .arg(program)
        .arg(row)
        .arg(format!("{count:06}"))
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("LD_BIND_NOW", "1")
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    match collected {
        Some(total) if output.status.success() => Ok(total),
        _ => Err(format!("{} {row} under callgrind failed:\n{report}", program.display())),
    }
}
