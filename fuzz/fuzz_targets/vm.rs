//! `script::fuzz_vm` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| script::fuzz_vm(data));
