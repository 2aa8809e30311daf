//! The flags and values that scripts attach to a dialog.

use super::keeper::{Keeper, current};
use super::store::Change;
use bytes::Bytes;
use catalogue::{Arg, Routes, Value};
use module_api::{Args, Call, DialogHandle, FUNCTION, Fault, Function, Operator, Outcome, Run};

/// Where a message has a dialog.
pub const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL);

const FLAG: Arg = Arg::fixed("flag", "Its name.");

/// `set_dlg_flag()`
pub const SET: Function = Function {
    name: "set_dlg_flag",
    about: "Sets a flag of the dialog.",
    args: &[FLAG],
    routes: ROUTES,
    returns: &[(1, "it is set"), (-1, "there is no dialog")],
    run: Run::Now(|call, args| set(call, args, true)),
    ..FUNCTION
};

/// `reset_dlg_flag()`
pub const RESET: Function = Function {
    name: "reset_dlg_flag",
    about: "Resets a flag of the dialog.",
    args: &[FLAG],
    routes: ROUTES,
    returns: &[(1, "it is not set"), (-1, "there is no dialog")],
    run: Run::Now(|call, args| set(call, args, false)),
    ..FUNCTION
};

/// `is_dlg_flag_set()`
pub const IS_SET: Function = Function {
    name: "is_dlg_flag_set",
    about: "Whether a flag of the dialog is set.",
    args: &[FLAG],
    routes: ROUTES,
    returns: &[(1, "it is set"), (-1, "it is not")],
    run: Run::Now(is_set),
    ..FUNCTION
};

/// `test_and_set_dlg_flag()`
pub const TEST_AND_SET: Function = Function {
    name: "test_and_set_dlg_flag",
    about: "Where a flag of the dialog is as expected, turns it over; of two messages at once only one can.",
    args: &[FLAG, Arg::int("value", "0: it is expected not to be set; 1: it is.").within(0, 1)],
    routes: ROUTES,
    returns: &[(1, "it was as expected, and is turned over"), (-1, "it was not")],
    run: Run::Now(test_and_set),
    ..FUNCTION
};

/// `store_dlg_value()`
pub const STORE_VALUE: Function = Function {
    name: "store_dlg_value",
    about: "Attaches a value to the dialog, as an assignment to $dlg_val(name) does.",
    args: &[Arg::str("name", "Its name."), Arg::var("val", "The value.")],
    routes: ROUTES,
    returns: &[(1, "it is attached"), (-1, "there is no dialog")],
    run: Run::Now(store_value),
    ..FUNCTION
};

/// `fetch_dlg_value()`
pub const FETCH_VALUE: Function = Function {
    name: "fetch_dlg_value",
    about: "Reads a value of the dialog into a variable.",
    args: &[Arg::str("name", "Its name."), Arg::var("val", "Where the value goes.")],
    routes: ROUTES,
    returns: &[(1, "it is there"), (-1, "it is not, or there is no dialog")],
    run: Run::Now(fetch_value),
    ..FUNCTION
};

fn name(args: Args<'_>) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(args.str(0)?).into_owned())
}

fn set(call: &mut Call<'_>, args: Args<'_>, on: bool) -> Outcome {
    let (keeper, dialog) = current(call)?;
    if !dialog.lock().set_flag(&name(args)?, on) {
        return Err(Fault::script("a dialog has 32 flags at most"));
    }
    note(&keeper, call, &dialog);
    Ok(1)
}

fn is_set(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (_, dialog) = current(call)?;
    let is_set = dialog.lock().has_flag(&name(args)?);
    Ok(if is_set { 1 } else { -1 })
}

fn test_and_set(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (keeper, dialog) = current(call)?;
    let (name, expected) = (name(args)?, args.int(1)? != 0);
    let turned = {
        let mut inner = dialog.lock();
        inner.has_flag(&name) == expected && inner.set_flag(&name, !expected)
    };
    if !turned {
        return Ok(-1);
    }
    note(&keeper, call, &dialog);
    Ok(1)
}

fn note(keeper: &std::sync::Arc<Keeper>, call: &mut Call<'_>, dialog: &std::sync::Arc<super::record::Dialog>) {
    if let Some(store) = &keeper.store {
        store.changed(keeper, &mut call.env, dialog, Change::Values);
    }
}

fn store_value(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (_, dialog) = current(call)?;
    let value = match args.get(1) {
        Some(module_api::ArgValue::Str(text)) => Value::Str(text.clone()),
        Some(module_api::ArgValue::Int(number)) => Value::Int(*number),
        _ => args.var(1)?.clone().read(call),
    };
    dialog.set_value(&mut call.env, args.str(0)?, value)?;
    Ok(1)
}

fn fetch_value(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (_, dialog) = current(call)?;
    let name: &Bytes = args.str(0)?;
    let value = DialogHandle::value(&*dialog, name);
    let found = !value.is_null();
    args.var(1)?.clone().write(call, Operator::Set, value)?;
    Ok(if found { 1 } else { -1 })
}
