//! Why a REGISTER was refused, and what the phone is told.

use super::Registrar;
use bytes::Bytes;
use module_api::{Call, Fault, ReplyContent};

/// Why a REGISTER was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The address of record cannot be read.
    BadAor,
    /// It is too long.
    AorTooLong,
    /// Its user is.
    UserTooLong,
    /// Its domain is.
    DomainTooLong,
    /// Call-ID cannot be read.
    BadCallId,
    /// CSeq cannot be read.
    BadCSeq,
    /// `*` stands beside other contacts.
    StarNotAlone,
    /// `*` without `Expires: 0`.
    StarNotZero,
    /// A contact cannot be read.
    BadContact,
    /// A contact is too long.
    ContactTooLong,
    /// A `q` that is none.
    BadQ,
    /// A contact for less than this many seconds, the least there is.
    TooBrief(u32),
    /// The CSeq is not above the one before (RFC 3261 section 10.3, step 7).
    OldCSeq,
    /// More contacts than `max_contacts`.
    TooManyContacts,
    /// The reply would list more contacts than a datagram holds.
    ReplyTooLong,
    /// Path cannot be read.
    BadPath,
    /// Path without `Supported: path` (RFC 3327 section 5.3); the Path.
    PathNotSupported(Vec<u8>),
    /// `Require` names extensions that are not there (RFC 3261 section 10.3, step 2): which, with commas between.
    ExtensionsRequired(Vec<u8>),
    /// Outbound is demanded, and the first hop does not support it (RFC 5626 section 6).
    FirstHopLacksOutbound,
    /// A flow stands beside other contacts (RFC 5626 section 6).
    FlowNotAlone,
    /// A push service that is not ours (RFC 8599 section 5.6.1).
    PushNotSupported,
    /// The contacts could not be written, or the script does not say how in words that can be read.
    NotStored,
    /// It is a retransmission of one that is still being written: that one will be answered.
    InProgress,
}

impl Refusal {
    /// Code and reason phrase, which names the header that is wrong.
    pub fn reply(&self) -> (u16, &'static str) {
        match self {
            Refusal::TooManyContacts => (503, "Service Unavailable"),
            Refusal::ReplyTooLong => (513, "Message Too Large"),
            Refusal::TooBrief(_) => (423, "Interval Too Brief"),
            Refusal::PathNotSupported(_) | Refusal::ExtensionsRequired(_) => (420, "Bad Extension"),
            Refusal::BadPath => (400, "Bad Path"),
            Refusal::FirstHopLacksOutbound => (439, "First Hop Lacks Outbound Support"),
            Refusal::FlowNotAlone => (400, "Bad Contact"),
            Refusal::PushNotSupported => (555, "Push Notification Service Not Supported"),
            Refusal::NotStored => (500, "Server Internal Error"),
            Refusal::BadAor | Refusal::AorTooLong | Refusal::UserTooLong | Refusal::DomainTooLong => (400, "Bad To"),
            Refusal::BadCallId => (400, "Bad Call-ID"),
            Refusal::BadCSeq | Refusal::OldCSeq => (400, "Bad CSeq"),
            Refusal::StarNotAlone | Refusal::StarNotZero => (400, "Bad Contact"),
            Refusal::BadContact | Refusal::ContactTooLong | Refusal::BadQ => (400, "Bad Contact"),
            Refusal::InProgress => (400, "Bad Request"),
        }
    }

    /// What is wrong, in words.
    pub fn text(&self) -> &'static str {
        match self {
            Refusal::BadAor => "the address of record cannot be read",
            Refusal::AorTooLong => "the address of record is too long",
            Refusal::UserTooLong => "the user of the address of record is too long",
            Refusal::DomainTooLong => "the domain of the address of record is too long",
            Refusal::BadCallId => "Call-ID cannot be read",
            Refusal::BadCSeq => "CSeq cannot be read",
            Refusal::StarNotAlone => "* stands beside other contacts",
            Refusal::StarNotZero => "* without Expires: 0",
            Refusal::BadContact => "a contact cannot be read",
            Refusal::ContactTooLong => "a contact is too long",
            Refusal::BadQ => "the q of a contact is not between 0 and 1",
            Refusal::TooBrief(_) => "a contact is for less than the least time",
            Refusal::OldCSeq => "the CSeq number is not above the one before",
            Refusal::TooManyContacts => "too many contacts",
            Refusal::ReplyTooLong => "the reply with all contacts would not fit into a datagram",
            Refusal::BadPath => "a Path is no address",
            Refusal::PathNotSupported(_) => "Path without Supported: path",
            Refusal::ExtensionsRequired(_) => "an extension that is required is not there",
            Refusal::FirstHopLacksOutbound => "the first hop does not support outbound",
            Refusal::FlowNotAlone => "a contact with reg-id stands beside other contacts",
            Refusal::PushNotSupported => "the push service is not supported",
            Refusal::NotStored => "the contacts could not be stored",
            Refusal::InProgress => "the request is being answered",
        }
    }

    /// Tells the phone.
    ///
    /// # Errors
    /// The request cannot be answered.
    pub fn send(&self, call: &mut Call<'_>, registrar: &Registrar) -> Result<(), Fault> {
        let (code, reason) = self.reply();
        let mut headers = format!("P-Registrar-Error: {}\r\n", self.text());
        if (500..555).contains(&code) && registrar.retry_after_s > 0 {
            headers.push_str(&format!("Retry-After: {}\r\n", registrar.retry_after_s));
        }
        if let Refusal::TooBrief(least_s) = self {
            headers.push_str(&format!("Min-Expires: {least_s}\r\n"));
        }
        let mut headers = headers.into_bytes();
        if let Refusal::PathNotSupported(path) = self {
            headers.extend_from_slice(b"Unsupported: path\r\nPath: ");
            headers.extend_from_slice(path);
            headers.extend_from_slice(b"\r\n");
        }
        if let Refusal::ExtensionsRequired(names) = self {
            headers.extend_from_slice(b"Unsupported: ");
            headers.extend_from_slice(names);
            headers.extend_from_slice(b"\r\n");
        }
        let reply = ReplyContent { headers: Bytes::from(headers), ..ReplyContent::new(code, reason) };
        call.env.operations.answer(call, &reply)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        let (code, reason) = refusal.reply();
        Fault::peer(refusal.text()).reply(code, reason)
    }
}
