//! `regex` for any bytes: files of groups.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_text::regex::fuzz(data));
