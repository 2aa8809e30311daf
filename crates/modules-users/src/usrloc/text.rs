//! The strings of a contact, one after the other in one allocation.

/// The strings of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The contact URI.
    Uri,
    /// The Call-ID of the REGISTER.
    CallId,
    /// The URI of where the REGISTER came from, if that is not the contact's.
    Received,
    /// The Path (RFC 3327).
    Path,
    /// `+sip.instance`, without its quotes.
    Instance,
    /// What the script attached (`attr_avp`).
    Attr,
    /// The cluster tag of its owner.
    Tag,
    /// The User-Agent, where it is not among the known ones.
    Agent,
}

const FIELDS: usize = 8;

/// All strings of a contact. Absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    bytes: Box<[u8]>,
    ends: [u16; FIELDS],
}

impl Text {
    /// From the strings in the order of [`Field`]; `None` if they have more than 65,535 bytes together.
    pub fn new(parts: [&[u8]; FIELDS]) -> Option<Text> {
        let total = parts.iter().map(|part| part.len()).sum();
        let mut bytes = Vec::with_capacity(total);
        let mut ends = [0; FIELDS];
        for (part, end) in parts.iter().zip(&mut ends) {
            bytes.extend_from_slice(part);
            *end = u16::try_from(bytes.len()).ok()?;
        }
        Some(Text { bytes: bytes.into_boxed_slice(), ends })
    }

    /// One of the strings.
    pub fn get(&self, field: Field) -> &[u8] {
        let index = field as usize;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.bytes.get(usize::from(start)..usize::from(end)).unwrap_or_default()
    }

    /// Whether these are exactly its strings: then a re-registration keeps the allocation.
    pub fn is(&self, parts: &[&[u8]; FIELDS]) -> bool {
        let mut start = 0;
        self.ends.iter().zip(parts).all(|(end, part)| {
            let end = usize::from(*end);
            let same = self.bytes.get(start..end) == Some(*part);
            start = end;
            same
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Text};

    #[test]
    fn strings_come_back() {
        let parts: [&[u8]; 8] = [b"sip:a@b", b"call", b"", b"<sip:p;lr>", b"", b"x", b"", b"Phone"];
        let text = Text::new(parts).unwrap();
        assert_eq!(text.get(Field::Uri), b"sip:a@b");
        assert_eq!(text.get(Field::Received), b"");
        assert_eq!(text.get(Field::Path), b"<sip:p;lr>");
        assert_eq!(text.get(Field::Agent), b"Phone");
        assert!(text.is(&parts));
        assert!(!text.is(&[b"sip:a@", b"bcall", b"", b"<sip:p;lr>", b"", b"x", b"", b"Phone"]));
    }

    #[test]
    fn too_much_is_refused() {
        let long = vec![b'x'; 65_536];
        assert_eq!(Text::new([&long, b"", b"", b"", b"", b"", b"", b""]), None);
    }
}
