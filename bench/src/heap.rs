//! Heap allocations per operation: the system's allocator, counting.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::table::Row;

#[derive(Debug)]
struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work; counting touches no memory of the heap. (The methods not
// written here end in `alloc`.)
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's word, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's word, passed on; `ptr` comes from `System`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// Allocations that a row's operation makes: those of 2n operations less those of n, so that the setup's
/// do not count.
pub(crate) fn per_operation(row: &Row) -> Result<usize, String> {
    const COUNT: u32 = 10;
    let during = |count| {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        (row.run)(count).map_err(|errno| format!("{}: {errno}", row.name))?;
        Ok::<usize, String>(ALLOCATIONS.load(Ordering::Relaxed) - before)
    };
    let once = during(COUNT)?;
    let twice = during(2 * COUNT)?;
    Ok((twice - once).div_ceil(COUNT as usize))
}
