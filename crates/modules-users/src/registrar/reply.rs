//! The reply to a REGISTER: which contacts there are, and for how long (RFC 3261 section 10.3, step 8).

use super::Registrar;
use super::flags::SaveOptions;
use super::register::{Contacts, Register};
use crate::usrloc::Record;
use crate::usrloc::contact::Contact;
use module_api::Time;
use sip::Uri;
use std::io::Write;

/// The header lines of a reply.
pub struct Lines<'a> {
    /// The module.
    pub registrar: &'a Registrar,
    /// The URI of the address of record, for GRUUs.
    pub aor: &'a [u8],
    /// A number drawn for this reply, for temporary GRUUs.
    pub drawn: u64,
    /// Now.
    pub now: Time,
}

impl Lines<'_> {
    /// Contact, Path, and what tells of push services.
    pub fn write(&self, record: &Record, register: &Register<'_>, options: &SaveOptions, bound: &[u64]) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        let mut lead = &b"Contact: <"[..];
        for contact in record.valid(self.now) {
            if options.only_request_contacts && !bound.contains(&contact.id) {
                continue;
            }
            out.extend_from_slice(lead);
            self.write_contact(&mut out, contact, register.supports_gruu);
            lead = b", <";
        }
        if !out.is_empty() {
            out.extend_from_slice(b"\r\n");
        }
        if register.is_outbound {
            out.extend_from_slice(b"Require: outbound\r\n");
        }
        if register.tells_path {
            out.extend_from_slice(b"Path: ");
            out.extend_from_slice(&register.path);
            out.extend_from_slice(b"\r\n");
        }
        if let (Some(push), Contacts::List(list)) = (&self.registrar.push, &register.contacts) {
            push.write_features(&mut out, record.aor(), list, bound, self.drawn);
        }
        out
    }

    fn write_contact(&self, out: &mut Vec<u8>, contact: &Contact, with_gruu: bool) {
        out.extend_from_slice(contact.uri());
        out.push(b'>');
        // Writing to a Vec cannot fail.
        if let Some(q) = contact.q() {
            let _ = write!(out, ";q={q}");
        }
        let left = contact.seconds_left(self.now).unwrap_or(u64::from(u32::MAX));
        let _ = write!(out, ";expires={left}");
        if !contact.received().is_empty() && !self.registrar.received_param.is_empty() {
            out.push(b';');
            out.extend_from_slice(&self.registrar.received_param);
            out.extend_from_slice(b"=\"");
            out.extend_from_slice(contact.received());
            out.push(b'"');
        }
        if contact.instance().is_empty() {
            return;
        }
        if let (Some(gruu), true, Ok(aor)) = (&self.registrar.gruu, with_gruu, Uri::parse(self.aor)) {
            gruu.write(out, self.registrar, &aor, contact, self.drawn);
        }
        out.extend_from_slice(b";+sip.instance=\"");
        out.extend_from_slice(contact.instance());
        out.push(b'"');
        if contact.reg_id != 0 {
            let _ = write!(out, ";reg-id={}", contact.reg_id);
        }
    }
}
