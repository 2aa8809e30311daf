//! Nonces that prove themselves: what they say is under a keyed hash, so that challenges cost no memory.

use super::qop::QopOffer;
use super::ring::{Claim, NonceRing, Use};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use module_api::Time;
use sha2::Sha256;
use sip::digest::Algorithm;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

/// Gives out nonces and recognises them.
pub struct Nonces {
    key: Hmac<Sha256>,
    /// SipHash that has taken the secret.
    marks: DefaultHasher,
    lifetime_s: u32,
    /// Absent where nonces may be used again (`disable_nonce_check`).
    ring: Option<NonceRing>,
}

/// A nonce that is ours, and good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce {
    number: u64,
    /// The algorithm it was given out for. Were it not bound, a challenge for SHA-256 could be answered with MD5.
    pub algorithm: Algorithm,
    /// The qualities of protection it was given out with.
    pub qop: QopOffer,
}

/// A nonce in text.
pub type NonceText = [u8; 32];

const PLAIN: usize = 12;
const WHOLE: usize = 24;

impl Nonces {
    /// With this key. `now` keeps numbers apart from those before a restart.
    pub fn new(secret: &[u8], lifetime_s: u32, checks_use: bool, now: Time) -> Nonces {
        let key = <Hmac<Sha256> as Mac>::new_from_slice(secret);
        // An HMAC takes a key of any length.
        let key = key.unwrap_or_else(|_| <Hmac<Sha256> as Mac>::new(&Default::default()));
        // A million a second, and none comes back after a restart.
        let ring = checks_use.then(|| NonceRing::new(now.unix_seconds() << 20));
        let mut marks = DefaultHasher::new();
        marks.write(secret);
        Nonces { key, marks, lifetime_s, ring }
    }

    /// A new nonce.
    pub fn issue(&self, algorithm: Algorithm, qop: QopOffer, now: Time) -> NonceText {
        let number = self.ring.as_ref().map_or(now.unix_micros(), NonceRing::next);
        let [_, low @ ..] = number.to_be_bytes();
        let seconds = u32::try_from(now.unix_seconds()).unwrap_or(u32::MAX);
        let mut whole = [0; WHOLE];
        let kind = code_of(algorithm) << 2 | qop.code();
        let plain = std::iter::once(kind).chain(seconds.to_be_bytes()).chain(low);
        whole.iter_mut().zip(plain).for_each(|(place, byte)| *place = byte);
        let mark = self.mark(whole.first_chunk().unwrap_or(&[0; PLAIN]));
        whole.iter_mut().skip(PLAIN).zip(mark).for_each(|(place, byte)| *place = byte);
        let mut text = [0; 32];
        // 24 bytes are 32 characters.
        let _ = URL_SAFE_NO_PAD.encode_slice(whole, &mut text);
        text
    }

    /// Recognises a nonce; `None` if it is not ours, too old, or used before.
    pub fn recognise(&self, text: &[u8], claim: Claim, now: Time) -> Option<Nonce> {
        let mut whole = [0; WHOLE];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut whole).ok()?;
        let (plain, mark) = whole.split_first_chunk::<PLAIN>()?;
        let differs = self.mark(plain).iter().zip(mark).fold(0, |all, (one, other)| all | (one ^ other));
        if length != WHOLE || differs != 0 {
            return None;
        }
        let [kind, s0, s1, s2, s3, n0, n1, n2, n3, n4, n5, n6] = *plain;
        let age = now.unix_seconds().saturating_sub(u64::from(u32::from_be_bytes([s0, s1, s2, s3])));
        if age > u64::from(self.lifetime_s) {
            return None;
        }
        let number = u64::from_be_bytes([0, n0, n1, n2, n3, n4, n5, n6]);
        let is_fresh = self.ring.as_ref().is_none_or(|ring| ring.look(number, claim) == Use::Fresh);
        let nonce = Nonce { number, algorithm: algorithm_of(kind >> 2)?, qop: QopOffer::of_code(kind & 3) };
        is_fresh.then_some(nonce)
    }

    /// Uses a nonce, once the response that came with it is proved right: a wrong one must not spend it.
    pub fn claim(&self, nonce: Nonce, claim: Claim) -> Use {
        self.ring.as_ref().map_or(Use::Fresh, |ring| ring.claim(nonce.number, claim))
    }

    /// What a use of a nonce is known by: all of the request, and who sent it. It is a secret's: were it to be guessed,
    /// a request that was overheard could be sent with another Contact.
    pub fn mark_of(&self, request: &[u8], peer: SocketAddr) -> u64 {
        if self.ring.is_none() {
            // Nobody asks.
            return 0;
        }
        let mut hasher = self.marks.clone();
        hasher.write(request);
        peer.hash(&mut hasher);
        hasher.finish()
    }

    fn mark(&self, plain: &[u8; PLAIN]) -> [u8; WHOLE - PLAIN] {
        let mut key = self.key.clone();
        key.update(plain);
        let whole = key.finalize().into_bytes();
        whole.first_chunk().copied().unwrap_or_default()
    }
}

