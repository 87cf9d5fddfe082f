//! Any bytes as control messages: the walker sees what a second implementation sees, and nothing that looks at it panics.

#![no_main]

#[path = "../../tests/common/cmsg_check.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod cmsg_check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cmsg_check::check_bytes(bytes);
    cmsg_check::check_data(bytes);
});
