//! The value of the script language: NULL, a 32-bit integer, or bytes.

use bytes::Bytes;
use std::borrow::Cow;

/// What a variable, a transformation or an expression yields. Rules: upstream's script manual,
/// `compat/core.md` section 4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Nothing is there. Prints as `<null>`.
    #[default]
    Null,
    /// A signed 32-bit integer; it prints as decimal text too.
    Int(i32),
    /// Text: bytes, in no particular encoding.
    Str(Bytes),
}

impl Value {
    /// A string that is part of the program.
    pub const fn fixed(text: &'static str) -> Value {
        Value::Str(Bytes::from_static(text.as_bytes()))
    }

    /// A string copied from `text`.
    pub fn copied(text: &[u8]) -> Value {
        Value::Str(Bytes::copy_from_slice(text))
    }

    /// `Null` for `None`.
    pub fn or_null<T: Into<Value>>(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }

    /// An integer of any width: as `Int` where it fits in 32 bits, else as decimal text.
    pub fn number(number: impl Into<i128>) -> Value {
        let number = number.into();
        i32::try_from(number).map_or_else(|_| Value::Str(Bytes::from(number.to_string())), Value::Int)
    }

    /// Whether this is NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The truth of a bare variable: false for NULL, the empty string and the integer 0; the string "0" is true.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Int(number) => *number != 0,
            Value::Str(text) => !text.is_empty(),
        }
    }

    /// The text of a string or integer; `None` for NULL.
    pub fn text(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Value::Null => None,
            Value::Int(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            Value::Str(text) => Some(Cow::Borrowed(text)),
        }
    }

    /// Like [`Value::text`], as shared bytes.
    pub fn into_bytes(self) -> Option<Bytes> {
        match self {
            Value::Null => None,
            Value::Int(number) => Some(Bytes::from(number.to_string())),
            Value::Str(text) => Some(text),
        }
    }

    /// The integer of an `Int`, or of a string that is wholly a decimal number; else `None`.
    pub fn int(&self) -> Option<i32> {
        match self {
            Value::Null => None,
            Value::Int(number) => Some(*number),
            Value::Str(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        }
    }

    /// Appends the printed form (`<null>` for NULL) to `out`.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"<null>"),
            Value::Int(number) => {
                use std::io::Write;
                // Writing to a Vec cannot fail.
                let _ = write!(out, "{number}");
            }
            Value::Str(text) => out.extend_from_slice(text),
        }
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Int(number)
    }
}

impl From<Bytes> for Value {
    fn from(text: Bytes) -> Value {
        Value::Str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Str(Bytes::from(text))
    }
}

impl From<Vec<u8>> for Value {
    fn from(text: Vec<u8>) -> Value {
        Value::Str(Bytes::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn truth_of_bare_values() {
        assert!(!Value::Null.is_true());
        assert!(!Value::Int(0).is_true());
        assert!(!Value::fixed("").is_true());
        assert!(Value::fixed("0").is_true());
        assert!(Value::Int(-1).is_true());
    }

    #[test]
    fn numbers_wider_than_32_bits_become_text() {
        assert_eq!(Value::number(7u16), Value::Int(7));
        assert_eq!(Value::number(5_000_000_000u64), Value::fixed("5000000000"));
    }
}
