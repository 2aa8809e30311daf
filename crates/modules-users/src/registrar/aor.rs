//! Addresses of record: the key under which contacts are kept.

use super::Registrar;
use super::refusal::Refusal;
use bytes::Bytes;
use module_api::{Call, Fault, Kind};
use sip::{Method, Uri, escape};

/// The key of a URI: its user without escapes and, where the domain counts, its host in lower case.
///
/// # Errors
/// The URI cannot be read, or is longer than `max_aor_len` and its kin allow.
pub fn key(registrar: &Registrar, uri: &[u8]) -> Result<Bytes, Refusal> {
    let limits = &registrar.limits;
    if uri.len() > limits.aor {
        return Err(Refusal::AorTooLong);
    }
    let parsed = Uri::parse(uri).map_err(|_| Refusal::BadAor)?;
    key_of(registrar, &parsed)
}

/// The same of a URI in its parts.
///
/// # Errors
/// As [`key`].
pub fn key_of(registrar: &Registrar, uri: &Uri<'_>) -> Result<Bytes, Refusal> {
    let limits = &registrar.limits;
    let user = escape::unescape(uri.user.unwrap_or_default());
    if user.len() > limits.username {
        return Err(Refusal::UserTooLong);
    }
    if registrar.usrloc.aor_domain(uri.host).len() > limits.domain {
        return Err(Refusal::DomainTooLong);
    }
    registrar.usrloc.aor_key(&user, uri.host).ok_or(Refusal::BadAor)
}

/// The address of record that a function is given, or that it takes from the message: To of a REGISTER, else From.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn given_or_own(call: &Call<'_>, registrar: &Registrar, given: Option<&Bytes>) -> Result<Bytes, Fault> {
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Ok(key(registrar, given)?);
    }
    if call.kind == Kind::Reply {
        return Err(Fault::script("in a reply route the address of record must be given"));
    }
    let message = &call.msg.message;
    let own = if message.method() == Method::Register { message.to()? } else { message.from()? };
    Ok(key(registrar, own.uri)?)
}
