//! `modules_calls::acc::opening::fuzz` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_calls::acc::opening::fuzz(data));
