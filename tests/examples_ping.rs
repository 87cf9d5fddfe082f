//! The example `ping`: on loopback, through a router, and where it may not.

use std::time::{Duration, Instant};

use netns::Needs;
use programs::{example, run};
use route::{FAR, Route};

#[path = "common/programs.rs"]
mod programs;
#[path = "common/route.rs"]
mod route;

#[test]
fn ping_uses_what_it_is_allowed_to_and_names_what_is_missing() {
    netns::run(Needs::RAW | Needs::IPV6, || {
        for ip in ["127.0.0.1", "::1"] {
            let (status, said) = run(&mut example("ping", &["-c", "2", "-i", "10", ip]));
            assert_eq!(status, Some(0), "{said}");
            assert!(said.contains(&format!("\n64 bytes from {ip}: icmp_seq=2 ttl=64 time=0.")), "{said}");
            assert!(said.contains("\n2 packets transmitted, 2 received, 0% packet loss, time "), "{said}");
        }
        // Nobody may open a datagram ICMP socket in a new namespace, until somebody says so.
        let (status, said) = run(&mut example("ping", &["-t", "dgram", "127.0.0.1"]));
        assert_eq!(status, Some(2));
        assert!(said.contains("net.ipv4.ping_group_range (EACCES)"), "{said}");
        netns::set_sysctl("net/ipv4/ping_group_range", "0 0").unwrap();
        for ip in ["127.0.0.1", "::1"] {
            let (status, said) = run(&mut example("ping", &["-c", "1", "-t", "dgram", ip]));
            assert_eq!(status, Some(0), "{said}");
            assert!(said.contains(" icmp_seq=1 ttl=64 time="), "{said}");
        }
    });
}

#[test]
fn ping_without_an_answer_has_status_1() {
    netns::run(Needs::RAW, || {
        netns::set_sysctl("net/ipv4/icmp_echo_ignore_all", "1").unwrap();
        let (status, said) = run(&mut example("ping", &["-c", "1", "-W", "50", "127.0.0.1"]));
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("no answer from 127.0.0.1: icmp_seq=1\n"), "{said}");
        assert!(said.contains("1 packets transmitted, 0 received, 100% packet loss, time "), "{said}");
    });
}

/// By the kernel's times on both ends: the sums agree with what was printed of each.
#[test]
fn the_statistics_are_those_of_the_answers() {
    netns::run(Needs::RAW, || {
        let (status, said) = run(&mut example("ping", &["-c", "50", "-i", "1", "-s", "1001", "127.0.0.1"]));
        assert_eq!(status, Some(0), "{said}");
        let times = said.lines().filter(|line| line.starts_with("1009 bytes from 127.0.0.1: "));
        let times: Vec<f64> = times
            .map(|line| line.split_once("time=").and_then(|(_, time)| time.strip_suffix(" ms")).unwrap())
            .map(|time| time.parse().unwrap())
            .collect();
        assert_eq!(times.len(), 50, "{said}");
        let line = said.lines().last().and_then(|line| line.strip_prefix("rtt min/avg/max/mdev = "));
        let line = line.and_then(|line| line.strip_suffix(" ms")).unwrap_or_else(|| panic!("{said}"));
        let printed: Vec<f64> = line.split('/').map(|number| number.parse().unwrap()).collect();
        let average = times.iter().sum::<f64>() / 50.0;
        let variance = times.iter().map(|time| (time - average).powi(2)).sum::<f64>() / 50.0;
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let most = times.iter().copied().fold(0.0, f64::max);
        for (printed, own) in printed.iter().zip([least, average, most, variance.sqrt()]) {
            assert!((printed - own).abs() < 0.002, "{printed} is not {own}: {said}");
        }
    });
}

#[test]
fn the_deadline_ends_it() {
    netns::run(Needs::RAW, || {
        let start = Instant::now();
        let (status, said) = run(&mut example("ping", &["-c", "9", "-i", "60000", "-w", "1", "127.0.0.1"]));
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("1 packets transmitted, 1 received, 0% packet loss, time 1"), "{said}");
        assert!((1..30).contains(&start.elapsed().as_secs()), "{said}");
    });
}

#[test]
fn errors_are_told_with_the_router_that_sent_them() {
    netns::run(Needs::VETH | Needs::RAW | Needs::IPV6, || -> std::io::Result<()> {
        let route = Route::new()?;
        route.near.set_sysctl("net/ipv4/ping_group_range", "0 0")?;
        let expired = ["Time to live exceeded", "Time exceeded: Hop limit"];
        let nowhere = ["Destination Net Unreachable", "Destination unreachable: No route"];
        for ty in ["raw", "dgram"] {
            for (at, (far, router)) in FAR.into_iter().enumerate() {
                let ping = |arguments: &[&str]| {
                    let base = ["-t", ty, "-i", "10", "-W", "20000"];
                    route.near.within(|| run(&mut example("ping", &[&base, arguments].concat())))
                };
                let (status, said) = ping(&["-c", "2", far])?;
                assert_eq!(status, Some(0), "{said}");
                assert!(said.contains(&format!("64 bytes from {far}: icmp_seq=2 ttl=63 time=")), "{said}");

                let start = Instant::now();
                let (status, said) = ping(&["-c", "2", "-T", "1", far])?;
                assert_eq!(status, Some(1), "{said}");
                for seq in 1..=2 {
                    let line = format!("\nFrom {router} icmp_seq={seq} {}\n", expired[at]);
                    assert!(said.contains(&line), "{said}");
                }
                let sum = "2 packets transmitted, 0 received, +2 errors, 100% packet loss, ";
                assert!(said.contains(sum), "{said}");
                // It does not wait for what will not come.
                assert!(start.elapsed() < Duration::from_secs(15), "{said}");

                let (status, said) = ping(&["-c", "1", ["10.3.0.1", "fd00:3::1"][at]])?;
                assert_eq!(status, Some(1), "{said}");
                assert!(said.contains(&format!("From {router} icmp_seq=1 {}\n", nowhere[at])), "{said}");
            }
        }
        Ok(())
    });
}
