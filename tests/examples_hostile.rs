//! Packets that nobody would send, to ping, traceroute and arping: no panic, no answer that is none, and an end in time.

use std::io;
use std::net::UdpSocket;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use netns::Needs;
use programs::{example, examples};
use route::Route;
use siege::{TYPES, besiege, errors, replies};
use sockets::{Domain, EtherType, HardwareAddr, LinkAddr, Protocol, SendFlags, Socket, Type};

// Whatever else is in there.
#[allow(dead_code)]
#[path = "../examples/common/echo.rs"]
mod echo;
#[path = "common/forge.rs"]
mod forge;
#[path = "common/programs.rs"]
mod programs;
#[path = "common/route.rs"]
mod route;
#[path = "common/siege.rs"]
mod siege;

fn start(route: &Route, name: &str, arguments: &[&str]) -> io::Result<Child> {
    let mut command = example(name, arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    route.near.within(|| command.spawn())?
}

#[test]
fn ping_is_not_deceived() {
    netns::run(Needs::VETH | Needs::RAW | Needs::IPV6, || -> io::Result<()> {
        examples();
        let route = Route::new()?;
        route.near.set_sysctl("net/ipv4/ping_group_range", "0 0")?;
        route.far.set_sysctl("net/ipv4/icmp_echo_ignore_all", "1")?;
        let [icmp, captor] =
            [(); 2].map(|()| route.far.within(|| forge::raw(Protocol::IPPROTO_ICMP)).unwrap());
        for ty in ["raw", "dgram"] {
            let ping = ["-t", ty, "-c", "3", "-i", "100", "-W", "700", "-w", "5", "10.2.0.1"];
            let (status, said, took) = besiege(start(&route, "ping", &ping)?, &captor, |packet, from| {
                if packet.get(20) == Some(&8) {
                    replies(&icmp, from, packet);
                    errors(&icmp, from, packet, &TYPES);
                    replies(&icmp, from, packet);
                }
            });
            assert_eq!(status, Some(1), "{said}");
            assert!(said.contains("3 packets transmitted, 0 received, +"), "{said}");
            assert!(said.contains(" corrupted, +") && said.contains("(other data than was sent)"), "{said}");
            assert!(said.contains("100% packet loss") && !said.contains("panicked"), "{said}");
            assert!(took < Duration::from_secs(30), "{took:?}: {said}");

            // Good ones that come twice are told apart.
            let ping = ["-t", ty, "-c", "2", "-i", "200", "-W", "20000", "10.2.0.1"];
            let (status, said, _) = besiege(start(&route, "ping", &ping)?, &captor, |packet, from| {
                if packet.get(20) == Some(&8) {
                    let reply = [&[0], &packet[21..]].concat();
                    forge::send(&icmp, from, &reply);
                    forge::send(&icmp, from, &reply);
                }
            });
            assert_eq!(status, Some(0), "{said}");
            assert!(said.contains("icmp_seq=1 ttl=63 time=") && said.contains(" ms (DUP!)\n"), "{said}");
            assert!(said.contains("2 packets transmitted, 2 received, +"), "{said}");
        }
        Ok(())
    });
}

#[test]
fn traceroute_is_not_deceived() {
    netns::run(Needs::VETH | Needs::RAW | Needs::IPV6, || -> io::Result<()> {
        examples();
        let route = Route::new()?;
        route.far.set_sysctl("net/ipv4/icmp_echo_ignore_all", "1")?;
        // They take the probes, so that the kernel does not answer.
        let takers = (33_434..33_450).map(|port| route.far.within(|| UdpSocket::bind(("10.2.0.1", port))));
        let takers: Vec<_> = takers.collect::<io::Result<io::Result<_>>>()??;
        let icmp = route.far.within(|| forge::raw(Protocol::IPPROTO_ICMP))?;
        let kinds = [&["-q", "2"][..], &["-M", "-q", "1"], &["-I", "-q", "2"]];
        // With all types it ends at the first that says so; with one that only shortens the probes, when the time is over.
        for (kind, types) in kinds.into_iter().flat_map(|kind| [(kind, &TYPES[..]), (kind, &[(3, 4)])]) {
            let is_echo = kind.contains(&"-I");
            let protocol = if is_echo { Protocol::IPPROTO_ICMP } else { Protocol::IPPROTO_UDP };
            let captor = route.far.within(|| forge::raw(protocol))?;
            let arguments = [kind, &["-f", "2", "-m", "5", "-w", "300", "10.2.0.1"]].concat();
            let child = start(&route, "traceroute", &arguments)?;
            let (status, said, took) = besiege(child, &captor, |packet, from| {
                if is_echo && packet.get(20) != Some(&8) {
                    return;
                }
                if is_echo {
                    // Without one that is good enough: only data is not looked at.
                    for n in 0..8 {
                        forge::send(&icmp, from, &[&[0], &packet[21..]].concat()[..n]);
                    }
                } else {
                    // From a port that was not asked, of all lengths.
                    let port = u16::from_be_bytes([packet[20], packet[21]]);
                    let other = route.far.within(|| UdpSocket::bind("10.2.0.1:9")).unwrap().unwrap();
                    for n in [0, 1, 1000, 65_507] {
                        let _ = other.send_to(&vec![0; n], (from, port));
                    }
                }
                errors(&icmp, from, packet, types);
            });
            assert!(!said.contains("panicked"), "{said}");
            assert_eq!(status, Some(1), "{kind:?}: {said}");
            let is_finished = said.lines().any(|line| line.starts_with(" 5  *"));
            assert_eq!(is_finished, types.len() == 1, "{kind:?}: {said}");
            assert!(took < Duration::from_secs(40), "{took:?}: {said}");
        }
        drop(takers);
        Ok(())
    });
}

#[test]
fn arping_is_not_deceived() {
    netns::run(Needs::VETH | Needs::PACKET | Needs::RAW | Needs::IPV6, || -> io::Result<()> {
        let route = Route::new()?;
        let index = route.router.index("near")?;
        let child = start(&route, "arping", &["-I", "eth0", "-c", "3", "-i", "50", "-W", "300", "10.1.0.9"])?;
        let arp = route
            .router
            .within(|| Socket::socket(Domain::AF_PACKET, Type::SOCK_DGRAM, Protocol::DEFAULT))??;
        let everybody =
            LinkAddr::new(index, EtherType::ETH_P_ARP)?.with_hardware_addr(HardwareAddr::BROADCAST);
        let is_over = AtomicBool::new(false);
        let output = thread::scope(|scope| {
            scope.spawn(|| {
                let good =
                    [&[0, 1, 8, 0, 6, 4, 0, 2][..], &[2; 6], &[10, 1, 0, 9], &[0xff; 6], &[10, 1, 0, 1]]
                        .concat();
                while !is_over.load(Ordering::Relaxed) {
                    for n in [0, 1, 8, 27, 28, 1500] {
                        let mut packet = good.clone();
                        packet.resize(n, 0);
                        let _ = arp.sendto(&packet, SendFlags::empty(), everybody);
                    }
                    for at in 0..8 {
                        let mut packet = good.clone();
                        packet[at] = 0xff;
                        let _ = arp.sendto(&packet, SendFlags::empty(), everybody);
                    }
                }
            });
            let output = child.wait_with_output();
            is_over.store(true, Ordering::Relaxed);
            output
        })?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.ends_with("Received 0 response(s)\n"), "{said}");
        Ok(())
    });
}

/// What no kernel would hand over.
#[test]
fn no_bytes_make_the_reader_of_echoes_panic() {
    let mut state = 1_u32;
    for len in 0..96 {
        for first in 0..=255_u8 {
            let mut packet: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            if let Some(byte) = packet.first_mut() {
                *byte = first;
            }
            for ip in ["127.0.0.1", "::1"] {
                let echo = echo::Echo::of(ip.parse().unwrap());
                for ty in [Type::SOCK_RAW, Type::SOCK_DGRAM] {
                    let rest = echo.without_ip_header(&packet, ty);
                    let has_numbers = echo::numbers(rest, echo.reply).is_some();
                    assert_eq!(has_numbers, rest.len() >= 8 && rest.starts_with(&[echo.reply, 0]));
                }
            }
        }
    }
}
