//! One party of a dialog: how it is reached and what it has said.

use super::numbering::Numbering;
use bytes::Bytes;
use module_api::{SocketId, Sockets};
use sip::{HeaderName, Message, Scheme, Uri};

/// A party.
#[derive(Clone, Debug, Default)]
pub struct Leg {
    /// Its tag; empty while it is not known.
    pub tag: Box<[u8]>,
    /// Its contact's URI; empty while it is not known.
    pub contact: Box<[u8]>,
    /// The way from us to it, as the value of a Route header, the nearest first.
    pub routes: Box<[u8]>,
    /// The socket that its messages come by.
    pub socket: Option<SocketId>,
    /// The numbers of the requests that go to it.
    pub numbering: Numbering,
    /// The session description that it has sent last.
    pub sdp: Bytes,
    /// The one that was sent to it last and stands; empty where it is not known.
    pub sent_sdp: Bytes,
    /// Of a callee: the one that its replies have taken to the caller.
    pub passed_sdp: Bytes,
    /// Of a callee: the caller has sent it a BYE before it answered.
    pub was_hung_up: bool,
}

/// A longer session description is not kept.
const SDP_BYTES_MAX: usize = 8 * 1024;
/// Of a party with a longer contact, or a longer way to it, neither is kept: it is not known how it is reached.
const CONTACT_BYTES_MAX: usize = 4 * 1024;
const ROUTES_BYTES_MAX: usize = 8 * 1024;
/// Of a phone that answers when another has the call already, no more is kept: there may be many.
const LATE_BYTES_MAX: usize = 1024;

impl Leg {
    /// The caller, as its INVITE tells.
    pub fn caller(message: &Message, socket: SocketId) -> Leg {
        let routes: Vec<&[u8]> =
            message.name_addrs(HeaderName::RecordRoute).flatten().map(|item| item.text.trim_ascii()).collect();
        let mut leg = Leg {
            tag: tag_of(message, HeaderName::From),
            contact: contact_of(message).unwrap_or_default(),
            routes: routes.join(&b","[..]).into(),
            socket: Some(socket),
            sdp: sdp_of(message).unwrap_or_default(),
            ..Leg::default()
        };
        leg.bound();
        leg
    }

    /// Somebody called, as a reply tells. `caller_routes`: how many entries of the Record-Route were there before ours.
    pub fn callee(reply: &Message, socket: Option<SocketId>, given: u32, sockets: &Sockets, before: usize) -> Leg {
        let mut leg = Leg { tag: tag_of(reply, HeaderName::To), numbering: Numbering::new(given), ..Leg::default() };
        leg.learn(reply, socket, sockets, before);
        leg
    }

    /// A reply to the INVITE may tell more than the one before.
    pub fn learn(&mut self, reply: &Message, socket: Option<SocketId>, sockets: &Sockets, before: usize) {
        if let Some(contact) = contact_of(reply) {
            self.contact = contact;
        }
        self.socket = socket.or(self.socket);
        let items: Vec<_> = reply.name_addrs(HeaderName::RecordRoute).flatten().collect();
        if !items.is_empty() {
            // Those above ours are behind us; where none is ours, those that were there before are left out.
            let is_ours = |item: &sip::ListItem<'_>| item.address.parsed_uri().is_ok_and(|uri| names_us(&uri, sockets));
            let behind = items.iter().position(is_ours).unwrap_or(items.len().saturating_sub(before));
            let routes: Vec<&[u8]> = items.iter().take(behind).rev().map(|item| item.text.trim_ascii()).collect();
            self.routes = routes.join(&b","[..]).into();
        }
        if let Some(sdp) = sdp_of(reply) {
            self.sdp = sdp;
        }
        self.bound();
    }

    /// It is reached at this contact, if one is given; whether that is another than before.
    pub fn moves(&mut self, contact: Option<Box<[u8]>>) -> bool {
        let contact = contact.filter(|contact| *contact != self.contact && contact.len() <= CONTACT_BYTES_MAX);
        let Some(contact) = contact else { return false };
        self.contact = contact;
        true
    }

    /// What is longer than it may be is as good as not known.
    fn bound(&mut self) {
        if self.contact.len() > CONTACT_BYTES_MAX || self.routes.len() > ROUTES_BYTES_MAX {
            (self.contact, self.routes) = (Box::default(), Box::default());
        }
    }

    /// It has lost to another: its tag and numbers are all that late requests need.
    pub fn lose(&mut self) {
        (self.contact, self.routes) = (Box::default(), Box::default());
        (self.sdp, self.sent_sdp, self.passed_sdp) = (Bytes::new(), Bytes::new(), Bytes::new());
    }

    /// It has answered when another had the call already: its ACK and BYE are all that follows.
    pub fn come_late(&mut self) {
        (self.sdp, self.sent_sdp, self.passed_sdp) = (Bytes::new(), Bytes::new(), Bytes::new());
        if self.contact.len() + self.routes.len() > LATE_BYTES_MAX {
            self.lose();
        }
    }

    /// The way to it, entry by entry.
    pub fn routes(&self) -> impl Iterator<Item = &[u8]> {
        // A list of nothing would be one empty entry.
        let routes = if self.routes.is_empty() { None } else { Some(sip::Lists::new(&self.routes)) };
        routes.into_iter().flatten()
    }

