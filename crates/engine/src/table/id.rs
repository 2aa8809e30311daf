//! The identifier of a transaction, and the Via branch made from it: it says where in the table the transaction lies,
//! so that a reply finds it without a search.

/// Where a transaction lies: shard, slot, and which of the slot's tenants it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) shard: u8,
    /// Below 2^24.
    pub(crate) slot: u32,
    /// Begins at random and counts up, so that a late reply to an earlier tenant, or to an earlier life of the
    /// server, matches nothing.
    pub(crate) generation: u32,
}

/// The magic cookie of RFC 3261 section 8.1.1.7.
pub(crate) const COOKIE: &[u8] = b"z9hG4bK";
/// What tells our branches from other servers' behind the same address.
const MARK: &[u8] = b"stw";
const DIGITS: usize = 16;

impl Id {
    pub(crate) const SLOTS_MAX: u32 = 1 << 24;

    /// As one number.
    pub(crate) fn number(self) -> u64 {
        u64::from(self.shard) << 56 | u64::from(self.slot & (Id::SLOTS_MAX - 1)) << 32 | u64::from(self.generation)
    }

    /// From what [`Id::number`] gave.
    pub(crate) fn of(number: u64) -> Id {
        Id { shard: (number >> 56) as u8, slot: (number >> 32) as u32 & (Id::SLOTS_MAX - 1), generation: number as u32 }
    }

    /// As `$T_id` prints it.
    pub(crate) fn to_hex(self) -> String {
        format!("{:016x}", self.number())
    }

    /// Reads what [`Id::to_hex`] printed.
    pub(crate) fn from_hex(text: &[u8]) -> Option<Id> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() == DIGITS)?;
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u64::from_str_radix(text, 16).ok().map(Id::of)
    }

    /// Appends the Via branch of one of its branches.
    pub(crate) fn print_branch(self, branch: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(COOKIE);
        out.extend_from_slice(MARK);
        let number = self.number();
        for shift in (0..DIGITS).rev() {
            out.push(HEX[(number >> (shift * 4)) as usize & 15]);
        }
        out.push(b'.');
        print_decimal(branch, out);
    }

    /// The transaction and the number of its branch, if this Via branch is one of ours.
    pub(crate) fn of_branch(text: &[u8]) -> Option<(Id, usize)> {
        let text = text.strip_prefix(COOKIE)?.strip_prefix(MARK)?;
        let (id, rest) = text.split_at_checked(DIGITS)?;
        let mut parts = rest.strip_prefix(b".")?.split(|byte| *byte == b'.');
        let branch = std::str::from_utf8(parts.next()?).ok()?;
        let has_good_mark = parts.next().is_none_or(|mark| mark.len() == DIGITS) && parts.next().is_none();
        has_good_mark.then_some((Id::from_hex(id)?, branch.parse().ok()?))
    }
}

/// The mark that tells a loop in one of our branches, if it has one.
pub(crate) fn loop_mark(branch: &[u8]) -> Option<u64> {
    Id::of_branch(branch)?;
    let mark = branch.rsplit(|byte| *byte == b'.').next().filter(|mark| mark.len() == DIGITS)?;
    u64::from_str_radix(std::str::from_utf8(mark).ok()?, 16).ok()
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends a number in decimal digits.
pub(crate) fn print_decimal(number: usize, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    let mut rest = number;
    loop {
        start -= 1;
        if let Some(digit) = digits.get_mut(start) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 || start == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{Id, loop_mark, print_decimal};

    #[test]
    fn a_branch_leads_back_to_its_transaction() {
        let id = Id { shard: 0xfe, slot: 0x12_3456, generation: 0x0090_0d1e };
        let mut branch = Vec::new();
        id.print_branch(11, &mut branch);
        assert_eq!(branch, b"z9hG4bKstwfe12345600900d1e.11");
        assert_eq!(Id::of_branch(&branch), Some((id, 11)));
        assert_eq!(Id::from_hex(id.to_hex().as_bytes()), Some(id));
        assert_eq!(loop_mark(&branch), None);
        branch.extend_from_slice(b".00000000000000ff");
        assert_eq!((Id::of_branch(&branch), loop_mark(&branch)), (Some((id, 11)), Some(0xff)));
    }

    #[test]
    fn other_branches_are_not_ours() {
        for other in [
            "",
            "z9hG4bK",
            "z9hG4bKstw",
            "z9hG4bKstwfe12345600900d1e",
            "z9hG4bKstwge12345600900d1e.1",
            "z9hG4bKstwfe12345600900d1e.x",
            "z9hG4bKstwfe12345600900d1e.1.x",
            "z9hG4bKstwfe12345600900d1e.1.00000000000000ff.",
            "z9hG4bKstw+e12345600900d1e.1",
        ] {
            assert_eq!(Id::of_branch(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn decimal_digits() {
        for number in [0, 7, 10, 99_999, usize::MAX] {
            let mut text = Vec::new();
            print_decimal(number, &mut text);
            assert_eq!(text, number.to_string().into_bytes());
        }
    }
}
