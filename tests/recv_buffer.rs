//! The receive buffers: every kind gives the same bytes and the same number, the true length of a message shows,
//! and memory that nobody has written is never given out.

mod common;

use std::mem::MaybeUninit;

use common::{guard, tcp_pair, udp_bound, unix_pair};
use sockets::{Errno, RecvFlags, SendFlags, SockAddr, Socket, Type, spare_capacity};

const NO_FLAGS: RecvFlags = RecvFlags::empty();
/// What the memory holds before anything is received.
const OLD: u8 = 0xaa;

/// Sockets with messages, connected: sender and receiver.
fn message_pairs() -> Vec<(Socket, Socket)> {
    let (a, b) = (udp_bound(), udp_bound());
    a.connect(b.getsockname().unwrap()).unwrap();
    vec![(a, b), unix_pair(Type::SOCK_DGRAM), unix_pair(Type::SOCK_SEQPACKET)]
}

/// A `Vec` with these bytes, and spare capacity that holds `OLD`.
fn vec_with_spare(used: &[u8], spare: usize) -> Vec<u8> {
    let mut vec = Vec::with_capacity(used.len() + spare);
    vec.extend_from_slice(used);
    // The allocator may give more than was asked for.
    vec.resize(vec.capacity(), OLD);
    vec.truncate(used.len());
    vec
}

/// The bytes behind the length of a `Vec` that was made by `vec_with_spare`.
fn spare_bytes(vec: &mut Vec<u8>) -> Vec<u8> {
    // SAFETY: `vec_with_spare` has written all of them, and nothing makes memory uninitialised again.
    vec.spare_capacity_mut().iter().map(|byte| unsafe { byte.assume_init() }).collect()
}

/// Receives into every kind of buffer, with room for 4 bytes. Gives the bytes written and the number returned.
fn into_every_kind(receiver: &Socket, flags: RecvFlags, mut before: impl FnMut()) -> Vec<(Vec<u8>, usize)> {
    let mut all = Vec::new();
    let mut add = |bytes: &[u8], n: usize| all.push((bytes[..n.min(4)].to_vec(), n));

    before();
    let mut buf = [OLD; 4];
    let n = receiver.recv(&mut buf, flags).unwrap();
    add(&buf, n);

    before();
    let mut buf = [OLD; 6];
    let n = receiver.recv(&mut buf[1..5], flags).unwrap();
    add(&buf[1..5], n);
    assert_eq!((buf[0], buf[5]), (OLD, OLD));

    before();
    let mut buf = Vec::with_capacity(64);
    buf.extend([OLD; 4]);
    let n = receiver.recv(&mut buf[..], flags).unwrap();
    add(&buf, n);
    assert_eq!(buf.len(), 4);

    before();
    let mut buf = [MaybeUninit::new(OLD); 4];
    let (bytes, n) = receiver.recv(&mut buf, flags).unwrap();
    assert_eq!(bytes.len(), n.min(4));
    add(bytes, n);

    before();
    let mut buf = [MaybeUninit::new(OLD); 6];
    let (bytes, n) = receiver.recv(&mut buf[1..5], flags).unwrap();
    assert_eq!(bytes.len(), n.min(4));
    add(bytes, n);
    for outside in [buf[0], buf[5]] {
        // SAFETY: all were written above.
        assert_eq!(unsafe { outside.assume_init() }, OLD);
    }

    before();
    let mut vec = vec_with_spare(b"used", 4);
    vec.shrink_to_fit();
    vec.reserve_exact(4);
    assert_eq!(vec.capacity(), 8);
    let n = receiver.recv(spare_capacity(&mut vec), flags).unwrap();
    assert_eq!((&vec[..4], vec.capacity(), vec.len()), (&b"used"[..], 8, 4 + n.min(4)));
    add(&vec[4..], n);
    all
}

