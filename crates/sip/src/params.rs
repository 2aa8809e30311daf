//! Parameters: `;name=value;flag;quoted="text"`, of headers and of URIs.

use std::borrow::Cow;

use crate::{
    Fault,
    cursor::{Cursor, quoted_length},
    text::{is_param_mark, is_token, trim, unquote},
};

/// Parameters as they were written, from the first `;` on; read again for each question, for they are short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// Parameters from text that begins with `;`, or is empty.
    pub fn new(text: &'a [u8]) -> Params<'a> {
        Params(trim(text))
    }

    /// The same of text without white space at its ends.
    pub(crate) fn of_trimmed(text: &'a [u8]) -> Params<'a> {
        Params(text)
    }

    /// The text, first `;` included.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each name with its value, if it has one, in order. Empty places (`;;`) are passed over.
    pub fn iter(&self) -> Iter<'a> {
        Iter { rest: self.0 }
    }

    /// The first parameter of this name: `Some(None)` where it has no value. Case does not count.
    pub fn get(&self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of this parameter, as written: a quoted one has its quotes.
    pub fn value(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).flatten()
    }

    /// The value of this parameter without quotes and backslashes.
    pub fn unquoted(&self, name: &[u8]) -> Option<Cow<'a, [u8]>> {
        self.value(name).map(unquote)
    }

    /// Whether the parameter is there, with a value or without.
    pub fn has(&self, name: &[u8]) -> bool {
        self.get(name).is_some()
    }

    /// Holds the parameters to `generic-param` of RFC 3261: a token, then perhaps a token, a host or a quoted string.
    pub fn check(&self) -> Result<(), Fault> {
        let Some(mut rest) = self.0.strip_prefix(b";") else {
            return if self.0.is_empty() { Ok(()) } else { Err(Fault::Parameter) };
        };
        loop {
            let (part, next) = split_part(rest);
            check_part(part)?;
            let Some(after) = next else { return Ok(()) };
            rest = after;
        }
    }
}

/// Runs over parameters; see [`Params::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (name, value) = self.take();
            if !name.is_empty() || value.is_some() {
                return Some((name, value));
            }
        }
        None
    }
}

impl<'a> Iter<'a> {
    /// Takes a parameter and the `;` after it. This is asked many times for every message: one look at each byte.
    fn take(&mut self) -> (&'a [u8], Option<&'a [u8]>) {
        let end = self.rest.iter().position(|byte| is_param_mark(*byte)).unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at(end);
        match after {
            [] => self.rest = after,
            [b';', rest @ ..] => self.rest = rest,
            [b'=', rest @ ..] => {
                let (value, next) = split_part(rest);
                self.rest = next.unwrap_or_default();
                return (trim(name), Some(trim(value)));
            }
            // Quotes where a name should be: what is in them is passed over.
            _ => {
                let (part, next) = split_part(self.rest);
                self.rest = next.unwrap_or_default();
                return split_value(part);
            }
        }
        (trim(name), None)
    }
}

/// Splits at the first `;` that is outside quotes.
fn split_part(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(plain) = memchr::memchr2(b';', b'"', rest) else { break };
        at += plain;
        let (part, special) = text.split_at(at);
        if let [b';', next @ ..] = special {
            return (part, Some(next));
        }
        at += quoted_length(special).unwrap_or(special.len());
    }
    (text, None)
}

fn split_value(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(equals) = memchr::memchr(b'=', part) else { return (trim(part), None) };
    let (name, value) = part.split_at(equals);
    (trim(name), value.get(1..).map(trim))
}

fn check_part(part: &[u8]) -> Result<(), Fault> {
    let (name, value) = split_value(part);
    if !is_token(name) {
        return Err(Fault::Parameter);
    }
    match value {
        None => Ok(()),
        Some([b'"', ..]) => check_quoted(value.unwrap_or_default()),
        Some([]) => Err(Fault::Parameter),
        // A quote inside would hide the parameters that are written behind it.
        Some(value) if value.iter().all(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b'"')) => Ok(()),
        Some(_) => Err(Fault::Parameter),
    }
}

fn check_quoted(value: &[u8]) -> Result<(), Fault> {
    let mut cursor = Cursor::new(value);
    if cursor.quoted().is_none() {
        return Err(Fault::Unclosed);
    }
    if cursor.is_empty() { Ok(()) } else { Err(Fault::Parameter) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(text: &str) -> String {
        let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        Params::new(text.as_bytes())
            .iter()
            .map(|(name, value)| format!("[{}|{}]", show(name), value.map_or("-".into(), show)))
            .collect()
    }

    #[test]
    fn runs_over_pairs() {
        assert_eq!(pairs(";a=b;c"), "[a|b][c|-]");
        assert_eq!(pairs(" ; a = b \r\n ;c ; "), "[a|b][c|-]");
        assert_eq!(pairs(r#";q="x;y=\";z";t=1"#), r#"[q|"x;y=\";z"][t|1]"#);
        assert_eq!(pairs(";;lr;;"), "[lr|-]");
        assert_eq!(pairs(";a="), "[a|]");
        assert_eq!(pairs(r#";open="x;y"#), r#"[open|"x;y]"#);
        assert_eq!(pairs(""), "");
    }

    proptest! {
        /// The quick look at each byte comes to what cutting at `;` and then at `=` comes to.
        #[test]
        fn the_quick_way_is_the_plain_way(text in r#"[a;=" \\]{0,16}"#) {
            let mut plain = Vec::new();
            let mut rest = Some(text.as_bytes());
            while let Some(part) = rest.filter(|rest| !rest.is_empty()) {
                let (part, next) = split_part(part);
                rest = next;
                plain.push(split_value(part));
            }
            plain.retain(|(name, value)| !name.is_empty() || value.is_some());
            prop_assert_eq!(Iter { rest: text.as_bytes() }.collect::<Vec<_>>(), plain);
        }
    }

    #[test]
    fn answers_by_name_in_any_case() {
        let params = Params::new(b";Tag=x;LR;q=\"a \\\"b\"");
        assert_eq!(params.value(b"tag"), Some(&b"x"[..]));
        assert_eq!(params.get(b"lr"), Some(None));
        assert!(params.has(b"lr") && !params.has(b"l"));
        assert_eq!(params.unquoted(b"q").as_deref(), Some(&b"a \"b"[..]));
    }

    #[test]
    fn checks_the_grammar() {
        for good in ["", ";a", ";a=b;c", "; a = \"b c\"", ";received=[2001:db8::1]", ";a=b ; c"] {
            assert_eq!(Params::new(good.as_bytes()).check(), Ok(()), "{good}");
        }
        for wrong in [";", ";;a", ";a=", ";=b", ";a b", ";a=b c", "x;a", ";a;", ";a=b\"", ";a=b\"c\""] {
            assert_eq!(Params::new(wrong.as_bytes()).check(), Err(Fault::Parameter), "{wrong}");
        }
        assert_eq!(Params::new(b";a=\"b").check(), Err(Fault::Unclosed));
    }
}
