//! The C and C++ compilers: `$CC` and `$CXX`, or `cc` and `c++`.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{include, sources, test_name};

/// What every program of ours compiles with.
pub(crate) const WARNINGS: [&str; 4] = ["-pedantic", "-Wall", "-Wextra", "-Werror"];

/// A compiler that works on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Compiler {
    words: Vec<String>,
    cxx: bool,
}

impl Compiler {
    /// The C compiler; without one the test is skipped.
    pub(crate) fn c() -> Option<Compiler> {
        Compiler::from_env("CC", "cc", false)
    }

    /// The C++ compiler; without one the test is skipped.
    pub(crate) fn cxx() -> Option<Compiler> {
        Compiler::from_env("CXX", "c++", true)
    }

    /// A compiler of this name, if there is one.
    pub(crate) fn named(name: &str, cxx: bool) -> Option<Compiler> {
        let compiler = Compiler { words: vec![name.to_owned()], cxx };
        let version =
            compiler.command().arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success()).then_some(compiler)
    }

    fn from_env(variable: &str, default: &str, cxx: bool) -> Option<Compiler> {
        let value = std::env::var(variable).unwrap_or_default();
        let mut words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            words.push(default.to_owned());
        }
        let compiler = Compiler { words, cxx };
        match compiler.command().arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Some(compiler),
            Ok(status) => compiler.absent(default, &status.to_string()),
            Err(error) => compiler.absent(default, &error.to_string()),
        }
    }

    fn absent(&self, need: &str, reason: &str) -> Option<Compiler> {
        netns::skip(&test_name(), need, &format!("{}: {reason}", self.words.join(" ")));
        None
    }

    /// Its name, for messages.
    pub(crate) fn name(&self) -> String {
        self.words.join(" ")
    }

    /// The compiler, to be given arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null());
        command
    }

    /// Compiles a C source file in the language `std`, with warnings as errors.
    #[track_caller]
    pub(crate) fn compile<S: AsRef<OsStr>>(&self, std: &str, source: &Path, args: &[S]) {
        if let Err(message) = self.try_compile(std, source, args) {
            panic!("{} -std={std} {}:\n{message}", self.name(), source.display());
        }
    }

    /// The same; the compiler's messages where it fails.
    pub(crate) fn try_compile<S: AsRef<OsStr>>(
        &self,
        std: &str,
        source: &Path,
        args: &[S],
    ) -> Result<(), String> {
        let mut command = self.command();
        command.arg(format!("-std={std}")).args(WARNINGS).arg("-I").arg(include());
        // The language holds for what follows, libraries too, so it is taken back behind the source.
        command.args(["-x", if self.cxx { "c++" } else { "c" }]).arg(source).args(["-x", "none"]);
        let output = command.args(args).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The source file of a program.
pub(crate) fn source(program: &str) -> std::path::PathBuf {
    sources().join(format!("{program}.c"))
}
