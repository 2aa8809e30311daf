//! Looking for other dialogs: by a value, a profile, or Call-ID.

use super::keeper::Keeper;
use super::profile_functions::profile_named;
use super::record::Dialog;
use super::shown;
use super::state::State;
use bytes::Bytes;
use catalogue::{Arg, Routes, Value};
use module_api::{Args, Call, DialogHandle, FUNCTION, Fault, Function, Operator, Outcome, Run, VariableHandle};
use std::sync::Arc;

const RETURNS: &[(i32, &str)] = &[(1, "found"), (-1, "there is none")];
const OUT: Arg = Arg::var("out_avp", "An AVP: it gets the JSON of each dialog.");
const COUNT: Arg = Arg::var("out_dlg_no", "It gets how many there are.");

/// `get_dialog_info()`
pub const INFO: Function = Function {
    name: "get_dialog_info",
    about: "Reads a value of each dialog in which another value is as given.",
    args: &[
        Arg::str("attr", "The name of the value to read."),
        Arg::var("avp", "Where it goes; an AVP gets that of each dialog."),
        Arg::str("key", "The name of the value to find them by."),
        Arg::var("key_val", "What that must be."),
        Arg::var("no_dlgs", "Where their number goes."),
    ],
    routes: Routes::ALL,
    returns: RETURNS,
    run: Run::Now(info),
    ..FUNCTION
};

/// `get_dialog_vals()`
pub const VALUES: Function = Function {
    name: "get_dialog_vals",
    about: "Reads all values of the dialog with this Call-ID.",
    args: &[
        Arg::var("names", "An AVP for their names."),
        Arg::var("vals", "An AVP for the values, in the same order."),
        Arg::str("callid", "The Call-ID."),
    ],
    routes: Routes::ALL,
    returns: RETURNS,
    run: Run::Now(values),
    ..FUNCTION
};

/// `get_dialogs_by_val()`
pub const BY_VALUE: Function = Function {
    name: "get_dialogs_by_val",
    about: "Shows the dialogs in which a value is as given.",
    args: &[Arg::str("name", "The name of the value."), Arg::var("value", "What it must be."), OUT, COUNT],
    routes: Routes::ALL,
    returns: RETURNS,
    run: Run::Now(by_value),
    ..FUNCTION
};

/// `get_dialogs_by_profile()`
pub const BY_PROFILE: Function = Function {
    name: "get_dialogs_by_profile",
    about: "Shows the dialogs in a profile.",
    args: &[
        Arg::str("name", "The profile."),
        Arg::str("value", "The value they must have in it.").optional(),
        OUT,
        COUNT,
    ],
    routes: Routes::ALL,
    returns: RETURNS,
    run: Run::Now(by_profile),
    ..FUNCTION
};

/// More dialogs than a script works on; the others are counted only.
const SHOWN_MAX: usize = 1000;

/// What an argument says: a text, or the value of a variable.
fn given(call: &mut Call<'_>, args: Args<'_>, index: usize) -> Result<Value, Fault> {
    match args.get(index) {
        Some(module_api::ArgValue::Str(text)) => Ok(Value::Str(text.clone())),
        Some(module_api::ArgValue::Int(number)) => Ok(Value::Int(*number)),
        _ => Ok(args.var(index)?.clone().read(call)),
    }
}

fn with_value(keeper: &Keeper, name: &[u8], value: &Value) -> Vec<Arc<Dialog>> {
    let wanted = value.text();
    let fits = |dialog: &Arc<Dialog>| {
        let inner = dialog.lock();
        inner.state != State::Deleted && inner.value(name).is_some_and(|known| known.text() == wanted)
    };
    keeper.table.all().filter(fits).collect()
}

fn count(call: &mut Call<'_>, target: &VariableHandle, count: usize) -> Result<(), Fault> {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    target.write(call, Operator::Set, Value::Int(count))
}

fn info(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.shared_state::<Keeper>()?;
    let key_value = given(call, args, 3)?;
    let found = with_value(&keeper, args.str(2)?, &key_value);
    let (attr, target) = (args.str(0)?, args.var(1)?.clone());
    for dialog in found.iter().take(SHOWN_MAX) {
        let value = DialogHandle::value(&**dialog, attr);
        if !value.is_null() {
            target.write(call, Operator::Set, value)?;
        }
    }
    count(call, &args.var(4)?.clone(), found.len())?;
    Ok(if found.is_empty() { -1 } else { 1 })
}

fn values(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.shared_state::<Keeper>()?;
    let found = keeper.table.with_call_id(args.str(2)?).into_iter().next();
    let Some(dialog) = found else { return Ok(-1) };
    let all = dialog.lock().values.clone();
    let (names, values) = (args.var(0)?.clone(), args.var(1)?.clone());
    for (name, value) in all {
        names.write(call, Operator::Set, Value::copied(&name))?;
        values.write(call, Operator::Set, value)?;
    }
    Ok(1)
}

fn by_value(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.shared_state::<Keeper>()?;
    let value = given(call, args, 1)?;
    let found = with_value(&keeper, args.str(0)?, &value);
    show(call, &keeper, &found, args)
}

fn by_profile(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.shared_state::<Keeper>()?;
    let number = profile_named(&keeper, args.str(0)?)?;
    let value: Option<&Bytes> = args.opt_str(1);
    let ids = keeper.profiles.get(number).map(|profile| profile.dialogs(value.map(|value| &value[..])));
    let found: Vec<Arc<Dialog>> = ids.unwrap_or_default().into_iter().filter_map(|id| keeper.table.get(id)).collect();
    show(call, &keeper, &found, args)
}

fn show(call: &mut Call<'_>, keeper: &Keeper, found: &[Arc<Dialog>], args: Args<'_>) -> Outcome {
    let target = args.var(2)?.clone();
    for dialog in found.iter().take(SHOWN_MAX) {
        let json = shown::dialog(keeper, &call.env, dialog, true).to_string();
        target.write(call, Operator::Set, Value::Str(json.into()))?;
    }
    count(call, &args.var(3)?.clone(), found.len())?;
    Ok(if found.is_empty() { -1 } else { 1 })
}
