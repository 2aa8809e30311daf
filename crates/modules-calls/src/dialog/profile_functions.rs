//! The script's functions of profiles.

use super::keeper::{Keeper, current};
use super::profiles::number;
use super::record::Dialog;
use super::store::Change;
use catalogue::{Arg, Example, Routes, Value};
use module_api::{
    Args, CacheReply, Call, Env, FUNCTION, Fault, Flow, Function, Operator, Outcome, Run, VariableHandle,
};
use std::sync::Arc;

const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH);
const PROFILE: Arg = Arg::str("profile", "Its name.");
const VALUE: Arg = Arg::str("value", "The dialog's value in it, where it has values.").optional();

/// `set_dlg_profile()`
pub const SET: Function = Function {
    name: "set_dlg_profile",
    about: "Puts the dialog into a profile until it ends.",
    args: &[PROFILE, VALUE, Arg::int("clear_values", "1: the dialog's other values in it go.").within(0, 1).optional()],
    routes: ROUTES,
    returns: &[(1, "it is in"), (-1, "there is no dialog, or no such profile")],
    run: Run::Now(set),
    ..FUNCTION
};

/// `unset_dlg_profile()`
pub const UNSET: Function = Function {
    name: "unset_dlg_profile",
    about: "Takes the dialog out of a profile: with this value, or with all.",
    args: &[PROFILE, VALUE],
    routes: ROUTES,
    returns: &[(1, "it is out"), (-1, "it was not in, or there is no such profile")],
    run: Run::Now(unset),
    ..FUNCTION
};

/// `is_in_profile()`
pub const IS_IN: Function = Function {
    name: "is_in_profile",
    about: "Whether the dialog is in a profile, with this value if one is given.",
    args: &[PROFILE, VALUE],
    routes: ROUTES,
    returns: &[(1, "it is"), (-1, "it is not")],
    run: Run::Now(is_in),
    ..FUNCTION
};

/// `get_profile_size()`
pub const SIZE: Function = Function {
    name: "get_profile_size",
    about: "How many dialogs are in a profile, with this value if one is given.",
    args: &[PROFILE, VALUE, Arg::var("size", "Where the number goes.")],
    routes: Routes::ALL,
    returns: &[(1, "the number is there"), (-1, "there is no such profile")],
    examples: &[Example { script: "get_profile_size(\"nosuch\", , $var(n))", message: "", returns: -1 }],
    run: Run::Wait(size),
    ..FUNCTION
};

/// The functions that name a profile, and where.
pub const NAMING: &[(&str, usize)] =
    &[(SET.name, 0), (UNSET.name, 0), (IS_IN.name, 0), (SIZE.name, 0), (super::search::BY_PROFILE.name, 0)];

/// More profiles and values than a dialog is in.
const MEMBERSHIPS_MAX: usize = 64;

/// The number of a profile.
///
/// # Errors
/// There is none of this name.
pub fn profile_named(keeper: &Keeper, name: &[u8]) -> Result<usize, Fault> {
    let found = keeper.profiles.named(name).map(|(number, _)| number);
    found.ok_or_else(|| Fault::script(format!("there is no dialog profile \"{}\"", String::from_utf8_lossy(name))))
}

/// Puts a dialog into a profile.
///
/// # Errors
/// It is in as many as it may be, or a value is missing.
pub fn join(
    keeper: &Arc<Keeper>,
    env: &mut Env<'_>,
    dialog: &Arc<Dialog>,
    number: usize,
    value: Option<&[u8]>,
    clears: bool,
) -> Result<(), Fault> {
    let has_value = keeper.profiles.get(number).is_some_and(|profile| profile.has_value);
    let value = match value.filter(|_| has_value) {
        Some(value) => value,
        None if has_value => return Err(Fault::script("the profile has values: which?")),
        None => b"",
    };
    if clears {
        leave(keeper, env, dialog, number, None);
    }
    let is_new = {
        let mut inner = dialog.lock();
        if inner.ended.is_some() {
            return Err(Fault::script("the dialog has ended"));
        }
        let is_there = inner.profiles.iter().any(|(known, of)| *known == number && **of == *value);
        if !is_there && inner.profiles.len() >= MEMBERSHIPS_MAX {
            return Err(Fault::script("the dialog is in as many profiles as it may be"));
        }
        if !is_there {
            inner.profiles.push((number, value.into()));
        }
        !is_there
    };
    if is_new {
        keeper.profiles.join(env, number, value, dialog.id);
        // It may have ended meanwhile, in another message's hands.
        if dialog.lock().ended.is_some() {
            keeper.profiles.leave(env, number, value, dialog.id);
        }
        changed(keeper, env, dialog);
    }
    Ok(())
}

