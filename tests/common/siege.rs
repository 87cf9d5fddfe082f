//! Bad answers to every packet of a program: to `ping` and `traceroute`, whichever language they are written in.

#![allow(dead_code)] // Not every test needs all of it.

use std::net::Ipv4Addr;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sockets::{Errno, RecvFlags, Socket, opt};

use crate::forge;

/// Ends with what the program said, and its status. While it runs, `attack` is made on every packet that comes to the far host.
pub(crate) fn besiege(
    child: Child,
    captor: &Socket,
    attack: impl Fn(&[u8], Ipv4Addr) + Sync,
) -> (Option<i32>, String, Duration) {
    let is_over = AtomicBool::new(false);
    let started = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            captor.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_millis(50))).unwrap();
            let mut packet = vec![0; 65_536];
            while !is_over.load(Ordering::Relaxed) {
                match captor.recvfrom(&mut packet[..], RecvFlags::empty()) {
                    Ok((n, from)) => attack(&packet[..n], *from.as_ipv4().unwrap().ip()),
                    Err(Errno::EAGAIN | Errno::EINTR) => {}
                    Err(errno) => panic!("{errno}"),
                }
            }
        });
        let output = child.wait_with_output().unwrap();
        is_over.store(true, Ordering::Relaxed);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.code(), said.concat(), started.elapsed())
    })
}

pub(crate) const TYPES: [(u8, u8); 9] =
    [(3, 0), (3, 3), (3, 4), (3, 255), (11, 0), (11, 1), (12, 0), (4, 0), (255, 255)];

/// ICMP errors of these types about a packet, with everything wrong that can be.
pub(crate) fn errors(icmp: &Socket, to: Ipv4Addr, packet: &[u8], types: &[(u8, u8)]) {
    let quote = &packet[..packet.len().min(64)];
    let mut quotes: Vec<Vec<u8>> = [0, 1, 19, 20, 21, 27].map(|n| quote[..n].to_vec()).into();
    // A header that is longer than the quote, one that is too short, lengths that lie, another version.
    for (at, byte) in [(0, 0x4f), (0, 0x40), (0, 0x44), (0, 0xf5), (2, 0xff), (3, 0), (9, 0), (9, 255)] {
        let mut other = quote.to_vec();
        other[at] = byte;
        quotes.push(other);
    }
    for &(ty, code) in types {
        for quote in &quotes {
            forge::send(icmp, to, &[&[ty, code, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        }
    }
    for mtu in [0_u16, 1, 27, 28, 68, 0xffff] {
        let [high, low] = mtu.to_be_bytes();
        forge::send(icmp, to, &[&[3, 4, 0, 0, 0, 0, high, low], quote].concat());
    }
}

/// Echo replies to a request with its IP header: too short, too long, of somebody else, and not of ICMP's at all.
pub(crate) fn replies(icmp: &Socket, to: Ipv4Addr, packet: &[u8]) {
    let mut reply = packet[20..].to_vec();
    reply[0] = 0;
    for n in 0..reply.len() {
        forge::send(icmp, to, &reply[..n]);
    }
    let long = [&reply[..], &[0; 66_000]].concat();
    forge::send(icmp, to, &long[..65_515]);
    forge::send(icmp, to, &long[..reply.len() + 1]);
    for (at, byte) in [(1, 1), (4, !reply[4]), (6, 0xff), (7, 0), (7, 0xff), (8, !reply[8])] {
        let mut other = reply.clone();
        other[at] = byte;
        forge::send(icmp, to, &other);
    }
}
