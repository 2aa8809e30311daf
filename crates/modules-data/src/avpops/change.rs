//! `avp_copy()`, `avp_delete()`, `avp_insert()`, `avp_shuffle()`.

use super::names::{Flags, avp, is_avp, judge_avp, number, text, with_flags};
use super::today;
use catalogue::{Arg, NameId, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

pub(super) const COPY: Function = Function {
    name: "avp_copy",
    about: "Copies the newest value of an AVP to another: all of them (g), moved (d), as numbers (n) or strings (s).",
    args: &[
        Arg::raw("old_name", "The AVP.").judged(is_avp),
        Arg::raw("new_name", "The other, with flags after a slash.")
            .judged(|text| judge_avp(text, "gGdDnNsS", "$avp(name), and after a slash g, d, n or s")),
    ],
    returns: &[(1, "copied"), (-1, "there is nothing to copy")],
    today: Some(today::copy),
    run: Run::Now(copy),
    ..FUNCTION
};

pub(super) const DELETE: Function = Function {
    name: "avp_delete",
    about: "Deletes the newest value of an AVP, or all of them (g).",
    args: &[Arg::raw("name", "The AVP, with flags after a slash.").judged(judge_deleted)],
    returns: &[(1, "deleted"), (-1, "there was none")],
    today: Some(today::delete),
    run: Run::Now(delete),
    ..FUNCTION
};

pub(super) const INSERT: Function = Function {
    name: "avp_insert",
    about: "Inserts a value into those of an AVP at a position.",
    args: &[
        Arg::raw("avp_name", "The AVP.").judged(is_avp),
        Arg::str("value", "The value."),
        Arg::int("index", "Its position, 0 being the newest; past the oldest it becomes the oldest.")
            .within(0, i32::MAX),
    ],
    returns: &[(1, "inserted"), (-1, "there is no such AVP")],
    today: Some(today::none),
    run: Run::Now(insert),
    ..FUNCTION
};

pub(super) const SHUFFLE: Function = Function {
    name: "avp_shuffle",
    about: "Puts the values of an AVP into a random order.",
    args: &[Arg::raw("name", "The AVP.").judged(is_avp)],
    returns: &[(1, "shuffled"), (-1, "there is none")],
    today: Some(today::none),
    run: Run::Now(shuffle),
    ..FUNCTION
};

/// A name that is no AVP is told of with its readings.
fn judge_deleted(written: &str) -> Verdict {
    match is_avp(with_flags(written).0) {
        Verdict::Fine => judge_avp(written, "gG", "$avp(name), and after a slash g"),
        _ => Verdict::Fine,
    }
}

fn copy(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (target, flags) = with_flags(text(args, 1)?);
    let (from, to) = (avp(call, text(args, 0)?)?, avp(call, target)?);
    let values = take(call, from, flags);
    let copied = !values.is_empty();
    for value in values.into_iter().rev() {
        call.msg.avps.push(to, converted(value, flags));
    }
    Ok(if copied { 1 } else { -1 })
}

/// The values that the flags mean, newest first; with d they are gone from where they were.
pub(super) fn take(call: &mut Call<'_>, name: NameId, flags: Flags<'_>) -> Vec<Value> {
    let avps = &mut call.msg.avps;
    let count = if flags.has('g') { usize::MAX } else { 1 };
    let values: Vec<Value> = avps.values(name).take(count).cloned().collect();
    if flags.has('d') {
        values.iter().for_each(|_| {
            avps.remove_at(name, 0);
        });
    }
    values
}

fn converted(value: Value, flags: Flags<'_>) -> Value {
    if flags.has('n') {
        return number(&value).map_or(value, Value::Int);
    }
    if flags.has('s') { value.clone().into_bytes().map_or(value, Value::Str) } else { value }
}

fn delete(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, flags) = with_flags(text(args, 0)?);
    let name = avp(call, name)?;
    let deleted = call.msg.avps.count(name) > 0;
    if flags.has('g') {
        call.msg.avps.clear(name);
    } else {
        call.msg.avps.remove_at(name, 0);
    }
    Ok(if deleted { 1 } else { -1 })
}

fn insert(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = avp(call, text(args, 0)?)?;
    let position = usize::try_from(args.int(2)?).map_err(|_| Fault::script("the index cannot be negative"))?;
    let mut values: Vec<Value> = call.msg.avps.values(name).cloned().collect();
    if values.is_empty() {
        return Ok(-1);
    }
    values.insert(position.min(values.len()), Value::Str(args.str(1)?.clone()));
    replace(call, name, values);
    Ok(1)
}

fn shuffle(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let name = avp(call, text(args, 0)?)?;
    let mut values: Vec<Value> = call.msg.avps.values(name).cloned().collect();
    if values.is_empty() {
        return Ok(-1);
    }
    for last in (1..values.len()).rev() {
        let bound = u64::try_from(last + 1).unwrap_or(u64::MAX);
        let other = usize::try_from(call.env.random.next_u64() % bound).unwrap_or(0);
        values.swap(last, other);
    }
    replace(call, name, values);
    Ok(1)
}

fn replace(call: &mut Call<'_>, name: NameId, values: Vec<Value>) {
    call.msg.avps.clear(name);
    for value in values.into_iter().rev() {
        call.msg.avps.push(name, value);
    }
}
