//! The slots without a kernel: what it would read is read by hand, so that these tests run where there are no system calls,
//! too.

use super::*;
use crate::SockAddr;

/// What the kernel would send of a slot: data, address, control messages.
fn read(slots: &SendSlots<'_>, slot: usize) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    assert!(slot < slots.used());
    // SAFETY: there is a header of this index.
    let hdr = unsafe { (*slots.headers.at(slot)).hdr };
    let bytes = |ptr: *const u8, len: usize| {
        // SAFETY: the header says that so many bytes are there.
        if len == 0 { Vec::new() } else { unsafe { core::slice::from_raw_parts(ptr, len) }.to_vec() }
    };
    let pieces = (0..hdr.iovlen).flat_map(|i| {
        // SAFETY: the header says that so many pieces are there.
        let piece = unsafe { *hdr.iov.wrapping_add(i) };
        bytes(piece.iov_base.cast(), piece.iov_len)
    });
    (
        pieces.collect(),
        bytes(hdr.name.cast(), hdr.namelen as usize),
        bytes(hdr.control.cast(), hdr.controllen),
    )
}

#[test]
fn slots_keep_what_they_are_given() {
    let (one, two) = (b"one".to_vec(), b"two".to_vec());
    let pieces = [IoSlice::new(&one), IoSlice::new(&two)];
    let addr = SockAddr::from((std::net::Ipv4Addr::LOCALHOST, 80));
    let mut slots = SendSlots::new(3, 16).unwrap();
    for _ in 0..2 {
        slots.push(&one).unwrap();
        slots.set_addr(addr.storage());
        slots.push_pieces(&pieces).unwrap();
        let (room, used) = slots.control();
        assert_eq!((room.len(), used), (16, 0));
        room[..5].copy_from_slice(b"hello");
        slots.set_control(5);
        slots.push(&[]).unwrap();
        assert!(slots.push(&one).is_err());
        let moved = std::thread::scope(|scope| scope.spawn(move || slots).join().unwrap());
        slots = moved;
        assert_eq!(read(&slots, 0), (one.clone(), addr.as_bytes().to_vec(), vec![]));
        assert_eq!(read(&slots, 1), (b"onetwo".to_vec(), vec![], b"hello".to_vec()));
        assert_eq!(read(&slots, 2), (vec![], vec![], vec![]));
        slots.pop();
        slots.push(&two).unwrap();
        assert_eq!(read(&slots, 2).0, two);
        slots = slots.recycle();
        assert_eq!((slots.used(), slots.sent()), (0, 0));
    }
}

#[test]
fn where_it_is_stays_within_what_there_is() {
    let mut slots = SendSlots::new(2, 0).unwrap();
    slots.pop();
    slots.set_addr(SockAddr::EMPTY.storage());
    slots.set_flags(1);
    slots.set_control(8);
    assert_eq!(slots.control().0.len(), 0);
    slots.push(b"x").unwrap();
    slots.set_control(usize::MAX);
    assert_eq!(slots.control(), (&mut [][..], 0));
    for (to, at) in [(0, 0), (1, 1), (2, 1), (usize::MAX, 1)] {
        slots.go_to(to);
        assert_eq!(slots.sent(), at);
    }
    slots.pop();
    assert_eq!((slots.used(), slots.sent()), (0, 0));
    assert_eq!(slots.sent_len(0), None);
}