#[test]
fn every_kind_gives_the_same_bytes() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    for data in [&b"1"[..], b"1234"] {
        let all = into_every_kind(&b, NO_FLAGS, || {
            a.send(data, SendFlags::empty()).unwrap();
        });
        assert_eq!(all, vec![(data.to_vec(), data.len()); 6]);
    }
}

#[test]
fn trunc_gives_the_true_length_of_a_message() {
    let _guard = guard();
    for (a, b) in message_pairs() {
        for (data, flags, n) in [
            (&b"ten bytes!"[..], NO_FLAGS, 4),
            (b"ten bytes!", RecvFlags::MSG_TRUNC, 10),
            (b"four", RecvFlags::MSG_TRUNC, 4),
            (b"two", RecvFlags::MSG_TRUNC, 3),
            (b"", RecvFlags::MSG_TRUNC, 0),
        ] {
            let all = into_every_kind(&b, flags, || {
                a.send(data, SendFlags::empty()).unwrap();
            });
            assert_eq!(all, vec![(data[..data.len().min(4)].to_vec(), n); 6]);
        }
        a.send(b"ten bytes!", SendFlags::empty()).unwrap();
        let all = into_every_kind(&b, RecvFlags::MSG_TRUNC | RecvFlags::MSG_PEEK, || ());
        assert_eq!(all, vec![(b"ten ".to_vec(), 10); 6]);
    }
}

#[test]
fn recvfrom_takes_every_kind_too() {
    let _guard = guard();
    let (a, b) = (udp_bound(), udp_bound());
    let name = a.getsockname().unwrap();
    let trunc = RecvFlags::MSG_TRUNC;
    for _ in 0..6 {
        a.sendto(b"ten bytes!", SendFlags::empty(), b.getsockname().unwrap()).unwrap();
    }
    let mut array = [0; 4];
    assert_eq!(b.recvfrom(&mut array, trunc), Ok((10, name.clone())));
    assert_eq!(b.recvfrom(&mut array[..2], trunc), Ok((10, name.clone())));
    let mut vec = vec![0; 3];
    assert_eq!(b.recvfrom(&mut vec[..], trunc), Ok((10, name.clone())));
    assert_eq!(vec, b"ten");
    let mut uninit = [MaybeUninit::uninit(); 4];
    let ((bytes, n), from) = b.recvfrom(&mut uninit, trunc).unwrap();
    assert_eq!((&*bytes, n, from), (&b"ten "[..], 10, name.clone()));
    let ((bytes, n), from) = b.recvfrom(&mut uninit[..2], trunc).unwrap();
    assert_eq!((&*bytes, n, from), (&b"te"[..], 10, name.clone()));
    let mut vec = Vec::with_capacity(64);
    assert_eq!(b.recvfrom(spare_capacity(&mut vec), trunc), Ok((10, name.clone())));
    assert_eq!(vec, b"ten bytes!");
}

#[test]
fn trunc_on_tcp_throws_away_and_gives_zeros_never_old_memory() {
    let _guard = guard();
    let (a, b) = tcp_pair();
    let all = into_every_kind(&b, RecvFlags::MSG_TRUNC, || {
        a.send(b"1234", SendFlags::empty()).unwrap();
    });
    // What was initialised keeps what it held.
    assert_eq!(all[..3], vec![(vec![OLD; 4], 4); 3]);
    assert_eq!(all[3..], vec![(vec![0; 4], 4); 3]);

    a.send(b"1234", SendFlags::empty()).unwrap();
    let mut uninit = [MaybeUninit::new(OLD); 8];
    let ((bytes, n), from) = b.recvfrom(&mut uninit[..], RecvFlags::MSG_TRUNC).unwrap();
    assert_eq!((&*bytes, n, from), (&[0; 4][..], 4, SockAddr::EMPTY));
    a.send(b"1234", SendFlags::empty()).unwrap();
    let mut vec = vec_with_spare(b"", 8);
    assert_eq!(b.recvfrom(spare_capacity(&mut vec), RecvFlags::MSG_TRUNC).unwrap().0, 4);
    assert_eq!(vec, [0; 4]);
}

