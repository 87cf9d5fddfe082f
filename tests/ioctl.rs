//! ioctl(2): FIONREAD, SIOCOUTQ, SIOCATMARK: how much waits, and where the urgent byte is.

mod common;

use common::{guard, tcp, tcp_pair, udp_bound, unix, unix_pair};
use sockets::{Errno, PollFlags, RecvFlags, SendFlags, Shutdown, Type, UnixAddr};

#[test]
fn fionread_counts_the_bytes_of_a_stream() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        assert_eq!(b.fionread(), Ok(0));
        a.send(b"hello", SendFlags::empty()).unwrap();
        a.send(b"world!", SendFlags::empty()).unwrap();
        // All of it has come when the end has.
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        b.poll(PollFlags::POLLRDHUP, None).unwrap();
        assert_eq!(b.fionread(), Ok(11));
        b.recv(&mut [0; 4], RecvFlags::empty()).unwrap();
        assert_eq!(b.fionread(), Ok(7));
        b.recv(&mut [0; 16], RecvFlags::empty()).unwrap();
        assert_eq!(b.fionread(), Ok(0));
    }
}

#[test]
fn fionread_is_the_length_of_the_first_datagram() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    for (a, b) in [(a, b), unix_pair(Type::SOCK_DGRAM)] {
        assert_eq!(b.fionread(), Ok(0));
        for data in [&b"first"[..], b"", b"second"] {
            a.send(data, SendFlags::empty()).unwrap();
        }
        for len in [5, 0, 6] {
            assert_eq!(b.fionread(), Ok(len));
            b.recv(&mut [0; 16], RecvFlags::empty()).unwrap();
        }
    }
}

#[test]
fn siocoutq_counts_what_is_not_delivered() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    assert_eq!(a.siocoutq(), Ok(0));
    common::fill(&a);
    let waiting = a.siocoutq().unwrap();
    assert!(waiting > 0);
    let mut buf = vec![0; 1 << 20];
    while a.siocoutq().unwrap() > 0 {
        b.recv(&mut buf[..], RecvFlags::MSG_DONTWAIT).ok();
    }

    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    assert_eq!(a.siocoutq(), Ok(0));
    a.send(b"hello", SendFlags::empty()).unwrap();
    assert!(a.siocoutq().unwrap() >= 5);
    b.recv(&mut [0; 8], RecvFlags::empty()).unwrap();
    assert_eq!(a.siocoutq(), Ok(0));
}

#[test]
fn a_listener_has_no_queues_of_bytes() {
    let _guard = guard();
    let (listener, _client, _) = common::full_tcp();
    assert_eq!(listener.fionread(), Err(Errno::EINVAL));
    assert_eq!(listener.siocoutq(), Err(Errno::EINVAL));
    let listener = unix(Type::SOCK_STREAM);
    listener.bind(UnixAddr::Unnamed).unwrap();
    listener.listen(1).unwrap();
    assert_eq!(listener.fionread(), Err(Errno::EINVAL));
}

#[test]
fn sockatmark_tells_when_the_urgent_byte_is_next() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        assert_eq!(b.sockatmark(), Ok(false));
        a.send(b"abc", SendFlags::empty()).unwrap();
        a.send(b"!", SendFlags::MSG_OOB).unwrap();
        assert_eq!(b.poll(PollFlags::POLLPRI, None), Ok(PollFlags::POLLPRI));
        assert_eq!(b.sockatmark(), Ok(false));
        // One receive stops at the mark.
        assert_eq!(b.recv(&mut [0; 10], RecvFlags::empty()), Ok(3));
        assert_eq!(b.sockatmark(), Ok(true));
        let mut byte = [0; 1];
        assert_eq!(b.recv(&mut byte, RecvFlags::MSG_OOB), Ok(1));
        assert_eq!(&byte, b"!");
    }
}

#[test]
fn sockatmark_is_refused_where_nothing_is_urgent() {
    let _guard = guard();
    let errno = udp_bound().sockatmark().unwrap_err();
    assert!([Errno::ENOTTY, Errno::EINVAL].contains(&errno), "{errno}");
    assert_eq!(tcp().sockatmark(), Ok(false));
}
