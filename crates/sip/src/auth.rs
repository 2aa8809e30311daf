//! Authorization and WWW-Authenticate with their proxy twins: challenges and credentials (RFC 3261 section 25.1, RFC 8760).

use std::borrow::Cow;

use crate::{
    Fault, HeaderName, Lists, Message,
    cursor::{Cursor, quoted_length},
    text::{is_list_mark, is_token, is_token_byte, trim, trim_start, unescape_quoted},
};

/// What a client shows: the value of Authorization or Proxy-Authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The scheme: `Digest`, `Bearer` …
    pub scheme: &'a [u8],
    /// The user name, inside its quotes, escapes kept: so it goes into the digest.
    pub username: &'a [u8],
    /// The realm, inside its quotes.
    pub realm: &'a [u8],
    /// The nonce, inside its quotes.
    pub nonce: &'a [u8],
    /// The URI that was hashed.
    pub uri: &'a [u8],
    /// The response, in hexadecimal figures.
    pub response: &'a [u8],
    /// The algorithm as written; MD5 where none is.
    pub algorithm: Option<&'a [u8]>,
    /// The client's nonce.
    pub cnonce: Option<&'a [u8]>,
    /// What the challenge wants to see again.
    pub opaque: Option<&'a [u8]>,
    /// The quality of protection.
    pub qop: Option<&'a [u8]>,
    /// The nonce count, eight hexadecimal figures.
    pub nc: Option<&'a [u8]>,
    /// All parameters.
    pub params: AuthParams<'a>,
}

/// What a server asks for: the value of WWW-Authenticate or Proxy-Authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The scheme: `Digest`.
    pub scheme: &'a [u8],
    /// The realm, inside its quotes.
    pub realm: &'a [u8],
    /// The nonce, inside its quotes.
    pub nonce: &'a [u8],
    /// What the client is to send back.
    pub opaque: Option<&'a [u8]>,
    /// The algorithm; MD5 where none is named.
    pub algorithm: Option<&'a [u8]>,
    /// The qualities of protection on offer, a comma list.
    pub qop: Option<&'a [u8]>,
    /// Whether only the nonce was too old.
    pub stale: bool,
    /// All parameters.
    pub params: AuthParams<'a>,
}

/// Parameters between commas: `realm="x", nonce="y", algorithm=MD5`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthParams<'a>(&'a [u8]);

/// A bit for each parameter that digest credentials must have.
const NEEDED: u8 = 0b1_1111;

impl<'a> Credentials<'a> {
    /// Reads a value. Digest credentials must have what RFC 3261 section 22.4 demands; others only need a scheme.
    pub fn parse(value: &'a [u8]) -> Result<Credentials<'a>, Fault> {
        let (scheme, params) = split_scheme(value)?;
        let mut credentials = Credentials::bare(scheme, params);
        let is_digest = credentials.is_digest();
        let mut seen = 0;
        // One pass: this is read several times for every request that is authenticated.
        for Pair { name, value, is_sound } in params.pairs() {
            if is_digest && !is_sound {
                check_pair(name, value)?;
            }
            credentials.take(name, inner(value), &mut seen);
        }
        if is_digest && seen != NEEDED {
            return Err(Fault::Parameter);
        }
        Ok(credentials)
    }

    /// The user name alone, which scripts ask for again and again: what follows it is not looked at.
    pub fn username_in(value: &'a [u8]) -> Option<&'a [u8]> {
        let (_, params) = split_scheme(value).ok()?;
        params.value(b"username")
    }

    fn bare(scheme: &'a [u8], params: AuthParams<'a>) -> Credentials<'a> {
        Credentials {
            scheme,
            username: b"",
            realm: b"",
            nonce: b"",
            uri: b"",
            response: b"",
            algorithm: None,
            cnonce: None,
            opaque: None,
            qop: None,
            nc: None,
            params,
        }
    }

    /// Keeps a parameter, the first of its name; `seen` has a bit for each of the needed ones.
    fn take(&mut self, name: &[u8], value: &'a [u8], seen: &mut u8) {
        let needed = match name.len() {
            8 if name.eq_ignore_ascii_case(b"username") => (0, &mut self.username),
            8 if name.eq_ignore_ascii_case(b"response") => (4, &mut self.response),
            5 if name.eq_ignore_ascii_case(b"realm") => (1, &mut self.realm),
            5 if name.eq_ignore_ascii_case(b"nonce") => (2, &mut self.nonce),
            3 if name.eq_ignore_ascii_case(b"uri") => (3, &mut self.uri),
            _ => return self.take_optional(name, value),
        };
        let (place, field) = needed;
        if *seen & 1 << place == 0 {
            *field = value;
        }
        *seen |= 1 << place;
    }

    fn take_optional(&mut self, name: &[u8], value: &'a [u8]) {
        let optional = [
            (&b"algorithm"[..], &mut self.algorithm),
            (b"cnonce", &mut self.cnonce),
            (b"opaque", &mut self.opaque),
            (b"qop", &mut self.qop),
            (b"nc", &mut self.nc),
        ];
        if let Some((_, field)) = optional.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
            field.get_or_insert(value);
        }
    }

