//! The rings of packet sockets: memory that is shared with the kernel (packet(7), PACKET_RX_RING).

use core::cell::Cell;
use core::ffi::c_int;
use core::mem::{ManuallyDrop, offset_of};
use core::ptr::{NonNull, null_mut};
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;

use super::errno::{Result, last};
use super::fd::Fd;
use super::optname::OptName;
use super::pod::Pod;
use super::value::NewValue;
use super::{c, call};

/// Memory of a ring, reached by pointers only. It is mapped until it is dropped, whatever becomes of the descriptor.
#[derive(Debug)]
pub(super) struct Map {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory belongs to no thread.
unsafe impl Send for Map {}

impl Map {
    /// mmap(2) of the ring of a packet socket, which has `len` bytes; EINVAL if it has not.
    pub(super) fn new(fd: Fd<'_>, len: usize) -> Result<Self> {
        Map::mmap(fd.raw(), c::MAP_SHARED, len)
    }

    /// Memory without a kernel behind it.
    #[cfg(test)]
    fn fake(len: usize) -> Self {
        Map::mmap(-1, c::MAP_PRIVATE | c::MAP_ANONYMOUS, len).unwrap()
    }

    fn mmap(fd: c_int, kind: c_int, len: usize) -> Result<Self> {
        let access = c::PROT_READ | c::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches no other memory.
        let start = unsafe { c::mmap(null_mut(), len, access, kind, fd, 0) };
        if start == c::MAP_FAILED {
            return Err(last());
        }
        Ok(Map { start: NonNull::new(start.cast()).ok_or(Errno::ENOMEM)?, len })
    }

    /// A pointer to `len` bytes at an offset, if they are there.
    #[inline]
    pub(super) fn bytes(&self, offset: usize, len: usize) -> Option<*mut u8> {
        let inside = offset.checked_add(len)? <= self.len;
        inside.then(|| self.start.as_ptr().wrapping_add(offset))
    }

    /// A pointer to a `T` at an offset, if there is room for one, aligned.
    #[inline]
    pub(super) fn place<T: Pod>(&self, offset: usize) -> Option<*mut T> {
        let place = self.bytes(offset, size_of::<T>())?.cast::<T>();
        place.is_aligned().then_some(place)
    }

