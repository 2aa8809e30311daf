//! Strangers: whom the proxy does not serve. They send garbage, requests for elsewhere, forged routes, replies to nothing.

use crate::chance::Chance;
use crate::phone::text::{self, Draft, SDP, Sender};
use bytes::Bytes;
use std::net::{IpAddr, SocketAddr};

/// A stranger.
#[derive(Debug)]
pub struct Stranger {
    /// Where it is.
    pub address: SocketAddr,
    chance: Chance,
    count: u64,
}

impl Stranger {
    /// One of several.
    pub fn new(number: usize, chance: Chance) -> Stranger {
        let last = u8::try_from(number + 1).unwrap_or(u8::MAX);
        Stranger { address: SocketAddr::new(IpAddr::from([203, 0, 113, last]), 5060), chance, count: 0 }
    }

    /// Something that it tries, by this transport; `is_marked`: whether the script knows the dialogs that it has set up.
    pub fn next(&mut self, users: &[String], is_marked: bool, transport: &'static str) -> Bytes {
        self.count += 1;
        let user = self.chance.pick(&users.iter().collect::<Vec<_>>()).cloned().unwrap_or_default();
        let branch = format!("z9hG4bKevil{}x{}", self.address.ip(), self.count);
        let mut draft = self.draft(&user);
        match self.chance.below(if is_marked { 12 } else { 10 }) {
            0 => return self.garbage(),
            1 => draft.uri = "sip:victim@198.51.100.9".to_owned(),
            2 => draft.routes = vec![text::forged_route(), "<sip:198.51.100.9;lr>".to_owned()],
            3 => {
                draft.method = "REGISTER";
                draft.uri = "sip:example.com".to_owned();
                draft.contact = Some("sip:thief@203.0.113.1".to_owned());
            }
            4 => {
                draft.headers = format!(
                    "Proxy-Authorization: Digest username=\"{user}\", realm=\"example.com\", nonce=\"{}\", uri=\"{}\", \
                     response=\"{:032x}\"\r\n",
                    "A".repeat(32),
                    draft.uri,
                    self.chance.number()
                );
            }
            5 => draft.method = "ACK",
            6 => draft.method = "CANCEL",
            7 => draft.method = "OPTIONS",
            8 => return self.reply(&user),
            9 => {
                let whole = draft.write(self.address.into(), &branch);
                let length = usize::try_from(self.chance.below(whole.len() as u64)).unwrap_or(0);
                return whole.slice(..length);
            }
            10 => {
                draft.to += ";tag=guessed";
                draft.routes = vec![text::forged_route()];
                draft.uri = "sip:victim@198.51.100.9".to_owned();
            }
            _ => {
                draft.method = "BYE";
                draft.to += ";tag=guessed";
                draft.routes = vec![format!("<sip:192.0.2.1;lr;ftag=x;call={:x}>", self.chance.number())];
            }
        }
        draft.write(Sender { transport, ..self.address.into() }, &branch)
    }

    fn draft(&mut self, user: &str) -> Draft {
        let own = text::address_of_record(user);
        Draft {
            method: "INVITE",
            uri: own.clone(),
            from: format!("<{own}>;tag=evil{}", self.count),
            to: format!("<{own}>"),
            call_id: format!("evil{}x{}", self.count, self.chance.below(1 << 32)),
            cseq: 1,
            routes: Vec::new(),
            contact: Some(format!("sip:evil@{}", self.address)),
            headers: String::new(),
            body: SDP,
        }
    }

    fn garbage(&mut self) -> Bytes {
        let length = self.chance.below(400);
        (0..length).map(|_| u8::try_from(self.chance.below(256)).unwrap_or(0)).collect()
    }

    /// A 200 for a branch that may be there and is not.
    fn reply(&mut self, user: &str) -> Bytes {
        let number = self.chance.below(1 << 40);
        let text = format!(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{number:x}.{:x}.0\r\n\
             Via: SIP/2.0/UDP 10.7.10.0:5060;branch=z9hG4bKb\r\nFrom: <sip:{user}@example.com>;tag=1\r\n\
             To: <sip:{user}@example.com>;tag=2\r\nCall-ID: {number}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
            self.chance.below(1 << 20)
        );
        Bytes::from(text)
    }
}
