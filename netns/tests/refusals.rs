//! Machines that refuse: each refusal is a `SKIP` line with its cause, and a failure where it is required.

mod helper;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use helper::{drive, driven, verdict};
use netns::Needs;

#[test]
#[ignore = "driven by another test"]
fn driven_userns() {
    if driven() {
        netns::run(Needs::USERNS, || ());
    }
}

#[test]
#[ignore = "driven by another test"]
fn driven_all() {
    if driven() {
        println!("{}", netns::status());
        netns::run(Needs::RAW | Needs::PACKET | Needs::VETH, || ());
    }
}

/// Makes the system call fail with EPERM, as the seccomp profile of a container does; with `argument`,
/// only if the argument of this index has this value.
fn forbid(command: &mut Command, call: libc::c_long, argument: Option<(u32, u32)>) {
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let jump_unless = |k: u32, jf: u8| libc::sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt: 0,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let low_half = if cfg!(target_endian = "little") { 0 } else { 4 };
    let (index, value) = argument.unwrap_or_default();
    let mut filter = vec![statement(load, 0)];
    match argument {
        None => filter.push(jump_unless(call as u32, 1)),
        Some(_) => filter.extend([
            jump_unless(call as u32, 3),
            statement(load, 16 + 8 * index + low_half),
            jump_unless(value, 1),
        ]),
    }
    filter.push(statement(libc::BPF_RET, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    filter.push(statement(libc::BPF_RET, libc::SECCOMP_RET_ALLOW));
    let install = move || {
        let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
        // SAFETY: takes integers only.
        let rc = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        // SAFETY: the program points to the filter, of this length, which the closure owns.
        let rc = rc | unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) };
        if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    // SAFETY: two system calls on memory that was prepared before.
    unsafe { command.pre_exec(install) };
}

/// Runs the process in a user namespace in which this limit is 0.
fn limit_to_0(command: &mut Command, name: &'static str) {
    let user_namespace = || fs::metadata("/proc/self/ns/user").map(|file| file.ino());
    let outside = user_namespace().unwrap();
    netns::isolate(command);
    let limit = move || {
        // The limits are those of the user namespace: those of the machine must not be touched.
        if user_namespace()? == outside {
            return Err(io::Error::from_raw_os_error(libc::EPERM));
        }
        fs::write(name, "0")
    };
    // SAFETY: stat(2), open(2), write(2), close(2) with short paths, which std keeps on the stack.
    unsafe { command.pre_exec(limit) };
}

/// Whether there is no user namespace to limit.
fn in_root_mode(test: &str) -> bool {
    let root = std::env::var_os("SOCKETS_TEST_ROOT").is_some_and(|value| value == "1");
    if root {
        netns::skip(test, "user-mode", "the limits of the machine must not be touched");
    }
    root
}

fn namespaces_refused(test: &str) -> bool {
    let refused = netns::status().check(Needs::USERNS).err();
    if let Some(refusal) = refused {
        netns::skip(test, "userns", &refusal.to_string());
    }
    refused.is_some()
}

#[test]
fn seccomp_forbids_unshare() {
    let start = || {
        let mut command = drive("driven_userns");
        forbid(&mut command, libc::SYS_unshare, None);
        command
    };
    let line = "SKIP driven_userns: userns: unshare(CLONE_NEWUSER) EPERM (Operation not permitted): ";
    verdict(&mut start()).skipped_with(line);
    // A word that nobody knows, or another need, changes nothing.
    verdict(start().env("SOCKETS_TEST_REQUIRE", "raw,nonsense")).skipped_with(line);
    let words = ["driven_userns cannot run", "`userns`", "EPERM"];
    verdict(start().env("SOCKETS_TEST_REQUIRE", "raw, userns")).failed_with(&words);
}

/// Whoever requires raw sockets does not want to hear that there was no namespace to open them in.
#[test]
fn a_required_need_fails_with_the_namespace() {
    let mut command = drive("driven_all");
    forbid(&mut command, libc::SYS_unshare, None);
    verdict(command.env("SOCKETS_TEST_REQUIRE", "veth")).failed_with(&["asks for `veth`", "CLONE_NEWUSER"]);
}

#[test]
fn no_more_user_namespaces() {
    if in_root_mode("no_more_user_namespaces") || namespaces_refused("no_more_user_namespaces") {
        return;
    }
    let mut command = drive("driven_userns");
    limit_to_0(&mut command, "/proc/sys/user/max_user_namespaces");
    let line = "SKIP driven_userns: userns: unshare(CLONE_NEWUSER) ENOSPC (No space left on device): \
                the sysctl user.max_user_namespaces";
    verdict(&mut command).skipped_with(line);
    command.env("SOCKETS_TEST_REQUIRE", "userns");
    verdict(&mut command).failed_with(&["ENOSPC"]);
}

#[test]
fn no_more_network_namespaces() {
    if in_root_mode("no_more_network_namespaces") || namespaces_refused("no_more_network_namespaces") {
        return;
    }
    let mut command = drive("driven_userns");
    limit_to_0(&mut command, "/proc/sys/user/max_net_namespaces");
    let line = "SKIP driven_userns: userns: unshare(CLONE_NEWNET) ENOSPC (No space left on device): \
                the sysctl user.max_net_namespaces";
    verdict(&mut command).skipped_with(line);
}

/// The user namespace is granted, but without power: AppArmor on some distributions.
#[test]
fn namespaces_without_capabilities() {
    if namespaces_refused("namespaces_without_capabilities") {
        return;
    }
    let forbidden = [
        (libc::SYS_unshare, (0, libc::CLONE_NEWNET as u32), "unshare(CLONE_NEWNET)"),
        (libc::SYS_ioctl, (1, libc::SIOCSIFFLAGS as _), "bringing lo up"),
    ];
    for (call, argument, what) in forbidden {
        let mut command = drive("driven_userns");
        forbid(&mut command, call, Some(argument));
        verdict(&mut command).skipped_with(&format!(
            "SKIP driven_userns: userns: {what} EPERM (Operation not permitted): no capabilities in this namespace"
        ));
    }
}

/// Each need has its own probe, and only what is absent is said to be.
#[test]
fn needs_are_refused_one_by_one() {
    if namespaces_refused("needs_are_refused_one_by_one") {
        return;
    }
    let forbidden = [
        ("raw", (2, libc::IPPROTO_ICMP), "socket(AF_INET, SOCK_RAW)"),
        ("packet", (0, libc::AF_PACKET), "socket(AF_PACKET, SOCK_RAW)"),
        ("veth", (0, libc::AF_NETLINK), "creating a veth pair"),
    ];
    for (need, (index, value), what) in forbidden {
        let mut command = drive("driven_all");
        forbid(&mut command, libc::SYS_socket, Some((index, value as u32)));
        let line = format!("SKIP driven_all: {need}: {what} EPERM (Operation not permitted): ");
        verdict(&mut command).skipped_with(&line);
        verdict(command.env("SOCKETS_TEST_REQUIRE", "userns")).skipped_with(&line);
        verdict(command.env("SOCKETS_TEST_REQUIRE", need)).failed_with(&[need, what]);
    }
}

#[test]
fn the_sentinel() {
    let status = netns::status();
    println!("{status}");
    for need in [Needs::USERNS, Needs::RAW, Needs::PACKET, Needs::VETH, Needs::IPV6] {
        if let Err(refusal) = status.check(need) {
            let word = need.words().last().unwrap();
            netns::skip("the_sentinel", word, &refusal.to_string());
        }
    }
}
