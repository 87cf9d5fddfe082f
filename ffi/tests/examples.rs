//! The C examples: they compile without a warning in every C, and tell what went wrong.

#[path = "../../tests/common/fdpass.rs"]
mod fdpass;
#[path = "../../tests/common/forge.rs"]
mod forge;
#[path = "../../tests/common/route.rs"]
mod route;
#[path = "../../tests/common/siege.rs"]
mod siege;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use support::compiler::Compiler;
use support::library::{Profile, library};
use support::program::{SANITIZERS, sanitizers_work};
use support::scratch;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(format!("{name}.c"))
}

/// Compiles an example for a test of its own.
fn build(cc: &Compiler, name: &str, test: &str) -> PathBuf {
    build_with(cc, name, test, &[])
}

fn build_with(cc: &Compiler, name: &str, test: &str, flags: &[&str]) -> PathBuf {
    let program = scratch().join(format!("example-{name}-{test}"));
    let archive = &library(Profile::Debug).archive;
    let arguments: [&std::ffi::OsStr; 6] = [
        archive.as_os_str(),
        "-lpthread".as_ref(),
        "-ldl".as_ref(),
        "-lm".as_ref(),
        "-o".as_ref(),
        program.as_os_str(),
    ];
    let flags = flags.iter().map(AsRef::<std::ffi::OsStr>::as_ref);
    cc.compile("c99", &source(name), &flags.chain(arguments).collect::<Vec<_>>());
    program
}

/// Runs a program; returns its exit status, and what it said on both streams.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (status.code(), said.concat())
}

#[test]
fn they_compile_in_every_c() {
    let Some(cc) = Compiler::c() else { return };
    for name in ["echo", "fdpass", "ping", "sockopts"] {
        for std in ["c99", "c11", "c2x"] {
            cc.compile(std, &source(name), &["-Wshadow", "-Wstrict-prototypes", "-fsyntax-only"]);
        }
    }
}

#[test]
fn bad_arguments_give_the_usage_and_status_2() {
    let Some(cc) = Compiler::c() else { return };
    let [echo, ping, sockopts, fdpass] =
        ["echo", "ping", "sockopts", "fdpass"].map(|name| build(&cc, name, "usage"));
    for (name, program, arguments) in [
        ("echo", &echo, &[][..]),
        ("echo", &echo, &["--help"]),
        ("echo", &echo, &["server"]),
        ("echo", &echo, &["client", "127.0.0.1:1"]),
        ("echo", &echo, &["-t", "stone", "server", "127.0.0.1:0"]),
        ("echo", &echo, &["-n", "0", "server", "127.0.0.1:0"]),
        ("echo", &echo, &["server", "localhost"]),
        ("ping", &ping, &[]),
        ("ping", &ping, &["--help"]),
        ("ping", &ping, &["-c", "0", "127.0.0.1"]),
        ("ping", &ping, &["-t", "stone", "127.0.0.1"]),
        ("ping", &ping, &["-s", "65508", "127.0.0.1"]),
        ("ping", &ping, &["-T", "256", "127.0.0.1"]),
        ("ping", &ping, &["127.0.0.1:80"]),
        ("sockopts", &sockopts, &[]),
        ("sockopts", &sockopts, &["stone"]),
        ("sockopts", &sockopts, &["-f", "-1"]),
        ("sockopts", &sockopts, &["-f", "x"]),
        ("sockopts", &sockopts, &["2", "1"]),
        ("sockopts", &sockopts, &["-a"]),
        ("fdpass", &fdpass, &[]),
        ("fdpass", &fdpass, &["--help"]),
        ("fdpass", &fdpass, &["serve", "unix:@name"]),
        ("fdpass", &fdpass, &["take", "unix:@name", "more"]),
        ("fdpass", &fdpass, &["take", "127.0.0.1:7000"]),
        ("fdpass", &fdpass, &["take", "@name"]),
        ("fdpass", &fdpass, &["-n", "0", "serve", "unix:@name", "/proc/self/exe"]),
        ("fdpass", &fdpass, &["-w", "0", "take", "unix:@name"]),
    ] {
        let (status, said) = run(Command::new(program).args(arguments));
        assert_eq!(status, Some(2), "{name} {arguments:?}: {said}");
        assert!(said.contains(&format!("usage: {name} ")), "{name} {arguments:?}: {said}");
    }
}

