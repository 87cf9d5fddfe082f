//! The text forms of addresses: there and back for every form, and what is no address.

mod common;

use std::ffi::OsStr;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use netns::Needs;
use sockets::{Domain, Errno, SockAddr, UnixAddr};

fn parse(text: &str) -> Result<SockAddr, Errno> {
    text.parse()
}

#[test]
fn every_form_goes_there_and_back() {
    for text in [
        "127.0.0.1:80",
        "0.0.0.0:0",
        "255.255.255.255:65535",
        "[::1]:80",
        "[::]:0",
        "[2001:db8::1]:65535",
        "[::ffff:192.0.2.1]:80",
        "[fe80::1%2]:80",
        "[fe80::1%4294967295]:80",
        "unix:/run/x.sock",
        "unix:relative",
        "unix:with space:and:colons",
        "unix:@name",
        "unix:@",
        "unix:@@name",
        "unix:",
        "unix:naïve/文",
        r"unix:back\\slash",
        r"unix:line\x0afeed",
        r"unix:\xff\xfe",
        r"unix:\x40path",
        r"unix:@a\x00b",
        r"unix:@\x00\x00",
        r"unix:@\xc3(",
        "af:16:00000a00",
        "af:40:",
        "af:65535:ff",
        "af:0:",
        "af:",
        "af:2:0050",
        "af:10:00",
    ] {
        let addr = parse(text).unwrap_or_else(|errno| panic!("{text}: {errno}"));
        assert_eq!(addr.to_string(), text);
        assert_eq!(format!("{addr:?}"), format!("SockAddr({text})"));
        assert_eq!(parse(&addr.to_string()).unwrap(), addr);
    }
}

#[test]
fn the_forms_mean_what_they_say() {
    assert_eq!(parse("127.0.0.1:80"), Ok((std::net::Ipv4Addr::LOCALHOST, 80).into()));
    assert_eq!(parse("[::1]:80"), Ok((Ipv6Addr::LOCALHOST, 80).into()));
    let unix = |text| parse(text).unwrap();
    assert_eq!(unix("unix:/run/x").as_unix(), Some(UnixAddr::Pathname(Path::new("/run/x"))));
    assert_eq!(unix("unix:@x").as_unix(), Some(UnixAddr::Abstract(b"x")));
    assert_eq!(unix("unix:@").as_unix(), Some(UnixAddr::Abstract(b"")));
    assert_eq!(unix("unix:").as_unix(), Some(UnixAddr::Unnamed));
    assert_eq!(unix(r"unix:@a\x00\\\xFF").as_unix(), Some(UnixAddr::Abstract(b"a\0\\\xff")));
    assert_eq!(unix(r"unix:\x40a").as_unix(), Some(UnixAddr::Pathname(Path::new("@a"))));
    let not_utf8 = Path::new(OsStr::from_bytes(b"\xff"));
    assert_eq!(unix(r"unix:\xff").as_unix(), Some(UnixAddr::Pathname(not_utf8)));

    let netlink = unix("af:16:00000a00");
    assert_eq!(netlink.family(), Domain::AF_NETLINK);
    assert_eq!(netlink.as_bytes()[2..], [0, 0, 10, 0]);
    assert_eq!(parse("af:"), Ok(SockAddr::EMPTY));
    assert_eq!(unix("af:0:").as_bytes(), [0, 0]);
}

#[test]
fn zones_are_numbers_or_names_of_interfaces() {
    let ip: Ipv6Addr = "fe80::1".parse().unwrap();
    assert_eq!(parse("[fe80::1%7]:80"), Ok(SocketAddrV6::new(ip, 80, 0, 7).into()));
    common::isolated(Needs::VETH, || {
        let here = netns::Namespace::current().unwrap();
        let lo = SocketAddrV6::new(ip, 80, 0, here.index("lo").unwrap());
        assert_eq!(parse("[fe80::1%lo]:80"), Ok(lo.into()));
        assert_eq!(parse("[fe80::1%lo]:80").unwrap().to_string(), format!("[fe80::1%{}]:80", lo.scope_id()));

        let there = netns::Namespace::new().unwrap();
        // The longest name that there can be, and one that begins with a digit.
        for name in ["fifteen-chars-x", "0x1"] {
            here.veth(name, &there, "peer0").unwrap();
            let index = here.index(name).unwrap();
            assert_eq!(parse(&format!("[fe80::1%{name}]:80")).unwrap().as_ipv6().unwrap().scope_id(), index);
            here.delete_link(name).unwrap();
            assert_eq!(parse(&format!("[fe80::1%{name}]:80")), Err(Errno::ENODEV));
        }
    });
}

