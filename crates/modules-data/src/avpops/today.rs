//! The lines of today for the functions of this module.

use super::names::{Flags, avp_name, operation, with_flags};
use super::operate::pair;
use catalogue::Today;

/// There is no single line.
pub(super) fn none(_: &[&str]) -> Today {
    Today::NoLine
}

pub(super) fn is_set(args: &[&str]) -> Today {
    let (name, flags) = with_flags(first(args));
    if flags.0.is_empty() { Today::Line(format!("{name} != NULL")) } else { Today::NoLine }
}

pub(super) fn check(args: &[&str]) -> Today {
    let Some((operator, value, flags)) = operation(second(args)) else { return Today::NoLine };
    let sign = match operator {
        "eq" => "==",
        "ne" => "!=",
        "lt" => "<",
        "le" => "<=",
        "gt" => ">",
        "ge" => ">=",
        "re" => "=~",
        "and" => "&",
        "or" => "|",
        "xor" => "^",
        _ => return Today::NoLine,
    };
    if flags.has('g') || flags.has('i') {
        return Today::NoLine;
    }
    Today::Line(format!("{} {sign} {}", first(args), operand(value)))
}

pub(super) fn copy(args: &[&str]) -> Today {
    let (to, flags) = with_flags(second(args));
    let from = first(args);
    match flags.0 {
        "" => Today::Line(format!("{to} = {from}")),
        "d" | "D" => Today::Line(format!("{to} = {from}; {from} = NULL")),
        "n" | "N" => Today::Line(format!("{to} = {}", transformed(from, "s.int"))),
        _ => Today::NoLine,
    }
}

pub(super) fn delete(args: &[&str]) -> Today {
    let (name, flags) = with_flags(first(args));
    let Some(inner) = avp_name(name) else {
        return Today::Unclear(format!(
            "\"{name}\" may mean an AVP of this name, $avp({name}), or every AVP of a kind; write $avp({name}) = NULL, or \
             name each that is to go"
        ));
    };
    Today::Line(if flags.has('g') { format!("$(avp({inner})[*]) = NULL") } else { format!("{name} = NULL") })
}

pub(super) fn operate(args: &[&str]) -> Today {
    let (from, to) = pair(first(args));
    let Some((operator, value, Flags(""))) = operation(second(args)) else { return Today::NoLine };
    let sign = match operator {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "mod" => "%",
        "and" => "&",
        "or" => "|",
        "xor" => "^",
        "not" => return Today::Line(format!("{to} = ~ {from}")),
        _ => return Today::NoLine,
    };
    Today::Line(format!("{to} = {from} {sign} {}", operand(value)))
}

pub(super) fn substitute(args: &[&str]) -> Today {
    let (from, rest) = first(args).split_once('/').unwrap_or((first(args), ""));
    let to = if rest.is_empty() { from } else { rest };
    if to.contains('/') || second(args).contains(['}', ',']) {
        return Today::NoLine;
    }
    Today::Line(format!("{to} = {}", transformed(from, &format!("re.subst,{}", second(args)))))
}

pub(super) fn push_to(args: &[&str]) -> Today {
    let (name, flags) = with_flags(second(args));
    if !flags.0.is_empty() {
        return Today::NoLine;
    }
    match first(args) {
        "$ru" => Today::Line(format!("$ru = {name}")),
        "$ru/username" => Today::Line(format!("$rU = {name}")),
        "$ru/domain" => Today::Line(format!("$rd = {name}")),
        "$du" => Today::Line(format!("$du = {name}")),
        "$br" => Today::Line(format!("append_msg_branch({name})")),
        _ => Today::NoLine,
    }
}

/// `$avp(x)` as `$(avp(x){name})`.
fn transformed(variable: &str, transformation: &str) -> String {
    format!("$({}{{{transformation}}})", variable.trim_start_matches('$'))
}

/// A value as operators take it.
fn operand(value: &str) -> String {
    if let Some(number) = value.strip_prefix("i:") {
        return number.to_owned();
    }
    let text = value.strip_prefix("s:").unwrap_or(value);
    if value.starts_with('$') || (text == value && text.parse::<i32>().is_ok()) {
        return text.to_owned();
    }
    format!("\"{text}\"")
}

fn first<'a>(args: &[&'a str]) -> &'a str {
    args.first().copied().unwrap_or_default()
}

fn second<'a>(args: &[&'a str]) -> &'a str {
    args.get(1).copied().unwrap_or_default()
}
