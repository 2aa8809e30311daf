//! `modules_events::event_virtual::socket::fuzz` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_events::event_virtual::socket::fuzz(data));