    /// Where its requests go first, where that is not its contact.
    pub fn first_route(&self) -> Option<&[u8]> {
        let first = self.routes().next()?;
        sip::NameAddr::parse(first).ok().map(|address| if address.bracketed { address.uri } else { address.text })
    }
}

/// Whether a URI is one of ours.
pub fn names_us(uri: &Uri<'_>, sockets: &Sockets) -> bool {
    if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
        return false;
    }
    let proto = uri.transport().and_then(module_api::Proto::of);
    let port = uri.port.unwrap_or_else(|| proto.map_or(uri.default_port(), module_api::Proto::default_port));
    sockets.is_myself(uri.host, Some(port), proto)
}

/// The URI of a message's Contact, if it is one that requests can be sent to. The message passes all the same: a
/// proxy has no use for its Contact (RFC 3261 section 16.3), and RFC 3261 section 8.1.1.8 is for who sends it.
pub fn contact_of(message: &Message) -> Option<Box<[u8]>> {
    let contact = message.address(HeaderName::Contact).ok()?;
    let is_usable = |uri: &Uri<'_>| matches!(uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
    contact.parsed_uri().ok().filter(is_usable).map(|_| contact.uri.into())
}

/// The session description of a message: `None` where it has no body, empty where it has one that is not kept.
pub fn sdp_of(message: &Message) -> Option<Bytes> {
    let body = message.body();
    (!body.is_empty()).then(|| if is_kept(body) { Bytes::copy_from_slice(body) } else { Bytes::new() })
}

/// The same of a message that was sent: the same bytes as `known` where they are equal.
pub fn sent_sdp(sent: &[u8], known: &Bytes) -> Option<Bytes> {
    let end = sent.windows(4).position(|four| four == b"\r\n\r\n")?;
    let body = sent.get(end + 4..)?;
    if body.is_empty() {
        return None;
    }
    Some(match is_kept(body) {
        true if body == &known[..] => known.clone(),
        true => Bytes::copy_from_slice(body),
        false => Bytes::new(),
    })
}

/// Several bodies in one, and those of other types, are not offered again.
fn is_kept(body: &[u8]) -> bool {
    body.len() <= SDP_BYTES_MAX && body.starts_with(b"v=")
}

fn tag_of(message: &Message, name: HeaderName) -> Box<[u8]> {
    message.address(name).ok().and_then(|address| address.tag()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::Leg;
    use module_api::{Proto, SocketId, Sockets};
    use sip::{Limits, Message};

    fn message(text: &str) -> Message {
        Message::parse(text.replace('\n', "\r\n").into(), &Limits::default()).unwrap()
    }

    fn reply(record_routes: &str) -> Message {
        message(&format!(
            "SIP/2.0 200 OK\nVia: SIP/2.0/UDP a\n{record_routes}From: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: 1\n\
             CSeq: 1 INVITE\nContact: <sip:c@192.0.2.9:5070;ob>;q=1\nContent-Length: 0\n\n"
        ))
    }

    fn sockets() -> Sockets {
        let mut sockets = Sockets::default();
        sockets.add(Proto::Udp, "192.0.2.1:5060".parse().unwrap(), None, None, false);
        sockets
    }

    #[test]
    fn the_way_to_the_callee_is_what_stands_above_our_own_entry() {
        let cases = [
            ("Record-Route: <sip:192.0.2.1;lr>\n", ""),
            ("", ""),
            (
                "Record-Route: <sip:p3;lr>, <sip:p2;lr>, <sip:192.0.2.1;lr;did=1.2>\nRecord-Route: <sip:p1;lr>\n",
                "<sip:p2;lr>,<sip:p3;lr>",
            ),
            ("Record-Route: <sip:p3;lr>, <sip:p1;lr>\n", "<sip:p3;lr>"),
        ];
        for (record_routes, routes) in cases {
            let leg = Leg::callee(&reply(record_routes), Some(SocketId(0)), 1, &sockets(), 1);
            assert_eq!(String::from_utf8_lossy(&leg.routes), routes, "{record_routes}");
            assert_eq!((&leg.tag[..], &leg.contact[..]), (&b"2"[..], &b"sip:c@192.0.2.9:5070;ob"[..]));
        }
    }

    #[test]
    fn the_way_to_the_caller_is_what_its_invite_has_come_by() {
        let invite = message(
            "INVITE sip:c@d SIP/2.0\nVia: SIP/2.0/UDP a\nRecord-Route: <sip:p2;lr>\nRecord-Route: <sip:p1;lr>\n\
             From: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: 1\nCSeq: 1 INVITE\nContact: sip:a@192.0.2.8;x=y\n\
             Content-Length: 0\n\n",
        );
        let leg = Leg::caller(&invite, SocketId(0));
        assert_eq!(&leg.routes[..], b"<sip:p2;lr>,<sip:p1;lr>");
        assert_eq!(leg.first_route(), Some(&b"sip:p2;lr"[..]));
        assert_eq!(&leg.contact[..], b"sip:a@192.0.2.8");
    }
}
