//! `modules_data::cachedb_local::image::fuzz` for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| modules_data::cachedb_local::image::fuzz(data));
