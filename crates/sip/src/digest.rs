//! Digest authentication: the arithmetic of RFC 7616 and RFC 8760, nothing about nonces or users.

use md5::Md5;
use sha2::{Sha256, Sha512_256};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `MD5`, also where none is named.
    #[default]
    Md5,
    /// `MD5-sess`
    Md5Sess,
    /// `SHA-256`
    Sha256,
    /// `SHA-256-sess`
    Sha256Sess,
    /// `SHA-512-256`
    Sha512t256,
    /// `SHA-512-256-sess`
    Sha512t256Sess,
}

impl Algorithm {
    /// All of them, weakest first.
    pub const ALL: [Algorithm; 6] = [
        Algorithm::Md5,
        Algorithm::Md5Sess,
        Algorithm::Sha256,
        Algorithm::Sha256Sess,
        Algorithm::Sha512t256,
        Algorithm::Sha512t256Sess,
    ];

    /// The algorithm of this name; case does not count.
    pub fn of(name: &[u8]) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| name.eq_ignore_ascii_case(algorithm.as_str().as_bytes()))
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Md5Sess => "MD5-sess",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha256Sess => "SHA-256-sess",
            Algorithm::Sha512t256 => "SHA-512-256",
            Algorithm::Sha512t256Sess => "SHA-512-256-sess",
        }
    }

    /// Whether HA1 takes in the nonces of the session.
    pub fn is_session(self) -> bool {
        matches!(self, Algorithm::Md5Sess | Algorithm::Sha256Sess | Algorithm::Sha512t256Sess)
    }

    /// How many hexadecimal figures its hashes have.
    pub fn hex_length(self) -> usize {
        if matches!(self, Algorithm::Md5 | Algorithm::Md5Sess) { 32 } else { 64 }
    }

    /// The hash of the parts joined by colons, in hexadecimal figures.
    pub fn hash(self, parts: &[&[u8]]) -> Hex {
        match self {
            Algorithm::Md5 | Algorithm::Md5Sess => hash_with::<Md5>(parts),
            Algorithm::Sha256 | Algorithm::Sha256Sess => hash_with::<Sha256>(parts),
            Algorithm::Sha512t256 | Algorithm::Sha512t256Sess => hash_with::<Sha512_256>(parts),
        }
    }
}

/// A hash in lower-case hexadecimal figures, held in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex {
    figures: [u8; 64],
    length: usize,
}

impl Hex {
    /// The figures.
    pub fn as_bytes(&self) -> &[u8] {
        self.figures.get(..self.length).unwrap_or_default()
    }

    /// The figures.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Hex {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

impl std::fmt::Display for Hex {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// `H(user:realm:password)`, which is what a subscriber table keeps. Session algorithms go on from it in [`response`].
pub fn ha1(algorithm: Algorithm, user: &[u8], realm: &[u8], password: &[u8]) -> Hex {
    algorithm.hash(&[user, realm, password])
}

/// What a response is made of, besides HA1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// The server's nonce.
    pub nonce: &'a [u8],
    /// The nonce count as written.
    pub nc: &'a [u8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The quality of protection; empty as in RFC 2069.
    pub qop: &'a [u8],
    /// The method of the request.
    pub method: &'a [u8],
    /// The URI of the credentials.
    pub uri: &'a [u8],
    /// The body, hashed with `auth-int`.
    pub body: &'a [u8],
}

/// The response a client must send (RFC 7616 section 3.4.1).
pub fn response(algorithm: Algorithm, ha1: &[u8], input: &Input<'_>) -> Hex {
    let session = algorithm.is_session().then(|| algorithm.hash(&[ha1, input.nonce, input.cnonce]));
    let ha1 = session.as_ref().map_or(ha1, Hex::as_bytes);
    let ha2 = if input.qop.eq_ignore_ascii_case(b"auth-int") {
        algorithm.hash(&[input.method, input.uri, algorithm.hash(&[input.body]).as_bytes()])
    } else {
        algorithm.hash(&[input.method, input.uri])
    };
    if input.qop.is_empty() {
        return algorithm.hash(&[ha1, input.nonce, ha2.as_bytes()]);
    }
    algorithm.hash(&[ha1, input.nonce, input.nc, input.cnonce, input.qop, ha2.as_bytes()])
}

/// Whether two texts are the same, in a time that does not tell where they differ. Case of the figures does not count.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let difference = |(one, other): (&u8, &u8)| one.to_ascii_lowercase() ^ other.to_ascii_lowercase();
    one.len() == other.len() && one.iter().zip(other).map(difference).fold(0, |all, bits| all | bits) == 0
}

