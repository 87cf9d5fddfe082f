//! The system's allocator, counting: for test binaries that ask who allocates.

#![allow(dead_code, reason = "every test binary uses a part of its own")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local!(static ALLOCATIONS: Cell<usize> = const { Cell::new(0) });

struct Counting;

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

// SAFETY: hands everything to the system's allocator, and touches nothing else but a number of this thread,
// which needs no allocation itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's word, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's word, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's word, passed on.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's word, passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread has allocated or freed.
pub(crate) fn allocations() -> usize {
    ALLOCATIONS.get()
}

/// Runs `body` and gives its result; it must not allocate or free anything.
#[track_caller]
pub(crate) fn free<T>(what: &str, body: impl FnOnce() -> T) -> T {
    let before = ALLOCATIONS.get();
    let result = body();
    let after = ALLOCATIONS.get();
    assert_eq!(after - before, 0, "{what} allocates");
    result
}
