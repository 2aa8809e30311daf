//! RAck: which provisional response a PRACK confirms (RFC 3262 section 7.2).

use crate::{CSeq, Fault, Method, cursor::Cursor, text::number};

/// The value of a RAck header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck<'a> {
    /// The RSeq of the response.
    pub response: u32,
    /// The number in the response's CSeq.
    pub sequence: u32,
    /// The method in the response's CSeq.
    pub method: Method,
    /// The method as written.
    pub method_text: &'a [u8],
}

impl<'a> RAck<'a> {
    /// Reads a value.
    pub fn parse(value: &'a [u8]) -> Result<RAck<'a>, Fault> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        if cursor.is_empty() {
            return Err(Fault::Empty);
        }
        let response = number(cursor.word()).ok_or(Fault::Number)?;
        let cseq = CSeq::parse(cursor.rest())?;
        Ok(RAck { response, sequence: cseq.number, method: cseq.method, method_text: cseq.method_text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let rack = RAck::parse(b"776656 1 INVITE").expect("a RAck");
        assert_eq!((rack.response, rack.sequence, rack.method), (776_656, 1, Method::Invite));
        for (wrong, fault) in
            [("", Fault::Empty), ("x 1 INVITE", Fault::Number), ("1", Fault::Empty), ("1 1", Fault::Syntax)]
        {
            assert_eq!(RAck::parse(wrong.as_bytes()), Err(fault), "{wrong}");
        }
    }
}
