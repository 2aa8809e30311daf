//! Comma lists: the addresses of all Route, Contact or Record-Route lines, in order, each knowing where it stands.

use crate::{
    Fault, Header, HeaderError, HeaderName, NameAddr,
    cursor::{comment_length, quoted_length},
    text::{is_list_mark, is_lws, trim},
};

/// One address of a comma list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListItem<'a> {
    /// The address.
    pub address: NameAddr<'a>,
    /// The index of its header line in the message.
    pub header: usize,
    /// The item as written, without the white space around it.
    pub text: &'a [u8],
    /// Whether it is the only item of its line.
    pub only: bool,
    /// Its place in the line, from 0.
    pub position: usize,
}

/// Splits a value at its commas, those in quotes, comments and angle brackets left alone. Items come without surrounding space.
#[derive(Clone, Debug)]
pub struct Lists<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Lists<'a> {
    /// The items of this value; one empty item for an empty value.
    pub fn new(value: &'a [u8]) -> Lists<'a> {
        Lists { rest: Some(value) }
    }

    /// What has not been read; nothing after the last item.
    pub(crate) fn rest(&self) -> Option<&'a [u8]> {
        self.rest
    }
}

impl<'a> Iterator for Lists<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = item_end(rest);
        self.rest = rest.get(end + 1..).filter(|_| end < rest.len());
        Some(trim(rest.get(..end).unwrap_or_default()))
    }
}

/// Where the first item ends: at a comma or at the end of the text.
fn item_end(text: &[u8]) -> usize {
    // Most values have one item: one fast look settles it.
    if memchr::memchr(b',', text).is_none() {
        return text.len();
    }
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(plain) = rest.iter().position(|byte| is_list_mark(*byte)) else { break };
        let special = rest.get(plain..).unwrap_or_default();
        at += plain;
        at += match special.first() {
            Some(b'"') => quoted_length(special).unwrap_or(special.len()),
            Some(b'(') if opens_comment(text, at) => comment_length(special).unwrap_or(special.len()),
            Some(b'(') => 1,
            Some(b'<') => memchr::memchr(b'>', special).map_or(special.len(), |end| end + 1),
            _ => return at,
        };
    }
    text.len()
}

/// Whether a bracket opens a comment: behind white space. Within a word it is a character like others, as in the user part
/// of a URI without angle brackets.
fn opens_comment(text: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|byte| is_lws(*byte))
}

/// The addresses of one header line.
pub(crate) fn items_of(header: Header<'_>) -> impl Iterator<Item = Result<ListItem<'_>, HeaderError>> {
    let only = memchr::memchr(b',', header.value).is_none() || Lists::new(header.value).nth(1).is_none();
    Lists::new(header.value).enumerate().map(move |(position, text)| {
        let address = NameAddr::parse(text).map_err(|fault| HeaderError::new(header.name, fault))?;
        Ok(ListItem { address, header: header.index, text, only, position })
    })
}

/// Whether headers of this name are comma lists of addresses.
pub(crate) fn holds_addresses(name: HeaderName) -> bool {
    use HeaderName::*;
    matches!(
        name,
        Contact
            | Route
            | RecordRoute
            | Path
            | ServiceRoute
            | PAssertedIdentity
            | PPreferredIdentity
            | PAssociatedUri
            | Diversion
            | HistoryInfo
            | AlertInfo
            | CallInfo
            | ErrorInfo
    )
}

/// Holds every item of a list to its grammar.
pub(crate) fn check_items(header: Header<'_>) -> Result<(), HeaderError> {
    for item in items_of(header) {
        item?.address.check().map_err(|fault| HeaderError::new(header.name, fault))?;
    }
    Ok(())
}

/// Holds a list of tokens with parameters (Accept, Allow, Supported …) to having no open quotes.
pub(crate) fn check_closed(value: &[u8]) -> Result<(), Fault> {
    let mut at = 0;
    while let Some(quote) = value.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) {
        let rest = value.get(at + quote..).unwrap_or_default();
        at += quote + quoted_length(rest).ok_or(Fault::Unclosed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(value: &str) -> Vec<String> {
        Lists::new(value.as_bytes()).map(|item| String::from_utf8_lossy(item).into_owned()).collect()
    }

    #[test]
    fn splits_outside_quotes_and_brackets() {
        assert_eq!(split("<sip:a,b>, \"x, y\" <sip:c> ,d"), ["<sip:a,b>", "\"x, y\" <sip:c>", "d"]);
        assert_eq!(split("SIP/2.0/UDP a (x, (y, z)), SIP/2.0/UDP b"), ["SIP/2.0/UDP a (x, (y, z))", "SIP/2.0/UDP b"]);
        assert_eq!(split("sip:u(x@1.2.3.4, sip:(v@1.2.3.5"), ["sip:u(x@1.2.3.4", "sip:(v@1.2.3.5"]);
        assert_eq!(split("(a, b), Bob (c, d) <e>"), ["(a, b)", "Bob (c, d) <e>"]);
        assert_eq!(split("one"), ["one"]);
        assert_eq!(split("a,"), ["a", ""]);
        assert_eq!(split("\"open, a"), ["\"open, a"]);
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn tells_open_quotes() {
        assert_eq!(check_closed(b"a=\"x\", b=\"y\""), Ok(()));
        assert_eq!(check_closed(b"a=\"x\", b=\"y"), Err(Fault::Unclosed));
    }
}
