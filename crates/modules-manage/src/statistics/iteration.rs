//! `stat_iter_init()` and `stat_iter_next()`: the statistics of a group, one by one.

use crate::yes;
use bytes::Bytes;
use catalogue::{Arg, Example, Routes, Value};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Run};
use std::collections::BTreeMap;

pub(super) const STAT_ITER_INIT: Function = Function {
    name: "stat_iter_init",
    about: "Begins to go through the statistics of a group.",
    args: &[Arg::str("group", "The group."), Arg::str("iter", "A name for stat_iter_next().")],
    routes: Routes::ALL,
    returns: &[(1, "the group has statistics"), (-1, "it has none")],
    examples: &[
        Example { script: "update_stat(\"calls\", 1); stat_iter_init(\"dynamic\", \"it\")", message: "", returns: 1 },
        Example { script: "stat_iter_init(\"nobody\", \"it\")", message: "", returns: -1 },
    ],
    run: Run::Now(stat_iter_init),
    ..FUNCTION
};

pub(super) const STAT_ITER_NEXT: Function = Function {
    name: "stat_iter_next",
    about: "Puts the name and value of the next statistic into variables.",
    args: &[
        Arg::var("name", "Where the name goes, without its group."),
        Arg::var("val", "Where the value goes."),
        Arg::str("iter", "The name given to stat_iter_init()."),
    ],
    routes: Routes::ALL,
    returns: &[(1, "there was another one"), (-1, "that was all")],
    examples: &[Example {
        script: "update_stat(\"a\", 1); stat_iter_init(\"dynamic\", \"it\"); stat_iter_next($var(n), $var(v), \"it\")",
        message: "",
        returns: 1,
    }],
    run: Run::Now(stat_iter_next),
    ..FUNCTION
};

/// The walks begun in this run of the script, what is left of each in reverse. They belong to the run: two messages
/// that go through the same group at once do not disturb each other.
#[derive(Default)]
struct Walks(BTreeMap<Bytes, Vec<(String, i64)>>);

const WALKS_MAX: usize = 32;

fn stat_iter_init(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let group = String::from_utf8_lossy(args.str(0)?);
    let entries = call.env.services.statistics.list(Some(group.trim()));
    let left: Vec<(String, i64)> = entries.into_iter().rev().map(|entry| (entry.name.clone(), entry.value())).collect();
    let found = !left.is_empty();
    if call.msg.extensions.get::<Walks>().is_none() {
        call.msg.extensions.set(Walks::default());
    }
    if let Some(walks) = call.msg.extensions.get_mut::<Walks>() {
        if walks.0.len() >= WALKS_MAX && !walks.0.contains_key(args.str(1)?) {
            return Err(Fault::script("too many walks through statistics are under way"));
        }
        walks.0.insert(args.str(1)?.clone(), left);
    }
    yes(found)
}

fn stat_iter_next(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let walk = call.msg.extensions.get_mut::<Walks>().and_then(|walks| walks.0.get_mut(args.str(2).ok()?));
    let Some((name, value)) = walk.and_then(Vec::pop) else { return Ok(-1) };
    args.var(0)?.write(call, Operator::Set, Value::from(name))?;
    args.var(1)?.write(call, Operator::Set, Value::number(value))?;
    Ok(1)
}
