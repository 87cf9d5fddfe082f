//! poll(2) on one socket: what it answers, how long it waits, what ends it.

mod common;

use std::time::{Duration, Instant};

use common::threads::{blocked, signals_caught};
use common::{guard, tcp_pair, udp_bound, unix_pair};
use sockets::{Errno, PollFlags, RecvFlags, SendFlags, Shutdown, Type};

const NOW: Option<Duration> = Some(Duration::ZERO);
const NOTHING: PollFlags = PollFlags::empty();

#[test]
fn it_answers_what_is_there() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        let both = PollFlags::POLLIN | PollFlags::POLLOUT;
        assert_eq!(b.poll(both, NOW), Ok(PollFlags::POLLOUT));
        assert_eq!(b.poll(PollFlags::POLLIN, NOW), Ok(NOTHING));
        a.send(b"x", SendFlags::empty()).unwrap();
        assert_eq!(b.poll(PollFlags::POLLIN, None), Ok(PollFlags::POLLIN));
        assert_eq!(b.poll(both, None), Ok(both));
        b.recv(&mut [0; 1], RecvFlags::empty()).unwrap();
        assert_eq!(b.poll(PollFlags::POLLIN, NOW), Ok(NOTHING));
    }
}

#[test]
fn the_end_is_answered_unasked_only_when_it_is_the_end_of_both() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    a.shutdown(Shutdown::SHUT_WR).unwrap();
    assert_eq!(b.poll(NOTHING, NOW), Ok(NOTHING));
    assert_eq!(b.poll(PollFlags::POLLRDHUP, NOW), Ok(PollFlags::POLLRDHUP));
    drop(a);
    assert_eq!(b.poll(NOTHING, None), Ok(PollFlags::POLLHUP));
}

#[test]
fn urgent_data_is_pollpri() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    a.send(b"!", SendFlags::MSG_OOB).unwrap();
    assert_eq!(b.poll(PollFlags::POLLPRI, None), Ok(PollFlags::POLLPRI));
}

#[test]
fn an_error_is_answered_unasked() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    a.abort().unwrap();
    let events = b.poll(NOTHING, None).unwrap();
    assert_eq!(events, PollFlags::POLLERR | PollFlags::POLLHUP);
}

#[test]
fn it_waits_as_long_as_it_was_told() {
    let _guard = guard();
    let (_a, b) = unix_pair(Type::SOCK_STREAM);
    for timeout in [Duration::from_nanos(1), Duration::from_micros(500), Duration::from_millis(20)] {
        let start = Instant::now();
        assert_eq!(b.poll(PollFlags::POLLIN, Some(timeout)), Ok(NOTHING));
        assert!(start.elapsed() >= timeout, "{timeout:?}");
    }
}

#[test]
fn the_longest_timeouts_are_no_error() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    a.send(b"x", SendFlags::empty()).unwrap();
    for timeout in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(i64::MAX as u64)] {
        assert_eq!(b.poll(PollFlags::POLLIN, Some(timeout)), Ok(PollFlags::POLLIN));
    }
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    std::thread::scope(|scope| {
        let polling = blocked(scope, libc::SYS_ppoll, || b.poll(PollFlags::POLLIN, Some(Duration::MAX)));
        a.send(b"x", SendFlags::empty()).unwrap();
        assert_eq!(polling.join(), Ok(PollFlags::POLLIN));
    });
}

#[test]
fn an_event_ends_the_wait() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    std::thread::scope(|scope| {
        let polling = blocked(scope, libc::SYS_ppoll, || b.poll(PollFlags::POLLIN, None));
        a.sendto(b"x", SendFlags::empty(), b.getsockname().unwrap()).unwrap();
        assert_eq!(polling.join(), Ok(PollFlags::POLLIN));
    });
}

#[test]
fn a_signal_is_eintr() {
    let _guard = guard();
    let (_a, b) = unix_pair(Type::SOCK_STREAM);
    for timeout in [None, Some(Duration::from_secs(50))] {
        std::thread::scope(|scope| {
            let polling =
                blocked(scope, libc::SYS_ppoll, || (b.poll(PollFlags::POLLIN, timeout), signals_caught()));
            let (result, signals) = polling.interrupt();
            assert_eq!(result, Err(Errno::EINTR));
            assert!(signals >= 1);
        });
    }
}

#[test]
fn bits_without_a_name_go_through() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    a.send(b"x", SendFlags::empty()).unwrap();
    // poll(2): POLLRDNORM.
    let rdnorm = PollFlags::from_bits_retain(0x40);
    assert_eq!(b.poll(rdnorm, NOW), Ok(rdnorm));
}
