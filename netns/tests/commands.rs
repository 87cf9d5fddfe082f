//! Other programs, in place, and other users.

mod helper;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use helper::{drive, drive_program, driven, output, verdict};
use netns::Needs;

fn skipped(test: &str) -> bool {
    let refused = netns::status().check(Needs::USERNS).err();
    if let Some(refusal) = refused {
        netns::skip(test, "userns", &refusal.to_string());
    }
    refused.is_some()
}

fn is_root() -> bool {
    // SAFETY: cannot fail and touches no memory.
    unsafe { libc::geteuid() == 0 }
}

fn in_root_mode() -> bool {
    std::env::var_os("SOCKETS_TEST_ROOT").is_some_and(|value| value == "1")
}

/// A program that tells its network namespace, its user and its links.
fn witness() -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "readlink /proc/self/ns/net; id -u; cat /proc/net/dev"]);
    command
}

#[track_caller]
fn lines(command: &mut Command) -> Vec<String> {
    let output = output(command).unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn isolate_takes_a_new_network_for_each_process() {
    if skipped("isolate_takes_a_new_network_for_each_process") {
        return;
    }
    let mut command = witness();
    netns::isolate(&mut command);
    let (here, one, two) = (lines(&mut witness()), lines(&mut command), lines(&mut command));
    assert!(here[0] != one[0] && one[0] != two[0] && two[0] != here[0], "{here:?} {one:?} {two:?}");
    assert_eq!(one[1], "0");
    assert_eq!(one.len(), 5, "two lines of header, and lo: {one:?}");
}

/// setuid(2) without execve(2) takes the files in /proc/self away; isolate gets them back.
#[test]
fn isolate_follows_a_change_of_user() {
    let test = "isolate_follows_a_change_of_user";
    if !is_root() {
        return netns::skip(test, "root", "only root can change the user");
    }
    if in_root_mode() {
        return netns::skip(test, "user-mode", "without a user namespace another user has no power");
    }
    if skipped(test) {
        return;
    }
    let mut command = witness();
    let lines = lines(netns::isolate(command.uid(65534).gid(65534).current_dir("/")));
    assert_eq!(lines[1], "0", "mapped to root: {lines:?}");
}

#[test]
fn isolated_programs_can_listen_on_lo() {
    if skipped("isolated_programs_can_listen_on_lo") {
        return;
    }
    let verdict = verdict(netns::isolate(&mut drive("driven_binds")));
    assert!(verdict.passed, "{}", verdict.text);
}

#[test]
#[ignore = "driven by another test"]
fn driven_binds() {
    if driven() {
        std::net::TcpListener::bind("127.0.0.1:80").unwrap();
    }
}

#[test]
fn enter_is_for_one_thread() {
    if !in_root_mode() {
        let before = fs::read_link("/proc/thread-self/ns/net").unwrap();
        assert_eq!(netns::enter().unwrap_err().raw_os_error(), Some(libc::EINVAL));
        assert_eq!(fs::read_link("/proc/thread-self/ns/net").unwrap(), before);
    }
}

/// A child after fork(2) has one thread, like a young `main`.
#[test]
fn enter_moves_a_process() {
    if skipped("enter_moves_a_process") {
        return;
    }
    let mut command = drive("driven_binds");
    // SAFETY: getenv under a lock that no test here writes under, then system calls.
    unsafe { command.pre_exec(netns::enter) };
    let verdict = verdict(&mut command);
    assert!(verdict.passed, "{}", verdict.text);
}

#[test]
fn status_moves_nobody() {
    let before = fs::read_link("/proc/thread-self/ns/net").unwrap();
    let status = netns::status();
    assert_eq!(fs::read_link("/proc/thread-self/ns/net").unwrap(), before);
    assert_eq!(status.to_string().lines().count(), 6, "{status}");
    assert_eq!(status, netns::status());
}

#[test]
#[ignore = "driven by another test"]
fn driven_does_everything() {
    if driven() {
        netns::run(Needs::RAW | Needs::PACKET | Needs::VETH, || {
            std::net::TcpListener::bind("127.0.0.1:80").map(drop)
        });
    }
}

/// The point of it all. The test binary must be where such a user can read it.
#[test]
fn no_privilege_is_needed() {
    let test = "no_privilege_is_needed";
    if skipped(test) {
        return;
    }
    let directory = std::env::temp_dir().join(format!("{test}-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    let program = directory.join("program");
    // Not fs::copy: a process forked meanwhile by another test would hold the file open for writing,
    // and the kernel runs no such file.
    let exe = std::env::current_exe().unwrap();
    assert!(Command::new("cp").arg(exe).arg(&program).status().unwrap().success());
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

    let mut command = drive_program(&program, "driven_does_everything");
    command.current_dir("/").env("SOCKETS_TEST_REQUIRE", "userns,raw,packet,veth");
    if is_root() {
        command.uid(65534).gid(65534);
    }
    let verdict = verdict(&mut command);
    fs::remove_dir_all(&directory).unwrap();
    assert!(verdict.passed, "{}", verdict.text);
}

/// As real root the user namespace can stay what it is; only when somebody asks for it.
#[test]
fn real_root_stays_root_if_it_is_asked_to() {
    if !in_root_mode() {
        let refusal = netns::status().check(Needs::ROOT).unwrap_err();
        assert!(refusal.to_string().contains("SOCKETS_TEST_ROOT=1"), "{refusal}");
    }
    // SAFETY: cannot fail and touches no memory.
    if unsafe { libc::geteuid() } != 0 {
        return netns::skip("real_root_stays_root_if_it_is_asked_to", "root", "this user is not root");
    }
    let verdict = verdict(drive("driven_stays_in_its_user_namespace").env("SOCKETS_TEST_ROOT", "1"));
    assert!(verdict.passed, "{}", verdict.text);
    assert!(!verdict.text.contains("SKIP"), "{}", verdict.text);
}

#[test]
#[ignore = "driven by real_root_stays_root_if_it_is_asked_to"]
fn driven_stays_in_its_user_namespace() {
    if !driven() {
        return;
    }
    let outside = fs::read_link("/proc/self/ns/user").unwrap();
    netns::Builder::new(Needs::ROOT).env("NETNS_TEST_OUTSIDE", &outside).run(|| {
        let outside = std::env::var_os("NETNS_TEST_OUTSIDE").unwrap();
        assert_eq!(fs::read_link("/proc/self/ns/user").unwrap(), outside);
        std::net::TcpListener::bind("127.0.0.1:80").map(drop)
    });
}