fn hash_with<H: sha2::Digest>(parts: &[&[u8]]) -> Hex {
    let mut hash = H::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut hex = Hex { figures: [0; 64], length: (digest.len() * 2).min(64) };
    for (pair, byte) in hex.figures.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[FIGURES[usize::from(byte >> 4)], FIGURES[usize::from(byte & 15)]]);
    }
    hex
}

const FIGURES: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 section 3.9.1.
    const MUFASA: Input<'static> = Input {
        nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc: b"00000001",
        cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        qop: b"auth",
        method: b"GET",
        uri: b"/dir/index.html",
        body: b"",
    };

    fn mufasa(algorithm: Algorithm) -> String {
        let ha1 = ha1(algorithm, b"Mufasa", b"http-auth@example.org", b"Circle of Life");
        response(algorithm, ha1.as_bytes(), &MUFASA).to_string()
    }

    #[test]
    fn rfc_7616_vectors() {
        assert_eq!(mufasa(Algorithm::Md5), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(mufasa(Algorithm::Sha256), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }

    #[test]
    fn rfc_2617_vector() {
        let ha1 = ha1(Algorithm::Md5, b"Mufasa", b"testrealm@host.com", b"Circle Of Life");
        let input = Input { nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093", cnonce: b"0a4f113b", ..MUFASA };
        assert_eq!(response(Algorithm::Md5, ha1.as_bytes(), &input).as_str(), "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn rfc_2069_has_no_qop() {
        let ha1 = ha1(Algorithm::Md5, b"Mufasa", b"testrealm@host.com", b"CircleOfLife");
        let input = Input { nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093", qop: b"", ..MUFASA };
        assert_eq!(response(Algorithm::Md5, ha1.as_bytes(), &input).as_str(), "1949323746fe6a43ef61f9606e7febea");
    }

    #[test]
    fn session_and_integrity_change_the_response() {
        assert_ne!(mufasa(Algorithm::Md5Sess), mufasa(Algorithm::Md5));
        let input = Input { qop: b"auth-int", ..MUFASA };
        let other = Input { qop: b"auth-int", body: b"x", ..MUFASA };
        let ha1 = ha1(Algorithm::Sha512t256, b"a", b"b", b"c");
        assert_ne!(
            response(Algorithm::Sha512t256, ha1.as_bytes(), &input),
            response(Algorithm::Sha512t256, ha1.as_bytes(), &other)
        );
    }

    #[test]
    fn sha_512_256_is_not_sha_512_cut_short() {
        // RFC 7616 section 3.9.2 uses this algorithm; the constant is NIST's example for "abc".
        assert_eq!(
            Algorithm::Sha512t256.hash(&[b"abc"]).as_str(),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
        );
    }

    #[test]
    fn names_go_both_ways() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::of(algorithm.as_str().to_lowercase().as_bytes()), Some(algorithm));
        }
        assert_eq!(Algorithm::of(b"SHA-1"), None);
    }

    #[test]
    fn compares_without_hurry() {
        assert!(same(b"abCD", b"ABcd"));
        assert!(!same(b"abcd", b"abce") && !same(b"abc", b"abcd"));
    }
}
