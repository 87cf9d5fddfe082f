//! sendmsg(2): pieces, addresses, flags, and every way to fail.

mod common;

use std::io::IoSlice;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use common::threads::blocked;
use common::{
    Dir, fill, guard, isolated, kinds, leaks_nothing, tcp, tcp_pair, udp, udp_bound, unix, unix_pair,
};
use netns::Needs;
use sockets::cmsg::{self, ControlBuf, ControlWriter};
use sockets::opt::Credentials;
use sockets::{
    Errno, MsgFlags, PollFlags, RecvFlags, SendData, SendFlags, Shutdown, SockAddr, Socket, SocketFlags,
    Type, UnixAddr, opt,
};

const NONE: SendFlags = SendFlags::empty();

/// sendmsg(2) without control messages.
fn send(socket: &Socket, data: impl SendData, flags: SendFlags) -> sockets::Result<usize> {
    socket.sendmsg(data, &ControlWriter::none(), flags)
}

fn received(socket: &Socket) -> Vec<u8> {
    let mut buf = vec![0; 70_000];
    let n = socket.recv(&mut buf[..], RecvFlags::empty()).unwrap();
    buf.truncate(n);
    buf
}

#[test]
fn every_form_of_data_arrives_in_one_piece() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_SEQPACKET);
    let vec = b"a vec".to_vec();
    assert_eq!(send(&a, b"an array", NONE), Ok(8));
    assert_eq!(send(&a, &b"a slice"[..], NONE), Ok(7));
    assert_eq!(send(&a, &vec, NONE), Ok(5));
    let pieces = vec![IoSlice::new(b"a "), IoSlice::new(b""), IoSlice::new(b"list"), IoSlice::new(b"!")];
    assert_eq!(send(&a, &pieces, NONE), Ok(7));
    assert_eq!(send(&a, &pieces[..3], NONE), Ok(6));
    assert_eq!(send(&a, &[IoSlice::new(b"one"), IoSlice::new(b"two")], NONE), Ok(6));
    for expected in ["an array", "a slice", "a vec", "a list!", "a list", "onetwo"] {
        assert_eq!(received(&b), expected.as_bytes());
    }
}

#[test]
fn of_every_kind_it_does_what_send_does() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in kinds() {
        let (a, b) = kind.peers(&dir);
        assert_eq!(send(&a, &[IoSlice::new(b"hel"), IoSlice::new(b"lo")], NONE), Ok(5), "{kind:?}");
        assert_eq!(received(&b), b"hello");
    }
}

#[test]
fn nothing_is_a_message_to_datagrams_and_nothing_to_streams() {
    let _guard = guard();
    let none: &[IoSlice<'_>] = &[];
    for data in [none, &[IoSlice::new(b""), IoSlice::new(b"")]] {
        for (a, b) in [unix_pair(Type::SOCK_DGRAM), unix_pair(Type::SOCK_SEQPACKET)] {
            assert_eq!(send(&a, data, NONE), Ok(0));
            assert_eq!(received(&b), b"");
        }
        for (a, b) in [unix_pair(Type::SOCK_STREAM), tcp_pair()] {
            assert_eq!(send(&a, data, NONE), Ok(0));
            assert_eq!(b.recv(&mut [0], RecvFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        }
    }
}

#[test]
fn there_may_be_1024_pieces_and_no_more() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    let pieces = [IoSlice::new(b"x"); 1025];
    assert_eq!(send(&a, &pieces[..1024], NONE), Ok(1024));
    assert_eq!(received(&b).len(), 1024);
    assert_eq!(send(&a, &pieces, NONE), Err(Errno::EMSGSIZE));
    let vec = pieces.to_vec();
    assert_eq!(send(&a, &vec, NONE), Err(Errno::EMSGSIZE));
}

#[test]
fn a_sum_of_lengths_beyond_all_memory_is_refused_or_cut() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_DGRAM);
    // The kernel counts no further than 2 GiB, which is more than a datagram can be.
    let memory = vec![0_u8; 16 << 20];
    let pieces = [IoSlice::new(&memory); 1024];
    assert_eq!(send(&a, &pieces, NONE), Err(Errno::EMSGSIZE));
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let n = send(&a, &pieces, SendFlags::MSG_DONTWAIT).unwrap();
    assert!(n > 0 && n < memory.len(), "{n}");
}

