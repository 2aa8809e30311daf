//! A call that was answered as text: what the disk holds and its dialog keeps until it has its record.
//!
//! `name=value` pairs, joined by `&`; bytes that would part them are `%XX`.

use super::calls::Answered;
use super::fields::{FieldSet, Fields};
use super::marks::{Backend, Occasion, Values};
use bytes::Bytes;
use catalogue::Value;
use module_api::Time;

/// More legs than a call can have are not read.
const LEGS_MAX: usize = 64;

/// As text, with the number of its dialog.
pub fn encode(number: u64, answered: &Answered, values: &Values, fields: &Fields) -> Bytes {
    let mut out = Vec::with_capacity(256);
    pair(&mut out, "dialog", number.to_string().as_bytes());
    pair(&mut out, "from", &answered.from_tag);
    pair(&mut out, "to", &answered.to_tag);
    pair(&mut out, "id", &answered.callid);
    pair(&mut out, "code", answered.code.to_string().as_bytes());
    pair(&mut out, "reason", &answered.reason);
    let times = [("created", Some(answered.created)), ("at", Some(answered.at)), ("expires", Some(answered.expires))];
    for (name, time) in times.into_iter().chain([("ended", answered.ended)]) {
        time.into_iter().for_each(|time| pair(&mut out, name, time.unix_micros().to_string().as_bytes()));
    }
    for backend in Backend::ALL.into_iter().filter(|backend| values.marks.has(*backend, Occasion::Call)) {
        pair(&mut out, "type", backend.name().as_bytes());
    }
    values.table.iter().for_each(|table| pair(&mut out, "table", table.as_bytes()));
    each(&mut out, "x", &fields.extra, &values.extra);
    for leg in &values.legs {
        pair(&mut out, "leg", b"");
        each(&mut out, "l", &fields.leg, leg);
    }
    out.into()
}

/// From text: the number of its dialog, what is known of it, its values for today's fields. `None` for what is no call.
pub fn decode(text: &[u8], fields: &Fields) -> Option<(u64, Answered, Values)> {
    let mut number = None;
    let mut answered = Answered { is_of_before: true, ..Answered::default() };
    let mut values = Values { legs: Vec::new(), ..Values::new(fields) };
    let mut seen = (vec![false; values.extra.len()], Vec::new());
    for item in text.split(|byte| *byte == b'&') {
        let (name, value) = split(item, b'=')?;
        let value = plain(value)?;
        let time = || -> Option<Time> { Some(Time(std::str::from_utf8(&value).ok()?.parse().ok()?)) };
        match name {
            b"dialog" => number = Some(time()?.0),
            b"from" => answered.from_tag = value.into(),
            b"to" => answered.to_tag = value.into(),
            b"id" => answered.callid = value.into(),
            b"code" => answered.code = u16::try_from(time()?.0).ok()?,
            b"reason" => answered.reason = value.into(),
            b"created" => answered.created = time()?,
            b"at" => answered.at = time()?,
            b"expires" => answered.expires = time()?,
            b"ended" => answered.ended = Some(time()?),
            b"type" => {
                let known = Backend::ALL.into_iter().filter(|backend| backend.name().as_bytes() == value);
                known.for_each(|backend| values.marks.set(backend, Occasion::Call));
            }
            b"table" => values.table = Some(String::from_utf8(value).ok()?),
            b"leg" if values.legs.len() < LEGS_MAX => {
                seen.1 = vec![false; fields.leg.tags.len()];
                values.legs.push(vec![Value::Null; fields.leg.tags.len()]);
            }
            b"x" => put(&value, &fields.extra, &mut values.extra, &mut seen.0),
            b"l" => {
                let leg = values.legs.last_mut()?;
                put(&value, &fields.leg, leg, &mut seen.1);
            }
            // Of a later release.
            _ => {}
        }
    }
    if values.legs.is_empty() {
        values.legs.push(vec![Value::Null; fields.leg.tags.len()]);
    }
    Some((number.filter(|_| !answered.callid.is_empty())?, answered, values))
}

/// The values of fields: `tag:s:text`, `tag:i:number`.
fn each(out: &mut Vec<u8>, name: &str, set: &FieldSet, values: &[Value]) {
    for (tag, position) in set.all() {
        let (letter, text) = match values.get(position) {
            None | Some(Value::Null) => continue,
            Some(Value::Int(number)) => (":i:", number.to_string().into_bytes()),
            Some(Value::Str(text)) => (":s:", text.to_vec()),
        };
        pair(out, name, &[tag.as_bytes(), letter.as_bytes(), &text].concat());
    }
}