#[test]
fn an_interface_that_is_not_there_is_enodev() {
    for text in [
        "[fe80::1%nosuch0]:80",
        "[fe80::1%a-name-of-more-than-15-bytes]:80",
        "[fe80::1% ]:80",
        "[fe80::1%-1]:80",
    ] {
        assert_eq!(parse(text), Err(Errno::ENODEV), "{text}");
    }
}

#[test]
fn what_is_no_address_is_einval() {
    let long_other = format!("af:16:{}", "00".repeat(127));
    for text in [
        "",
        " ",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1: 80",
        "127.0.0.1:80 ",
        " 127.0.0.1:80",
        "127.0.0.1:80\n",
        "127.0.0.1:80\0",
        "127.0.0:80",
        "127.0.0.256:80",
        "1.2.3.4.5:80",
        ":80",
        "80",
        "localhost:80",
        "::1:80",
        "::1",
        "[::1]",
        "[::1]:",
        "[::1]:65536",
        "[::1]80",
        "[::1",
        "[]:80",
        "[",
        "[%",
        "[%]",
        "[%lo]:80",
        "[::1%]:80",
        "[::1%lo",
        "[::1%4294967296]:80",
        "[::1%lo\0]:80",
        "[127.0.0.1]:80",
        "[::1]:80 ",
        "]::1[:80",
        "[fe80::1]%2:80",
        r"unix:\",
        r"unix:a\",
        r"unix:\x",
        r"unix:\x4",
        r"unix:\xg0",
        r"unix:\n",
        r"unix:@\",
        r"unix:a\x00b",
        r"unix:\x00",
        "unix:a\0b",
        "UNIX:/x",
        "unix",
        "af",
        "af:16",
        "af:x:00",
        "af::00",
        "af:-1:00",
        "af:+16:00",
        "127.0.0.1:+80",
        "[::1]:+80",
        "[::1]:80\0",
        "af:65536:00",
        "af:16:0",
        "af:16:0g",
        "af:16:é",
        "af:16:00:",
        &long_other,
        "/run/x.sock",
        "@name",
    ] {
        assert_eq!(parse(text), Err(Errno::EINVAL), "{text:?}");
    }
}

#[test]
fn a_name_that_is_too_long_is_enametoolong() {
    let x = "x".repeat(200);
    assert!(parse(&format!("unix:{}", &x[..108])).is_ok());
    assert_eq!(parse(&format!("unix:{}", &x[..109])), Err(Errno::ENAMETOOLONG));
    assert!(parse(&format!("unix:@{}", &x[..107])).is_ok());
    assert_eq!(parse(&format!("unix:@{}", &x[..108])), Err(Errno::ENAMETOOLONG));
    // What counts are the bytes of the name, not those of the text.
    assert!(parse(&format!("unix:{}", r"\xff".repeat(108))).is_ok());
    assert_eq!(parse(&format!("unix:{}", r"\xff".repeat(109))), Err(Errno::ENAMETOOLONG));
    assert!(parse(&format!("af:16:{}", "00".repeat(126))).is_ok());
}

#[test]
fn what_cannot_be_seen_is_escaped() {
    // A line feed, ESC, right-to-left override, zero-width space, byte order mark, no-break space.
    for hidden in ['\n', '\u{1b}', '\u{202e}', '\u{200b}', '\u{feff}', '\u{a0}', '\u{85}'] {
        let name = format!("a{hidden}b");
        let addr = SockAddr::try_from(UnixAddr::Abstract(name.as_bytes())).unwrap();
        let text = addr.to_string();
        assert!(text.is_ascii(), "{text:?}");
        assert_eq!(parse(&text), Ok(addr));
    }
}

#[test]
fn width_and_fill_change_no_address() {
    for text in ["127.0.0.1:80", "[::1]:80", "unix:/x", "unix:@x", "af:16:00"] {
        let addr = parse(text).unwrap();
        assert_eq!(format!("{addr:?}"), format!("SockAddr({text})"));
        assert!(format!("{addr:>40}").ends_with(text));
    }
}

#[test]
fn hostile_text_is_an_error_and_never_a_panic() {
    let pieces =
        ["[", "]", "%", ":", "::1", "80", "unix:", "@", "\\", "\\x", "4", "af:", "1", "é", "\0", "lo", "."];
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize
    };
    for _ in 0..50_000 {
        let text: String = (0..next() % 8).map(|_| pieces[next() % pieces.len()]).collect();
        if let Ok(addr) = parse(&text) {
            assert_eq!(parse(&addr.to_string()).unwrap(), addr, "{text:?}");
        }
    }
}
