//! Any bytes as an address: nothing that looks at them panics, and what it says agrees.

#![no_main]

#[path = "../../tests/common/addr_check.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod addr_check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| addr_check::check_bytes(bytes));