    /// The number at an offset by which both sides say whose the memory next to it is.
    #[inline]
    pub(super) fn status(&self, offset: usize) -> Option<&AtomicU32> {
        let place = self.place::<u32>(offset)?;
        // SAFETY: it is in the mapping, aligned; and it is reached as an atomic, or read while nobody here writes.
        Some(unsafe { AtomicU32::from_ptr(place) })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: `mmap` has mapped it, and whoever borrowed from it is gone.
        unsafe { c::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Makes a ring of a version and maps it. If that fails, the socket has none.
pub(super) fn map_ring(fd: Fd<'_>, version: c_int, ring: c_int, req: &c::tpacket_req3) -> Result<Map> {
    let len = (req.tp_block_size as usize).checked_mul(req.tp_block_nr as usize).ok_or(Errno::ENOMEM)?;
    // No blocks would take a ring away.
    if len == 0 {
        return Err(Errno::EINVAL.into());
    }
    let packet = |number| OptName::new(c::SOL_PACKET, number);
    let size = size_of::<c::tpacket_req3>();
    call::setsockopt(fd, packet(c::PACKET_VERSION), &version, size_of::<c_int>())?;
    call::setsockopt(fd, packet(ring), req, size)?;
    let mapped = Map::new(fd, len).and_then(|map| {
        // While it is mapped nobody changes it. Before that another descriptor of the socket could.
        let (now, _) = call::getsockopt(fd, packet(c::PACKET_VERSION), NewValue::<c_int>::new())?;
        if now == version { Ok(map) } else { Err(Errno::EBUSY.into()) }
    });
    if mapped.is_err() {
        let _ = call::setsockopt(fd, packet(ring), &c::tpacket_req3::zeroed(), size);
    }
    mapped
}

/// The memory of a ring for receiving (TPACKET_V3), for a C caller: it stays mapped until munmap(2).
pub fn recv_ring_raw(fd: Fd<'_>, req: &c::tpacket_req3) -> Result<(NonNull<u8>, usize)> {
    let map = ManuallyDrop::new(map_ring(fd, c::TPACKET_V3, c::PACKET_RX_RING, req)?);
    Ok((map.start, map.len))
}

/// Where the kernel and the program say whose a block is.
const BLOCK_STATUS: usize =
    offset_of!(c::tpacket_block_desc, hdr) + offset_of!(c::tpacket_hdr_v1, block_status);

/// The blocks of a ring for receiving (TPACKET_V3), which the kernel fills in turn.
#[derive(Debug)]
pub struct RecvBlocks {
    map: Map,
    size: usize,
    /// Which of them are lent.
    lent: Box<[Cell<bool>]>,
    /// Which is the next.
    next: Cell<usize>,
}

impl RecvBlocks {
    /// Gives a packet socket a ring and maps it. EINVAL for dimensions that the kernel refuses and for no blocks, EBUSY if
    /// there is a ring, ENOMEM if there is no memory.
    pub fn new(fd: Fd<'_>, req: &c::tpacket_req3) -> Result<Self> {
        let lent = not_lent(req.tp_block_nr as usize)?;
        let map = map_ring(fd, c::TPACKET_V3, c::PACKET_RX_RING, req)?;
        Ok(RecvBlocks { map, size: req.tp_block_size as usize, lent, next: Cell::new(0) })
    }

    /// A ring in memory without a kernel behind it: blocks with these bytes, in the hands of the program.
    #[cfg(test)]
    pub(crate) fn fake(size: usize, blocks: &[&[u8]]) -> Self {
        let map = Map::fake(size * blocks.len());
        for (index, bytes) in blocks.iter().enumerate() {
            let place = map.bytes(index * size, bytes.len()).unwrap();
            // SAFETY: there is room for as many bytes, which nobody else looks at.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        }
        let lent = not_lent(blocks.len()).unwrap();
        RecvBlocks { map, size, lent, next: Cell::new(0) }
    }

    /// The next block, if the kernel has handed it over and the last loan of it is over.
    #[inline]
    pub fn next_block(&self) -> Option<LentBlock<'_>> {
        let index = self.next.get();
        let lent = self.lent.get(index)?;
        let status = self.map.status(index * self.size + BLOCK_STATUS)?;
        // Acquire: what the kernel wrote before it said so is seen from here on.
        if lent.get() || status.load(Ordering::Acquire) & c::TP_STATUS_USER == 0 {
            return None;
        }
        lent.set(true);
        self.next.set(if index + 1 == self.lent.len() { 0 } else { index + 1 });
        Some(LentBlock { blocks: self, index })
    }
}

/// As many blocks, none of which is lent.
fn not_lent(blocks: usize) -> Result<Box<[Cell<bool>]>> {
    let mut lent = Vec::new();
    lent.try_reserve_exact(blocks).map_err(|_| Errno::ENOMEM)?;
    lent.resize(blocks, Cell::new(false));
    Ok(lent.into_boxed_slice())
}

/// A block that the kernel has handed over: nobody writes to it until it is dropped, which gives it back.
#[derive(Debug)]
pub struct LentBlock<'a> {
    blocks: &'a RecvBlocks,
    index: usize,
}

impl LentBlock<'_> {
    /// The structure at an offset, read once, if all of it is in the block and aligned.
    #[inline]
    pub fn read<T: Pod>(&self, offset: usize) -> Option<T> {
        if offset.checked_add(size_of::<T>())? > self.blocks.size {
            return None;
        }
        let place = self.blocks.map.place::<T>(self.start() + offset)?;
        // SAFETY: it is in the mapping, aligned, and any bytes are a `Pod`.
        Some(unsafe { place.read_volatile() })
    }

    /// The bytes at an offset, as many of them as are in the block.
    #[inline]
    pub fn bytes(&self, offset: usize, len: usize) -> &[u8] {
        let offset = offset.min(self.blocks.size);
        let len = len.min(self.blocks.size - offset);
        let Some(place) = self.blocks.map.bytes(self.start() + offset, len) else { return &[] };
        // SAFETY: they are in the mapping, and nobody writes to them while the block is lent.
        unsafe { slice::from_raw_parts(place, len) }
    }

    /// Where the block begins.
    #[inline]
    fn start(&self) -> usize {
        self.index * self.blocks.size
    }
}

impl Drop for LentBlock<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(lent) = self.blocks.lent.get(self.index) {
            lent.set(false);
        }
        if let Some(status) = self.blocks.map.status(self.start() + BLOCK_STATUS) {
            // Release: what was read from it has been read before.
            status.store(c::TP_STATUS_KERNEL, Ordering::Release);
        }
    }
}

/// Where the data of a frame for sending begins: `TPACKET_ALIGN(sizeof(struct tpacket2_hdr))`.
const SEND_DATA: usize = size_of::<c::tpacket2_hdr>();
const _: () = assert!(SEND_DATA == 32);

/// The places of a ring for sending (TPACKET_V2), which are filled and sent in turn.
#[derive(Debug)]
pub struct SendPlaces {
    map: Map,
    size: usize,
    count: usize,
    next: usize,
}

