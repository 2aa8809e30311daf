//! `script::fuzz_front` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| script::fuzz_front(data));
