//! Any text as an address: what is read is written so that it is read again.

#![no_main]

#[path = "../../tests/common/addr_check.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod addr_check;

libfuzzer_sys::fuzz_target!(|text: &str| addr_check::check_text(text));
