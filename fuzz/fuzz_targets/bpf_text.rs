//! Any text as a program of classic BPF, and any bytes as its instructions: what is read is written so that it is read again.

#![no_main]

#[path = "../../tests/common/bpf_check.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod bpf_check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bpf_check::check_bytes(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        bpf_check::check_text(text);
    }
});
