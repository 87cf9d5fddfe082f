//! What is true of every address, whatever its bytes are, and of every text. For the tests, and for the fuzz targets.

use std::hash::{DefaultHasher, Hash};

use sockets::{Addr, Domain, Errno, SockAddr, UnixAddr};

/// Any bytes: those that can be an address survive, and nothing that looks at them panics.
pub(crate) fn check_bytes(bytes: &[u8]) {
    match SockAddr::from_bytes(bytes) {
        Ok(addr) => {
            assert_eq!(addr.as_bytes(), bytes);
            assert_eq!(SockAddr::from_bytes(addr.as_bytes()).unwrap(), addr);
            assert_eq!(addr.clone(), addr);
            look_at(&addr);
        }
        Err(errno) => assert!(errno == Errno::EINVAL && (bytes.len() == 1 || bytes.len() > 128), "{bytes:?}"),
    }
}

/// Any text: what is an address is written so that it is the same address when it is read again.
pub(crate) fn check_text(text: &str) {
    let Ok(addr) = text.parse::<SockAddr>() else { return };
    let written = addr.to_string();
    let again = written.parse::<SockAddr>();
    if text.starts_with("af:") {
        // Any bytes at all, of which `look_at` says the rest.
        assert!(again.is_ok() || addr.as_bytes().len() > 110, "{text:?} was written as {written:?}");
    } else {
        assert_eq!(again, Ok(addr.clone()), "{text:?} was written as {written:?}");
    }
    look_at(&addr);
}

/// Calls everything that looks at an address; the answers agree with each other.
pub(crate) fn look_at(addr: &SockAddr) {
    let bytes = addr.as_bytes();
    let family = match bytes {
        [a, b, ..] => i32::from(u16::from_ne_bytes([*a, *b])),
        _ => libc::AF_UNSPEC,
    };
    let at_least = |of, len| family == of && bytes.len() >= len;
    assert_eq!(addr.family(), Domain::from(family));
    assert_eq!(addr.as_ipv4().is_some(), at_least(libc::AF_INET, 16));
    assert_eq!(addr.as_ipv6().is_some(), at_least(libc::AF_INET6, 28));
    assert_eq!(addr.as_unix().is_some(), family == libc::AF_UNIX);
    assert_eq!(addr.as_vsock().is_some(), at_least(libc::AF_VSOCK, 16));
    assert_eq!(addr.as_netlink().is_some(), at_least(libc::AF_NETLINK, 12));
    let (halen, negative) =
        (bytes.get(11).map_or(0, |len| usize::from(*len)), bytes.get(4..8).is_some_and(is_negative));
    assert_eq!(
        addr.as_link().is_some(),
        at_least(libc::AF_PACKET, 12 + halen.min(256)) && halen <= 32 && !negative && bytes.len() >= 12
    );
    assert_eq!(addr.as_socket().is_some(), addr.as_ipv4().is_some() || addr.as_ipv6().is_some());
    let port = addr.port();
    if let Some(inet) = addr.as_socket() {
        assert_eq!(port, Some(inet.port()));
    }
    assert_eq!(port.is_some(), at_least(libc::AF_INET, 4) || at_least(libc::AF_INET6, 4));
    assert_eq!(addr.is_unnamed(), bytes.is_empty() || addr.as_unix() == Some(UnixAddr::Unnamed));
    check_view(addr);
    check_written(addr);
    addr.hash(&mut DefaultHasher::new());
}

fn is_negative(index: &[u8]) -> bool {
    index.try_into().is_ok_and(|index| i32::from_ne_bytes(index) < 0)
}

/// The view is that of the family; and made into an address again, it is the same view.
fn check_view(addr: &SockAddr) {
    let again: Option<SockAddr> = match addr.view() {
        Addr::V4(v4) => {
            assert_eq!(Some(v4), addr.as_ipv4());
            Some(v4.into())
        }
        Addr::V6(v6) => {
            assert_eq!(Some(v6), addr.as_ipv6());
            Some(v6.into())
        }
        Addr::Unix(name) => {
            assert_eq!(Some(name), addr.as_unix());
            // Not every name that can be received can be passed.
            SockAddr::try_from(name).ok()
        }
        Addr::Link(link) => {
            assert_eq!(Some(link), addr.as_link());
            Some(link.into())
        }
        Addr::Vsock(vsock) => {
            assert_eq!(Some(vsock), addr.as_vsock());
            Some(vsock.into())
        }
        Addr::Netlink(netlink) => {
            assert_eq!(Some(netlink), addr.as_netlink());
            Some(netlink.into())
        }
        Addr::Other { family, data } => {
            assert_eq!(family, addr.family());
            assert_eq!(data, addr.as_bytes().get(2..).unwrap_or_default());
            None
        }
        other => panic!("{other:?}"),
    };
    if let Some(again) = again {
        assert_eq!(again.view(), addr.view());
    }
    assert!(!format!("{:?}", addr.view()).is_empty());
}

/// The text says the same once more, or is too long for an AF_UNIX name that no kernel gives. It means the same
/// address, unless the form leaves out what a kernel never gives, or gives both with and without.
fn check_written(addr: &SockAddr) {
    let text = addr.to_string();
    assert_eq!(format!("{addr:?}"), format!("SockAddr({text})"));
    match text.parse::<SockAddr>() {
        Ok(again) => {
            assert_eq!(again.to_string(), text);
            assert_eq!(again.family(), addr.family());
            if text.starts_with("af:") || text.starts_with("vsock:") || text.starts_with("netlink:") {
                assert_eq!(again, *addr);
            }
            if text.starts_with("link:") {
                assert_eq!(again.as_link(), addr.as_link());
            }
        }
        Err(errno) => assert!(errno == Errno::ENAMETOOLONG && addr.as_bytes().len() > 110, "{text}: {errno}"),
    }
}