/// Takes a dialog out of a profile; false if it was not in.
pub fn leave(
    keeper: &Arc<Keeper>,
    env: &mut Env<'_>,
    dialog: &Arc<Dialog>,
    number: usize,
    value: Option<&[u8]>,
) -> bool {
    let has_value = keeper.profiles.get(number).is_some_and(|profile| profile.has_value);
    let value = value.filter(|_| has_value);
    let mut gone = Vec::new();
    dialog.lock().profiles.retain(|(known, of)| {
        let goes = *known == number && value.is_none_or(|value| **of == *value);
        if goes {
            gone.push(of.clone());
        }
        !goes
    });
    for value in &gone {
        keeper.profiles.leave(env, number, value, dialog.id);
    }
    if !gone.is_empty() {
        changed(keeper, env, dialog);
    }
    !gone.is_empty()
}

fn changed(keeper: &Arc<Keeper>, env: &mut Env<'_>, dialog: &Arc<Dialog>) {
    if let Some(store) = &keeper.store {
        store.changed(keeper, env, dialog, Change::Values);
    }
}

fn value_of<'a>(args: Args<'a>) -> Option<&'a [u8]> {
    args.opt_str(1).map(|value| &value[..])
}

fn set(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (keeper, dialog) = current(call)?;
    let number = profile_named(&keeper, args.str(0)?)?;
    let clears = args.opt_int(2)?.unwrap_or(0) != 0;
    join(&keeper, &mut call.env, &dialog, number, value_of(args), clears)?;
    Ok(1)
}

fn unset(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (keeper, dialog) = current(call)?;
    let number = profile_named(&keeper, args.str(0)?)?;
    Ok(if leave(&keeper, &mut call.env, &dialog, number, value_of(args)) { 1 } else { -1 })
}

fn is_in(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (keeper, dialog) = current(call)?;
    let number = profile_named(&keeper, args.str(0)?)?;
    let has_value = keeper.profiles.get(number).is_some_and(|profile| profile.has_value);
    let value = value_of(args).filter(|_| has_value);
    let inner = dialog.lock();
    let is_in = inner.profiles.iter().any(|(known, of)| *known == number && value.is_none_or(|value| **of == *value));
    Ok(if is_in { 1 } else { -1 })
}

fn size(call: &mut Call<'_>, args: Args<'_>) -> Flow {
    match begin_size(call, args) {
        Ok(flow) => flow,
        Err(fault) => Flow::Done(Err(fault)),
    }
}

fn begin_size(call: &mut Call<'_>, args: Args<'_>) -> Result<Flow, Fault> {
    let keeper = call.shared_state::<Keeper>()?;
    let target = args.var(2)?.clone();
    let profile = profile_named(&keeper, args.str(0)?)?;
    let Some(profile) = keeper.profiles.get(profile) else { return Ok(Flow::done(-1)) };
    let value = value_of(args);
    if !profile.is_shared {
        return Ok(Flow::Done(put(call, &target, profile.size(value))));
    }
    Ok(match keeper.profiles.ask_size(call.env.services, call.env.now, profile, value)? {
        CacheReply::Now(reply) => Flow::Done(put(call, &target, number(reply)?)),
        CacheReply::Wait(request, read) => Flow::wait(request, move |call, answer| {
            Flow::Done(number(read(answer)).and_then(|size| put(call, &target, size)))
        }),
    })
}

fn put(call: &mut Call<'_>, target: &VariableHandle, size: usize) -> Outcome {
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    target.write(call, Operator::Set, Value::number(size))?;
    Ok(1)
}
