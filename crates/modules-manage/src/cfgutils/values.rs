//! Variables with several values: counted, chosen from by weight, shuffled.

use catalogue::{Arg, Example, Routes, Value};
use module_api::{Args, Call, FUNCTION, Fault, Function, Operator, Outcome, Run, VariableHandle};

pub(super) const SET_COUNT: Function = Function {
    name: "set_count",
    about: "Puts the number of a variable's values into another one.",
    args: &[Arg::var("var_to_count", "The variable."), Arg::var("ret_var", "Where the number goes.")],
    routes: Routes::ALL,
    examples: &[Example { script: "set_count($avp(list), $var(count))", message: "", returns: 1 }],
    run: Run::Now(set_count),
    ..FUNCTION
};

pub(super) const SET_SELECT_WEIGHT: Function = Function {
    name: "set_select_weight",
    about: "Chooses one of a variable's values, each with a chance in proportion to itself.",
    args: &[Arg::var("int_list_var", "The variable, whose values are integers.")],
    routes: Routes::ALL,
    // Upstream's positions begin at 0, but a return code of 0 ends the script.
    returns: &[(1, "the first was chosen; 2: the second, and so on"), (-1, "no value is a positive integer")],
    examples: &[Example { script: "set_select_weight($avp(none))", message: "", returns: -1 }],
    run: Run::Now(set_select_weight),
    ..FUNCTION
};

pub(super) const SHUFFLE_AVPS: Function = Function {
    name: "shuffle_avps",
    about: "Puts the values of an AVP in random order.",
    args: &[Arg::var("name", "The AVP.")],
    routes: Routes::ALL,
    examples: &[Example { script: "shuffle_avps($avp(list))", message: "", returns: 1 }],
    run: Run::Now(shuffle_avps),
    ..FUNCTION
};

/// Nobody keeps more values in a variable.
const VALUES_MAX: usize = 4_096;

fn set_count(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let count = args.var(0)?.count(call);
    args.var(1)?.write(call, Operator::Set, Value::number(u32::try_from(count).unwrap_or(u32::MAX)))?;
    Ok(1)
}

fn set_select_weight(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let weight = |value: Value| value.int().and_then(|weight| u32::try_from(weight).ok()).unwrap_or(0);
    let weights: Vec<u32> = values(call, args.var(0)?)?.into_iter().map(weight).collect();
    let total = weights.iter().fold(0u32, |sum, weight| sum.saturating_add(*weight));
    let mut left = call.env.random_below(total);
    for (position, weight) in (1..).zip(weights) {
        if left < weight {
            return Ok(position);
        }
        left -= weight;
    }
    Ok(-1)
}

/// Fisher and Yates.
fn shuffle_avps(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let variable = args.var(0)?;
    let mut values = values(call, variable)?;
    for last in (1..values.len()).rev() {
        let bound = u32::try_from(last + 1).unwrap_or(u32::MAX);
        let chosen = usize::try_from(call.env.random_below(bound)).unwrap_or(0);
        values.swap(last, chosen);
    }
    for (place, value) in values.into_iter().rev().enumerate() {
        let operator = if place == 0 { Operator::Replace } else { Operator::Set };
        variable.write(call, operator, value)?;
    }
    Ok(1)
}

fn values(call: &mut Call<'_>, variable: &VariableHandle) -> Result<Vec<Value>, Fault> {
    let count = variable.count(call);
    if count > VALUES_MAX {
        return Err(Fault::script(format!("{} has too many values", variable.text())));
    }
    Ok((0..count).map(|position| variable.read_at(call, position)).collect())
}
