//! Hosts, wires and routers, all from one thread.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use netns::{Namespace, Needs};

fn here() -> PathBuf {
    fs::read_link("/proc/thread-self/ns/net").unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn socket(host: &Namespace, address: impl Into<SocketAddr>) -> UdpSocket {
    let address = address.into();
    let socket = host.within(|| UdpSocket::bind(address)).unwrap().unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

/// One datagram there, one back.
#[track_caller]
fn talk(a: &UdpSocket, b: &UdpSocket) {
    let (to, mut buf) = (b.local_addr().unwrap(), [0; 16]);
    a.send_to(b"ping", to).unwrap();
    let (len, from) = b.recv_from(&mut buf).unwrap();
    assert_eq!((&buf[..len], from), (&b"ping"[..], a.local_addr().unwrap()));
    b.send_to(b"pong!", from).unwrap();
    let (len, from) = a.recv_from(&mut buf).unwrap();
    assert_eq!((&buf[..len], from), (&b"pong!"[..], to));
}

#[test]
fn two_hosts() {
    netns::run(Needs::VETH | Needs::IPV6, || -> io::Result<()> {
        let (a, b) = (Namespace::new()?, Namespace::new()?);
        a.veth("eth0", &b, "eth0")?;
        for (host, v4, v6) in [(&a, "10.0.0.1", "fd00::1"), (&b, "10.0.0.2", "fd00::2")] {
            host.add_address("eth0", ip(v4), 24)?;
            host.add_address("eth0", ip(v6), 64)?;
        }
        talk(&socket(&a, (ip("10.0.0.1"), 0)), &socket(&b, (ip("10.0.0.2"), 0)));
        talk(&socket(&a, (ip("fd00::1"), 0)), &socket(&b, (ip("fd00::2"), 0)));
        Ok(())
    });
}

/// Many times, because the first packet is the one that a wire not quite up would lose.
#[test]
fn wires_are_ready_at_once() {
    netns::run(Needs::VETH | Needs::IPV6, || -> io::Result<()> {
        for _ in 0..20 {
            let (a, b) = (Namespace::new()?, Namespace::new()?);
            a.veth("eth0", &b, "eth0")?;
            for (host, v6) in [(&a, "fd00::1"), (&b, "fd00::2")] {
                host.add_address("eth0", ip(v6), 64)?;
            }
            talk(&socket(&b, (ip("fd00::2"), 0)), &socket(&a, (ip("fd00::1"), 0)));
        }
        Ok(())
    });
}

/// The address that the kernel made for a link itself.
fn link_local(host: &Namespace, name: &str) -> SocketAddrV6 {
    let table = host.within(|| fs::read_to_string("/proc/thread-self/net/if_inet6")).unwrap().unwrap();
    let line = table.lines().find(|line| line.starts_with("fe80") && line.ends_with(name)).unwrap();
    let bits = u128::from_str_radix(&line[..32], 16).unwrap();
    SocketAddrV6::new(Ipv6Addr::from_bits(bits), 0, 0, host.index(name).unwrap())
}

#[test]
fn link_local_addresses_need_no_wait() {
    netns::run(Needs::VETH | Needs::IPV6, || -> io::Result<()> {
        let (a, b) = (Namespace::new()?, Namespace::new()?);
        a.veth("left", &b, "right")?;
        let (a_socket, b_socket) = (socket(&a, link_local(&a, "left")), socket(&b, link_local(&b, "right")));
        let mut to = b_socket.local_addr()?;
        if let SocketAddr::V6(v6) = &mut to {
            v6.set_scope_id(a.index("left")?);
        }
        a_socket.send_to(b"hello", to)?;
        assert_eq!(b_socket.recv(&mut [0; 16])?, 5);
        Ok(())
    });
}

#[test]
fn three_hosts_and_a_router() {
    netns::run(Needs::VETH | Needs::IPV6, || -> io::Result<()> {
        let (a, router, b) = (Namespace::new()?, Namespace::new()?, Namespace::new()?);
        a.veth("eth0", &router, "to-a")?;
        b.veth("eth0", &router, "to-b")?;
        for (host, link, v4, v6) in [
            (&a, "eth0", "10.0.1.2", "fd00:1::2"),
            (&router, "to-a", "10.0.1.1", "fd00:1::1"),
            (&router, "to-b", "10.0.2.1", "fd00:2::1"),
            (&b, "eth0", "10.0.2.2", "fd00:2::2"),
        ] {
            host.add_address(link, ip(v4), 24)?;
            host.add_address(link, ip(v6), 64)?;
        }
        router.set_sysctl("net/ipv4/ip_forward", "1")?;
        router.set_sysctl("net/ipv6/conf/all/forwarding", "1")?;
        a.add_default_route(ip("10.0.1.1"))?;
        a.add_default_route(ip("fd00:1::1"))?;
        b.add_route(ip("10.0.1.0"), 24, ip("10.0.2.1"))?;
        b.add_route(ip("fd00:1::"), 64, ip("fd00:2::1"))?;

        talk(&socket(&a, (ip("10.0.1.2"), 0)), &socket(&b, (ip("10.0.2.2"), 0)));
        talk(&socket(&a, (ip("fd00:1::2"), 0)), &socket(&b, (ip("fd00:2::2"), 0)));
        assert_eq!(a.sysctl("net/ipv4/ip_forward")?, "0", "the sysctl is the router's alone");
        Ok(())
    });
}

#[test]
fn the_body_has_a_wire_to_another_host() {
    netns::run(Needs::VETH, || -> io::Result<()> {
        let (body, other) = (Namespace::current()?, Namespace::new()?);
        body.veth("eth0", &other, "eth0")?;
        body.add_address("eth0", ip("10.0.0.1"), 30)?;
        other.add_address("eth0", ip("10.0.0.2"), 30)?;
        let mine = UdpSocket::bind("10.0.0.1:0")?;
        mine.set_read_timeout(Some(Duration::from_secs(10)))?;
        talk(&mine, &socket(&other, (ip("10.0.0.2"), 0)));
        Ok(())
    });
}

#[test]
fn every_path_leads_back() {
    netns::run(Needs::USERNS, || -> io::Result<()> {
        let start = here();
        let (a, b) = (Namespace::new()?, Namespace::new()?);
        assert_eq!(here(), start);
        a.within(|| {
            let in_a = here();
            assert_ne!(in_a, start);
            b.within(|| assert!(here() != in_a && here() != start)).unwrap();
            assert_eq!(here(), in_a);
            assert_eq!(thread::spawn(here).join().unwrap(), in_a);
            let panic = catch_unwind(|| b.within(|| panic!("there")));
            assert!(panic.is_err());
            assert_eq!(here(), in_a);
        })?;
        assert_eq!(here(), start);
        Ok(())
    });
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: io::Result<T>, errno: i32) {
    assert_eq!(result.unwrap_err().raw_os_error(), Some(errno));
}

#[test]
fn links_and_their_errors() {
    netns::run(Needs::VETH, || -> io::Result<()> {
        let (a, b) = (Namespace::new()?, Namespace::new()?);
        a.veth("eth0", &b, "eth1")?;
        refused(a.veth("eth0", &b, "eth2"), libc::EEXIST);
        for bad in ["", "a name of 16 b..", "nul\0", "sl/ash", "white space"] {
            refused(a.veth(bad, &b, "eth2"), libc::EINVAL);
            refused(a.veth("eth2", &b, bad), libc::EINVAL);
        }
        a.add_address("eth0", ip("10.0.0.1"), 24)?;
        refused(a.add_address("eth0", ip("10.0.0.1"), 24), libc::EEXIST);
        refused(a.add_address("eth0", ip("10.0.0.2"), 33), libc::EINVAL);
        refused(a.add_address("none", ip("10.0.0.2"), 24), libc::ENODEV);
        a.add_default_route(ip("10.0.0.2"))?;
        refused(a.add_default_route(ip("10.0.0.2")), libc::EEXIST);
        refused(a.add_default_route(ip("10.9.9.9")), libc::ENETUNREACH);
        refused(a.add_route(ip("10.0.3.0"), 24, ip("fd00::1")), libc::EAFNOSUPPORT);

        a.set_mtu("eth0", 1400)?;
        refused(a.set_mtu("eth0", 1), libc::EINVAL);
        let mtu = UdpSocket::bind("127.0.0.1:0").and_then(|_| b.sysctl("net/ipv6/conf/eth1/mtu"));
        assert_eq!(mtu?, "1500", "the other end keeps its own");
        a.set_up("eth0", false)?;
        a.set_up("eth0", true)?;
        b.delete_link("eth1")?;
        refused(a.index("eth0"), libc::ENODEV);
        refused(a.delete_link("eth0"), libc::ENODEV);
        Ok(())
    });
}
