//! Messages as text: what phones and strangers write.

use crate::proxy::ADDRESS;
use crate::script::DOMAIN;
use bytes::Bytes;
use sip::{HeaderName, Message};
use std::net::SocketAddr;

/// A request to be written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The method.
    pub method: &'static str,
    /// The Request-URI.
    pub uri: String,
    /// From, with its tag.
    pub from: String,
    /// To, with its tag if there is one.
    pub to: String,
    /// Call-ID.
    pub call_id: String,
    /// The number in CSeq.
    pub cseq: u32,
    /// Route values.
    pub routes: Vec<String>,
    /// The Contact URI, if it has one.
    pub contact: Option<String>,
    /// Whole header lines.
    pub headers: String,
    /// The body.
    pub body: &'static str,
}

/// Who sends something, as its Via says.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// Where.
    pub address: SocketAddr,
    /// `UDP` or `TCP`
    pub transport: &'static str,
    /// Whether its connection stands for that address (RFC 5923).
    pub is_alias: bool,
}

impl From<SocketAddr> for Sender {
    fn from(address: SocketAddr) -> Sender {
        Sender { address, transport: "UDP", is_alias: false }
    }
}

/// A body.
pub const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 10.7.0.1\r\ns=-\r\nc=IN IP4 10.7.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

impl Draft {
    /// The text, from this sender and with this branch.
    pub fn write(&self, from: Sender, branch: &str) -> Bytes {
        let Sender { address, transport, is_alias } = from;
        let alias = if is_alias { ";alias" } else { "" };
        let Draft { method, uri, cseq, call_id, headers, body, .. } = self;
        let routes: String = self.routes.iter().map(|route| format!("Route: {route}\r\n")).collect();
        let contact = self.contact.as_ref().map(|uri| format!("Contact: <{uri}>\r\n")).unwrap_or_default();
        let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {address};rport{alias};branch={branch}\r\nMax-Forwards: 70\r\n{routes}\
             From: {}\r\nTo: {}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n{contact}{headers}{content}\
             Content-Length: {}\r\n\r\n{body}",
            self.from,
            self.to,
            body.len(),
        );
        Bytes::from(text)
    }
}

/// `sip:user@domain`
pub fn address_of_record(user: &str) -> String {
    format!("sip:{user}@{DOMAIN}")
}

/// A header's value as text; empty where there is none.
pub fn header(message: &Message, name: HeaderName) -> String {
    message.header(name).map(|header| String::from_utf8_lossy(header.value).into_owned()).unwrap_or_default()
}

/// The values of all headers of a name, one by one.
pub fn values(message: &Message, name: HeaderName) -> Vec<String> {
    let items = message.name_addrs(name).flatten();
    items.map(|item| String::from_utf8_lossy(item.address.text).into_owned()).collect()
}

/// The branch of the topmost Via.
pub fn branch(message: &Message) -> Option<String> {
    let via = message.top_via().ok()?;
    Some(String::from_utf8_lossy(via.branch()?).into_owned())
}

/// The tag of To.
pub fn to_tag(message: &Message) -> String {
    let tag = message.to().ok().and_then(|to| to.tag().map(|tag| String::from_utf8_lossy(tag).into_owned()));
    tag.unwrap_or_default()
}

/// The tag of From.
pub fn from_tag(message: &Message) -> String {
    let tag = message.from().ok().and_then(|from| from.tag().map(|tag| String::from_utf8_lossy(tag).into_owned()));
    tag.unwrap_or_default()
}

/// The method that CSeq names.
pub fn cseq_method(message: &Message) -> String {
    message.cseq().map(|cseq| String::from_utf8_lossy(cseq.method_text).into_owned()).unwrap_or_default()
}

/// The first Contact's URI.
pub fn contact(message: &Message) -> Option<String> {
    let item = message.name_addrs(HeaderName::Contact).flatten().next()?;
    Some(String::from_utf8_lossy(item.address.uri).into_owned())
}

/// The text with the word after a mark replaced.
pub fn replaced(bytes: &Bytes, mark: &str, word: &str) -> Bytes {
    let text = String::from_utf8_lossy(bytes);
    let Some((before, rest)) = text.split_once(mark) else { return bytes.clone() };
    let end = rest.find([' ', ';', '\r']).unwrap_or(rest.len());
    Bytes::from(format!("{before}{mark}{word}{}", rest.get(end..).unwrap_or_default()))
}

/// The Route that leads to the proxy, as anybody can write it.
pub fn forged_route() -> String {
    format!("<sip:{ADDRESS};lr>")
}
