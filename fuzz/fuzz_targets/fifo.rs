//! `edge_mi::fifo::framing::fuzz` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| edge_mi::fifo::framing::fuzz(data));
