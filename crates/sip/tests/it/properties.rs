//! Random edits against a model: a message as a list of lines, changed the simple and slow way.

use bytes::Bytes;
use proptest::prelude::*;
use sip::{Edits, HeaderName, Limits, Message, write};

const HEADERS: &[&str] = &[
    "Via: SIP/2.0/UDP p1;branch=z9hG4bK1\r\n",
    "v: SIP/2.0/UDP p0;branch=z9hG4bK0\r\n",
    "Record-Route: <sip:r1;lr>,\r\n <sip:r0;lr>\r\n",
    "From: <sip:a@b>;tag=1\r\n",
    "To: <sip:c@d>\r\n",
    "Call-ID: x\r\n",
    "CSeq: 1 INVITE\r\n",
    "Contact: <sip:a@1>, \"x, y\" <sip:a@2> , <sip:a@3>\r\n",
    "Subject:\r\n",
    "l: 4\r\n",
];

const START: &str = "INVITE sip:c@d SIP/2.0\r\n";
const BODY: &str = "body";

fn sample() -> Message {
    let text = [START, &HEADERS.concat(), "\r\n", BODY].concat();
    Message::parse(text.into(), &Limits::default()).expect("the sample")
}

#[derive(Clone, Debug)]
enum Op {
    Append(u8),
    First(u8),
    Before(usize, u8),
    After(usize, u8),
    Remove(usize),
    Replace(usize, u8),
    Value(usize, u8),
    Via(u8),
    RecordRoute(u8),
    Path(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // The essential headers and Content-Length stay, so that what comes out can be read again.
    let header = prop::sample::select(vec![1usize, 2, 7, 8]);
    let op = (0u8..10, header, any::<u8>()).prop_map(|(kind, header, text)| match kind {
        0 => Op::Append(text),
        1 => Op::First(text),
        2 => Op::Before(header, text),
        3 => Op::After(header, text),
        4 => Op::Remove(header),
        5 => Op::Replace(header, text),
        6 => Op::Value(header, text),
        7 => Op::Via(text),
        8 => Op::RecordRoute(text),
        _ => Op::Path(text),
    });
    prop::collection::vec(op, 0..12)
}

fn line(text: u8) -> String {
    format!("X-{text}: {text}\r\n")
}

fn via(text: u8) -> String {
    format!("Via: SIP/2.0/TCP n{text};branch=z9hG4bKn\r\n")
}

fn record_route(text: u8) -> String {
    format!("Record-Route: <sip:n{text};lr>\r\n")
}

fn path(text: u8) -> String {
    format!("Path: <sip:n{text};lr>\r\n")
}

fn record(op: &Op, edits: &mut Edits) {
    match *op {
        Op::Append(text) => edits.append(line(text).into()),
        Op::First(text) => edits.insert_first(line(text).into()),
        Op::Before(header, text) => edits.insert_before(header, line(text).into()),
        Op::After(header, text) => edits.insert_after(header, line(text).into()),
        Op::Remove(header) => edits.remove(header),
        Op::Replace(header, text) => edits.replace(header, line(text).into()),
        Op::Value(header, text) => edits.replace_value(header, Bytes::from(text.to_string())),
        Op::Via(text) => edits.push_via(via(text).into()),
        Op::RecordRoute(text) => edits.push_record_route(record_route(text).into()),
        Op::Path(text) => edits.push_path(path(text).into()),
    }
}

/// The same changes on lines: each header with what stands before and after it.
#[derive(Clone)]
struct Slot {
    before: String,
    line: String,
    after: String,
    is_fixed: bool,
}

fn model(ops: &[Op]) -> String {
    let slot =
        |line: &&str| Slot { before: String::new(), line: (*line).to_owned(), after: String::new(), is_fixed: false };
    let mut slots: Vec<Slot> = HEADERS.iter().map(slot).collect();
    let (mut first, mut vias, mut routes) = (String::new(), String::new(), String::new());
    let (mut paths, mut last) = (String::new(), String::new());
    for op in ops {
        match *op {
            Op::Append(text) => last += &line(text),
            Op::First(text) => first += &line(text),
            Op::Before(header, text) => slots[header].before += &line(text),
            Op::After(header, text) => slots[header].after += &line(text),
            Op::Via(text) => vias = via(text) + &vias,
            Op::RecordRoute(text) => routes = record_route(text) + &routes,
            Op::Path(text) => paths = path(text) + &paths,
            Op::Remove(header) => (slots[header].line, slots[header].is_fixed) = (String::new(), true),
            Op::Replace(header, text) => (slots[header].line, slots[header].is_fixed) = (line(text), true),
            Op::Value(..) => {}
        }
    }
    for op in ops {
        if let Op::Value(header, text) = *op
            && !slots[header].is_fixed
        {
            let colon = HEADERS[header].find(':').expect("a colon");
            let space = if HEADERS[header][colon + 1..].starts_with(' ') { " " } else { "" };
            slots[header].line = format!("{}:{space}{text}\r\n", &HEADERS[header][..colon]);
        }
    }
    // There is no Path, so that new ones stand below the Vias as Record-Routes do.
    slots[2].before = routes + &paths + &slots[2].before;
    let middle: String = slots.iter().map(|slot| slot.before.clone() + &slot.line + &slot.after).collect();
    [START, &first, &vias, &middle, &last, "\r\n", BODY].concat()
}

fn written(layers: &[&Edits]) -> String {
    let mut out = Vec::new();
    write(&sample(), layers, &mut out);
    String::from_utf8(out).expect("text")
}

proptest! {
    #[test]
    fn edits_do_what_the_model_does(ops in ops()) {
        let mut edits = Edits::default();
        ops.iter().for_each(|op| record(op, &mut edits));
        prop_assert_eq!(written(&[&edits]), model(&ops));
    }

    #[test]
    fn layers_are_as_good_as_one(ops in ops(), split in 0usize..12) {
        let (common, branch) = ops.split_at(split.min(ops.len()));
        let mut layers = [Edits::default(), Edits::default()];
        common.iter().for_each(|op| record(op, &mut layers[0]));
        branch.iter().for_each(|op| record(op, &mut layers[1]));
        prop_assert_eq!(written(&[&layers[0], &layers[1]]), model(&ops));
    }

    #[test]
    fn items_go_and_the_others_stay(gone in prop::collection::btree_set(0usize..3, 0..4), split in 0usize..4) {
        let message = sample();
        let items: Vec<_> = message.name_addrs(HeaderName::Contact).map(|item| item.expect("an item")).collect();
        let mut layers = [Edits::default(), Edits::default()];
        for (turn, position) in gone.iter().enumerate() {
            layers[usize::from(turn >= split)].remove_list_item(&message, &items[*position]);
        }
        let edited = Message::parse(written(&[&layers[0], &layers[1]]).into(), &Limits::default()).expect("a message");
        let left: Vec<_> =
            edited.name_addrs(HeaderName::Contact).map(|item| item.expect("an item").text.to_vec()).collect();
        let expected: Vec<_> =
            items.iter().filter(|item| !gone.contains(&item.position)).map(|item| item.text.to_vec()).collect();
        prop_assert_eq!(left, expected);
    }

    #[test]
    fn patches_win_in_their_order(patches in prop::collection::vec((0usize..40, 0usize..10, "[a-z]{0,4}"), 0..8)) {
        let message = sample();
        let mut edits = Edits::default();
        for (start, length, text) in &patches {
            edits.patch(*start..start + length, Bytes::from(text.clone()));
        }
        // The last patch is always there; whatever else was cut, the untouched rest is.
        let text = written(&[&edits]);
        prop_assert!(text.as_bytes().ends_with(&message.bytes()[60..]));
        if let Some((start, length, with)) = patches.last() {
            let mut alone = Edits::default();
            alone.patch(*start..start + length, Bytes::from(with.clone()));
            prop_assert!(text.contains(with.as_str()));
            prop_assert!(written(&[&alone]).contains(with.as_str()));
        }
    }
}
