//! The slots without a kernel: what one would write is written by hand, so that these tests run where there are no system
//! calls, too.

use super::*;

/// Writes a message into a slot as the kernel does, with the lengths that are said, true or not.
fn write(
    slots: &RecvSlots,
    slot: usize,
    data: &[u8],
    name: &[u8],
    len: u32,
    namelen: u32,
    controllen: usize,
) {
    assert!(slot < slots.slots && data.len() <= slots.size && name.len() <= STORAGE_SIZE);
    // SAFETY: there is a header of this index.
    let header = unsafe { &mut *slots.headers.at(slot) };
    assert_eq!((header.hdr.namelen, header.hdr.controllen), (STORAGE_SIZE as u32, slots.room));
    // SAFETY: there is one piece.
    let piece = unsafe { *header.hdr.iov };
    assert_eq!(piece.iov_len, slots.size);
    // SAFETY: there is room for as much.
    unsafe { core::ptr::copy_nonoverlapping(data.as_ptr(), piece.iov_base.cast(), data.len()) };
    // SAFETY: there is room for as much.
    unsafe { core::ptr::copy_nonoverlapping(name.as_ptr(), header.hdr.name.cast(), name.len()) };
    header.len = len;
    header.hdr.namelen = namelen;
    header.hdr.controllen = controllen;
    header.hdr.flags = slot as c_int;
}

fn name(i: u8) -> [u8; 16] {
    let mut name = [i; 16];
    name[..2].copy_from_slice(&(c::AF_INET as u16).to_ne_bytes());
    name
}

fn fill(slots: &mut RecvSlots, count: usize) {
    slots.clear();
    for slot in 0..count {
        let i = slot as u8;
        write(slots, slot, &[i; 3], &name(i), 3, 16, 0);
    }
    slots.filled = count;
}

#[test]
fn all_messages_are_there_at_once_and_each_is_its_own() {
    let mut slots = RecvSlots::new(4, 8, 24).unwrap();
    for count in [4, 0, 1, 4] {
        fill(&mut slots, count);
        let mut all = slots.messages();
        assert_eq!(all.left(), count);
        let mut messages = Vec::new();
        while let Some(slot) = all.next_slot() {
            messages.push(slot);
        }
        drop(all);
        for (i, slot) in messages.iter_mut().enumerate() {
            slot.data.reverse();
            slot.data[0] = 99;
            assert_eq!((slot.n, slot.flags), (3, i as c_int));
        }
        for (i, slot) in messages.iter().enumerate() {
            let (first, second) = (slot.addr.storage(), slot.addr.storage());
            assert_eq!(first.as_bytes(), name(i as u8));
            assert_eq!(second.as_bytes(), slot.addr.as_bytes());
            assert_eq!(slot.data, [99, i as u8, i as u8]);
        }
    }
}

#[test]
fn a_message_outlives_the_iterator_and_a_forgotten_iterator_is_no_harm() {
    let mut slots = RecvSlots::new(3, 8, 0).unwrap();
    for _ in 0..3 {
        fill(&mut slots, 3);
        let mut all = slots.messages();
        let first = all.next_slot().unwrap();
        std::mem::forget(all);
        assert_eq!((&*first.data, first.addr.storage().as_bytes()), (&[0; 3][..], &name(0)[..]));
        fill(&mut slots, 2);
        let mut all = slots.messages();
        let moved =
            std::thread::scope(|scope| scope.spawn(|| all.next_slot().map(|slot| slot.n)).join().unwrap());
        assert_eq!(moved, Some(3));
    }
}

#[test]
fn no_length_leads_out_of_a_slot() {
    let mut slots = RecvSlots::new(2, 8, 16).unwrap();
    for len in [0, 7, 8, 9, u32::MAX] {
        for namelen in [0, 1, 2, 110, 111, 127, 128, 129, u32::MAX] {
            for controllen in [0, 1, 15, 16, 17, usize::MAX] {
                slots.clear();
                for slot in 0..2 {
                    write(&slots, slot, &[7; 8], &[9; STORAGE_SIZE], len, namelen, controllen);
                }
                slots.filled = 2;
                let mut all = slots.messages();
                while let Some(slot) = all.next_slot() {
                    assert_eq!(slot.data.len(), (len as usize).min(8));
                    assert!(slot.addr.storage().as_bytes().len() <= STORAGE_SIZE);
                    assert_eq!(slot.control.as_bytes().len(), controllen.min(16));
                }
            }
        }
    }
}

#[test]
fn messages_without_room_have_none() {
    let mut slots = RecvSlots::new(1, 0, 0).unwrap();
    slots.clear();
    write(&slots, 0, &[], &[], 5, 0, 0);
    slots.filled = 1;
    let mut all = slots.messages();
    let slot = all.next_slot().unwrap();
    assert!(slot.data.is_empty() && slot.addr.storage().is_empty() && slot.control.as_bytes().is_empty());
    assert_eq!(slot.n, 5);
    assert!(all.next_slot().is_none() && all.next_slot().is_none());
}
