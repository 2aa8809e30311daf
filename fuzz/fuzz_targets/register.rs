//! Any message registered, and its contacts looked up again.
#![no_main]

use testkit::Fixture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut fixture = Fixture::request("REGISTER sip:x SIP/2.0");
    let states = modules_users::fuzzed_modules().map(|module| fixture.start(module, &[]));
    let Some(registrar) = states.last() else { return };
    fixture.with_call(registrar, |call| modules_users::fuzz_register(call, data));
});
