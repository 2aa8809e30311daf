//! Comparison of values. Strings ignore case; NULL equals only NULL.

use crate::ast::CompareOperator as Operator;
use crate::host::ScriptFault;
use crate::program::instruction::Network;
use catalogue::Value;
use std::cmp::Ordering;
use std::net::IpAddr;

/// `left operator right`. A string on the left of an integer is the script's mistake; an integer on the left of a
/// string is compared as text, because upstream's numeric variables (`$rp`, `$rs`) are both.
pub(crate) fn compare(operator: Operator, left: &Value, right: &Value) -> Result<bool, ScriptFault> {
    let ordering = match (left, right) {
        (Value::Null, Value::Null) => return Ok(operator == Operator::Equal),
        (Value::Null, _) | (_, Value::Null) => return Ok(operator == Operator::NotEqual),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Str(left), Value::Str(right)) => return Ok(compare_text(operator, left, right)),
        (Value::Int(number), Value::Str(right)) => {
            return Ok(compare_text(operator, number.to_string().as_bytes(), right));
        }
        (Value::Str(_), Value::Int(_)) => return Err(ScriptFault::Incomparable),
    };
    Ok(holds(operator, ordering))
}

fn compare_text(operator: Operator, left: &[u8], right: &[u8]) -> bool {
    match operator {
        Operator::Equal => left.eq_ignore_ascii_case(right),
        Operator::NotEqual => !left.eq_ignore_ascii_case(right),
        _ => {
            let lower = |text: &[u8]| text.to_ascii_lowercase();
            holds(operator, lower(left).cmp(&lower(right)))
        }
    }
}

fn holds(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::Greater => ordering.is_gt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        // Patterns have their own instructions.
        Operator::Match | Operator::NoMatch => false,
    }
}

/// Whether a value is an address in the network; what is no address is outside.
pub(crate) fn in_network(value: &Value, network: &Network) -> bool {
    let Value::Str(text) = value else { return false };
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let text = text.trim_start_matches('[').trim_end_matches(']');
    text.parse::<IpAddr>().is_ok_and(|address| network.contains(address))
}

/// Whether a case of a `switch` fits.
pub(crate) fn fits(subject: &Value, case: &Value) -> bool {
    compare(Operator::Equal, subject, case).unwrap_or(false)
}
