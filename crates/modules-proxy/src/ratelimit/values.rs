//! `rl_values()`, `$rl_count(name)`.

use super::params::Ratelimit;
use super::shared::parts_of;
use bytes::Bytes;
use catalogue::{Arg, Example, Inner, Value};
use module_api::{
    Args, Call, FUNCTION, Function, Operator, Outcome, Run, VARIABLE, Variable, VariableName, VariableRun,
};

pub(super) const RL_VALUES: Function = Function {
    name: "rl_values",
    about: "Puts the names of all pipes into an AVP, a value each, sorted.",
    args: &[
        Arg::var("ret_avp", "The AVP."),
        Arg::regex("regexp", "Which of them: those whose names match.").optional(),
    ],
    returns: &[(1, "done"), (-1, "an error, which is logged")],
    examples: &[Example { script: "rl_check(\"gw\", 1); rl_values($avp(names), \"^g\")", message: "", returns: 1 }],
    run: Run::Now(values),
    ..FUNCTION
};

pub(super) const RL_COUNT: Variable = Variable {
    name: "rl_count",
    about: "How much a pipe has counted; NULL if there is none of this name.",
    inner: Inner::Name,
    run: VariableRun::read(count),
    ..VARIABLE
};

fn values(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let pipes = call.state::<Ratelimit>()?.pipes.all();
    let variable = args.var(0)?;
    let pattern = args.opt_regex(1);
    let wanted = pipes.into_keys().rev().filter(|name| pattern.is_none_or(|pattern| pattern.is_match(name)));
    // The last one that is put into an AVP is its first.
    for name in wanted {
        variable.write(call, Operator::Set, Value::Str(name))?;
    }
    Ok(1)
}

fn count(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Ok(state) = call.state::<Ratelimit>() else { return Value::Null };
    let (name, _) = parts_of(&Bytes::copy_from_slice(name.text));
    state.pipes.with(&name, |pipe| pipe.count(call.env.now)).map_or(Value::Null, Value::number)
}
