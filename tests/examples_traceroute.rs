//! The example `traceroute`: a way of two hops, ways that end, and narrow ones.

use std::io;
use std::net::UdpSocket;
use std::thread;

use netns::Needs;
use programs::{example, examples, run};
use route::{FAR, Route};
use sockets::Protocol;

#[path = "common/forge.rs"]
mod forge;
#[path = "common/programs.rs"]
mod programs;
#[path = "common/route.rs"]
mod route;

fn needs() -> Needs {
    Needs::VETH | Needs::RAW | Needs::IPV6
}

fn trace(route: &Route, arguments: &[&str]) -> io::Result<(Option<i32>, String)> {
    let arguments = [&["-w", "20000"], arguments].concat();
    route.near.within(|| run(&mut example("traceroute", &arguments)))
}

/// The words of the line of a hop, without its times.
fn hop(said: &str, ttl: u8) -> String {
    let line = said.lines().find(|line| line.trim_start().starts_with(&format!("{ttl}  ")));
    let words: Vec<_> =
        line.unwrap_or_else(|| panic!("no {ttl}: {said}")).split_whitespace().skip(1).collect();
    let is_time = |word: &&&str| **word != "ms" && word.parse::<f64>().is_err();
    words.iter().filter(is_time).copied().collect::<Vec<_>>().join(" ")
}

#[test]
fn two_hops_are_found_by_udp_and_icmp() {
    netns::run(needs(), || -> io::Result<()> {
        let route = Route::new()?;
        for (far, router) in FAR {
            for kind in [&[far][..], &["-I", far], &["-q", "10", far], &["-M", far]] {
                let (status, said) = trace(&route, kind)?;
                assert_eq!(status, Some(0), "{said}");
                assert_eq!([hop(&said, 1), hop(&said, 2)], [router, far], "{said}");
                let queries = if kind[0] == "-q" { 20 } else { 6 };
                assert_eq!(said.matches(" ms").count(), queries, "{said}");
                assert!(!said.contains('*') && !said.contains("\n 3"), "{said}");
            }
            // Only the second, only the first.
            let (status, said) = trace(&route, &["-f", "2", far])?;
            assert_eq!((status, hop(&said, 2)), (Some(0), far.to_owned()), "{said}");
            let (status, said) = trace(&route, &["-m", "1", far])?;
            assert_eq!((status, hop(&said, 1)), (Some(1), router.to_owned()), "{said}");
        }
        // A service that answers is the end, too.
        let service = route.far.within(|| UdpSocket::bind("10.2.0.1:7"))??;
        thread::spawn(move || {
            while let Ok((_, from)) = service.recv_from(&mut [0; 64]) {
                service.send_to(b"echo", from).unwrap();
            }
        });
        let (status, said) = trace(&route, &["-q", "1", "-f", "2", "-p", "7", "10.2.0.1"])?;
        assert_eq!((status, hop(&said, 2)), (Some(0), "10.2.0.1".to_owned()), "{said}");
        Ok(())
    });
}

#[test]
fn where_there_is_no_way_the_router_says_so() {
    netns::run(needs(), || -> io::Result<()> {
        let route = Route::new()?;
        for (far, router) in [("10.3.0.1", FAR[0].1), ("fd00:3::1", FAR[1].1)] {
            let (status, said) = trace(&route, &["-q", "1", far])?;
            assert_eq!((status, hop(&said, 1)), (Some(1), format!("{router} !N")), "{said}");
        }
        // Nobody has these addresses, though there is a way.
        route.router.set_sysctl("net/ipv4/neigh/far/mcast_solicit", "1")?;
        route.router.set_sysctl("net/ipv4/neigh/far/retrans_time_ms", "100")?;
        route.router.set_sysctl("net/ipv6/neigh/far/mcast_solicit", "1")?;
        route.router.set_sysctl("net/ipv6/neigh/far/retrans_time_ms", "100")?;
        for (far, router) in [("10.2.0.77", FAR[0].1), ("fd00:2::77", FAR[1].1)] {
            let (status, said) = trace(&route, &["-q", "1", far])?;
            assert_eq!((status, hop(&said, 2)), (Some(1), format!("{router} !H")), "{said}");
        }
        // And here nobody answers.
        let silent = ["-q", "2", "-w", "50", "-m", "2", "-f", "2", "-I", "10.2.0.1"];
        route.far.set_sysctl("net/ipv4/icmp_echo_ignore_all", "1")?;
        let (status, said) = trace(&route, &silent)?;
        assert_eq!((status, hop(&said, 2)), (Some(1), "* *".to_owned()), "{said}");
        Ok(())
    });
}

#[test]
fn every_kind_of_unreachable_has_its_flag() {
    netns::run(needs(), || -> io::Result<()> {
        let route = Route::new()?;
        examples();
        // It takes the probe, so that the kernel does not answer as well.
        let _taker = route.far.within(|| UdpSocket::bind("10.2.0.1:33434"))??;
        let udp = route.far.within(|| forge::raw(Protocol::IPPROTO_UDP))?;
        let icmp = route.far.within(|| forge::raw(Protocol::IPPROTO_ICMP))?;
        let codes = [(2, "!P"), (5, "!S"), (6, "!N"), (7, "!H"), (9, "!X"), (13, "!X"), (14, "!<14>")];
        for (code, flag) in codes {
            let (status, said) = thread::scope(|scope| {
                scope.spawn(|| {
                    let (probe, from) = forge::next(&udp);
                    forge::send(&icmp, from, &[&[3, code, 0, 0, 0, 0, 0, 0], &probe[..]].concat());
                });
                trace(&route, &["-q", "1", "-f", "2", "-m", "2", "10.2.0.1"])
            })?;
            assert_eq!((status, hop(&said, 2)), (Some(1), format!("10.2.0.1 {flag}")), "{said}");
        }
        Ok(())
    });
}

#[test]
fn the_mtu_of_the_path_is_found() {
    netns::run(needs(), || -> io::Result<()> {
        for kind in [&["-M"][..], &["-M", "-I"]] {
            for (far, router) in FAR {
                // A new one each time: what the kernel has learnt, the next trace would not have to.
                let route = Route::new()?;
                route.router.set_mtu("far", 1300)?;
                route.far.set_mtu("eth0", 1300)?;
                let (status, said) = trace(&route, &[kind, &[far]].concat())?;
                assert_eq!(status, Some(0), "{said}");
                let lines = [
                    "    pmtu 1500".to_owned(),
                    format!(" 1  {router}"),
                    "    pmtu 1300".to_owned(),
                    format!(" 2  {far}"),
                ];
                for (line, expected) in said.lines().skip(1).zip(&lines) {
                    assert!(line.starts_with(expected.as_str()), "{expected:?}: {said}");
                }
                assert_eq!(said.lines().count(), 5, "{said}");
            }
        }
        Ok(())
    });
}
