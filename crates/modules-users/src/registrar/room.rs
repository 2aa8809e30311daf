//! Whether the reply to a REGISTER can be sent: it lists all contacts, and a datagram has an end.

use super::Registrar;
use super::register::{Register, Wanted};
use crate::usrloc::contact::Contact;
use module_api::{Call, Proto};
use sip::{HeaderName, Message};

/// The longest datagram that IPv4 carries; IPv6 carries little more.
const DATAGRAM_MAX: usize = 65_507;
/// The status line, tag, Server, Feature-Caps, and what the script adds.
const OTHER_LINES: usize = 4_000;
/// What stands around a URI with `q` and `expires`, around `received`, and around an instance with `reg-id`.
const AROUND: usize = 32;
/// What the reply copies from the request.
const COPIED: [HeaderName; 6] =
    [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq, HeaderName::Path];

/// The bytes that contacts may take in the reply to a request; `None`: any number, for it goes by a connection.
pub fn of_reply(call: &Call<'_>, request: &Message) -> Option<usize> {
    let socket = call.env.services.sockets.get(call.msg.source.socket)?;
    let lines = COPIED.iter().flat_map(|name| request.headers_named(*name));
    let copied: usize = lines.map(|header| header.value.len() + AROUND).sum();
    (socket.proto == Proto::Udp).then(|| (DATAGRAM_MAX - OTHER_LINES).saturating_sub(copied))
}

/// No less than a registered contact takes in a reply.
pub fn of_contact(registrar: &Registrar, register: &Register<'_>, aor: &[u8], contact: &Contact) -> usize {
    let seal = aor.len() + contact.call_id().len();
    length(registrar, register, seal, [contact.uri(), contact.received(), contact.instance()])
}

/// The same for a contact to be.
pub fn of_wanted(registrar: &Registrar, register: &Register<'_>, aor: &[u8], wanted: &Wanted<'_>) -> usize {
    let seal = aor.len() + register.call_id.len();
    length(registrar, register, seal, [wanted.uri.text, &register.given.received, wanted.instance])
}

fn length(registrar: &Registrar, register: &Register<'_>, seal: usize, parts: [&[u8]; 3]) -> usize {
    let [uri, received, instance] = parts.map(<[u8]>::len);
    let received = if received > 0 { received + registrar.received_param.len() + AROUND } else { 0 };
    // The public GRUU is made of address of record and instance, the temporary one of these and the Call-ID, sealed.
    let gruus = if register.supports_gruu { 200 + 3 * (seal + instance) } else { 0 };
    let instance = if instance > 0 { instance + AROUND + gruus } else { 0 };
    AROUND + uri + received + instance
}
