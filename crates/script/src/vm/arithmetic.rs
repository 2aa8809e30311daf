//! Arithmetic on values: 32 bits, wrapping; `+` joins strings; `&`, `|` and `^` take equally long strings too.

use crate::ast::ArithmeticOperator as Operator;
use crate::host::ScriptFault;
use bytes::Bytes;
use catalogue::Value;

/// `left operator right`.
pub(crate) fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Result<Value, ScriptFault> {
    match (operator, left, right) {
        (Operator::Add, Value::Null, any) | (Operator::Add, any, Value::Null) => Ok(any.clone()),
        (Operator::Add, Value::Str(_), _) | (Operator::Add, _, Value::Str(_)) => joined(left, right),
        (_, Value::Null, _) => Ok(Value::Null),
        (Operator::BitAnd | Operator::BitOr | Operator::BitXor, Value::Str(left), Value::Str(right))
            if left.len() == right.len() =>
        {
            Ok(bytewise(operator, left, right))
        }
        _ => numeric(operator, number(left)?, number(right)?).map(Value::Int),
    }
}

/// `-value`
pub(crate) fn negated(value: &Value) -> Result<Value, ScriptFault> {
    Ok(Value::Int(number(value)?.wrapping_neg()))
}

/// `~value`
pub(crate) fn complement(value: &Value) -> Result<Value, ScriptFault> {
    Ok(Value::Int(!number(value)?))
}

/// NULL counts as 0.
fn number(value: &Value) -> Result<i32, ScriptFault> {
    if value.is_null() { Ok(0) } else { value.int().ok_or(ScriptFault::NotANumber) }
}

fn numeric(operator: Operator, left: i32, right: i32) -> Result<i32, ScriptFault> {
    let shifted = |shift: fn(i32, u32) -> Option<i32>| {
        // C leaves shifts by more than the width undefined; here nothing remains.
        u32::try_from(right).ok().and_then(|bits| shift(left, bits)).unwrap_or(0)
    };
    Ok(match operator {
        Operator::Add => left.wrapping_add(right),
        Operator::Subtract => left.wrapping_sub(right),
        Operator::Multiply => left.wrapping_mul(right),
        Operator::Divide | Operator::Remainder if right == 0 => return Err(ScriptFault::DivisionByZero),
        Operator::Divide => left.wrapping_div(right),
        Operator::Remainder => left.wrapping_rem(right),
        Operator::BitAnd => left & right,
        Operator::BitOr => left | right,
        Operator::BitXor => left ^ right,
        Operator::ShiftLeft => shifted(i32::checked_shl),
        Operator::ShiftRight => shifted(i32::checked_shr),
    })
}

/// A text that is joined to itself again and again must not take all the memory there is: this is as long as a message.
pub(crate) const JOINED_BYTES_MAX: usize = 65_535;

fn joined(left: &Value, right: &Value) -> Result<Value, ScriptFault> {
    let (left, right) = (left.text().unwrap_or_default(), right.text().unwrap_or_default());
    if left.len().saturating_add(right.len()) > JOINED_BYTES_MAX {
        return Err(ScriptFault::JoinedTooLong);
    }
    let mut text = Vec::with_capacity(left.len() + right.len());
    text.extend_from_slice(&left);
    text.extend_from_slice(&right);
    Ok(Value::from(text))
}

fn bytewise(operator: Operator, left: &Bytes, right: &Bytes) -> Value {
    let pairs = left.iter().zip(right.iter());
    let bytes = pairs.map(|(left, right)| match operator {
        Operator::BitAnd => left & right,
        Operator::BitOr => left | right,
        _ => left ^ right,
    });
    Value::from(bytes.collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::{JOINED_BYTES_MAX, arithmetic};
    use crate::ast::ArithmeticOperator::Add;
    use crate::host::ScriptFault;
    use catalogue::Value;

    #[test]
    fn a_text_that_doubles_has_an_end() {
        let mut text = Value::copied(b"1");
        let mut longest = 0;
        let fault = loop {
            match arithmetic(Add, &text, &text) {
                Ok(doubled) => text = doubled,
                Err(fault) => break fault,
            }
            longest = text.text().map_or(0, |text| text.len());
        };
        assert_eq!((longest, fault), (32_768, ScriptFault::JoinedTooLong));
        let rest = Value::from(vec![b'x'; JOINED_BYTES_MAX - longest]);
        assert!(arithmetic(Add, &text, &rest).is_ok());
    }
}
