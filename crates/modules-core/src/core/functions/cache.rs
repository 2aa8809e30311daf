//! Key-value stores: the script's side of the cachedb modules.

use crate::core::Core;
use bytes::Bytes;
use catalogue::{Arg, Example, Value};
use module_api::{
    Args, CacheOperation, CacheReply, Call, FUNCTION, Fault, Flow, Function, Operator, Outcome, Run, VariableHandle,
};

pub(super) const ALL: &[Function] =
    &[CACHE_STORE, CACHE_REMOVE, CACHE_FETCH, CACHE_COUNTER_FETCH, CACHE_ADD, CACHE_SUB, CACHE_RAW_QUERY];

const CACHE_STORE: Function = Function {
    name: "cache_store",
    about: "Sets a key of a store.",
    args: &[
        STORAGE,
        KEY,
        Arg::str("value", "Its value."),
        Arg::int("timeout", "How many seconds it lives; for ever if 0 or left out.").within(0, i32::MAX).optional(),
    ],
    is_async: true,
    examples: &[Example { script: "cache_store(\"nowhere\", \"key\", \"value\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| {
        let operation = store(args);
        ask(call, args, operation, |_, reply| reply.map(|_| 1))
    }),
    ..FUNCTION
};

const CACHE_REMOVE: Function = Function {
    name: "cache_remove",
    about: "Deletes a key of a store.",
    args: &[STORAGE, KEY],
    is_async: true,
    returns: &[(1, "deleted, or it was not there"), (-1, "an error, which is logged")],
    examples: &[Example { script: "cache_remove(\"nowhere\", \"key\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| {
        let operation = args.str(1).map(|key| CacheOperation::Remove(key.clone()));
        ask(call, args, operation, |_, reply| reply.map(|_| 1))
    }),
    ..FUNCTION
};

const CACHE_FETCH: Function = Function {
    name: "cache_fetch",
    about: "Reads a key of a store into a variable.",
    args: &[STORAGE, KEY, Arg::var("result", "The variable that gets the value.")],
    is_async: true,
    returns: &[(1, "read"), (-1, "there is no such key, or an error, which is logged")],
    examples: &[Example { script: "cache_fetch(\"nowhere\", \"key\", $var(x))", message: "", returns: -1 }],
    run: Run::Wait(|call, args| {
        let operation = args.str(1).map(|key| CacheOperation::Fetch(key.clone()));
        let result = args.opt_var(2).cloned();
        ask(call, args, operation, move |call, reply| keep(call, result, reply?.map(Value::Str)))
    }),
    ..FUNCTION
};

const CACHE_COUNTER_FETCH: Function = Function {
    name: "cache_counter_fetch",
    about: "Reads a counter of a store into a variable.",
    args: &[STORAGE, KEY, Arg::var("result", "The variable that gets the number.")],
    is_async: true,
    returns: &[(1, "read"), (-1, "there is no such counter, or an error, which is logged")],
    examples: &[Example { script: "cache_counter_fetch(\"nowhere\", \"key\", $var(x))", message: "", returns: -1 }],
    run: Run::Wait(|call, args| {
        let operation = args.str(1).map(|key| CacheOperation::FetchCounter(key.clone()));
        let result = args.opt_var(2).cloned();
        ask(call, args, operation, move |call, reply| keep(call, result, number(reply?)?))
    }),
    ..FUNCTION
};

const CACHE_ADD: Function = Function {
    name: "cache_add",
    about: "Adds to a counter of a store, which is made if it is not there.",
    args: &[STORAGE, KEY, Arg::int("increment", "How much."), EXPIRE, NEW_VALUE],
    is_async: true,
    examples: &[Example { script: "cache_add(\"nowhere\", \"key\", 5, 0)", message: "", returns: -1 }],
    run: Run::Wait(|call, args| add(call, args, |amount| amount)),
    ..FUNCTION
};

const CACHE_SUB: Function = Function {
    name: "cache_sub",
    about: "Subtracts from a counter of a store, which is made if it is not there.",
    args: &[STORAGE, KEY, Arg::int("decrement", "How much."), EXPIRE, NEW_VALUE],
    is_async: true,
    examples: &[Example { script: "cache_sub(\"nowhere\", \"key\", 5, 0)", message: "", returns: -1 }],
    run: Run::Wait(|call, args| add(call, args, i32::saturating_neg)),
    ..FUNCTION
};

