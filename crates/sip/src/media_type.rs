//! Content-Type and the media types of Accept: `type/subtype;parameter=value` (RFC 3261 section 20.15).

use crate::{Fault, Params, cursor::Cursor};

/// A media type with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// The type: `application`.
    pub kind: &'a [u8],
    /// The subtype: `sdp`.
    pub subtype: &'a [u8],
    /// The parameters, `boundary` among them.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads a value.
    pub fn parse(value: &'a [u8]) -> Result<MediaType<'a>, Fault> {
        let mut cursor = Cursor::new(value);
        cursor.skip_lws();
        let kind = cursor.token();
        if kind.is_empty() || !cursor.eat_separator(b'/') {
            return Err(Fault::Syntax);
        }
        let subtype = cursor.token();
        cursor.skip_lws();
        if subtype.is_empty() || !matches!(cursor.peek(), None | Some(b';')) {
            return Err(Fault::Syntax);
        }
        Ok(MediaType { kind, subtype, params: Params::new(cursor.rest()) })
    }

    /// Whether this is the given type and subtype; case does not count.
    pub fn is(&self, kind: &[u8], subtype: &[u8]) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_type_subtype_and_parameters() {
        let media = MediaType::parse(b"Multipart / Mixed ; boundary=\"a b\"").expect("a media type");
        assert!(media.is(b"multipart", b"mixed"));
        assert_eq!(media.params.unquoted(b"boundary").as_deref(), Some(&b"a b"[..]));
        for wrong in ["", "text", "text/", "/plain", "text/plain x"] {
            assert_eq!(MediaType::parse(wrong.as_bytes()), Err(Fault::Syntax), "{wrong}");
        }
    }
}
