//! All variables on arbitrary messages: none may panic, whatever was assigned before.

use super::ALL;
use bytes::Bytes;
use catalogue::Value;
use module_api::{Call, Index, Operator, VariableName, Where};
use sip::{Limits, Message};
use std::sync::Arc;

/// Indexes that scripts write, and some that they should not.
const INDEXES: [Index; 6] = [Index::None, Index::All, Index::At(0), Index::At(1), Index::At(-1), Index::At(i32::MIN)];

/// The first byte says how many assignments there are, two bytes say each; the rest is a message, or something like one.
/// Every variable is read from the message, some are assigned parts of it, and all are read again.
#[doc(hidden)]
pub fn fuzz_variables(call: &mut Call<'_>, data: &[u8]) {
    let Some((count, rest)) = data.split_first() else { return };
    let (choices, text) = rest.split_at((usize::from(count % 16) * 2).min(rest.len()));
    let Ok(message) = Message::parse(Bytes::copy_from_slice(text), &Limits::default()) else { return };
    call.msg.message = Arc::new(message);
    read_all(call);
    for choice in choices.as_chunks::<2>().0 {
        assign(call, *choice);
    }
    read_all(call);
}

/// Reads every variable; what stands in its parentheses is the name of a header, as good as any other text.
fn read_all(call: &mut Call<'_>) {
    let message = Arc::clone(&call.msg.message);
    let names: Vec<&[u8]> = message.headers().map(|header| header.name_text).take(4).chain([&b""[..], b"1"]).collect();
    for variable in ALL {
        for (at, index) in INDEXES.into_iter().enumerate() {
            let text = names.get(at % names.len().max(1)).copied().unwrap_or_default();
            let id = call.env.services.names.avps.intern(text);
            (variable.run.read)(call, VariableName { text, id, index, index_set: None, place: Where::Here });
        }
    }
}

/// Assigns the value of one header, or nothing, to the variable that the choice names.
fn assign(call: &mut Call<'_>, [which, what]: [u8; 2]) {
    let writes = ALL.iter().filter_map(|variable| variable.run.write);
    let count = writes.clone().count().max(1);
    let Some(write) = writes.into_iter().nth(usize::from(which) % count) else { return };
    let message = Arc::clone(&call.msg.message);
    let header = message.header_at(usize::from(what) % (message.header_count() + 1));
    let value = header.map_or(Value::Null, |header| Value::copied(header.value));
    let value = value.int().filter(|_| what & 0x80 != 0).map_or(value, Value::Int);
    let id = call.env.services.names.avps.intern(b"a");
    let name = VariableName { text: b"a", id, index: Index::None, index_set: None, place: Where::Here };
    // What a variable does not take it refuses.
    let _ = write(call, name, Operator::Set, value);
}

#[cfg(test)]
mod tests {
    use super::fuzz_variables;
    use crate::core::MODULE;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;
    use testkit::Fixture;

    fn run(data: &[u8]) {
        let mut fixture = Fixture::request("OPTIONS sip:x SIP/2.0");
        let state = fixture.start(&MODULE, &[]);
        fixture.with_call(&state, |call| fuzz_variables(call, data));
    }

    fn files(folder: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }

    #[test]
    fn the_corpus_runs() {
        let corpus = files("fuzz/corpus/variables");
        corpus.iter().for_each(|data| run(data));
        assert!(corpus.len() >= 4);
    }

    #[test]
    fn torture_messages_are_read() {
        for message in files("tests/torture/rfc4475") {
            run(&[&[0][..], &message].concat());
        }
    }

    proptest! {
        #[test]
        fn whatever_is_assigned(choices in prop::collection::vec(any::<[u8; 2]>(), 0..15), odd in "[ -~]{0,24}") {
            let head = "INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\nTo: <sip:b@c>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
            let count = u8::try_from(choices.len()).unwrap();
            let text = format!("{head}Contact: {odd}\r\nX: {odd}\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n{odd}");
            run(&[&[count][..], &choices.concat(), text.as_bytes()].concat());
        }
    }
}
