//! Frames in memory that is shared with the kernel: PACKET_RX_RING

use std::mem::{offset_of, size_of};
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{c_int, c_uint, c_void, size_t, sockaddr, socklen_t};
use sockets::Errno;
use sockets::sys::{self, Fd, c};

use crate::ret::{fail, guard};

/// A ring for receiving from a packet socket (TPACKET_V3). sockets_ring_open() fills it in; it is the caller's, and so
/// is what to do with it in several threads. To be left alone otherwise.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_ring {
    /// The memory; NULL if it is not open.
    pub map: *mut c_void,
    /// How many bytes of it there are.
    pub size: size_t,
    /// How many of them a block has.
    pub block_size: c_uint,
    /// How many blocks there are.
    pub blocks: c_uint,
    /// Which is the next.
    pub next: c_uint,
}

/// A block of a ring: frames that came one after the other. sockets_ring_next_block() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_ring_block {
    /// The memory; NULL if it was given back.
    pub start: *mut c_void,
    /// How many bytes of it there are.
    pub size: c_uint,
    /// How many frames there are.
    pub frames: c_uint,
    /// How many of them have not been looked at.
    pub left: c_uint,
    /// Where the next one is.
    pub at: c_uint,
    /// TP_STATUS_BLK_TMO if its time was over, TP_STATUS_LOSING if frames were dropped.
    pub status: c_uint,
    /// The number of the block: each has one more than the last.
    pub sequence: u64,
}

/// A frame in a block. sockets_ring_next_frame() fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_ring_frame {
    /// What was captured, where the kernel has put it.
    pub data: *const c_void,
    /// How many bytes of it there are.
    pub len: size_t,
    /// How long the frame was.
    pub true_len: size_t,
    /// Where in the data the header of the network layer begins.
    pub network: size_t,
    /// A struct sockaddr_ll: who sent it, over which interface, and whom it was for.
    pub addr: *const sockaddr,
    /// The size of that.
    pub addrlen: socklen_t,
    /// When it came: seconds since 1970.
    pub sec: u32,
    /// And nanoseconds.
    pub nsec: u32,
    /// What is known of it: TP_STATUS_CSUMNOTREADY, TP_STATUS_VLAN_VALID and others.
    pub status: u32,
    /// The tag of its VLAN, if the status says so.
    pub vlan_tci: u16,
    /// The protocol of the tag, if the status says so.
    pub vlan_tpid: u16,
}

/// sizeof(struct sockaddr_ll)
const ADDR: usize = 20;
/// Added to the status of a block that is in use. The kernel looks at the lowest bit only.
const IN_USE: u32 = 1 << 27;
const HEADER: usize = size_of::<c::tpacket3_hdr>();
const STATUS: usize = offset_of!(c::tpacket_block_desc, hdr) + offset_of!(c::tpacket_hdr_v1, block_status);

/// The number by which kernel and program say whose a block is.
///
/// # Safety
///
/// A block is mapped at `start`, at a multiple of the size of a page.
unsafe fn status<'a>(start: *mut c_void) -> &'a AtomicU32 {
    // SAFETY: it is in the block and aligned, says the caller.
    unsafe { AtomicU32::from_ptr(start.wrapping_byte_add(STATUS).cast()) }
}

