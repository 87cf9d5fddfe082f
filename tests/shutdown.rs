//! shutdown(2): one direction ends, the other goes on, and whoever blocks is woken.

mod common;

use std::time::Duration;

use common::threads::blocked;
use common::{Dir, guard, tcp_pair, udp, unix, unix_pair};
use sockets::{Errno, PollFlags, RecvFlags, SendFlags, Shutdown, Socket, SocketFlags, Type};

/// The connected kinds of which one direction can end.
fn pairs() -> [(Socket, Socket); 3] {
    [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)]
}

#[test]
fn the_peer_reads_the_end_and_can_still_answer() {
    let _guard = guard();
    for (a, b) in pairs() {
        a.send(b"request", SendFlags::empty()).unwrap();
        assert_eq!(a.shutdown(Shutdown::SHUT_WR), Ok(()));
        let mut buf = [0; 16];
        assert_eq!(b.recv(&mut buf, RecvFlags::empty()), Ok(7));
        assert_eq!(b.recv(&mut buf, RecvFlags::empty()), Ok(0));
        let events = b.poll(PollFlags::POLLIN | PollFlags::POLLRDHUP, None).unwrap();
        assert_eq!(events, PollFlags::POLLIN | PollFlags::POLLRDHUP);
        assert_eq!(a.send(b"x", SendFlags::empty()), Err(Errno::EPIPE));

        assert_eq!(b.send(b"answer", SendFlags::empty()), Ok(6));
        assert_eq!(a.recv(&mut buf, RecvFlags::empty()), Ok(6));
    }
}

#[test]
fn receiving_ends() {
    let _guard = guard();
    for (a, b) in pairs() {
        assert_eq!(b.shutdown(Shutdown::SHUT_RD), Ok(()));
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
        // It can still send.
        assert_eq!(b.send(b"x", SendFlags::empty()), Ok(1));
        assert_eq!(a.recv(&mut [0; 1], RecvFlags::empty()), Ok(1));
    }
    // TCP still receives what arrives; AF_UNIX tells the sender.
    let (a, b) = tcp_pair();
    b.shutdown(Shutdown::SHUT_RD).unwrap();
    a.send(b"x", SendFlags::empty()).unwrap();
    assert_eq!(b.recv(&mut [0; 8], RecvFlags::MSG_WAITALL), Ok(1));
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    b.shutdown(Shutdown::SHUT_RD).unwrap();
    assert_eq!(a.send(b"x", SendFlags::empty()), Err(Errno::EPIPE));
}

#[test]
fn both_directions_end_for_every_descriptor_of_the_socket() {
    let _guard = guard();
    for (a, b) in pairs() {
        let copy = a.dup().unwrap();
        assert_eq!(copy.shutdown(std::net::Shutdown::Both), Ok(()));
        assert_eq!(a.send(b"x", SendFlags::empty()), Err(Errno::EPIPE));
        assert_eq!(a.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
        assert_eq!(b.recv(&mut [0; 1], RecvFlags::empty()), Ok(0));
        assert!(a.poll(PollFlags::empty(), None).unwrap().contains(PollFlags::POLLHUP));
    }
}

#[test]
fn a_second_time_is_as_good_as_the_first() {
    let _guard = guard();
    for (a, _b) in pairs() {
        assert_eq!(a.shutdown(Shutdown::SHUT_WR), Ok(()));
        assert_eq!(a.shutdown(Shutdown::SHUT_WR), Ok(()));
        assert_eq!(a.shutdown(Shutdown::SHUT_RDWR), Ok(()));
    }
}

#[test]
fn an_unknown_direction_is_einval() {
    let _guard = guard();
    for (a, _b) in pairs() {
        for how in [3, -1, i32::MAX, i32::MIN] {
            assert_eq!(a.shutdown(Shutdown::from(how)), Err(Errno::EINVAL), "{how}");
        }
    }
}

#[test]
fn what_is_not_connected_is_enotconn() {
    let _guard = guard();
    assert_eq!(common::tcp().shutdown(Shutdown::SHUT_RDWR), Err(Errno::ENOTCONN));
    assert_eq!(udp().shutdown(Shutdown::SHUT_RD), Err(Errno::ENOTCONN));
}

#[test]
fn it_wakes_a_blocked_receive() {
    let _guard = guard();
    for how in [Shutdown::SHUT_RD, Shutdown::SHUT_RDWR] {
        for (_a, b) in pairs() {
            std::thread::scope(|scope| {
                let receiving =
                    blocked(scope, libc::SYS_recvfrom, || b.recv(&mut [0; 1], RecvFlags::empty()));
                b.shutdown(how).unwrap();
                assert_eq!(receiving.join(), Ok(0), "{how:?}");
            });
        }
    }
    // The peer's end wakes too.
    for (a, b) in pairs() {
        std::thread::scope(|scope| {
            let receiving = blocked(scope, libc::SYS_recvfrom, || b.recv(&mut [0; 1], RecvFlags::empty()));
            a.shutdown(Shutdown::SHUT_WR).unwrap();
            assert_eq!(receiving.join(), Ok(0));
        });
    }
}

#[test]
fn it_wakes_a_receive_also_where_it_fails() {
    let _guard = guard();
    let udp = common::udp_bound();
    std::thread::scope(|scope| {
        let receiving = blocked(scope, libc::SYS_recvfrom, || udp.recv(&mut [0; 1], RecvFlags::empty()));
        assert_eq!(udp.shutdown(Shutdown::SHUT_RDWR), Err(Errno::ENOTCONN));
        assert_eq!(receiving.join(), Ok(0));
    });
}

#[test]
fn it_wakes_a_blocked_accept() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in common::connecting() {
        let listener = kind.listener(&dir);
        std::thread::scope(|scope| {
            let accepting =
                blocked(scope, libc::SYS_accept4, || listener.accept4_no_addr(SocketFlags::empty()));
            listener.shutdown(Shutdown::SHUT_RDWR).unwrap();
            assert_eq!(accepting.join().unwrap_err(), Errno::EINVAL, "{kind:?}");
        });
    }
}

#[test]
fn it_wakes_a_blocked_send() {
    let _guard = guard();
    for (a, _b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        common::fill(&a);
        std::thread::scope(|scope| {
            let sending = blocked(scope, libc::SYS_sendto, || a.send(b"x", SendFlags::empty()));
            a.shutdown(Shutdown::SHUT_WR).unwrap();
            assert_eq!(sending.join(), Err(Errno::EPIPE));
        });
    }
}

#[test]
fn closing_one_of_two_descriptors_ends_nothing() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let copy = b.dup().unwrap();
    std::thread::scope(|scope| {
        let receiving = blocked(scope, libc::SYS_recvfrom, || copy.recv(&mut [0; 1], RecvFlags::empty()));
        b.close().unwrap();
        assert!(!receiving.is_finished());
        a.send(b"x", SendFlags::empty()).unwrap();
        assert_eq!(receiving.join(), Ok(1));
    });
}

#[test]
fn an_unconnected_unix_socket_may_be_shut_down() {
    let _guard = guard();
    let socket = unix(Type::SOCK_DGRAM);
    assert_eq!(socket.shutdown(Shutdown::SHUT_RD), Ok(()));
    assert_eq!(socket.poll(PollFlags::POLLIN, Some(Duration::ZERO)).map(|it| it.is_empty()), Ok(false));
}