/// Puts a value where its tag has its place today; of several places with one tag, the first that is free.
fn put(field: &[u8], set: &FieldSet, values: &mut [Value], seen: &mut [bool]) {
    let Some((tag, rest)) = split(field, b':') else { return };
    let Some((letter, text)) = split(rest, b':') else { return };
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).filter(|_| letter == b"i");
    let value = number.map_or_else(|| Value::copied(text), Value::Int);
    for (_, position) in set.all().filter(|(known, _)| known.as_bytes() == tag) {
        let (Some(place), Some(is_seen)) = (values.get_mut(position), seen.get_mut(position)) else { continue };
        if !*is_seen {
            (*place, *is_seen) = (value, true);
            return;
        }
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == at)?;
    Some((text.get(..position)?, text.get(position + 1..)?))
}

fn pair(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    if !out.is_empty() {
        out.push(b'&');
    }
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    for byte in value {
        match byte {
            b'%' | b'&' | b'=' | ..=b' ' | 0x7f.. => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}

/// Without escapes.
fn plain(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let digits = [*rest.next()?, *rest.next()?];
        out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    Some(out)
}

/// Reads any bytes; what can be read is read the same from what it is written as.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let set = |param, tags| FieldSet::parse(param, &[tags]).unwrap_or_default();
    let fields = Fields { extra: set("extra_fields", "db: a; b"), leg: set("leg_fields", "db: c") };
    if let Some((number, answered, values)) = decode(bytes, &fields) {
        let again = encode(number, &answered, &values, &fields);
        assert_eq!(decode(&again, &fields), Some((number, answered, values)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    fn fields(extra: &str) -> Fields {
        let set = |param, tags: &str| FieldSet::parse(param, &[tags]).unwrap();
        Fields { extra: set("extra_fields", extra), leg: set("leg_fields", "db: who") }
    }

    fn sample(fields: &Fields) -> (Answered, Values) {
        let answered = Answered {
            from_tag: Bytes::from("f"),
            to_tag: Bytes::from("t=%"),
            callid: Bytes::from("id&1@x"),
            code: 200,
            reason: Bytes::from("All right\u{e4}"),
            created: Time(1),
            at: Time(2_000_000),
            expires: Time(3),
            ended: Some(Time(4)),
            held: None,
            is_of_before: true,
        };
        let mut values = Values::new(fields);
        values.marks.set(Backend::Db, Occasion::Call);
        values.table = Some("calls".to_owned());
        values.extra = vec![Value::fixed("alice:s:"), Value::Int(-7)];
        values.legs = vec![vec![Value::fixed("")], vec![Value::Null]];
        (answered, values)
    }

    #[test]
    fn a_call_comes_back_though_the_fields_are_others() {
        let old = fields("db: a; b");
        let (answered, values) = sample(&old);
        let text = encode(77, &answered, &values, &old);
        assert_eq!(
            String::from_utf8_lossy(&text),
            "dialog=77&from=f&to=t%3D%25&id=id%261@x&code=200&reason=All%20right%C3%A4&created=1&at=2000000&expires=3&ended=4\
             &type=db&table=calls&x=a:s:alice:s:&x=b:i:-7&leg=&l=who:s:&leg="
        );
        assert_eq!(decode(&text, &old), Some((77, answered, values)));
        let (_, _, values) = decode(&text, &fields("db: b; c")).unwrap();
        assert_eq!(values.extra, [Value::Int(-7), Value::Null]);
    }

    #[test]
    fn what_is_no_call_is_none() {
        for text in
            ["", "dialog=1", "id=x", "dialog=x&id=y", "dialog=1&id=y&l=a:s:b", "dialog=1&id=%4", "dialog=1&id=%zz"]
        {
            assert_eq!(decode(text.as_bytes(), &fields("db: a")), None, "{text}");
        }
    }

    #[test]
    fn the_corpus_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/acc_opening");
        let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(files.len() >= 3);
        files.iter().for_each(|file| fuzz(file));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..100), place in 0..200usize, byte: u8) {
            fuzz(&bytes);
            let fields = fields("db: a; b");
            let (answered, values) = sample(&fields);
            let mut changed = encode(1, &answered, &values, &fields).to_vec();
            if let Some(at) = changed.get_mut(place) {
                *at = byte;
            }
            fuzz(&changed);
        }
    }
}
