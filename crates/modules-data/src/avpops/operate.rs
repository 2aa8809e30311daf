//! `avp_op()` and `avp_subst()`.

use super::change::take;
use super::names::{Flags, avp, is_avp, judge_operation, number, operand, operation, print, text};
use super::today;
use catalogue::{Arg, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};
use posix_regex::Substitution;

pub(super) const OPERATE: Function = Function {
    name: "avp_op",
    about: "Calculates with the numbers of an AVP: add, sub, mul, div, mod, and, or, xor, not.",
    args: &[
        Arg::raw("name", "The AVP, and after a slash the one that gets the result.").judged(judge_pair),
        Arg::raw("op_value", "operator/value, then flags: g for all its values, d to delete them.").judged(|text| {
            judge_operation(
                text,
                OPERATORS,
                true,
                "operator/number/flags: the operator one of add, sub, mul, div, mod, and, or, xor, not",
            )
        }),
    ],
    returns: &[(1, "done"), (-1, "there is no number, or a division by zero")],
    today: Some(today::operate),
    run: Run::Now(operate),
    ..FUNCTION
};

pub(super) const SUBSTITUTE: Function = Function {
    name: "avp_subst",
    about: "Substitutes in the strings of an AVP.",
    args: &[
        Arg::raw("avps", "source[/destination[/flags]]: g for all its values, d to delete the source.")
            .judged(judge_source),
        Arg::raw("subst", "/expression/replacement/flags").judged(judge_substitution),
    ],
    returns: &[(1, "done"), (-1, "nothing matched")],
    today: Some(today::substitute),
    run: Run::Now(substitute),
    ..FUNCTION
};

const OPERATORS: &[&str] = &["add", "sub", "mul", "div", "mod", "and", "or", "xor", "not"];

/// `$avp(a)`, `$avp(a)/$avp(b)`
fn judge_pair(written: &str) -> Verdict {
    let (from, to) = pair(written);
    [from, to].into_iter().map(is_avp).find(|verdict| *verdict != Verdict::Fine).unwrap_or(Verdict::Fine)
}

/// `$avp(a)`, `$avp(a)/$avp(b)`, `$avp(a)/$avp(b)/flags`
fn judge_source(written: &str) -> Verdict {
    let mut parts = written.splitn(3, '/').map(str::trim);
    let names = parts.by_ref().take(2).filter(|name| !name.is_empty());
    let wrong = names.map(is_avp).find(|verdict| *verdict != Verdict::Fine);
    wrong.unwrap_or_else(|| {
        Verdict::letters(parts.next().unwrap_or_default(), "gGdD", "$avp(from)/$avp(to)/flags: g and d")
    })
}

/// What variables stand for, slashes perhaps, is known only when the script runs.
fn judge_substitution(written: &str) -> Verdict {
    if written.split('$').skip(1).any(|after| after.starts_with(|sign: char| sign == '(' || sign.is_ascii_alphabetic()))
    {
        return Verdict::Fine;
    }
    Verdict::of(Substitution::parse(written.as_bytes()), "/expression/replacement/flags")
}

fn operate(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (source, target) = pair(text(args, 0)?);
    let written = text(args, 1)?;
    let (operator, value, flags) =
        operation(written).ok_or_else(|| Fault::script(format!("\"{written}\" is not operator/value")))?;
    let (from, to) = (avp(call, source)?, avp(call, target)?);
    let operand = operand(call, value)?;
    let operand = number(&operand).ok_or_else(|| Fault::script("the operand is no number"))?;
    // Where the result takes the place of its source, the source goes.
    let replaces = from == to;
    let flags_of_take = if replaces && !flags.has('d') { format!("{}d", flags.0) } else { flags.0.to_owned() };
    let values = take(call, from, Flags(&flags_of_take));
    let results: Vec<i32> = values
        .iter()
        .filter_map(|value| calculate(operator, number(value)?, operand).transpose())
        .collect::<Result<_, _>>()?;
    let is_done = !results.is_empty();
    for result in results.into_iter().rev() {
        call.msg.avps.push(to, Value::Int(result));
    }
    Ok(if is_done { 1 } else { -1 })
}

fn calculate(operator: &str, one: i32, other: i32) -> Result<Option<i32>, Fault> {
    Ok(match operator {
        "add" => Some(one.wrapping_add(other)),
        "sub" => Some(one.wrapping_sub(other)),
        "mul" => Some(one.wrapping_mul(other)),
        "div" => one.checked_div(other),
        "mod" => one.checked_rem(other),
        "and" => Some(one & other),
        "or" => Some(one | other),
        "xor" => Some(one ^ other),
        "not" => Some(!one),
        _ => return Err(Fault::script(format!("{operator} is no operator of avp_op()"))),
    })
}

fn substitute(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let mut parts = text(args, 0)?.splitn(3, '/').map(str::trim);
    let source = parts.next().unwrap_or_default();
    let target = parts.next().filter(|target| !target.is_empty()).unwrap_or(source);
    let flags = Flags(parts.next().unwrap_or_default());
    let (from, to) = (avp(call, source)?, avp(call, target)?);
    let expression = text(args, 1)?.to_owned();
    let values: Vec<Value> = call.msg.avps.values(from).cloned().collect();
    let count = if flags.has('g') { values.len() } else { 1 };
    let name = super::names::avp_name(source).unwrap_or_default().to_owned();
    let mut results = Vec::new();
    for (index, value) in values.iter().take(count).enumerate().filter(|(_, value)| value.int().is_none()) {
        // The transformation of today does the work, variables in the replacement included.
        let result = print(call, &format!("$(avp({name})[{index}]{{re.subst,{expression}}})"))?;
        if Some(&result) != value.clone().into_bytes().as_ref() {
            results.push((index, result));
        }
    }
    let is_done = !results.is_empty();
    for (index, result) in results.into_iter().rev() {
        let result = Value::Str(result);
        match i32::try_from(index) {
            Ok(index) if from == to => {
                call.msg.avps.replace_at(to, index, result);
            }
            _ => call.msg.avps.push(to, result),
        }
    }
    if flags.has('d') && from != to && is_done {
        let count = if flags.has('g') { call.msg.avps.count(from) } else { 1 };
        (0..count).for_each(|_| {
            call.msg.avps.remove_at(from, 0);
        });
    }
    Ok(if is_done { 1 } else { -1 })
}

/// `$avp(a)/$avp(b)`; without the second it is the first.
pub(super) fn pair(written: &str) -> (&str, &str) {
    let (source, target) = written.split_once('/').unwrap_or((written, written));
    (source.trim(), target.trim())
}