const CACHE_RAW_QUERY: Function = Function {
    name: "cache_raw_query",
    about: "Asks a store in its own language.",
    args: &[
        STORAGE,
        Arg::str("query", "The query."),
        Arg::vars("result_avps", "The variable that gets the answer.").optional(),
    ],
    is_async: true,
    examples: &[Example { script: "cache_raw_query(\"nowhere\", \"PING\", \"$avp(x)\")", message: "", returns: -1 }],
    run: Run::Wait(|call, args| {
        let operation = args.str(1).map(|query| CacheOperation::Raw(query.clone()));
        let result = args.vars(2).first().cloned();
        ask(call, args, operation, move |call, reply| match (result, reply?) {
            (Some(result), Some(value)) => result.write(call, Operator::Set, Value::Str(value)).map(|()| 1),
            _ => Ok(1),
        })
    }),
    ..FUNCTION
};

const STORAGE: Arg = Arg::str("storage", "The store: local, local:collection, redis:cluster …");
const KEY: Arg = Arg::str("key", "The key.");
const EXPIRE: Arg = Arg::int("expire", "How many seconds it lives; for ever if 0.").within(0, i32::MAX);
const NEW_VALUE: Arg = Arg::var("new_val", "The variable that gets the new value.").optional();

/// What a store answers to an operation.
type Reply = Result<Option<Bytes>, Fault>;

fn ask(
    call: &mut Call<'_>,
    args: Args<'_>,
    operation: Result<CacheOperation, Fault>,
    then: impl FnOnce(&mut Call<'_>, Reply) -> Outcome + Send + 'static,
) -> Flow {
    match start(call, args, operation) {
        Err(fault) => Flow::Done(Err(fault)),
        Ok(CacheReply::Now(reply)) => then(call, reply).into(),
        Ok(CacheReply::Wait(request, read)) => Flow::wait(request, move |call, answer| then(call, read(answer)).into()),
    }
}

fn start(call: &mut Call<'_>, args: Args<'_>, operation: Result<CacheOperation, Fault>) -> Result<CacheReply, Fault> {
    let operation = operation?;
    let store = call.env.services.cache(args.str(0)?)?;
    call.state::<Core>()?.cache_queries.increment();
    Ok(store.run(operation, call.env.now))
}

fn store(args: Args<'_>) -> Result<CacheOperation, Fault> {
    let (key, value) = (args.str(1)?.clone(), args.str(2)?.clone());
    Ok(CacheOperation::Store { key, value, expires_s: lifetime(args, 3)? })
}

fn add(call: &mut Call<'_>, args: Args<'_>, sign: fn(i32) -> i32) -> Flow {
    let operation = change(args, sign);
    let result = args.opt_var(4).cloned();
    ask(call, args, operation, move |call, reply| {
        let value = number(reply?)?;
        if let (Some(result), Some(value)) = (result, value) {
            result.write(call, Operator::Set, value)?;
        }
        Ok(1)
    })
}

fn change(args: Args<'_>, sign: fn(i32) -> i32) -> Result<CacheOperation, Fault> {
    let (key, amount) = (args.str(1)?.clone(), sign(args.int(2)?));
    Ok(CacheOperation::Add { key, amount, expires_s: lifetime(args, 3)? })
}

/// Seconds; 0 where they are left out or negative.
fn lifetime(args: Args<'_>, index: usize) -> Result<u32, Fault> {
    Ok(u32::try_from(args.opt_int(index)?.unwrap_or(0)).unwrap_or(0))
}

fn number(reply: Option<Bytes>) -> Result<Option<Value>, Fault> {
    let Some(text) = reply else { return Ok(None) };
    let number: Option<i64> = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
    number.map(|number| Some(Value::number(number))).ok_or(Fault::backend("the store's value is no number"))
}

fn keep(call: &mut Call<'_>, result: Option<VariableHandle>, value: Option<Value>) -> Outcome {
    let (Some(result), Some(value)) = (result, value) else { return Ok(-1) };
    result.write(call, Operator::Set, value)?;
    Ok(1)
}