#[test]
fn an_address_is_every_form_of_one() {
    let _guard = guard();
    let (a, b) = (udp(), udp_bound());
    let addr = b.getsockname().unwrap();
    let v4 = addr.as_ipv4().unwrap();
    let none = ControlWriter::none();
    a.sendmsg_to(b"1", &none, NONE, &addr).unwrap();
    a.sendmsg_to(b"2", &none, NONE, v4).unwrap();
    a.sendmsg_to(&[IoSlice::new(b"3")], &none, NONE, (*v4.ip(), v4.port())).unwrap();
    let std: std::net::SocketAddr = v4.into();
    a.sendmsg_to(b"4", &none, NONE, std).unwrap();
    for expected in [b"1", b"2", b"3", b"4"] {
        assert_eq!(received(&b), expected);
    }
    let dir = Dir::new();
    let path = dir.free_of(108);
    let b = unix(Type::SOCK_DGRAM);
    b.bind(&path).unwrap();
    let a = unix(Type::SOCK_DGRAM);
    a.sendmsg_to(b"path", &none, NONE, path.as_path()).unwrap();
    assert_eq!(received(&b), b"path");
    // One without bytes is none.
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    a.sendmsg_to(b"peer", &none, NONE, SockAddr::EMPTY).unwrap();
    assert_eq!(received(&b), b"peer");
}

#[test]
fn an_address_that_does_not_fit_is_refused() {
    let _guard = guard();
    let none = ControlWriter::none();
    let v4 = SockAddr::from((Ipv4Addr::LOCALHOST, 9));
    let v6: SockAddr = "[::1]:9".parse().unwrap();
    assert_eq!(udp().sendmsg_to(b"x", &none, NONE, v6), Err(Errno::EAFNOSUPPORT));
    assert_eq!(unix(Type::SOCK_DGRAM).sendmsg_to(b"x", &none, NONE, &v4), Err(Errno::EINVAL));
    assert_eq!(udp().sendmsg_to(b"x", &none, NONE, (Ipv4Addr::LOCALHOST, 0)), Err(Errno::EINVAL));
    let to = std::path::Path::new("em\0bedded");
    assert_eq!(unix(Type::SOCK_DGRAM).sendmsg_to(b"x", &none, NONE, to), Err(Errno::EINVAL));
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let name = common::free_name();
    let to = UnixAddr::Abstract(name.as_bytes());
    assert_eq!(a.sendmsg_to(b"x", &none, NONE, to), Err(Errno::EISCONN));
    assert_eq!(unix(Type::SOCK_DGRAM).sendmsg_to(b"x", &none, NONE, to), Err(Errno::ECONNREFUSED));
}

#[test]
fn without_a_peer_there_is_an_errno_for_every_kind() {
    let _guard = guard();
    assert_eq!(send(&udp(), b"x", NONE), Err(Errno::EDESTADDRREQ));
    assert_eq!(send(&tcp(), b"x", NONE), Err(Errno::EPIPE));
    for ty in [Type::SOCK_STREAM, Type::SOCK_DGRAM, Type::SOCK_SEQPACKET] {
        assert_eq!(send(&unix(ty), b"x", NONE), Err(Errno::ENOTCONN), "{ty:?}");
    }
}

