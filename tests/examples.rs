//! The examples as a user meets them: usage, exit status, and a tour that tells the truth.

use std::process::{Command, Stdio};

use netns::Needs;
use programs::{example, examples, run};

#[path = "common/fdpass.rs"]
mod fdpass;
#[path = "common/programs.rs"]
mod programs;

#[test]
fn bad_arguments_give_the_usage_and_status_2() {
    for (name, arguments) in [
        ("echo", &[][..]),
        ("echo", &["--help"]),
        ("echo", &["server"]),
        ("echo", &["client", "127.0.0.1:1"]),
        ("echo", &["-t", "stone", "server", "127.0.0.1:0"]),
        ("echo", &["-n", "0", "server", "127.0.0.1:0"]),
        ("echo", &["-w", "0", "server", "127.0.0.1:0"]),
        ("echo", &["server", "localhost"]),
        ("ping", &[]),
        ("ping", &["--help"]),
        ("ping", &["-c", "0", "127.0.0.1"]),
        ("ping", &["-t", "stone", "127.0.0.1"]),
        ("ping", &["-s", "65508", "127.0.0.1"]),
        ("ping", &["-T", "256", "127.0.0.1"]),
        ("ping", &["-w", "0", "127.0.0.1"]),
        ("ping", &["127.0.0.1", "127.0.0.1"]),
        ("ping", &["127.0.0.1:80"]),
        ("traceroute", &[]),
        ("traceroute", &["--help"]),
        ("traceroute", &["-f", "3", "-m", "1", "127.0.0.1"]),
        ("traceroute", &["-q", "11", "127.0.0.1"]),
        ("traceroute", &["-p", "65500", "127.0.0.1"]),
        ("traceroute", &["127.0.0.1:80"]),
        ("arping", &[]),
        ("arping", &["--help"]),
        ("arping", &["192.0.2.1"]),
        ("arping", &["-I", "lo", "::1"]),
        ("arping", &["-I", "lo", "-c", "0", "192.0.2.1"]),
        ("sockopts", &[]),
        ("sockopts", &["--help"]),
        ("sockopts", &["stone"]),
        ("sockopts", &["-f", "-1"]),
        ("sockopts", &["-f"]),
        ("sockopts", &["2", "1"]),
        ("sockopts", &["2", "1", "x"]),
        ("timestamps", &["--help"]),
        ("timestamps", &["-c", "0"]),
        ("timestamps", &["-s", "3"]),
        ("timestamps", &["127.0.0.1:80"]),
        ("fdpass", &[]),
        ("fdpass", &["--help"]),
        ("fdpass", &["serve", "unix:@name"]),
        ("fdpass", &["take", "unix:@name", "more"]),
        ("fdpass", &["take", "127.0.0.1:7000"]),
        ("fdpass", &["take", "@name"]),
        ("fdpass", &["-n", "0", "serve", "unix:@name", "/proc/self/exe"]),
        ("fdpass", &["-w", "0", "take", "unix:@name"]),
        ("udpflood", &["--help"]),
        ("udpflood", &["-n", "0"]),
        ("udpflood", &["-s", "65508", "-b", "1", "-g", "1"]),
        ("udpflood", &["-s", "1000", "-g", "66"]),
        ("udpflood", &["-s", "1", "-g", "129"]),
        ("udpflood", &["-s", "1", "-b", "129"]),
        ("udpflood", &["-t", "3"]),
        ("udpflood", &["localhost"]),
        ("udpflood", &["127.0.0.1", "127.0.0.1"]),
        ("tour", &["--help"]),
    ] {
        let (status, said) = run(&mut example(name, arguments));
        assert_eq!(status, Some(2), "{name} {arguments:?}: {said}");
        assert!(said.contains(&format!("usage: {name}")), "{name} {arguments:?}: {said}");
    }
}

