//! Named flags: today's lists of names, and the letters and numbers of older releases.

use super::nearest::nearest;
use crate::host::FlagValue;
use bytes::Bytes;
use catalogue::Flag;

/// Flags as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParsedFlags {
    /// The flags with their values.
    pub(crate) flags: Vec<FlagValue>,
    /// Whether they were written as letters or as a number.
    pub(crate) is_old: bool,
}

/// Reads a list of flags; an error is the name that is not known.
pub(crate) fn parse_flags(text: &[u8], known: &'static [Flag]) -> Result<ParsedFlags, String> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    let named = named_flags(text, known);
    let Err(unknown) = named else { return named.map(|flags| ParsedFlags { flags, is_old: false }) };
    let old = numbered_flags(text, known).or_else(|| lettered_flags(text, known));
    old.map(|flags| ParsedFlags { flags, is_old: true }).ok_or(unknown)
}

/// The list in today's form.
pub(crate) fn modern(flags: &[FlagValue]) -> String {
    let one = |(name, value): &FlagValue| match value {
        Some(value) => format!("{name}={}", String::from_utf8_lossy(value)),
        None => (*name).to_owned(),
    };
    flags.iter().map(one).collect::<Vec<_>>().join(",")
}

/// A known flag with a name like this.
pub(crate) fn similar(name: &str, known: &'static [Flag]) -> Option<&'static str> {
    nearest(name, known.iter().map(|flag| flag.name))
}

fn named_flags(text: &str, known: &'static [Flag]) -> Result<Vec<FlagValue>, String> {
    let items = items(text, known).into_iter().map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| named_flag(item, known).ok_or_else(|| item.to_owned())).collect()
}

fn named_flag(item: &str, known: &'static [Flag]) -> Option<FlagValue> {
    let (name, value) = match item.split_once('=') {
        Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
        None => (item, None),
    };
    let flag = known.iter().find(|flag| flag.name == name)?;
    match (flag.has_value, value) {
        (true, Some(value)) => Some((flag.name, Some(Bytes::copy_from_slice(value.as_bytes())))),
        (false, None) => Some((flag.name, None)),
        _ => None,
    }
}

/// The parts between commas (`|` too where no flag has a value); commas within `=/…/` do not count.
fn items<'t>(text: &'t str, known: &[Flag]) -> Vec<&'t str> {
    let takes_bars = known.iter().all(|flag| !flag.has_value);
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        let expression = rest.find("=/").filter(|at| !rest.get(..*at).unwrap_or_default().contains(','));
        let closed = expression.and_then(|at| rest.get(at + 2..)?.find('/').map(|end| at + 2 + end));
        let from = closed.unwrap_or(0);
        let end = rest.get(from..).unwrap_or_default().find(|letter| letter == ',' || (takes_bars && letter == '|'));
        let Some(end) = end.map(|end| from + end) else { break };
        items.push(rest.get(..end).unwrap_or_default());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    items.push(rest);
    items
}

/// The first of these bits that is set in flags written as a number, and what is known of it.
pub(crate) fn gone_bit(text: &[u8], gone: &[(u32, &'static str)]) -> Option<(u32, &'static str)> {
    let number = number(str::from_utf8(text).ok()?.trim())?;
    gone.iter().find(|(bit, _)| number & bit != 0).copied()
}

/// `19`, `0x02`.
fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Each bit is a flag.
fn numbered_flags(text: &str, known: &'static [Flag]) -> Option<Vec<FlagValue>> {
    let number = number(text)?;
    let set = known.iter().filter(|flag| flag.bit != 0 && number & flag.bit == flag.bit);
    let set: Vec<_> = set.collect();
    let covered = set.iter().fold(0, |bits, flag| bits | flag.bit);
    (covered == number).then(|| set.iter().map(|flag| (flag.name, None)).collect())
}

/// `PpB`, `c10fr`, `p1v`, `u/expression/`.
fn lettered_flags(text: &str, known: &'static [Flag]) -> Option<Vec<FlagValue>> {
    let mut flags = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let letters = |flag: &&Flag| flag.letter.is_some_and(|letter| rest.starts_with(letter));
        let flag = known.iter().filter(letters).max_by_key(|flag| flag.letter.map_or(0, str::len))?;
        rest = rest.get(flag.letter.map_or(0, str::len)..)?;
        let value = if flag.has_value {
            let (value, after) = rest.split_at(value_length(rest)?);
            rest = after;
            Some(Bytes::copy_from_slice(value.as_bytes()))
        } else {
            None
        };
        flags.push((flag.name, value));
        rest = rest.trim_start_matches([' ', ',']);
    }
    Some(flags)
}

/// Digits, or something between slashes or angle brackets.
fn value_length(text: &str) -> Option<usize> {
    let closing = match text.as_bytes().first()? {
        b'/' => '/',
        b'<' => '>',
        _ => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            return (digits > 0).then_some(digits);
        }
    };
    text.get(1..)?.find(closing).map(|end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::{modern, parse_flags};
    use catalogue::Flag;

    const NAT: &[Flag] = &[
        Flag::new("private-contact").bit(1),
        Flag::new("diff-ip-src-via").bit(2),
        Flag::new("diff-port-src-via").bit(16),
    ];
    const SAVE: &[Flag] = &[
        Flag::new("memory-only").letter("m"),
        Flag::new("max-contacts").with_value().letter("c"),
        Flag::new("path-off").letter("p0"),
        Flag::new("path-lazy").letter("p1"),
        Flag::new("ua-filtering").with_value().letter("u"),
    ];

    fn read(text: &str, known: &'static [Flag]) -> String {
        match parse_flags(text.as_bytes(), known) {
            Ok(parsed) if parsed.is_old => format!("old: {}", modern(&parsed.flags)),
            Ok(parsed) => modern(&parsed.flags),
            Err(unknown) => format!("unknown: {unknown}"),
        }
    }

    #[test]
    fn names_letters_and_numbers() {
        assert_eq!(read("private-contact, diff-ip-src-via", NAT), "private-contact,diff-ip-src-via");
        assert_eq!(read("private-contact|diff-ip-src-via", NAT), "private-contact,diff-ip-src-via");
        assert_eq!(read("19", NAT), "old: private-contact,diff-ip-src-via,diff-port-src-via");
        assert_eq!(read("0x2", NAT), "old: diff-ip-src-via");
        assert_eq!(read("4", NAT), "unknown: 4");
        assert_eq!(read("privat-contact", NAT), "unknown: privat-contact");
        assert_eq!(read("max-contacts=5, memory-only", SAVE), "max-contacts=5,memory-only");
        assert_eq!(read("mc10p1", SAVE), "old: memory-only,max-contacts=10,path-lazy");
        assert_eq!(read("ua-filtering=/a,b/,memory-only", SAVE), "ua-filtering=/a,b/,memory-only");
        assert_eq!(read("u/x.y/m", SAVE), "old: ua-filtering=/x.y/,memory-only");
        assert_eq!(read("", SAVE), "");
        assert_eq!(read("max-contacts", SAVE), "unknown: max-contacts");
    }
}