#[test]
fn full_is_eagain_and_a_signal_is_eintr() {
    let _guard = guard();
    for (a, _b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        a.setsockopt(opt::SO_SNDBUF, 4096).unwrap();
        fill(&a);
        assert_eq!(send(&a, b"x", SendFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        std::thread::scope(|scope| {
            let sending = blocked(scope, libc::SYS_sendmsg, || send(&a, b"x", NONE));
            assert_eq!(sending.interrupt(), Err(Errno::EINTR));
        });
        a.setsockopt(opt::SO_SNDTIMEO, Some(Duration::from_millis(20))).unwrap();
        assert_eq!(send(&a, b"x", NONE), Err(Errno::EAGAIN));
    }
    let (a, _b) = unix_pair(Type::SOCK_DGRAM);
    while send(&a, b"x", SendFlags::MSG_DONTWAIT).is_ok() {}
    assert_eq!(send(&a, b"x", SendFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
}

#[test]
fn a_closed_peer_is_epipe_and_no_signal() {
    isolated(Needs::USERNS, || {
        // Rust programs ignore SIGPIPE from the start; others die of it.
        // SAFETY: the default action is no function.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
            drop(b);
            // TCP takes what comes first, and may report the reset once.
            let error = loop {
                match send(&a, b"x", NONE) {
                    Ok(_) | Err(Errno::ECONNRESET) => {}
                    Err(error) => break error,
                }
            };
            assert_eq!(error, Errno::EPIPE);
            assert_eq!(send(&a, &[IoSlice::new(b"x")], SendFlags::MSG_DONTWAIT), Err(Errno::EPIPE));
            let to = ControlWriter::none();
            assert_eq!(a.sendmsg_to(b"x", &to, NONE, SockAddr::EMPTY), Err(Errno::EPIPE));
        }
        for (a, _b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM), unix_pair(Type::SOCK_SEQPACKET)] {
            a.shutdown(Shutdown::SHUT_WR).unwrap();
            assert_eq!(send(&a, b"x", NONE), Err(Errno::EPIPE));
        }
        let (a, b) = unix_pair(Type::SOCK_DGRAM);
        drop(b);
        assert_eq!(send(&a, b"x", NONE), Err(Errno::ECONNREFUSED));
    });
}

#[test]
fn too_long_is_emsgsize() {
    let _guard = guard();
    let (a, b) = (udp(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    let half = [1; 32_754];
    assert_eq!(send(&a, &[IoSlice::new(&half), IoSlice::new(&half)], NONE), Err(Errno::EMSGSIZE));
    assert_eq!(send(&a, &[IoSlice::new(&half), IoSlice::new(&half[1..])], NONE), Ok(65_507));
    assert_eq!(received(&b).len(), 65_507);
    // Segments: no more than 128, and none longer than a packet.
    let mut room = ControlBuf::<{ cmsg::UDP_SEGMENT.space() }>::new();
    let mut control = ControlWriter::new(&mut room);
    control.push(cmsg::UDP_SEGMENT, 10).unwrap();
    assert_eq!(a.sendmsg(&[0; 1280], &control, NONE), Ok(1280));
    let refused = a.sendmsg(&[0; 1281], &control, NONE).unwrap_err();
    assert!([Errno::EINVAL, Errno::EMSGSIZE].contains(&refused), "{refused}");
}

#[test]
fn flags_are_handed_on() {
    let _guard = guard();
    let (a, b) = (udp(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    send(&a, b"one ", SendFlags::MSG_MORE).unwrap();
    assert_eq!(b.poll(PollFlags::POLLIN, Some(Duration::ZERO)), Ok(PollFlags::empty()));
    send(&a, b"datagram", NONE).unwrap();
    assert_eq!(received(&b), b"one datagram");
    assert_eq!(send(&a, b"x", SendFlags::MSG_OOB), Err(Errno::EOPNOTSUPP));
    let (a, b) = tcp_pair();
    send(&a, &[IoSlice::new(b"ab"), IoSlice::new(b"c")], SendFlags::MSG_OOB).unwrap();
    assert_eq!(b.poll(PollFlags::POLLPRI, Some(Duration::from_secs(20))), Ok(PollFlags::POLLPRI));
    let mut byte = [0];
    let message = b.recvmsg(&mut byte, &mut [], RecvFlags::MSG_OOB).unwrap();
    assert_eq!((&*message.data, message.flags.contains(MsgFlags::MSG_OOB)), (&b"c"[..], true));
    for flags in [SendFlags::MSG_EOR, SendFlags::MSG_NOSIGNAL] {
        let (a, b) = unix_pair(Type::SOCK_SEQPACKET);
        send(&a, b"record", flags).unwrap();
        assert_eq!(received(&b), b"record");
    }
}

#[test]
fn fastopen_connects_and_sends_at_once() {
    isolated(Needs::USERNS, || {
        let listener = tcp();
        listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.listen(1).unwrap();
        let (client, to) = (tcp(), listener.getsockname().unwrap());
        let data = [IoSlice::new(b"hel"), IoSlice::new(b"lo")];
        assert_eq!(client.sendmsg_to(&data, &ControlWriter::none(), SendFlags::MSG_FASTOPEN, to), Ok(5));
        let server = listener.accept4_no_addr(SocketFlags::empty()).unwrap();
        assert_eq!(received(&server), b"hello");
    });
}

#[test]
fn credentials_of_others_are_eperm() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_STREAM);
        b.setsockopt(opt::SO_PASSCRED, true).unwrap();
        common::drop_capabilities();
        let mut room = ControlBuf::<{ cmsg::SCM_CREDENTIALS.space() }>::new();
        let mut control = ControlWriter::new(&mut room);
        // SAFETY: takes nothing.
        let parent = unsafe { libc::getppid() };
        control.push(cmsg::SCM_CREDENTIALS, Credentials { pid: parent, uid: 0, gid: 0 }).unwrap();
        assert_eq!(a.sendmsg(b"x", &control, NONE), Err(Errno::EPERM));
        // A user that a user namespace does not have.
        control.clear();
        let pid = std::process::id() as i32;
        control.push(cmsg::SCM_CREDENTIALS, Credentials { pid, uid: 4711, gid: 0 }).unwrap();
        let refused = a.sendmsg(b"x", &control, NONE).unwrap_err();
        assert!([Errno::EINVAL, Errno::EPERM].contains(&refused), "{refused}");
    });
}

#[test]
fn values_out_of_range_are_refused_by_the_kernel() {
    let _guard = guard();
    let (a, b) = (udp(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    let mut room = ControlBuf::<{ cmsg::IP_TTL.space() }>::new();
    for ttl in [0, 256, -1] {
        let mut control = ControlWriter::new(&mut room);
        control.push(cmsg::IP_TTL, ttl).unwrap();
        assert_eq!(a.sendmsg(b"x", &control, NONE), Err(Errno::EINVAL), "{ttl}");
    }
    // An option has to be set first.
    let mut room = ControlBuf::<{ cmsg::SCM_TXTIME.space() }>::new();
    let mut control = ControlWriter::new(&mut room);
    control.push(cmsg::SCM_TXTIME, 1).unwrap();
    assert_eq!(a.sendmsg(b"x", &control, NONE), Err(Errno::EINVAL));
}

#[test]
fn more_control_messages_than_a_socket_may_have_are_enobufs() {
    isolated(Needs::USERNS, || {
        netns::set_sysctl("net/core/optmem_max", "1000").unwrap();
        let (a, b) = (udp(), udp_bound());
        a.connect(b.getsockname().unwrap()).unwrap();
        let mut room = vec![0; 2000];
        let mut control = ControlWriter::new(&mut room);
        while control.push(cmsg::IP_TTL, 5).is_ok() {}
        let refused = a.sendmsg(b"x", &control, NONE).unwrap_err();
        // A kernel of 64 bits counts for a program of 32 elsewhere; musl has a limit of its own.
        let is_enomem = cfg!(any(target_pointer_width = "32", target_env = "musl"));
        assert!(refused == Errno::ENOBUFS || is_enomem && refused == Errno::ENOMEM);
        let mut control = ControlWriter::new(&mut room[..600]);
        while control.push(cmsg::IP_TTL, 5).is_ok() {}
        assert_eq!(a.sendmsg(b"x", &control, NONE), Ok(1));
    });
}

#[test]
fn a_writer_is_used_again_and_again() {
    isolated(Needs::USERNS, || {
        let (a, b) = unix_pair(Type::SOCK_DGRAM);
        let file = std::fs::File::open("/dev/null").unwrap();
        leaks_nothing(|| {
            let mut room = ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new();
            let mut control = ControlWriter::new(&mut room);
            control.push(cmsg::SCM_RIGHTS, &[file.as_fd()]).unwrap();
            for _ in 0..3 {
                a.sendmsg(b"x", &control, NONE).unwrap();
                let (mut byte, mut room) = ([0], ControlBuf::<{ cmsg::SCM_RIGHTS.space_of(1) }>::new());
                let mut message = b.recvmsg(&mut byte, &mut room, RecvFlags::empty()).unwrap();
                assert_eq!(message.control.take_fds().count(), 1);
            }
            // Lent, not given.
            assert!(file.as_raw_fd() >= 0 && file.metadata().is_ok());
        });
    });
}
