//! How arguments of this module are written: `$avp(name)/flags`, `operator/value/flags`.

use bytes::Bytes;
use catalogue::{NameId, Value, Verdict};
use module_api::{Args, Call, Fault};

/// The argument as text.
pub(super) fn text<'a>(args: Args<'a>, index: usize) -> Result<&'a str, Fault> {
    std::str::from_utf8(args.str(index)?).map_err(|_| Fault::script("the parameter is not UTF-8 text"))
}

/// `$avp(x)/gd` as the name and its flags.
pub(super) fn with_flags(written: &str) -> (&str, Flags<'_>) {
    let (name, flags) = written.split_once('/').unwrap_or((written, ""));
    (name.trim(), Flags(flags))
}

/// Flags as letters of either case.
#[derive(Clone, Copy)]
pub(super) struct Flags<'a>(pub(super) &'a str);

impl Flags<'_> {
    pub(super) fn has(self, letter: char) -> bool {
        self.0.chars().any(|known| known.eq_ignore_ascii_case(&letter))
    }
}

/// `operator/value/flags`; the value may hold slashes.
pub(super) fn operation(written: &str) -> Option<(&str, &str, Flags<'_>)> {
    let (operator, rest) = written.split_once('/')?;
    let is_flags = |text: &str| !text.is_empty() && text.bytes().all(|byte| b"gGiIdD".contains(&byte));
    Some(match rest.rsplit_once('/').filter(|(_, last)| is_flags(last)) {
        Some((value, flags)) => (operator, value, Flags(flags)),
        None => (operator, rest, Flags("")),
    })
}

/// Whether `written` is an operation, with one of these operators, whose number, if it is one, can be read.
pub(super) fn judge_operation(
    written: &str,
    operators: &'static [&'static str],
    wants_number: bool,
    instead: &'static str,
) -> Verdict {
    let Some((operator, value, _)) = operation(written) else {
        return Verdict::must(false, written, "operator/value", instead);
    };
    if !operators.contains(&operator) {
        return Verdict::must(false, operator, "operator", instead);
    }
    let number = match value.strip_prefix("i:") {
        Some(number) => Some(number),
        None => Some(value.strip_prefix("s:").unwrap_or(value)).filter(|value| wants_number && !value.contains('$')),
    };
    Verdict::must(
        number.is_none_or(|number| number_of(number).is_some()),
        number.unwrap_or_default(),
        "number",
        instead,
    )
}

/// Whether `written` is `$avp(name)` with one of these letters after a slash; others are ignored.
pub(super) fn judge_avp(written: &str, letters: &'static str, instead: &'static str) -> Verdict {
    let (name, flags) = with_flags(written);
    match is_avp(name) {
        Verdict::Fine => Verdict::letters(flags.0, letters, instead),
        wrong => wrong,
    }
}

/// Whether `written` is an AVP.
pub(super) fn is_avp(written: &str) -> Verdict {
    let is_named = avp_name(written).is_some_and(|name| !name.is_empty());
    Verdict::must(is_named, written, "AVP", "written $avp(name)")
}

/// The name in `$avp(name)`, with or without the type that 1.x wrote in it.
pub(super) fn avp_name(written: &str) -> Option<&str> {
    let name = written.trim().strip_prefix("$avp(")?.strip_suffix(')')?;
    Some(name.strip_prefix("s:").or_else(|| name.strip_prefix("i:")).unwrap_or(name))
}

/// The AVP of a name as written; names that are variables are read now.
pub(super) fn avp(call: &mut Call<'_>, written: &str) -> Result<NameId, Fault> {
    let name = avp_name(written).ok_or_else(|| Fault::script(format!("{written} is no AVP: $avp(name)")))?;
    let name = if name.contains('$') { print(call, name)? } else { Bytes::copy_from_slice(name.as_bytes()) };
    let known = call.env.services.names.avps.intern(&name);
    known.ok_or_else(|| Fault::us("there are too many names of AVPs"))
}

/// A format string of the script, printed.
pub(super) fn print(call: &mut Call<'_>, format: &str) -> Result<Bytes, Fault> {
    let operations = call.env.operations;
    let format = operations.format(format.as_bytes()).map_err(Fault::script)?;
    Ok(format.print(call))
}

/// The values of an AVP, newest first, or that of any other variable.
pub(super) fn values(call: &mut Call<'_>, written: &str) -> Result<Vec<Value>, Fault> {
    if avp_name(written).is_none() {
        return Ok(vec![Value::Str(print(call, written)?)]);
    }
    let name = avp(call, written)?;
    Ok(call.msg.avps.values(name).cloned().collect())
}

/// `i:5`, `s:text`, a variable, or text.
pub(super) fn operand(call: &mut Call<'_>, written: &str) -> Result<Value, Fault> {
    if let Some(number) = written.strip_prefix("i:") {
        return number_of(number).map(Value::Int).ok_or_else(|| Fault::script(format!("{number} is no number")));
    }
    let text = match written.strip_prefix("s:") {
        Some(text) => Bytes::copy_from_slice(text.as_bytes()),
        None if written.starts_with('$') => print(call, written)?,
        None => Bytes::copy_from_slice(written.as_bytes()),
    };
    Ok(Value::Str(text))
}

/// A decimal or hexadecimal number.
pub(super) fn number_of(text: &str) -> Option<i32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(u32::cast_signed),
        None => text.parse().ok(),
    }
}

/// A value as a number, also where it is text.
pub(super) fn number(value: &Value) -> Option<i32> {
    value.int().or_else(|| number_of(std::str::from_utf8(&value.text()?).ok()?))
}