fn code_of(algorithm: Algorithm) -> u8 {
    let position = Algorithm::ALL.iter().position(|known| *known == algorithm);
    position.and_then(|position| u8::try_from(position).ok()).unwrap_or(0)
}

fn algorithm_of(code: u8) -> Option<Algorithm> {
    Algorithm::ALL.get(usize::from(code)).copied()
}

#[cfg(test)]
mod tests {
    use super::{Nonces, QopOffer};
    use crate::auth::ring::{Claim, Use};
    use module_api::Time;
    use sip::digest::Algorithm;

    /// Uses with this count, by one request and by another.
    const FIRST: Claim = Claim { count: Some(1), mark: 1 << 32 };
    const OTHER: Claim = Claim { count: Some(1), mark: 2 << 32 };
    const SECOND: Claim = Claim { count: Some(2), mark: 3 << 32 };
    const NOW: Time = Time::from_unix_seconds(1_700_000_000);

    #[test]
    fn a_nonce_tells_what_it_was_given_out_for() {
        let nonces = Nonces::new(b"secret", 30, true, NOW);
        let text = nonces.issue(Algorithm::Sha256, QopOffer::Both, NOW);
        let nonce = nonces.recognise(&text, FIRST, NOW).unwrap();
        assert_eq!((nonce.algorithm, nonce.qop), (Algorithm::Sha256, QopOffer::Both));
        assert_ne!(nonces.issue(Algorithm::Sha256, QopOffer::Both, NOW), text);
    }

    #[test]
    fn others_old_changed_and_spent_nonces_are_refused() {
        let nonces = Nonces::new(b"secret", 30, true, NOW);
        let text = nonces.issue(Algorithm::Md5, QopOffer::Auth, NOW);
        let late = Time::from_unix_seconds(1_700_000_031);
        let mut changed = text;
        changed[3] ^= 1;
        assert_eq!(Nonces::new(b"another", 30, true, NOW).recognise(&text, FIRST, NOW), None);
        assert_eq!(nonces.recognise(&text, FIRST, late), None);
        assert_eq!(nonces.recognise(&changed, FIRST, NOW), None);
        assert_eq!(nonces.recognise(b"", FIRST, NOW), None);
        assert_eq!(nonces.recognise(&[b'A'; 400], FIRST, NOW), None);
        let nonce = nonces.recognise(&text, FIRST, NOW).unwrap();
        assert_eq!(nonces.claim(nonce, FIRST), Use::Fresh);
        assert_eq!(nonces.recognise(&text, OTHER, NOW), None);
        assert!(nonces.recognise(&text, FIRST, NOW).is_some() && nonces.recognise(&text, SECOND, NOW).is_some());
    }

    #[test]
    fn nonces_of_before_a_restart_are_stale() {
        let before = Nonces::new(b"secret", 30, true, NOW);
        let text = before.issue(Algorithm::Md5, QopOffer::Auth, NOW);
        let after = Nonces::new(b"secret", 30, true, Time::from_unix_seconds(1_700_000_005));
        assert_eq!(after.recognise(&text, FIRST, NOW), None);
    }

    #[test]
    fn unchecked_nonces_are_good_until_they_are_old() {
        let nonces = Nonces::new(b"secret", 30, false, NOW);
        let text = nonces.issue(Algorithm::Md5, QopOffer::None, NOW);
        for claim in [FIRST, OTHER, SECOND] {
            let nonce = nonces.recognise(&text, claim, NOW).unwrap();
            assert_eq!(nonces.claim(nonce, claim), Use::Fresh);
        }
    }
    #[test]
    fn a_request_is_known_by_all_its_bytes_its_sender_and_the_secret() {
        let [here, there] = ["192.0.2.1:5060", "192.0.2.1:5061"].map(|peer| peer.parse().unwrap());
        let nonces = Nonces::new(b"secret", 30, true, NOW);
        let mark = nonces.mark_of(b"REGISTER", here);
        assert_eq!(nonces.mark_of(b"REGISTER", here), mark);
        assert_ne!(nonces.mark_of(b"REGISTEr", here), mark);
        assert_ne!(nonces.mark_of(b"REGISTER", there), mark);
        assert_ne!(Nonces::new(b"another", 30, true, NOW).mark_of(b"REGISTER", here), mark);
    }
}
