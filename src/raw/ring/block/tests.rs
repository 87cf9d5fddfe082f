//! Blocks in memory without a kernel: what it would write, and anything else. Runs under Miri.

use super::*;
use crate::sys::{Pod, RecvBlocks};

const SIZE: usize = 4096;

/// The header of a block that is the program's, with one frame at 48.
fn block(frames: u32, first: u32) -> c::tpacket_block_desc {
    let mut desc = c::tpacket_block_desc::zeroed();
    desc.hdr.block_status = c::TP_STATUS_USER | c::TP_STATUS_BLK_TMO;
    desc.hdr.num_pkts = frames;
    desc.hdr.offset_to_first_pkt = first;
    desc.hdr.seq_num = 7;
    desc
}

/// A frame with an Ethernet header of 14 bytes at 82.
fn frame(next: u32, captured: u32) -> c::tpacket3_hdr {
    let mut head = c::tpacket3_hdr::zeroed();
    (head.tp_next_offset, head.tp_snaplen, head.tp_len) = (next, captured, 60);
    (head.tp_mac, head.tp_net) = (82, 96);
    (head.tp_sec, head.tp_nsec) = (3, 5);
    head
}

/// Calls everything, and says how many frames there were.
fn walk(bytes: &[u8], with: impl Fn(Frame<'_>)) -> usize {
    let ring = RecvBlocks::fake(SIZE, &[bytes]);
    let block = Block::new(ring.next_block().unwrap()).unwrap();
    let _ = (format!("{block:?}"), block.is_empty(), block.len(), block.sequence());
    let mut count = 0;
    for frame in &block {
        let _ = (format!("{frame:?}"), frame.vlan(), frame.rxhash(), frame.is_truncated());
        assert!(frame.data().len() <= SIZE && frame.network().len() <= frame.data().len());
        with(frame);
        count += 1;
    }
    assert!(count <= SIZE / FRAME_HEADER + 1);
    count
}

fn put(bytes: &mut [u8], at: usize, value: &impl Pod) {
    let value = value.bytes();
    bytes[at..at + value.len()].copy_from_slice(value);
}

#[test]
fn frames_are_found_where_they_are() {
    let mut bytes = vec![0; SIZE];
    put(&mut bytes, 0, &block(2, 48));
    let mut tagged = frame(160, 60);
    tagged.tp_status = c::TP_STATUS_VLAN_VALID | c::TP_STATUS_VLAN_TPID_VALID;
    (tagged.hv1.tp_vlan_tci, tagged.hv1.tp_vlan_tpid, tagged.hv1.tp_rxhash) = (9, 0x8100, 11);
    put(&mut bytes, 48, &tagged);
    put(&mut bytes, 48 + 160, &frame(0, 40));
    bytes[48 + 82] = 1;
    bytes[48 + 96] = 2;
    let ring = RecvBlocks::fake(SIZE, &[&bytes, &[]]);
    let block = Block::new(ring.next_block().unwrap()).unwrap();
    assert_eq!((block.len(), block.sequence()), (2, 7));
    assert!(block.status().contains(PacketStatus::TP_STATUS_BLK_TMO));
    let frames: Vec<_> = block.frames().collect();
    assert_eq!(frames.len(), 2);
    let (first, second) = (frames[0], frames[1]);
    assert_eq!((first.data().len(), first.data()[0], first.network()[0]), (60, 1, 2));
    assert_eq!(first.vlan(), Some((9, Some(EtherType::ETH_P_8021Q))));
    assert_eq!((first.rxhash(), first.timestamp()), (11, Duration::new(3, 5)));
    assert_eq!(
        (second.data().len(), second.len(), second.is_truncated(), second.vlan()),
        (40, 60, true, None)
    );
    assert!(second.addr().is_none());
    // The other block is the kernel's.
    assert!(ring.next_block().is_none());
}

#[test]
fn blocks_come_in_turn_and_not_twice() {
    let mut bytes = vec![0; SIZE];
    put(&mut bytes, 0, &block(0, 48));
    let ring = RecvBlocks::fake(SIZE, &[&bytes, &bytes]);
    let (first, second) = (ring.next_block().unwrap(), ring.next_block().unwrap());
    assert!(ring.next_block().is_none());
    drop(second);
    // The first is still lent; the second is the kernel's.
    assert!(ring.next_block().is_none());
    core::mem::forget(first);
    assert!(ring.next_block().is_none());
}

#[test]
fn hostile_offsets_end_the_walk() {
    let hostile = [0, 1, 47, 49, 52, 56, 4000, 4047, 4048, 4049, 4096, 4097, u32::MAX - 47, u32::MAX];
    for first in hostile {
        for next in hostile {
            let mut bytes = vec![0; SIZE];
            put(&mut bytes, 0, &block(u32::MAX, first));
            let mut head = frame(next, u32::MAX);
            (head.tp_mac, head.tp_net) = (u16::MAX, 1);
            let first = first as usize;
            if (48..=SIZE - 48).contains(&first) {
                put(&mut bytes, first, &head);
            }
            walk(&bytes, |frame| assert!(frame.data().len() < SIZE));
            head.tp_mac = 0;
            head.tp_nsec = u32::MAX;
            head.tp_sec = u32::MAX;
            if (48..=SIZE - 48).contains(&first) {
                put(&mut bytes, first, &head);
                walk(&bytes, |_| ());
            }
        }
    }
}

#[test]
fn any_bytes_are_walked_to_an_end() {
    // A block that is all the same number, and one of noise.
    for byte in [0x01, 0x31, 0x7f, 0xff] {
        walk(&[byte; SIZE], |_| ());
    }
    let mut state = 1_u32;
    for _ in 0..if cfg!(miri) { 4 } else { 400 } {
        let mut bytes = vec![0; SIZE];
        for word in bytes.chunks_exact_mut(4) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Small numbers, which lead somewhere.
            word.copy_from_slice(&(state >> 16 & 0xf8).to_ne_bytes());
        }
        put(&mut bytes, 0, &block(u32::MAX, 48));
        walk(&bytes, |_| ());
    }
}
