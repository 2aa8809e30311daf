//! `mathops` for any bytes: expressions and numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_text::mathops::fuzz(data));
