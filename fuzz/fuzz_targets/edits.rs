//! `sip::fuzzing::check_edits` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sip::fuzzing::check_edits(data));
