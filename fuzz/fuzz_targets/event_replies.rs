//! `edge_events::stream::replies::fuzz` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| edge_events::stream::replies::fuzz(data));
