//! The To tag of our own replies: a keyed hash of the request, so that all replies to one request have the same tag and
//! an ACK to one of them is known for ours though nothing was kept.

use bytes::Bytes;
use foldhash::fast::FixedState;
use sip::Message;
use std::hash::{BuildHasher, Hasher};

/// A tag in text.
pub(crate) type Tag = [u8; 20];

/// Makes To tags.
pub(crate) struct TagMaker(FixedState);

impl TagMaker {
    pub(crate) fn new(seed: u64) -> TagMaker {
        TagMaker(FixedState::with_seed(seed))
    }

    /// The tag of our replies to this request. The branch is part of it: the ACK of a final reply other than 2xx has
    /// the branch of the INVITE, the ACK of a 2xx has not, and only the first may be absorbed.
    pub(crate) fn tag(&self, request: &Message) -> Bytes {
        let via = request.top_via().ok();
        Bytes::copy_from_slice(&self.tag_for(via.and_then(|via| via.branch()), request))
    }

    /// The same where the branch is known.
    pub(crate) fn tag_for(&self, branch: Option<&[u8]>, request: &Message) -> Tag {
        let mut hasher = self.0.build_hasher();
        hasher.write(branch.unwrap_or_default());
        hasher.write(request.call_id().unwrap_or_default());
        let number = hasher.finish();
        let mut text = *b"stw-................";
        for (place, shift) in text.iter_mut().skip(4).zip((0..16).rev()) {
            *place = HEX[(number >> (shift * 4)) as usize & 15];
        }
        text
    }

    /// Whether this ACK acknowledges a reply of ours.
    pub(crate) fn is_ours(&self, ack: &Message) -> bool {
        ack.to_tag().is_some_and(|tag| self.made(tag, ack))
    }

    /// Whether this is the tag of our replies to this request.
    pub(crate) fn made(&self, tag: &[u8], request: &Message) -> bool {
        let branch = || request.top_via().ok().and_then(|via| via.branch());
        tag.starts_with(b"stw-") && tag == self.tag_for(branch(), request)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::TagMaker;
    use sip::Message;

    fn request(method: &str, branch: &str, to_tag: &str) -> Message {
        let text = format!(
            "{method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch={branch}\r\n\
             From: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>{to_tag}\r\nCall-ID: 1@here\r\n\
             CSeq: 1 {method}\r\n\r\n"
        );
        Message::parse(text.into(), &sip::Limits::default()).unwrap()
    }

    #[test]
    fn an_ack_is_known_by_its_tag() {
        let tags = TagMaker::new(7);
        let tag = tags.tag(&request("INVITE", "z9hG4bK1", ""));
        let to_tag = format!(";tag={}", String::from_utf8_lossy(&tag));
        assert!(tags.is_ours(&request("ACK", "z9hG4bK1", &to_tag)));
        assert!(!tags.is_ours(&request("ACK", "z9hG4bK2", &to_tag)));
        assert!(!tags.is_ours(&request("ACK", "z9hG4bK1", ";tag=other")));
        assert!(!TagMaker::new(8).is_ours(&request("ACK", "z9hG4bK1", &to_tag)));
    }
}
