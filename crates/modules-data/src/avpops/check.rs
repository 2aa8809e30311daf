//! `is_avp_set()` and `avp_check()`.

use super::names::{Flags, judge_avp, judge_operation, number, operand, operation, text, values, with_flags};
use super::today;
use catalogue::{Arg, Value, Verdict};
use module_api::{Args, Call, FUNCTION, Fault, Function, Outcome, Run};
use posix_regex::Pattern;
use std::cmp::Ordering;

pub(super) const IS_SET: Function = Function {
    name: "is_avp_set",
    about: "Whether an AVP has a value: any, an empty one (e), a string (s), a number (n).",
    args: &[Arg::raw("name", "The AVP: $avp(x), with flags after a slash.")
        .judged(|text| judge_avp(text, "eEsSnN", "$avp(name), and after a slash e, s or n"))],
    returns: &[(1, "it has"), (-1, "it has none")],
    today: Some(today::is_set),
    run: Run::Now(is_set),
    ..FUNCTION
};

pub(super) const CHECK: Function = Function {
    name: "avp_check",
    about: "Compares a variable: eq, ne, lt, le, gt, ge, re, fm, and, or, xor.",
    args: &[
        Arg::raw("name", "The variable."),
        Arg::raw("op_value", "operator/value, then flags: g for any of its values, i to ignore case.")
            .judged(judge_operand),
    ],
    returns: &[(1, "it is so"), (-1, "it is not")],
    today: Some(today::check),
    run: Run::Now(check),
    ..FUNCTION
};

const OPERATORS: &[&str] = &["eq", "ne", "lt", "le", "gt", "ge", "re", "fm", "and", "or", "xor"];

const INSTEAD: &str = "operator/value/flags: the operator one of eq, ne, lt, le, gt, ge, re, fm, and, or, xor";

fn judge_operand(text: &str) -> Verdict {
    match (judge_operation(text, OPERATORS, false, INSTEAD), operation(text)) {
        (Verdict::Fine, Some(("re", value, _))) if !value.starts_with('$') => {
            let expression = value.strip_prefix("s:").unwrap_or(value);
            Verdict::of(Pattern::IGNORE_CASE.compile(expression.as_bytes()), "a regular expression after re/")
        }
        (verdict, _) => verdict,
    }
}

fn is_set(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let (name, flags) = with_flags(text(args, 0)?);
    let found = values(call, name)?.first().is_some_and(|value| match value {
        Value::Int(number) if flags.has('e') => *number == 0,
        Value::Str(text) if flags.has('e') => text.is_empty(),
        Value::Int(_) => !flags.has('s'),
        _ => !flags.has('n'),
    });
    Ok(if found { 1 } else { -1 })
}

fn check(call: &mut Call<'_>, args: Args<'_>) -> Outcome {
    let written = text(args, 1)?;
    let (operator, value, flags) =
        operation(written).ok_or_else(|| Fault::script(format!("\"{written}\" is not operator/value")))?;
    let values = values(call, text(args, 0)?)?;
    let operand = operand(call, value)?;
    let count = if flags.has('g') { values.len() } else { 1 };
    for value in values.iter().take(count) {
        if holds(operator, value, &operand, flags)? {
            return Ok(1);
        }
    }
    Ok(-1)
}

fn holds(operator: &str, value: &Value, operand: &Value, flags: Flags<'_>) -> Result<bool, Fault> {
    let bits = |combine: fn(i32, i32) -> i32| {
        number(value).zip(number(operand)).is_some_and(|(one, other)| combine(one, other) != 0)
    };
    let order = compare(value, operand, flags);
    Ok(match operator {
        "eq" => order == Ordering::Equal,
        "ne" => order != Ordering::Equal,
        "lt" => order == Ordering::Less,
        "le" => order != Ordering::Greater,
        "gt" => order == Ordering::Greater,
        "ge" => order != Ordering::Less,
        "re" => pattern(flags).compile(&bytes(operand)).map_err(wrong_pattern)?.is_match(&bytes(value)),
        "fm" if flags.has('i') => posix_regex::glob_ignoring_case(&bytes(operand), &bytes(value)),
        "fm" => posix_regex::glob(&bytes(operand), &bytes(value)),
        "and" => bits(|one, other| one & other),
        "or" => bits(|one, other| one | other),
        "xor" => bits(|one, other| one ^ other),
        _ => return Err(Fault::script(format!("{operator} is no operator of avp_check()"))),
    })
}

/// Numbers where both are, else text.
fn compare(value: &Value, operand: &Value, flags: Flags<'_>) -> Ordering {
    if let Some((one, other)) = number(value).zip(number(operand)) {
        return one.cmp(&other);
    }
    let (one, other) = (bytes(value), bytes(operand));
    if flags.has('i') { one.to_ascii_lowercase().cmp(&other.to_ascii_lowercase()) } else { one.cmp(&other) }
}

fn bytes(value: &Value) -> Vec<u8> {
    value.text().map(|text| text.to_vec()).unwrap_or_default()
}

fn pattern(flags: Flags<'_>) -> Pattern {
    Pattern { ignore_case: flags.has('i'), ..Pattern::IGNORE_CASE }
}

fn wrong_pattern(error: impl std::fmt::Display) -> Fault {
    Fault::script(format!("the regular expression: {error}"))
}
