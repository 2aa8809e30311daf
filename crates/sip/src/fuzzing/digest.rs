//! Digest credentials out of any bytes: the right response is taken, whatever else is in them, and no other.

use crate::{
    auth::Credentials,
    digest::{Algorithm, Input, ha1, response, same},
};

/// What bytes can be read as credentials are written anew with the response they should have; read again, they hold
/// against the password, and against no other one.
pub fn check_digest(data: &[u8]) {
    let Ok(given) = Credentials::parse(data) else { return };
    let Some(algorithm) = given.is_digest().then(|| Algorithm::of(given.algorithm.unwrap_or(b"MD5"))).flatten() else {
        return;
    };
    if !given.params.iter().all(|(_, value)| is_inside_quotes(value)) {
        return;
    }
    let expected = expected(&given, algorithm, b"secret");
    let text = written(&given, algorithm, expected.as_bytes());
    let again = Credentials::parse(&text);
    assert!(again.is_ok(), "{}", text.escape_ascii());
    let Ok(again) = again else { return };
    let parts = |one: &Credentials<'_>| [one.username, one.realm, one.nonce, one.uri].map(<[u8]>::to_vec);
    assert_eq!(parts(&again), parts(&given));
    assert_eq!((again.qop, again.nc, again.cnonce), (given.qop, given.nc, given.cnonce));
    assert!(same(again.response, self::expected(&again, algorithm, b"secret").as_bytes()));
    assert!(same(&again.response.to_ascii_uppercase(), expected.as_bytes()));
    assert!(!same(again.response, self::expected(&again, algorithm, b"other").as_bytes()));
    assert_eq!(again.response.len(), algorithm.hex_length());
}

/// Whether a value can stand in quotes as it is: one that came without them need not.
fn is_inside_quotes(value: &[u8]) -> bool {
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'"' || (*byte == b'\\' && bytes.next().is_none()) {
            return false;
        }
    }
    true
}

fn expected(credentials: &Credentials<'_>, algorithm: Algorithm, password: &[u8]) -> crate::digest::Hex {
    let ha1 = ha1(algorithm, credentials.username, credentials.realm, password);
    let input = Input {
        nonce: credentials.nonce,
        nc: credentials.nc.unwrap_or_default(),
        cnonce: credentials.cnonce.unwrap_or_default(),
        qop: credentials.qop.unwrap_or_default(),
        method: b"REGISTER",
        uri: credentials.uri,
        body: b"",
    };
    response(algorithm, ha1.as_bytes(), &input)
}

fn written(credentials: &Credentials<'_>, algorithm: Algorithm, response: &[u8]) -> Vec<u8> {
    let mut text = b"Digest algorithm=".to_vec();
    text.extend_from_slice(algorithm.as_str().as_bytes());
    let params: [(&str, Option<&[u8]>); 8] = [
        ("username", Some(credentials.username)),
        ("realm", Some(credentials.realm)),
        ("nonce", Some(credentials.nonce)),
        ("uri", Some(credentials.uri)),
        ("response", Some(response)),
        ("cnonce", credentials.cnonce),
        ("qop", credentials.qop),
        ("nc", credentials.nc),
    ];
    for (name, value) in params {
        let Some(value) = value else { continue };
        text.extend_from_slice(format!(", {name}=\"").as_bytes());
        text.extend_from_slice(value);
        text.push(b'"');
    }
    text
}
