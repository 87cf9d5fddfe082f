use std::io;
use std::net::{IpAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use netns::{Namespace, Needs};
use sockets::{Domain, ErrorEvent, Protocol, RecvFlags, SendFlags, Socket, Type, opt};

#[test]
fn a_raw_socket_sees_the_header() {
    netns::run(Needs::RAW, || -> io::Result<()> {
        let raw = Socket::socket(Domain::AF_INET, Type::SOCK_RAW, Protocol::IPPROTO_UDP)?;
        // A test that waits has a deadline.
        raw.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(5)))?;
        UdpSocket::bind("127.0.0.1:0")?.send_to(b"hello", "127.0.0.1:53")?;
        let mut packet = [0; 128];
        let n = raw.recv(&mut packet, RecvFlags::empty())?;
        assert_eq!((packet[0] >> 4, &packet[28..n]), (4, &b"hello"[..]));
        Ok(())
    });
}

/// 10.1.0.1 near - router - far 10.2.0.1
struct Route {
    near: Namespace,
    router: Namespace,
    far: Namespace,
}

impl Route {
    fn new() -> io::Result<Route> {
        let route = Route { near: Namespace::new()?, router: Namespace::new()?, far: Namespace::new()? };
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        route.near.veth("eth0", &route.router, "near")?;
        route.far.veth("eth0", &route.router, "far")?;
        route.near.add_address("eth0", ip("10.1.0.1"), 24)?;
        route.router.add_address("near", ip("10.1.0.2"), 24)?;
        route.router.add_address("far", ip("10.2.0.2"), 24)?;
        route.far.add_address("eth0", ip("10.2.0.1"), 24)?;
        route.near.add_default_route(ip("10.1.0.2"))?;
        route.far.add_default_route(ip("10.2.0.2"))?;
        route.router.set_sysctl("net/ipv4/ip_forward", "1")?;
        // Every ICMP error is sent, however many there are.
        route.router.set_sysctl("net/ipv4/icmp_ratemask", "0")?;
        Ok(route)
    }
}

#[test]
fn the_router_counts_hops() {
    netns::run(Needs::VETH, || -> io::Result<()> {
        let route = Route::new()?;
        let far = route.far.within(|| UdpSocket::bind("10.2.0.1:0"))??;
        far.set_read_timeout(Some(Duration::from_secs(5)))?;
        let to = far.local_addr()?;
        let near =
            route.near.within(|| Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT))??;
        near.setsockopt(opt::IP_RECVERR, true)?;

        // Two hops are enough.
        near.setsockopt(opt::IP_TTL, 2)?;
        near.sendto(b"two", SendFlags::empty(), to)?;
        let mut buf = [0; 16];
        let (n, from) = far.recv_from(&mut buf)?;
        assert_eq!((&buf[..n], from.ip()), (&b"two"[..], IpAddr::from([10, 1, 0, 1])));

        // One is not, and the router says so.
        near.setsockopt(opt::IP_TTL, 1)?;
        near.sendto(b"one", SendFlags::empty(), to)?;
        let error = near.recv_error_timeout((), Duration::from_secs(5))?;
        let ErrorEvent::Icmp { ty: 11, code: 0, offender, .. } = error.event else { panic!("{error:?}") };
        assert_eq!(offender, Some([10, 1, 0, 2].into()));
        Ok(())
    });
}

#[test]
fn a_narrow_path_has_an_mtu() {
    netns::run(Needs::VETH, || -> io::Result<()> {
        let route = Route::new()?;
        route.router.set_mtu("far", 1300)?;
        let near =
            route.near.within(|| Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT))??;
        near.setsockopt(opt::IP_RECVERR, true)?;
        near.setsockopt(opt::IP_MTU_DISCOVER, opt::MtuDiscover::IP_PMTUDISC_DO)?;
        near.sendto(&[0; 1400], SendFlags::empty(), "10.2.0.1:9".parse::<std::net::SocketAddr>().unwrap())?;
        let error = near.recv_error_timeout((), Duration::from_secs(5))?;
        assert_eq!(error.event.mtu(), Some(1300));
        Ok(())
    });
}

#[test]
fn a_program_has_a_network_of_its_own() {
    if let Err(refusal) = netns::status().check(Needs::USERNS) {
        return netns::skip("a_program_has_a_network_of_its_own", "userns", &refusal.to_string());
    }
    let mut command = Command::new("cat");
    let output = netns::isolate(&mut command).arg("/proc/self/net/dev").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // Two lines of heading, and lo.
    assert_eq!(said.lines().filter(|line| !line.contains('|')).count(), 1, "{said}");
}
