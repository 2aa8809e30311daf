//! The variables of the language read from, and assigned to, any message.
#![no_main]

use testkit::Fixture;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
    let state = fixture.start(&modules_core::core::MODULE, &[]);
    fixture.with_call(&state, |call| modules_core::core::fuzz_variables(call, data));
});
