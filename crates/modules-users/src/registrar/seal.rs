//! Text that only this server can read, and that nobody can change: for references that hide what they refer to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Seals text with a key.
pub struct Seal {
    key: Hmac<Sha256>,
}

const DRAWN: usize = 8;
const MARK: usize = 8;
/// The longest sealed text that is looked at.
const SEALED_MAX: usize = 1024;

impl Seal {
    /// With this key.
    pub fn new(secret: &[u8]) -> Seal {
        let key = <Hmac<Sha256> as Mac>::new_from_slice(secret);
        // An HMAC takes a key of any length.
        Seal { key: key.unwrap_or_else(|_| <Hmac<Sha256> as Mac>::new(&Default::default())) }
    }

    /// The text sealed, in characters that a user part or parameter may have. `drawn` makes each sealing another.
    pub fn seal(&self, drawn: u64, plain: &[u8]) -> String {
        let drawn = drawn.to_be_bytes();
        let mut body = plain.to_vec();
        self.mask(&drawn, &mut body);
        let mark = self.mark(&drawn, &body);
        URL_SAFE_NO_PAD.encode([&drawn[..], &mark, &body].concat())
    }

    /// What was sealed; `None` if it was not sealed here, or was changed.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        if sealed.len() > SEALED_MAX {
            return None;
        }
        let whole = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (drawn, rest) = whole.split_first_chunk::<DRAWN>()?;
        let (mark, body) = rest.split_first_chunk::<MARK>()?;
        let differs = self.mark(drawn, body).iter().zip(mark).fold(0, |all, (one, other)| all | (one ^ other));
        if differs != 0 {
            return None;
        }
        let mut plain = body.to_vec();
        self.mask(drawn, &mut plain);
        Some(plain)
    }

    /// Adds a stream that follows from key and draw; twice is nothing.
    fn mask(&self, drawn: &[u8; DRAWN], text: &mut [u8]) {
        for (number, block) in (0u32..).zip(text.chunks_mut(32)) {
            let mut key = self.key.clone();
            key.update(b"mask");
            key.update(drawn);
            key.update(&number.to_be_bytes());
            block.iter_mut().zip(key.finalize().into_bytes()).for_each(|(byte, mask)| *byte ^= mask);
        }
    }

    fn mark(&self, drawn: &[u8; DRAWN], body: &[u8]) -> [u8; MARK] {
        let mut key = self.key.clone();
        key.update(b"mark");
        key.update(drawn);
        key.update(body);
        key.finalize().into_bytes().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn what_is_sealed_opens_again_and_nothing_else() {
        let seal = Seal::new(b"secret");
        let sealed = seal.seal(7, b"alice@example.com and more than one block of text");
        assert_eq!(seal.open(sealed.as_bytes()).unwrap(), b"alice@example.com and more than one block of text");
        assert_ne!(seal.seal(8, b"alice@example.com"), seal.seal(7, b"alice@example.com"));
        assert_eq!(Seal::new(b"another").open(sealed.as_bytes()), None);
        let mut changed = sealed.into_bytes();
        changed[30] ^= 1;
        assert_eq!(seal.open(&changed), None);
        assert_eq!(seal.open(b""), None);
        assert_eq!(seal.open(&[b'A'; 4000]), None);
    }
}
