//! `json` for any bytes: documents and paths.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_text::json::fuzz(data));
