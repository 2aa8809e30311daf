//! `$DLG_*` and `$dlg_val(name)`.

use super::keeper::{Keeper, current, dialog_of};
use super::service::set_lifetime;
use super::shown;
use super::state::State;
use super::store::Change;
use catalogue::{Access, Inner, Value};
use module_api::{Call, DialogHandle, Fault, Operator, VARIABLE, Variable, VariableName, VariableRun};
use std::time::Duration;

/// All of them.
pub const ALL: &[Variable] =
    &[COUNT, LIFETIME, STATUS, DIRECTION, FLAGS, VALUE, DID, END_REASON, TIMEOUT, JSON, CTX_JSON, DELETE_DELAY];

const COUNT: Variable = Variable {
    name: "DLG_count",
    about: "How many dialogs have not ended, answered or not.",
    run: VariableRun::read(|call, _| {
        call.state::<Keeper>().map_or(Value::Null, |keeper| Value::number(keeper.counters.live.get()))
    }),
    ..VARIABLE
};

const LIFETIME: Variable = Variable {
    name: "DLG_lifetime",
    about: "Seconds since the dialog of the message was answered; 0 before.",
    run: VariableRun::read(|call, _| {
        let Some(dialog) = dialog_of(call) else { return Value::Null };
        let (answered, ended) = {
            let inner = dialog.lock();
            (inner.answered, inner.ended)
        };
        let until = ended.unwrap_or(call.env.now);
        Value::number(answered.map_or(0, |answered| until.since(answered).as_secs()))
    }),
    ..VARIABLE
};

const STATUS: Variable = Variable {
    name: "DLG_status",
    about: "1 made, 2 rings, 3 answered without ACK so far, 4 answered, 5 ended; NULL without dialog.",
    run: VariableRun::read(|call, _| dialog_of(call).map_or(Value::Null, |dialog| dialog.state().number().into())),
    ..VARIABLE
};

const DIRECTION: Variable = Variable {
    name: "DLG_dir",
    about: "\"downstream\" where the request goes from caller to callee, else \"upstream\".",
    run: VariableRun::read(|call, _| {
        call.msg.dialog.as_ref().map_or(Value::Null, |of| Value::fixed(of.direction.name()))
    }),
    ..VARIABLE
};

const FLAGS: Variable = Variable {
    name: "DLG_flags",
    about: "The names of the dialog's flags that are set, separated by blanks.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, _| dialog_of(call).map_or(Value::Null, |dialog| Value::Str(dialog.lock().flags.join(" ").into())),
        write_flags,
    ),
    ..VARIABLE
};

const VALUE: Variable = Variable {
    name: "dlg_val",
    about: "A value that the dialog keeps under this name.",
    access: Access::ReadWrite,
    inner: Inner::Name,
    run: VariableRun::read_write(
        |call, name| dialog_of(call).map_or(Value::Null, |dialog| DialogHandle::value(&*dialog, name.text)),
        write_value,
    ),
    ..VARIABLE
};

const DID: Variable = Variable {
    name: "DLG_did",
    about: "The dialog's identifier.",
    run: VariableRun::read(|call, _| dialog_of(call).map_or(Value::Null, |dialog| Value::Str(dialog.id.text().into()))),
    ..VARIABLE
};

const END_REASON: Variable = Variable {
    name: "DLG_end_reason",
    about: "Why the dialog ended: Upstream BYE, Downstream BYE, Lifetime Timeout, MI Termination, Ping Timeout, ReINVITE \
            Ping Timeout, SIP Race Condition.",
    run: VariableRun::read(|call, _| {
        let dialog = dialog_of(call).filter(|dialog| dialog.state() == State::Deleted);
        dialog.and_then(|dialog| dialog.lock().end_reason).map_or(Value::Null, Value::fixed)
    }),
    ..VARIABLE
};

const TIMEOUT: Variable = Variable {
    name: "DLG_timeout",
    about: "Assigned: how many seconds the dialog may last from its answer, or from now once it is answered. Read: how \
            many are left.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(read_timeout, write_timeout),
    ..VARIABLE
};

const JSON: Variable = Variable {
    name: "DLG_json",
    about: "The dialog as JSON, as dialog:list shows it.",
    run: VariableRun::read(|call, _| json(call, false)),
    ..VARIABLE
};

const CTX_JSON: Variable = Variable {
    name: "DLG_ctx_json",
    about: "The dialog as JSON with its values and profiles, as dialog:list_ctx shows it.",
    run: VariableRun::read(|call, _| json(call, true)),
    ..VARIABLE
};

const DELETE_DELAY: Variable = Variable {
    name: "DLG_del_delay",
    about: "How many seconds the dialog stays known after its end.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, _| dialog_of(call).map_or(Value::Null, |dialog| Value::number(dialog.lock().delete_delay.as_secs())),
        write_delete_delay,
    ),
    ..VARIABLE
};

fn write_flags(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let (keeper, dialog) = current(call)?;
    let text = value.into_bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    {
        let mut inner = dialog.lock();
        inner.flags.clear();
        if !text.split_whitespace().all(|flag| inner.set_flag(flag, true)) {
            return Err(Fault::script("a dialog has 32 flags at most"));
        }
    }
    if let Some(store) = &keeper.store {
        store.changed(&keeper, &mut call.env, &dialog, Change::Values);
    }
    Ok(())
}

fn write_value(call: &mut Call<'_>, name: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let (_, dialog) = current(call)?;
    dialog.set_value(&mut call.env, name.text, value)
}

fn read_timeout(call: &mut Call<'_>, _: VariableName<'_>) -> Value {
    let Some(dialog) = dialog_of(call) else { return Value::Null };
    let inner = dialog.lock();
    let left = if inner.is_confirmed() { inner.expires.since(call.env.now) } else { inner.lifetime };
    Value::number(if inner.state == State::Deleted { 0 } else { left.as_secs() })
}

fn write_timeout(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let (keeper, dialog) = current(call)?;
    let lifetime = seconds(&value, "DLG_timeout")?;
    set_lifetime(&keeper, &mut call.env, &dialog, lifetime);
    Ok(())
}

fn write_delete_delay(call: &mut Call<'_>, _: VariableName<'_>, _: Operator, value: Value) -> Result<(), Fault> {
    let (keeper, dialog) = current(call)?;
    dialog.lock().delete_delay = seconds(&value, "DLG_del_delay")?;
    keeper.table.schedule(&dialog);
    Ok(())
}

fn seconds(value: &Value, name: &str) -> Result<Duration, Fault> {
    let seconds = value.int().and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map(Duration::from_secs).ok_or_else(|| Fault::script(format!("${name} is a number of seconds")))
}

fn json(call: &mut Call<'_>, with_context: bool) -> Value {
    let (Some(dialog), Ok(keeper)) = (dialog_of(call), call.state::<Keeper>()) else { return Value::Null };
    Value::Str(shown::dialog(keeper, &call.env, &dialog, with_context).to_string().into())
}