impl SendPlaces {
    /// Gives a packet socket a ring and maps it; a frame that cannot be sent does not stop it (PACKET_LOSS). EINVAL for
    /// dimensions that the kernel refuses and for no blocks, EBUSY if there is a ring, ENOMEM if there is no memory.
    pub fn new(fd: Fd<'_>, req: &c::tpacket_req3) -> Result<Self> {
        let (size, block) = (req.tp_frame_size as usize, req.tp_block_size as usize);
        // Then they follow each other without gaps.
        if size == 0 || block % size != 0 || size < SEND_DATA {
            return Err(Errno::EINVAL.into());
        }
        // The kernel takes these before there is a ring.
        for (number, on) in [(c::PACKET_LOSS, 1), (c::PACKET_TX_HAS_OFF, 0)] {
            call::setsockopt(fd, OptName::new(c::SOL_PACKET, number), &on, size_of::<c_int>())?;
        }
        let map = map_ring(fd, c::TPACKET_V2, c::PACKET_TX_RING, req)?;
        let count = map.len / size;
        Ok(SendPlaces { map, size, count, next: 0 })
    }

    /// A ring in memory without a kernel behind it.
    #[cfg(test)]
    fn fake(size: usize, count: usize) -> Self {
        SendPlaces { map: Map::fake(size * count), size, count, next: 0 }
    }

    /// How many bytes a frame has room for.
    #[inline]
    pub fn room(&self) -> usize {
        self.size - SEND_DATA
    }

    /// How many frames.
    #[inline]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The next place, if the kernel has no use for it.
    #[inline]
    pub fn next_place(&mut self) -> Option<SendPlace<'_>> {
        let start = self.next * self.size;
        // Acquire: what the kernel read from it has been read before it said so.
        let status = self.map.status(start)?.load(Ordering::Acquire);
        // The bits at the top say what kind of time was stored there.
        let busy = c::TP_STATUS_SEND_REQUEST | c::TP_STATUS_SENDING;
        (status & busy == 0).then_some(SendPlace { places: self, start })
    }
}

/// A place that is the program's until it is given to the kernel.
#[derive(Debug)]
pub struct SendPlace<'a> {
    places: &'a mut SendPlaces,
    start: usize,
}

impl SendPlace<'_> {
    /// What is in it: what was sent from there before, or zeros.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        let len = self.places.room();
        let Some(place) = self.places.map.bytes(self.start + SEND_DATA, len) else { return &[] };
        // SAFETY: they are in the mapping, and the kernel does not write there while the place is the program's.
        unsafe { slice::from_raw_parts(place, len) }
    }

    /// The same, to write to.
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.places.room();
        let Some(place) = self.places.map.bytes(self.start + SEND_DATA, len) else { return &mut [] };
        // SAFETY: they are in the mapping, nobody else has them while the place is borrowed, and the kernel does not look at
        // them while it is the program's.
        unsafe { slice::from_raw_parts_mut(place, len) }
    }

    /// Gives the first `len` bytes to the kernel, to be sent with the next send(2). EMSGSIZE if there are not as many.
    #[inline]
    pub fn commit(self, len: usize) -> Result<()> {
        if len > self.places.room() {
            return Err(Errno::EMSGSIZE.into());
        }
        let tp_len = self.start + offset_of!(c::tpacket2_hdr, tp_len);
        let tp_len = self.places.map.place::<u32>(tp_len).ok_or(Errno::EINVAL)?;
        // SAFETY: it is in the mapping, aligned, and the place is the program's.
        unsafe { tp_len.write_volatile(len as u32) };
        let status = self.places.map.status(self.start).ok_or(Errno::EINVAL)?;
        // Release: what was written is there when the kernel sees it.
        status.store(c::TP_STATUS_SEND_REQUEST, Ordering::Release);
        let next = self.places.next + 1;
        self.places.next = if next == self.places.count { 0 } else { next };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_in_turn_and_are_free_when_the_kernel_says_so() {
        let mut ring = SendPlaces::fake(128, 2);
        for data in 1..=2 {
            let mut place = ring.next_place().unwrap();
            assert_eq!((place.bytes().len(), place.bytes()[0]), (96, 0));
            place.bytes_mut().fill(data);
            assert!(place.commit(97).is_err());
            ring.next_place().unwrap().commit(96).unwrap();
        }
        assert!(ring.next_place().is_none());
        let status = |ring: &SendPlaces, value| ring.map.status(0).unwrap().swap(value, Ordering::Relaxed);
        assert_eq!(status(&ring, c::TP_STATUS_SENDING), c::TP_STATUS_SEND_REQUEST);
        assert!(ring.next_place().is_none());
        status(&ring, c::TP_STATUS_TS_SOFTWARE);
        assert_eq!(ring.next_place().unwrap().bytes()[95], 1);
        assert_eq!(ring.next_place().unwrap().bytes()[0], 1);
    }

    #[test]
    fn nothing_is_reached_outside() {
        let map = Map::fake(64);
        assert!(map.bytes(0, 64).is_some() && map.bytes(64, 0).is_some());
        assert!(
            map.bytes(0, 65).is_none() && map.bytes(65, 0).is_none() && map.bytes(1, usize::MAX).is_none()
        );
        assert!(
            map.place::<u32>(60).is_some()
                && map.place::<u32>(61).is_none()
                && map.place::<u32>(58).is_none()
        );
        assert!(map.status(usize::MAX).is_none());
    }
}