#[test]
fn a_call_that_fails_is_named_with_its_error_and_gives_status_1() {
    netns::run(Needs::USERNS, || {
        let (status, said) = run(&mut example("echo", &["client", "127.0.0.1:9", "hello"]));
        assert_eq!((status, said.trim()), (Some(1), "echo: connect: ECONNREFUSED: Connection refused"));
        let (status, said) = run(&mut example("echo", &["server", "192.0.2.1:9"]));
        assert_eq!(status, Some(1));
        assert!(said.starts_with("echo: bind: EADDRNOTAVAIL: "), "{said}");
    });
}

#[test]
fn sockopts_tells_what_is_set_and_what_is_missing() {
    netns::run(Needs::RAW, || {
        let (status, said) = run(&mut example("sockopts", &["tcp"]));
        assert_eq!(status, Some(0), "{said}");
        let line = |said: &str, name: &str| -> Vec<String> {
            let found = said.lines().find(|line| line.trim_start().starts_with(&format!("{name} ")));
            found.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(line(&said, "TCP_NODELAY"), ["TCP_NODELAY", "default", "false"]);
        assert_eq!(line(&said, "SO_TYPE"), ["SO_TYPE", "read", "only", "SOCK_STREAM"]);
        assert!(line(&said, "UDP_CORK").is_empty() && line(&said, "MCAST_JOIN_GROUP").is_empty(), "{said}");
        assert!(said.starts_with("SOL_SOCKET\n") && said.contains("\nIPPROTO_TCP\n"), "{said}");

        let (status, said) = run(&mut example("sockopts", &["-a", "tcp"]));
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(line(&said, "IP_MTU")[1..], ["a", "connection", "ENOTCONN"]);
        assert_eq!(line(&said, "SO_SNDBUFFORCE")[1..], ["set", "only", "(int)"]);

        // What it inherits is compared with a new one.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = example("sockopts", &["-f", "0"]);
        command.stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)));
        let (status, said) = run(&mut command);
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(line(&said, "SO_REUSEADDR")[1..], ["set", "true"]);
        assert_eq!(line(&said, "SO_KEEPALIVE")[1..], ["default", "false"]);

        for kind in
            ["udp", "udp6", "unix", "unix-dgram", "unix-seqpacket", "raw", "raw6", "packet", "netlink"]
        {
            let (status, said) = run(&mut example("sockopts", &[kind]));
            assert_eq!(status, Some(0), "{kind}: {said}");
        }
        let (status, said) = run(&mut example("sockopts", &["-f", "0"]));
        assert_eq!(
            (status, said.trim()),
            (Some(1), "sockopts: getsockopt: ENOTSOCK: Socket operation on non-socket")
        );
        let (status, said) = run(&mut example("sockopts", &["9999", "1", "0"]));
        assert_eq!(status, Some(1));
        assert!(said.starts_with("sockopts: socket: EAFNOSUPPORT: "), "{said}");
    });
}

#[test]
fn fdpass_hands_over_what_outlives_the_giver() {
    netns::run(Needs::USERNS, || {
        let program = examples().join("fdpass");
        let path = std::env::temp_dir().join(format!("fdpass{}", std::process::id()));
        fdpass::hand_over(&program, &program, "unix:@fdpass");
        fdpass::hand_over(&program, &program, &format!("unix:{}", path.display()));
    });
}

#[test]
fn fdpass_refuses_what_is_not_what_was_announced() {
    netns::run(Needs::USERNS, || {
        let program = examples().join("fdpass");
        fdpass::refuse_others(&program);
        fdpass::refuse_to_serve(&program);
    });
}

