//! `engine::fuzz_management` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| engine::fuzz_management(data));
