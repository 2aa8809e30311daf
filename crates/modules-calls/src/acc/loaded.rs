//! `acc_load_ctx_from_dlg()`: looking at the accounting values of another call for a while.

use super::functions::common;
use super::marks::Accounting;
use super::params::Acc;
use catalogue::{Example, Routes};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};

/// `acc_load_ctx_from_dlg()`
pub const LOAD: Function = Function {
    name: "acc_load_ctx_from_dlg",
    about: "Has $acc_extra and $acc_leg be those of the dialog that load_dialog_ctx() has loaded, until \
            acc_unload_ctx_from_dlg().",
    routes: Routes::ALL,
    returns: &[(1, "loaded"), (-1, "there is no dialog, its call has no record, or one is loaded already")],
    examples: &[Example { script: "acc_load_ctx_from_dlg()", message: "", returns: -1 }],
    run: Run::Now(load),
    ..FUNCTION
};

/// `acc_unload_ctx_from_dlg()`
pub const UNLOAD: Function = Function {
    name: "acc_unload_ctx_from_dlg",
    about: "Has $acc_extra and $acc_leg be the message's own again.",
    routes: Routes::ALL,
    returns: &[(1, "done"), (-1, "none was loaded")],
    examples: &[Example { script: "acc_unload_ctx_from_dlg()", message: "", returns: -1 }],
    run: Run::Now(unload),
    ..FUNCTION
};

/// The message's own values, put aside.
struct Own(Option<Box<Accounting>>);

fn load(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let acc = call.state::<Acc>()?;
    if call.msg.extensions.get::<Own>().is_some() {
        return Err(Fault::script("acc_load_ctx_from_dlg(): values of another call are loaded already"));
    }
    let own = call.msg.extensions.take::<Accounting>();
    let created = call.msg.source.received_at;
    match common(call, acc) {
        Some(common) => {
            call.msg.extensions.set(Accounting::new(common, created));
            call.msg.extensions.set(Own(own));
            Ok(1)
        }
        None => {
            own.into_iter().for_each(|own| call.msg.extensions.set(*own));
            Ok(-1)
        }
    }
}

fn unload(call: &mut Call<'_>, _: Args<'_>) -> Outcome {
    let Some(own) = call.msg.extensions.take::<Own>() else { return Ok(-1) };
    call.msg.extensions.take::<Accounting>();
    own.0.into_iter().for_each(|own| call.msg.extensions.set(*own));
    Ok(1)
}
