//! Where the tree of the infrastructure branches off that of the users (RFC 5527): behind the country code, or where a
//! record says.

use super::number::Number;
use module_api::{DnsRecord, Fault, RecordKind};

/// What says where the tree branches off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The country code.
    CountryCode,
    /// A TXT record: behind how many digits.
    Txt,
    /// An EBL record: behind how many digits, by which label, in which zone.
    Ebl,
}

/// A place where it branches off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Behind how many digits.
    pub position: usize,
    /// By which label.
    pub label: String,
    /// In which zone.
    pub zone: String,
}

/// The number of EBL records, which was never assigned: zones use it all the same, since upstream does.
const EBL: u16 = 65_300;
/// The longest name (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 255;

impl Algorithm {
    /// By the word of the parameter.
    pub fn named(word: &str) -> Algorithm {
        match word {
            "txt" => Algorithm::Txt,
            "ebl" => Algorithm::Ebl,
            _ => Algorithm::CountryCode,
        }
    }

    /// The records to ask for, if any.
    pub const fn kind(self) -> Option<RecordKind> {
        match self {
            Algorithm::CountryCode => None,
            Algorithm::Txt => Some(RecordKind::Txt),
            Algorithm::Ebl => Some(RecordKind::Numbered(EBL)),
        }
    }
}

impl Place {
    /// Behind the country code: there it is where no record says otherwise.
    pub fn of_country(number: &Number, label: &str, zone: &str) -> Place {
        Place { position: number.country_code_len(), label: label.to_owned(), zone: zone.to_owned() }
    }

    /// Where a record says; `self` where there is none.
    ///
    /// # Errors
    /// The record says something else.
    pub fn told_by(self, records: &[DnsRecord]) -> Result<Place, Fault> {
        let wrong = || Fault::backend("the record that should say where the tree branches off cannot be read");
        match records.first() {
            None | Some(DnsRecord::Naptr(_)) => Ok(self),
            Some(DnsRecord::Txt(text)) => Ok(Place { position: position(text).ok_or_else(wrong)?, ..self }),
            Some(DnsRecord::Numbered(bytes)) => branch_location(bytes).ok_or_else(wrong),
        }
    }

    /// The name of a number there.
    pub fn name(&self, number: &Number) -> String {
        number.branched_name(self.position, &self.label, &self.zone)
    }
}

/// A number of digits.
fn position(text: &[u8]) -> Option<usize> {
    let text = text.trim_ascii();
    let digits = text.len() <= 2 && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

/// A position in one byte, a label as a character string, a zone as a name that is not shortened.
fn branch_location(bytes: &[u8]) -> Option<Place> {
    let (position, rest) = bytes.split_first()?;
    let (label, mut rest) = string(rest)?;
    let mut zone = String::new();
    loop {
        let (part, after) = string(rest)?;
        if part.is_empty() {
            let is_whole = after.is_empty() && !label.is_empty() && zone.len() <= NAME_BYTES_MAX;
            return is_whole.then(|| Place { position: usize::from(*position), label: label.to_owned(), zone });
        }
        zone.push_str(part);
        zone.push('.');
        rest = after;
    }
}

/// A length and as many characters of names, and what follows them.
fn string(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    let is_label = text.len() < 64 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    std::str::from_utf8(text).ok().filter(|_| is_label).map(|text| (text, rest))
}

#[cfg(test)]
mod tests {
    use super::{Number, Place};
    use bytes::Bytes;
    use module_api::DnsRecord;
    use proptest::prelude::*;

    /// The name of +12345678999 with these records.
    fn name(records: &[DnsRecord]) -> Option<String> {
        let number = Number::parse(b"+12345678999").unwrap();
        Some(Place::of_country(&number, "i", "e164.arpa.").told_by(records).ok()?.name(&number))
    }

    #[test]
    fn records_say_where_the_tree_branches_off() {
        let numbered = |bytes: &'static [u8]| DnsRecord::Numbered(Bytes::from_static(bytes));
        let text = |text: &'static str| DnsRecord::Txt(Bytes::from_static(text.as_bytes()));
        for (record, expected) in [
            (None, Some("9.9.9.8.7.6.5.4.3.2.i.1.e164.arpa.")),
            (Some(text("4")), Some("9.9.9.8.7.6.5.i.4.3.2.1.e164.arpa.")),
            (Some(text(" 10 ")), Some("9.i.9.9.8.7.6.5.4.3.2.1.e164.arpa.")),
            (Some(text("")), None),
            (Some(text("-1")), None),
            (Some(text("100")), None),
            (Some(numbered(b"\x04\x01i\x04e164\x04arpa\x00")), Some("9.9.9.8.7.6.5.i.4.3.2.1.e164.arpa.")),
            (Some(numbered(b"\x00\x05infra\x01x\x00")), Some("9.9.9.8.7.6.5.4.3.2.1.infra.x.")),
            (Some(numbered(b"\x04\x01i\x04e164\x04arpa")), None),
            (Some(numbered(b"\x04\x01i\x04e164\xc0\x00")), None),
            (Some(numbered(b"\x04\x00\x04e164\x00")), None),
            (Some(numbered(b"\x04\x01.\x04e164\x00")), None),
            (Some(numbered(b"\x04\x01i\x04e164\x00more")), None),
            (Some(numbered(b"")), None),
        ] {
            let records: Vec<DnsRecord> = record.into_iter().collect();
            assert_eq!(name(&records).as_deref(), expected, "{records:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_place_or_none(bytes in proptest::collection::vec(0u8..8, 0..40)) {
            name(&[DnsRecord::Numbered(bytes.clone().into())]);
            name(&[DnsRecord::Txt(bytes.into())]);
        }
    }
}
