//! Numbers, and the names they have: a label for each digit, the last one first.

/// A telephone number of the world (E.164).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its digits, as the characters they are.
    digits: String,
}

/// A number of a subscriber in a domain that has a number, too (ITAD, RFC 3872): `12*256`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainNumber {
    subscriber: String,
    domain: String,
}

/// RFC 3872 has 32 bits for it; and no subscriber's number is longer than one of the world.
const DIGITS_MAX: usize = 15;

impl Number {
    /// Reads `+` and 2 to 15 digits.
    pub fn parse(text: &[u8]) -> Option<Number> {
        let digits = digits(text.strip_prefix(b"+")?).filter(|digits| digits.len() >= 2)?;
        Some(Number { digits })
    }

    /// The name in a zone.
    pub fn name(&self, zone: &str) -> String {
        format!("{}{zone}", labels(&self.digits))
    }

    /// The name of its first digits in a zone, with a label in front: `i.9.4.e164.arpa`.
    pub fn head_name(&self, count: usize, label: &str, zone: &str) -> String {
        let (head, _) = self.split(count);
        format!("{label}.{}{zone}", labels(head))
    }

    /// The name in a zone with a label between its first digits and the others: `3.2.1.i.9.4.e164.arpa`.
    pub fn branched_name(&self, count: usize, label: &str, zone: &str) -> String {
        let (_, rest) = self.split(count);
        format!("{}{}", labels(rest), self.head_name(count, label, zone))
    }

    fn split(&self, count: usize) -> (&str, &str) {
        self.digits.split_at_checked(count).unwrap_or((&self.digits, ""))
    }

    /// How many digits its country code has (ITU-T E.164, list of assigned codes).
    pub fn country_code_len(&self) -> usize {
        const OF_TWO: [&str; 44] = [
            "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
            "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
            "86", "90", "91", "92", "93", "94", "95", "98",
        ];
        match self.digits.get(..2) {
            Some(head) if head.starts_with(['1', '7']) => 1,
            Some(head) if OF_TWO.contains(&head) => 2,
            _ => 3,
        }
    }
}

impl DomainNumber {
    /// Reads digits, `*`, digits.
    pub fn parse(text: &[u8]) -> Option<DomainNumber> {
        let star = text.iter().position(|byte| *byte == b'*')?;
        let (subscriber, domain) = (text.get(..star)?, text.get(star + 1..)?);
        Some(DomainNumber { subscriber: digits(subscriber)?, domain: digits(domain)? })
    }

    /// The name in a zone: the domain's number stays as it is.
    pub fn name(&self, zone: &str) -> String {
        format!("{}{}.{zone}", labels(&self.subscriber), self.domain)
    }
}

fn digits(text: &[u8]) -> Option<String> {
    if text.is_empty() || text.len() > DIGITS_MAX || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// `321` for `123`, each with a dot behind it.
fn labels(digits: &str) -> String {
    digits.chars().rev().flat_map(|digit| [digit, '.']).collect()
}

#[cfg(test)]
mod tests {
    use super::{DomainNumber, Number};

    fn number(text: &str) -> Number {
        Number::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_number_has_a_name_in_each_zone() {
        assert_eq!(number("+35831234567").name("e164.arpa."), "7.6.5.4.3.2.1.3.8.5.3.e164.arpa.");
        for no_number in ["", "+", "+1", "49301", "+4930a", "+1234567890123456", "+49 30"] {
            assert_eq!(Number::parse(no_number.as_bytes()), None, "{no_number}");
        }
        assert_eq!(number("+123456789012345").name("").len(), 30);
    }

    #[test]
    fn the_infrastructure_tree_branches_off_between_digits() {
        for (text, country, name) in [
            ("+12345678999", 1, "9.9.9.8.7.6.5.4.3.2.i.1.e164.arpa"),
            ("+74951234", 1, "4.3.2.1.5.9.4.i.7.e164.arpa"),
            ("+4930123", 2, "3.2.1.0.3.i.9.4.e164.arpa"),
            ("+9821", 2, "1.2.i.8.9.e164.arpa"),
            ("+35831234", 3, "4.3.2.1.3.i.8.5.3.e164.arpa"),
            ("+88", 3, "i.8.8.e164.arpa"),
        ] {
            let number = number(text);
            assert_eq!(number.country_code_len(), country, "{text}");
            assert_eq!(number.branched_name(country, "i", "e164.arpa"), name);
        }
        assert_eq!(number("+12345678999").branched_name(4, "i", "e164.arpa"), "9.9.9.8.7.6.5.i.4.3.2.1.e164.arpa");
        assert_eq!(number("+1234").head_name(1, "i", "e164.arpa"), "i.1.e164.arpa");
        assert_eq!(number("+1234").branched_name(200, "i", "x"), "i.4.3.2.1.x");
    }

    #[test]
    fn numbers_of_domains_keep_the_domains_number() {
        let name = |text: &str| Some(DomainNumber::parse(text.as_bytes())?.name("freenum.org."));
        assert_eq!(name("56*1212").as_deref(), Some("6.5.1212.freenum.org."));
        for no_number in ["", "*", "56", "56*", "*1212", "+56*1212", "5*6*7", "56*12a"] {
            assert_eq!(name(no_number), None, "{no_number}");
        }
    }
}
