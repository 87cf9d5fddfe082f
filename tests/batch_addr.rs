//! The addresses of messages in a batch: each is whole, whatever came before and beside it, and none where the kernel gives none.

mod common;

use std::net::Ipv6Addr;

use common::{Dir, guard, has_ipv6, tcp_pair, udp_bound, unix, unix_pair};
use sockets::cmsg;
use sockets::{
    Domain, PollFlags, Protocol, RecvBatch, RecvFlags, SendFlags, SockAddr, Socket, Type, UnixAddr, opt,
};

const DONTWAIT: RecvFlags = RecvFlags::MSG_DONTWAIT;

fn send(socket: &Socket, data: &[u8]) {
    assert_eq!(socket.send(data, SendFlags::empty()), Ok(data.len()));
}

#[test]
fn messages_that_nobody_looked_at_are_no_harm() {
    let _guard = guard();
    let names: Vec<String> = (1..=4).map(|i| "n".repeat(i * 20)).collect();
    let senders: Vec<Socket> = names
        .iter()
        .map(|name| {
            let socket = unix(Type::SOCK_DGRAM);
            socket.bind(UnixAddr::Abstract(format!("{}-{name}", std::process::id()).as_bytes())).unwrap();
            socket
        })
        .collect();
    let to = unix(Type::SOCK_DGRAM);
    to.bind(UnixAddr::Unnamed).unwrap();
    let addr = to.getsockname().unwrap();
    let mut batch = RecvBatch::new(4, 16).unwrap();
    // Short names first: what is left of their lengths would cut the longer ones.
    for looked_at in 0..=4 {
        for (sender, look) in [(0, looked_at), (3, 4)] {
            for i in 0..4 {
                senders[sender].sendto(&[i], SendFlags::empty(), &addr).unwrap();
            }
            let messages = to.recvmmsg(&mut batch, DONTWAIT).unwrap();
            assert_eq!(messages.len(), 4);
            for (i, message) in messages.take(look).enumerate() {
                assert_eq!(*message.data, [i as u8]);
                assert_eq!(message.addr, senders[sender].getsockname().unwrap());
            }
        }
    }
}

#[test]
fn streams_and_pairs_give_no_address() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
        for slots in [1, 2] {
            let mut batch = RecvBatch::new(slots, 64).unwrap();
            send(&a, b"hello");
            b.poll(PollFlags::POLLIN, None).unwrap();
            let messages: Vec<_> = b.recvmmsg(&mut batch, DONTWAIT).unwrap().collect();
            assert_eq!(*messages[0].data, b"hello"[..]);
            assert!(messages[0].addr.is_unnamed() && messages[0].addr.port().is_none());
            assert_eq!(*messages[0].addr, SockAddr::EMPTY);
        }
    }
}

#[test]
fn a_name_of_108_bytes_is_one_that_can_be_answered() {
    let _guard = guard();
    let dir = Dir::new();
    let path = dir.free_of(108);
    let from = unix(Type::SOCK_DGRAM);
    from.bind(&path).unwrap();
    let to = unix(Type::SOCK_DGRAM);
    to.bind(UnixAddr::Unnamed).unwrap();
    for slots in [1, 2] {
        from.sendto(b"x", SendFlags::empty(), to.getsockname().unwrap()).unwrap();
        let mut batch = RecvBatch::new(slots, 64).unwrap();
        let message = to.recvmmsg(&mut batch, DONTWAIT).unwrap().next().unwrap();
        assert_eq!(message.addr.as_unix(), Some(UnixAddr::Pathname(&path)));
        to.sendto(b"back", SendFlags::empty(), &message.addr).unwrap();
        assert_eq!(from.recv(&mut [0; 8], RecvFlags::empty()), Ok(4));
    }
}

/// The kernel reports a byte more than there is room for; nothing beside a name is written over.
#[test]
fn names_that_fill_their_room_leave_their_neighbours_alone() {
    let _guard = guard();
    let dir = Dir::new();
    let to = unix(Type::SOCK_DGRAM);
    to.bind(UnixAddr::Unnamed).unwrap();
    to.setsockopt(opt::SO_PASSCRED, true).unwrap();
    let addr = to.getsockname().unwrap();
    let paths: Vec<_> = (0..4).map(|_| dir.free_of(108)).collect();
    let senders: Vec<_> = paths
        .iter()
        .map(|path| {
            let socket = unix(Type::SOCK_DGRAM);
            socket.bind(path).unwrap();
            socket
        })
        .collect();
    let mut batch = RecvBatch::with_control(4, 16, cmsg::SCM_CREDENTIALS.space()).unwrap();
    for _ in 0..3 {
        for (i, sender) in senders.iter().enumerate() {
            sender.sendto(&[i as u8; 16], SendFlags::empty(), &addr).unwrap();
        }
        let messages: Vec<_> = to.recvmmsg(&mut batch, DONTWAIT).unwrap().collect();
        assert_eq!(messages.len(), 4);
        for look_first in [false, true] {
            for (i, message) in messages.iter().enumerate() {
                if look_first {
                    assert_eq!(message.addr.as_unix(), Some(UnixAddr::Pathname(&paths[i])));
                }
                assert_eq!(*message.data, [i as u8; 16]);
                let sender = message.control.get(cmsg::SCM_CREDENTIALS).unwrap();
                assert_eq!(sender.pid, std::process::id() as i32);
            }
        }
    }
}

#[test]
fn one_batch_serves_sockets_of_all_families() {
    let _guard = guard();
    if !has_ipv6() {
        return;
    }
    let v6 = Socket::socket(Domain::AF_INET6, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
    v6.bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let v4 = udp_bound();
    let named = unix(Type::SOCK_DGRAM);
    named.bind(UnixAddr::Unnamed).unwrap();
    let mut batch = RecvBatch::new(3, 16).unwrap();
    for socket in [&v4, &v6, &named, &v4, &named, &v6] {
        let me = socket.getsockname().unwrap();
        for data in [&b"a"[..], b"b"] {
            socket.sendto(data, SendFlags::empty(), &me).unwrap();
        }
        for message in socket.recvmmsg(&mut batch, DONTWAIT).unwrap() {
            assert_eq!(message.addr, me);
        }
    }
}
