//! `sip::fuzzing::check_sdp` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sip::fuzzing::check_sdp(data));