    /// Whether the scheme is Digest.
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case(b"Digest")
    }

    /// The user name as a person would write it.
    pub fn plain_username(&self) -> Cow<'a, [u8]> {
        unescape_quoted(self.username)
    }

    /// The nonce count as a number.
    pub fn nonce_count(&self) -> Option<u32> {
        let text = std::str::from_utf8(self.nc?).ok()?;
        text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(text, 16).ok())?
    }
}

impl<'a> Challenge<'a> {
    /// Reads a value.
    pub fn parse(value: &'a [u8]) -> Result<Challenge<'a>, Fault> {
        let (scheme, params) = split_scheme(value)?;
        if scheme.eq_ignore_ascii_case(b"Digest") {
            params.check()?;
            if params.value(b"realm").is_none() || params.value(b"nonce").is_none() {
                return Err(Fault::Parameter);
            }
        }
        Ok(Challenge {
            scheme,
            realm: params.value(b"realm").unwrap_or_default(),
            nonce: params.value(b"nonce").unwrap_or_default(),
            opaque: params.value(b"opaque"),
            algorithm: params.value(b"algorithm"),
            qop: params.value(b"qop"),
            stale: params.value(b"stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true")),
            params,
        })
    }

    /// Whether a quality of protection is on offer.
    pub fn offers_qop(&self, wanted: &[u8]) -> bool {
        Lists::new(self.qop.unwrap_or_default()).any(|qop| qop.eq_ignore_ascii_case(wanted))
    }
}

impl<'a> AuthParams<'a> {
    /// Each name with its value, the latter without its quotes but with its escapes.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs()
            .filter(|pair| !(pair.name.is_empty() && pair.value.is_empty()))
            .map(|pair| (pair.name, inner(pair.value)))
    }

    fn pairs(&self) -> Pairs<'a> {
        Pairs { rest: Some(self.0) }
    }

    /// The value of this parameter without its quotes. Case of the name does not count.
    pub fn value(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The text of all parameters.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    fn check(&self) -> Result<(), Fault> {
        self.pairs().filter(|pair| !pair.is_sound).try_for_each(|pair| check_pair(pair.name, pair.value))
    }
}

/// A parameter with its value as written.
struct Pair<'a> {
    name: &'a [u8],
    value: &'a [u8],
    /// Whether [`check_pair`] would find nothing.
    is_sound: bool,
}

/// Runs over parameters.
struct Pairs<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        let rest = self.rest?;
        if let Some((pair, after)) = usual_pair(rest) {
            self.rest = after;
            return Some(pair);
        }
        let mut items = Lists::new(rest);
        let item = items.next()?;
        self.rest = items.rest();
        let (name, value) = split_pair(item);
        Some(Pair { name, value, is_sound: false })
    }
}

/// A pair as clients write it, `name="text"` or `name=token`, and what follows its comma. Anything else is left to who
/// reads more slowly.
fn usual_pair(text: &[u8]) -> Option<(Pair<'_>, Option<&[u8]>)> {
    let text = trim_start(text);
    let (name, after) = text.split_at(text.iter().position(|byte| !is_token_byte(*byte))?);
    let [b'=', after @ ..] = after else { return None };
    let length = match after.first()? {
        b'"' => quoted_length(after)?,
        _ => after.iter().position(|byte| is_list_mark(*byte)).unwrap_or(after.len()),
    };
    let (value, after) = after.split_at(length);
    let value = trim(value);
    let rest = match trim_start(after) {
        [] => None,
        [b',', rest @ ..] => Some(rest),
        _ => return None,
    };
    (!name.is_empty() && !value.is_empty()).then_some((Pair { name, value, is_sound: true }, rest))
}