#[test]
fn udpflood_loses_nothing_in_turn_and_shows_what_is_saved() {
    netns::run(Needs::USERNS, || {
        for arguments in [&["-n", "2000"][..], &["-n", "2000", "-t", "2", "-s", "64", "::1"]] {
            let (status, said) = run(&mut example("udpflood", arguments));
            assert_eq!(status, Some(0), "{said}");
            let rows = ["send, recv ", "sendmmsg, recvmmsg ", "UDP_SEGMENT, recv ", "UDP_SEGMENT, UDP_GRO "];
            let rows = rows.map(|name| {
                let row = said.lines().find_map(|line| line.strip_prefix(name));
                let row = row.unwrap_or_else(|| panic!("no {name}: {said}"));
                let numbers =
                    row.split_whitespace().map(|number| number.trim_end_matches('%').parse().unwrap());
                <[f64; 7]>::try_from(numbers.collect::<Vec<_>>()).unwrap()
            });
            for [sent, received, ..] in rows {
                assert!(sent == 2000.0 && 0.0 < received && received <= sent, "{said}");
                assert!(received == sent || arguments.contains(&"-t"), "{said}");
            }
            let [single, batch, _, gro] = rows.map(|[.., ratio, calls]| (ratio, calls));
            assert!(single.0 == 1.0 && batch.1 < 1.0 && gro.0 < 0.7 && gro.1 < 1.0, "{said}");
        }
    });
}

#[test]
fn udpflood_floods_nobody_else_and_ends_in_time() {
    netns::run(Needs::USERNS, || {
        for ip in ["192.0.2.1", "2001:db8::1", "0.0.0.0"] {
            let (status, said) = run(&mut example("udpflood", &["-n", "1", ip]));
            assert_eq!((status, said.trim()), (Some(2), &*format!("udpflood: {ip} is not on loopback")));
        }
        let start = std::time::Instant::now();
        let (status, said) = run(&mut example("udpflood", &["-n", "4000000000", "-w", "1"]));
        assert_eq!(status, Some(0), "{said}");
        assert!(start.elapsed().as_secs() < 20, "{said}");
    });
}

#[test]
fn the_tour_shows_every_transport_from_both_sides() {
    if Command::new("cc").arg("--version").output().is_err() {
        return netns::skip("the_tour_shows_every_transport_from_both_sides", "cc", "there is no C compiler");
    }
    netns::run(Needs::RAW, || {
        let (status, said) = run(&mut example("tour", &[]));
        assert_eq!(status, Some(0), "{said}");
        assert!(said.ends_with("All 38 things worked.\n"), "{said}");
    });
}

#[test]
fn the_tour_names_what_the_machine_forbids_and_has_status_2() {
    netns::run(Needs::RAW, || {
        let (status, said) = run(example("tour", &[]).env("CC", "/nonexistent/cc"));
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("forbids it: everything with C: there is no C compiler"), "{said}");

        // Within this user namespace, nobody may make another one from now on.
        std::fs::write("/proc/sys/user/max_user_namespaces", "0").unwrap();
        let (status, said) = run(example("tour", &[]).env("CC", "/nonexistent/cc"));
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("forbids it: a network namespace of its own: "), "{said}");
        assert!(said.contains("Network: this machine's loopback."), "{said}");
    });
}

#[test]
fn timestamps_shows_every_stage() {
    netns::run(Needs::USERNS | Needs::IPV6, || {
        for arguments in [&["-c", "20"][..], &["-c", "5", "-s", "4"], &["-c", "5", "-s", "60000", "::1"]] {
            let (status, said) = run(&mut example("timestamps", arguments));
            assert_eq!(status, Some(0), "{said}");
            let first = format!("{} datagrams of ", arguments[1]);
            assert!(said.starts_with(&first), "{said}");
            let mut sum = [0.0; 3];
            for name in ["scheduled", "sent", "received", "received by the user", "all of it"] {
                let line = said.lines().find_map(|line| line.strip_prefix(&format!("{name:<22} "))).unwrap();
                let numbers: Vec<f64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
                let [min, avg, max] = numbers[..] else { panic!("{said}") };
                assert!(min <= avg && avg <= max, "{said}");
                if name == "all of it" {
                    // Rounded, each of them.
                    assert!(
                        (sum[1] - avg).abs() < 0.5 && sum[0] <= min + 0.5 && sum[2] >= max - 0.5,
                        "{said}"
                    );
                }
                sum = [sum[0] + min, sum[1] + avg, sum[2] + max];
            }
        }
        let (status, said) = run(&mut example("timestamps", &["192.0.2.1"]));
        assert_eq!(status, Some(2));
        assert!(said.starts_with("timestamps: bind: EADDRNOTAVAIL: "), "{said}");
    });
}
