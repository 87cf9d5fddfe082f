//! `make install`: what it puts where, and that programs are built from it as its users build them.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Once;

use support::compiler::Compiler;
use support::{scratch, test_name};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a program to its end, which must be a success; returns what it printed.
#[track_caller]
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(status.success(), "{command:?}: {status}\n{stdout}\n{stderr}");
    stdout
}

/// Is there such a tool? Where not, the test is skipped.
fn has(tool: &str) -> bool {
    let version = Command::new(tool).arg("--version").stdin(Stdio::null()).output();
    if let Err(error) = version {
        netns::skip(&test_name(), tool, &error.to_string());
        return false;
    }
    true
}

fn make<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new("make");
    command.arg("--silent").arg("-C").arg(env!("CARGO_MANIFEST_DIR"));
    // What a surrounding make or cargo says is not meant for this one.
    command.env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
    run(command.arg(format!("TARGET_DIR={}", target.display())).args(arguments));
}

/// Installs into a directory of this test's own; returns the prefix.
fn installed(name: &str) -> Option<PathBuf> {
    if !has("make") {
        return None;
    }
    Compiler::c()?;
    let prefix = scratch().join(format!("install-{name}"));
    let _ = fs::remove_dir_all(&prefix);
    let variable = format!("PREFIX={}", prefix.display());
    static BUILT: Once = Once::new();
    BUILT.call_once(|| make(["all"]));
    make(["install", &variable]);
    Some(prefix)
}

/// A program that prints the version that it runs with.
fn program(directory: &Path) -> PathBuf {
    let source = directory.join("program.c");
    let text = "#include <sockets.h>\n#include <stdio.h>\n\
                int main(void) { return printf(\"%u\", sockets_version()) < 0; }\n";
    fs::write(&source, text).unwrap();
    source
}

/// What the program must print.
fn version_number() -> String {
    let parts: Vec<u32> = VERSION.split('.').map(|part| part.parse().unwrap()).collect();
    (parts[0] << 16 | parts[1] << 8 | parts[2]).to_string()
}

#[test]
fn everything_is_put_in_its_place_and_taken_away_again() {
    let Some(prefix) = installed("places") else { return };
    let lib = prefix.join("lib");
    assert_eq!(fs::read_link(lib.join("libsockets.so")).unwrap().to_str(), Some("libsockets.so.0.1"));
    let shared = format!("libsockets.so.{VERSION}");
    assert_eq!(fs::read_link(lib.join("libsockets.so.0.1")).unwrap().to_str(), Some(shared.as_str()));
    for file in ["lib/libsockets.a", "include/sockets.h", "lib/pkgconfig/sockets.pc"] {
        assert!(prefix.join(file).is_file(), "{file}");
    }
    make(["uninstall", &format!("PREFIX={}", prefix.display())]);
    let left = run(Command::new("find").arg(&prefix).args(["-not", "-type", "d"]));
    assert_eq!(left, "");
}

#[test]
fn destdir_goes_before_every_path_but_into_no_file() {
    let Some(_) = installed("destdir-first") else { return };
    let root = scratch().join("install-destdir");
    let _ = fs::remove_dir_all(&root);
    make(["install", "PREFIX=/opt/x", &format!("DESTDIR={}", root.display())]);
    let package = fs::read_to_string(root.join("opt/x/lib/pkgconfig/sockets.pc")).unwrap();
    assert!(package.contains("prefix=/opt/x\n") && package.contains(&format!("Version: {VERSION}\n")));
    assert!(!package.contains(root.to_str().unwrap()) && !package.contains('@'), "{package}");
}

#[test]
fn the_symbols_of_the_installed_library_have_a_version_and_are_those_of_the_header() {
    let Some(prefix) = installed("symbols") else { return };
    if !has("nm") {
        return;
    }
    let library = prefix.join("lib/libsockets.so");
    let symbols = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library));
    let mut names: Vec<&str> = symbols.lines().filter_map(|line| line.split(" T ").nth(1)).collect();
    assert!(names.iter().all(|name| name.ends_with("@@SOCKETS_0.1")), "{names:?}");
    names.sort();
    let header = fs::read_to_string(prefix.join("include/sockets.h")).unwrap();
    let mut declared: Vec<String> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '*', '#']) && line.contains('('))
        .filter(|line| !line.starts_with("typedef"))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .map(|name| format!("{name}@@SOCKETS_0.1"))
        .collect();
    declared.sort();
    assert_eq!(names, declared);
}

#[test]
fn pkg_config_builds_a_shared_and_a_static_program() {
    let Some(prefix) = installed("pkg-config") else { return };
    if !has("pkg-config") {
        return;
    }
    let Some(cc) = Compiler::c() else { return };
    let source = program(&prefix);
    let flags = |arguments: &[&str]| {
        let mut command = Command::new("pkg-config");
        command.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(arguments).arg("sockets");
        run(&mut command).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(flags(&["--modversion"]), [VERSION]);

    let shared = prefix.join("shared");
    run(cc.command().arg(&source).args(flags(&["--cflags", "--libs"])).arg("-o").arg(&shared));
    assert_eq!(run(Command::new(&shared).env("LD_LIBRARY_PATH", prefix.join("lib"))), version_number());

    let archive = prefix.join("archive");
    let libraries = flags(&["--static", "--libs"]);
    let from_archive =
        libraries.iter().map(|flag| if flag == "-lsockets" { "-l:libsockets.a" } else { flag });
    run(cc.command().arg(&source).args(flags(&["--cflags"])).args(from_archive).arg("-o").arg(&archive));
    assert_eq!(run(&mut Command::new(&archive)), version_number());

    let whole = prefix.join("static");
    let arguments = flags(&["--static", "--cflags", "--libs"]);
    run(cc.command().arg("-static").arg(&source).args(arguments).arg("-o").arg(&whole));
    assert_eq!(run(&mut Command::new(&whole)), version_number());
}

#[test]
fn cmake_finds_both_targets() {
    let Some(prefix) = installed("cmake") else { return };
    if !has("cmake") {
        return;
    }
    let project = prefix.join("project");
    fs::create_dir_all(&project).unwrap();
    program(&project);
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(program C)\n\
                 find_package(sockets 0.1 CONFIG REQUIRED)\n\
                 add_executable(shared program.c)\ntarget_link_libraries(shared sockets::sockets)\n\
                 add_executable(archive program.c)\ntarget_link_libraries(archive sockets::static)\n\
                 find_package(sockets 0.2 CONFIG QUIET)\n\
                 if(sockets_FOUND)\n  message(FATAL_ERROR \"0.2 is not 0.1\")\nendif()\n";
    fs::write(project.join("CMakeLists.txt"), lists).unwrap();
    let build = prefix.join("build");
    let path = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    run(Command::new("cmake").arg("-S").arg(&project).arg("-B").arg(&build).arg(path));
    run(Command::new("cmake").arg("--build").arg(&build));
    for name in ["shared", "archive"] {
        assert_eq!(run(&mut Command::new(build.join(name))), version_number(), "{name}");
    }
}
