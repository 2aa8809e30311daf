//! What tells a dialog from all others: its place among the hash slots, and a number.

/// A dialog's identifier. As text it is two hexadecimal numbers, each with its last digit first, as upstream writes them:
/// phones have such texts in their Route sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// The hash slot.
    pub entry: u32,
    /// The number.
    pub number: u32,
}

impl DialogId {
    /// As text: `$DLG_did`, the parameter of the Record-Route.
    pub fn text(self) -> String {
        format!("{}.{}", reversed(self.entry), reversed(self.number))
    }

    /// From its text.
    pub fn parse(text: &[u8]) -> Option<DialogId> {
        let dot = text.iter().position(|byte| *byte == b'.')?;
        Some(DialogId { entry: number(text.get(..dot)?)?, number: number(text.get(dot + 1..)?)? })
    }

    /// As one number, as rows and `db_id` have it.
    pub fn packed(self) -> u64 {
        u64::from(self.entry) << 32 | u64::from(self.number)
    }

    /// From that number.
    pub fn unpacked(packed: u64) -> Option<DialogId> {
        Some(DialogId {
            entry: u32::try_from(packed >> 32).ok()?,
            number: u32::try_from(packed & u64::from(u32::MAX)).ok()?,
        })
    }
}

fn reversed(number: u32) -> String {
    format!("{number:x}").chars().rev().collect()
}

fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 8 {
        return None;
    }
    text.iter().rev().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(number << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::DialogId;

    #[test]
    fn texts_and_numbers() {
        let id = DialogId { entry: 0xa4f, number: 0x1b2c_3d40 };
        assert_eq!(id.text(), "f4a.04d3c2b1");
        assert_eq!(DialogId::parse(b"f4a.04d3c2b1"), Some(id));
        assert_eq!(DialogId::unpacked(id.packed()), Some(id));
        assert_eq!(DialogId { entry: 0, number: 1 }.text(), "0.1");
        for bad in ["", ".", "1.", ".1", "1", "g.1", "123456789.1", "1.1.1", "1.-1"] {
            assert_eq!(DialogId::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
