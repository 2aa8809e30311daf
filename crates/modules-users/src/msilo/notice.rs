//! What senders are told when their message is kept.

use super::{CONTACT_HDR, CONTENT_TYPE_HDR, FROM_ADDRESS, OFFLINE_MESSAGE, USE_CONTACT};
use crate::subject::{is_usable, user_and_domain};
use bytes::Bytes;
use catalogue::Param;
use module_api::{Call, FormatHandle, NewRequest, Setup, StartError};
use sip::{HeaderName, NameAddr};

/// What senders are told, as the parameters have it.
pub struct Notice {
    from: FormatHandle,
    body: FormatHandle,
    contact: Option<FormatHandle>,
    content_type: Option<FormatHandle>,
    uses_contact: bool,
}

impl Notice {
    /// From the parameters; `None` where senders are told nothing.
    ///
    /// # Errors
    /// A variable in them is none.
    pub fn read(setup: &Setup<'_>) -> Result<Option<Notice>, StartError> {
        let format = |param: &Param| match setup.params.str(param).filter(|text| !text.is_empty()) {
            Some(text) => setup.compiler.format(text).map(Some).map_err(|wrong| StartError::param(param.name, wrong)),
            None => Ok(None),
        };
        let (contact, content_type) = (format(&CONTACT_HDR)?, format(&CONTENT_TYPE_HDR)?);
        let (Some(from), Some(body)) = (format(&FROM_ADDRESS)?, format(&OFFLINE_MESSAGE)?) else { return Ok(None) };
        let uses_contact = setup.params.is_on(&USE_CONTACT);
        Ok(Some(Notice { from, body, contact, content_type, uses_contact }))
    }

    /// The request that tells the sender of the message at hand. `None`, logged, where it cannot be made; nobody is told
    /// of notices themselves, for they could go on for ever.
    pub fn request(&self, call: &mut Call<'_>, proxy: Option<&Bytes>) -> Option<NewRequest> {
        let from = self.from.print(call);
        let message = &call.msg.message;
        let sender = message.share(message.from().ok()?.uri);
        let address = NameAddr::parse(&from).ok().filter(|address| is_usable(address.uri));
        let Some(address) = address else {
            let from = String::from_utf8_lossy(&from);
            call.env.log().error(format!("msilo: from_address has become {from:?}, which is no address"));
            return None;
        };
        if is_same_user(address.uri, &sender) || !is_usable(&sender) {
            return None;
        }
        let contact = message.address(HeaderName::Contact).ok().filter(|_| self.uses_contact);
        let contact = contact.map(|contact| contact.uri).filter(|uri| is_usable(uri));
        let uri = contact.map_or_else(|| sender.clone(), |uri| message.share(uri));
        let from = if address.bracketed { from.to_vec() } else { [b"<", address.uri, b">"].concat() };
        let mut headers = [b"From: ", &from[..], b"\r\nTo: <", &sender, b">\r\n"].concat();
        let content_type = self.content_type.as_ref().map(|line| line.print(call));
        append_line(content_type.as_deref().unwrap_or(b"Content-Type: text/plain"), &mut headers);
        if let Some(line) = &self.contact {
            append_line(&line.print(call), &mut headers);
        }
        Some(NewRequest {
            method: Bytes::from_static(b"MESSAGE"),
            uri,
            next_hop: proxy.cloned(),
            headers: headers.into(),
            body: self.body.print(call),
            ..NewRequest::default()
        })
    }
}

/// A header line, whether or not it ends as it should.
fn append_line(line: &[u8], headers: &mut Vec<u8>) {
    headers.extend_from_slice(line.trim_ascii());
    headers.extend_from_slice(b"\r\n");
}

fn is_same_user(one: &[u8], other: &[u8]) -> bool {
    let user =
        |uri| user_and_domain(uri, "").ok().map(|found| found.map(|(user, host)| (user, host.to_ascii_lowercase())));
    match (user(one), user(other)) {
        (Some(Some(one)), Some(Some(other))) => one == other,
        _ => one == other,
    }
}
