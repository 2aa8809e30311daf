//! `load_dialog_ctx()`: looking at another call's dialog for a while.

use super::id::DialogId;
use super::keeper::Keeper;
use super::state::State;
use catalogue::{Arg, Example, Routes, Verdict};
use module_api::{Args, Call, DialogHandle, DialogOf, Direction, FUNCTION, Fault, Function, Outcome, Run};
use std::sync::Arc;

/// `load_dialog_ctx()`
pub const LOAD: Function = Function {
    name: "load_dialog_ctx",
    about: "Has functions and variables of dialogs work on another dialog, until unload_dialog_ctx().",
    args: &[
        Arg::str("dialog", "Its Call-ID or identifier."),
        Arg::str("id_type", "Which of them it is: callid, which is meant where it is left out, or did.")
            .judged(|text| Verdict::one_of(text, &["callid", "did"], "\"callid\" or \"did\""))
            .optional(),
        Arg::int("active_only", "Other than 0: it must not have ended.").optional(),
    ],
    routes: Routes::ALL,
    returns: &[(1, "loaded"), (-1, "there is none, or one is loaded already")],
    examples: &[Example { script: "load_dialog_ctx(\"nosuch\")", message: "", returns: -1 }],
    run: Run::Now(load),
    ..FUNCTION
};

/// `unload_dialog_ctx()`
pub const UNLOAD: Function = Function {
    name: "unload_dialog_ctx",
    about: "Has functions and variables of dialogs work on the message's own dialog again.",
    routes: Routes::ALL,
    returns: &[(1, "done"), (-1, "none was loaded")],
    examples: &[Example { script: "unload_dialog_ctx()", message: "", returns: -1 }],
    run: Run::Now(unload),
    ..FUNCTION
};

/// The message's own dialog, put aside.
struct Own(Option<DialogOf>);

fn load(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let keeper = call.state::<Keeper>()?;
    let text = args.str(0)?;
    if call.msg.extensions.get::<Own>().is_some() {
        return Err(Fault::script("load_dialog_ctx(): the context of another dialog is loaded already"));
    }
    let found = match args.opt_str(1).map_or(&b"callid"[..], |kind| &kind[..]) {
        b"callid" => keeper.table.with_call_id(text).into_iter().next(),
        b"did" => DialogId::parse(text).and_then(|id| keeper.table.get(id)),
        _ => return Err(Fault::script("load_dialog_ctx(): id_type is callid or did")),
    };
    let active_only = args.opt_int(2)?.unwrap_or(0) != 0;
    let Some(dialog) = found.filter(|dialog| !active_only || dialog.state() != State::Deleted) else { return Ok(-1) };
    let dialog: Arc<dyn DialogHandle> = dialog;
    let own = call.msg.dialog.replace(DialogOf { dialog, direction: Direction::Downstream });
    call.msg.extensions.set(Own(own));
    Ok(1)
}

fn unload(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let Some(own) = call.msg.extensions.take::<Own>() else { return Ok(-1) };
    call.msg.dialog = own.0;
    Ok(1)
}
