//! `run` as its users see it: the body is in a namespace of its own, with everything that was promised.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::{fs, io, process};

use netns::{Builder, Needs};

fn net_namespace() -> String {
    fs::read_link("/proc/thread-self/ns/net").unwrap().to_string_lossy().into_owned()
}

#[test]
fn body_is_elsewhere() {
    const OUTSIDE: &str = "NETNS_TEST_OUTSIDE";
    let (here, pid) = (net_namespace(), process::id());
    Builder::new(Needs::USERNS).env(OUTSIDE, format!("{here} {pid}")).run(|| {
        let outside = std::env::var(OUTSIDE).unwrap();
        assert_ne!(outside.split(' ').next(), Some(net_namespace().as_str()));
        assert_ne!(outside.split(' ').nth(1), Some(process::id().to_string().as_str()));
    });
    assert_eq!((net_namespace(), process::id()), (here, pid));
}

#[test]
fn lo_is_up() {
    netns::run(Needs::USERNS, || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        socket.send_to(b"x", socket.local_addr().unwrap()).unwrap();
        assert_eq!(socket.recv(&mut [0; 8]).unwrap(), 1);
        let interfaces = fs::read_to_string("/proc/thread-self/net/dev").unwrap();
        assert_eq!(interfaces.lines().count(), 3, "two lines of header, and lo: {interfaces}");
    });
}

#[test]
fn ipv6_is_there() {
    netns::run(Needs::IPV6, || UdpSocket::bind("[::1]:0").map(drop));
}

/// The one fixed port: that it is privileged, and ours, is the point.
#[test]
fn port_80_is_ours() {
    netns::run(Needs::USERNS, || TcpListener::bind("127.0.0.1:80").map(drop));
}

#[test]
fn port_80_is_ours_at_the_same_time() {
    netns::run(Needs::USERNS, || TcpListener::bind("127.0.0.1:80").map(drop));
}

fn open(domain: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes integers only.
    let fd = unsafe { libc::socket(domain, libc::SOCK_RAW | libc::SOCK_CLOEXEC, protocol) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[test]
fn raw_and_packet_sockets_open() {
    netns::run(Needs::RAW | Needs::PACKET, || -> io::Result<()> {
        let raw = open(libc::AF_INET, libc::IPPROTO_ICMP)?;
        let packet = open(libc::AF_PACKET, 0)?;
        assert!(raw.as_raw_fd() != packet.as_raw_fd());
        Ok(())
    });
}

#[test]
fn sysctls_are_ours() {
    netns::run(Needs::USERNS, || -> io::Result<()> {
        let name = "net/ipv4/ip_unprivileged_port_start";
        netns::set_sysctl(name, "77")?;
        assert_eq!(netns::sysctl(name)?, "77");
        let error = netns::set_sysctl(name, "-1").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
        let error = netns::set_sysctl("net/ipv4/nothing", "1").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
        Ok(())
    });
}

/// A test may call `run` more than once; every call has its own namespace, and each body runs once.
#[test]
fn several_runs_in_one_test() {
    for _ in 0..2 {
        netns::run(Needs::USERNS, || TcpListener::bind("127.0.0.1:80").map(drop));
    }
    netns::run(Needs::USERNS, || {
        netns::set_sysctl("net/ipv4/ip_forward", "1").unwrap();
    });
    netns::run(Needs::USERNS, || {
        assert_eq!(netns::sysctl("net/ipv4/ip_forward").unwrap(), "0");
    });
}

/// The children of a body inherit its environment, but they are not the body.
#[test]
fn the_marker_is_for_one_process() {
    netns::run(Needs::USERNS, || {
        let exe = std::env::current_exe().unwrap();
        let args = ["port_80_is_ours", "--exact", "--test-threads=1"];
        let output = process::Command::new(exe).args(args).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert!(stdout.contains("1 passed"), "{stdout}");
    });
}

/// Programs that the body starts get the descriptors that this process would give them, and no more.
#[test]
fn descriptors_do_not_leak() {
    const OUTSIDE: &str = "NETNS_TEST_OUTSIDE";
    let list = || {
        let output = process::Command::new("ls").arg("/proc/self/fd").output().unwrap();
        String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    Builder::new(Needs::USERNS).env(OUTSIDE, list()).run(|| {
        assert_eq!(list(), std::env::var(OUTSIDE).unwrap());
    });
}
