//! `ul_add_key`, `ul_get_key`, `ul_del_key`: what scripts keep with an address of record.

use super::Usrloc;
use catalogue::{Arg, Example, Value};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Run};

pub const UL_ADD_KEY: Function = Function {
    name: "ul_add_key",
    about: "Keeps a value under a key with a registered address of record; an empty value removes the key.",
    args: &[DOMAIN, AOR, KEY, Arg::str("key_value", "The value.").optional()],
    returns: &[(1, "done"), (-1, "the address of record is not registered")],
    examples: &[Example {
        script: "ul_add_key(\"location\", \"nobody@example.com\", \"class\", \"gold\")",
        message: "",
        returns: -1,
    }],
    run: Run::Now(ul_add_key),
    ..FUNCTION
};

pub const UL_GET_KEY: Function = Function {
    name: "ul_get_key",
    about: "The value kept under a key with a registered address of record.",
    args: &[DOMAIN, AOR, KEY, Arg::var("destination", "Gets the value.")],
    returns: &[(1, "there is one"), (-1, "the address of record is not registered, or has no such key")],
    run: Run::Now(ul_get_key),
    ..FUNCTION
};

pub const UL_DEL_KEY: Function = Function {
    name: "ul_del_key",
    about: "Removes a key that is kept with a registered address of record.",
    args: &[DOMAIN, AOR, KEY],
    returns: &[(1, "done"), (-1, "the address of record is not registered")],
    run: Run::Now(ul_del_key),
    ..FUNCTION
};

const DOMAIN: Arg = Arg::fixed("domain", "The location table.");
const AOR: Arg = Arg::str("aor", "The address of record: user@domain, or a URI.");
const KEY: Arg = Arg::str("key_name", "The key.");

/// Keys of one address of record; a script that invents more has gone wrong.
const KEYS_MAX: usize = 64;

fn ul_add_key(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let Some(value) = args.opt_str(3).filter(|value| !value.is_empty()) else { return ul_del_key(call, args) };
    let key = text(args.str(2)?);
    let value = text(value);
    let kept = with_keys(call, args, |keys| {
        let fits = keys.len() < KEYS_MAX || keys.contains_key(&key);
        if fits {
            keys.insert(key, value.into());
        }
        fits
    })?;
    match kept {
        Some(false) => Err(Fault::script(format!("an address of record keeps at most {KEYS_MAX} keys"))),
        kept => Ok(if kept.is_some() { 1 } else { -1 }),
    }
}

fn ul_get_key(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let key = text(args.str(2)?);
    let value = with_keys(call, args, |keys| keys.get(&key).and_then(|value| value.as_str().map(str::to_owned)))?;
    let Some(value) = value.flatten() else { return Ok(-1) };
    args.var(3)?.write(call, Operator::Set, Value::from(value))?;
    Ok(1)
}

fn ul_del_key(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let key = text(args.str(2)?);
    let found = with_keys(call, args, |keys| {
        keys.shift_remove(&key);
    })?;
    Ok(if found.is_some() { 1 } else { -1 })
}

/// Does something with the keys of an address of record; `None` if it is not registered.
fn with_keys<T>(
    call: &mut Call<'_>,
    args: Args<'_>,
    work: impl FnOnce(&mut module_api::JsonMap) -> T,
) -> Result<Option<T>, Fault> {
    let usrloc = call.state::<Usrloc>()?;
    if !usrloc.is_in_memory() {
        return Err(Fault::script("keys are kept in memory, where mode sql-only keeps nothing"));
    }
    let domain = usrloc.domain(args.str(0)?)?;
    let Some(key) = usrloc.aor_of_text(args.str(1)?) else { return Ok(None) };
    Ok(domain.touch(&key, |record| work(record.keys.get_or_insert_default())))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
