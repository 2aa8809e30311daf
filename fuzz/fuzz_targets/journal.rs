//! `edge_journal::fuzz` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| edge_journal::fuzz(data));
