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
    let domain = without_prefix(uri.host, &registrar.realm_prefix);
    if user.len() > limits.username {
        return Err(Refusal::UserTooLong);
    }
    if domain.len() > limits.domain {
        return Err(Refusal::DomainTooLong);
    }
    let mut key = Vec::with_capacity(user.len() + domain.len() + 1);
    key.extend_from_slice(&user);
    if !registrar.case_sensitive {
        key.make_ascii_lowercase();
    }
    if registrar.usrloc.config.use_domain && !domain.is_empty() {
        if !key.is_empty() {
            key.push(b'@');
        }
        key.extend(domain.iter().map(u8::to_ascii_lowercase));
    }
    if key.is_empty() { Err(Refusal::BadAor) } else { Ok(Bytes::from(key)) }
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

fn without_prefix<'a>(domain: &'a [u8], prefix: &[u8]) -> &'a [u8] {
    match domain.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) && !rest.is_empty() => rest,
        _ => domain,
    }
}
