//! What both notations know by name.

use std::f64::consts::{E, PI};

/// A function of one number.
pub(super) type Unary = fn(f64) -> f64;

/// The functions of one number that an expression may call.
pub(super) fn unary(name: &str) -> Option<Unary> {
    Some(match name {
        "abs" => f64::abs,
        "acos" => f64::acos,
        "asin" => f64::asin,
        "atan" => f64::atan,
        "ceil" => f64::ceil,
        "cos" => f64::cos,
        "cosh" => f64::cosh,
        "exp" => f64::exp,
        "floor" => f64::floor,
        "ln" => f64::ln,
        // As upstream has it; C's log() is ln here.
        "log" | "log10" => f64::log10,
        "sin" => f64::sin,
        "sinh" => f64::sinh,
        "sqrt" => f64::sqrt,
        "tan" => f64::tan,
        "tanh" => f64::tanh,
        _ => return None,
    })
}

/// The functions of one number that only the reverse notation has.
pub(super) fn rpn_unary(name: &str) -> Option<Unary> {
    Some(match name {
        "neg" => |number| -number,
        "cbrt" => f64::cbrt,
        "round" => f64::round,
        "nearbyint" => f64::round_ties_even,
        "trunc" => f64::trunc,
        "exp" | "ln" | "log10" | "abs" | "sqrt" | "floor" | "ceil" => return unary(name),
        _ => return None,
    })
}

/// The functions of two numbers that an expression may call.
pub(super) fn binary(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "pow" => f64::powf,
        "atan2" => f64::atan2,
        _ => return None,
    })
}

/// The numbers that have a name.
pub(super) fn constant(name: &str) -> Option<f64> {
    match name {
        "e" => Some(E),
        "pi" => Some(PI),
        _ => None,
    }
}

/// The number that a text begins with, and the rest of it. Words (`inf`, `nan`) are none.
pub(super) fn leading_number(text: &str) -> Option<(f64, &str)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    let whole = digits(text);
    let mut end = whole;
    let behind_point = text.get(end..).and_then(|rest| rest.strip_prefix('.')).map(digits);
    if let Some(fraction) = behind_point {
        end += 1 + fraction;
    }
    if whole + behind_point.unwrap_or(0) == 0 {
        return None;
    }
    if let Some(exponent) = text.get(end..).and_then(|rest| rest.strip_prefix(['e', 'E'])) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let figures = digits(exponent.get(sign..).unwrap_or_default());
        if figures > 0 {
            end += 1 + sign + figures;
        }
    }
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, rest))
}