#[test]
fn a_call_that_fails_is_named_with_its_error_and_gives_status_1() {
    netns::run(netns::Needs::USERNS, || {
        let Some(cc) = Compiler::c() else { return };
        let echo = build(&cc, "echo", "error");
        let (status, said) = run(Command::new(&echo).args(["client", "127.0.0.1:9", "hello"]));
        assert_eq!((status, said.as_str()), (Some(1), "echo: connect: Connection refused\n"));
        let (status, said) = run(Command::new(&echo).args(["server", "192.0.2.1:9"]));
        assert_eq!((status, said.as_str()), (Some(1), "echo: bind: Cannot assign requested address\n"));
    });
}

#[test]
fn ping_uses_what_it_is_allowed_to_and_names_what_is_missing() {
    netns::run(netns::Needs::RAW, || {
        let Some(cc) = Compiler::c() else { return };
        let ping = build(&cc, "ping", "privilege");
        for ip in ["127.0.0.1", "::1"] {
            let (status, said) = run(Command::new(&ping).args(["-c", "2", "-i", "10", "-s", "1001", ip]));
            assert_eq!(status, Some(0), "{said}");
            assert!(said.contains(&format!("\n1009 bytes from {ip}: icmp_seq=2 ttl=64 time=0.")), "{said}");
            assert!(said.contains("\n2 packets transmitted, 2 received, 0% packet loss, time "), "{said}");
            assert!(said.contains("\nrtt min/avg/max/mdev = 0."), "{said}");
        }
        // Nobody may open a datagram ICMP socket in a new namespace, until somebody says so.
        let (status, said) = run(Command::new(&ping).args(["-t", "dgram", "127.0.0.1"]));
        assert_eq!(status, Some(2));
        assert!(said.contains("net.ipv4.ping_group_range (EACCES)"), "{said}");
        netns::set_sysctl("net/ipv4/ping_group_range", "0 0").unwrap();
        for ip in ["127.0.0.1", "::1"] {
            let (status, said) = run(Command::new(&ping).args(["-c", "1", "-t", "dgram", ip]));
            assert_eq!(status, Some(0), "{said}");
        }
        netns::set_sysctl("net/ipv4/icmp_echo_ignore_all", "1").unwrap();
        let (status, said) = run(Command::new(&ping).args(["-c", "1", "-W", "50", "127.0.0.1"]));
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("\nno answer from 127.0.0.1: icmp_seq=1\n"), "{said}");
        assert!(said.contains("\n1 packets transmitted, 0 received, 100% packet loss, time "), "{said}");
        let (status, said) = run(Command::new(&ping).args(["-c", "9", "-w", "1", "-W", "5000", "127.0.0.1"]));
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains(" packets transmitted, 0 received, 100% packet loss, time 1"), "{said}");
    });
}

#[test]
fn ping_tells_errors_with_the_router_that_sent_them() {
    netns::run(netns::Needs::VETH | netns::Needs::RAW | netns::Needs::IPV6, || -> std::io::Result<()> {
        let Some(cc) = Compiler::c() else { return Ok(()) };
        let ping = build(&cc, "ping", "router");
        let route = route::Route::new()?;
        route.near.set_sysctl("net/ipv4/ping_group_range", "0 0")?;
        for (far, router) in route::FAR {
            for ty in ["raw", "dgram"] {
                let arguments = ["-t", ty, "-c", "2", "-i", "10", "-W", "20000", "-T", "1", far];
                let (status, said) = route.near.within(|| run(Command::new(&ping).args(arguments)))?;
                assert_eq!(status, Some(1), "{said}");
                let line = format!("\nFrom {router} icmp_seq=2 ");
                assert!(said.contains(&line), "{said}");
                assert!(said.contains(", 0 received, +2 errors, 100% packet loss, time "), "{said}");
            }
        }
        Ok(())
    });
}

