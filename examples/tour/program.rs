//! The C side: builds the library and the C examples, and runs them.

use std::env;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Seconds after which a C program gives up.
const WAIT: &str = "5";

pub enum Error {
    /// The machine has no C compiler.
    NoCompiler(String),
    Failed(String),
}

/// The C examples, compiled.
pub struct Programs {
    directory: PathBuf,
    compiler: String,
    library: PathBuf,
    took: Duration,
}

impl Programs {
    /// Builds the C library with cargo, and the C examples on it with the C compiler.
    pub fn build() -> Result<Self, Error> {
        let started = Instant::now();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        if let Err(error) = output(Command::new(&compiler).arg("--version")) {
            return Err(Error::NoCompiler(format!("there is no C compiler ({compiler}: {error})")));
        }
        let profile = profile_directory().map_err(Error::Failed)?;
        build_library(root, &profile).map_err(Error::Failed)?;
        let library = profile.join("libsockets.a");
        let directory = env::temp_dir().join(format!("sockets-tour-{}", std::process::id()));
        fs::create_dir_all(&directory).map_err(|error| Error::Failed(error.to_string()))?;
        let mut programs = Programs { directory, compiler, library, took: Duration::ZERO };
        for name in ["echo", "ping"] {
            programs.compile(root, name).map_err(Error::Failed)?;
        }
        programs.took = started.elapsed();
        Ok(programs)
    }

    fn compile(&self, root: &Path, name: &str) -> Result<(), String> {
        let mut command = Command::new(&self.compiler);
        command
            .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2", "-I"])
            .arg(root.join("include"))
            .arg(root.join(format!("ffi/examples/{name}.c")))
            .arg(&self.library)
            .args(["-lpthread", "-ldl", "-lm", "-o"])
            .arg(self.directory.join(name));
        output(&mut command).map(drop).map_err(|error| format!("{name}.c: {error}"))
    }

    /// Starts the C echo server for one client; returns it and its address.
    pub fn serve(&self, ty: &str, address: &str) -> Result<(Server, String), String> {
        let mut child = Command::new(self.directory.join("echo"))
            .args(["-t", ty, "-n", "1", "-w", WAIT, "server", address])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("echo: {error}"))?;
        let stdout = child.stdout.take().map(BufReader::new);
        let mut server = Server { child, stdout };
        let mut line = String::new();
        if let Some(stdout) = &mut server.stdout {
            stdout.read_line(&mut line).map_err(|error| error.to_string())?;
        }
        match line.trim().strip_prefix("listening on ") {
            Some(address) => Ok((server, address.to_owned())),
            None => Err(format!("the C server said {line:?}")),
        }
    }

    /// Runs a C echo server to its end, which must be a failure; returns what it says.
    pub fn try_serve(&self, ty: &str, address: &str) -> Result<String, String> {
        let mut command = Command::new(self.directory.join("echo"));
        command.args(["-t", ty, "-n", "1", "-w", "1", "server", address]);
        output(&mut command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs the C echo client; returns what came back.
    pub fn client(&self, ty: &str, address: &str, text: &str) -> Result<String, String> {
        let mut command = Command::new(self.directory.join("echo"));
        command.args(["-t", ty, "-w", WAIT, "client", address, text]);
        output(&mut command).map(|output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Runs the C ping; returns the line about the answer.
    pub fn ping(&self, address: &str) -> Result<String, String> {
        let mut command = Command::new(self.directory.join("ping"));
        command.args(["-c", "1", "-t", "raw", address]);
        let output = output(&mut command)?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().nth(1).unwrap_or_default().to_owned())
    }
}

impl fmt::Display for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  echo.c, ping.c + include/sockets.h + libsockets.a, by {}:", self.compiler)?;
        writeln!(f, "  done in {:.1} s", self.took.as_secs_f64())
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A C server that runs.
pub struct Server {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Server {
    /// Waits for its end, which its own deadline brings about in any case.
    pub fn end(mut self) -> Result<(), String> {
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("the C server ended with {status}")) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdout.take());
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Where cargo puts what it builds in the profile of this program: two levels above it.
fn profile_directory() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let directory = program.parent().and_then(Path::parent);
    directory.map(Path::to_owned).ok_or_else(|| "run this with cargo run --example tour".to_owned())
}

fn build_library(root: &Path, profile: &Path) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "libsockets-ffi"]).current_dir(root);
    if let Some(target) = profile.parent() {
        command.arg("--target-dir").arg(target);
    }
    if profile.ends_with("release") {
        command.arg("--release");
    }
    output(&mut command).map(drop).map_err(|error| format!("cargo build -p libsockets-ffi: {error}"))
}

/// Runs a program to its end; what it says on standard error is the reason of its failure.
fn output(command: &mut Command) -> Result<Output, String> {
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err("not found".to_owned()),
        result => result.map_err(|error| error.to_string())?,
    };
    if output.status.success() {
        return Ok(output);
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(if reason.is_empty() { output.status.to_string() } else { reason })
}
