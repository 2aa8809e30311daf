//! What a request is matched to transactions by: RFC 3261 section 17.2.3, and RFC 2543's way for branches without the
//! magic cookie.

use super::id::COOKIE;
use foldhash::fast::FixedState;
use sip::{HeaderError, Message, Method, Via};
use std::hash::{BuildHasher, Hasher};

/// A request as a key of the table. All requests of one Call-ID and CSeq number have the same hash: an INVITE, its
/// retransmissions, its CANCEL and its ACKs, hop by hop or end to end.
pub(crate) struct Key<'a> {
    pub(crate) hash: u64,
    message: &'a Message,
}

/// The parameters of module `tm` that matter for old branches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rfc2543 {
    pub(crate) match_request_uri: bool,
    pub(crate) match_via: bool,
}

/// What a request means for a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It is its request once more.
    Retransmission,
    /// It is the ACK of this hop, for a final reply other than 2xx.
    HopAck,
    /// It cancels it.
    Cancel,
}

/// The hash of a Call-ID and a CSeq number.
pub(crate) fn hash(state: &FixedState, call_id: &[u8], cseq: u32) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write(call_id);
    hasher.write_u32(cseq);
    hasher.finish()
}

impl<'a> Key<'a> {
    pub(crate) fn of(message: &'a Message, state: &FixedState) -> Result<Key<'a>, HeaderError> {
        Ok(Key { hash: hash(state, message.call_id()?, message.cseq()?.number), message })
    }

    /// What this request means for the transaction of `other`.
    pub(crate) fn relation(&self, other: &Message, rules: Rfc2543) -> Option<Relation> {
        let relation = match self.message.method() {
            Method::Ack if other.method() == Method::Invite => Relation::HopAck,
            Method::Cancel if other.method() == Method::Invite => Relation::Cancel,
            _ if self.message.method_text() == other.method_text() => Relation::Retransmission,
            _ => return None,
        };
        let (ours, theirs) = (self.message.top_via().ok()?, other.top_via().ok()?);
        let branch = ours.branch().unwrap_or_default();
        let same = if branch.starts_with(COOKIE) {
            theirs.branch() == Some(branch) && same_sender(&ours, &theirs)
        } else {
            self.is_same_of_old(other, &ours, &theirs, rules, relation)
        };
        same.then_some(relation)
    }

    /// Whether this is the ACK to a 2xx of the INVITE `other`: same call, CSeq number and caller, another branch.
    pub(crate) fn acknowledges(&self, other: &Message) -> bool {
        self.message.method() == Method::Ack && other.method() == Method::Invite && self.is_same_call(other)
    }

    fn is_same_call(&self, other: &Message) -> bool {
        let (Ok(ours), Ok(theirs)) = (self.message.from(), other.from()) else { return false };
        let (Ok(our_cseq), Ok(their_cseq)) = (self.message.cseq(), other.cseq()) else { return false };
        ours.tag() == theirs.tag()
            && our_cseq.number == their_cseq.number
            && self.message.call_id().ok() == other.call_id().ok()
    }

    fn is_same_of_old(
        &self,
        other: &Message,
        ours: &Via<'_>,
        theirs: &Via<'_>,
        rules: Rfc2543,
        relation: Relation,
    ) -> bool {
        self.is_same_call(other)
            && !theirs.branch().unwrap_or_default().starts_with(COOKIE)
            && (!rules.match_request_uri || self.message.request_uri() == other.request_uri())
            && (!rules.match_via || ours.text == theirs.text)
            // The To tag of an ACK is the one of our reply, which the request did not have.
            && (relation == Relation::HopAck || self.message.to_tag() == other.to_tag())
    }
}

/// Whether two Vias have the same sent-by; without a port the default is meant.
fn same_sender(one: &Via<'_>, other: &Via<'_>) -> bool {
    one.host.eq_ignore_ascii_case(other.host) && one.effective_port() == other.effective_port()
}

#[cfg(test)]
mod tests {
    use super::{Key, Relation, Rfc2543};
    use foldhash::fast::FixedState;
    use sip::Message;

    const RULES: Rfc2543 = Rfc2543 { match_request_uri: true, match_via: true };

    fn request(method: &str, via: &str, cseq: u32, to: &str) -> Message {
        let text = format!(
            "{method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP {via}\r\nFrom: <sip:alice@example.com>;tag=a\r\n\
             To: <sip:bob@example.com>{to}\r\nCall-ID: 1@here\r\nCSeq: {cseq} {method}\r\n\r\n"
        );
        Message::parse(text.into(), &sip::Limits::default()).unwrap()
    }

    fn relation(invite: &Message, other: &Message) -> Option<Relation> {
        let state = FixedState::with_seed(1);
        let (known, key) = (Key::of(invite, &state).unwrap(), Key::of(other, &state).unwrap());
        if known.hash == key.hash { key.relation(invite, RULES) } else { None }
    }

    #[test]
    fn by_branch_and_sender() {
        let invite = request("INVITE", "192.0.2.1;branch=z9hG4bK1", 1, "");
        let cases = [
            ("INVITE", "192.0.2.1:5060;branch=z9hG4bK1", 1, "", Some(Relation::Retransmission)),
            ("INVITE", "192.0.2.1;branch=z9hG4bK2", 1, "", None),
            ("INVITE", "192.0.2.2;branch=z9hG4bK1", 1, "", None),
            ("CANCEL", "192.0.2.1;branch=z9hG4bK1", 1, "", Some(Relation::Cancel)),
            ("ACK", "192.0.2.1;branch=z9hG4bK1", 1, ";tag=b", Some(Relation::HopAck)),
            ("ACK", "192.0.2.1;branch=z9hG4bK3", 1, ";tag=b", None),
            ("BYE", "192.0.2.1;branch=z9hG4bK1", 1, "", None),
        ];
        for (method, via, cseq, to, expected) in cases {
            assert_eq!(relation(&invite, &request(method, via, cseq, to)), expected, "{method} {via}");
        }
    }

    #[test]
    fn as_in_rfc_2543() {
        let invite = request("INVITE", "192.0.2.1;branch=1", 1, "");
        assert_eq!(relation(&invite, &request("INVITE", "192.0.2.1;branch=1", 1, "")), Some(Relation::Retransmission));
        assert_eq!(relation(&invite, &request("ACK", "192.0.2.1;branch=1", 1, ";tag=b")), Some(Relation::HopAck));
        assert_eq!(relation(&invite, &request("INVITE", "192.0.2.1;branch=1", 1, ";tag=b")), None);
        assert_eq!(relation(&invite, &request("CANCEL", "192.0.2.1", 1, "")), None);
    }

    #[test]
    fn the_ack_to_a_2xx_has_a_branch_of_its_own() {
        let invite = request("INVITE", "192.0.2.1;branch=z9hG4bK1", 1, "");
        let ack = request("ACK", "192.0.2.9;branch=z9hG4bK7", 1, ";tag=b");
        assert!(Key::of(&ack, &FixedState::with_seed(1)).unwrap().acknowledges(&invite));
    }
}
