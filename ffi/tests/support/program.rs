//! One C program: compiled and linked in one of several ways, and run in a network of its own.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::compiler::{Compiler, source};
use super::library::{Profile, library};
use super::{include, scratch, test_name};

/// How long a program may run. Its own alarm is shorter, and knows more.
const DEADLINE: Duration = Duration::from_secs(60);

/// How a program meets the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Linkage {
    Shared,
    Archive,
}

pub(crate) const SANITIZERS: [&str; 3] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];

/// Compiles a program as C99, links and runs it.
#[track_caller]
pub(crate) fn run(name: &str, linkage: Linkage, profile: Profile) {
    let Some(cc) = Compiler::c() else { return };
    let tag = format!("{linkage:?}-{profile:?}").to_lowercase();
    execute(name, &build(&cc, "c99", name, &tag, linkage, profile, &["-g"]));
}

/// Compiles a program as the oldest and as a newer C++, links and runs it.
#[track_caller]
pub(crate) fn run_as_cxx(name: &str) {
    let Some(cxx) = Compiler::cxx() else { return };
    cxx.compile("c++98", &source(name), &["-fsyntax-only"]);
    let program = build(&cxx, "c++17", name, "cxx", Linkage::Shared, Profile::Release, &["-g"]);
    execute(name, &program);
}

/// Compiles a program with the sanitizers that look for bad memory and undefined behaviour, and runs it.
#[track_caller]
pub(crate) fn run_sanitized(name: &str) {
    let Some(cc) = Compiler::c() else { return };
    if let Err(reason) = sanitizers_work(&cc) {
        return netns::skip(&test_name(), "asan", &reason);
    }
    execute(name, &build(&cc, "c99", name, "sanitized", Linkage::Archive, Profile::Release, &SANITIZERS));
}

#[track_caller]
fn build(
    compiler: &Compiler,
    std: &str,
    name: &str,
    tag: &str,
    linkage: Linkage,
    profile: Profile,
    extra: &[&str],
) -> PathBuf {
    let library = library(profile);
    let by = compiler.name().replace(|c: char| !c.is_alphanumeric(), "_");
    let program = scratch().join(format!("{name}-{tag}-{by}"));
    if is_fresh(&program, name, if linkage == Linkage::Shared { &library.shared } else { &library.archive }) {
        return program;
    }
    let mut args: Vec<OsString> = extra.iter().map(OsString::from).collect();
    match linkage {
        Linkage::Shared => {
            let mut rpath = OsString::from("-Wl,-rpath,");
            rpath.push(with_soname(&library.shared, profile));
            args.extend([rpath, "-L".into(), library.directory().into(), "-lsockets".into()]);
        }
        Linkage::Archive => args.push(library.archive.clone().into()),
    }
    args.extend(["-lpthread".into(), "-ldl".into(), "-lm".into(), "-o".into(), program.clone().into()]);
    compiler.compile(std, &source(name), &args);
    program
}

/// Is the program younger than all that it is made of?
fn is_fresh(program: &Path, name: &str, library: &Path) -> bool {
    let age = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    let Some(made) = age(program) else { return false };
    let beside = |file| source(name).with_file_name(file);
    let parts = [source(name), beside("test.h"), beside("oracle.h"), include().join("sockets.h")];
    // The programs also depend on this file: how they are compiled.
    let harness = std::env::current_exe().unwrap();
    let parts = parts.iter().map(PathBuf::as_path).chain([library, harness.as_path()]);
    parts.map(age).all(|age| age.is_some_and(|age| age < made))
}

/// A directory where the loader finds the library by its SONAME, as after an installation.
fn with_soname(shared: &Path, profile: Profile) -> PathBuf {
    let directory = scratch().join(format!("lib-{profile:?}").to_lowercase());
    fs::create_dir_all(&directory).unwrap();
    let link = directory.join(format!("libsockets.so.{}", soname_version()));
    if fs::read_link(&link).ok().as_deref() != Some(shared) {
        // Made under another name and moved, so that no other test finds it missing.
        let fresh = directory.join(format!("new-{}-{:?}", std::process::id(), std::thread::current().id()));
        std::os::unix::fs::symlink(shared, &fresh).unwrap();
        fs::rename(&fresh, &link).unwrap();
    }
    directory
}

