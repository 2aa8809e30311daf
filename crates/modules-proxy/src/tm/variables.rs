//! Variables of the transaction.

use super::Tm;
use catalogue::{Access, Value};
use module_api::{Call, Fault, Kind, VARIABLE, Variable, VariableRun};
use std::time::Duration;

pub(super) const BRANCH_INDEX: Variable = Variable {
    name: "T_branch_idx",
    about: "The number of the branch at hand, from 0: in branch and reply routes, and in failure_route that of the \
            branch chosen; NULL in other routes.",
    run: VariableRun::read(|call, _| {
        let branch = call.msg.branch.filter(|_| matches!(call.kind, Kind::Branch | Kind::Reply | Kind::Failure));
        branch.map_or(Value::Null, |branch| Value::number(u32::try_from(branch).unwrap_or(u32::MAX)))
    }),
    ..VARIABLE
};

pub(super) const REPLY_CODE: Variable = Variable {
    name: "T_reply_code",
    about: "The code of the reply at hand, of the one chosen in failure_route, else of the last one sent; 0 without one.",
    run: VariableRun::read(|call, _| {
        let code = call.msg.transaction.as_ref().map_or(0, |transaction| transaction.reply_code());
        Value::Int(i32::from(code))
    }),
    ..VARIABLE
};

pub(super) const REQUEST_URI: Variable = Variable {
    name: "T_ruri",
    about: "The Request-URI of the branch at hand.",
    run: VariableRun::read(|call, _| {
        let number = call.msg.branch.unwrap_or(0);
        let transaction = call.msg.transaction.as_ref();
        let branch = transaction.and_then(|transaction| transaction.branches().get(number));
        branch.map_or(Value::Null, |branch| Value::Str(branch.target.uri.clone()))
    }),
    ..VARIABLE
};

pub(super) const ID: Variable = Variable {
    name: "T_id",
    about: "The identifier of the transaction, which tm:reply takes.",
    run: VariableRun::read(|call, _| {
        call.msg.transaction.as_ref().map_or(Value::Null, |transaction| Value::from(transaction.id()))
    }),
    ..VARIABLE
};

pub(super) const ANY_REPLY: Variable = Variable {
    name: "T_fr_timeout",
    about: "Seconds until a branch without any reply fails; NULL sets it back to fr_timeout.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, _| seconds(call, Which::AnyReply),
        |call, _, _, value| set(call, Which::AnyReply, &value),
    ),
    ..VARIABLE
};

pub(super) const INVITE_FINAL: Variable = Variable {
    name: "T_fr_inv_timeout",
    about: "Seconds until an INVITE's branch without final reply fails; NULL sets it back to fr_inv_timeout.",
    access: Access::ReadWrite,
    run: VariableRun::read_write(
        |call, _| seconds(call, Which::InviteFinal),
        |call, _, _, value| set(call, Which::InviteFinal, &value),
    ),
    ..VARIABLE
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    AnyReply,
    InviteFinal,
}

fn seconds(call: &mut Call<'_>, which: Which) -> Value {
    let Ok(state) = call.state::<Tm>() else { return Value::Null };
    let armed = (call.msg.armed.any_reply, call.msg.armed.invite_final);
    let before = (armed.0.unwrap_or(state.timeouts.0), armed.1.unwrap_or(state.timeouts.1));
    let (any_reply, invite_final) = call.msg.transaction.as_ref().map_or(before, |transaction| transaction.timeouts());
    Value::number(if which == Which::AnyReply { any_reply.as_secs() } else { invite_final.as_secs() })
}

fn set(call: &mut Call<'_>, which: Which, value: &Value) -> Result<(), Fault> {
    let defaults = call.state::<Tm>()?.timeouts;
    let default = if which == Which::AnyReply { defaults.0 } else { defaults.1 };
    let timeout = if value.is_null() {
        default
    } else {
        let seconds = value.int().and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
        Duration::from_secs(seconds.ok_or_else(|| Fault::script("a timeout is a number of seconds"))?)
    };
    let (any_reply, invite_final) = match which {
        Which::AnyReply => (Some(timeout), None),
        Which::InviteFinal => (None, Some(timeout)),
    };
    // It holds for the transaction there is, and for the one that the request will have.
    let armed = &mut call.msg.armed;
    armed.any_reply = any_reply.or(armed.any_reply);
    armed.invite_final = invite_final.or(armed.invite_final);
    if let Some(transaction) = &mut call.msg.transaction {
        transaction.set_timeouts(any_reply, invite_final);
    }
    Ok(())
}

/// Takes what `fr_timer_avp` and `fr_inv_timer_avp` hold as the timeouts of the transaction. What is no time is passed over,
/// as it was.
pub(super) fn timeouts_of_variables(call: &mut Call<'_>) -> Result<(), Fault> {
    let module = call.shared_state::<Tm>()?;
    for (variable, which) in module.timeout_variables.iter().zip([Which::AnyReply, Which::InviteFinal]) {
        let Some(value) = variable.as_ref().map(|variable| variable.read(call)) else { continue };
        let seconds = value.int().filter(|seconds| *seconds > 0);
        if let Some(seconds) = seconds {
            set(call, which, &Value::Int(seconds))?;
        }
    }
    Ok(())
}
