//! `name-addr` and `addr-spec`: From, To, Contact, Route, Record-Route, Path and all their relatives.

use crate::{
    Fault, Params, Uri, UriError,
    cursor::Cursor,
    text::{is_lws, trim, trim_end},
};

/// One address with its parameters: `"Bob" <sip:bob@biloxi.com>;tag=x`, or without brackets, or `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The display name without quotes, its escapes kept; empty where there is none.
    pub display: &'a [u8],
    /// The URI as written; `*` in a Contact that stands for all bindings.
    pub uri: &'a [u8],
    /// The parameters of the header, never those of the URI.
    pub params: Params<'a>,
    /// The whole address.
    pub text: &'a [u8],
    /// Whether the URI stands in angle brackets.
    pub bracketed: bool,
}

impl<'a> NameAddr<'a> {
    /// Reads one address; what follows it must be parameters or nothing.
    pub fn parse(text: &'a [u8]) -> Result<NameAddr<'a>, Fault> {
        let text = trim(text);
        let mut cursor = Cursor::new(text);
        match cursor.peek() {
            None => Err(Fault::Empty),
            Some(b'"') => {
                let quoted = cursor.quoted().ok_or(Fault::Unclosed)?;
                cursor.skip_lws();
                let display = quoted.get(1..quoted.len() - 1).unwrap_or_default();
                parse_bracketed(display, cursor, text)
            }
            Some(_) => parse_unquoted(cursor, text),
        }
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value(b"tag")
    }

    /// Whether this is the `*` of a Contact.
    pub fn is_star(&self) -> bool {
        self.uri == b"*"
    }

    /// The URI in its parts.
    pub fn parsed_uri(&self) -> Result<Uri<'a>, UriError> {
        Uri::parse(self.uri)
    }

    /// Holds URI and parameters to their grammar as well.
    pub fn check(&self) -> Result<(), Fault> {
        if !self.is_star() {
            self.parsed_uri()?;
        }
        if self.is_ambiguous() {
            return Err(Fault::Syntax);
        }
        self.params.check()
    }

    /// RFC 3261 section 20.10: a URI with `,`, `?` or `;` must stand in brackets, or it could be read in two ways.
    pub fn is_ambiguous(&self) -> bool {
        !self.bracketed && self.uri.iter().any(|byte| matches!(byte, b',' | b'?'))
    }
}

/// A display name of tokens before `<`, or no brackets at all.
fn parse_unquoted<'a>(cursor: Cursor<'a>, text: &'a [u8]) -> Result<NameAddr<'a>, Fault> {
    let mut cursor = cursor;
    let ahead = cursor.take_while(|byte| byte != b'<' && byte != b';');
    if cursor.peek() == Some(b'<') {
        return parse_bracketed(trim_end(ahead), cursor, text);
    }
    let uri = trim_end(ahead);
    if uri.is_empty() {
        return Err(Fault::Empty);
    }
    if uri.iter().any(|byte| is_lws(*byte) || matches!(byte, b'"' | b'>')) {
        return Err(Fault::Syntax);
    }
    Ok(NameAddr { display: b"", uri, params: Params::new(cursor.rest()), text, bracketed: false })
}

fn parse_bracketed<'a>(display: &'a [u8], cursor: Cursor<'a>, text: &'a [u8]) -> Result<NameAddr<'a>, Fault> {
    let [b'<', inside @ ..] = cursor.rest() else { return Err(Fault::Syntax) };
    let end = memchr::memchr(b'>', inside).ok_or(Fault::Unclosed)?;
    let (uri, after) = inside.split_at(end);
    let params = trim(after.get(1..).unwrap_or_default());
    if !matches!(params, [] | [b';', ..]) {
        return Err(Fault::Syntax);
    }
    // White space inside the brackets is wrong but harmless (RFC 4475 section 3.1.2.14).
    Ok(NameAddr { display, uri: trim(uri), params: Params::of_trimmed(params), text, bracketed: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> String {
        let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        match NameAddr::parse(text.as_bytes()) {
            Ok(address) => {
                format!("{}|{}|{}", show(address.display), show(address.uri), show(address.params.as_bytes()))
            }
            Err(fault) => format!("{fault:?}"),
        }
    }

    #[test]
    fn reads_addresses() {
        for (text, expected) in [
            ("<sip:a@b>", "|sip:a@b|"),
            ("sip:a@b;tag=1", "|sip:a@b|;tag=1"),
            ("sip:a@b ; tag = 1", "|sip:a@b|; tag = 1"),
            ("Bob Smith <sip:a@b;lr>;tag=1", "Bob Smith|sip:a@b;lr|;tag=1"),
            (r#""A \"B\" <x>, C"  <sip:a@b> ;x"#, r#"A \"B\" <x>, C|sip:a@b|;x"#),
            ("\"J\"<sip:j@e>\r\n ;\r\n tag=1", "J|sip:j@e|;\r\n tag=1"),
            ("*", "|*|"),
            ("< sip:a@b >", "|sip:a@b|"),
            ("", "Empty"),
            (";tag=1", "Empty"),
            ("\"open <sip:a@b>", "Unclosed"),
            ("<sip:a@b", "Unclosed"),
            ("\"Bob\" sip:a@b", "Syntax"),
            ("<sip:a@b> x", "Syntax"),
            ("Bob sip:a@b", "Syntax"),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn checks_uri_and_parameters() {
        let check = |text: &str| NameAddr::parse(text.as_bytes()).and_then(|address| address.check());
        assert_eq!(check("<sip:a@b>;tag=1"), Ok(()));
        assert_eq!(check("*"), Ok(()));
        assert_eq!(check("sip:a@b?Route=x"), Err(Fault::Syntax));
        assert_eq!(check("<sip:a@b>;;;;"), Err(Fault::Parameter));
        assert_eq!(check("<sip:>"), Err(Fault::Uri(UriError::Host)));
    }
}
