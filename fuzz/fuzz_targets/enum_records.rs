//! `fuzz_enum` of the module `enum` for any bytes.
#![no_main]

use testkit::Fixture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    modules_users::fuzz_enum(&fixture.services.log, data);
});
