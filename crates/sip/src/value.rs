//! A value with parameters: Event, Subscription-State, Session-Expires, Reason, Replaces, Content-Disposition and others
//! of this shape.

use crate::{
    Fault, Params,
    text::{number, trim},
};

/// What stands before the first `;`, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// The value: an event package, a number of seconds, a Call-ID.
    pub value: &'a [u8],
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Value<'a> {
    /// Reads a value, which must not be empty.
    pub fn parse(text: &'a [u8]) -> Result<Value<'a>, Fault> {
        let end = memchr::memchr(b';', text).unwrap_or(text.len());
        let (value, params) = text.split_at(end);
        let value = trim(value);
        if value.is_empty() {
            return Err(Fault::Empty);
        }
        Ok(Value { value, params: Params::new(params) })
    }

    /// The value as a number.
    pub fn number(&self) -> Result<u32, Fault> {
        number(self.value).ok_or(Fault::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_value_and_parameters() {
        let expires = Value::parse(b"1800 ;refresher=uac").expect("a value");
        assert_eq!(expires.number(), Ok(1800));
        assert_eq!(expires.params.value(b"refresher"), Some(&b"uac"[..]));
        let replaces = Value::parse(b"a1b2@host;to-tag=1;from-tag=2;early-only").expect("a value");
        assert_eq!(replaces.value, b"a1b2@host");
        assert!(replaces.params.has(b"early-only"));
        assert_eq!(replaces.number(), Err(Fault::Number));
        assert_eq!(Value::parse(b" ;x=1"), Err(Fault::Empty));
    }
}
