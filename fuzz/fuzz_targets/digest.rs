//! `sip::fuzzing::check_digest` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sip::fuzzing::check_digest(data));
