//! `fuzz_rules` of the module `permissions` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_users::fuzz_rules(data));
