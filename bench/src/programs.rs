//! The programs to measure: ourselves, and c/rows.c with libc, with libsockets.a, with libsockets.so.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a static Rust library wants to be linked with (`rustc --print native-static-libs`).
const NATIVE_LIBS: [&str; 7] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];

/// The programs, by the face that they measure.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) c: PathBuf,
    pub(crate) rust: PathBuf,
    pub(crate) abi_static: PathBuf,
    pub(crate) abi_dynamic: PathBuf,
}

impl Programs {
    /// Builds those that are not built yet: the C library by cargo, the C programs by cc.
    pub(crate) fn build() -> Result<Programs, String> {
        let here = env::var_os("CARGO_MANIFEST_DIR").ok_or("to be run by cargo run")?;
        let here = PathBuf::from(here);
        let rust = env::current_exe().map_err(|error| format!("where am I? {error}"))?;
        let (Some(release), Some(target)) = (rust.parent(), rust.ancestors().nth(2)) else {
            return Err(format!("{} is not in a target directory", rust.display()));
        };

        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut library = Command::new(cargo);
        library.args(["build", "--quiet", "--release", "--package", "libsockets-ffi", "--target-dir"]);
        done(library.arg(target).current_dir(&here))?;

        let out = release.join("bench");
        fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        let shared = out.join(soname());
        let _ = fs::remove_file(&shared);
        symlink(release.join("libsockets.so"), &shared)
            .map_err(|error| format!("{}: {error}", shared.display()))?;
        let mut rpath = OsString::from("-Wl,-rpath,");
        rpath.push(&out);

        let compile = |name: &str, libraries: &[OsString]| {
            let program = out.join(name);
            let mut cc = Command::new(cc());
            cc.args(["-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
            cc.arg(here.join("c/rows.c")).arg("-I").arg(here.join("../include"));
            done(cc.args(libraries)).map(|()| program)
        };
        let mut archive = vec![release.join("libsockets.a").into_os_string()];
        archive.extend(NATIVE_LIBS.map(OsString::from));
        Ok(Programs {
            c: compile("rows-libc", &["-DVIA_LIBC".into()])?,
            abi_static: compile("rows-static", &archive)?,
            abi_dynamic: compile("rows-dynamic", &[shared.into_os_string(), rpath])?,
            rust,
        })
    }
}

/// The name that programs ask for at run time: with a major version of 0 the minor one counts.
fn soname() -> String {
    match (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR")) {
        ("0", minor) => format!("libsockets.so.0.{minor}"),
        (major, _) => format!("libsockets.so.{major}"),
    }
}

fn cc() -> OsString {
    env::var_os("CC").unwrap_or_else(|| "cc".into())
}

/// What the counts depend on, in one line; or what is missing.
pub(crate) fn toolchain() -> Result<String, String> {
    let version = |program: OsString, argument: &str| {
        let output = Command::new(&program).arg(argument).output();
        let output = output.map_err(|_| format!("{} is not installed", Path::new(&program).display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok::<_, String>(text.lines().next().unwrap_or_default().to_owned())
    };
    let parts = [
        version("valgrind".into(), "--version")?,
        version(cc(), "--version")?,
        version("rustc".into(), "--version")?,
        version("getconf".into(), "GNU_LIBC_VERSION")?,
    ];
    Ok(parts.join(", "))
}

/// Runs a command that must succeed.
fn done(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{}: {status}", Path::new(command.get_program()).display())),
        Err(error) => Err(format!("{}: {error}", Path::new(command.get_program()).display())),
    }
}