/// Under the sanitizers, where there are any.
#[test]
fn ping_is_not_deceived() {
    netns::run(netns::Needs::VETH | netns::Needs::RAW | netns::Needs::IPV6, || -> std::io::Result<()> {
        let Some(cc) = Compiler::c() else { return Ok(()) };
        let flags = if sanitizers_work(&cc).is_ok() { &SANITIZERS[..] } else { &[] };
        let ping = build_with(&cc, "ping", "hostile", flags);
        let route = route::Route::new()?;
        route.near.set_sysctl("net/ipv4/ping_group_range", "0 0")?;
        route.far.set_sysctl("net/ipv4/icmp_echo_ignore_all", "1")?;
        let raw = || route.far.within(|| forge::raw(sockets::Protocol::IPPROTO_ICMP)).unwrap();
        let (icmp, captor) = (raw(), raw());
        for ty in ["raw", "dgram"] {
            let mut command = Command::new(&ping);
            command.args(["-t", ty, "-c", "3", "-i", "100", "-W", "700", "-w", "5", "10.2.0.1"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = route.near.within(|| command.spawn())??;
            let (status, said, took) = siege::besiege(child, &captor, |packet, from| {
                if packet.get(20) == Some(&8) {
                    siege::replies(&icmp, from, packet);
                    siege::errors(&icmp, from, packet, &siege::TYPES);
                    siege::replies(&icmp, from, packet);
                }
            });
            assert_eq!(status, Some(1), "{said}");
            assert!(said.contains("3 packets transmitted, 0 received, +"), "{said}");
            assert!(said.contains(" corrupted, +") && said.contains("(other data than was sent)"), "{said}");
            assert!(took.as_secs() < 30, "{took:?}: {said}");
        }
        Ok(())
    });
}

/// What the library says of each option of a socket, through C and past it, is the same.
#[test]
fn sockopts_prints_what_the_options_are() {
    netns::run(netns::Needs::RAW, || {
        let Some(cc) = Compiler::c() else { return };
        let sockopts = build(&cc, "sockopts", "all");
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_broadcast(true).unwrap();
        let mut command = Command::new(&sockopts);
        command.args(["-f", "0"]).stdin(Stdio::from(std::os::fd::OwnedFd::from(socket.try_clone().unwrap())));
        let Output { status, stdout, .. } = command.output().unwrap();
        let said = String::from_utf8(stdout).unwrap();
        assert!(status.success(), "{said}");
        let socket = sockets::BorrowedSocket::from(&socket);
        let mut seen = 0;
        for row in sockets::opt::table() {
            let Some(Ok(value)) = row.read(&socket) else { continue };
            let line = said.lines().find(|line| line.starts_with(&format!("  {:30} ", row.name)));
            let line = line.unwrap_or_else(|| panic!("{row:?} is not in\n{said}"));
            assert!(line.ends_with(&format!(" {value}")), "{row:?}: {value}, but {line}");
            seen += 1;
        }
        assert_eq!(seen, said.lines().filter(|line| line.starts_with("  ")).count());
        assert!(seen >= 80, "{seen}");
        let line = |name: &str| said.lines().find(|line| line.contains(&format!("  {name} "))).unwrap();
        assert!(line("SO_BROADCAST").contains(" set "), "{}", line("SO_BROADCAST"));
        assert!(line("SO_KEEPALIVE").contains(" default "), "{}", line("SO_KEEPALIVE"));
        assert!(line("SO_TYPE").contains(" read only "), "{}", line("SO_TYPE"));

        for kind in ["tcp6", "unix", "raw", "raw6"] {
            let (status, said) = run(Command::new(&sockopts).args(["-a", kind]));
            assert_eq!(status, Some(0), "{kind}: {said}");
            assert!(said.contains("set only") && said.contains("not of this socket"), "{kind}: {said}");
        }
        let (status, said) = run(Command::new(&sockopts).args(["-f", "0"]));
        assert_eq!(
            (status, said.as_str()),
            (Some(1), "sockopts: getsockopt: ENOTSOCK: Socket operation on non-socket\n")
        );
    });
}

/// The Rust program of the same name, in the profile of this test.
fn rust_example(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let profile = this.parent().and_then(Path::parent).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "libsockets", "--example", name]);
    command.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        command.arg("--release");
    }
    assert!(command.status().unwrap().success());
    profile.join("examples").join(name)
}

#[test]
fn fdpass_talks_to_itself_and_to_its_twin_in_rust() {
    netns::run(netns::Needs::USERNS, || {
        let Some(cc) = Compiler::c() else { return };
        let (in_c, in_rust) = (build(&cc, "fdpass", "twins"), rust_example("fdpass"));
        let path = std::env::temp_dir().join(format!("fdpass{}", std::process::id()));
        fdpass::hand_over(&in_c, &in_c, &format!("unix:{}", path.display()));
        fdpass::hand_over(&in_c, &in_rust, "unix:@fdpass");
        fdpass::hand_over(&in_rust, &in_c, "unix:@fdpass");
    });
}

#[test]
fn fdpass_refuses_what_is_not_what_was_announced() {
    netns::run(netns::Needs::USERNS, || {
        let Some(cc) = Compiler::c() else { return };
        let program = build(&cc, "fdpass", "refusals");
        fdpass::refuse_others(&program);
        fdpass::refuse_to_serve(&program);
    });
}
