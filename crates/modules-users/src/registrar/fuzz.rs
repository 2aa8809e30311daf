//! Arbitrary messages registered and looked up again: nothing may panic, and what is kept is within its bounds.

use super::MODULE;
use super::lookup::LOOKUP;
use super::save::SAVE;
use crate::usrloc;
use bytes::Bytes;
use module_api::{ArgValue, Args, Call, Flow, Function, Module, Run};
use sip::{Limits, Message};
use std::sync::Arc;

/// The modules that must run, the registrar last.
#[doc(hidden)]
pub fn fuzzed_modules() -> [&'static Module; 2] {
    [&usrloc::MODULE, &MODULE]
}

/// The first byte chooses flags; the rest is a message. It is registered twice, as a retransmission is, and its contacts
/// are looked up.
#[doc(hidden)]
pub fn fuzz_register(call: &mut Call<'_>, data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let Ok(message) = Message::parse(Bytes::copy_from_slice(text), &Limits::default()) else { return };
    call.msg.message = Arc::new(message);
    let to = call.msg.message.to().map(|to| call.msg.message.share(to.uri)).unwrap_or_default();
    let flags: Arc<[_]> =
        FLAGS.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1).map(|(_, flag)| flag_of(flag)).collect();
    let table = ArgValue::Str(Bytes::from_static(b"location"));
    for _ in 0..2 {
        run(call, &SAVE, &[table.clone(), ArgValue::Flags(Arc::clone(&flags)), ArgValue::Absent, ArgValue::Absent]);
    }
    run(call, &LOOKUP, &[table, ArgValue::Absent, ArgValue::Str(to)]);
    assert!(call.msg.branches.iter().all(|branch| !branch.uri.is_empty()));
}

/// A flag for each bit.
const FLAGS: [(&str, &str); 8] = [
    ("memory-only", ""),
    ("max-contacts", "2"),
    ("force-registration", ""),
    ("path-lazy", ""),
    ("path-received", ""),
    ("only-request-contacts", ""),
    ("min-expires", "60"),
    ("max-expires", "3600"),
];

fn flag_of((name, value): &(&'static str, &'static str)) -> (&'static str, Option<Bytes>) {
    (name, (!value.is_empty()).then_some(Bytes::from_static(value.as_bytes())))
}

/// Without a database nothing waits.
fn run(call: &mut Call<'_>, function: &Function, args: &[ArgValue]) {
    let flow = match function.run {
        Run::Now(run) => Flow::Done(run(call, Args(args))),
        Run::Wait(run) => run(call, Args(args)),
    };
    assert!(matches!(flow, Flow::Done(_)), "{} waits", function.name);
}

#[cfg(test)]
mod tests {
    use super::{fuzz_register, fuzzed_modules};
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;
    use testkit::Fixture;

    fn run(data: &[u8]) {
        let mut fixture = Fixture::request("REGISTER sip:x SIP/2.0");
        let [_, registrar] = fuzzed_modules().map(|module| fixture.start(module, &[]));
        fixture.with_call(&registrar, |call| fuzz_register(call, data));
    }

    #[test]
    fn the_corpus_runs() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/register");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        files.iter().for_each(|data| run(data));
        assert!(files.len() >= 4);
    }

    proptest! {
        #[test]
        fn any_contact(flags: u8, contact in "[*]|(<sip:[a-z@:;=]{0,12}>(;(q|expires|reg-id|methods|[+]sip.instance)=[\"0-9.,<>A-Z-]{0,8}){0,4}(, )?){0,4}", expires in "[0-9]{0,11}") {
            let text = format!("REGISTER sip:c SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:b@c>\r\nTo: <sip:b@c>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\nContact: {contact}\r\nExpires: {expires}\r\n\r\n");
            run(&[&[flags][..], text.as_bytes()].concat());
        }
    }
}
