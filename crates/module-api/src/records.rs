//! Records of the domain name system that are wanted as they are, not for where a name leads (ENUM).

use bytes::Bytes;

/// What is asked: all records of one kind that a name has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsQuestion {
    /// The name, from the root of all names; a dot at its end changes nothing.
    pub name: String,
    /// The kind.
    pub kind: RecordKind,
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// NAPTR (RFC 3403)
    Naptr,
    /// TXT (RFC 1035)
    Txt,
    /// One without a name of its own, by its number (RFC 3597).
    Numbered(u16),
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsRecord {
    /// NAPTR
    Naptr(Naptr),
    /// TXT: its strings, joined.
    Txt(Bytes),
    /// One without a name of its own: its bytes.
    Numbered(Bytes),
}

/// A NAPTR record (RFC 3403 section 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naptr {
    /// Which rules go before which; the lowest first.
    pub order: u16,
    /// The same among those of one order.
    pub preference: u16,
    /// What comes next: `u` says that the regular expression makes a URI.
    pub flags: Bytes,
    /// What is offered.
    pub services: Bytes,
    /// The substitution.
    pub regexp: Bytes,
}