#[test]
fn without_trunc_nothing_is_cleared() {
    let _guard = guard();
    for (a, b) in [tcp_pair(), unix_pair(Type::SOCK_STREAM)] {
        a.send(b"123", SendFlags::empty()).unwrap();
        let mut uninit = [MaybeUninit::new(OLD); 8];
        let (bytes, _) = b.recv(&mut uninit, NO_FLAGS).unwrap();
        assert_eq!(bytes, b"123");
        // SAFETY: all were written above.
        let bytes = uninit.map(|byte| unsafe { byte.assume_init() });
        assert_eq!(&bytes, b"123\xaa\xaa\xaa\xaa\xaa");

        a.send(b"123", SendFlags::empty()).unwrap();
        let mut vec = vec_with_spare(b"0", 8);
        b.recv(spare_capacity(&mut vec), NO_FLAGS).unwrap();
        assert_eq!(vec, b"0123");
        assert!(spare_bytes(&mut vec).iter().all(|byte| *byte == OLD));
    }
}

#[test]
fn an_error_leaves_everything_as_it_was() {
    let _guard = guard();
    let (_a, b) = unix_pair(Type::SOCK_STREAM);
    let dontwait = RecvFlags::MSG_DONTWAIT;
    let mut vec = vec_with_spare(b"used", 8);
    assert_eq!(b.recv(spare_capacity(&mut vec), dontwait), Err(Errno::EAGAIN));
    assert_eq!(b.recvfrom(spare_capacity(&mut vec), dontwait), Err(Errno::EAGAIN));
    assert_eq!(vec, b"used");
    assert!(spare_bytes(&mut vec).iter().all(|byte| *byte == OLD));
    let mut buf = [OLD; 4];
    assert_eq!(b.recv(&mut buf, dontwait), Err(Errno::EAGAIN));
    assert_eq!(buf, [OLD; 4]);
}

#[test]
fn a_vec_never_grows() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    a.send(b"lost", SendFlags::empty()).unwrap();
    let mut none: Vec<u8> = Vec::new();
    assert_eq!(b.recv(spare_capacity(&mut none), RecvFlags::MSG_TRUNC), Ok(4));
    assert_eq!((none.len(), none.capacity()), (0, 0));

    a.send(b"lost", SendFlags::empty()).unwrap();
    let mut full = b"full".to_vec();
    full.shrink_to_fit();
    let place = full.as_ptr();
    assert_eq!(b.recv(spare_capacity(&mut full), NO_FLAGS), Ok(0));
    assert_eq!((full.as_slice(), full.as_ptr()), (&b"full"[..], place));
}

#[test]
fn received_pieces_add_up_in_one_vec() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let mut vec = Vec::with_capacity(11);
    for piece in [&b"hello"[..], b" ", b"world"] {
        a.send(piece, SendFlags::empty()).unwrap();
        assert_eq!(b.recv(spare_capacity(&mut vec), NO_FLAGS), Ok(piece.len()));
    }
    assert_eq!(vec, b"hello world");
}

#[test]
fn buffers_of_length_zero_are_buffers() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_DGRAM);
    for _ in 0..5 {
        a.send(b"four", SendFlags::empty()).unwrap();
    }
    let trunc = RecvFlags::MSG_TRUNC;
    assert_eq!(b.recv(&mut [0_u8; 0], trunc), Ok(4));
    assert_eq!(b.recv(&mut [0; 4][..0], trunc), Ok(4));
    let mut none: [MaybeUninit<u8>; 0] = [];
    let (bytes, n) = b.recv(&mut none, trunc).unwrap();
    assert_eq!((bytes.len(), n), (0, 4));
    let mut uninit = [MaybeUninit::uninit(); 4];
    let (bytes, n) = b.recv(&mut uninit[..0], trunc).unwrap();
    assert_eq!((bytes.len(), n), (0, 4));
    assert_eq!(b.recv(spare_capacity(&mut Vec::new()), trunc), Ok(4));
}
