//! The destination set of a request: branch 0 is the Request-URI, the others are alternatives.

use crate::SocketId;
use bytes::Bytes;
use catalogue::{FlagSet, Value};
use smallvec::SmallVec;

/// The greatest number of branches of a message, the Request-URI included.
pub const BRANCHES_MAX: usize = 12;

/// A preference between 0 and 1, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Q(pub u16);

/// One destination.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    /// Its Request-URI.
    pub uri: Bytes,
    /// Where it is sent, if not to the Request-URI (`$du`).
    pub destination: Option<Bytes>,
    /// Its Route set from registration (RFC 3327), a list of name-addrs.
    pub path: Option<Bytes>,
    /// Its preference; `None` where none was given.
    pub q: Option<Q>,
    /// The socket it must leave by.
    pub socket: Option<SocketId>,
    /// Its flags.
    pub flags: FlagSet,
    /// Its attributes (`$msg.branch.attr(x)`), by name.
    pub attributes: Vec<(Bytes, Value)>,
}

/// The destination set.
#[derive(Clone, Debug)]
pub struct Branches {
    /// Never empty: the first is the Request-URI's.
    list: SmallVec<[Branch; 1]>,
    /// Sets put aside by `serialize_branches()`, the next to try last.
    pub serial: Vec<Vec<Branch>>,
}

impl Branches {
    /// Only the Request-URI.
    pub fn new(uri: Bytes) -> Branches {
        let mut list = SmallVec::new();
        list.push(Branch { uri, ..Branch::default() });
        Branches { list, serial: Vec::new() }
    }

    /// Branch 0.
    pub fn first(&self) -> &Branch {
        // `list` is never empty: no method removes its first element.
        &self.list[0]
    }

    /// Branch 0.
    pub fn first_mut(&mut self) -> &mut Branch {
        &mut self.list[0]
    }

    /// All branches.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Branch> + ExactSizeIterator {
        self.list.iter()
    }

    /// How many there are, at least 1.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// A branch; negative numbers count from the end.
    pub fn at(&self, index: i32) -> Option<&Branch> {
        self.position(index).and_then(|position| self.list.get(position))
    }

    /// A branch; negative numbers count from the end.
    pub fn at_mut(&mut self, index: i32) -> Option<&mut Branch> {
        let position = self.position(index)?;
        self.list.get_mut(position)
    }

    /// Adds a branch; false if there are [`BRANCHES_MAX`] already.
    pub fn push(&mut self, branch: Branch) -> bool {
        if self.list.len() >= BRANCHES_MAX {
            return false;
        }
        self.list.push(branch);
        true
    }

    /// Removes a branch; branch 0 cannot be removed.
    pub fn remove(&mut self, index: i32) -> Option<Branch> {
        let position = self.position(index).filter(|position| *position > 0)?;
        Some(self.list.remove(position))
    }

    /// Takes all branches but branch 0.
    pub fn take_others(&mut self) -> SmallVec<[Branch; 1]> {
        self.list.drain(1..).collect()
    }

    /// Exchanges two branches.
    pub fn swap(&mut self, one: usize, other: usize) -> bool {
        let both = one < self.list.len() && other < self.list.len();
        if both {
            self.list.swap(one, other);
        }
        both
    }

    fn position(&self, index: i32) -> Option<usize> {
        let position = match usize::try_from(index) {
            Ok(index) => index,
            Err(_) => self.list.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
        };
        (position < self.list.len()).then_some(position)
    }
}

impl Q {
    /// The greatest preference.
    pub const MAX: Q = Q(1000);

    /// Reads `0.5`, `1`, `.25`.
    pub fn parse(text: &[u8]) -> Option<Q> {
        let (whole, fraction) = match text.iter().position(|byte| *byte == b'.') {
            Some(dot) => (text.get(..dot)?, text.get(dot + 1..)?),
            None => (text, &b""[..]),
        };
        if whole.is_empty() && fraction.is_empty() || fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let whole: u16 = match whole {
            b"" | b"0" => 0,
            b"1" => 1000,
            _ => return None,
        };
        let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(3);
        let thousandths = padded.fold(0u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        let total = whole + thousandths;
        (total <= 1000).then_some(Q(total))
    }
}

impl std::fmt::Display for Q {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 >= 1000 {
            return out.write_str("1");
        }
        if self.0 == 0 {
            return out.write_str("0");
        }
        let digits = format!("{:03}", self.0);
        write!(out, "0.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::Q;

    #[test]
    fn q_values() {
        for (text, q) in [("1", 1000), ("1.0", 1000), ("0.5", 500), (".25", 250), ("0.123", 123), ("0", 0)] {
            assert_eq!(Q::parse(text.as_bytes()), Some(Q(q)), "{text}");
        }
        for text in ["", ".", "1.1", "2", "-1", "0.1234", "0.x"] {
            assert_eq!(Q::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!([Q(1000), Q(500), Q(123), Q(0)].map(|q| q.to_string()), ["1", "0.5", "0.123", "0"]);
    }
}
