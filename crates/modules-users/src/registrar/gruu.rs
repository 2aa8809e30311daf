//! GRUUs (RFC 5627): URIs that lead to one phone of a user, wherever it is; temporary ones hide whose it is.

use super::Registrar;
use super::aor;
use super::seal::Seal;
use crate::usrloc::contact::Contact;
use bytes::Bytes;
use sip::{Scheme, Uri};

/// Makes and recognises GRUUs.
pub struct Gruu {
    seal: Seal,
}

/// What a GRUU refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referred {
    /// The key of the address of record.
    pub aor: Bytes,
    /// The instance, without quotes and brackets.
    pub instance: Bytes,
    /// The Call-ID of the registration, of temporary ones: another Call-ID makes them void (RFC 5627 section 3.1).
    pub call_id: Option<Bytes>,
}

const TEMPORARY: &[u8] = b"tgruu.";

impl Gruu {
    /// With `gruu_secret`.
    pub fn new(secret: &[u8]) -> Gruu {
        Gruu { seal: Seal::new(secret) }
    }

    /// Appends `;pub-gruu="…";temp-gruu="…"` for a contact of this address of record.
    pub fn write(&self, out: &mut Vec<u8>, registrar: &Registrar, aor: &Uri<'_>, contact: &Contact, drawn: u64) {
        let Ok(key) = aor::key_of(registrar, aor) else { return };
        let scheme: &[u8] = if aor.scheme == Scheme::Sips { b"sips:" } else { b"sip:" };
        let instance = bare(contact.instance());
        let plain = [&key[..], instance, contact.call_id()].join(&0);
        let sealed = self.seal.seal(drawn ^ contact.id, &plain);
        let user = aor.user.unwrap_or_default();
        let public = [b";pub-gruu=\"", scheme, user, b"@", aor.host, b";gr=", instance, b"\""];
        let temporary = [b";temp-gruu=\"", scheme, TEMPORARY, sealed.as_bytes(), b"@", aor.host, b";gr\""];
        out.extend_from_slice(&public.concat());
        out.extend_from_slice(&temporary.concat());
    }

    /// What a Request-URI refers to, if it is a GRUU of ours.
    pub fn referred(&self, registrar: &Registrar, uri: &Uri<'_>) -> Option<Referred> {
        let instance = uri.params.get(b"gr")?;
        if let Some(sealed) = uri.user.and_then(|user| user.strip_prefix(TEMPORARY)) {
            return self.opened(sealed);
        }
        let instance = sip::escape::unescape(instance?);
        let key = aor::key_of(registrar, uri).ok()?;
        Some(Referred { aor: key, instance: Bytes::copy_from_slice(&instance), call_id: None })
    }

    fn opened(&self, sealed: &[u8]) -> Option<Referred> {
        let plain = Bytes::from(self.seal.open(sealed)?);
        let mut parts = plain.split(|byte| *byte == 0).map(|part| plain.slice_ref(part));
        let (aor, instance, call_id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Referred { aor, instance, call_id: Some(call_id) })
    }
}

impl Referred {
    /// Whether a contact is the one.
    pub fn is(&self, contact: &Contact) -> bool {
        !contact.instance().is_empty()
            && bare(contact.instance()) == &self.instance[..]
            && self.call_id.as_ref().is_none_or(|call_id| contact.call_id() == &call_id[..])
    }
}

/// An instance without its angle brackets.
fn bare(instance: &[u8]) -> &[u8] {
    instance.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).unwrap_or(instance)
}