/// setsockopt(2) PACKET_VERSION, PACKET_RX_RING, and mmap(2): gives a packet socket a ring for receiving.
///
/// To capture nothing but what is wanted: open the socket with protocol 0, attach the filter, make the ring, and then
/// bind. The kernel hands a block over when it is full or its time is over. If all are in use, frames are dropped, and
/// PACKET_STATISTICS counts them.
///
/// @param ring        receives the ring; untouched on failure
/// @param fd          the packet socket. Closing it does not close the ring
/// @param block_size  whole pages
/// @param blocks      how many blocks
/// @param retire_ms   after how many milliseconds a block is handed over that is not full, up to 65535; 0 is the system's
///                    choice
/// @return 0, or
///   -EINVAL  no blocks, a block that is not whole pages, more than the system counts, or too long a time
///   -EBUSY   there is a ring
///   -ENOMEM  no memory
///   -EFAULT  a NULL pointer
///   -EBADF, -ENOTSOCK, -ENOPROTOOPT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_ring_open(
    ring: *mut sockets_ring,
    fd: c_int,
    block_size: c_uint,
    blocks: c_uint,
    retire_ms: c_uint,
) -> c_int {
    if ring.is_null() {
        return fail(Errno::EFAULT);
    }
    if retire_ms > u16::MAX.into() {
        return fail(Errno::EINVAL);
    }
    let request = c::tpacket_req3 {
        tp_block_size: block_size,
        tp_block_nr: blocks,
        tp_frame_size: block_size,
        tp_frame_nr: blocks,
        tp_retire_blk_tov: retire_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    guard(|| {
        // SAFETY: the caller may use `fd`, or it is not open.
        let (map, size) = sys::recv_ring_raw(unsafe { Fd::from_raw(fd) }, &request)?;
        let new = sockets_ring { map: map.as_ptr().cast(), size, block_size, blocks, next: 0 };
        // SAFETY: the caller has room for a ring there.
        unsafe { ring.write(new) };
        Ok(0)
    })
}

/// The next block of a ring, if the kernel has handed it over: no call.
///
/// If there is none, wait with sockets_poll() for POLLIN. Several may be in use, and given back in any order; the kernel
/// waits for the oldest.
///
/// @param ring   the ring
/// @param block  receives the block; untouched if there is none
/// @return 1, or 0 if there is none, or
///   -EINVAL  the ring is not open
///   -EFAULT  a NULL pointer
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_ring_next_block(
    ring: *mut sockets_ring,
    block: *mut sockets_ring_block,
) -> c_int {
    if ring.is_null() || block.is_null() {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the caller has a ring there, which nobody else uses now.
    let ring = unsafe { &mut *ring };
    let at = (ring.next as usize).checked_mul(ring.block_size as usize);
    let end = at.and_then(|at| at.checked_add(ring.block_size as usize));
    let (Some(at), true) = (at, !ring.map.is_null() && end.is_some_and(|end| end <= ring.size)) else {
        return fail(Errno::EINVAL);
    };
    let start = ring.map.wrapping_byte_add(at);
    // SAFETY: the block is in the memory of the ring.
    let whose = unsafe { status(start) };
    let now = whose.load(Ordering::Acquire);
    if now & (c::TP_STATUS_USER | IN_USE) != c::TP_STATUS_USER {
        return 0;
    }
    whose.store(now | IN_USE, Ordering::Relaxed);
    ring.next = match ring.next.wrapping_add(1) {
        next if next >= ring.blocks => 0,
        next => next,
    };
    // SAFETY: a block has whole pages, and begins with this structure.
    let head = unsafe { start.cast::<c::tpacket_block_desc>().read_volatile() }.hdr;
    let new = sockets_ring_block {
        start,
        size: ring.block_size,
        frames: head.num_pkts,
        left: head.num_pkts,
        at: head.offset_to_first_pkt,
        status: now,
        sequence: head.seq_num,
    };
    // SAFETY: the caller has room for a block there.
    unsafe { block.write(new) };
    1
}

/// The next frame of a block. It is there until the block is given back.
///
/// A block that is malformed ends early. No offset and no length leads out of it.
///
/// @param block  the block
/// @param frame  receives the frame; untouched if there is none
/// @return 1, or 0 if there is no other, or
///   -EINVAL  the block was given back
///   -EFAULT  a NULL pointer
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_ring_next_frame(
    block: *mut sockets_ring_block,
    frame: *mut sockets_ring_frame,
) -> c_int {
    if block.is_null() || frame.is_null() {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the caller has a block there, which nobody else uses now.
    let block = unsafe { &mut *block };
    if block.start.is_null() {
        return fail(Errno::EINVAL);
    }
    let (at, size) = (block.at as usize, block.size as usize);
    let room = size.saturating_sub(at);
    let header = block.start.wrapping_byte_add(at).cast::<c::tpacket3_hdr>();
    if block.left == 0 || room < HEADER + ADDR || !header.is_aligned() {
        block.left = 0;
        return 0;
    }
    // SAFETY: it is in the block, and aligned.
    let head = unsafe { header.read_volatile() };
    match head.tp_next_offset {
        // The last one says 0. Nothing that is shorter than a header leads to another frame.
        next if next as usize >= HEADER => {
            block.at = block.at.saturating_add(next);
            block.left = block.left.saturating_sub(1);
        }
        _ => block.left = 0,
    }
    let mac = usize::from(head.tp_mac).min(room);
    let len = (head.tp_snaplen as usize).min(room.saturating_sub(mac));
    let new = sockets_ring_frame {
        data: header.wrapping_byte_add(mac).cast_const().cast(),
        len,
        true_len: head.tp_len as usize,
        network: usize::from(head.tp_net.saturating_sub(head.tp_mac)).min(len),
        addr: header.wrapping_byte_add(HEADER).cast_const().cast(),
        addrlen: ADDR as socklen_t,
        sec: head.tp_sec,
        nsec: head.tp_nsec,
        status: head.tp_status,
        vlan_tci: head.hv1.tp_vlan_tci as u16,
        vlan_tpid: head.hv1.tp_vlan_tpid,
    };
    // SAFETY: the caller has room for a frame there.
    unsafe { frame.write(new) };
    1
}

/// Gives a block back to the kernel. Its frames are gone.
///
/// @param block  the block, of a ring that is open
/// @return 0, or
///   -EINVAL  it was given back already
///   -EFAULT  a NULL pointer
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_ring_release(block: *mut sockets_ring_block) -> c_int {
    if block.is_null() {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the caller has a block there, which nobody else uses now.
    let block = unsafe { &mut *block };
    let start = std::mem::replace(&mut block.start, std::ptr::null_mut());
    if start.is_null() {
        return fail(Errno::EINVAL);
    }
    // SAFETY: the block is in the memory of a ring that is open, says the caller.
    unsafe { status(start) }.store(c::TP_STATUS_KERNEL, Ordering::Release);
    0
}

/// munmap(2): the end of a ring. Its blocks and frames are gone; the socket keeps the kernel's side of it until it is
/// closed.
///
/// @param ring  the ring
/// @return 0, or
///   -EINVAL  it is not open
///   -EFAULT  a NULL pointer
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_ring_close(ring: *mut sockets_ring) -> c_int {
    if ring.is_null() {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the caller has a ring there, which nobody else uses now.
    let ring = unsafe { &mut *ring };
    let map = std::mem::replace(&mut ring.map, std::ptr::null_mut());
    if map.is_null() {
        return fail(Errno::EINVAL);
    }
    // SAFETY: `sockets_ring_open` has mapped it, and its blocks are the caller's to give up.
    match unsafe { libc::munmap(map, ring.size) } {
        0 => 0,
        _ => fail(Errno::last()),
    }
}