/// Whether a parameter is a token, and its value a token or one whole quoted string.
fn check_pair(name: &[u8], value: &[u8]) -> Result<(), Fault> {
    if !is_token(name) || value.is_empty() {
        return Err(Fault::Parameter);
    }
    if value.first() != Some(&b'"') {
        return Ok(());
    }
    let length = quoted_length(value).ok_or(Fault::Unclosed)?;
    if length == value.len() { Ok(()) } else { Err(Fault::Parameter) }
}

impl Message {
    /// The credentials of all lines of this name that can be read, with the index of each header.
    pub fn credentials(&self, name: HeaderName) -> impl Iterator<Item = (usize, Credentials<'_>)> {
        self.headers_named(name).filter_map(|header| Some((header.index, Credentials::parse(header.value).ok()?)))
    }
}

fn split_scheme(value: &[u8]) -> Result<(&[u8], AuthParams<'_>), Fault> {
    let mut cursor = Cursor::new(value);
    cursor.skip_lws();
    let scheme = cursor.token();
    if scheme.is_empty() {
        return Err(Fault::Empty);
    }
    if !cursor.is_empty() && !cursor.peek().is_some_and(crate::text::is_lws) {
        return Err(Fault::Syntax);
    }
    Ok((scheme, AuthParams(trim(cursor.rest()))))
}

fn split_pair(item: &[u8]) -> (&[u8], &[u8]) {
    let equals = memchr::memchr(b'=', item).unwrap_or(item.len());
    (trim(item.get(..equals).unwrap_or_default()), trim(item.get(equals + 1..).unwrap_or_default()))
}

fn inner(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The quick way over parameters finds what cutting at commas finds, and calls sound only what is.
        #[test]
        fn the_quick_way_is_the_plain_way(text in r#"([a=", \\(<]{0,4}|a="b", ?){0,6}"#) {
            let quick: Vec<_> = AuthParams(text.as_bytes()).pairs().collect();
            let plain: Vec<_> = Lists::new(text.as_bytes()).map(split_pair).collect();
            prop_assert_eq!(quick.iter().map(|pair| (pair.name, pair.value)).collect::<Vec<_>>(), plain);
            for pair in quick.iter().filter(|pair| pair.is_sound) {
                prop_assert_eq!(check_pair(pair.name, pair.value), Ok(()));
            }
        }
    }

    #[test]
    fn reads_credentials() {
        let credentials = Credentials::parse(
            b"Digest username=\"bob, \\\"b\\\"\",\r\n realm=\"biloxi.com\", nonce=\"dcd98b\", uri=\"sip:bob@biloxi.com\", \
              qop=auth, nc=0000000a, cnonce=\"0a4f113b\", response=\"6629\", opaque=\"5ccc\", algorithm = SHA-256",
        )
        .expect("credentials");
        assert!(credentials.is_digest());
        assert_eq!(credentials.username, b"bob, \\\"b\\\"");
        assert_eq!(credentials.plain_username().as_ref(), b"bob, \"b\"");
        assert_eq!(Credentials::username_in(b"Digest username=\"bob\", realm=\"x"), Some(&b"bob"[..]));
        assert_eq!(Credentials::username_in(b"Digest realm=\"x\""), None);
        assert_eq!(credentials.uri, b"sip:bob@biloxi.com");
        assert_eq!(credentials.qop, Some(&b"auth"[..]));
        assert_eq!(credentials.nonce_count(), Some(10));
        assert_eq!(credentials.algorithm, Some(&b"SHA-256"[..]));
    }

    #[test]
    fn refuses_credentials() {
        for (wrong, fault) in [
            ("", Fault::Empty),
            ("Digest", Fault::Parameter),
            ("Digest username=\"a\"", Fault::Parameter),
            ("Digest username=\"a", Fault::Unclosed),
            ("Digest username=\"a\"b, realm=\"c\"", Fault::Parameter),
            ("Dig/est x", Fault::Syntax),
        ] {
            assert_eq!(Credentials::parse(wrong.as_bytes()).map(drop), Err(fault), "{wrong}");
        }
        assert!(Credentials::parse(b"NoOneKnowsThisScheme opaque-data=here").is_ok());
    }

    #[test]
    fn reads_challenges() {
        let challenge = Challenge::parse(b"Digest realm=\"a\", nonce=\"n\", qop=\"auth,auth-int\", stale=TRUE")
            .expect("a challenge");
        assert!(challenge.stale && challenge.offers_qop(b"auth-int") && !challenge.offers_qop(b"int"));
    }
}
