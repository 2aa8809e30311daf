//! CSeq: a number and a method (RFC 3261 section 20.16).

use crate::{
    Fault, Method,
    cursor::Cursor,
    text::{is_lws, is_token_byte, number},
};

/// The value of a CSeq header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// The number.
    pub number: u32,
    /// The method.
    pub method: Method,
    /// The method as written.
    pub method_text: &'a [u8],
}

impl<'a> CSeq<'a> {
    /// Reads a value; leading zeros and folding are allowed.
    pub fn parse(value: &'a [u8]) -> Result<CSeq<'a>, Fault> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        if cursor.is_empty() {
            return Err(Fault::Empty);
        }
        let number = number(cursor.word()).ok_or(Fault::Number)?;
        cursor.skip_lws();
        let method_text = cursor.take_while(is_token_byte);
        cursor.take_while(is_lws);
        if method_text.is_empty() || !cursor.is_empty() {
            return Err(Fault::Syntax);
        }
        Ok(CSeq { number, method: Method::of(method_text), method_text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let cseq = CSeq::parse(b"0009\r\n  INVITE").expect("a CSeq");
        assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
        assert_eq!(CSeq::parse(b"1 NEW").expect("a CSeq").method, Method::Other);
        for (wrong, fault) in [
            ("", Fault::Empty),
            ("INVITE", Fault::Number),
            ("36893488147419103232 REGISTER", Fault::Number),
            ("1", Fault::Syntax),
            ("1 INVITE x", Fault::Syntax),
            ("1 INV,ITE", Fault::Syntax),
        ] {
            assert_eq!(CSeq::parse(wrong.as_bytes()), Err(fault), "{wrong}");
        }
    }
}