/// The version in the SONAME: a library keeps its binary promises within a minor version while it is 0.x,
/// within a major after.
pub(crate) fn soname_version() -> String {
    match (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR")) {
        ("0", minor) => format!("0.{minor}"),
        (major, _) => major.to_owned(),
    }
}

/// Can this compiler make a program with the sanitizers, and this machine run it?
pub(crate) fn sanitizers_work(cc: &Compiler) -> Result<(), String> {
    static WORK: OnceLock<Result<(), String>> = OnceLock::new();
    let probe = || {
        let unique = format!("asan-probe-{}", std::process::id());
        let (source, program) = (scratch().join(format!("{unique}.c")), scratch().join(&unique));
        fs::write(&source, "int main(void) { return 0; }\n").unwrap();
        let output = [SANITIZERS.as_slice(), &["-o", program.to_str().unwrap()]].concat();
        let result = cc.try_compile("c99", &source, &output).and_then(|()| {
            let output = Command::new(&program).output().map_err(|error| error.to_string())?;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(text) }
        });
        let _ = (fs::remove_file(source), fs::remove_file(program));
        result.map_err(|text| text.lines().next().unwrap_or_default().to_owned())
    };
    WORK.get_or_init(probe).clone()
}

/// A directory that goes away with its value. Paths in it are short, as AF_UNIX wants them.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sockets-c-{}-{count}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Directory(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a program in a network and a directory of its own. Its `SKIP need: reason` lines become skips.
#[track_caller]
fn execute(name: &str, program: &Path) {
    let test = test_name();
    if let Err(refusal) = netns::status().check(netns::Needs::USERNS) {
        return netns::skip(&test, "userns", &refusal.to_string());
    }
    let output = output(&mut Command::new(program));
    assert!(output.status.success(), "{name}: {}\n{}", output.how(), output.text);
    for skipped in output.text.lines().filter_map(|line| line.strip_prefix("SKIP ")) {
        let (need, reason) = skipped.split_once(": ").unwrap_or((skipped, ""));
        netns::skip(&test, need, reason);
    }
    assert!(output.text.lines().any(|line| line.starts_with("passed ")), "{name}:\n{}", output.text);
}

/// How a program ended, and what it said.
struct Output {
    status: ExitStatus,
    timed_out: bool,
    text: String,
}

impl Output {
    fn how(&self) -> String {
        match self.status.signal() {
            _ if self.timed_out => format!("killed after {DEADLINE:?}"),
            Some(signal) => format!("died of signal {signal}"),
            None => self.status.to_string(),
        }
    }
}

fn output(command: &mut Command) -> Output {
    let directory = Directory::new();
    // Beside the directory, which is the program's.
    let log = directory.0.with_extension("log");
    let file = File::create(&log).unwrap();
    let _ = netns::isolate(command)
        .current_dir(&directory.0)
        .env("UBSAN_OPTIONS", "print_stacktrace=1")
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let group = i32::try_from(child.id()).unwrap();
    let (sender, receiver) = channel();
    let waiter = std::thread::spawn(move || {
        let status = child.wait().unwrap();
        // Nobody listens if the test has failed meanwhile.
        let _ = sender.send(status);
    });
    let (status, timed_out) = match receiver.recv_timeout(DEADLINE) {
        Ok(status) => (status, false),
        Err(RecvTimeoutError::Timeout) => {
            // SAFETY: takes integers only; the group is that of the child, which is not reaped yet.
            unsafe { libc::kill(-group, libc::SIGKILL) };
            (receiver.recv().unwrap(), true)
        }
        Err(RecvTimeoutError::Disconnected) => panic!("the thread that waits has died"),
    };
    waiter.join().unwrap();
    let text = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    let _ = fs::remove_file(log);
    Output { status, timed_out, text }
}
