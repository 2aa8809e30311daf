//! When a contact of a REGISTER is one that is registered already.

use super::Registrar;
use super::flags::Matching;
use super::register::{Register, Wanted};
use crate::usrloc::Record;
use crate::usrloc::contact::Contact;
use sip::Uri;

/// The position of the contact that is the wanted one.
pub fn position(
    registrar: &Registrar,
    record: &Record,
    register: &Register<'_>,
    wanted: &Wanted<'_>,
    matching: &Matching,
) -> Option<usize> {
    record.contacts().iter().position(|contact| is_same(registrar, contact, register, wanted, matching))
}

fn is_same(
    registrar: &Registrar,
    contact: &Contact,
    register: &Register<'_>,
    wanted: &Wanted<'_>,
    matching: &Matching,
) -> bool {
    // RFC 5626 section 6: instance and flow tell a contact, whatever its URI.
    if wanted.reg_id != 0 && !wanted.instance.is_empty() && contact.reg_id != 0 && !contact.instance().is_empty() {
        return wanted.reg_id == contact.reg_id && wanted.instance == contact.instance();
    }
    if let Some(push) = registrar.push.as_ref().filter(|_| wanted.is_pushed) {
        return Uri::parse(contact.uri()).is_ok_and(|uri| push.is_same(&uri, &wanted.uri));
    }
    match matching {
        Matching::Uri => is_same_uri(contact, wanted),
        Matching::UriAndCallId => contact.call_id() == register.call_id && is_same_uri(contact, wanted),
        Matching::Param(name) => {
            let value = wanted.uri.params.get(name);
            value.is_some() && Uri::parse(contact.uri()).is_ok_and(|uri| uri.params.get(name) == value)
        }
    }
}

/// RFC 3261 section 10.3, step 7: by the rules of section 19.1.4.
fn is_same_uri(contact: &Contact, wanted: &Wanted<'_>) -> bool {
    contact.uri() == wanted.uri.text || Uri::parse(contact.uri()).is_ok_and(|uri| uri.same_as(&wanted.uri))
}
