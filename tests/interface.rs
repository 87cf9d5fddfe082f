//! Interfaces: names, indexes, addresses, in a network that the test has made.

mod common;

use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;

use common::{guard, isolated, leaks_nothing, udp, use_up_fds};
use netns::{Namespace, Needs};
use sockets::{
    Errno, HardwareAddr, InterfaceFlags, SockAddr, getifaddrs, if_indextoname, if_nameindex, if_nametoindex,
    interfaces,
};

#[test]
fn names_and_indexes() {
    let _guard = guard();
    let lo = if_nametoindex("lo").unwrap();
    let name = if_indextoname(lo).unwrap();
    assert_eq!((name.as_str(), name.to_string()), (Some("lo"), "lo".to_owned()));
    for wrong in
        ["", "no-such-dev", "lo:", "lo:1", "lo/", "lo\0", "lo ", "sixteen-letters!", &"l".repeat(1000)]
    {
        assert_eq!(if_nametoindex(wrong), Err(Errno::ENODEV), "{wrong:?}");
    }
    for wrong in [0, 4711, u32::MAX] {
        assert_eq!(if_indextoname(wrong).map(drop), Err(Errno::ENXIO), "{wrong}");
    }
    let all = if_nameindex().unwrap();
    assert!(all.into_iter().any(|(index, name)| index == lo && name == c"lo"));
    let mut entries = (&all).into_iter();
    let count = entries.by_ref().count();
    assert!(count >= 1 && entries.next().is_none() && entries.next().is_none());
}

#[test]
fn no_descriptor_to_ask_with() {
    isolated(Needs::USERNS, || {
        leaks_nothing(|| {
            let _all = (if_nametoindex("lo"), if_indextoname(1), if_nameindex(), getifaddrs(), interfaces());
        });
        let _files = use_up_fds();
        assert_eq!(if_nametoindex("lo"), Err(Errno::EMFILE));
        assert_eq!(if_indextoname(1).map(drop), Err(Errno::EMFILE));
        assert_eq!(getifaddrs().map(drop), Err(Errno::EMFILE));
        assert_eq!(interfaces().map(drop), Err(Errno::EMFILE));
        assert!(if_nameindex().is_err());
    });
}

#[test]
fn loopback_is_what_it_is_everywhere() {
    isolated(Needs::IPV6, || {
        let all = interfaces().unwrap();
        let [lo] = &all[..] else { panic!("{all:?}") };
        assert_eq!((lo.name.as_str(), lo.index), ("lo", if_nametoindex("lo").unwrap()));
        let flags = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_LOOPBACK | InterfaceFlags::IFF_RUNNING;
        assert!(lo.flags.contains(flags), "{:?}", lo.flags);
        assert_eq!(lo.hardware_addr, Some(HardwareAddr::from([0; 6])));
        let addrs: Vec<_> = lo.addrs.iter().map(|addr| (addr.addr.to_string(), addr.prefix)).collect();
        assert!(addrs.contains(&("127.0.0.1:0".to_owned(), Some(8))), "{addrs:?}");
        assert!(addrs.contains(&("[::1]:0".to_owned(), Some(128))), "{addrs:?}");
    });
}

/// Adds an address as it was done of old: the interface seems to be another, whose name has a colon.
fn add_alias(name: &str, addr: Ipv4Addr) {
    // SAFETY: all zeros are valid for a structure of integers.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte as libc::c_char;
    }
    let bytes = SockAddr::from((addr, 0)).as_bytes().to_vec();
    let place = (&raw mut request.ifr_ifru).cast::<u8>();
    // SAFETY: `struct sockaddr_in` has the size of `struct sockaddr`, for which there is room.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
    let socket = udp();
    // SAFETY: the request reads a `struct ifreq`.
    let rc = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFADDR as libc::Ioctl, &raw mut request) };
    assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
}

#[test]
fn an_alias_is_its_interface() {
    isolated(Needs::USERNS, || {
        add_alias("lo:1", Ipv4Addr::new(192, 0, 2, 9));
        let all = interfaces().unwrap();
        let [lo] = &all[..] else { panic!("{all:?}") };
        assert_eq!((lo.name.as_str(), lo.index), ("lo", if_nametoindex("lo").unwrap()));
        assert!(lo.addrs.iter().any(|addr| addr.addr.to_string() == "192.0.2.9:0"), "{lo:?}");
        // As C has it.
        let entries = getifaddrs().unwrap();
        assert!(entries.into_iter().any(|entry| entry.name() == c"lo:1"));
    });
}

#[test]
fn two_hosts_see_themselves() {
    isolated(Needs::VETH, || {
        let (here, there) = (Namespace::current().unwrap(), Namespace::new().unwrap());
        here.veth("left", &there, "right").unwrap();
        here.add_address("left", "192.0.2.1".parse().unwrap(), 24).unwrap();
        here.add_address("left", "2001:db8::1".parse().unwrap(), 64).unwrap();
        let all = interfaces().unwrap();
        assert_eq!(all.iter().map(|interface| interface.name.as_str()).collect::<Vec<_>>(), ["lo", "left"]);
        let left = &all[1];
        assert_eq!(left.index, here.index("left").unwrap());
        assert!(
            left.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_MULTICAST),
            "{:?}",
            left.flags
        );
        let mac = left.hardware_addr.unwrap();
        assert!(mac.as_bytes().len() == 6 && mac != HardwareAddr::from([0; 6]));
        let find = |text: &str| left.addrs.iter().find(|addr| addr.addr.to_string() == text);
        let four = find("192.0.2.1:0").unwrap();
        assert_eq!(four.prefix, Some(24));
        assert_eq!(find("[2001:db8::1]:0").unwrap().prefix, Some(64));
        // A link-local address says which link.
        let link_local = left.addrs.iter().filter_map(|addr| addr.addr.as_ipv6());
        let mut link_local = link_local.filter(|v6| v6.ip().is_unicast_link_local());
        assert_eq!(link_local.next().unwrap().scope_id(), left.index);

        for entry in &getifaddrs().unwrap() {
            assert!(["lo", "left"].contains(&entry.name().to_str().unwrap()), "{entry:?}");
            assert!(entry.peer().is_none());
        }
        let right = there.within(interfaces).unwrap().unwrap();
        assert!(
            right.iter().any(|interface| interface.name == "right" && interface.hardware_addr != Some(mac))
        );
    });
}
