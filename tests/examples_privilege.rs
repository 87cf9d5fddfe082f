//! What ping, traceroute and arping may, and what they say where they may not.
//!
//! As the root of a namespace, and as the same without capabilities, which is what any user has. With `SOCKETS_TEST_ROOT=1` as real
//! root, and as nobody.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use netns::{Namespace, Needs};
use programs::{examples, run};

#[path = "common/programs.rs"]
mod programs;

const RAW: &str = "a raw socket needs CAP_NET_RAW (EPERM)";
const PACKET: &str = "a packet socket needs CAP_NET_RAW (EPERM)";
const GROUP: &str = "an ICMP socket needs one of your groups in net.ipv4.ping_group_range (EACCES)";

#[derive(Clone, Copy, PartialEq)]
enum Who {
    Root,
    /// Root, as far as files go, who cannot get a capability.
    Powerless,
    /// Another user.
    Nobody,
}

const NOBODY: u32 = 65_534;

/// A copy that every user may read.
fn program(name: &str) -> io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("sockets-privilege-{}-{name}", std::process::id()));
    fs::copy(examples().join(name), &path)?;
    Ok(path)
}

fn start(who: Who, program: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir("/");
    match who {
        Who::Root => {}
        Who::Powerless => {
            let drop_all = || {
                for capability in 0..64 {
                    // SAFETY: a system call that changes nothing but the rights of this process; beyond the last one EINVAL.
                    unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
                }
                Ok(())
            };
            // SAFETY: the closure makes system calls only.
            unsafe { command.pre_exec(drop_all) };
        }
        Who::Nobody => {
            command.uid(NOBODY).gid(NOBODY);
        }
    }
    run(&mut command)
}

#[test]
fn the_matrix_of_privileges() {
    netns::run(Needs::RAW | Needs::PACKET | Needs::IPV6, || -> io::Result<()> {
        let programs = [program("ping")?, program("traceroute")?, program("arping")?];
        let is_real_root = std::env::var_os("SOCKETS_TEST_ROOT").is_some_and(|value| value == "1");
        let others = if is_real_root { &[Who::Powerless, Who::Nobody][..] } else { &[Who::Powerless] };
        for &who in [&[Who::Root], others].concat().iter() {
            // In a new one nobody's group may open an ICMP socket.
            let host = Namespace::new()?;
            for opened in [false, true] {
                if opened {
                    let group = if who == Who::Nobody { NOBODY } else { 0 };
                    host.set_sysctl("net/ipv4/ping_group_range", &format!("{group} {group}"))?;
                }
                host.within(|| check(who, opened, &programs))?;
            }
        }
        for path in programs {
            fs::remove_file(path)?;
        }
        Ok(())
    });
}

fn check(who: Who, opened: bool, [ping, traceroute, arping]: &[PathBuf; 3]) {
    let is_root = who == Who::Root;
    let expect = |(status, said): (Option<i32>, String), allowed: bool, hints: &[&str]| {
        assert_eq!(status, Some(if allowed { 0 } else { 2 }), "{said}");
        for hint in [RAW, PACKET, GROUP] {
            assert_eq!(said.contains(hint), !allowed && hints.contains(&hint), "{said}");
        }
    };
    for ip in ["127.0.0.1", "::1"] {
        let ping = |ty: &[&str]| start(who, ping, &[&["-c", "1"], ty, &[ip]].concat());
        expect(ping(&["-t", "raw"]), is_root, &[RAW]);
        expect(ping(&["-t", "dgram"]), opened, &[GROUP]);
        expect(ping(&[]), is_root || opened, &[RAW, GROUP]);
        expect(start(who, traceroute, &["-I", ip]), is_root || opened, &[RAW, GROUP]);
        // UDP is for everybody.
        expect(start(who, traceroute, &[ip]), true, &[]);
    }
    let (status, said) = start(who, arping, &["-I", "lo", "127.0.0.1"]);
    assert_eq!(status, Some(2), "{said}");
    assert_eq!((said.contains(PACKET), said.contains("lo is no Ethernet")), (!is_root, is_root), "{said}");
}
