//! Answers to challenges (RFC 7616).

use sip::auth;
use sip::digest::{Algorithm, Input, ha1, response};
use sip::{HeaderName, Message};

/// A challenge, and how often its nonce was used.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The header that answers it.
    pub header: &'static str,
    realm: String,
    nonce: String,
    qop: bool,
    uses: u32,
}

impl Challenge {
    /// That of a 401 or 407.
    pub fn read(reply: &Message) -> Option<Challenge> {
        let (name, header) = match reply.status() {
            401 => (HeaderName::WwwAuthenticate, "Authorization"),
            407 => (HeaderName::ProxyAuthenticate, "Proxy-Authorization"),
            _ => return None,
        };
        let challenge = auth::Challenge::parse(reply.header(name)?.value).ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(Challenge {
            header,
            realm: text(challenge.realm),
            nonce: text(challenge.nonce),
            qop: challenge.qop.is_some(),
            uses: 0,
        })
    }

    /// The header line that answers it once more.
    pub fn answer(&mut self, user: &str, password: &str, method: &str, uri: &str) -> String {
        self.uses += 1;
        let Challenge { header, realm, nonce, .. } = self;
        let count = format!("{:08x}", self.uses);
        let hash = ha1(Algorithm::Md5, user.as_bytes(), realm.as_bytes(), password.as_bytes());
        let qop: &[u8] = if self.qop { b"auth" } else { b"" };
        let input = Input {
            nonce: nonce.as_bytes(),
            nc: count.as_bytes(),
            cnonce: b"c",
            qop,
            method: method.as_bytes(),
            uri: uri.as_bytes(),
            body: b"",
        };
        let answer = response(Algorithm::Md5, hash.as_bytes(), &input);
        let quality = if self.qop { format!(", qop=auth, nc={count}, cnonce=\"c\"") } else { String::new() };
        format!(
            "{header}: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{answer}\"{quality}\r\n"
        )
    }
}
